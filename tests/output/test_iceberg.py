"""Iceberg: no reader sees a part of a run, types and columns are as asked for, what others do to the tables stays."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

import polars
import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.types import DecimalType, DoubleType, LongType, StringType

from converter.errors import OutputError, UsageError
from converter.output import Mode, find_target, iceberg_table
from converter.output.iceberg import RUN
from converter.output.iceberg_table import SUBSTITUTES, add_snapshot, documented, main_of, move_main
from converter.output.stored_types import cast, stored_type
from converter.records import RECORDS
from tests.support.catalogs import glue_catalog, rest_catalog
from tests.support.places import (
    DOCUMENTS,
    OTHER,
    PRICES,
    convert,
    full_tables,
    iceberg_catalog,
    iceberg_tables,
    in_iceberg,
    in_iceberg_by_manifest,
    texts_of,
)

AFTER = {"a": PRICES.format("1.5"), "b": OTHER, "c": "# New\n\n| x | y |\n|---|---|\n| 1 | z |\n"}


def in_views(out: str) -> list[Any]:
    """Return what readers of the tables and readers by the manifest see."""
    return [texts_of(in_iceberg(out)), texts_of(in_iceberg_by_manifest(out))]


def expected(texts: dict[str, str], folder: Path) -> list[Any]:
    return [texts_of(full_tables(texts, folder))] * 2


# -- the commit


class Killed(BaseException):
    pass


@pytest.mark.slow
@pytest.mark.parametrize("catalog", [glue_catalog, rest_catalog])
def test_other_catalogs_take_every_mode(
    catalog: Callable[[Path], AbstractContextManager[dict[str, str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "iceberg").mkdir()
    with catalog(tmp_path / "iceberg") as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        out = "iceberg://test/notes"
        convert(DOCUMENTS, out)
        assert in_views(out) == expected(DOCUMENTS, tmp_path / "new")
        convert(AFTER, out, "incremental")
        assert in_views(out) == expected(AFTER, tmp_path / "after")
        assert convert(AFTER, out, "incremental").outputs == []
        convert({"d": "# More\n"}, out, "append")
        assert in_views(out) == expected({**AFTER, "d": "# More\n"}, tmp_path / "more")
        convert({"a": PRICES.format("yes and no")}, out, "overwrite")
        assert in_views(out) == expected({"a": PRICES.format("yes and no")}, tmp_path / "last")
        with monkeypatch.context() as patch, pytest.raises(OutputError, match="another run wrote to it meanwhile"):
            overtake(patch, tmp_path)
            convert(DOCUMENTS, out, "incremental", maximum_removed="100%")
        assert in_views(out) == expected(AFTER, tmp_path / "won")


def overtake(patch: pytest.MonkeyPatch, folder: Path) -> None:
    """Let another run commit `AFTER` before the next one commits `_manifest`."""
    import converter.output.iceberg as module

    commit = module.Iceberg._commit

    def overtaken(self: module.Iceberg, *arguments: Any) -> None:
        patch.setattr(module.Iceberg, "_commit", commit)
        patch.setattr(module, "staging_place", lambda name: folder / "elsewhere")
        convert(AFTER, self.name, "incremental", maximum_removed="100%")
        commit(self, *arguments)

    patch.setattr(module.Iceberg, "_commit", overtaken)


def test_a_run_adds_at_most_one_snapshot_to_each_table(iceberg: str) -> None:
    convert(DOCUMENTS, iceberg)
    counts = {name: len(table.snapshots()) for name, table in iceberg_tables(iceberg).items()}
    assert counts["documents"] == counts["datasets/item__price"] == counts["_manifest"] == 1
    assert counts["footnotes"] == 0
    convert(AFTER, iceberg, "incremental")
    tables = iceberg_tables(iceberg)
    assert all(len(table.snapshots()) <= counts.get(name, 0) + 1 for name, table in tables.items())
    assert {snapshot.summary[RUN] for snapshot in tables["documents"].snapshots()} == {
        snapshot.summary[RUN] for snapshot in tables["_manifest"].snapshots()
    }


def test_a_failure_before_the_manifest_changes_nothing_that_is_seen(
    iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A column of another type and a new data set are in tables already, but neither is seen."""
    convert(DOCUMENTS, iceberg)
    views = in_views(iceberg)
    columns = {name: table.schema() for name, table in iceberg_tables(iceberg).items()}
    with monkeypatch.context() as patch:
        commit = "converter.output.iceberg.Iceberg._commit"
        patch.setattr(commit, lambda *arguments: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(OutputError, match=r"full; nothing of this run was kept"):
            convert({**AFTER, "a": PRICES.format("yes and no")}, iceberg, "overwrite")
    tables = iceberg_tables(iceberg)
    assert in_views(iceberg) == views
    assert {name: tables[name].schema() for name in columns} == columns
    assert tables["datasets/x__y"].current_snapshot() is None
    convert(AFTER, iceberg, "incremental")
    assert in_views(iceberg) == expected(AFTER, tmp_path / "full")


def test_the_next_run_lets_readers_see_what_a_killed_run_committed(
    iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert(DOCUMENTS, iceberg)
    before = texts_of(in_iceberg(iceberg))
    calls: list[Any] = []

    def move_some(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) > 2:
            raise Killed
        move_main(*arguments)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(iceberg_table, "move_main", move_some)
        convert(AFTER, iceberg, "incremental")
    after, by_manifest = expected(AFTER, tmp_path / "full")
    assert texts_of(in_iceberg(iceberg)) not in (before, after)  # the moment that only `_manifest` hides
    assert texts_of(in_iceberg_by_manifest(iceberg)) == by_manifest
    target = find_target(iceberg, None)
    assert target is not None
    for name in ("documents", "sections", "cells", "problems"):
        rows = pa.Table.from_batches(target.read(name), RECORDS[name].schema)
        assert texts_of({name: rows}).get(name) == by_manifest.get(name), name
    report = convert(AFTER, iceberg, "incremental")
    assert report.skipped == 3 and report.outputs == []
    assert in_views(iceberg) == [after, by_manifest]


def test_of_two_runs_at_once_one_wins(iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other run commits at the last moment before `_manifest`; then its rows and columns stay."""
    convert(DOCUMENTS, iceberg)
    overtake(monkeypatch, tmp_path)
    with pytest.raises(OutputError, match="another run wrote to it meanwhile, and nothing") as error:
        convert({**DOCUMENTS, "z": "# Loser\n"}, iceberg, "incremental")
    assert error.value.code == "output_busy"
    assert in_views(iceberg) == expected(AFTER, tmp_path / "full")
    convert({**AFTER, "z": "# Next\n"}, iceberg, "incremental")
    assert in_views(iceberg) == expected({**AFTER, "z": "# Next\n"}, tmp_path / "next")


def test_of_two_first_runs_one_wins(iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    overtake(monkeypatch, tmp_path)
    with pytest.raises(OutputError, match="another run wrote to it meanwhile, and nothing"):
        convert({**DOCUMENTS, "z": "# Loser\n"}, iceberg)
    assert in_views(iceberg) == expected(AFTER, tmp_path / "full")


def test_a_slow_run_does_not_undo_a_later_one(iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run stops between `_manifest` and the main branches, another one completes both, and the first goes on."""
    import converter.output.iceberg as module

    convert(DOCUMENTS, iceberg)
    move = module.Iceberg._move
    last = {**AFTER, "z": "# Later\n"}

    def overtaken(self: module.Iceberg, *arguments: Any) -> None:
        monkeypatch.setattr(module.Iceberg, "_move", move)
        monkeypatch.setattr(module, "staging_place", lambda name: tmp_path / "elsewhere")
        convert(last, iceberg, "incremental")
        move(self, *arguments)

    monkeypatch.setattr(module.Iceberg, "_move", overtaken)
    convert(AFTER, iceberg, "incremental")
    assert in_views(iceberg) == expected(last, tmp_path / "full")
    assert convert(last, iceberg, "incremental").skipped == 4
    assert in_views(iceberg) == expected(last, tmp_path / "again")


def test_a_run_completes_no_run_that_a_later_one_replaced(
    iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run finds one that was killed before its main branches moved; before it moves them, another one does it all."""
    import converter.output.iceberg as module

    convert(DOCUMENTS, iceberg)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(iceberg_table, "move_main", lambda *arguments: (_ for _ in ()).throw(Killed))
        convert(AFTER, iceberg, "incremental")
    main = module.Iceberg._main
    last = {**AFTER, "z": "# Later\n"}

    def overtaken(self: module.Iceberg, name: str) -> Any:
        monkeypatch.setattr(module.Iceberg, "_main", main)
        monkeypatch.setattr(module, "staging_place", lambda name: tmp_path / "elsewhere")
        convert(last, iceberg, "incremental")
        return main(self, name)

    monkeypatch.setattr(module.Iceberg, "_main", overtaken)
    with pytest.raises(OutputError, match="another run wrote to it meanwhile"):
        convert({**AFTER, "y": "# Slow\n"}, iceberg, "incremental")
    assert in_views(iceberg) == expected(last, tmp_path / "full")


def test_a_commit_of_others_in_the_last_moment_is_said_and_replaced(
    iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert(DOCUMENTS, iceberg)

    def interfere(table: Any, *arguments: Any) -> None:
        if table.name()[-1] == "documents":
            iceberg_tables(iceberg)["documents"].delete("source = 'b'")
        move_main(table, *arguments)

    with (
        monkeypatch.context() as patch,
        pytest.raises(OutputError, match=r"another program .* the new output is in place"),
    ):
        patch.setattr(iceberg_table, "move_main", interfere)
        convert(AFTER, iceberg, "incremental")
    convert(AFTER, iceberg, "incremental")
    assert in_views(iceberg) == expected(AFTER, tmp_path / "full")


def test_a_lost_answer_to_the_commit_of_the_manifest_is_found_out(
    iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit_table = SqlCatalog.commit_table

    def commit(self: SqlCatalog, table: Any, *arguments: Any) -> Any:
        response = commit_table(self, table, *arguments)
        if table.name()[-1] == "_manifest" and "assert-ref-snapshot-id" in str(arguments) and not lost:
            lost.append(table)
            raise OSError("the connection was reset")
        return response

    lost: list[Any] = []
    monkeypatch.setattr(SqlCatalog, "commit_table", commit)
    convert(DOCUMENTS, iceberg)
    assert lost and in_views(iceberg) == expected(DOCUMENTS, tmp_path / "full")


def test_an_unknown_outcome_is_said(iceberg: str, monkeypatch: pytest.MonkeyPatch) -> None:
    commit_table = SqlCatalog.commit_table

    def fail(*arguments: Any) -> Any:
        raise OSError("no route to host")

    def commit(self: SqlCatalog, table: Any, *arguments: Any) -> Any:
        if table.name()[-1] == "_manifest":
            monkeypatch.setattr(SqlCatalog, "list_tables", fail)
            fail()
        return commit_table(self, table, *arguments)

    monkeypatch.setattr(SqlCatalog, "commit_table", commit)
    with pytest.raises(OutputError, match=r"no route to host; it is unknown whether .* if _manifest names") as error:
        convert(DOCUMENTS, iceberg)
    assert "nothing of this run was kept" not in str(error.value)


def test_a_table_that_others_dropped_is_made_anew(
    iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if the last run was killed before it let readers see its rows."""
    convert(DOCUMENTS, iceberg)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(iceberg_table, "move_main", lambda *arguments: (_ for _ in ()).throw(Killed))
        convert(AFTER, iceberg, "incremental")
    iceberg_catalog().drop_table("notes.links")
    convert(AFTER, iceberg, "overwrite")
    assert in_views(iceberg) == expected(AFTER, tmp_path / "full")


def test_an_error_after_the_commit_says_so(iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    convert(DOCUMENTS, iceberg)
    with (
        monkeypatch.context() as patch,
        pytest.raises(OutputError, match=r"gone; the new output is in place by _m"),
    ):
        patch.setattr(iceberg_table, "move_main", lambda *arguments: (_ for _ in ()).throw(OSError("gone")))
        convert(AFTER, iceberg, "incremental")
    convert(AFTER, iceberg, "incremental")
    assert in_views(iceberg) == expected(AFTER, tmp_path / "full")


# -- what others do


def test_what_others_change_between_runs_stays(iceberg: str, tmp_path: Path) -> None:
    convert(DOCUMENTS, iceberg)
    documents = iceberg_tables(iceberg)["documents"]
    documents.overwrite(documents.scan().to_arrow())  # as compaction does
    with documents.update_schema() as update:
        update.add_column("note", StringType())
    convert({**DOCUMENTS, "c": "# New\n"}, iceberg, "incremental")
    documents = iceberg_tables(iceberg)["documents"]
    assert "note" in documents.schema().column_names and documents.scan().to_arrow()["note"].null_count == 3
    rows = {
        name: table.drop_columns("note") if name == "documents" else table
        for name, table in in_iceberg(iceberg).items()
    }
    assert [texts_of(rows)] * 2 == expected({**DOCUMENTS, "c": "# New\n"}, tmp_path / "full")


def test_a_change_of_others_during_a_run_refuses_the_run(iceberg: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import converter.output.iceberg as module

    convert(DOCUMENTS, iceberg)
    add_snapshots = module.Iceberg._add_snapshots

    def interfere(self: module.Iceberg, *arguments: Any) -> Any:
        result = add_snapshots(self, *arguments)
        iceberg_tables(iceberg)["documents"].delete("source = 'b'")
        return result

    with monkeypatch.context() as patch, pytest.raises(OutputError, match="nothing of this run was kept"):
        patch.setattr(module.Iceberg, "_add_snapshots", interfere)
        convert(AFTER, iceberg, "incremental")
    assert iceberg_tables(iceberg)["documents"].scan().to_arrow()["source"].to_pylist() == ["a"]


@pytest.mark.parametrize("name", ["cells", "_manifest"])
def test_tables_of_others_are_never_touched(iceberg: str, name: str) -> None:
    catalog = iceberg_catalog()
    catalog.create_namespace("notes")
    rows = pa.table({"x": pa.array([1], pa.int32())})
    catalog.create_table(f"notes.{name}", rows.schema).append(rows)
    for mode in get_args(Mode)[:2]:
        with pytest.raises(OutputError, match=f"already holds {name}"):
            convert(DOCUMENTS, iceberg, mode)
    assert iceberg_tables(iceberg).keys() == {name}
    assert iceberg_tables(iceberg)[name].scan().to_arrow()["x"].to_pylist() == [1]


def test_a_table_no_longer_written_is_emptied_and_keeps_its_columns_and_history(iceberg: str) -> None:
    convert(DOCUMENTS, iceberg)
    sections = iceberg_tables(iceberg)["sections"]
    convert(DOCUMENTS, iceberg, "overwrite", records=["documents"])
    emptied = iceberg_tables(iceberg)["sections"]
    assert emptied.scan().to_arrow().num_rows == 0 and emptied.schema() == sections.schema()
    assert emptied.scan(snapshot_id=main_of(sections)).to_arrow().num_rows == 4
    convert(DOCUMENTS, iceberg, "overwrite")
    assert iceberg_tables(iceberg)["sections"].scan().to_arrow().num_rows == 4


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
        assert in_views(iceberg) == expected({"a": table.format(low, high)}, tmp_path / str(number))
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
    return catalog.create_table_if_not_exists("notes.t", documented(schema))


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
    assert cast(batch, pa.schema([("x", stored)])).to_pydict() == {"x": [result, None]}


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
    snapshot = add_snapshot(table, schema, [cast(batch, documented(schema))], {})
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

    def broken() -> Any:
        yield from pa.table({"x": range(10)}).to_batches()
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        add_snapshot(table, schema, broken(), {})
    assert len([*(tmp_path / "iceberg").rglob("data/*.parquet")]) == 1


# -- names


@pytest.mark.parametrize(
    "out",
    [
        "notes",
        "iceberg://",
        "iceberg://test",
        "iceberg://test/",
        "iceberg://test/a/b",
        "iceberg://u:p@test/a",
        "iceberg://test/a..",
    ],
)
def test_an_address_names_a_catalog_and_a_namespace(iceberg: str, out: str) -> None:
    with pytest.raises(UsageError, match="iceberg://CATALOG/NAMESPACE"):
        find_target(out, "iceberg")


def test_catalogs_of_one_name_are_staged_apart(iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def place() -> Path:
        target = find_target(iceberg, None)
        assert target is not None
        return target.place

    places = [place()]
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    places.append(place())
    monkeypatch.setenv("PYICEBERG_CATALOG__TEST__URI", "http://127.0.0.1:1")
    places.append(place())
    monkeypatch.setenv("PYICEBERG_CATALOG__TEST__WAREHOUSE", "other")
    places.append(place())
    assert len({*places}) == 4
    monkeypatch.chdir(tmp_path)
    assert place() == places[-1]


def test_an_unknown_catalog_says_how_to_define_it(iceberg: str) -> None:
    with pytest.raises(UsageError, match="PYICEBERG_CATALOG__MY_LAKE__URI"):
        find_target("iceberg://my-lake/notes", None)


def test_namespaces_can_be_nested(iceberg: str) -> None:
    convert(DOCUMENTS, "iceberg://test/raw.notes")
    assert len(in_iceberg("iceberg://test/raw.notes")["documents"]) == 2
    assert len(in_iceberg("iceberg://test/raw.notes")["datasets/item__price"]) == 2


def test_messages_hold_no_passwords(iceberg: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYICEBERG_CATALOG__TEST__URI", "http://me:secret@127.0.0.1:1/catalog?token=secret")
    with pytest.raises(OutputError) as error:
        convert(DOCUMENTS, iceberg)
    assert "secret" not in str(error.value) and "nothing of this run was kept" in str(error.value)


def test_the_manifest_names_the_snapshots(iceberg: str) -> None:
    convert(DOCUMENTS, iceberg)
    tables = iceberg_tables(iceberg)
    (row,) = tables["_manifest"].scan().to_arrow().to_pylist()
    assert json.loads(row["snapshots"]) == {
        name: main_of(table) for name, table in tables.items() if name != "_manifest"
    }
    assert {file["path"] for file in json.loads(row["manifest"])["files"]} == json.loads(row["snapshots"]).keys()
