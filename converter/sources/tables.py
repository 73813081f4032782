"""Tables whose rows are documents -> sources: Parquet, Arrow, NDJSON, CSV, read in batches of rows."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from itertools import chain
from typing import Any, BinaryIO
from urllib.parse import unquote

import pyarrow as pa

from converter.errors import SourceError, UsageError
from converter.limits import DEFAULT_MAXIMUM_BYTES
from converter.model.source import NO_PARTITION, Source
from converter.problems import Problem
from converter.sources.clock import Clock
from converter.sources.delimited import Record, Records
from converter.sources.files import (
    File,
    escape_surrogates,
    escaped,
    source_of_error,
    source_of_problem,
    suffix_of,
    unpack,
)
from converter.sources.unpacking import CheckedMessages, check_unpacked, repeated_bytes
from converter.text.office import format_by_content

BATCH_ROWS = 64
"""Rows in memory at a time; each may be a long document."""

BATCH_BYTES = 64 * 1024 * 1024
"""Rows with more bytes together are converted to Python objects one by one."""

ROW_BYTES = 64 * 1024
"""Allowance for the columns of a row beside its document."""

# An NDJSON object may lack columns: the requested ones are searched for in at most this many lines.
MAXIMUM_SEARCH_LINES = 100
DELIMITERS = ",;\t|"
PARTITION = re.compile(r"(?<![^/])([^/=]++)=([^/]*+)/")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table that hold the documents, their keys, and their attributes (passed through).

    Without a key column, a row's key is `table#row`, counted from 1 (for NDJSON, the line).
    """

    text: str
    key: str | None = None
    keep: tuple[str, ...] = ()

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
class Row:
    """A row: its number, and the values of the requested columns, or a problem instead of them."""

    number: int
    values: Mapping[str, Any]
    problem: Problem | None = None


Reader = Callable[[BinaryIO, Columns, int], Iterator[Row]]
"""Reads the rows of an open file; the integer is the maximum size of a line in bytes. Raises UsageError before the
first row if a requested column is missing."""


def parquet_rows(stream: BinaryIO, columns: Columns, maximum_bytes: int) -> Iterator[Row]:
    """Read Parquet, page by page: a row group can be larger than memory. Damage costs the rest of its row group."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(stream, pre_buffer=False, buffer_size=1 << 20)
    check_schema(columns, file.schema_arrow)
    return _parquet_rows(file, stream, columns, maximum_bytes)


def _parquet_rows(file: Any, stream: BinaryIO, columns: Columns, maximum_bytes: int) -> Iterator[Row]:
    end = 0
    for group in range(file.metadata.num_row_groups):
        number, end = end, end + file.metadata.row_group(group).num_rows
        try:
            batch_rows = _rows_at_once(file.metadata.row_group(group), stream, columns, maximum_bytes)
        except SourceError as error:
            yield Row(number + 1, {}, Problem(error.code, f"rows {number + 1} to {end}: {error.message}"))
            continue
        reason = ""
        for rows in {batch_rows: None, 1: None}:  # on damage, the rows before it are read one by one
            batches = file.iter_batches(rows, row_groups=[group], columns=columns.names, use_threads=False)
            try:
                for row in rows_of_batches(batches, columns, maximum_bytes, end - _rows_in(file, group)):
                    if row.number > number:
                        number = row.number
                        yield row
                break
            except SourceError:  # the stream itself fails
                raise
            except Exception as error:
                reason = _first_line(error)
        if number < end:
            yield Row(number + 1, {}, Problem("unreadable", f"rows {number + 1} to {end} are damaged: {reason}"))


def _rows_in(file: Any, group: int) -> int:
    return int(file.metadata.row_group(group).num_rows)


def _rows_at_once(group: Any, stream: BinaryIO, columns: Columns, maximum_bytes: int) -> int:
    """Return how many rows of a row group memory can hold.

    Raises:
        SourceError: `too_large`, a column of the row group unpacks to more than memory should hold.
    """
    largest = 1
    for chunk in map(group.column, range(group.num_columns)):
        if chunk.path_in_schema.partition(".")[0] in columns.names:
            unpacked_bytes = chunk.total_uncompressed_size
            check_unpacked(f"column {chunk.path_in_schema}", chunk.total_compressed_size, unpacked_bytes, maximum_bytes)
            largest = max(largest, unpacked_bytes // max(1, group.num_rows), repeated_bytes(stream, chunk))
    return max(1, min(BATCH_ROWS, BATCH_BYTES // largest))


def arrow_rows(stream: BinaryIO, columns: Columns, maximum_bytes: int) -> Iterator[Row]:
    """Read an Arrow file (Feather) or stream, one record batch at a time."""
    reader = pa.ipc.open_stream(pa.PythonFile(CheckedMessages(stream, maximum_bytes), "r"))
    check_schema(columns, reader.schema)
    return rows_of_batches(reader, columns, maximum_bytes, check=True)


def json_rows(stream: BinaryIO, columns: Columns, maximum_bytes: int) -> Iterator[Row]:
    """Read NDJSON, one object per line. An invalid line costs only itself."""
    rows = _json_rows(io.BufferedReader(stream) if isinstance(stream, pa.NativeFile) else stream, maximum_bytes)
    names = [name for name in (columns.text, columns.key) if name]
    first_rows: list[Row] = []
    types: dict[str, str] = {}
    for row in rows:
        first_rows.append(row)
        types |= {name: type(value).__name__ for name, value in row.values.items()}
        if len(first_rows) == MAXIMUM_SEARCH_LINES or not set(names).difference(types):
            break
    if types:
        columns.check(types, names)
    return chain(first_rows, rows)


def _json_rows(stream: BinaryIO, maximum_bytes: int) -> Iterator[Row]:
    number = 0
    while line := stream.readline(maximum_bytes + 1):
        number += 1
        if len(line) > maximum_bytes:
            while not line.endswith(b"\n") and (line := stream.readline(maximum_bytes)):
                pass
            message = f"the line is larger than the limit of {maximum_bytes} bytes; raise `maximum_bytes`"
            yield Row(number, {}, Problem("too_large", message))
        elif line.strip():
            try:
                values = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
                if not isinstance(values, dict):
                    raise ValueError("an object is expected")
            except (ValueError, RecursionError) as error:
                yield Row(number, {}, Problem("unreadable", f"line {number} is not a JSON object: {error}"))
            else:
                yield Row(number, values)


def csv_rows(stream: BinaryIO, columns: Columns, maximum_bytes: int) -> Iterator[Row]:
    """Read CSV, every column as text. The delimiter is the character with which the header contains the text column."""
    # Bytes that are not UTF-8 are kept: each document's encoding is detected later, like that of a file.
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    records = Records(text, maximum_bytes)
    header = records.header(DELIMITERS, columns.text)
    columns.check(dict.fromkeys(header, "text"))
    return _csv_rows(records, [(name, header.index(name)) for name in columns.names])


def _csv_rows(records: Iterable[Record], places: list[tuple[str, int]]) -> Iterator[Row]:
    for number, (cells, problem) in enumerate(records, 1):
        yield Row(number, {name: _cell_value(cells[place]) for name, place in places if place < len(cells)}, problem)


def _cell_value(cell: str) -> str | bytes:
    """Return a cell as text, or as its original bytes if they are not UTF-8."""
    try:
        cell.encode()
    except UnicodeEncodeError:
        return cell.encode("utf-8", "surrogateescape")
    return cell


TABLES: dict[str, Reader] = {
    ".parquet": parquet_rows,
    ".pq": parquet_rows,
    ".feather": arrow_rows,
    ".arrow": arrow_rows,
    ".arrows": arrow_rows,
    ".ipc": arrow_rows,
    ".ndjson": json_rows,
    ".jsonl": json_rows,
    ".csv": csv_rows,
    ".tsv": csv_rows,
    "": json_rows,  # standard input
}
"""The reader of each table format, by suffix."""

TABLE_SUFFIXES = frozenset(filter(None, TABLES))


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
) -> Iterator[Row]:
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


def _rows_of(part: pa.RecordBatch, number: int, maximum_bytes: int, is_valid: bool, repeats: bool) -> Iterator[Row]:
    if is_valid and part.nbytes * (part.num_rows if repeats else 1) <= BATCH_BYTES:
        try:
            rows = part.to_pylist()
        except Exception:  # an invalid value: broken UTF-8, a date outside Python's range
            pass
        else:
            yield from (Row(number + at, values) for at, values in enumerate(rows, 1))
            return
    for at in range(part.num_rows):
        yield _row(part.slice(at, 1), number + at + 1, maximum_bytes, is_valid, repeats)


def _row(row: pa.RecordBatch, number: int, maximum_bytes: int, is_valid: bool, repeats: bool) -> Row:
    if not repeats and row.nbytes > maximum_bytes + ROW_BYTES:
        return Row(number, {}, _too_large(number, row.nbytes, maximum_bytes))
    values: dict[str, Any] = {}
    problem = None
    for name, column in zip(row.schema.names, row.columns, strict=True):
        try:
            if not is_valid:
                column.validate(full=True)
            values[name] = _value(column)
        except Exception as error:
            kind = str(row.schema.field(name).type)
            message = f"column {name} of row {number} is not a readable {kind}: {_first_line(error)}"
            problem = problem or Problem("unreadable", message)
    return Row(number, values, problem)


def _value(column: pa.Array) -> Any:
    """Return the only value of an array; a time in nanoseconds, for which Python has no type, as ISO 8601 text."""
    try:
        return column.to_pylist()[0]
    except ValueError:
        type = column.type
        if not (pa.types.is_timestamp(type) or pa.types.is_time64(type)) or type.unit != "ns":
            raise
        target = pa.time64("us") if pa.types.is_time64(type) else pa.timestamp("us", type.tz)
        nanoseconds = column.cast(pa.int64())[0].as_py()
        seconds = column.cast(target, safe=False).to_pylist()[0].isoformat(timespec="microseconds")
        digits = seconds.index(".") + 7
        return f"{seconds[:digits]}{nanoseconds % 1000:03d}{seconds[digits:]}"


def _too_large(number: int, size: int, maximum_bytes: int) -> Problem:
    message = f"row {number} has {size} bytes, the limit is {maximum_bytes}; raise it with `maximum_bytes`"
    return Problem("too_large", message)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def sources_of_table(
    file: File, columns: Columns, maximum_bytes: int, maximum_seconds: float | None
) -> Iterator[Source]:
    """Yield the documents in the rows of a table. Partitions in its path (`lang=en/part-0.parquet`) count as columns.

    An error becomes a source with a problem.

    Raises:
        UsageError: before the first row: the file is not a table, or a requested column is missing.
    """
    reader = TABLES.get(suffix_of(file.name))
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


def source_of_row(row: Row, table: str, columns: Columns, maximum_bytes: int = DEFAULT_MAXIMUM_BYTES) -> Source:
    """Return the document in a row, or a source with a problem."""
    key = f"{table}#{row.number}"
    try:
        key = (_as_text(row.values.get(columns.key)) if columns.key else None) or key
        return _source_of_row(row, key, table, columns, maximum_bytes)
    except Exception as error:  # whatever a cell holds
        return source_of_problem(key, "unreadable", f"row {row.number} of {table} cannot be read: {_first_line(error)}")


def _source_of_row(row: Row, key: str, table: str, columns: Columns, maximum_bytes: int) -> Source:
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
        problem = _too_large(row.number, size, maximum_bytes)
        return source_of_problem(f"{table}#{row.number}", problem.code, problem.message)
    return Source(key, data, attributes=attributes, format=format_by_content(data))


def _as_text(value: Any) -> str | None:
    """Return a value as the text of an attribute: text unchanged, other values as JSON or ISO 8601."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return escaped(value)
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
        return escaped(text.encode("utf-8", "surrogatepass"))


def _describe(types: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({type})" for name, type in types.items()) or "none"
