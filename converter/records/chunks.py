"""chunks: parts of a document with a limited number of tokens, for retrieval and language models."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from converter.model.chunking import Chunking
from converter.records.block_markdown import trees
from converter.records.chunk_units import WORD_WITH_SPACE, ChunkUnit, Cutter, assemble
from converter.records.context import ParsedDocument, Section
from converter.records.record import (
    DOC_ID,
    FLOAT32,
    INT32,
    LINE_END,
    LINE_START,
    SECTION_ID,
    STRING,
    Record,
    field,
)
from converter.records.sentences import sentences
from converter.records.tokenizers import token_counter

if TYPE_CHECKING:
    from converter.repair import Repair

UNCHUNKED = frozenset({"front_matter", "directive", "link_reference"})
"""Kinds of blocks that are not text."""


def rows(context: ParsedDocument) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each chunk."""
    count = token_counter(context.chunking.tokenizer)
    doubts = Doubts(context.repairs)
    ends = _ends(context.sections)
    for chunk_id, (units, text, markdown) in enumerate(chunks_of(context)):
        contents = [unit for unit in units if not unit.repeats]
        section = contents[0].section
        while contents[-1].section >= ends[section] and (parent := context.sections[section].parent) is not None:
            section = parent
        line_start, line_end = contents[0].lines[0], max(unit.lines[1] for unit in contents)
        repair_count, confidence = doubts.between(line_start, line_end)
        yield (
            context.doc_id,
            chunk_id,
            section,
            context.sections[section].path,
            contents[0].blocks[0],
            max(unit.blocks[1] for unit in contents),
            text,
            markdown,
            count(text),
            min(confidence, *(context.sections[unit.section].confidence for unit in contents), 1.0),
            repair_count,
            line_start,
            line_end,
        )


def chunks_of(context: ParsedDocument) -> Iterator[tuple[Sequence[ChunkUnit], str, str]]:
    """Yield the units, text and Markdown of each chunk.

    A section that fits with all its subsections is one chunk. Of another one, its own blocks fill chunks, and each
    subsection is handled alike; a heading without any text goes with the subsection below.
    """
    packer = Packer(context.chunking)
    sections = context.sections
    units = _units_by_section(context, packer)
    ends = _ends(sections)
    totals = [packer.size(members) for members in units]
    for index in range(len(sections) - 1, -1, -1):
        if (parent := sections[index].parent) is not None:
            totals[parent] += totals[index]
    headings: list[ChunkUnit] = []
    index = 0
    while index < len(sections):
        end = ends[index]
        if packer.size(headings) + totals[index] > context.chunking.tokens:
            end = index + 1
            if all(unit.leads for unit in units[index]):
                headings += units[index]
                index = end
                continue
        yield from packer.pack([*headings, *(unit for members in units[index:end] for unit in members)])
        headings = []
        index = end
    yield from packer.pack(headings)


def _units_by_section(context: ParsedDocument, packer: Packer) -> list[list[ChunkUnit]]:
    units: list[list[ChunkUnit]] = [[] for _ in context.sections]
    for tree in trees(context.blocks, context.allowance.anew()):
        if tree.start not in context.left_out and context.blocks[tree.start].kind not in UNCHUNKED:
            section = context.section_of[tree.start]
            units[section] += Cutter(tree, section, packer.count, packer.limit).units()
    return units


def _ends(sections: Sequence[Section]) -> list[int]:
    """Return, for each section, the index after its last subsection."""
    ends = list(range(1, len(sections) + 1))
    for index in range(len(sections) - 1, -1, -1):
        if (parent := sections[index].parent) is not None:
            ends[parent] = max(ends[parent], ends[index])
    return ends


class Packer:
    """Fills chunks with units, one after the other."""

    def __init__(self, chunking: Chunking) -> None:
        self._tokens, self._overlap = chunking.tokens, chunking.overlap
        self.count: Callable[[str], int] = token_counter(chunking.tokenizer)
        self.limit = chunking.tokens - chunking.overlap
        self._joint = self.count("\n\n")

    def size(self, units: Sequence[ChunkUnit]) -> int:
        """Return the maximum number of tokens of these units, with the headers and fences of their runs."""
        runs = {unit.run: unit.run.size for unit in units if unit.run}
        return sum(unit.size + self._joint for unit in units) + sum(runs.values())

    def pack(self, units: Sequence[ChunkUnit]) -> Iterator[tuple[Sequence[ChunkUnit], str, str]]:
        """Yield chunks of these units. A unit that leads to the next one goes to its chunk."""
        chunk: list[ChunkUnit] = []
        size = 0
        for unit in units:
            cost = unit.size + self._joint + self._opening(unit, chunk)
            if chunk and size + cost > self._tokens:
                leads = _last_leads(chunk)
                if len(leads) == len(chunk) or self.size([*leads, unit]) > self._tokens:
                    leads = []
                yield from self._emit(chunk[: len(chunk) - len(leads)])
                chunk = leads or self._repetition(chunk, unit)
                size = self.size(chunk)
                cost = unit.size + self._joint + self._opening(unit, chunk)
            chunk.append(unit)
            size += cost
        yield from self._emit(chunk)

    def _opening(self, unit: ChunkUnit, chunk: Sequence[ChunkUnit]) -> int:
        return unit.run.size if unit.run and not (chunk and chunk[-1].run is unit.run) else 0

    def _emit(self, units: Sequence[ChunkUnit]) -> Iterator[tuple[Sequence[ChunkUnit], str, str]]:
        """Yield units as one chunk, or as several: with most tokenizers, the count of a text is not the sum of its
        parts."""
        if not any(not unit.repeats for unit in units):
            return
        text, markdown = assemble(units)
        fits = self.count(text) <= self._tokens
        if fits and len(units) == 1 and self.count(markdown) > self._tokens:
            markdown = text
        is_large = not fits or self.count(markdown) > self._tokens
        if is_large and (halves := _halves(units)):
            for half in halves:
                yield from self._emit(half)
        elif text.strip():
            yield units, text, markdown

    def _repetition(self, chunk: Sequence[ChunkUnit], below: ChunkUnit) -> list[ChunkUnit]:
        """Return what the next chunk repeats: the last items or sentences of this chunk or, if those are too long,
        words."""
        last = chunk[-1]
        if not self._overlap or not last.is_prose or not below.is_prose:
            return []
        units: list[ChunkUnit] = []
        size = 0
        for unit in reversed(chunk):
            size += unit.size + self._joint
            if size > self._overlap or unit.repeats or unit.run is not last.run:
                break
            units.insert(0, replace(unit, repeats=True))
        if units:
            return units
        end = self._end_of(list(sentences(last.text))) or self._end_of(WORD_WITH_SPACE.findall(last.text))
        return [replace(last, text=end, markdown=end, size=self.count(end), repeats=True)] if end.strip() else []

    def _end_of(self, parts: Sequence[str]) -> str:
        """Return as many of the last parts of a text as the overlap allows."""
        start, size = len(parts), 0
        while start and (size := size + self.count(parts[start - 1])) <= self._overlap:
            start -= 1
        return "".join(parts[start:])


def _halves(units: Sequence[ChunkUnit]) -> Sequence[Sequence[ChunkUnit]]:
    """Return the halves of units: for a single unit, its text without header or fence, then halves of that; nothing for
    a single character."""
    unit = units[0]
    if len(units) > 1:
        return units[: len(units) // 2], units[len(units) // 2 :]
    if unit.run and unit.run.opening:
        return ([replace(unit, markdown=unit.text, run=None)],)
    text = unit.text.strip()
    words = WORD_WITH_SPACE.findall(text)
    middle = len("".join(words[: len(words) // 2])) or len(text) // 2
    return [[replace(unit, text=half, markdown=half)] for half in (text[:middle], text[middle:])] if middle else ()


def _last_leads(chunk: Sequence[ChunkUnit]) -> list[ChunkUnit]:
    start = len(chunk)
    while start and chunk[start - 1].leads:
        start -= 1
    return list(chunk[start:])


class Doubts:
    """The repairs of a document, queried for ranges of lines from top to bottom."""

    def __init__(self, repairs: Sequence[Repair]) -> None:
        self._repairs = sorted(repairs, key=lambda repair: repair.line_start)
        self._starts = [repair.line_start for repair in self._repairs]
        self._ends = sorted(repair.line_end for repair in self._repairs)
        self._open: list[tuple[float, int]] = []
        self._next = 0

    def between(self, line_start: int, line_end: int) -> tuple[int, float]:
        """Return the number of repairs that touch these lines, and their lowest confidence, 1 if there are none."""
        while self._next < len(self._repairs) and self._starts[self._next] <= line_end:
            repair = self._repairs[self._next]
            heappush(self._open, (repair.confidence, repair.line_end))
            self._next += 1
        while self._open and self._open[0][1] < line_start:
            heappop(self._open)
        count = bisect_right(self._starts, line_end) - bisect_left(self._ends, line_start)
        return count, self._open[0][0] if self._open else 1.0


CHUNKS = Record(
    "chunks",
    "Parts of a document with a limited number of tokens, cut between sections, blocks or sentences; on request.",
    ("doc_id", "chunk_id"),
    (
        DOC_ID,
        field("chunk_id", INT32, "Counts the chunks in reading order, from 0."),
        SECTION_ID,
        field("path", pa.list_(STRING), "The titles from the top down to its section."),
        field("block_start", INT32, "Its first block (blocks.block_id)."),
        field("block_end", INT32, "Its last block (blocks.block_id), inclusive."),
        field("text", STRING, "Its text as a reader sees it; a part of a table begins with the table's header."),
        field("markdown", STRING, "The same as Markdown, where that is within the limit of tokens too; else as text."),
        field("token_count", INT32, "The number of tokens in `text`."),
        field("confidence", FLOAT32, "The lowest confidence of its headings and of the repairs that touch its lines."),
        field("repair_count", INT32, "The number of repairs that touch its lines."),
        LINE_START,
        LINE_END,
    ),
    rows,
    (
        ("section_id", "sections", "section_id"),
        ("block_start", "blocks", "block_id"),
        ("block_end", "blocks", "block_id"),
    ),
)
