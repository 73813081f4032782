"""markdown-it's inline rules, tried only where their first character allows.

markdown-it tries every rule in turn at every inline mark. Nearly all of them look at one character and give up. Here
the rules become one rule that picks by that character. No rule's outcome changes, for a rule that is left out would
have given up: a differential test holds this against the parser as it comes, over both specifications, the corpora and
generated documents. Measured on `../shared/corpora`, on the content that `simple.py` leaves: it is read in 0.66 of the
time that it takes without, all blocks of a document in 0.93. (For block rules the same gained nothing any more, once
`common.py` read the common blocks.)
"""

from __future__ import annotations

import re
from collections.abc import Callable

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

InlineRule = Callable[[StateInline, bool], bool]

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
