"""Arrow values -> plain JSON values."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa


def json_rows(rows: pa.RecordBatch | pa.Table) -> list[dict[str, Any]]:
    """Return rows as JSON values.

    A map is an object; a date, time or timestamp is ISO 8601 text; a decimal is text, because a float would change it;
    a 32-bit float is the shortest number that denotes it; NaN and infinities are null.
    """
    columns = [_json_column(column) for column in rows.columns]
    return [dict(zip(rows.schema.names, row, strict=True)) for row in zip(*columns, strict=True)]


def _json_column(column: pa.Array | pa.ChunkedArray) -> list[Any]:
    kind = column.type
    if pa.types.is_map(kind):
        objects = (None if value is None else dict(value) for value in column.to_pylist())
        return [*objects] if _holds_texts(kind.item_type) else [_json_value(value) for value in objects]
    if pa.types.is_float32(kind):
        return [None if text is None else _finite(float(text)) for text in column.cast(pa.string()).to_pylist()]
    if pa.types.is_floating(kind):
        return [None if value is None else _finite(value) for value in column.to_pylist()]
    values: list[Any] = column.to_pylist()
    if pa.types.is_nested(kind) and not _holds_texts(kind):
        return [_json_value(value) for value in values]
    convert = next((CONVERTERS[type(value)] for value in values if type(value) in CONVERTERS), None)
    return values if convert is None else [None if value is None else convert(value) for value in values]


def _holds_texts(type: pa.DataType) -> bool:
    """Whether the type has only texts, integers, lists and structs: records use these, and JSON has them too."""
    if pa.types.is_struct(type):
        return all(_holds_texts(field.type) for field in type)
    if pa.types.is_list(type):
        return _holds_texts(type.value_type)
    return bool(pa.types.is_string(type) or pa.types.is_integer(type))


def _json_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    if isinstance(value, float):
        return _finite(value)
    if value is None or isinstance(value, str | int):
        return value
    return CONVERTERS.get(type(value), str)(value)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def duration_text(value: timedelta) -> str:
    """Return a duration in ISO 8601: PT90.5S, -PT1S."""
    seconds, microseconds = divmod(abs(value) // timedelta(microseconds=1), 1_000_000)
    fraction = f".{microseconds:06}".rstrip("0").rstrip(".")
    return f"{'-' if value < timedelta(0) else ''}PT{seconds}{fraction}S"


CONVERTERS: dict[type, Callable[[Any], str]] = {
    Decimal: str,
    date: date.isoformat,
    datetime: datetime.isoformat,
    time: time.isoformat,
    timedelta: duration_text,
}
