"""rows -> files: one writer per format, all with the same signature.

A writer is constructed with a binary stream, an Arrow schema and the `Layout`. `write(batch)` takes record batches;
`close()` completes the file and leaves the stream open.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol, TypeAlias, cast

import pyarrow as pa

from converter.errors import PluginError
from converter.plugins import Registry
from converter.write.json import JsonWriter, NestedJsonWriter, encode_json
from converter.write.layout import DEFAULT_FILE_BYTES, Layout
from converter.write.ndjson import NdjsonWriter, encode_ndjson
from converter.write.parquet import ParquetWriter, encode_rows


class Writer(Protocol):
    """Writes batches of one schema to a stream."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Write the rows of a batch; an empty one writes nothing."""

    def flush(self, minimum_bytes: int = 0) -> None:
        """Write the rows held back, if they take at least `minimum_bytes` of memory."""

    def close(self) -> None:
        """Write the rows still held back and the end of the file."""


class JoiningWriter(Writer, Protocol):
    """A writer of a format that has an `encode`."""

    def join(self, encoded: Any, rows: int) -> None:
        """Write this many rows, which the `encode` of the format made, perhaps in another process."""


Encode: TypeAlias = Callable[[Sequence[pa.RecordBatch], pa.Schema, Layout], Any]


@dataclass(frozen=True, slots=True)
class Format:
    """An output format: the suffix of its files, its media type, and its writer.

    `encode` turns at least one row into bytes that any writer of the schema can `join` with little work. Rows that take
    less than `small_bytes` of memory should be written together with others instead. Without `encode`, the process that
    writes the files encodes all rows.
    """

    suffix: str
    description: str
    writer: Callable[[BinaryIO, pa.Schema, Layout], Writer]
    encode: Encode | None = None
    small_bytes: int = 0

    def open(self, stream: BinaryIO, schema: pa.Schema, layout: Layout) -> Writer:
        """Return a new writer.

        Raises:
            PluginError: what the format calls its writer is none.
        """
        writer: object = self.writer(stream, schema, layout)
        if missing := [name for name in ("write", "flush", "close") if not hasattr(writer, name)]:
            kind = type(writer).__name__
            raise PluginError(f"the writer of the format {self.suffix[1:]} is {kind}, without the method {missing[0]}")
        return cast(Writer, writer)


def _csv_writer(stream: BinaryIO, schema: pa.Schema, layout: Layout) -> Writer:
    from converter.write.csv import CsvWriter  # pyarrow.compute takes 25 ms to import

    return CsvWriter(stream, schema, layout)


def _encode_csv(batches: Sequence[pa.RecordBatch], schema: pa.Schema, layout: Layout) -> bytes:
    from converter.write.csv import encode_csv

    return encode_csv(batches, schema, layout)


def fault_of_format(name: str, item: object) -> str | None:
    """Return what is wrong with an added format, None if nothing is."""
    if not isinstance(item, Format):
        return f"it is a {type(item).__name__}, not a Format"
    if item.suffix != f".{name}":
        return f"its suffix is {item.suffix}, not .{name}"
    return None if callable(item.writer) else "its writer cannot be called"


BUILT_IN: dict[str, Format] = {
    "parquet": Format(
        ".parquet", "Apache Parquet, zstd-compressed, with statistics", ParquetWriter, encode_rows, 64 * 1024
    ),
    "csv": Format(
        ".csv", "RFC 4180; nested columns as JSON, null empty, an empty string quoted", _csv_writer, _encode_csv
    ),
    "json": Format(".json", "one nested document; an array of rows for a record", JsonWriter, encode_json),
    "ndjson": Format(".ndjson", "one JSON object per row, one row per line", NdjsonWriter, encode_ndjson),
}
FORMATS = Registry("formats", BUILT_IN, fault_of_format)
"""Every format by its name, which is its suffix too, those of plug-ins last."""

__all__ = ["DEFAULT_FILE_BYTES", "FORMATS", "Format", "JoiningWriter", "Layout", "NestedJsonWriter", "Writer"]
