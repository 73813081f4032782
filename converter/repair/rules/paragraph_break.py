"""Paragraphs that touch, in a text without blank lines."""

from __future__ import annotations

from converter.repair.draft import Draft
from converter.repair.lines import (
    BLANK,
    DELIMITER,
    FOOTNOTE,
    IMAGE,
    INDENTED,
    QUOTE,
    REFERENCE,
    ROW,
    TEXT,
    VERBATIM,
    ends_sentence,
)
from converter.repair.rule import FULL, rule
from converter.repair.rules.list_break import wrapped_items

_OPEN = frozenset((TEXT, IMAGE, FOOTNOTE))
"""Kinds that join a line of text above them, or below them, where no blank line parts the two."""


@rule("paragraph_break", FULL)
def paragraph_break(draft: Draft) -> None:
    """Where each paragraph is one line and blank lines are gone, two lines of text are two paragraphs."""
    if draft.state.spaced or not draft.state.one_line:
        return
    kinds, wrapped = draft.kinds, wrapped_items(draft)
    for at in range(1, len(kinds)):
        if at in wrapped:
            continue
        above, below = kinds[at - 1], kinds[at]
        line = draft.lines[at - 1]
        # A line that ends with two spaces or a backslash says itself that it goes on.
        lone_row = below == ROW and above == TEXT and kinds[at + 1 : at + 2] != [DELIMITER]
        if (lone_row or _part(above, below, line)) and not line.endswith(("  ", "\\")):
            draft.break_before("paragraph_break", at, 0.99 if ends_sentence(line) else 0.95)


def _part(above: str, below: str, line: str) -> bool:
    """Whether two kinds of line would be read as one block; `line` is the upper one."""
    if above == VERBATIM and line.lstrip().startswith("<"):
        return below not in (BLANK, VERBATIM, INDENTED)
    if below == REFERENCE:
        return above in _OPEN
    return below in _OPEN and (above in _OPEN or above == QUOTE)
