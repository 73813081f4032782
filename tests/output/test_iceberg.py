"""Iceberg: no reader sees a part of a run, and two runs do not mix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog.sql import SqlCatalog

import converter.output.iceberg as iceberg_module
from converter.errors import OutputError
from converter.output import find_target, iceberg_table
from converter.output.iceberg import RUN
from converter.output.iceberg_table import move_main
from converter.records import RECORDS
from tests.support.catalogs import glue_catalog, rest_catalog
from tests.support.places import (
    AFTER,
    DOCUMENTS,
    PRICES,
    convert,
    expected_rows,
    iceberg_catalog,
    iceberg_tables,
    in_iceberg,
    in_iceberg_by_manifest,
    in_views,
    texts_of,
)


class Kill(BaseException):
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
        assert in_views(out) == expected_rows(DOCUMENTS, tmp_path / "new")
        convert(AFTER, out, "incremental")
        assert in_views(out) == expected_rows(AFTER, tmp_path / "after")
        assert convert(AFTER, out, "incremental").outputs == []
        convert({"d": "# More\n"}, out, "append")
        assert in_views(out) == expected_rows({**AFTER, "d": "# More\n"}, tmp_path / "more")
        convert({"a": PRICES.format("yes and no")}, out, "overwrite")
        assert in_views(out) == expected_rows({"a": PRICES.format("yes and no")}, tmp_path / "last")
        with monkeypatch.context() as patch, pytest.raises(OutputError, match="another run wrote to it meanwhile"):
            overtake(patch, tmp_path)
            convert(DOCUMENTS, out, "incremental", maximum_removed="100%")
        assert in_views(out) == expected_rows(AFTER, tmp_path / "won")


def overtake(
    patch: pytest.MonkeyPatch, folder: Path, method: str = "_commit", texts: Mapping[str, str] = AFTER
) -> None:
    """Let another run write these texts before the next call of a method, by default the commit of `_manifest`."""
    call = getattr(iceberg_module.Iceberg, method)

    def overtaken(self: iceberg_module.Iceberg, *arguments: Any) -> Any:
        patch.setattr(iceberg_module.Iceberg, method, call)
        patch.setattr(iceberg_module, "staging_place", lambda name: folder / "elsewhere")
        convert(dict(texts), self.name, "incremental", maximum_removed="100%")
        return call(self, *arguments)

    patch.setattr(iceberg_module.Iceberg, method, overtaken)


def convert_until_main_moves(out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Convert `AFTER` in a run that is killed when `_manifest` is committed, and no main branch has moved yet."""

    def kill(*_: Any) -> None:
        raise Kill

    with monkeypatch.context() as patch, pytest.raises(Kill):
        patch.setattr(iceberg_table, "move_main", kill)
        convert(AFTER, out, "incremental")


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
    assert in_views(iceberg) == expected_rows(AFTER, tmp_path / "full")


def test_the_next_run_lets_readers_see_what_a_killed_run_committed(
    iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    convert(DOCUMENTS, iceberg)
    before = texts_of(in_iceberg(iceberg))
    calls: list[Any] = []

    def move_some(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) > 2:
            raise Kill
        move_main(*arguments)

    with monkeypatch.context() as patch, pytest.raises(Kill):
        patch.setattr(iceberg_table, "move_main", move_some)
        convert(AFTER, iceberg, "incremental")
    after, by_manifest = expected_rows(AFTER, tmp_path / "full")
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
    assert in_views(iceberg) == expected_rows(AFTER, tmp_path / "full")
    convert({**AFTER, "z": "# Next\n"}, iceberg, "incremental")
    assert in_views(iceberg) == expected_rows({**AFTER, "z": "# Next\n"}, tmp_path / "next")


@pytest.mark.parametrize("loses", [True, False])
def test_a_run_whose_snapshot_is_overtaken_says_so(
    loses: bool, iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run adds a snapshot to a table while this one writes its files, before either commits `_manifest`; a
    table that nobody changed is no reason to say so."""
    convert(DOCUMENTS, iceberg)
    views = in_views(iceberg)
    write_files = iceberg_table._write_files

    def overtaken(table: Any, batches: Any) -> Any:
        files = write_files(table, batches)
        monkeypatch.setattr(iceberg_table, "_write_files", write_files)
        if not loses:
            commit = SqlCatalog.commit_table

            def fail(*_: Any) -> Any:
                monkeypatch.setattr(SqlCatalog, "commit_table", commit)
                raise ValueError("a fault of its own")

            monkeypatch.setattr(SqlCatalog, "commit_table", fail)
            return files
        other = iceberg_catalog().load_table(table.name())
        iceberg_table.add_snapshot(other, None, iter(()), {RUN: "another"})
        return files

    monkeypatch.setattr(iceberg_table, "_write_files", overtaken)
    with pytest.raises(OutputError) as error:
        convert(AFTER, iceberg, "incremental")
    assert error.value.code == ("output_busy" if loses else "output"), str(error.value)
    assert in_views(iceberg) == views
    convert(AFTER, iceberg, "incremental")
    assert in_views(iceberg) == expected_rows(AFTER, tmp_path / "full")


def test_of_two_first_runs_one_wins(iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    overtake(monkeypatch, tmp_path)
    with pytest.raises(OutputError, match="another run wrote to it meanwhile, and nothing"):
        convert({**DOCUMENTS, "z": "# Loser\n"}, iceberg)
    assert in_views(iceberg) == expected_rows(AFTER, tmp_path / "full")


def test_a_slow_run_does_not_undo_a_later_one(iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run stops between `_manifest` and the main branches, another one completes both, and the first goes on."""
    last = {**AFTER, "z": "# Later\n"}
    convert(DOCUMENTS, iceberg)
    overtake(monkeypatch, tmp_path, "_move", last)
    convert(AFTER, iceberg, "incremental")
    assert in_views(iceberg) == expected_rows(last, tmp_path / "full")
    assert convert(last, iceberg, "incremental").skipped == 4
    assert in_views(iceberg) == expected_rows(last, tmp_path / "again")


def test_a_run_completes_no_run_that_a_later_one_replaced(
    iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run finds one that was killed before its main branches moved; before it moves them, another one does it all."""
    last = {**AFTER, "z": "# Later\n"}
    convert(DOCUMENTS, iceberg)
    convert_until_main_moves(iceberg, monkeypatch)
    overtake(monkeypatch, tmp_path, "_main", last)
    with pytest.raises(OutputError, match="another run wrote to it meanwhile"):
        convert({**AFTER, "y": "# Slow\n"}, iceberg, "incremental")
    assert in_views(iceberg) == expected_rows(last, tmp_path / "full")


def test_a_commit_of_others_in_the_last_moment_is_reported_and_replaced(
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
    assert in_views(iceberg) == expected_rows(AFTER, tmp_path / "full")


@pytest.mark.parametrize("error", [OSError("the connection was reset"), ValueError("no JSON")], ids=repr)
def test_a_lost_answer_to_the_commit_of_the_manifest_is_found_out(
    error: Exception, iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit_table = SqlCatalog.commit_table

    def commit(self: SqlCatalog, table: Any, *arguments: Any) -> Any:
        response = commit_table(self, table, *arguments)
        if table.name()[-1] == "_manifest" and "assert-ref-snapshot-id" in str(arguments) and not lost_answers:
            lost_answers.append(table)
            raise error
        return response

    lost_answers: list[Any] = []
    monkeypatch.setattr(SqlCatalog, "commit_table", commit)
    convert(DOCUMENTS, iceberg)
    assert lost_answers and in_views(iceberg) == expected_rows(DOCUMENTS, tmp_path / "full")


def test_an_unknown_outcome_is_reported(iceberg: str, monkeypatch: pytest.MonkeyPatch) -> None:
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
    convert_until_main_moves(iceberg, monkeypatch)
    iceberg_catalog().drop_table("notes.links")
    convert(AFTER, iceberg, "overwrite")
    assert in_views(iceberg) == expected_rows(AFTER, tmp_path / "full")


def test_an_error_after_the_commit_says_so(iceberg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    convert(DOCUMENTS, iceberg)
    with (
        monkeypatch.context() as patch,
        pytest.raises(OutputError, match=r"gone; the new output is in place by _m"),
    ):
        patch.setattr(iceberg_table, "move_main", lambda *arguments: (_ for _ in ()).throw(OSError("gone")))
        convert(AFTER, iceberg, "incremental")
    convert(AFTER, iceberg, "incremental")
    assert in_views(iceberg) == expected_rows(AFTER, tmp_path / "full")
