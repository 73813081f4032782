"""tables: one row for each table, with its columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from converter.parse import Block, Table
from converter.problems import Problem
from converter.records.context import ParsedDocument
from converter.records.record import BLOCK_ID, DOC_ID, INT32, LINE_END, LINE_START, SECTION_ID, STRING, Record, field
from converter.values import Column, Hints, dataset_name, infer_tables, storable
from converter.values import Table as TableCells

SENTENCE_BREAK = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])")
TITLE_PREFIX = re.compile(
    r"(?:table|tabelle|tableau|tabla|tabela|tabella|表|таблица)\s*+(?:\d++\s*+)?[:：.]|:\s", re.IGNORECASE
)


def caption(context: ParsedDocument, block_id: int) -> str | None:
    """Return the line that introduces a table, or None.

    That is the paragraph right before it in the same container if it is titled (`Table 1: ...`, Pandoc's
    `: ...`), or its last sentence if that ends with a colon.
    """
    if block_id == 0:
        return None
    previous_block, table = context.blocks[block_id - 1], context.blocks[block_id]
    if previous_block.kind != "paragraph" or previous_block.parent != table.parent:
        return None
    if TITLE_PREFIX.match(previous_block.text):
        return previous_block.text
    if previous_block.text.rstrip().endswith((":", "：")):
        return SENTENCE_BREAK.split(previous_block.text.rstrip())[-1]
    return None


def typed_columns(blocks: Sequence[Block], hints: Hints) -> list[list[Column]]:
    """Return the typed columns of each table of a document, in the order of the tables.

    Surplus cells belong to no column; a table's columns are those of its header.
    """
    tables = []
    for table in (table for block in blocks for table in block.tables):
        header = [cell.text for cell in table.header]
        columns = [[row[position].text for row in table.rows] for position in range(len(header))]
        tables.append(TableCells(header, columns, table.lines))
    return infer_tables(tables, hints)


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
    for table_id, (block_id, block, table) in enumerate(tables_of(context)):
        yield (
            context.doc_id,
            table_id,
            block_id,
            context.section_of[block_id],
            table.caption or caption(context, block_id),
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


def _struct(*fields: pa.Field) -> pa.DataType:
    return pa.struct(list(fields))


COLUMN = _struct(
    field("header", STRING, "The header as a reader sees it."),
    field("name", STRING, "The column's name in its data set: unique, safe in SQL."),
    field("type", STRING, "The inferred type, as Arrow prints it."),
    field("unit", STRING, "The unit or currency that all values share.", nullable=True),
    field("null_count", INT32, "How many cells are missing."),
    field("evidence", STRING, "Why the type was chosen, or what ruled out a narrower one."),
)

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
