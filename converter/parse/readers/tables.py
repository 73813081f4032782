"""Tables of Markdown: cells, surplus cells, and tables that are too large."""

from __future__ import annotations

from itertools import chain

from markdown_it.token import Token

from converter.limits import Allowance
from converter.parse.blocks import (
    CELL_BYTES,
    COPY_BYTES,
    MAXIMUM_COLUMNS,
    Block,
    Cell,
    Table,
    join_lines,
)
from converter.parse.fast.blocks import Rows, table_cells
from converter.parse.markdown_it.private import escapedSplit
from converter.parse.readers.reader import Reader, adopt, lines_of
from converter.problems import Problem

REPEATED_LENGTH, REPEATED_CELLS = 32, 4096
"""Maximum length and number of cells that the tables of a document share, because short cells often repeat."""


def read_common_table(reader: Reader, piece: Rows) -> None:
    """Add a table that was read from its lines."""
    block = reader.add_common("table", piece)
    header = [_cell(reader, block, cell, piece.start) for cell in piece.header]
    columns = len(header)
    rows = []
    shared_cell = reader.cells.get
    for at in range(piece.start + 2, piece.end):
        row = table_cells(reader.lines[at])
        cells = [shared_cell(cell) or _cell(reader, block, cell, at) for cell in row[:columns]]
        if len(row) > columns:
            cells += _surplus_cells(reader, block, at, columns)
        cells += [Cell("", "")] * (columns - len(row))
        rows.append(tuple(cells))
    _set_table(reader, block, Table(header, rows, reader.numbers[piece.start + 2 : piece.end]), piece.start, piece.end)


def read_table(reader: Reader, token: Token) -> None:
    """Read a whole table. GFM drops the surplus cells of a row; here they are read from its line."""
    block = reader.add("table", token)
    header: list[Cell] = []
    rows: list[tuple[Cell, ...]] = []
    lines: list[int] = []
    cells: list[Cell] = []
    line = 0
    for part in reader.tokens:
        if part.type == "tr_open":
            cells = []
        elif part.type == "inline":
            line = part.map[0]
            cells.append(_cell(reader, block, part.content, line))
        elif part.type == "tr_close" and not header:
            header = cells
        elif part.type == "tr_close":
            cells += _surplus_cells(reader, block, line, len(header))
            rows.append(tuple(cells))
            lines.append(reader.numbers[line])
        elif part.type == "table_close":
            break
    start, end = lines_of(token)
    _set_table(reader, block, Table(header, rows, lines), start, end)


def _set_table(reader: Reader, block: Block, table: Table, start: int, end: int) -> None:
    """Add the table of these lines to its block; if it is too large, the block becomes a paragraph."""
    if reason := refusal(table, sum(map(len, reader.lines[start:end])), reader.allowance):
        block.kind = "paragraph"
        block.text = block.markdown = reader.source(start, end)
        reader.problems.append(Problem("table_size", reason, block.line_start, block.line_end))
        return
    table.delimiter = reader.source(start + 1, start + 2)
    block.tables = [table]
    _set_text(block)


def _set_text(block: Block) -> None:
    """Set the text of a table from its rows."""
    rows = chain([block.tables[0].header], block.tables[0].rows)
    block.text = join_lines(" | ".join([cell.text for cell in row]) for row in rows)


def _cell(reader: Reader, block: Block, content: str, line: int) -> Cell:
    """Return a cell; short content that the document's tables repeat shares one cell."""
    if shared_cell := reader.cells.get(content):
        return shared_cell
    inline = reader.inline(content, line)
    cell = Cell(content if inline.text == content else inline.text, content)
    if inline.links or inline.images:
        adopt(block, inline)
    elif len(content) <= REPEATED_LENGTH and len(reader.cells) < REPEATED_CELLS:
        reader.cells[content] = cell
    return cell


def _surplus_cells(reader: Reader, block: Block, index: int, columns: int) -> list[Cell]:
    """Return the cells of a row's line beyond the header's columns, and report them."""
    line = reader.source(index, index + 1) if reader.stack else reader.lines[index]
    if line.count("|") < columns:
        return []
    parts = escapedSplit(line.strip())
    if parts and parts[0] == "":
        parts.pop(0)
    if parts and parts[-1] == "":
        parts.pop()
    surplus = [part.strip() for part in parts[columns:]]
    if not surplus:
        return []
    number = reader.numbers[index]
    reader.problems.append(
        Problem(
            "ragged_row",
            f"the row has {len(parts)} cells, the header {columns}; the surplus cells are kept",
            number,
            number,
            raw=line,
        )
    )
    return [_cell(reader, block, part, index) for part in surplus]


def refusal(table: Table, characters: int, allowance: Allowance) -> str | None:
    """Return why a table of this many characters is too large; None if the allowance affords it."""
    columns = max(map(len, table.rows), default=0)
    if max(columns, len(table.header)) > MAXIMUM_COLUMNS:
        return f"a row of the table has over {MAXIMUM_COLUMNS:,} cells, the limit; the table is kept as text; split it"
    cells = sum(map(len, table.rows))
    if not allowance.affords(CELL_BYTES * cells + COPY_BYTES * max(0, cells - characters)):
        return too_many_cells(allowance)
    return None


def too_many_cells(allowance: Allowance) -> str:
    """Return the message for a table whose cells exceed the allowance."""
    return (
        f"the cells of the tables up to here, spans included, would take over {allowance.output_bytes:.0f} bytes, "
        "the limit for this document; the table is kept as text; raise `maximum_output_bytes` or split the document"
    )
