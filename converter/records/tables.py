"""tables: one row for each table, with its columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import pyarrow as pa

from converter.expressions import expression
from converter.parse import Block, Table
from converter.parse.dialects.attributes import cut_title
from converter.problems import Problem
from converter.records.context import ParsedDocument
from converter.records.record import BLOCK_ID, DOC_ID, INT32, LINE_END, LINE_START, SECTION_ID, STRING, Record, field
from converter.values import Column, Conventions, Hints, dataset_name, storable

UNREAD = frozenset({"code", "math", "front_matter", "quote", "footnote"})
"""Kinds of blocks whose text is not in the document's language, or repeats that of other blocks."""
LONGEST_CAPTION = 500
"""A longer paragraph that begins with the word for a table is text, not a caption."""
SENTENCE_BREAK = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")
NUMBERED_TITLE = expression(
    r"(?:table|tab|tabelle|tableau|tabla|tabela|tabella|таблица|табл)\.?\s*+"
    r"(?:\d++(?:[.-]\d++)*+\s*+(?:[:：.]|[–—-]\s)|[:：])"
    r"|表格?\s*+(?:\d++(?:[.-]\d++)*+[:：.、\s]|[:：])",
    re.IGNORECASE,
)
PANDOC_TITLE = re.compile(r"(?:Table)?:\s++")
"""Pandoc's mark of a caption, above the table or below; it is not part of the caption."""
CAPTION_ELEMENT = re.compile(r"\s*<(p|div|figcaption|center)\b[^<>]*>.*</\1\s*>\s*", re.IGNORECASE | re.DOTALL)


def captions(context: ParsedDocument) -> dict[int, str]:
    """Return the captions of a document's tables, by the index of their block.

    A caption is a paragraph right above or below its table in the same container: a titled one (`Table 1: ...`,
    Pandoc's `: ...`), or one above that ends with a colon, of which it is the last sentence. The last item of a list
    may introduce the table below it like a paragraph.
    """
    result: dict[int, str] = {}
    if not any(map(_is_table, context.blocks)):
        return result
    run: list[int] = []  # tables and titles in turn
    for index in range(len(context.blocks) + 1):
        goes_on = index < len(context.blocks) and _alternates(context.blocks, run, index)
        if not goes_on:
            result.update(_assign(context.blocks, run))
            run = []
        if index < len(context.blocks) and (_is_table(context.blocks[index]) or _is_title(context.blocks[index])):
            run.append(index)
    for index, (above, block) in enumerate(pairwise(context.blocks), 1):
        if _is_table(block) and index not in result and above.parent == block.parent:
            text = _last_paragraph(above).rstrip()
            if text.endswith((":", "：")) and not _is_title(above):
                result[index] = SENTENCE_BREAK.split(text)[-1]
    return result


def _last_paragraph(block: Block) -> str:
    """Return the text of a paragraph, or of the last item of a list; empty for other blocks."""
    if block.items:
        return block.items[-1].text
    return block.text if block.kind == "paragraph" else ""


def _is_table(block: Block) -> bool:
    return bool(block.tables)


def _is_title(block: Block) -> bool:
    if block.kind not in ("paragraph", "html") or block.tables or len(block.text) > LONGEST_CAPTION:
        return False
    if block.kind == "html" and not CAPTION_ELEMENT.fullmatch(block.markdown):
        return False
    return NUMBERED_TITLE.match(block.text) is not None or PANDOC_TITLE.match(block.text) is not None


def _alternates(blocks: Sequence[Block], run: Sequence[int], index: int) -> bool:
    """Whether a block continues a run in which tables and titles alternate, in the same container."""
    if not run or run[-1] != index - 1 or blocks[run[-1]].parent != blocks[index].parent:
        return False
    return (_is_title(blocks[index]) and _is_table(blocks[index - 1])) or (
        _is_table(blocks[index]) and _is_title(blocks[index - 1])
    )


def _assign(blocks: Sequence[Block], run: Sequence[int]) -> dict[int, str]:
    """Return the titles of the tables in a run; they are below their tables if the run begins with a table.

    In a run from table to table, a title may belong to either: one with Pandoc's mark belongs to the table above, a
    numbered one to the table below.
    """
    if not run:
        return {}
    tables, titles = ([at for at in run if is_kind(blocks[at])] for is_kind in (_is_table, _is_title))
    below = _is_table(blocks[run[0]]) and (
        len(tables) == len(titles) or all(PANDOC_TITLE.match(blocks[at].text) for at in titles)
    )
    return {at + (-1 if below else 1): _title_of(blocks[at]) for at in titles if at + (-1 if below else 1) in run}


def _title_of(block: Block) -> str:
    mark = PANDOC_TITLE.match(block.text)
    return cut_title(block.text[mark.end() if mark else 0 :])


def typed_columns(blocks: Sequence[Block], hints: Hints) -> list[list[Column]]:
    """Return the typed columns of each table of a document, in the order of the tables.

    Surplus cells belong to no column; a table's columns are those of its header.
    """
    tables = [table for block in blocks for table in block.tables]
    if not tables:
        return []
    from converter.values import RawTable, infer_tables, writes_comma

    cells = []
    for table in tables:
        header = [cell.text for cell in table.header]
        columns = [[row[position].text for row in table.rows] for position in range(len(header))]
        cells.append(RawTable(header, columns, table.lines))

    @cache
    def document_writes_comma() -> bool:
        return writes_comma(block.text for block in blocks if block.kind not in UNREAD)

    return infer_tables(cells, hints, Conventions(writes_comma=document_writes_comma))


def dataset_of(table: Table, columns: Sequence[Column]) -> str | None:
    """Return the data set that a table's rows go to; None if it has no rows, or if all headers are blank."""
    return (
        dataset_name([cell.text for cell in table.header], [column.name for column in columns]) if table.rows else None
    )


def rejections(blocks: Sequence[Block], columns: Sequence[Sequence[Column]]) -> list[Problem]:
    """Return a problem for each cell that did not fit the type of its column and is null there."""
    tables = [table for block in blocks for table in block.tables]
    return [
        Problem(
            "rejected_value",
            f"column {column.name}: not a valid {column.type}; null in the typed column",
            table.lines[row],
            table.lines[row],
            dataset_of(table, table_columns),
            table.rows[row][position].text,
        )
        for table, table_columns in zip(tables, columns, strict=True)
        for position, column in enumerate(table_columns)
        for row in column.rejected
    ]


def tables_of(context: ParsedDocument) -> Iterator[tuple[int, Block, Table]]:
    """Yield the block index, block and table of each table of a document."""
    for index, block in enumerate(context.blocks):
        for table in block.tables:
            yield index, block, table


def rows(context: ParsedDocument) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each table."""
    titles = captions(context)
    for table_id, (block_id, block, table) in enumerate(tables_of(context)):
        yield (
            context.doc_id,
            table_id,
            block_id,
            context.section_of[block_id],
            table.caption or titles.get(block_id),
            dataset_of(table, context.columns[table_id]),
            [
                {
                    "header": column.header,
                    "name": column.name,
                    "type": str(storable(column.type)),
                    "unit": column.unit,
                    "null_count": column.null_count,
                    "evidence": column.evidence,
                }
                for column in context.columns[table_id]
            ],
            len(table.rows),
            len(table.header),
            table.line_start or block.line_start,
            table.line_end or block.line_end,
        )


COLUMN = pa.struct([
    field("header", STRING, "The header as a reader sees it."),
    field("name", STRING, "The column's name in its data set: unique, safe in SQL."),
    field("type", STRING, "The inferred type, as Arrow prints it."),
    field("unit", STRING, "The unit or currency that all values share.", nullable=True),
    field("null_count", INT32, "How many cells are missing."),
    field("evidence", STRING, "Why the type was chosen, or what ruled out a narrower one."),
])  # fmt: skip

TABLES = Record(
    "tables",
    "Every table, with its columns; its cells are in `cells`.",
    ("doc_id", "table_id"),
    (
        DOC_ID,
        field("table_id", INT32, "Counts the tables in reading order, from 0."),
        BLOCK_ID,
        SECTION_ID,
        field("caption", STRING, "The caption, or the line that introduces it.", nullable=True),
        field("dataset", STRING, "The typed data set that its rows go to.", nullable=True),
        field("columns", pa.list_(COLUMN), "The columns, in the order of the header."),
        field("row_count", INT32, "The number of body rows."),
        field("column_count", INT32, "The number of columns of the header."),
        LINE_START,
        LINE_END,
    ),
    rows,
    (("section_id", "sections", "section_id"), ("block_id", "blocks", "block_id")),
)


def cell_rows(context: ParsedDocument) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each body cell, surplus cells included."""
    doc_id = context.doc_id
    for table_id, (_, _, table) in enumerate(tables_of(context)):
        names = [column.name for column in context.columns[table_id]]
        for row_number, (row, line) in enumerate(zip(table.rows, table.lines, strict=True)):
            for column, cell in enumerate(row):
                name = names[column] if column < len(names) else None
                yield doc_id, table_id, row_number, column, name, cell.text, cell.markdown, line


CELLS = Record(
    "cells",
    "Every body cell of every table, always as raw text.",
    ("doc_id", "table_id", "row", "column"),
    (
        DOC_ID,
        field("table_id", INT32, "The table (tables.table_id)."),
        field("row", INT32, "The body row, from 0."),
        field("column", pa.int16(), "The column, from 0; one past the header's last is a surplus cell."),
        field("name", STRING, "The column's name (tables.columns.name); null for a surplus cell.", nullable=True),
        field("text", STRING, "What a reader sees."),
        field("markdown", STRING, "The cell's inline source."),
        LINE_START,
    ),
    cell_rows,
    (("table_id", "tables", "table_id"),),
)
