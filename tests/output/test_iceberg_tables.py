"""Columns and types of Iceberg tables: added, widened in place or replaced; stored, and read back."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars
import pyarrow as pa
import pytest
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.types import DecimalType, DoubleType, LongType, StringType

from converter.output import iceberg_table
from converter.output.iceberg_table import SUBSTITUTES, add_snapshot, documented_schema, main_of, move_main
from converter.output.stored_types import cast_rows, stored_type
from tests.support.places import (
    AFTER,
    DOCUMENTS,
    OTHER,
    convert,
    expected_rows,
    full_tables,
    iceberg_catalog,
    iceberg_tables,
    in_views,
    texts_of,
)

# -- columns


def price(out: str) -> Any:
    return iceberg_tables(out)["datasets/item__price"].schema().find_field("price")


def test_columns_are_added_widened_in_place_and_otherwise_replaced(iceberg: str, tmp_path: Path) -> None:
    table = "| item | price |\n|---|---|\n| nut | {} |\n| bolt | {} |\n"
    convert({"a": table.format("$1.25", "$2.50")}, iceberg)
    first = price(iceberg)
    states = (("$1.25", "$2.50", True), ("3", "4", False), ("yes", "maybe", False), ("1.5", "2.25", False))
    for number, (low, high, is_same) in enumerate(states):
        field = price(iceberg)
        convert({"a": table.format(low, high)}, iceberg, "overwrite")
        assert (price(iceberg).field_id == field.field_id) == is_same, number
        assert in_views(iceberg) == expected_rows({"a": table.format(low, high)}, tmp_path / str(number))
    assert isinstance(first.field_type, DecimalType)


@pytest.mark.parametrize(
    ("old", "new", "type"),
    [
        (pa.int32(), pa.int64(), LongType()),
        (pa.float32(), pa.float64(), DoubleType()),
        (pa.decimal128(9, 2), pa.decimal128(18, 2), DecimalType(18, 2)),
        (pa.decimal128(9, 2), pa.decimal128(9, 2), DecimalType(9, 2)),
        (pa.string(), pa.string(), StringType()),
        (pa.decimal128(9, 2), pa.decimal128(18, 3), None),
        (pa.decimal128(18, 2), pa.decimal128(9, 2), None),
        (pa.int64(), pa.int32(), None),
        (pa.string(), pa.binary(), None),
        (pa.int64(), pa.string(), None),
        (pa.decimal128(9, 2), pa.int64(), None),
        (pa.int64(), pa.decimal128(9, 2), None),
    ],
)  # fmt: skip
def test_a_wider_type_keeps_the_column(iceberg: str, old: pa.DataType, new: pa.DataType, type: Any) -> None:
    table = new_table(iceberg, pa.schema([("x", old), ("gone", pa.string()), ("theirs", pa.string())]))
    field = table.schema().find_field("x")
    schema = pa.schema([("first", pa.int32()), ("x", new)])
    rows = pa.table({"first": [1], "x": pa.nulls(1, new)}, schema)
    snapshot = add_snapshot(table, schema, rows.to_batches(), {}, known_columns=["x", "gone"])
    assert snapshot.snapshot_id is not None
    assert iceberg_tables(iceberg)["t"].schema() == new_table(iceberg, schema).schema()  # readers see the old columns
    move_main(table.refresh(), None, snapshot.snapshot_id)
    moved = iceberg_tables(iceberg)["t"].schema()
    assert moved.column_names == ["first", "x", "theirs"]
    if type is not None:
        assert (moved.find_field("x").field_id, moved.find_field("x").field_type) == (field.field_id, type)
    else:
        assert moved.find_field("x").field_id != field.field_id


def new_table(out: str, schema: pa.Schema) -> Any:
    catalog = iceberg_catalog()
    catalog.create_namespace_if_not_exists("notes")
    return catalog.create_table_if_not_exists("notes.t", documented_schema(schema))


def test_polars_reads_a_table_by_its_metadata(iceberg: str, tmp_path: Path) -> None:
    convert(DOCUMENTS, iceberg)
    convert(AFTER, iceberg, "incremental")
    full = full_tables(AFTER, tmp_path / "full")
    for name in ("sections", "cells", "datasets/item__price"):
        rows = polars.scan_iceberg(iceberg_tables(iceberg)[name].metadata_location).collect()
        assert texts_of({name: rows.to_arrow()}) == texts_of({name: full[name]}), name


def test_descriptions_and_units_are_the_docs_of_columns(iceberg: str) -> None:
    convert({"a": "| item | price |\n|---|---|\n| nut | $1.25 |\n"}, iceberg)
    assert price(iceberg).doc == "price [$]"
    assert "stable" in iceberg_tables(iceberg)["sections"].schema().find_field("doc_id").doc


# -- types

ZONE = ZoneInfo("Europe/Berlin")
VALUES: list[tuple[pa.DataType, Any, pa.DataType, Any]] = [
    # the type, a value, the type that holds it, the value read back
    (pa.bool_(), True, pa.bool_(), True),
    (pa.int8(), -3, pa.int32(), -3),
    (pa.int16(), -3, pa.int32(), -3),
    (pa.uint8(), 255, pa.int32(), 255),
    (pa.uint16(), 65535, pa.int32(), 65535),
    (pa.uint32(), 2**32 - 1, pa.int64(), 2**32 - 1),
    (pa.uint64(), 2**64 - 1, pa.decimal128(20, 0), Decimal(2**64 - 1)),
    (pa.int64(), -(2**63), pa.int64(), -(2**63)),
    (pa.float32(), 0.5, pa.float32(), 0.5),
    (pa.float64(), 1e300, pa.float64(), 1e300),
    (pa.decimal128(38, 2), Decimal("1.25"), pa.decimal128(38, 2), Decimal("1.25")),
    (pa.decimal256(30, 2), Decimal("1.25"), pa.decimal128(30, 2), Decimal("1.25")),
    (pa.decimal256(50, 2), Decimal("1.25"), pa.string(), "1.25"),
    (pa.date32(), date(2024, 2, 29), pa.date32(), date(2024, 2, 29)),
    (pa.date64(), date(2024, 2, 29), pa.date32(), date(2024, 2, 29)),
    (pa.time32("s"), time(1, 2, 3), pa.time64("us"), time(1, 2, 3)),
    (pa.time64("us"), time(1, 2, 3, 4), pa.time64("us"), time(1, 2, 3, 4)),
    (pa.time64("ns"), 1_001, pa.time64("us"), time(0, 0, 0, 1)),
    (pa.timestamp("s"), datetime(2024, 1, 2), pa.timestamp("us"), datetime(2024, 1, 2)),
    (pa.timestamp("ns"), 1_001, pa.timestamp("us"), datetime(1970, 1, 1, 0, 0, 0, 1)),
    (
        pa.timestamp("us", "Europe/Berlin"), datetime(2024, 7, 1, 12, tzinfo=ZONE),
        pa.timestamp("us", "UTC"), datetime(2024, 7, 1, 10, tzinfo=ZoneInfo("UTC")),
    ),
    (pa.duration("us"), timedelta(seconds=1.5), pa.int64(), 1_500_000),
    (pa.duration("s"), timedelta(seconds=2), pa.int64(), 2_000_000),
    (pa.duration("ns"), 2_001, pa.int64(), 2),
    (pa.null(), None, pa.string(), None),
    (pa.large_string(), "a", pa.string(), "a"),
    (pa.string_view(), "a", pa.string(), "a"),
    (pa.binary(), b"\0", pa.binary(), b"\0"),
    (pa.large_binary(), b"\0", pa.binary(), b"\0"),
    (pa.dictionary(pa.int32(), pa.string()), "a", pa.string(), "a"),
    (pa.list_(pa.duration("s")), [timedelta(seconds=1)], pa.list_(pa.int64()), [1_000_000]),
    (pa.large_list(pa.int16()), [1, None], pa.list_(pa.int32()), [1, None]),
    (pa.list_(pa.int16(), 2), [1, 2], pa.list_(pa.int32()), [1, 2]),
    (pa.map_(pa.string(), pa.uint32()), [("a", 1)], pa.map_(pa.string(), pa.int64()), [("a", 1)]),
    (pa.struct([("a", pa.int8())]), {"a": 1}, pa.struct([("a", pa.int32())]), {"a": 1}),
    (pa.uuid(), b"0123456789abcdef", pa.binary(16), b"0123456789abcdef"),
]  # fmt: skip


@pytest.mark.parametrize(("type", "value", "stored", "result"), VALUES, ids=[str(row[0]) for row in VALUES])
def test_each_type_is_stored_in_one_that_iceberg_has(type: pa.DataType, value: Any, stored: Any, result: Any) -> None:
    assert stored_type(type, SUBSTITUTES) == stored
    batch = pa.RecordBatch.from_arrays([array_of(value, type)], ["x"])
    assert cast_rows(batch, pa.schema([("x", stored)])).to_pydict() == {"x": [result, None]}


def array_of(value: Any, type: pa.DataType) -> pa.Array:
    if isinstance(type, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(type, pa.array([value, None], type.storage_type))
    if pa.types.is_dictionary(type):
        return pa.array([value, None], type.value_type).dictionary_encode()
    return pa.array([value, None], type)


def test_every_type_comes_back_from_a_table(iceberg: str) -> None:
    schema = pa.schema([(f"c{number}", row[0]) for number, row in enumerate(VALUES)])
    batch = pa.RecordBatch.from_arrays([array_of(value, type) for type, value, _, _ in VALUES], schema=schema)
    table = new_table(iceberg, schema)
    snapshot = add_snapshot(table, schema, [cast_rows(batch, documented_schema(schema))], {})
    assert (main_of(table.refresh()), snapshot.rows) == (None, 2)
    move_main(table, None, snapshot.snapshot_id or 0)
    rows = table.refresh().scan().to_arrow().to_pydict()
    assert [rows[name] for name in schema.names] == [[result, None] for _, _, _, result in VALUES]


def test_large_tables_are_several_files(iceberg: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(iceberg_table, "FILE_BYTES", 1000)
    schema = pa.schema([("x", pa.int64())])
    batches = pa.table({"x": range(1000)}).to_batches(max_chunksize=100)
    table = new_table(iceberg, schema)
    snapshot = add_snapshot(table, schema, batches, {})
    tasks = table.refresh().scan(snapshot_id=snapshot.snapshot_id).plan_files()
    assert sorted(task.file.record_count for task in tasks) == [200] * 5
    assert sorted(table.scan(snapshot_id=snapshot.snapshot_id).to_arrow()["x"].to_pylist()) == [*range(1000)]


def test_only_files_with_stale_rows_are_written_anew(iceberg: str) -> None:
    convert({"a": OTHER}, iceberg)
    convert({"b": DOCUMENTS["a"]}, iceberg, "append")
    files = {task.file.file_path for task in iceberg_tables(iceberg)["sections"].scan().plan_files()}
    convert({"b": "# Other\n"}, iceberg, "append")
    assert len(files) == 2
    assert len(files & {task.file.file_path for task in iceberg_tables(iceberg)["sections"].scan().plan_files()}) == 1


def test_data_files_of_a_commit_that_failed_are_removed(iceberg: str, tmp_path: Path) -> None:
    table = new_table(iceberg, pa.schema([("x", pa.int64())]))
    schema, rows = pa.schema([("x", pa.int64())]), pa.table({"x": [1]})
    add_snapshot(table, schema, rows.to_batches(), {}, branch="main")
    with pytest.raises(CommitFailedException):
        add_snapshot(table.transaction()._table, schema, rows.to_batches(), {}, branch="main")
    assert len([*(tmp_path / "iceberg").rglob("data/*.parquet")]) == 1

    def batches_that_break() -> Any:
        yield from pa.table({"x": range(10)}).to_batches()
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        add_snapshot(table, schema, batches_that_break(), {})
    assert len([*(tmp_path / "iceberg").rglob("data/*.parquet")]) == 1
