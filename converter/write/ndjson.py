"""NDJSON: one JSON object per row, one row per line, UTF-8."""

from __future__ import annotations

import json
from typing import BinaryIO

import pyarrow as pa

from converter.write.layout import Layout
from converter.write.values import json_rows


class NdjsonWriter:
    """Writes each row as it comes."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema, layout: Layout) -> None:
        self._stream = stream

    def write(self, batch: pa.RecordBatch) -> None:
        """Write a line for each row."""
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in json_rows(batch)]
        self._stream.write("".join(lines).encode())

    def flush(self, minimum_bytes: int = 0) -> None:
        """Do nothing: no rows are held back."""

    def close(self) -> None:
        """Do nothing: no rows are held back."""
