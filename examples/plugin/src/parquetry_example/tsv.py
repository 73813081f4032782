"""A format: tab-separated values, with `\\t`, `\\n` and `\\\\` for the characters that a value cannot hold."""

from __future__ import annotations

import json
from typing import BinaryIO

import pyarrow as pa

from converter.extension import Format, Layout, json_rows

ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


class TsvWriter:
    """Writes each batch as it comes."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema, layout: Layout) -> None:
        self._stream = stream
        stream.write(("\t".join(name.translate(ESCAPES) for name in schema.names) + "\n").encode())

    def write(self, batch: pa.RecordBatch) -> None:
        """Write a line for each row."""
        for row in json_rows(batch):
            self._stream.write(("\t".join(map(text_of, row.values())) + "\n").encode())

    def flush(self, minimum_bytes: int = 0) -> None:
        """Do nothing: no rows are held back."""

    def close(self) -> None:
        """Do nothing: no rows are held back."""


def text_of(value: object) -> str:
    """Return a value as the text of a field; null is empty."""
    if value is None:
        return ""
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).translate(ESCAPES)


TSV = Format(".tsv", "tab-separated values", TsvWriter)
