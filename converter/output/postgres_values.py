"""Arrow values in PostgreSQL: the types of columns, the values that COPY takes, and what fits in a row."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from converter.schema.export import SQL, Types, type_name

SQL_TYPES: Types = (
    (pa.types.is_float32, "REAL"),
    *SQL,
    (pa.types.is_binary, "BYTEA"),
    (lambda type: pa.types.is_list(type) and pa.types.is_string(type.value_type), "TEXT[]"),
    (pa.types.is_nested, "JSONB"),
)
"""Arrow type -> column type, first match wins; decimals are `NUMERIC`, all other types `TEXT`."""

PAGE_ROW_BYTES = 8160
"""A row must fit in a page; texts longer than `INLINE_BYTES` are stored elsewhere, and take 18 bytes in it."""

INLINE_BYTES = 24

Widths: TypeAlias = "tuple[tuple[Callable[[pa.DataType], bool], int, int], ...]"

WIDTHS: Widths = (
    # (type, bytes that a value takes in a row, alignment in bytes)
    (pa.types.is_boolean, 1, 1),
    (pa.types.is_int32, 4, 4),
    (pa.types.is_date, 4, 4),
    (pa.types.is_float32, 4, 4),
    (pa.types.is_duration, 16, 8),
    (pa.types.is_integer, 8, 8),
    (pa.types.is_floating, 8, 8),
    (pa.types.is_temporal, 8, 8),
    (pa.types.is_decimal, INLINE_BYTES, 1),
)
"""The sizes of fixed-size values; any other value is a text, which takes its length plus one byte."""


def fits_in_a_page(rows: pa.RecordBatch) -> bool:
    """Whether PostgreSQL can hold every row; with many columns, this depends on the values."""
    end = pa.repeat(pa.scalar(23 + (len(rows.schema) + 7) // 8 + 7, pa.int64()), rows.num_rows)
    for column in rows.columns:
        fixed_size = next(((width, alignment) for matches, width, alignment in WIDTHS if matches(column.type)), None)
        width: Any = (
            fixed_size[0]
            if fixed_size
            else pc.min_element_wise(
                pc.add(pc.cast(pc.binary_length(column.cast(pa.string())), pa.int64()), 1), INLINE_BYTES
            )
        )
        alignment = fixed_size[1] if fixed_size else 1
        begin = pc.multiply(pc.divide(pc.add(end, alignment - 1), alignment), alignment)
        end = pc.if_else(pc.is_valid(column), pc.add(begin, width), end)
    return not rows.num_rows or bool(pc.max(end).as_py() <= PAGE_ROW_BYTES)


def sql_type(type: pa.DataType) -> str:
    """Return the SQL type of a column that holds this Arrow type."""
    if pa.types.is_decimal(type):
        return f"NUMERIC({type.precision}, {type.scale})"
    return type_name(SQL_TYPES, type, "TEXT")


def normalize_type(type: str) -> str:
    """Return the name of a type in one spelling, whether Parquetry or the server wrote it."""
    return type.lower().replace(" without time zone", "").replace(", ", ",")


def encoded_type(type: pa.DataType) -> pa.DataType:
    """Return the Arrow type in which COPY accepts a column."""
    if sql_type(type) == "JSONB":
        return pa.json_()
    return type.value_type if pa.types.is_dictionary(type) else type


def encode(column: pa.Array) -> pa.Array:
    """Return a column as COPY accepts it: nested values as JSON; NUL, which PostgreSQL cannot hold, as U+FFFD."""
    if sql_type(column.type) == "JSONB":
        objects = dict if pa.types.is_map(column.type) else lambda value: value
        texts = [None if value is None else json.dumps(_without_nul(objects(value))) for value in column.to_pylist()]
        return pa.ExtensionArray.from_storage(pa.json_(), pa.array(texts, pa.string()))
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type):
        return pc.replace_substring(column, "\0", "\ufffd")
    if pa.types.is_list(column.type) and pa.types.is_string(column.type.value_type):
        has_nul = pc.any(pc.match_substring(column.flatten(), "\0")).as_py()
        return pa.array([_without_nul(row) for row in column.to_pylist()], column.type) if has_nul else column
    return column


def _without_nul(value: Any) -> Any:
    """Return a nested value without NUL."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    return [_without_nul(item) for item in value] if isinstance(value, list) else value


def decode(column: pa.Array, type: pa.DataType) -> pa.Array:
    """Return a column as it was before it was encoded."""
    if pa.types.is_map(type):
        return pa.array([None if row is None else list(json.loads(row).items()) for row in column.to_pylist()], type)
    return column.cast(type)
