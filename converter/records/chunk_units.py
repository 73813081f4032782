"""Blocks -> units, which a chunk holds whole. A block is cut only if it does not fit, and then where it does least
harm."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from converter.parse import Block, Table
from converter.parse.blocks import CONTAINERS
from converter.records.block_markdown import BLOCK, ITEM, PARAGRAPH, Tree, fence, quote, table_head, table_row
from converter.records.sentences import sentences

WORD_WITH_SPACE = re.compile(r"\S++\s*+|\s++")
PAIRED_MARKS = ("*", "`", "~~", "$")
BRACKETS = (("[", "]"), ("(", ")"))


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """The texts that the units of a block share: `joint` separates them, the others precede and follow them in each
    chunk.

    `text` and `opening` are the header of a table, `opening` and `closing` the fences of code.
    """

    joint: str
    text: str = ""
    opening: str = ""
    closing: str = ""
    size: int = 0


@dataclass(slots=True, eq=False)
class ChunkUnit:
    """A part of a chunk that is never cut. `size` is that of its text or of its Markdown in tokens, whichever is
    larger.

    `blocks` are the indexes of its first and its last block. A heading, or a line that ends with a colon, `leads` to
    what is below. A unit may repeat the end of the chunk above.
    """

    text: str
    markdown: str
    size: int
    section: int
    blocks: tuple[int, int]
    lines: tuple[int, int]
    run: Run | None = None
    leads: bool = False
    is_prose: bool = True
    repeats: bool = False


def assemble(units: Iterable[ChunkUnit]) -> tuple[str, str]:
    """Return the joined text and Markdown of units."""
    texts, markdown = [], []
    for _, group in groupby(units, key=lambda unit: unit.run or unit):
        members = list(group)
        run = members[0].run or Run("")
        text = run.joint.join([unit.text for unit in members])
        source = run.joint.join([unit.markdown for unit in members])
        texts.append(f"{run.text}\n{text}" if run.text else text.strip(" \n"))
        markdown.append(
            f"{run.opening}\n{source}\n{run.closing}".rstrip("\n") if run.opening else source.strip("\n").rstrip()
        )
    return "\n\n".join(texts), "\n\n".join(markdown)


class Cutter:
    """Makes the units of one top-level block; none is larger than `limit`."""

    def __init__(self, tree: Tree, section: int, count: Callable[[str], int], limit: int) -> None:
        self._tree, self._section, self._count, self._limit = tree, section, count, limit

    def units(self) -> Iterator[ChunkUnit]:
        """Yield the units; each has text."""
        return self._cut(self._tree.start)

    def _size(self, text: str, markdown: str) -> int:
        size = self._count(text)
        return size if markdown == text else max(size, self._count(markdown))

    def _text(self, index: int) -> str:
        """Return the text of a block and of its content, in reading order."""
        block = self._tree.blocks[index]
        if block.kind in CONTAINERS:
            return _join_texts(self._text(inner) for inner in self._tree.inner.get(index, ()))
        if block.kind == "list":
            items = [at for at, item in enumerate(block.items) if item.parent is None]
            return "\n".join([self._item_text(index, at) for at in items])
        return block.text

    def _item_text(self, index: int, at: int) -> str:
        text = ""
        for part in self._tree.parts[index][at]:
            if part.kind == PARAGRAPH:
                words = part.text
            else:
                words = self._text(part.index) if part.kind == BLOCK else self._item_text(index, part.index)
            text += ("\n" if part.kind == ITEM else "\n\n") * bool(text and words) + words
        return text

    def _unit(self, text: str, markdown: str, block: Block, index: int, run: Run | None = None) -> ChunkUnit:
        lines = block.line_start, block.line_end
        return ChunkUnit(text, markdown, self._size(text, markdown), self._section, (index, index), lines, run)

    def _cut(self, index: int) -> Iterator[ChunkUnit]:
        block = self._tree.blocks[index]
        unit = self._unit(self._text(index), self._tree.markdown[index], block, index)
        if not unit.text.strip():
            return
        if index == self._tree.start:
            unit.blocks = index, self._tree.end - 1
        unit.leads = block.kind == "heading" or (block.kind == "paragraph" and unit.text.rstrip().endswith((":", "：")))
        unit.is_prose = block.kind not in ("table", "code", "heading", "html", "math")
        if unit.size <= self._limit:
            yield unit
        elif block.kind == "list":
            yield from self._cut_items(index, [at for at, item in enumerate(block.items) if item.parent is None])
        elif block.kind in CONTAINERS:
            for inner in self._tree.inner.get(index, ()):
                units = self._cut(inner)
                yield from map(self._quote, units) if block.kind == "quote" else units
        elif table := _only_table(block):
            yield from self._cut_table(unit, table)
        elif block.kind == "code":
            yield from self._cut_code(unit, block)
        else:
            yield from self._cut_prose(unit)

    def _quote(self, unit: ChunkUnit) -> ChunkUnit:
        markdown = quote(unit.markdown)
        size = self._size(unit.text, markdown)
        return unit if unit.run or size > self._limit else replace(unit, markdown=markdown, size=size)

    def _cut_items(self, index: int, numbers: Iterable[int]) -> Iterator[ChunkUnit]:
        tree, run = self._tree, Run("\n")
        for at in numbers:
            item = tree.blocks[index].items[at]
            unit = self._unit(self._item_text(index, at), tree.items[index][at], tree.blocks[index], index, run)
            unit.lines = item.line_start, item.line_end
            if not unit.text.strip():
                continue
            if unit.size <= self._limit:
                yield unit
                continue
            for place, part in enumerate(tree.parts[index][at]):
                if part.kind == PARAGRAPH:
                    markdown = part.markdown if place else f"{item.marker} {part.markdown}"
                    paragraph = replace(unit, text=part.text, markdown=markdown, size=0, run=None)
                    yield from self._cut_prose(paragraph)
                else:
                    yield from self._cut(part.index) if part.kind == BLOCK else self._cut_items(index, [part.index])

    def _cut_table(self, unit: ChunkUnit, table: Table) -> Iterator[ChunkUnit]:
        """Yield the rows, with a repeated header; if that takes too many tokens, rows and header are cut like prose."""
        header, head = " | ".join([cell.text for cell in table.header]), table_head(table)
        run = Run("\n", header, head, size=self._size(header, head))
        room = self._limit - run.size
        if room < run.size or not header.strip() or not table.rows:
            yield from self._cut_prose(replace(unit, markdown=unit.text))
            return
        shows_header = False
        for row, line in zip(table.rows, table.lines, strict=True):
            text, markdown = " | ".join([cell.text for cell in row]), table_row(row)
            part = replace(unit, text=text, markdown=markdown, size=self._size(text, markdown), lines=(line, line))
            if part.size <= room:
                yield replace(part, run=run)
            else:
                if not shows_header:
                    yield from self._cut_prose(replace(unit, text=header, markdown=header))
                yield from self._cut_prose(replace(part, markdown=text))
            shows_header = True

    def _cut_code(self, unit: ChunkUnit, block: Block) -> Iterator[ChunkUnit]:
        opening, closing = fence(block)
        size = self._size("", f"{opening}\n{closing}")
        first_line = block.line_start + (block.info is not None)
        run = Run("\n", "", opening, closing, size)
        for number, line in enumerate(block.text.split("\n"), first_line):
            lines = min(number, block.line_end), min(number, block.line_end)
            part = replace(unit, text=line, markdown=line, size=self._count(line), lines=lines, run=run)
            if part.size + size <= self._limit:
                yield part
            else:
                yield from self._cut_prose(replace(part, run=None))

    def _cut_prose(self, unit: ChunkUnit) -> Iterator[ChunkUnit]:
        """Yield a text whole or, if it is too large, its sentences, words or characters, with their Markdown."""
        if self._size(unit.text, unit.markdown) <= self._limit:
            yield replace(unit, size=self._size(unit.text, unit.markdown))
            return
        if (size := self._count(unit.text)) <= self._limit:  # long addresses: the text alone fits
            yield replace(unit, markdown=unit.text, size=size)
            return
        run = Run("")
        parts = list(sentences(unit.text))
        line, last_line = unit.lines
        is_traced = "\n" in unit.markdown
        for text, markdown in zip(parts, _sources_of(parts, unit.markdown), strict=True):
            size = self._size(text, markdown)
            below = min(line + markdown.rstrip().count("\n"), last_line)
            lines = (line, below) if is_traced else unit.lines
            part = replace(unit, text=text, markdown=markdown, size=size, lines=lines, run=run)
            line = min(line + markdown.count("\n"), last_line)
            if size <= self._limit:
                yield part
                continue
            for word in self._words(text):
                yield replace(part, text=word, markdown=word, size=self._count(word))

    def _words(self, text: str) -> Iterator[str]:
        """Yield the words of a text with the white space below each, and the parts of a word that is too large."""
        for match in WORD_WITH_SPACE.finditer(text):
            parts = [match.group()]
            while parts:
                part = parts.pop()
                if self._count(part) <= self._limit or len(part) < 2:
                    yield part
                else:
                    parts += [part[len(part) // 2 :], part[: len(part) // 2]]


def _join_texts(texts: Iterable[str]) -> str:
    return "\n\n".join([text for text in texts if text])


def _only_table(block: Block) -> Table | None:
    """Return the table of a block that is one table and nothing else."""
    if len(block.tables) != 1 or (block.kind == "html" and block.text.split() != _words_of(block.tables[0])):
        return None
    return block.tables[0]


def _words_of(table: Table) -> list[str]:
    return [word for row in (table.header, *table.rows) for cell in row for word in cell.text.split()]


def _sources_of(parts: Sequence[str], markdown: str) -> Sequence[str]:
    """Return the Markdown of each sentence of a text; its text if a mark spans the end of a sentence."""
    sources = list(sentences(markdown.replace("\n", " ") if "\n" not in "".join(parts) else markdown))
    is_whole = len(sources) == len(parts) and all(map(_is_balanced, sources))
    return _slices(sources, markdown) if is_whole else parts


def _slices(sources: Iterable[str], markdown: str) -> list[str]:
    """Return parts of a source as long as these, with the source's own line breaks."""
    result, start = [], 0
    for source in sources:
        result.append(markdown[start : start + len(source)])
        start += len(source)
    return result


def _is_balanced(source: str) -> bool:
    return all(source.count(mark) % 2 == 0 for mark in PAIRED_MARKS) and all(
        source.count(opening) == source.count(closing) for opening, closing in BRACKETS
    )
