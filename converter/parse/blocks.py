"""The blocks of a parsed document. Line numbers refer to the original source, 1-based and inclusive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

LINES_AT_ONCE = 1024
"""Lines joined at a time."""

MAXIMUM_COLUMNS = 32_768
"""Maximum cells in a table row, limited by `cells.column`; a table with more stays text."""

MAXIMUM_INLINE_LENGTH = 100_000
"""Longer inline content is a data dump, not prose: it is kept as plain text, since some inline rules take quadratic
time."""

CONTAINERS = frozenset({"quote", "footnote"})
"""Kinds of blocks whose text is that of their children; any other block has its own text."""

CELL_BYTES = 60
"""Bytes that a cell takes in all records together, apart from its text."""

COPY_BYTES = 240
"""Bytes of a cell that only fills a span or a short row. They include memory during conversion, because no text of the
document accounts for such a cell."""


@dataclass(slots=True)
class Link:
    """A link: its visible `text`, its target, and the line on which it starts."""

    text: str
    url: str
    title: str | None
    line: int


@dataclass(slots=True)
class Image:
    """An image; `link_url` is the target of the link around it, if any."""

    alt: str
    url: str
    title: str | None
    link_url: str | None
    line: int


@dataclass(slots=True)
class Inline:
    """Parsed inline content.

    `span` is the text of the mark that the content opens with (strong, emphasis, link or code), if any;
    `image_only` states that the content is nothing but images, linked or not. `whole` holds the ranges of the text
    that are one thing: code spans, links, images and math.
    """

    text: str
    links: Sequence[Link] = ()
    images: Sequence[Image] = ()
    span: str | None = None
    image_only: bool = False
    whole: Sequence[tuple[int, int]] = ()


@dataclass(slots=True)
class Cell:
    """A table cell: its visible text and its inline source."""

    text: str
    markdown: str


@dataclass(slots=True)
class Table:
    """A table's header cells and body rows; a row may hold more cells than the header (GFM would drop them).

    `lines` holds the line of each row, `delimiter` the row below the header, which aligns the columns. `caption`,
    `line_start` and `line_end` are set for an HTML table, which is only part of its block.
    """

    header: list[Cell]
    rows: Sequence[Sequence[Cell]]
    lines: Sequence[int]
    caption: str | None = None
    line_start: int | None = None
    line_end: int | None = None
    delimiter: str = ""


@dataclass(slots=True)
class Item:
    """A list item. `parent` is the index of the enclosing item in the same list block, `depth` counts from 0.

    `marker` is the bullet or number as written. `text` and `markdown` are those of the item's own paragraphs,
    without nested items. `task` is the box of a task list item as it appears in both (`[ ] `, `[x] `). `span` is the
    text of the inline mark (strong, emphasis, code, link) that the item opens with after any box, if it has one;
    `whole` holds the ranges of its first paragraph that are one thing, as in `Inline`; `text_start` is the line of that
    paragraph, None if it is the item's. `breaks` holds, of each paragraph after it, where it begins in `text`, and its
    line; `unbroken` counts the paragraphs above the first
    block that stands in the item, None without one.
    """

    parent: int | None
    depth: int
    ordered: bool
    number: int | None
    line_start: int
    line_end: int
    marker: str = "-"
    task: str = ""
    text: str = ""
    markdown: str = ""
    span: str | None = None
    whole: Sequence[tuple[int, int]] = ()
    text_start: int | None = None
    breaks: Sequence[tuple[int, int]] = ()
    unbroken: int | None = None

    @property
    def opening(self) -> str:
        """The text of the first paragraph, without the box."""
        return self.text[len(self.task) : self.breaks[0][0] if self.breaks else None].rstrip("\n")

    @property
    def continuation(self) -> str:
        """The text of the paragraphs that follow the first one directly, from the line break on."""
        starts = [start for start, _ in self.breaks]
        end = None if self.unbroken is None else next(iter(starts[max(self.unbroken - 1, 0) :]), None)
        return self.text[len(self.task) + len(self.opening) : end].rstrip("\n")

    @property
    def checked(self) -> bool | None:
        """Whether the box of a task list item is ticked; None without a box."""
        return self.task[1] in "xX" if self.task else None


@dataclass(slots=True)
class Definition:
    """A term and one of its definitions (Pandoc's definition lists)."""

    term: str
    text: str
    line_start: int
    line_end: int


@dataclass(slots=True)
class Block:
    """A block, in reading order. `parent` is the index of the enclosing block, if any; if that is a list, `item` is the
    index of the enclosing item in it.

    Kinds: heading, paragraph, list, table, code, quote, math, html, image, rule, footnote, definition,
    front_matter, directive (lines that only a site generator reads), and link_reference (a CommonMark link reference
    definition). Fields of one kind are empty in the others; a table block holds one table, an html block those that
    begin in it, a quote may be a `callout` of some kind. `markdown` is the source of the content, without the marks of
    the block (`records.block_markdown` adds them) and empty if items or cells have it; `source` holds the lines of a
    block whose marks no field tells: a fenced callout, a definition list.
    """

    kind: str
    line_start: int
    line_end: int
    parent: int | None = None
    item: int | None = None
    text: str = ""
    markdown: str = ""
    source: str = ""
    level: int = 0
    style: str | None = None
    language: str | None = None
    info: str | None = None
    label: str | None = None
    callout: str | None = None
    items: Sequence[Item] = ()
    definitions: Sequence[Definition] = ()
    tables: Sequence[Table] = ()
    links: Sequence[Link] = ()
    images: Sequence[Image] = ()


def extend(items: Sequence[T], additions: Iterable[T]) -> list[T]:
    """Return `items` with `additions` appended; a tuple becomes a list. Most blocks are empty and need no list."""
    result: list[T] = items if isinstance(items, list) else list(items)
    result.extend(additions)
    return result


def join_lines(lines: Iterable[str]) -> str:
    """Return lines as one text. They are joined some at a time: as a string, each takes fifty bytes beyond its text."""
    remaining = iter(lines)
    return "\n".join(["\n".join(group) for group in iter(lambda: [*islice(remaining, LINES_AT_ONCE)], [])])
