"""Formats of tables -> rows: Parquet, Arrow, NDJSON, CSV, read in batches of rows."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO

import pyarrow as pa

from converter.errors import SourceError, first_line
from converter.problems import Problem
from converter.sources.delimited import Record, Records
from converter.sources.table_rows import (
    BATCH_BYTES,
    BATCH_ROWS,
    Columns,
    SourceRow,
    check_schema,
    rows_of_batches,
)
from converter.sources.unpacking import CheckedMessages, check_unpacked, repeated_bytes

MAXIMUM_SEARCH_LINES = 100
"""An NDJSON object may lack columns: the requested ones are searched for in at most this many lines."""

DELIMITERS = ",;\t|"

Reader = Callable[[BinaryIO, Columns, int], Iterator[SourceRow]]
"""Reads the rows of an open file; the integer is the maximum size of a line in bytes. Raises UsageError before the
first row if a requested column is missing."""


def parquet_rows(stream: BinaryIO, columns: Columns, maximum_bytes: int) -> Iterator[SourceRow]:
    """Read Parquet, page by page: a row group can be larger than memory. Damage costs the rest of its row group."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(stream, pre_buffer=False, buffer_size=1 << 20)
    check_schema(columns, file.schema_arrow)
    return _parquet_rows(file, stream, columns, maximum_bytes)


def _parquet_rows(file: Any, stream: BinaryIO, columns: Columns, maximum_bytes: int) -> Iterator[SourceRow]:
    end = 0
    for group in range(file.metadata.num_row_groups):
        number, end = end, end + file.metadata.row_group(group).num_rows
        try:
            batch_rows = _rows_at_once(file.metadata.row_group(group), stream, columns, maximum_bytes)
        except SourceError as error:
            yield SourceRow(number + 1, {}, Problem(error.code, f"rows {number + 1} to {end}: {error.message}"))
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
                reason = first_line(error)
        if number < end:
            yield SourceRow(number + 1, {}, Problem("unreadable", f"rows {number + 1} to {end} are damaged: {reason}"))


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


def arrow_rows(stream: BinaryIO, columns: Columns, maximum_bytes: int) -> Iterator[SourceRow]:
    """Read an Arrow file (Feather) or stream, one record batch at a time."""
    reader = pa.ipc.open_stream(pa.PythonFile(CheckedMessages(stream, maximum_bytes), "r"))
    check_schema(columns, reader.schema)
    return rows_of_batches(reader, columns, maximum_bytes, check=True)


def json_rows(stream: BinaryIO, columns: Columns, maximum_bytes: int) -> Iterator[SourceRow]:
    """Read NDJSON, one object per line. An invalid line costs only itself."""
    rows = _json_rows(io.BufferedReader(stream) if isinstance(stream, pa.NativeFile) else stream, maximum_bytes)
    names = [name for name in (columns.text, columns.key) if name]
    first_rows: list[SourceRow] = []
    types: dict[str, str] = {}
    for row in rows:
        first_rows.append(row)
        types |= {name: type(value).__name__ for name, value in row.values.items()}
        if len(first_rows) == MAXIMUM_SEARCH_LINES or not set(names).difference(types):
            break
    if types:
        columns.check(types, names)
    return chain(first_rows, rows)


def _json_rows(stream: BinaryIO, maximum_bytes: int) -> Iterator[SourceRow]:
    number = 0
    while line := stream.readline(maximum_bytes + 1):
        number += 1
        if len(line) > maximum_bytes:
            while not line.endswith(b"\n") and (line := stream.readline(maximum_bytes)):
                pass
            message = f"the line is larger than the limit of {maximum_bytes} bytes; raise `maximum_bytes`"
            yield SourceRow(number, {}, Problem("too_large", message))
        elif line.strip():
            try:
                values = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
                if not isinstance(values, dict):
                    raise ValueError("an object is expected")
            except (ValueError, RecursionError) as error:
                yield SourceRow(number, {}, Problem("unreadable", f"line {number} is not a JSON object: {error}"))
            else:
                yield SourceRow(number, values)


def csv_rows(stream: BinaryIO, columns: Columns, maximum_bytes: int) -> Iterator[SourceRow]:
    """Read CSV, every column as text. The delimiter is the character with which the header contains the text column."""
    # Bytes that are not UTF-8 are kept: each document's encoding is detected later, like that of a file.
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    records = Records(text, maximum_bytes)
    header = records.header(DELIMITERS, columns.text)
    columns.check(dict.fromkeys(header, "text"))
    return _csv_rows(records, [(name, header.index(name)) for name in columns.names])


def _csv_rows(records: Iterable[Record], places: list[tuple[str, int]]) -> Iterator[SourceRow]:
    for number, (cells, problem) in enumerate(records, 1):
        yield SourceRow(
            number, {name: _cell_value(cells[place]) for name, place in places if place < len(cells)}, problem
        )


def _cell_value(cell: str) -> str | bytes:
    """Return a cell as text, or as its original bytes if they are not UTF-8."""
    try:
        cell.encode()
    except UnicodeEncodeError:
        return cell.encode("utf-8", "surrogateescape")
    return cell


TABLE_READERS: dict[str, Reader] = {
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

TABLE_SUFFIXES = frozenset(filter(None, TABLE_READERS))
