"""rows -> files: one writer per format, all with the same signature.

A writer is constructed with a binary stream, an Arrow schema and the `Layout`. `write(batch)` takes record batches;
`close()` completes the file and leaves the stream open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

import pyarrow as pa

from converter.plugins import Registry
from converter.write.json import JsonWriter, NestedJsonWriter
from converter.write.layout import DEFAULT_FILE_BYTES, Layout
from converter.write.ndjson import NdjsonWriter
from converter.write.parquet import ParquetWriter


class Writer(Protocol):
    """Writes batches of one schema to a stream."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Write the rows of a batch; an empty one writes nothing."""

    def flush(self, minimum_bytes: int = 0) -> None:
        """Write the rows held back, if they take at least `minimum_bytes` of memory."""

    def close(self) -> None:
        """Write the rows still held back and the end of the file."""


@dataclass(frozen=True, slots=True)
class Format:
    """An output format: the suffix of its files, its media type, and its writer."""

    suffix: str
    description: str
    writer: Callable[[BinaryIO, pa.Schema, Layout], Writer]


def _csv_writer(stream: BinaryIO, schema: pa.Schema, layout: Layout) -> Writer:
    from converter.write.csv import CsvWriter  # pyarrow.compute takes 25 ms to import

    return CsvWriter(stream, schema, layout)


def fault_of(name: str, item: object) -> str | None:
    """Return what is wrong with an added format, None if nothing is."""
    if not isinstance(item, Format):
        return f"it is a {type(item).__name__}, not a Format"
    if item.suffix != f".{name}":
        return f"its suffix is {item.suffix}, not .{name}"
    return None if callable(item.writer) else "its writer cannot be called"


BUILT_IN: dict[str, Format] = {
    "parquet": Format(".parquet", "Apache Parquet, zstd-compressed, with statistics", ParquetWriter),
    "csv": Format(".csv", "RFC 4180; nested columns as JSON, null empty, an empty string quoted", _csv_writer),
    "json": Format(".json", "one nested document; an array of rows for a record", JsonWriter),
    "ndjson": Format(".ndjson", "one JSON object per row, one row per line", NdjsonWriter),
}
FORMATS = Registry("formats", BUILT_IN, fault_of)
"""Every format by its name, which is its suffix too, those of plug-ins last."""

__all__ = ["DEFAULT_FILE_BYTES", "FORMATS", "Format", "Layout", "NestedJsonWriter", "Writer"]
