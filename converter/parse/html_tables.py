"""Tables in HTML blocks: `<table>` with its rows, spans and header, through the standard library's tolerant parser.

A blank line ends an HTML block, but not its table: the blocks that follow are read until the table closes, Markdown
blocks as text of the open cell. A table that never closes is read from its first block only. A cell that spans rows or
columns is repeated in each position; a table inside a cell is text; a table without header cells or a bold first row
has empty headers. The blocks themselves do not change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

from converter.limits import Allowance
from converter.parse.blocks import CELL_BYTES, COPY_BYTES, MAXIMUM_COLUMNS, Block, Cell, Table, extend
from converter.parse.heights import Heights
from converter.parse.html_tags import INVISIBLE_ELEMENTS, gap_of
from converter.problems import Problem

MAXIMUM_CELLS = 1_000_000
"""A table of more cells stays text: a few bytes of spans could require any amount of memory."""
WIDEST_SPAN = 1000
"""The limit of `colspan` in the HTML standard; applied to both spans."""
MAXIMUM_REACH = 200
"""Blocks that are searched for the end of a table. The number is halved after each table that never ends, so that a
document full of those costs no more than two of them."""
EMPTY = Cell("", "")

BOLD = re.compile(r"<(b|strong)\b[^<>]*>(?:(?!</?\1\b).)+</\1>", re.IGNORECASE | re.DOTALL)
Attributes = dict[str, str | None]


@dataclass(slots=True)
class SpanningCell:
    """A cell as written: its parts until it closes, its spans, and whether it is a header."""

    line: int
    columns: int
    rows: int
    is_header: bool
    text: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """The number of characters of its text and its source."""
        return sum(map(len, self.text)) + sum(map(len, self.source))

    @property
    def cell(self) -> Cell:
        """The finished cell: each run of white space is one space, as in browsers."""
        return Cell(" ".join("".join(self.text).split()), " ".join("".join(self.source).split()))


@dataclass(slots=True)
class Line:
    """A row as written."""

    number: int
    in_head: bool
    cells: list[SpanningCell] = field(default_factory=list)

    @property
    def is_header(self) -> bool:
        """Whether the row names columns: it is in `thead`, or has only header cells."""
        return self.in_head or all(cell.is_header for cell in self.cells)

    @property
    def is_bold(self) -> bool:
        """Whether the whole row is bold, as column names are in tables written without `th`."""
        return all(BOLD.fullmatch("".join(cell.source).strip()) for cell in self.cells)


class TableReader(HTMLParser):
    """Reads the tables of the HTML fed to it; `tables` holds the closed ones, `allowance` what remains after them."""

    def __init__(self, allowance: Allowance) -> None:
        super().__init__(convert_charrefs=True)
        self.allowance = replace(allowance)  # a copy: what is read twice is charged once
        self.tables: list[tuple[Table | None, int, int]] = []
        self.depth = self.shift = self.last_line = 0
        self._invisible_depth = 0
        self._reset_table()

    def _reset_table(self) -> None:
        self._lines: list[Line] = []
        self._cell: SpanningCell | None = None
        self._heights = Heights()
        self._caption: list[str] | None = None
        self._captions: list[str] = []
        self._in_head = False
        self._start = 0

    @property
    def _line(self) -> int:
        return min(self.getpos()[0] + self.shift, self.last_line)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, row, cell or caption; any other tag belongs to the open cell or caption."""
        if tag in INVISIBLE_ELEMENTS:
            self._invisible_depth += 1
        if tag == "table":
            self.depth += 1
            if self.depth == 1:
                self._start = self._line
                return
        if self.depth == 1 and tag in OPENERS:
            self._cell = self._caption = None
            OPENERS[tag](self, dict(attrs))
        elif self.depth:
            alt = dict(attrs).get("alt") if tag == "img" else None
            self._add(alt or (" " if gap_of(tag) else ""), self.get_starttag_text() or "")
            self._read_height(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        """Close the open element of this name."""
        if tag in INVISIBLE_ELEMENTS:
            self._invisible_depth = max(0, self._invisible_depth - 1)
        if self.depth > 1 or (self.depth and tag not in CLOSING_TAGS):
            self._add(" " if gap_of(tag) else "", f"</{tag}>")
            self._read_height(f"</{tag}>")
        if tag == "table" and self.depth:
            self.depth -= 1
            if self.depth == 0:
                self.finish()
        elif self.depth == 1 and tag in CLOSING_TAGS:
            self._cell = self._caption = None
            self._in_head = self._in_head and tag != "thead"

    def handle_data(self, data: str) -> None:
        """Add text to the open cell or caption."""
        self._add("" if self._invisible_depth else data, data)

    def _add(self, text: str, source: str) -> None:
        if self._caption is not None:
            self._caption.append(text)
        elif self._cell is not None:
            self._cell.text.append(text)
            self._cell.source.append(source)

    def _read_height(self, tag: str) -> None:
        parts = self._caption if self._caption is not None else self._cell.text if self._cell else None
        if parts is not None:
            self._heights.read(tag, parts)

    def finish(self) -> None:
        """End the open table."""
        caption = " ".join("".join(self._captions).split()) or None
        self.tables.append((table_of(self._lines, caption, self.allowance), self._start, self._line))
        self._reset_table()

    def _open_row(self, attrs: Attributes) -> None:
        self._lines.append(Line(self._line, self._in_head))

    def _open_cell(self, is_header: bool, attrs: Attributes) -> None:
        if not self._lines:
            self._open_row({})
        # `rowspan=0` means all rows that follow; `colspan` has no equivalent.
        columns, rows = span(attrs.get("colspan")) or 1, span(attrs.get("rowspan")) or WIDEST_SPAN
        self._cell = SpanningCell(self._line, columns, rows, is_header)
        self._heights = Heights()
        self._lines[-1].cells.append(self._cell)

    def _open_caption(self, attrs: Attributes) -> None:
        self._caption = self._captions

    def _open_group(self, in_head: bool) -> None:
        self._in_head = in_head


OPENERS: dict[str, Callable[[TableReader, Attributes], None]] = {
    "tr": TableReader._open_row,
    "td": lambda reader, attrs: reader._open_cell(False, attrs),
    "th": lambda reader, attrs: reader._open_cell(True, attrs),
    "caption": TableReader._open_caption,
    "thead": lambda reader, attrs: reader._open_group(True),
    "tbody": lambda reader, attrs: reader._open_group(False),
    "tfoot": lambda reader, attrs: reader._open_group(False),
}
CLOSING_TAGS = OPENERS.keys() | {"table"}


def span(text: str | None) -> int:
    """Return the number in a `rowspan` or `colspan`; 1 if it is not a number."""
    digits = (text or "").strip()[:6]
    number = int(digits) if digits.isascii() and digits.isdigit() else 1
    return min(number, WIDEST_SPAN)


def table_of(lines: Sequence[Line], caption: str | None, allowance: Allowance) -> Table | None:
    """Return the table of these rows, with each cell in every position that it spans; None beyond the limits."""
    lines = [line for line in lines if line.cells]
    spans = [(cell.columns * min(cell.rows, len(lines)), cell) for line in lines for cell in line.cells]
    cells = sum(area for area, _ in spans)
    # Twice: a cell's text and source are in both the record `cells` and its data set.
    repeated_bytes = CELL_BYTES * len(spans) + sum(2 * area * cell.size for area, cell in spans if area > 1)
    if cells > MAXIMUM_CELLS or not replace(allowance).affords(COPY_BYTES * (cells - len(spans)) + repeated_bytes):
        return None
    places = spread(lines)
    width = max((column for _, column in places), default=-1) + 1
    cells = width * len(lines)
    if width > MAXIMUM_COLUMNS or cells > MAXIMUM_CELLS:
        return None
    if not allowance.affords(COPY_BYTES * (cells - len(spans)) + repeated_bytes):
        return None
    grid = [[places.get((number, column), EMPTY) for column in range(width)] for number in range(len(lines))]
    header_rows = next((number for number, line in enumerate(lines) if not line.is_header), len(lines))
    if not header_rows and len(lines) > 1 and lines[0].is_bold and not lines[1].is_bold:
        header_rows = 1
    header = [join_rows(column) for column in zip(*grid[:header_rows], strict=True)] or [EMPTY] * width
    return Table(header, grid[header_rows:], [line.number for line in lines[header_rows:]], caption)


def spread(lines: Sequence[Line]) -> dict[tuple[int, int], Cell]:
    """Return the cell at each position of the grid, by row and column."""
    places: dict[tuple[int, int], Cell] = {}
    for number, line in enumerate(lines):
        column = 0
        for spanning_cell in line.cells:
            while (number, column) in places:
                column += 1
            cell = spanning_cell.cell
            for row in range(number, min(number + spanning_cell.rows, len(lines))):
                for offset in range(spanning_cell.columns):
                    places.setdefault((row, column + offset), cell)
    return places


def join_rows(cells: Iterable[Cell]) -> Cell:
    """Return one header cell for the cells of several header rows; a cell that spans rows counts once."""
    parts: list[Cell] = []
    for cell in cells:
        if cell.text and (not parts or parts[-1].text != cell.text):
            parts.append(cell)
    return Cell(" ".join(cell.text for cell in parts), " ".join(cell.markdown for cell in parts))


def add_html_tables(blocks: Sequence[Block], problems: list[Problem], allowance: Allowance) -> None:
    """Add to each html block the tables that begin in it; a table that is too large is reported in `problems`.

    Text that spanning cells repeat is charged to the allowance.
    """
    next_index, reach = 0, MAXIMUM_REACH
    for index, block in enumerate(blocks):
        if index >= next_index and block.kind == "html" and "<table" in block.markdown.lower():
            reader, next_index = read_from(blocks, index, reach, allowance)
            allowance.taken = reader.allowance.taken
            reach = reach if next_index else reach // 2
            for table, start, end in reader.tables:
                if table is None:
                    message = (
                        f"the table has more than {MAXIMUM_CELLS:,} cells or {MAXIMUM_COLUMNS:,} columns, spans "
                        f"included, or takes more than {allowance.output_bytes:.0f} bytes together with the tables "
                        "above it; it is kept as text; raise `maximum_output_bytes` (the limit in bytes) or split the "
                        "document"
                    )
                    problems.append(Problem("table_size", message, start, end))
                elif table.header:
                    table.line_start, table.line_end = start, max(start, end)
                    block.tables = extend(block.tables, [table])


def read_from(blocks: Sequence[Block], index: int, reach: int, allowance: Allowance) -> tuple[TableReader, int]:
    """Read the tables from this block on, over no more than `reach` further blocks.

    Also return the index of the first block not read; 0 if a table never ends and was read from this block alone.
    """
    reader = TableReader(allowance)
    parent = blocks[index].parent
    for position in range(index, min(index + reach + 1, len(blocks))):
        # Nested blocks repeat the text of their parents.
        if blocks[position].parent == parent:
            feed(reader, blocks[position])
            if not reader.depth:
                return reader, position + 1
    reader = TableReader(allowance)
    feed(reader, blocks[index])
    reader.finish()
    return reader, 0


def feed(reader: TableReader, block: Block) -> None:
    """Feed a block to the reader: html as markup, anything else as text."""
    reader.last_line = block.line_end
    reader.shift = block.line_start - reader.getpos()[0]
    if block.kind != "html":
        reader.handle_data(f" {block.text} ")
        return
    try:
        reader.feed(block.markdown + "\n")
    except (AssertionError, ValueError):  # the parser gives up on some broken declarations: `<![if`
        reader.reset()
        reader.depth = 0
