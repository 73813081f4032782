"""Tables whose rows are documents -> sources."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

from converter.errors import UsageError, first_line
from converter.limits import DEFAULT_MAXIMUM_BYTES
from converter.model.source import NO_PARTITION, Source
from converter.sources.clock import Clock
from converter.sources.files import (
    File,
    escape_surrogates,
    printable_name,
    source_of_error,
    source_of_problem,
    suffix_of,
    unpack,
)
from converter.sources.table_formats import TABLE_READERS, TABLE_SUFFIXES
from converter.sources.table_rows import Columns, SourceRow, check_schema, rows_of_batches, too_large
from converter.text.office import format_by_content

PARTITION = re.compile(r"(?<![^/])([^/=]++)=([^/]*+)/")


def sources_of_table(
    file: File, columns: Columns, maximum_bytes: int, maximum_seconds: float | None
) -> Iterator[Source]:
    """Yield the documents in the rows of a table. Partitions in its path (`lang=en/part-0.parquet`) count as columns.

    An error becomes a source with a problem.

    Raises:
        UsageError: before the first row: the file is not a table, or a requested column is missing.
    """
    reader = TABLE_READERS.get(suffix_of(file.name))
    if reader is None:
        raise UsageError(f"is not a table; supported suffixes are {', '.join(sorted(TABLE_SUFFIXES))}", source=file.key)
    partitions = {name: unquote(value) for name, value in PARTITION.findall(file.name) if value != NO_PARTITION}
    table_columns = replace(
        columns,
        key=None if columns.key in partitions else columns.key,
        keep=tuple(name for name in columns.keep if name not in partitions),
    )
    table = file.key
    clock = Clock(maximum_seconds)
    number = 0
    try:
        with file.open(clock) as stream:
            for row in reader(unpack(stream, file.name), table_columns, maximum_bytes):
                full_row = replace(row, values={**row.values, **partitions}) if partitions else row
                number = row.number
                yield source_of_row(full_row, table, columns, maximum_bytes)
                clock.restart()
    except UsageError as error:
        raise UsageError(error.message, source=file.key) from error
    except Exception as error:  # object stores and broken tables raise errors from many libraries
        source = source_of_error(file, error)
        if number and source.problem is not None:
            message = f"{source.problem.message}; nothing after row {number} was read"
            source = source_of_problem(file.key, source.problem.code, message)
        yield source


def sources_of_batches(
    batches: pa.RecordBatchReader, columns: Columns, maximum_bytes: int = DEFAULT_MAXIMUM_BYTES
) -> Iterator[Source]:
    """Yield the documents in the rows of a table in memory; without a key column, their keys are `<table>#1` and so on.

    Raises:
        UsageError: before the first row: a requested column is missing.
    """
    check_schema(columns, batches.schema)
    rows = rows_of_batches(batches, columns, maximum_bytes)
    return (source_of_row(row, "<table>", columns, maximum_bytes) for row in rows)


def source_of_row(row: SourceRow, table: str, columns: Columns, maximum_bytes: int = DEFAULT_MAXIMUM_BYTES) -> Source:
    """Return the document in a row, or a source with a problem."""
    key = f"{table}#{row.number}"
    try:
        key = (_as_text(row.values.get(columns.key)) if columns.key else None) or key
        return _source_of_row(row, key, table, columns, maximum_bytes)
    except Exception as error:  # whatever a cell holds
        return source_of_problem(key, "unreadable", f"row {row.number} of {table} cannot be read: {first_line(error)}")


def _source_of_row(row: SourceRow, key: str, table: str, columns: Columns, maximum_bytes: int) -> Source:
    data = row.values.get(columns.text)
    if row.problem is not None:
        has_own_key = key != f"{table}#{row.number}"  # otherwise any document of the table may be affected
        return replace(source_of_problem(key, row.problem.code, row.problem.message), listed=has_own_key)
    if data is None:
        return source_of_problem(key, "null_text", f"column {columns.text} is null in row {row.number} of {table}")
    if not isinstance(data, str | bytes):
        kind = type(data).__name__
        return source_of_problem(
            key, "unreadable", f"column {columns.text} must hold text, not {kind}, in row {row.number} of {table}"
        )
    attributes = {name: text for name in columns.keep if (text := _as_text(row.values.get(name))) is not None}
    size = len(key) + sum(map(len, attributes.values()))
    if size > maximum_bytes:
        problem = too_large(row.number, size, maximum_bytes)
        return source_of_problem(f"{table}#{row.number}", problem.code, problem.message)
    return Source(key, data, attributes=attributes, format=format_by_content(data))


def _as_text(value: Any) -> str | None:
    """Return a value as the text of an attribute: text unchanged, other values as JSON or ISO 8601."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return printable_name(value)
    if isinstance(value, str):
        # JSON can escape a lone surrogate
        return value if value.isascii() else _escape_cell(value)
    if isinstance(value, bool | list | dict):
        return escape_surrogates(json.dumps(value, ensure_ascii=False, default=_as_text))
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _escape_cell(text: str) -> str:
    try:
        return text.encode().decode()
    except UnicodeEncodeError:
        return printable_name(text.encode("utf-8", "surrogatepass"))
