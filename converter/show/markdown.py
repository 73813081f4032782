"""Arrow tables -> Markdown tables that read back unchanged."""

from __future__ import annotations

import json
import re
from typing import Any

import pyarrow as pa

from converter.printable import one_line, printable
from converter.records.record import metadata_text
from converter.write.values import json_rows


def cell_text(value: Any) -> str:
    """Return a value as the text of a cell: empty for null, uncut and on one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return one_line(str(value) if not isinstance(value, list | dict) else json.dumps(value, ensure_ascii=False))


def row_texts(table: pa.Table) -> list[list[str]]:
    """Return the rows as texts."""
    batch = table.combine_chunks().to_batches(max_chunksize=max(table.num_rows, 1))
    return [[cell_text(value) for value in row.values()] for rows in batch for row in json_rows(rows)]


def is_right_aligned(type: pa.DataType) -> bool:
    """Whether values of the type are right-aligned, digits below digits."""
    return bool(pa.types.is_integer(type) or pa.types.is_floating(type) or pa.types.is_decimal(type))


def markdown_table(table: pa.Table) -> str:
    """Return a GFM table, its columns aligned in the source too; headers include the units of the fields."""
    body = [[escape(cell) for cell in row] for row in row_texts(table)]
    grid = [[escape(header(field)) for field in table.schema], *body]
    widths = [max(3, *map(len, column)) for column in zip(*grid, strict=True)]
    numeric = [is_right_aligned(field.type) for field in table.schema]
    rule = [
        "-" * (width - 1) + ":" if is_right else "-" * width for width, is_right in zip(widths, numeric, strict=True)
    ]
    lines = [
        [
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(row, widths, numeric, strict=True)
        ]
        for row in grid
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in [lines[0], rule, *lines[1:]])


def header(field: pa.Field) -> str:
    """Return a field's `printable` name on one line, with the unit unless the name already contains it."""
    unit = metadata_text(field, "unit")
    text = field.name if not unit or unit in field.name else f"{field.name} ({unit})"
    return printable(text).replace("\n", " ")


def escape(text: str) -> str:
    """Return the text escaped for a cell of a Markdown table; characters that mark nothing stay unescaped."""
    return MARKUP.sub(r"\\\g<0>", text)


MARKUP = re.compile(
    r"[|`*]|\\(?=[!-/:-@\[-`{-~]|$)|(?<![^\W_])_|_(?![^\W_])|\[(?=\^)|\](?=\()|\$(?=[^$\n]*\$)|~(?=~)|<(?=[\w/!?])|&(?=#?\w+;)"
)
"""Characters that would begin or end an inline mark: not an underscore within a word, nor a lone dollar."""
