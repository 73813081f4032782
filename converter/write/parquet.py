"""Parquet: compressed, statistics, and an Arrow schema with the record's name and each field's description."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import BinaryIO, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from converter.write.layout import DEFAULT_COMPRESSION, Layout
from converter.write.row_groups import MAGIC, PageFrame, RowGroup, entry_of, footer_of, frame_of, split, split_stored

FOOTER_END = 4 + len(MAGIC)
"""The bytes after a footer: its size, and the magic bytes."""

RowGroups: TypeAlias = tuple[bytes, list[RowGroup]]
"""Encoded rows: the bytes of row groups, and their entries in the footer of a file."""


class ParquetWriter:
    """Collects batches into row groups, so that small batches do not make small row groups."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema, layout: Layout) -> None:
        self._stream, self._schema, self._layout = stream, schema, layout
        self._batches: list[pa.RecordBatch] = []
        self._bytes = 0
        """The memory that the rows held back take."""
        self._held_rows = self._rows = 0
        self._position = len(MAGIC)
        self._entries: list[bytes] = []
        """The entries of the row groups in the footer."""
        stream.write(MAGIC)

    def write(self, batch: pa.RecordBatch) -> None:
        """Hold back the batch until a row group is full."""
        if not batch.num_rows:
            return
        self._batches.append(batch)
        self._held_rows += batch.num_rows
        self._bytes += batch.nbytes
        if self._held_rows >= self._layout.row_group_rows or self._bytes >= self._layout.row_group_bytes:
            self.flush()

    def join(self, encoded: RowGroups, rows: int) -> None:
        """Write row groups that `encode_rows` made from this many rows of the schema."""
        self.flush()
        data, groups = encoded
        self._entries += [
            entry_of(group, self._position, ordinal) for ordinal, group in enumerate(groups, len(self._entries))
        ]
        self._stream.write(data)
        self._position += len(data)
        self._rows += rows

    def flush(self, minimum_bytes: int = 0) -> None:
        """Write the rows held back as row groups, if they take at least `minimum_bytes` of memory."""
        if self._batches and self._bytes >= minimum_bytes:
            batches, rows = self._batches, self._held_rows
            self._batches, self._held_rows, self._bytes = [], 0, 0
            self.join(encode_rows(batches, self._schema, self._layout), rows)

    def close(self) -> None:
        """Write the last row group and the footer."""
        if self._batches and not self._entries:  # a file of its own: to take it apart would take a fifth of its time
            self._stream.write(_file_of(self._batches, self._schema, self._layout)[len(MAGIC) :])
            return
        self.flush()
        self._stream.write(footer_of(_frame(self._schema), self._rows, self._entries))


def encode_rows(batches: Sequence[pa.RecordBatch], schema: pa.Schema, layout: Layout) -> RowGroups:
    """Return rows as row groups that any file of the schema can hold; at least one row."""
    file = _file_of(batches, schema, layout)
    return split(file, _frame(schema, file))


class StoredRowGroups:
    """The row groups of a file that an earlier run wrote, to be joined to another file without decoding them."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema) -> None:
        """Read the footer of an open file of this schema."""
        self._stream = stream
        end = stream.seek(-FOOTER_END, os.SEEK_END)
        start = end - int.from_bytes(stream.read(FOOTER_END)[:4], "little")
        self._groups = split_stored(self._read(start, end), start - len(MAGIC), _frame(schema))

    def encoded_group(self, number: int) -> RowGroups | None:
        """Return a row group as `encode_rows` would; None if only its rows can be moved."""
        if number >= len(self._groups):
            return None
        start, end, group = self._groups[number]
        return self._read(len(MAGIC) + start, len(MAGIC) + end), [group]

    def _read(self, start: int, end: int) -> bytes:
        self._stream.seek(start)
        return self._stream.read(end - start)


def _file_of(batches: Sequence[pa.RecordBatch], schema: pa.Schema, layout: Layout) -> bytes:
    table = pa.Table.from_batches(batches, schema)
    # The rows of one large document may fill many groups: the writer takes twice the memory of a group.
    groups = max(-(-table.num_rows // layout.row_group_rows), table.nbytes // layout.row_group_bytes, 1)
    return _file(table, layout.compression, -(-table.num_rows // groups))


def _file(table: pa.Table, compression: str, row_group_rows: int | None = None) -> bytes:
    # A dictionary and statistics of a binary column would hold its values three more times, and nobody reads them.
    names = [field.name for field in table.schema if not pa.types.is_binary(field.type)]
    flags = {"use_dictionary": names, "write_statistics": names} if len(names) < len(table.schema) else {}
    stream = pa.BufferOutputStream()
    with pq.ParquetWriter(stream, table.schema, compression=compression, **flags) as writer:
        writer.write_table(table, row_group_size=row_group_rows)
    return bytes(stream.getvalue())


def _frame(schema: pa.Schema, file: bytes | None = None) -> PageFrame:
    """Return the frame of a schema's footers; `file` is a file with its rows, if there is one, because writing one
    takes 2 ms."""
    key = schema.serialize().to_pybytes()  # older versions of pyarrow cannot hash a schema with metadata
    if key not in _FRAMES:
        if len(_FRAMES) >= MOST_FRAMES:
            _FRAMES.clear()
        _FRAMES[key] = frame_of(file or _file(schema.empty_table(), DEFAULT_COMPRESSION))
    return _FRAMES[key]


_FRAMES: dict[bytes, PageFrame] = {}
MOST_FRAMES = 64
"""Maximum number of frames that a process remembers, by the schema's bytes."""
