"""A batch's rows become pieces of files, which any process can make and one process joins."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from converter.write import FORMATS, Format, Layout
from converter.write.pieces import ROW_GROUP_BYTES, Pieces, join

SCHEMA = pa.schema([("n", pa.int64()), ("text", pa.string())])
STYLES = pa.schema([("style", pa.dictionary(pa.int32(), pa.string()))])


def rows(start: int, count: int, width: int = 10) -> pa.Table:
    values = range(start, start + count)
    return pa.table([pa.array(values), pa.array(["x" * width] * count)], schema=SCHEMA)


def pieces_of(tables: list[pa.Table], format: str = "parquet") -> list[Any]:
    pieces = Pieces({"r": tables[0].schema}, {"r": format}, Layout())
    for table in tables:
        pieces.add({"r": table})
    return pieces.take().get("r", [])


def test_few_rows_are_a_message_and_many_are_encoded() -> None:
    small_bytes = FORMATS["parquet"].small_bytes
    width = small_bytes // 2 - 1000
    few, many = rows(0, 2, width), rows(0, 2, width + 1000)
    assert few.nbytes < small_bytes <= many.nbytes
    ((piece,), (encoded_piece,)) = pieces_of([few]), pieces_of([many])
    assert (piece.rows, piece.encoded) == (2, None)
    assert (encoded_piece.rows, encoded_piece.message) == (2, None)


def test_a_dictionary_needs_no_message() -> None:
    (piece,) = pieces_of([pa.table([pa.array(["a", "b"]).dictionary_encode()], schema=STYLES)])
    assert piece.message is None


class Collector:
    """A writer of a format that has no `encode`."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema, layout: Layout) -> None:
        self.batches: list[pa.RecordBatch] = []

    def write(self, batch: pa.RecordBatch) -> None:
        self.batches.append(batch)

    def flush(self, minimum_bytes: int = 0) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize("width", [1, ROW_GROUP_BYTES], ids=["short", "long"])
@pytest.mark.parametrize("has_dictionary", [False, True])
def test_a_format_without_encode_gets_rows(monkeypatch: pytest.MonkeyPatch, width: int, has_dictionary: bool) -> None:
    monkeypatch.setattr("converter.write.pieces.FORMATS", {"plain": Format(".plain", "", Collector)})
    table = rows(0, 3, width)
    if has_dictionary:
        table = table.set_column(1, "text", table.column("text").dictionary_encode())
    writer = Collector(io.BytesIO(), table.schema, Layout())
    for piece in pieces_of([table, table], "plain"):
        assert piece.encoded is None
        join(writer, piece, table.schema)
    assert pa.Table.from_batches(writer.batches, table.schema).equals(pa.concat_tables([table, table]))


@pytest.mark.parametrize("format", ["csv", "json", "ndjson"])
def test_text_is_always_encoded(format: str) -> None:
    (piece,) = pieces_of([rows(0, 1)], format)
    assert (piece.message, type(piece.encoded)) == (None, bytes)


def test_a_document_in_parts_is_several_pieces() -> None:
    large, small = rows(0, 1, ROW_GROUP_BYTES), rows(1, 1)
    assert [piece.rows for piece in pieces_of([large, small, small])] == [1, 2]
    assert [piece.rows for piece in pieces_of([small, small, large])] == [3]


def test_full_pieces_can_be_taken_before_the_batch_ends() -> None:
    pieces = Pieces({"r": SCHEMA}, {"r": "parquet"}, Layout())
    pieces.add({"r": rows(0, 1, ROW_GROUP_BYTES), "unknown": rows(0, 1)})
    assert pieces.take(is_complete=False) == {}
    pieces.add({"r": rows(1, 1)})
    assert [piece.rows for piece in pieces.take(is_complete=False)["r"]] == [1]
    assert [piece.rows for piece in pieces.take()["r"]] == [1]
    assert pieces.take() == {}


@pytest.mark.parametrize("format", [*FORMATS])
@pytest.mark.parametrize("width", [5, 50_000])
def test_joined_pieces_are_the_file_that_one_writer_writes(format: str, width: int) -> None:
    tables = [rows(0, 3, width), rows(3, 0), rows(3, 4, width)]
    whole, parts = io.BytesIO(), io.BytesIO()
    writer = FORMATS[format].writer(whole, SCHEMA, Layout())
    for batch in pa.concat_tables(tables).to_batches():
        writer.write(batch)
    writer.close()
    writer = FORMATS[format].writer(parts, SCHEMA, Layout())
    for table in tables:
        for piece in pieces_of([table], format):
            join(writer, piece, SCHEMA)
    writer.close()
    if format == "parquet":
        assert pq.read_table(parts).equals(pq.read_table(whole))
    else:
        assert parts.getvalue() == whole.getvalue()
