"""markdown-it's inline rules, tried only where their first character allows.

markdown-it tries every rule in turn at every inline mark. Nearly all of them check one character and give up. Here one
rule selects the others by that character. No rule's outcome changes, since a skipped rule would have given up: a
differential test compares this with the unchanged parser on both specifications, the corpora and generated documents.
The rules that may end a paragraph, tried at each of its lines, are selected the same way. Measured on
`../shared/corpora`, on the content that `inlines.py` leaves: it is read in 0.66 of the time, all blocks of a document
in 0.93. (The other block rules gain nothing from this, now that `blocks.py` reads the common blocks.)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from converter.parse.markdown_it.parsers import BARE_AUTOLINKS, make_block_parser, make_inline_parser
from converter.parse.markdown_it.private import replace_rules, replace_terminators, rule_functions

BlockRule = Callable[[StateBlock, int, int, bool], bool]

INLINE_STARTS = {
    "newline": "\n",
    "escape": "\\",
    "backticks": "`",
    "strikethrough": "~",
    "emphasis": "*_",
    "link": "[",
    "image": "!",
    "autolink": "<",
    "html_inline": "<",
    "entity": "&",
    "math_inline": "$",
    "footnote_ref": "[",
    "wikilink": "[!",
    "attributes": "{",
    "role": "{",
    "highlight": "=",
    "gfm_autolink_www": "w",
    "gfm_autolink_protocol": ":",
    "gfm_autolink_email": "@",
}
"""The characters at which an inline rule can match; `text` matches where no other rule can."""


@cache
def block_parser() -> MarkdownIt:
    """Return this process's parser of block structure. The state of a parse lives in its `env`."""
    md = make_block_parser()
    _dispatch_terminators(md)
    return md


@cache
def inline_parser(autolinks: bool) -> MarkdownIt:
    """Return this process's parser of inline content, with or without GFM's bare autolinks.

    Bare autolinks make the parser stop at every `w`, `:` and `@`; content that cannot hold any is read without.
    """
    md = make_inline_parser()
    if not autolinks:
        md.inline.ruler.disable(BARE_AUTOLINKS)
    _dispatch_inlines(md)
    return md


def _dispatch_inlines(md: MarkdownIt) -> None:
    """Merge the inline rules into one that selects by the current character.

    The text rule then stops only where a rule starts or a link's text ends. markdown-it's own set has a dozen more
    characters for extensions (`-`, `=`, `#`, `+` ...), which are common in prose.
    """
    ruler = md.inline.ruler
    rules = [(INLINE_STARTS.get(name), rule) for name, rule in rule_functions(ruler).items()]
    characters = {character for starts, _ in rules if starts for character in starts}
    rules_at = {
        character: tuple(rule for starts, rule in rules if starts is not None and character in starts)
        for character in characters
    }
    rules_anywhere = tuple(rule for starts, rule in rules if starts is None)

    def try_rules(state: StateInline, silent: bool) -> bool:
        for rule in rules_at.get(state.src[state.pos], rules_anywhere):  # noqa: SIM110 (`any` takes twice the time)
            if rule(state, silent):
                return True
        return False

    replace_rules(ruler, {"": [try_rules]})
    replace_terminators(md, "".join(sorted(characters | {"]"})))


TERMINATOR_STARTS = frozenset("`~>*-_+0123456789[<#:!?={")
"""The first characters of lines that may end a paragraph above; a table header is recognized by the line below it,
which begins with one of `DELIMITER_STARTS`."""
DELIMITER_STARTS = "|-:"


def _dispatch_terminators(md: MarkdownIt) -> None:
    """Merge the block rules that end a paragraph, quote or definition into one that checks a line's first character.

    markdown-it tries all of them on each line of a paragraph, twice: with short lines, that takes most of the time.
    """
    ruler = md.block.ruler
    table = rule_functions(ruler)["table"]
    chains = {name: ruler.getRules(name) for name in ("paragraph", "reference", "blockquote")}
    replace_rules(
        ruler, {name: [_terminator(rules, table if table in rules else None)] for name, rules in chains.items()}
    )


def _terminator(rules: list[BlockRule], table: BlockRule | None) -> BlockRule:
    def terminate(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        source, starts, shifts = state.src, state.bMarks, state.tShift
        position = starts[line] + shifts[line]
        if position >= len(source) or source[position] in TERMINATOR_STARTS:
            return any(rule(state, line, end, silent) for rule in rules)
        if table is None or line + 1 >= end:
            return False
        position = starts[line + 1] + shifts[line + 1]
        return position < len(source) and source[position] in DELIMITER_STARTS and table(state, line, end, silent)

    return terminate
