"""Where rows wait for the end of a run: one file that only grows, and is read at any place."""

from __future__ import annotations

from threading import Lock
from typing import BinaryIO

import pyarrow as pa


class Spool:
    """Holds record batches of any schema in a file."""

    def __init__(self, file: BinaryIO) -> None:
        """Take a file that is open for writing and reading, and empty."""
        self._file = file
        self._end = 0
        self._lock = Lock()

    def append(self, data: bytes | pa.Buffer) -> tuple[int, int]:
        """Write a record batch that is an Arrow IPC stream; its place in the file is what `read` takes."""
        place = (self._end, len(data))
        self._file.seek(self._end)
        self._file.write(data)
        self._end += len(data)
        return place

    def append_rows(self, rows: pa.RecordBatch) -> tuple[int, int]:
        """Write a record batch; its place in the file is what `read` takes."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema) as stream:
            stream.write_batch(rows)
        return self.append(sink.getvalue())

    def read(self, place: tuple[int, int]) -> pa.RecordBatch:
        """The batch that was written at this place; threads can read side by side."""
        start, size = place
        with self._lock:
            self._file.seek(start)
            data = self._file.read(size)
        with pa.ipc.open_stream(data) as stream:
            return stream.read_next_batch()
