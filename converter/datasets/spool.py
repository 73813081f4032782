"""The spool of rows until the end of a run: an append-only file that is read at any place."""

from __future__ import annotations

from threading import Lock
from typing import BinaryIO

import pyarrow as pa


class Spool:
    """Holds record batches of any schema in a file."""

    def __init__(self, file: BinaryIO) -> None:
        """Take an empty file that is open for writing and reading."""
        self._file = file
        self._end = 0
        self._lock = Lock()

    def append(self, data: bytes | pa.Buffer) -> tuple[int, int]:
        """Write a record batch in Arrow IPC stream format; return its place in the file, for `read`."""
        place = (self._end, len(data))
        self._file.seek(self._end)
        self._file.write(data)
        self._end += len(data)
        return place

    def append_rows(self, rows: pa.RecordBatch) -> tuple[int, int]:
        """Write a record batch; return its place in the file, for `read`."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, rows.schema) as stream:
            stream.write_batch(rows)
        return self.append(sink.getvalue())

    def read(self, place: tuple[int, int]) -> pa.RecordBatch:
        """Return the batch written at this place; threads can read concurrently."""
        with pa.ipc.open_stream(self.read_bytes(*place)) as stream:
            return stream.read_next_batch()

    def read_bytes(self, start: int, size: int) -> bytes:
        """Return bytes written before; threads can read concurrently."""
        with self._lock:
            self._file.seek(start)
            return self._file.read(size)
