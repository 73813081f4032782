"""Rows of tables, few in memory at a time: the columns that hold the documents, and the rows of record batches."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from converter.errors import UsageError, first_line
from converter.problems import Problem
from converter.settings import names_in

BATCH_ROWS = 64
"""Rows in memory at a time; each may be a long document."""

BATCH_BYTES = 64 * 1024 * 1024
"""Rows with more bytes together are converted to Python objects one by one."""

ROW_BYTES = 64 * 1024
"""Allowance for the columns of a row beside its document."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table that hold the documents, their keys, and their attributes (passed through).

    Without a key column, a row's key is `table#row`, counted from 1 (for NDJSON, the line).
    """

    text: str
    key: str | None = None
    keep: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Take `keep` as one text with commas too, as `--keep` does; refuse columns that are not named by texts."""
        object.__setattr__(self, "keep", names_in(self.keep))
        if wrong := [name for name in self.names if not isinstance(name, str)]:
            raise UsageError(f"a column is named by a text, not by {wrong[0]!r}")

    @property
    def names(self) -> list[str]:
        """All columns, each once."""
        return list(dict.fromkeys([self.text, *([self.key] if self.key else []), *self.keep]))

    def check(self, types: Mapping[str, str], names: Collection[str] | None = None) -> None:
        """Check that the requested columns exist.

        `types` are the columns of a table with the types that the message shows; `names` are the requested columns, by
        default all.

        Raises:
            UsageError: a column is missing; the message lists the existing ones.
        """
        if missing := [name for name in (self.names if names is None else names) if name not in types]:
            raise UsageError(f"there is no column {', '.join(missing)}; the columns are {_describe(types)}")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row: its number, and the values of the requested columns, or a problem instead of them."""

    number: int
    values: Mapping[str, Any]
    problem: Problem | None = None


def check_schema(columns: Columns, schema: pa.Schema) -> None:
    """Check that a table has the requested columns, and text or bytes in the text column.

    Raises:
        UsageError: the check failed; the message lists the existing columns.
    """
    types = {field.name: str(field.type) for field in schema}
    columns.check(types)
    type = schema.field(columns.text).type
    value_type = type.value_type if pa.types.is_dictionary(type) else type
    if not any(is_kind(value_type) for is_kind in TEXT_TYPES):
        raise UsageError(f"column {columns.text} is {type}, not text or bytes; the columns are {_describe(types)}")


TEXT_TYPES = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
    pa.types.is_null,
)


def rows_of_batches(
    batches: Iterable[pa.RecordBatch], columns: Columns, maximum_bytes: int, number: int = 0, check: bool = False
) -> Iterator[SourceRow]:
    """Yield the rows of record batches, few at a time as Python objects; row numbers continue from `number`.

    A row with a value that is invalid for its column's type becomes a problem. With `check`, the batches come
    unvalidated from a file, and may contain invalid references.
    """
    for batch in batches:
        selection = batch.select(columns.names)
        is_valid = not check or _is_valid(selection)
        repeats = any(SHARING_TYPES.search(str(field.type)) for field in selection.schema)
        for start in range(0, selection.num_rows, BATCH_ROWS):
            part = selection.slice(start, BATCH_ROWS)
            yield from _rows_of(part, number, maximum_bytes, is_valid, repeats)
            number += part.num_rows


SHARING_TYPES = re.compile("dictionary|view|run_end")
"""Types whose rows may all share the same bytes."""


def _is_valid(batch: pa.RecordBatch) -> bool:
    try:
        batch.validate(full=True)
    except pa.ArrowException:
        return False
    return True


def _rows_of(
    part: pa.RecordBatch, number: int, maximum_bytes: int, is_valid: bool, repeats: bool
) -> Iterator[SourceRow]:
    is_exact = not any(_has_nanoseconds(field.type) for field in part.schema)
    if is_valid and is_exact and part.nbytes * (part.num_rows if repeats else 1) <= BATCH_BYTES:
        try:
            rows = part.to_pylist()
        except Exception:  # an invalid value: broken UTF-8, a date outside Python's range
            pass
        else:
            yield from (SourceRow(number + at, values) for at, values in enumerate(rows, 1))
            return
    for at in range(part.num_rows):
        yield _row(part.slice(at, 1), number + at + 1, maximum_bytes, is_valid, repeats)


def _row(row: pa.RecordBatch, number: int, maximum_bytes: int, is_valid: bool, repeats: bool) -> SourceRow:
    if not repeats and row.nbytes > maximum_bytes + ROW_BYTES:
        return SourceRow(number, {}, too_large(number, row.nbytes, maximum_bytes))
    values: dict[str, Any] = {}
    problem = None
    for name, column in zip(row.schema.names, row.columns, strict=True):
        try:
            if not is_valid:
                column.validate(full=True)
            values[name] = _value(column)
        except Exception as error:
            kind = str(row.schema.field(name).type)
            message = f"column {name} of row {number} is not a readable {kind}: {first_line(error)}"
            problem = problem or Problem("unreadable", message)
    return SourceRow(number, values, problem)


def _has_nanoseconds(type: pa.DataType) -> bool:
    return bool((pa.types.is_timestamp(type) or pa.types.is_time64(type)) and type.unit == "ns")


def _value(column: pa.Array) -> Any:
    """Return the only value of an array; a time in nanoseconds, for which Python has no type, as ISO 8601 text."""
    type = column.type
    if not _has_nanoseconds(type) or column.null_count:
        return column.to_pylist()[0]
    target = pa.time64("us") if pa.types.is_time64(type) else pa.timestamp("us", type.tz)
    microseconds, nanoseconds = divmod(column.cast(pa.int64())[0].as_py(), 1000)
    value = pa.array([microseconds], pa.int64()).cast(target).to_pylist()[0]
    if not nanoseconds:
        return value
    text = value.isoformat(timespec="microseconds")
    digits = text.index(".") + 7
    return f"{text[:digits]}{nanoseconds:03d}{text[digits:]}"


def too_large(number: int, size: int, maximum_bytes: int) -> Problem:
    """Return the problem of a row that is larger than the limit."""
    message = f"row {number} has {size} bytes, the limit is {maximum_bytes}; raise it with `maximum_bytes`"
    return Problem("too_large", message)


def _describe(types: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({type})" for name, type in types.items()) or "none"
