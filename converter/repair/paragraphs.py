"""A draft as a sequence of blocks found by form and place alone: lines, or the wrapped paragraphs of a PDF."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, BULLET, INDENTED, TEXT


class Paragraph(NamedTuple):
    """A block: its first line, the line after its last one, and its text."""

    start: int
    end: int
    text: str


def paragraphs_of(draft: Draft) -> Iterator[Paragraph]:
    """Yield the blocks of a draft: lines or, in text from a PDF, groups of adjacent lines of text."""
    lines, kinds, at = draft.lines, draft.kinds, 0
    are_wrapped = draft.state.spaced and draft.state.is_print
    while at < len(kinds):
        start = at
        at += 1
        if kinds[start] == BLANK:
            continue
        while are_wrapped and at < len(kinds) and kinds[start] == TEXT == kinds[at]:
            at += 1
        text = lines[start].strip() if at == start + 1 else " ".join(map(str.strip, lines[start:at]))
        yield Paragraph(start, at, text)


def mark_item(draft: Draft, rule: str, block: Paragraph, confidence: float) -> None:
    """Write a block as a list item: its other lines are indented below its mark."""
    draft.replace(rule, block.start, f"- {draft.lines[block.start].strip()}", confidence, BULLET)
    for at in range(block.start + 1, block.end):
        draft.replace(rule, at, f"  {draft.lines[at].strip()}", confidence, INDENTED)
