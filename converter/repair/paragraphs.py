"""A draft as a sequence of blocks that form and place alone tell apart: lines, or the wrapped paragraphs of a PDF."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, BULLET, INDENTED, TEXT


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A block: its first line, the line after its last one, and its text."""

    start: int
    end: int
    text: str


def paragraphs_of(draft: Draft) -> Iterator[Paragraph]:
    """Yield the blocks of a draft: lines, or in text from a PDF lines of text that touch."""
    kinds, at = draft.kinds, 0
    are_wrapped = draft.state.spaced and draft.state.paged
    while at < len(kinds):
        start = at
        at += 1
        if kinds[start] == BLANK:
            continue
        while are_wrapped and at < len(kinds) and kinds[start] == TEXT == kinds[at]:
            at += 1
        yield Paragraph(start, at, " ".join(line.strip() for line in draft.lines[start:at]))


def mark_item(draft: Draft, rule: str, block: Paragraph, confidence: float) -> None:
    """Write a block as a list item: its further lines are indented below its mark."""
    draft.replace(rule, block.start, f"- {draft.lines[block.start].strip()}", confidence, BULLET)
    for at in range(block.start + 1, block.end):
        draft.replace(rule, at, f"  {draft.lines[at].strip()}", confidence, INDENTED)
