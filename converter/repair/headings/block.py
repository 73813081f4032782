"""What headings are sought among, and what was said of it."""

from __future__ import annotations

from dataclasses import dataclass

from converter.repair.lines import TEXT

SENTENCES = 100
"""Columns beyond which a block of text is prose, whether it ends a sentence or not."""


@dataclass(frozen=True, slots=True)
class Block:
    """A heading candidate or something that stands beside one."""

    kind: str
    """The kind of its first line; a table is ROW, code is VERBATIM throughout."""
    first: int
    last: int
    """Indices of its lines in the draft, inclusive."""
    text: str
    """Its first line, bold marks of an all-bold line taken off."""
    width: int
    """Columns of all its lines together."""
    bold: bool
    """The one line it has is bold from end to end."""
    closed: bool
    """It ends as a sentence does."""
    candidate: bool
    """It might be a heading at all."""

    @property
    def prose(self) -> bool:
        """Whether it is plainly a paragraph."""
        return self.kind == TEXT and not self.bold and (self.closed or self.width > SENTENCES)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said of a page: block -> the chance that it is a heading."""

    question: list[tuple[object, ...]]
    chances: dict[int, float]
