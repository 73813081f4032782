"""Blocks of lines whose roles a model knows, and how they are written as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

from converter.repair.draft import Draft
from converter.repair.node_roles import ABOVE, AMID, BELOW, CONTINUED, ITEM, PARAGRAPH, TITLE, Reading

LEAST_CHANCE = 0.5
"""Minimum probability of an item or a title, and that a line continues a block; other lines begin paragraphs."""

OUTSIDE = (ABOVE, AMID, BELOW)
"""Roles of the site's own text."""

MARKS = {ITEM: "- ", TITLE: "## "}
"""Role -> the mark of its lines."""

MARK_OF_FIRST = "# "
"""Mark of a title with nothing of the article above it: that of the document."""

PAGE_END = "\f"
"""What a PDF reader writes at the end of a page, so that the first line of the next one begins with it."""


class Block(NamedTuple):
    """A block: its first line, the line after its last one, its role and the probability of the role, its text and its
    confidence."""

    start: int
    end: int
    role: str
    chance: float
    text: str
    confidence: float


def blocks_of(
    draft: Draft,
    places: Sequence[int],
    reading: Reading,
    join: Callable[[Sequence[str]], str],
    confidence_of: Callable[[str, float], float],
    roles_of_others: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Block]:
    """Yield the blocks of the lines at `places`; the confidence of each is that of its role and least likely line.

    A line that hardly continues the block above, or is hardly what it seems, begins one with its role in
    `roles_of_others`, or a paragraph.
    """
    lines = list(zip(reading.roles, reading.chances, strict=True))
    starts = [at for at, (role, chance) in enumerate(lines) if role not in CONTINUED or chance < LEAST_CHANCE]
    for start, end in pairwise([*starts, len(lines)]):
        role, chance = lines[start]
        if role in CONTINUED or (role in MARKS and chance < LEAST_CHANCE):
            role = roles_of_others.get(role, PARAGRAPH)
        chances = [chance] if role in MARKS else []
        chances += reading.chances[start + 1 : end]
        least = min(chances, default=1.0)
        confidence = confidence_of(role, least)
        text = join([draft.lines[at].strip() for at in places[start:end]])
        yield Block(places[start], places[end - 1] + 1, role, chance, text, round(confidence, 2))


def opening_of(blocks: Sequence[Block]) -> Block | None:
    """The title with nothing of the article above it."""
    first = next((block for block in blocks if block.role not in OUTSIDE), None)
    return first if first and first.role == TITLE else None


def write_blocks(draft: Draft, rule: str, blocks: Sequence[Block], opening: Block | None, kept_role: str = "") -> None:
    """Write each block as one line, between blank lines; items touch each other, as do lines of a role that is kept."""
    above = PARAGRAPH
    for block in blocks:
        mark = MARK_OF_FIRST if block is opening else MARKS.get(block.role, "")
        line = mark + block.text
        if block.end - block.start > 1 or (mark and line != draft.lines[block.start]):
            begins_page = draft.lines[block.start].startswith(PAGE_END)
            lines = [*([PAGE_END] if begins_page else []), line]
            draft.rewrite(rule, block.start, block.end, {block.start: lines}, block.confidence)
        if not block.role == above == ITEM and not (block.role == above == kept_role):
            draft.set_apart(block.start, block.start)
        above = block.role
