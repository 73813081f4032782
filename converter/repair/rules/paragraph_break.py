"""Adjacent paragraphs in a text without blank lines."""

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
    width_of,
)
from converter.repair.rule import FULL, rule
from converter.repair.rules.list_break import continuations, wrapped_items
from converter.repair.state import LONG, NARROW

_MERGING_KINDS = frozenset((TEXT, IMAGE, FOOTNOTE))
"""Kinds that merge with a line of text above or below if no blank line separates the two."""


@rule("paragraph_break", FULL)
def paragraph_break(draft: Draft) -> None:
    """Where each paragraph is one line and blank lines are missing, two lines of text are two paragraphs."""
    if draft.state.spaced or not draft.state.one_line:
        return
    kinds = draft.kinds
    wrapped_lines = wrapped_items(draft) | _wrapped_paragraphs(draft)
    for at in range(1, len(kinds)):
        if at in wrapped_lines:
            continue
        above, below = kinds[at - 1], kinds[at]
        line = draft.lines[at - 1]
        # Two trailing spaces or a backslash are a hard line break: the paragraph continues.
        lone_row = below == ROW and above == TEXT and kinds[at + 1 : at + 2] != [DELIMITER]
        if (lone_row or _would_merge(above, below, line)) and not line.endswith(("  ", "\\")):
            draft.break_before("paragraph_break", at, 0.99 if ends_sentence(line) else 0.95)


def _wrapped_paragraphs(draft: Draft) -> frozenset[int]:
    """The lines onto which a paragraph was wrapped, in a text most of whose paragraphs are one line each."""
    kinds, lines = draft.kinds, draft.lines
    texts = (at for at in range(1, len(kinds)) if kinds[at - 1] == TEXT == kinds[at])
    joints = [(at - 1, at) for at in texts if NARROW <= width_of(lines[at - 1]) <= LONG]
    return continuations(draft, joints, (TEXT,))


def _would_merge(above: str, below: str, line: str) -> bool:
    """Whether CommonMark would read two kinds of line as one block; `line` is the upper line."""
    if above == VERBATIM and line.lstrip().startswith("<"):
        return below not in (BLANK, VERBATIM, INDENTED)
    if below == REFERENCE:
        return above in _MERGING_KINDS
    return below in _MERGING_KINDS and (above in _MERGING_KINDS or above == QUOTE)
