"""markdown-it's rules, tried only where their first character allows.

markdown-it tries every rule in turn on every line and at every inline mark. Nearly all of them look at one character
and give up, with a logging call each. Here each chain of rules becomes one rule that picks by that character. No rule's
outcome changes, for a rule that is left out would have given up: a differential test holds this against the parser as
it comes, over both specifications, the corpora and generated documents. Measured on `../shared/corpora`: block
structure takes 0.83, inline content 0.66 of the time it takes without.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

BlockRule = Callable[[StateBlock, int, int, bool], bool]
InlineRule = Callable[[StateInline, bool], bool]

BLOCK_STARTS = {
    "fence": "`~",
    "blockquote": ">",
    "hr": "*-_",
    "list": "*+-0123456789",
    "footnote_def": "[",
    "reference": "[",
    "html_block": "<",
    "heading": "#",
    "math_block": "$",
}
"""The first characters of a line that a block rule can match; a rule that is not named can match any line."""

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
    "gfm_autolink_www": "w",
    "gfm_autolink_protocol": ":",
    "gfm_autolink_email": "@",
}
"""The characters at which an inline rule can match; `text` matches where no other can."""


LONGEST_LOOK = 64
"""Lines that a guard looks ahead before it leaves the matter to the rule: without a limit, a long run is quadratic."""


def before_delimiter_row(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Whether the next line can be a table's delimiter row."""
    return line + 2 <= end and state.src[state.bMarks[line + 1] + state.tShift[line + 1]] in "|-:"


def before_underline(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Whether a line before the next blank one can be a setext heading's underline."""
    last = min(end, line + LONGEST_LOOK)
    for number in range(line + 1, last):
        position = state.bMarks[number] + state.tShift[number]
        if position >= state.eMarks[number]:
            return False
        if state.src[position] in "-=":
            return True
    return last < end


def before_definition(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Whether the line (looking ahead), the next or the one after a blank line can open a definition."""
    if not silent:
        line += 1
        if line < end and state.isEmpty(line):
            line += 1
    return line < end and state.src[state.bMarks[line] + state.tShift[line]] in ":~"


def indented(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Whether the line can be indented code."""
    return state.sCount[line] - state.blkIndent >= 4


GUARDS: dict[str, BlockRule] = {
    "table": before_delimiter_row,
    "lheading": before_underline,
    "deflist": before_definition,
    "code": indented,
}
"""What must hold for a block rule that can match any line."""


def dispatch_blocks(md: MarkdownIt) -> None:
    """Make each chain of block rules one rule that picks by a line's first character."""
    ruler = md.block.ruler
    names = {id(rule.fn): rule.name for rule in ruler.__rules__}
    chains = {"", *(chain for rule in ruler.__rules__ for chain in rule.alt)}
    ruler.__cache__ = {chain: [_block_chain(ruler.getRules(chain), names)] for chain in chains}


def _block_chain(rules: list[Any], names: dict[int, str]) -> BlockRule:
    named = [(BLOCK_STARTS.get(names[id(rule)]), GUARDS.get(names[id(rule)]), rule) for rule in rules]
    characters = {character for starts, _, _ in named if starts for character in starts}
    picked = {
        character: tuple((guard, rule) for starts, guard, rule in named if starts is None or character in starts)
        for character in (*characters, "")
    }
    anywhere = picked[""]

    def try_rules(state: StateBlock, line: int, end: int, silent: bool) -> bool:
        position = state.bMarks[line] + state.tShift[line]
        for guard, rule in picked.get(state.src[position : position + 1], anywhere):
            if (guard is None or guard(state, line, end, silent)) and rule(state, line, end, silent):
                return True
        return False

    return try_rules


def dispatch_inlines(md: MarkdownIt) -> None:
    """Make the inline rules one rule that picks by the current character.

    The text rule then stops only where a rule starts or a link's text ends. markdown-it's own set stops at a dozen
    characters more for the sake of extensions (`-`, `=`, `#`, `+` ...), which are common in prose.
    """
    ruler = md.inline.ruler
    named = [(INLINE_STARTS.get(rule.name), rule.fn) for rule in ruler.__rules__ if rule.enabled]
    characters = {character for starts, _ in named if starts for character in starts}
    picked = {
        character: tuple(rule for starts, rule in named if starts is not None and character in starts)
        for character in characters
    }
    anywhere = tuple(rule for starts, rule in named if starts is None)

    def try_rules(state: StateInline, silent: bool) -> bool:
        for rule in picked.get(state.src[state.pos], anywhere):  # noqa: SIM110 (`any` takes twice the time)
            if rule(state, silent):
                return True
        return False

    ruler.__cache__ = {"": [try_rules]}
    md.inline.terminator_re = re.compile(f"[{re.escape(''.join(sorted(characters | {']'})))}]")
