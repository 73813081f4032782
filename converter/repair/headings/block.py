"""The blocks that are searched for headings, and the model's answer about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from converter.repair.lines import TEXT

SENTENCES = 100
"""Columns beyond which a block of text is prose, whether it ends a sentence or not."""


class Block(NamedTuple):
    """A heading candidate, or a block next to one."""

    kind: str
    """The kind of its first line; ROW for tables, VERBATIM for code."""
    first_line: int
    last_line: int
    """Indices of its lines in the draft, inclusive."""
    text: str
    """Its first line, without bold marks around the whole line."""
    width: int
    """Total columns of its lines."""
    bold: bool
    """It has one line, which is bold from end to end."""
    ends_sentence: bool
    """It ends a sentence."""
    candidate: bool
    """It might be a heading."""

    @property
    def prose(self) -> bool:
        """Whether it is clearly a paragraph."""
        return self.kind == TEXT and not self.bold and (self.ends_sentence or self.width > SENTENCES)


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's answer about a page: block -> the probability that it is a heading."""

    question: int
    """A hash of the page."""
    chances: dict[int, float]
    title_chances: dict[int, float]
    """Early block -> the probability that it is the title of the document, if it is a heading."""
