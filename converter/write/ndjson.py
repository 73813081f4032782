"""NDJSON: one JSON object per row, one row per line, UTF-8."""

from __future__ import annotations

import json
from collections.abc import Sequence
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
        self.join(_lines(batch), batch.num_rows)

    def join(self, encoded: bytes, rows: int) -> None:
        """Write lines that `encode_ndjson` made."""
        self._stream.write(encoded)

    def flush(self, minimum_bytes: int = 0) -> None:
        """Do nothing: no rows are held back."""

    def close(self) -> None:
        """Do nothing: no rows are held back."""


def encode_ndjson(batches: Sequence[pa.RecordBatch], schema: pa.Schema, layout: Layout) -> bytes:
    """Return rows as lines."""
    return b"".join(map(_lines, batches))


def _lines(batch: pa.RecordBatch) -> bytes:
    return "".join([json.dumps(row, ensure_ascii=False) + "\n" for row in json_rows(batch)]).encode()
