"""Where rows wait for the end of a run: one file that only grows, and is read at any place."""

from __future__ import annotations

from typing import BinaryIO

import pyarrow as pa


class Spool:
    """Holds record batches of any schema in a file."""

    def __init__(self, file: BinaryIO) -> None:
        """Take a file that is open for writing and reading, and empty."""
        self._file = file
        self._end = 0

    def append(self, batch: pa.RecordBatch) -> tuple[int, int]:
        """Write a batch; its place in the file is what `read` takes."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as stream:
            stream.write_batch(batch)
        data = sink.getvalue()
        place = (self._end, data.size)
        self._file.seek(self._end)
        self._file.write(data)
        self._end += data.size
        return place

    def read(self, place: tuple[int, int]) -> pa.RecordBatch:
        """The batch that was written at this place."""
        start, size = place
        self._file.seek(start)
        with pa.ipc.open_stream(self._file.read(size)) as stream:
            return stream.read_next_batch()
