"""Tables whose rows are documents -> sources: Parquet, Arrow, NDJSON, CSV, read a batch of rows at a time."""

from __future__ import annotations

import csv
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

from converter.conversion import Source
from converter.errors import UsageError
from converter.office import format_by_content
from converter.problems import Problem
from converter.source.files import File, failed, suffix_of, unpacked

BATCH_ROWS = 64
"""Rows that are held at a time; each may be a long document."""

# An object a line need not have every column: so many lines are looked through for those that were asked for.
LINES_LOOKED_THROUGH = 100
DELIMITERS = ",;\t|"
FIELD_LIMIT = 2**31 - 1
PARTITION = re.compile(r"([^/=]+)=([^/]*)/")
NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a table holds the documents, which their keys, and which are passed through as attributes.

    Without a key, a row's key is `table#row`, counted from 1 (for NDJSON, the line).
    """

    text: str
    key: str | None = None
    keep: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """All of them, each once."""
        return list(dict.fromkeys([self.text, *([self.key] if self.key else []), *self.keep]))

    def check(self, there: Mapping[str, str], asked: Collection[str] | None = None) -> None:
        """Refuse a column that is not there.

        `there` are the columns of a table, with the types that are told beside them.

        Raises:
            UsageError: it names the columns that there are.
        """
        if missing := [name for name in (self.names if asked is None else asked) if name not in there]:
            raise UsageError(f"there is no column {', '.join(missing)}; there are {_listed(there)}")


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its number, and the values of the columns that were asked for, or the problem in their place."""

    number: int
    values: Mapping[str, Any]
    problem: Problem | None = None


Reader = Callable[[BinaryIO, Columns, int], Iterator[Row]]
"""Reads the rows of an open file; a line may have so many bytes. Raises UsageError before the first row where the
columns are not those asked for."""


def parquet_rows(stream: BinaryIO, columns: Columns, maximum_bytes: int) -> Iterator[Row]:
    """Read Parquet, page by page: a row group can be larger than memory."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(stream, pre_buffer=False, buffer_size=1 << 20)
    check_schema(columns, file.schema_arrow)
    return rows_of_batches(file.iter_batches(BATCH_ROWS, columns=columns.names, use_threads=False), columns)


def arrow_rows(stream: BinaryIO, columns: Columns, maximum_bytes: int) -> Iterator[Row]:
    """Read an Arrow file (Feather) or stream, a record batch at a time."""
    source = pa.PythonFile(stream, "r")
    if stream.seekable() and stream.read(6) == b"ARROW1":
        file = pa.ipc.open_file(source)
        check_schema(columns, file.schema)
        return rows_of_batches(map(file.get_batch, range(file.num_record_batches)), columns)
    if stream.seekable():
        stream.seek(0)
    reader = pa.ipc.open_stream(source)
    check_schema(columns, reader.schema)
    return rows_of_batches(reader, columns)


def json_rows(stream: BinaryIO, columns: Columns, maximum_bytes: int) -> Iterator[Row]:
    """Read NDJSON, an object a line. A line that is none costs itself only."""
    rows = _json_rows(io.BufferedReader(stream) if isinstance(stream, pa.NativeFile) else stream, maximum_bytes)
    needed = [name for name in (columns.text, columns.key) if name]
    first: list[Row] = []
    there: dict[str, str] = {}
    for row in rows:
        first.append(row)
        there |= {name: type(value).__name__ for name, value in row.values.items()}
        if len(first) == LINES_LOOKED_THROUGH or not set(needed).difference(there):
            break
    if there:
        columns.check(there, needed)
    return chain(first, rows)


def _json_rows(stream: BinaryIO, maximum_bytes: int) -> Iterator[Row]:
    number = 0
    while line := stream.readline(maximum_bytes + 1):
        number += 1
        if len(line) > maximum_bytes:
            while not line.endswith(b"\n") and (line := stream.readline(maximum_bytes)):
                pass
            message = f"the line is too large, the limit is {maximum_bytes} bytes; raise `maximum_bytes`"
            yield Row(number, {}, Problem("too_large", message))
        elif line.strip():
            try:
                values = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
                if not isinstance(values, dict):
                    raise ValueError("an object is expected")
            except (ValueError, RecursionError) as error:
                yield Row(number, {}, Problem("unreadable", f"line {number} is no JSON object: {error}"))
            else:
                yield Row(number, values)


def csv_rows(stream: BinaryIO, columns: Columns, maximum_bytes: int) -> Iterator[Row]:
    """Read CSV, every column as text. The delimiter is the one that gives the header the text column."""
    csv.field_size_limit(min(maximum_bytes, FIELD_LIMIT))
    # Bytes that are no UTF-8 are kept: each document's encoding is told later, as that of a file is.
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    lines = _bounded_lines(text, maximum_bytes)
    first = next(lines, "")
    headers = {delimiter: next(csv.reader([first], delimiter=delimiter), []) for delimiter in DELIMITERS}
    delimiter = next((mark for mark, names in headers.items() if columns.text in names), DELIMITERS[0])
    reader = csv.reader(chain([first], lines), delimiter=delimiter)
    header = next(reader, [])
    columns.check(dict.fromkeys(header, "text"))
    return _csv_rows(reader, [(name, header.index(name)) for name in columns.names])


def _csv_rows(reader: Any, asked: list[tuple[str, int]]) -> Iterator[Row]:
    number = 0
    try:
        for number, cells in enumerate(filter(None, reader), 1):
            yield Row(number, {name: _undecoded(cells[place]) for name, place in asked if place < len(cells)})
    except csv.Error as error:
        message = f"line {reader.line_num}: {error}; is a quote left open? nothing after it was read"
        yield Row(number + 1, {}, Problem("too_large" if "limit" in str(error) else "unreadable", message))


def _bounded_lines(text: io.TextIOWrapper, maximum: int) -> Iterator[str]:
    while line := text.readline(maximum + 1):
        if len(line) > maximum:
            raise csv.Error(f"line larger than the limit ({maximum})")
        yield line


def _undecoded(cell: str) -> str | bytes:
    """Return a cell as text, or as the bytes that it was where they are no UTF-8."""
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
"""The reader of each kind of table, by its suffix."""

TABLE_SUFFIXES = frozenset(filter(None, TABLES))


def check_schema(columns: Columns, schema: pa.Schema) -> None:
    """Refuse a table that lacks a column, or whose text column holds no texts.

    Raises:
        UsageError: it names the columns that there are.
    """
    there = {field.name: str(field.type) for field in schema}
    columns.check(there)
    type = schema.field(columns.text).type
    held = type.value_type if pa.types.is_dictionary(type) else type
    if not any(is_kind(held) for is_kind in TEXT_TYPES):
        raise UsageError(f"column {columns.text} is {type}, not text or bytes; there are {_listed(there)}")


TEXT_TYPES = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_string_view,
    pa.types.is_binary,
    pa.types.is_large_binary,
    pa.types.is_binary_view,
    pa.types.is_null,
)


def rows_of_batches(batches: Iterable[pa.RecordBatch], columns: Columns) -> Iterator[Row]:
    """Give the rows of record batches, few of them as Python objects at a time."""
    number = 0
    for batch in batches:
        wanted = batch.select(columns.names)
        for start in range(0, wanted.num_rows, BATCH_ROWS):
            for values in wanted.slice(start, BATCH_ROWS).to_pylist():
                number += 1
                yield Row(number, values)


def sources_of_table(file: File, columns: Columns, maximum_bytes: int) -> Iterator[Source]:
    """Yield the documents in the rows of a table. Columns in its path (`lang=en/part-0.parquet`) count as columns.

    What goes wrong is a source with a problem.

    Raises:
        UsageError: before the first row: this is no table, or the columns are not those asked for.
    """
    reader = TABLES.get(suffix_of(file.name))
    if reader is None:
        raise UsageError(f"is no table; known are {', '.join(sorted(TABLE_SUFFIXES))}", source=file.key)
    partitions = {name: unquote(value) for name, value in PARTITION.findall(file.name) if value != NO_PARTITION}
    inside = replace(
        columns,
        key=None if columns.key in partitions else columns.key,
        keep=tuple(name for name in columns.keep if name not in partitions),
    )
    table = file.key
    try:
        with file.open() as stream:
            for row in reader(unpacked(stream, file.name), inside, maximum_bytes):
                whole = replace(row, values={**row.values, **partitions}) if partitions else row
                yield source_of_row(whole, table, columns)
    except UsageError as error:
        raise UsageError(error.message, source=file.key) from error
    except Exception as error:  # object stores and broken tables raise errors of many libraries
        yield Source(file.key, problem=file.explain(error))


def source_of_row(row: Row, table: str, columns: Columns) -> Source:
    """Return the document in a row, or the problem in its place."""
    own = _as_text(row.values.get(columns.key)) if columns.key else None
    key = own or f"{table}#{row.number}"
    data = row.values.get(columns.text)
    if row.problem is not None:
        return Source(key, problem=row.problem)
    if data is None:
        return failed(key, "null_text", f"column {columns.text} is null in row {row.number} of {table}")
    if not isinstance(data, str | bytes):
        kind = type(data).__name__
        return failed(
            key, "unreadable", f"column {columns.text} holds no text but {kind} in row {row.number} of {table}"
        )
    kept = {name: text for name in columns.keep if (text := _as_text(row.values.get(name))) is not None}
    return Source(key, data, attributes=kept, format=format_by_content(data))


def _as_text(value: Any) -> str | None:
    """Return a value as an attribute holds it: a text as it is, others as JSON or ISO 8601 write them."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()  # JSON can escape half a character
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False, default=_as_text)
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _listed(there: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({type})" for name, type in there.items()) or "none"
