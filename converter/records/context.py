"""One converted document, as every record sees it: its text, its blocks, and the outline of its sections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

from converter.limits import Allowance
from converter.model.chunking import Chunking
from converter.parse import Block, Item
from converter.parse.blocks import CONTAINERS
from converter.problems import Problem
from converter.text.reading import Text
from converter.values import Column

if TYPE_CHECKING:
    from converter.repair import Repair, State


@dataclass(slots=True)
class Section:
    """A heading and its content up to the next heading; section 0 is the content before the first.

    `blocks` are the indexes of its own blocks, including the heading and blocks inside containers.
    """

    parent: int | None
    level: int
    title: str | None
    path: tuple[str, ...]
    style: str
    confidence: float
    line_start: int | None = None
    line_end: int | None = None
    blocks: Sequence[int] = ()


@dataclass(slots=True)
class ParsedDocument:
    """The data from which one document's records are made.

    `section_of` holds each block's section, by block index; `columns` the typed columns of each table, in the
    order of the tables; `state` the layout of the text before repair. `attributes` are columns passed through from the
    source; `allowance` is what remains of the document's limits. `headings` holds, for each pattern that a schema asks
    for, the nearest heading above each section; `left_out` are the blocks that the text of no section and no chunk
    holds; `chunking` says how chunks are cut. A source that could not be read has no `text`, only problems.
    """

    doc_id: str | None
    source: str
    text: Text | None = None
    blocks: Sequence[Block] = ()
    sections: Sequence[Section] = ()
    section_of: Sequence[int] = ()
    columns: Sequence[Sequence[Column]] = ()
    repairs: Sequence[Repair] = ()
    state: State | None = None
    problems: Sequence[Problem] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    allowance: Allowance = field(default_factory=Allowance)
    headings: dict[str, Sequence[int | None]] = field(default_factory=dict)
    left_out: frozenset[int] = frozenset()
    chunking: Chunking = field(default_factory=Chunking)

    @property
    def title(self) -> str | None:
        """The front matter's title, else the first level-1 heading, else None."""
        if self.text and self.text.front_matter and (title := self.text.front_matter.title):
            return title
        return next((section.title for section in self.sections if section.level == 1), None)


def sections_of(blocks: Sequence[Block], repairs: Iterable[Repair]) -> tuple[list[Section], list[int]]:
    """Return the sections of a document and the section of each of its blocks.

    Only top-level headings open sections: a heading inside a quote or list belongs to its container. A heading that a
    repair recovered has the repair's confidence.
    """
    heading_repairs = {
        repair.line_start: repair
        for repair in repairs
        if repair.rule in HEADING_RULES and repair.after.startswith("#")  # `margin` also moves paragraphs
    }
    section = Section(None, 0, None, (), "none", 1.0)
    sections = [section]
    section_id = start = 0
    section_of: list[int] = []
    open_sections: list[int] = []
    for index, block in enumerate(blocks):
        if level := heading_level(block):
            while open_sections and sections[open_sections[-1]].level >= level:
                open_sections.pop()
            parent = open_sections[-1] if open_sections else None
            path = (*(sections[parent].path if parent is not None else ()), block.text)
            repair = heading_repairs.get(block.line_start)
            style = HEADING_RULES[repair.rule] if repair else block.style or block.kind
            confidence = repair.confidence if repair else 1.0
            section.blocks = range(start, index)
            section = Section(parent, level, block.text, path, style, confidence)
            section_id, start = len(sections), index
            open_sections.append(section_id)
            sections.append(section)
        section.line_start = block.line_start if section.line_start is None else section.line_start
        section.line_end = max(section.line_end or 0, block.line_end)
        section_of.append(section_id)
    section.blocks = range(start, len(blocks))
    return sections, section_of


def repeated_characters(blocks: Sequence[Block], sections: Iterable[Section]) -> int:
    """Count the characters that rows repeat: titles in the paths of sections, captions shared by several tables."""
    paths = sum(len(title) for section in sections for title in section.path)
    captions = sum(
        len(previous_block.text) * len(block.tables)
        for previous_block, block in pairwise(blocks)
        if len(block.tables) > 1
    )
    return paths + captions


def heading_level(block: Block) -> int:
    """Return the level of the section that a block opens, 0 if none."""
    return block.level if block.parent is None else 0


HEADING_RULES = {"bare_heading": "bare", "bold_heading": "bold", "margin": "bare", "text_nodes": "bare"}
"""Repair rules that recover a heading, and the `sections.style` of each."""


CHROME_RULES = ("chrome", "page_lines")
"""Repair rules that mark lines as boilerplate and leave the lines unchanged."""


def chrome_blocks(blocks: Sequence[Block], repairs: Iterable[Repair]) -> frozenset[int]:
    """Return the indexes of the blocks that repairs mark as boilerplate."""
    chrome = {
        line
        for repair in repairs
        if repair.rule in CHROME_RULES and repair.before == repair.after
        for line in range(repair.line_start, repair.line_end + 1)
    }
    return frozenset(
        index for index, block in enumerate(blocks) if chrome and {block.line_start, block.line_end} <= chrome
    )


def section_text(section: Section, blocks: Sequence[Block], left_out: frozenset[int]) -> str:
    """Return the text of a section's own blocks in reading order, without its heading, separated by blank lines.

    Blocks whose indexes are in `left_out` are left out. The content of a list item comes between the paragraphs of its
    list.
    """
    section_blocks = [
        (index, block)
        for index in section.blocks
        if not ((block := blocks[index]).kind in CONTAINERS or heading_level(block) or index in left_out)
    ]
    lists = {
        index
        for index, block in section_blocks
        if block.kind == "list" and index + 1 < len(blocks) and blocks[index + 1].parent == index
    }
    """The blocks that contain other blocks."""
    if not lists:
        return "\n\n".join([block.text for _, block in section_blocks if block.text])
    passages: list[Passage] = []
    for index, block in section_blocks:
        if index in lists:
            passages += _item_passages(index, block.items)
        elif block.text:
            passages.append(Passage(block.line_start, block.text))
    passages.sort(key=attrgetter("line"))
    text = "".join(
        ("\n" if below.opens_item and above.list_index == below.list_index else "\n\n") + below.text
        for above, below in pairwise([Passage(0, ""), *passages])
    )
    return text[2:]


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a section's text: a block, or a paragraph of an item of the list at `list_index`."""

    line: int
    text: str
    list_index: int | None = None
    opens_item: bool = False


def _item_passages(list_index: int, items: Sequence[Item]) -> Iterator[Passage]:
    for item in items:
        starts = [0, *(start for start, _ in item.breaks), None]
        lines = [item.text_start or item.line_start, *(line for _, line in item.breaks)]
        for line, (start, end) in zip(lines, pairwise(starts), strict=True):
            if text := item.text[start:end].rstrip("\n"):
                yield Passage(line, text, list_index, start == 0)
