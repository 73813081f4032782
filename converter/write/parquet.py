"""Parquet: compressed, statistics, and an Arrow schema with the record's name and each field's description."""

from __future__ import annotations

from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from converter.write.layout import Layout


class ParquetWriter:
    """Collects batches into row groups, so that small batches do not make small row groups."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema, layout: Layout) -> None:
        self._layout = layout
        # A dictionary and statistics of a binary column would hold its values three more times, and nobody reads them.
        names = [field.name for field in schema if not pa.types.is_binary(field.type)]
        flags = {"use_dictionary": names, "write_statistics": names} if len(names) < len(schema) else {}
        self._writer = pq.ParquetWriter(stream, schema, compression=layout.compression, **flags)
        self._batches: list[pa.RecordBatch] = []
        self._rows = self._bytes = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Hold back the batch until a row group is full."""
        if not batch.num_rows:
            return
        self._batches.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._rows >= self._layout.row_group_rows or self._bytes >= self._layout.row_group_bytes:
            self.flush()

    def flush(self, minimum_bytes: int = 0) -> None:
        """Write the rows held back as row groups, if they take at least `minimum_bytes` of memory."""
        if self._batches and self._bytes >= minimum_bytes:
            # The rows of one large document may fill many groups: the writer takes twice the memory of a group.
            groups = max(-(-self._rows // self._layout.row_group_rows), self._bytes // self._layout.row_group_bytes, 1)
            self._writer.write_table(pa.Table.from_batches(self._batches), row_group_size=-(-self._rows // groups))
            self._batches, self._rows, self._bytes = [], 0, 0

    def close(self) -> None:
        """Write the last row group and the footer."""
        self.flush()
        self._writer.close()

    def __del__(self) -> None:
        """Drop a writer that was never closed, because its run failed.

        pyarrow's own writer closes itself when it is freed: it would write a footer to a stream that is closed by then,
        and Python would print the error of that. It has no method to abandon a file, only this attribute, which its
        `__del__` asks for; `tests/write/test_formats.py` holds that.
        """
        if hasattr(self, "_writer"):
            self._writer.is_open = False
