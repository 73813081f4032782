"""Rows of a batch -> pieces: encoded in the process that made them, joined to files by the process that writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import pyarrow as pa

from converter.model.events import Piece
from converter.write import FORMATS, JoiningWriter, Layout, Writer

ROW_GROUP_BYTES = 1024 * 1024
"""Bytes of rows in a piece of a large document, because rows held back take memory."""


@dataclass(slots=True)
class Pieces:
    """Collects the rows of a batch, and encodes those of records with many. `formats` has the format of each record."""

    schemas: Mapping[str, pa.Schema]
    formats: Mapping[str, str]
    layout: Layout
    _batches: dict[str, list[pa.RecordBatch]] = field(default_factory=dict)
    _bytes: dict[str, int] = field(default_factory=dict)
    _pieces: dict[str, list[Piece]] = field(default_factory=dict)

    def add(self, records: Mapping[str, pa.Table]) -> None:
        """Take more rows of the batch."""
        for name, rows in records.items():
            if name in self.schemas and rows.num_rows:
                if self._bytes.get(name, 0) >= ROW_GROUP_BYTES:
                    self._encode(name)
                self._batches.setdefault(name, []).extend(rows.to_batches())
                self._bytes[name] = self._bytes.get(name, 0) + rows.nbytes

    def take(self, is_complete: bool = True) -> dict[str, list[Piece]]:
        """Return the pieces of each record, in the order of the rows: all of a batch, or those that are full."""
        for name in list(self._batches) if is_complete else ():
            self._encode(name)
        pieces, self._pieces = self._pieces, {}
        return pieces

    def _encode(self, name: str) -> None:
        schema, format = self.schemas[name], FORMATS[self.formats[name]]
        batches, size = self._batches.pop(name), self._bytes.pop(name)
        rows = sum(batch.num_rows for batch in batches)
        is_small = size < format.small_bytes and not _has_dictionaries(schema)  # which large records have
        if is_small or format.encode is None:
            piece = Piece(rows, message=_message(batches, schema))
        else:
            piece = Piece(rows, format.encode(batches, schema, self.layout))
        self._pieces.setdefault(name, []).append(piece)


def _has_dictionaries(schema: pa.Schema) -> bool:
    return any(pa.types.is_dictionary(column.type) for column in schema)


def _message(batches: Sequence[pa.RecordBatch], schema: pa.Schema) -> bytes:
    """Return rows in Arrow's IPC format: one message, or a stream if there are dictionaries, which no message holds."""
    (batch,) = pa.Table.from_batches(batches, schema).combine_chunks().to_batches()
    if not _has_dictionaries(schema):
        return bytes(batch.serialize())
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, schema) as writer:
        writer.write_batch(batch)
    return bytes(stream.getvalue())


def join(writer: Writer, piece: Piece, schema: pa.Schema) -> None:
    """Write a piece; few rows wait for more rows of the same record."""
    if piece.message is None:
        cast(JoiningWriter, writer).join(piece.encoded, piece.rows)
    elif _has_dictionaries(schema):
        for batch in pa.ipc.open_stream(pa.py_buffer(piece.message)):
            writer.write(batch)
    else:
        writer.write(pa.ipc.read_record_batch(pa.py_buffer(piece.message), schema))
