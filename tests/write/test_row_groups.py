"""Row groups move to another Parquet file without being decoded, and every reader finds them there."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.write import Layout, parquet
from converter.write.parquet import ParquetWriter, StoredRowGroups, encode_rows
from converter.write.row_groups import (
    ROW_GROUP,
    PageFrame,
    RowGroup,
    entry_of,
    footer_of,
    frame_of,
    split,
    split_stored,
)

SCHEMA = pa.schema(
    [
        pa.field("id", pa.int32(), nullable=False, metadata={"description": "a number"}),
        pa.field("text", pa.string()),
        pa.field("bytes", pa.binary()),
        pa.field("style", pa.dictionary(pa.int32(), pa.string())),
        pa.field("path", pa.list_(pa.string())),
        pa.field("pairs", pa.map_(pa.string(), pa.string())),
        pa.field("columns", pa.list_(pa.struct([("name", pa.string()), ("nulls", pa.int32())]))),
        pa.field("price", pa.decimal128(9, 2)),
        pa.field("day", pa.date32()),
        pa.field("ratio", pa.float64()),
        pa.field("checked", pa.bool_()),
    ],
    metadata={"record": "everything", "version": "2"},
)
LAYOUT = Layout()


def row(number: int) -> dict[str, object]:
    """Return a row with a null in every nullable column now and then."""
    values = {
        "text": f"text {number} é" * (number % 3), "bytes": bytes([number % 256]) * 9, "style": f"s{number % 4}",
        "path": [f"p{number}", None], "pairs": {"a": f"{number}"}, "columns": [{"name": "x", "nulls": number}],
        "price": Decimal(number) / 100, "day": date(2000, 1, 1 + number % 28), "ratio": number / 7,
        "checked": number % 2 == 0,
    }  # fmt: skip
    return {"id": number} | {
        name: None if (number + place) % 5 == 0 else value for place, (name, value) in enumerate(values.items())
    }


def table_of(count: int) -> pa.Table:
    return pa.Table.from_pylist([row(number) for number in range(count)], SCHEMA)


def joined_file(table: pa.Table, cuts: list[int], layout: Layout = LAYOUT) -> io.BytesIO:
    """Return a file of row groups that were encoded one by one, as workers do."""
    stream = io.BytesIO()
    writer = ParquetWriter(stream, table.schema, layout)
    for start, end in pairwise([0, *cuts, table.num_rows]):
        if end > start:
            writer.join(encode_rows(table.slice(start, end - start).to_batches(), table.schema, layout), end - start)
    writer.close()
    return stream


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 20), max_size=6).map(sorted), st.integers(1, 21))
def test_joined_row_groups_have_all_rows_in_their_order(cuts: list[int], group_rows: int) -> None:
    table, plain_stream = table_of(20), io.BytesIO()
    pq.write_table(table, plain_stream)
    stream = joined_file(table, cuts, Layout(row_group_rows=group_rows))
    file = pq.ParquetFile(stream)
    assert file.read().to_pylist() == table.to_pylist()
    assert file.schema_arrow.equals(pq.read_schema(plain_stream), check_metadata=True)
    groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
    assert file.metadata.num_rows == sum(group.num_rows for group in groups) == 20
    ends = [group.column(0).dictionary_page_offset or group.column(0).data_page_offset for group in groups]
    assert ends == sorted({*ends}), "each row group has a place of its own"


@pytest.mark.parametrize("groups", [0, 1, 14, 15, 16, 130])
def test_the_number_of_row_groups_is_written_short_and_long(groups: int, tmp_path: Path) -> None:
    table = table_of(2 * groups)
    path = tmp_path / "rows.parquet"
    path.write_bytes(joined_file(table, [*range(0, 2 * groups, 2)]).getvalue())
    assert pq.ParquetFile(path).num_row_groups == groups
    assert duckdb.connect().execute(f"select id, text from '{path}' order by id").fetchall() == [
        (entry["id"], entry["text"]) for entry in table.select(["id", "text"]).to_pylist()
    ]


def test_a_reader_can_skip_row_groups_by_their_statistics(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(joined_file(table_of(60), [20, 40]).getvalue())
    statistics = pq.ParquetFile(path).metadata.row_group(1).column(0).statistics
    assert (statistics.min, statistics.max) == (20, 39)
    assert pq.read_table(path, filters=[("id", ">=", 50)]).num_rows == 10


@pytest.mark.parametrize("group_rows", [7, 21, 1000])
def test_a_file_that_is_written_at_once_is_that_of_its_joined_row_groups(
    monkeypatch: pytest.MonkeyPatch, group_rows: int
) -> None:
    table, layout, stream = table_of(20), Layout(row_group_rows=group_rows), io.BytesIO()
    joined = joined_file(table, [], layout)
    if group_rows > 20:
        monkeypatch.setattr(parquet, "split", None)  # nothing takes a file apart that could stay as it is
    writer = ParquetWriter(stream, SCHEMA, layout)
    for batch in table.to_batches():
        writer.write(batch)
    writer.close()
    assert stream.getvalue() == joined.getvalue()


def test_rows_held_back_come_before_joined_ones() -> None:
    table, stream = table_of(6), io.BytesIO()
    writer = ParquetWriter(stream, SCHEMA, Layout())
    writer.write(table.slice(0, 2).to_batches()[0])
    writer.join(encode_rows(table.slice(2, 2).to_batches(), SCHEMA, Layout()), 2)
    writer.write(table.slice(4, 2).to_batches()[0])
    writer.close()
    file = pq.ParquetFile(stream)
    assert file.read().to_pylist() == table.to_pylist()
    assert [file.metadata.row_group(number).num_rows for number in range(3)] == [2, 2, 2]


def test_an_entry_moves_by_the_offset_and_takes_the_ordinal() -> None:
    group = RowGroup((b"a", b"b", b"c"), (100, None))
    assert entry_of(group, 28, 5) == b"a\x80\x02b\x0ac"
    assert entry_of(group, 28, 0x8001) == entry_of(group, 28, 1)


def test_a_footer_with_a_value_of_an_unknown_kind_is_refused() -> None:
    """A field of a row group that is a map: no version of the format has one, so nothing says what it holds."""
    file = joined_file(table_of(3), []).getvalue()
    frame = frame_of(joined_file(table_of(0), []).getvalue())
    _, (group,) = split(file, frame)
    texts = (bytes([0x1B, *group.texts[0][1:]]), *group.texts[1:])
    data = file[: -len(footer_of(frame, 3, [entry_of(group, 4, 0)]))]
    with pytest.raises(ValueError, match="kind 11"):
        split(data + footer_of(frame, 3, [entry_of(RowGroup(texts, group.numbers), 4, 0)]), frame)


# -- footers by hand: the fields that other versions of Arrow may write, and every kind of value

INTEGER, SHORT, LIST, STRUCT = 6, 4, 9, 12
UNKNOWN = {
    1: b"", 2: b"", 3: b"x", 4: b"\x81\x01", 5: b"\x81\x01", 7: b"01234567", 8: b"\x03abc", 9: b"\x21\x00\x01",
    10: b"\xf1\x10" + b"\x01" * 16, 12: b"\x15\x02\x00",
}  # fmt: skip
"""Kinds of values, and a value of each, the number zero in none of them."""


def varint(number: int) -> bytes:
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def struct(fields: dict[int, tuple[int, bytes]], is_long: bool) -> bytes:
    """A struct of Thrift; each field says how far it is from the last one, or in the long form its number."""
    data, last = b"", 0
    for number, (kind, value) in fields.items():
        header = bytes([kind]) + varint(number << 1) if is_long else bytes([number - last << 4 | kind])
        data, last = data + header + value, number
    return data + b"\0"


def offset(number: int) -> tuple[int, bytes]:
    return INTEGER, varint(number << 1)


def group_with(offsets: dict[str, int], unknown: tuple[int, bytes], is_long: bool) -> bytes:
    """A row group whose offsets are in these fields, and with another value in front of them."""
    numbers = [int(name.rpartition(".")[2]) for name in offsets]
    fields = dict(zip(offsets, map(offset, offsets.values()), strict=True))
    metadata = {number: fields[f"1.3.{number}"] for number in numbers if f"1.3.{number}" in fields}
    chunk = {1: unknown} | {number: fields[f"1.{number}"] for number in (2,) if f"1.{number}" in fields}
    chunk |= {3: (STRUCT, struct({1: unknown, **metadata}, is_long))}
    chunk |= {number: fields[f"1.{number}"] for number in (4, 6) if f"1.{number}" in fields}
    entry = {1: (LIST, bytes([1 << 4 | STRUCT]) + struct(chunk, is_long)), 2: offset(77)}
    entry |= {number: fields[f"{number}"] for number in (5,) if f"{number}" in fields}
    return struct(entry | {7: (SHORT, varint(3 << 1))}, is_long)


OFFSETS = ("1.2", "1.3.9", "1.3.10", "1.3.11", "1.3.14", "1.4", "1.6", "5")
"""The fields of a row group, its column chunks and their metadata that hold an offset."""


@pytest.mark.parametrize("kind", UNKNOWN)
@pytest.mark.parametrize("is_long", [False, True], ids=["short fields", "long fields"])
@pytest.mark.parametrize("count", [2, 16])
def test_each_offset_is_moved_and_every_other_value_kept(kind: int, is_long: bool, count: int) -> None:
    def entry(start: int) -> bytes:
        offsets = {name: start + place * 100 for place, name in enumerate(OFFSETS)}
        return group_with(offsets, (kind, UNKNOWN[kind]), is_long)

    frame = PageFrame(b"head", b"middle", b"tail")
    data = b"PAR1" + b"x" * 2000 + footer_of(frame, 5, [entry(4)] * count)
    groups, entries = split(data, frame)
    assert groups == b"x" * 2000
    assert [group.numbers for group in entries] == [(*range(0, 800, 100), None)] * count
    entry_moved = entry_of(entries[0], 1004, 3)
    assert entry_moved == entry(1004)


@pytest.mark.parametrize("kind", UNKNOWN)
def test_a_list_is_no_longer_than_its_footer(kind: int) -> None:
    """A damaged number of elements would be counted for hours."""
    frame = PageFrame(b"head", b"middle", b"tail")
    for count in (2**62, 1000):
        entry = group_with({"1.2": 4}, (LIST, bytes([0xF0 | kind]) + varint(count)), False)
        footer = footer_of(frame, 5, [entry])
        assert split_stored(footer[:-8], 2000, frame) == []
        with pytest.raises(ValueError, match="a list that is longer than the footer"):
            split(b"PAR1" + footer, frame)


def test_an_offset_of_zero_is_none() -> None:
    frame = PageFrame(b"", b"", b"")
    data = group_with({"1.2": 0, "1.3.9": 4, "5": 4}, (8, b"\x01a"), False)
    _, (group,) = split(b"PAR1" + footer_of(frame, 5, [data]), frame)
    assert group.numbers == (0, 0, None)
    assert entry_of(group, 4, 3) == data


@pytest.mark.parametrize(
    ("starts", "size", "places"),
    [
        ([4, 1004], 2000, [(0, 1000), (1000, 2000)]),
        ([4, 1004], 1701, [(0, 1000), (1000, 1701)]),
        ([4, 1004], 1700, []),  # the last offset is outside
        ([4, 704], 2000, []),  # the first row group reaches into the second
        ([5, 1004], 2000, []),  # something is before the first one
        ([1004, 4], 2000, []),
        ([], 2000, []),
    ],
)
def test_row_groups_are_moved_if_each_has_a_place_of_its_own(
    starts: list[int], size: int, places: list[tuple[int, int]]
) -> None:
    frame = PageFrame(b"head", b"middle", b"tail")
    entries = [
        group_with({name: start + place * 100 for place, name in enumerate(OFFSETS)}, (8, b"\x01a"), False)
        for start in starts
    ]
    footer = footer_of(frame, 5, entries)[:-8]
    groups = split_stored(footer, size, frame)
    assert [(start, end) for start, end, _ in groups] == places
    assert all(group.numbers == (*range(0, 800, 100), None) for _, _, group in groups)
    assert split_stored(footer, size, PageFrame(b"heat", b"middle", b"tail")) == []
    assert split_stored(footer, size, PageFrame(b"head", b"riddle", b"tail")) == []
    assert split_stored(footer[:20], size, frame) == []


def test_every_offset_that_pyarrow_writes_is_known() -> None:
    """A page index adds offsets, which are easily forgotten."""
    table, stream = table_of(10), io.BytesIO()
    pq.write_table(table, stream, write_page_index=True, compression="zstd")
    frame = frame_of(joined_file(table_of(0), []).getvalue())
    (_, (group,)), columns = split(stream.getvalue(), frame), pq.ParquetFile(stream).metadata.row_group(0).num_columns
    known_places = {offset + 4 for offset in group.numbers if offset is not None}
    metadata = pq.ParquetFile(stream).metadata.row_group(0)
    chunks = [metadata.column(number) for number in range(columns)]
    pages = {chunk.data_page_offset for chunk in chunks} | {chunk.dictionary_page_offset for chunk in chunks} - {None}
    assert pages < known_places, "the offsets of the page index come on top"
    assert set(ROW_GROUP) == {1, 5, 7}


def test_stored_row_groups_are_joined_without_decoding() -> None:
    table = table_of(9)
    stored_file, stream = joined_file(table, [2, 5]), io.BytesIO()
    stored, writer = StoredRowGroups(stored_file, SCHEMA), ParquetWriter(stream, SCHEMA, LAYOUT)
    for number, rows in ((2, 4), (0, 2)):
        encoded = stored.encoded_group(number)
        assert encoded is not None
        writer.join(encoded, rows)
    writer.close()
    assert stored.encoded_group(3) is None
    assert pq.ParquetFile(stream).read().to_pylist() == [*table.to_pylist()[5:], *table.to_pylist()[:2]]


def file_of(table: pa.Table, **values: object) -> io.BytesIO:
    stream = io.BytesIO()
    pq.write_table(table, stream, row_group_size=3, **values)
    return stream


@pytest.mark.parametrize(
    "stream",
    [
        file_of(table_of(9), write_page_index=True),
        file_of(table_of(9).select(SCHEMA.names[:-1])),
        file_of(table_of(9).rename_columns([name.upper() for name in SCHEMA.names])),
    ],
    ids=["offsets outside the row groups", "other columns", "other names"],
)
def test_row_groups_of_a_file_arranged_otherwise_are_not_moved(stream: io.BytesIO) -> None:
    assert StoredRowGroups(stream, SCHEMA).encoded_group(0) is None


def test_no_damage_of_a_footer_is_mistaken_for_row_groups_outside_the_file() -> None:
    file = joined_file(table_of(4), [2]).getvalue()
    frame = frame_of(joined_file(table_of(0), []).getvalue())
    start = len(file) - 8 - int.from_bytes(file[-8:-4], "little")
    footer, size = file[start:-8], start - 4
    assert len(split_stored(footer, size, frame)) == 2
    for place in range(len(footer)):
        for damaged in (footer[:place], footer[:place] + bytes([footer[place] ^ 0x55]) + footer[place + 1 :]):
            for group_start, group_end, _ in split_stored(damaged, size, frame):
                assert 0 <= group_start < group_end <= size
