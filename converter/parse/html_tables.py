"""Tables in HTML blocks: `<table>` with its rows, spans and header, through the standard library's tolerant parser.

A blank line ends an HTML block, not the table: the blocks that follow are read on, those of Markdown as the text of
the open cell, until the table closes. A table that never does is read from the block it opens in. A cell that spans
rows or columns stands in each of their places; a table inside a cell is text; a table without header cells, and
without a first row in bold, has empty headers. The blocks themselves stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

from converter.limits import Allowance
from converter.parse.blocks import CELL_BYTES, COPY_BYTES, MAXIMUM_COLUMNS, Block, Cell, Table, extended
from converter.problems import Problem

MAXIMUM_CELLS = 1_000_000
"""A table of more cells stays text: a few bytes of spans could ask for any amount of memory."""
WIDEST_SPAN = 1000
"""The limit of `colspan` in the HTML standard; here of both spans."""
FARTHEST = 200
"""Blocks that are read on to find the end of a table; half as many after each table that never ends, so that a
document full of those costs no more than two of them."""
EMPTY = Cell("", "")
UNSEEN = frozenset({"script", "style", "template", "noscript"})
BREAKS = frozenset({"br", "p", "div", "li", "tr", "td", "th", "ul", "ol", "hr", "h1", "h2", "h3", "h4", "h5", "h6"})
"""Tags that a reader sees as a gap between words."""


BOLD = re.compile(r"<(b|strong)\b[^<>]*>(?:(?!</?\1\b).)+</\1>", re.IGNORECASE | re.DOTALL)
Attributes = dict[str, str | None]


@dataclass(slots=True)
class Spanning:
    """A cell as it is written: its parts until it closes, its spans, and whether it is a header."""

    line: int
    columns: int
    rows: int
    is_header: bool
    text: list[str] = field(default_factory=list)
    source: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """The characters of its text and its source."""
        return sum(map(len, self.text)) + sum(map(len, self.source))

    @property
    def cell(self) -> Cell:
        """The cell as every table has it: white space is one space, as browsers show it."""
        return Cell(" ".join("".join(self.text).split()), " ".join("".join(self.source).split()))


@dataclass(slots=True)
class Line:
    """A row as it is written."""

    number: int
    in_head: bool
    cells: list[Spanning] = field(default_factory=list)

    @property
    def is_header(self) -> bool:
        """Whether it names columns: in `thead`, or nothing but header cells."""
        return self.in_head or all(cell.is_header for cell in self.cells)

    @property
    def is_bold(self) -> bool:
        """Whether all of it is bold, as the names of columns are where the writer knew no `th`."""
        return all(BOLD.fullmatch("".join(cell.source).strip()) for cell in self.cells)


class TableReader(HTMLParser):
    """Reads the tables of what it is fed; `tables` holds those that were closed, `allowance` what these have left."""

    def __init__(self, allowance: Allowance) -> None:
        super().__init__(convert_charrefs=True)
        self.allowance = replace(allowance)  # what is read twice is taken once
        self.tables: list[tuple[Table | None, int, int]] = []
        self.depth = self.shift = self.last = 0
        self._unseen = 0
        self._reset_table()

    def _reset_table(self) -> None:
        self._lines: list[Line] = []
        self._cell: Spanning | None = None
        self._caption: list[str] | None = None
        self._captions: list[str] = []
        self._in_head = False
        self._start = 0

    @property
    def _line(self) -> int:
        return min(self.getpos()[0] + self.shift, self.last)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, row, cell or caption; any other tag belongs to the cell it stands in."""
        if tag in UNSEEN:
            self._unseen += 1
        if tag == "table":
            self.depth += 1
            if self.depth == 1:
                self._start = self._line
                return
        if self.depth == 1 and tag in OPENS:
            self._cell = self._caption = None
            OPENS[tag](self, dict(attrs))
        elif self.depth:
            alt = dict(attrs).get("alt") if tag == "img" else None
            self._add(alt or (" " if tag in BREAKS else ""), self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        """Close what is open by this name."""
        if tag in UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        if self.depth > 1 or (self.depth and tag not in CLOSES):
            self._add(" " if tag in BREAKS else "", f"</{tag}>")
        if tag == "table" and self.depth:
            self.depth -= 1
            if self.depth == 0:
                self.finish()
        elif self.depth == 1 and tag in CLOSES:
            self._cell = self._caption = None
            self._in_head = self._in_head and tag != "thead"

    def handle_data(self, data: str) -> None:
        """Add text to the open cell or caption."""
        self._add("" if self._unseen else data, data)

    def _add(self, text: str, source: str) -> None:
        if self._caption is not None:
            self._caption.append(text)
        elif self._cell is not None:
            self._cell.text.append(text)
            self._cell.source.append(source)

    def finish(self) -> None:
        """End the table that is open."""
        caption = " ".join("".join(self._captions).split()) or None
        self.tables.append((table_of(self._lines, caption, self.allowance), self._start, self._line))
        self._reset_table()

    def _open_row(self, attrs: Attributes) -> None:
        self._lines.append(Line(self._line, self._in_head))

    def _open_cell(self, is_header: bool, attrs: Attributes) -> None:
        if not self._lines:
            self._open_row({})
        # `rowspan=0` means all rows that follow; for columns there is no such thing.
        columns, rows = span(attrs.get("colspan")) or 1, span(attrs.get("rowspan")) or WIDEST_SPAN
        self._cell = Spanning(self._line, columns, rows, is_header)
        self._lines[-1].cells.append(self._cell)

    def _open_caption(self, attrs: Attributes) -> None:
        self._caption = self._captions

    def _open_group(self, in_head: bool) -> None:
        self._in_head = in_head


OPENS: dict[str, Callable[[TableReader, Attributes], None]] = {
    "tr": TableReader._open_row,
    "td": lambda reader, attrs: reader._open_cell(False, attrs),
    "th": lambda reader, attrs: reader._open_cell(True, attrs),
    "caption": TableReader._open_caption,
    "thead": lambda reader, attrs: reader._open_group(True),
    "tbody": lambda reader, attrs: reader._open_group(False),
    "tfoot": lambda reader, attrs: reader._open_group(False),
}
CLOSES = OPENS.keys() | {"table"}


def span(text: str | None) -> int:
    """The number in a `rowspan` or `colspan`; 1 for what is none."""
    digits = (text or "").strip()[:6]
    number = int(digits) if digits.isascii() and digits.isdigit() else 1
    return min(number, WIDEST_SPAN)


def table_of(lines: Sequence[Line], caption: str | None, allowance: Allowance) -> Table | None:
    """The table of these rows, each cell in every place that it spans; None where that is more than the limit."""
    lines = [line for line in lines if line.cells]
    spans = [(cell.columns * min(cell.rows, len(lines)), cell) for line in lines for cell in line.cells]
    cells = sum(span for span, _ in spans)
    # Twice, for a cell's text and source stand in the record `cells` and in its data set.
    repeated = CELL_BYTES * len(spans) + sum(2 * span * cell.size for span, cell in spans if span > 1)
    if cells > MAXIMUM_CELLS or not replace(allowance).affords(COPY_BYTES * (cells - len(spans)) + repeated):
        return None
    places = spread(lines)
    width = max((column for _, column in places), default=-1) + 1
    cells = width * len(lines)
    if width > MAXIMUM_COLUMNS or cells > MAXIMUM_CELLS:
        return None
    if not allowance.affords(COPY_BYTES * (cells - len(spans)) + repeated):
        return None
    grid = [[places.get((number, column), EMPTY) for column in range(width)] for number in range(len(lines))]
    heads = next((number for number, line in enumerate(lines) if not line.is_header), len(lines))
    if not heads and len(lines) > 1 and lines[0].is_bold and not lines[1].is_bold:
        heads = 1
    header = [join_rows(column) for column in zip(*grid[:heads], strict=True)] or [EMPTY] * width
    return Table(header, grid[heads:], [line.number for line in lines[heads:]], caption)


def spread(lines: Sequence[Line]) -> dict[tuple[int, int], Cell]:
    """The cell in each place of the grid, by row and column."""
    places: dict[tuple[int, int], Cell] = {}
    for number, line in enumerate(lines):
        column = 0
        for written in line.cells:
            while (number, column) in places:
                column += 1
            cell = written.cell
            for row in range(number, min(number + written.rows, len(lines))):
                for offset in range(written.columns):
                    places.setdefault((row, column + offset), cell)
    return places


def join_rows(cells: Iterable[Cell]) -> Cell:
    """One header of the cells of several header rows; what spans them is said once."""
    parts: list[Cell] = []
    for cell in cells:
        if cell.text and (not parts or parts[-1].text != cell.text):
            parts.append(cell)
    return Cell(" ".join(cell.text for cell in parts), " ".join(cell.markdown for cell in parts))


def add_html_tables(blocks: Sequence[Block], problems: list[Problem], allowance: Allowance) -> None:
    """Give each html block the tables that begin in it; what is too large is added to `problems`.

    What cells say in each place that they span is taken from the allowance.
    """
    after, far = 0, FARTHEST
    for index, block in enumerate(blocks):
        if index >= after and block.kind == "html" and "<table" in block.markdown.lower():
            reader, after = read_from(blocks, index, far, allowance)
            allowance.taken = reader.allowance.taken
            far = far if after else far // 2
            for table, start, end in reader.tables:
                if table is None:
                    message = (
                        f"more than {MAXIMUM_CELLS:,} cells or {MAXIMUM_COLUMNS:,} columns with what they span, or "
                        f"more than {allowance.output_bytes:.0f} bytes with the tables before it; kept as text; "
                        "raise the last with `maximum_output_bytes` or split the document"
                    )
                    problems.append(Problem("table_size", message, start, end))
                elif table.header:
                    table.line_start, table.line_end = start, max(start, end)
                    block.tables = extended(block.tables, [table])


def read_from(blocks: Sequence[Block], index: int, far: int, allowance: Allowance) -> tuple[TableReader, int]:
    """Read the tables from this block on, over no more than `far` blocks.

    Gives also the index of the first block that was not read; 0 where a table never ends, so that it was read from
    this block alone.
    """
    reader = TableReader(allowance)
    parent = blocks[index].parent
    for position in range(index, min(index + far + 1, len(blocks))):
        # What stands inside the blocks that follow says the same again.
        if blocks[position].parent == parent:
            feed(reader, blocks[position])
            if not reader.depth:
                return reader, position + 1
    reader = TableReader(allowance)
    feed(reader, blocks[index])
    reader.finish()
    return reader, 0


def feed(reader: TableReader, block: Block) -> None:
    """Read a block on: html as such, anything else as text."""
    reader.last = block.line_end
    reader.shift = block.line_start - reader.getpos()[0]
    if block.kind != "html":
        reader.handle_data(f" {block.text} ")
        return
    try:
        reader.feed(block.markdown + "\n")
    except (AssertionError, ValueError):  # the parser gives up on some broken declarations: `<![if`
        reader.reset()
        reader.depth = 0
