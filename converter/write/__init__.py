"""rows -> files: one writer per format, all with the same signature.

A writer is constructed with a binary stream, an Arrow schema and the `Layout`. `write(batch)` takes record batches;
`close()` completes the file and leaves the stream open.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

import pyarrow as pa

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


FORMATS: dict[str, Format] = {
    "parquet": Format(".parquet", "Apache Parquet, zstd-compressed, with statistics", ParquetWriter),
    "csv": Format(".csv", "RFC 4180; nested columns as JSON, null empty, an empty string quoted", _csv_writer),
    "json": Format(".json", "one nested document; an array of rows for a record", JsonWriter),
    "ndjson": Format(".ndjson", "one JSON object per row, one row per line", NdjsonWriter),
}

__all__ = ["DEFAULT_FILE_BYTES", "FORMATS", "Format", "Layout", "NestedJsonWriter", "Writer"]
