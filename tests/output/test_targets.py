"""Databases as targets: same rows as in Parquet, atomic commits, resumed outputs, foreign tables left alone."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import adbc_driver_postgresql.dbapi as postgres
import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given, settings

from converter.config import Options
from converter.engine.run import write_target
from converter.errors import OutputError, UsageError
from converter.output import Mode, Output, find_target, target
from converter.output.postgres import Postgres
from converter.output.postgres_values import encode
from tests.support.combinations import ALL
from tests.support.commands import COMMAND, ENVIRONMENT, run
from tests.support.documents import EDITS, TEXTS, TYPED
from tests.support.places import (
    KINDS,
    Place,
    Rows,
    as_delta,
    convert,
    full_tables,
    in_delta,
    in_duckdb,
    in_folder,
    in_iceberg,
    in_iceberg_by_manifest,
    in_postgres,
    sources,
    texts_of,
)

DOCUMENTS = {str(number): text for number, text in enumerate([*TEXTS, TYPED])}

# -- the content of a target, read by its own client


# -- the same rows


def test_each_record_and_data_set_equals_the_parquet_output(place: Place, tmp_path: Path) -> None:
    out, read = place
    report = convert(DOCUMENTS, out)
    expected = full_tables(DOCUMENTS, tmp_path / "full")
    types = {str(type) for name, table in expected.items() if "/" in name for type in table.schema.types}
    assert {"bool", "int64", "double", "date32[day]", "time64[us]", "duration[us]", "timestamp[us]"} <= types
    assert any("decimal" in type for type in types)
    if read is in_delta:
        expected = as_delta(expected)
    rows = texts_of(read(out))
    assert rows.keys() == texts_of(expected).keys()
    for name, lines in texts_of(expected).items():
        assert rows[name] == lines, name
    assert report.rows == {name: table.num_rows for name, table in expected.items() if "/" not in name}


def check_edits(
    out: str, read: Callable[[str], dict[str, pa.Table]], tmp_path: Path, states: list[dict[str, str]]
) -> None:
    has_output = False
    for number, texts in enumerate(states):
        report = convert(texts, out, "incremental", maximum_removed="100%")
        expected = full_tables(texts, tmp_path / f"full{number}")
        if has_output := has_output or report.documents > 0:
            assert texts_of(read(out)) == texts_of(as_delta(expected) if read is in_delta else expected)
            next_report = convert(texts, out, "incremental", maximum_removed="100%")
            assert (next_report.documents, next_report.skipped, next_report.rows) == (
                0,
                report.documents + report.skipped,
                report.rows,
            )
            assert next_report.problem_codes == report.problem_codes and next_report.outputs == []


@pytest.mark.slow
@given(EDITS)
@example([{"d": TEXTS[2], "e": TEXTS[3]}, {"e": TEXTS[3]}])  # only the order of the columns of a data set changes
@settings(max_examples=8 if ALL else 4, deadline=None)
def test_incremental_equals_a_full_run_in_duckdb(
    tmp_path_factory: pytest.TempPathFactory, states: list[dict[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("run")
    check_edits(str(folder / "out.duckdb"), in_duckdb, folder, states)


def test_incremental_equals_a_full_run(place: Place, tmp_path: Path) -> None:
    keys = list(DOCUMENTS)
    states = [
        DOCUMENTS,
        {key: DOCUMENTS[key] for key in keys[2:]},
        {key: DOCUMENTS[source_key] for key, source_key in zip(keys, keys[::-1], strict=True)},
        {"0": TEXTS[0]},
        DOCUMENTS,
    ]
    check_edits(*place, tmp_path, states)


def test_append_merges_documents_and_overwrite_replaces_them(place: Place, tmp_path: Path) -> None:
    out, read = place
    convert({"a": TEXTS[0], "b": TEXTS[1]}, out, "append")
    report = convert({"b": TEXTS[2], "c": TEXTS[3]}, out, "append")
    assert texts_of(read(out)) == texts_of(
        full_tables({"a": TEXTS[0], "b": TEXTS[2], "c": TEXTS[3]}, tmp_path / "full")
    )
    assert (report.documents, report.skipped, report.removed) == (2, 0, 0)
    with pytest.raises(OutputError, match="`incremental`"):
        convert({"a": TEXTS[0]}, out)
    convert({"a": TEXTS[3]}, out, "overwrite", records=["documents", "sections"])
    lines_of = {name: rows for name, rows in texts_of(read(out)).items() if rows}
    assert lines_of.keys() == {"documents", "sections"} and len(lines_of["documents"]) == 1
    with pytest.raises(OutputError, match="other options"):
        convert({"a": TEXTS[0]}, out, "append")


@pytest.mark.parametrize("place", KINDS[1:], indirect=True)
def test_two_runs_on_two_machines_do_not_mix(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, read = place
    convert({"a": TEXTS[0]}, out)
    slow_target = find_target(out, None)
    assert slow_target is not None
    slow_target.place = tmp_path / "elsewhere"  # on the same machine, the stage of one run would lock out the other
    keep = slow_target.keep

    def keep_late(*arguments: Any) -> Any:
        convert({"a": TEXTS[1]}, out, "incremental")
        return keep(*arguments)

    monkeypatch.setattr(slow_target, "keep", keep_late)
    with pytest.raises(OutputError, match="another run"):
        write_target(sources({"b": TEXTS[2]}), slow_target, Output(mode="append"), Options())
    assert texts_of(read(out)) == texts_of(full_tables({"a": TEXTS[1]}, tmp_path / "full"))


# -- foreign tables


def test_foreign_tables_are_never_touched(tmp_path: Path) -> None:
    out = str(tmp_path / "out.duckdb")
    with duckdb.connect(out) as connection:
        connection.execute("create table mine as select 1 as x; create table cells as select 2 as x")
    for mode in get_args(Mode):
        with pytest.raises(OutputError, match="already holds cells"):
            convert(DOCUMENTS, out, mode)
    with duckdb.connect(out) as connection:
        connection.execute("drop table cells; create schema datasets; create table datasets.a__b as select 3 as x")
    with pytest.raises(OutputError, match="already holds datasets/a__b"):
        convert(DOCUMENTS, out)
    with duckdb.connect(out) as connection:
        connection.execute("alter table datasets.a__b rename to other")
    for mode in get_args(Mode)[:2]:
        convert(DOCUMENTS, out, mode)
    with duckdb.connect(out) as connection:
        assert connection.execute("from mine").fetchall() == [(1,)]
        assert connection.execute("from datasets.other").fetchall() == [(3,)]


@pytest.mark.slow
def test_foreign_schemas_are_never_touched(server: str) -> None:
    schema = f"s{random.getrandbits(40):x}"
    with postgres.connect(server, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f"create schema {schema}")
        cursor.execute(f"create table {schema}.mine as select 1 as x")
        cursor.execute(f"create table {schema}.cells as select 1 as x")
        out = f"{server}&schema={schema}"
        with pytest.raises(OutputError, match="already holds cells"):
            convert(DOCUMENTS, out, "overwrite")
        cursor.execute(f"drop table {schema}.cells")
        convert(DOCUMENTS, out)
        cursor.execute(f"create view {schema}.of_mine as select title from {schema}.sections")
        convert({"a": TYPED}, out, "incremental", maximum_removed="100%")
        convert(DOCUMENTS, out, "overwrite")
        cursor.execute(f"select x from {schema}.mine")
        assert cursor.fetchall() == [(1,)]
        cursor.execute(f"select (select count(*) from {schema}.of_mine) = (select count(*) from {schema}.sections)")
        assert cursor.fetchall() == [(True,)]


def test_foreign_folders_are_never_touched(tmp_path: Path) -> None:
    (tmp_path / "root" / "cells").mkdir(parents=True)
    for mode in get_args(Mode)[:2]:
        with pytest.raises(OutputError, match="already holds cells"):
            convert(DOCUMENTS, f"delta://{tmp_path}/root", mode)
    (tmp_path / "root" / "cells").rename(tmp_path / "root" / "other")
    convert(DOCUMENTS, f"delta://{tmp_path}/root")
    assert (tmp_path / "root" / "other").is_dir()


# -- keys, views, descriptions


def test_duckdb_has_keys_views_and_descriptions(tmp_path: Path) -> None:
    convert(DOCUMENTS, str(tmp_path / "out.duckdb"))
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as connection:
        keys = connection.execute(
            "select table_name, constraint_column_names from duckdb_constraints() where constraint_type = 'PRIMARY KEY'"
        ).fetchall()
        assert ("cells", ["doc_id", "table_id", "row", "column"]) in keys and len(keys) == 12
        assert connection.execute("select title, path from section_text where level = 1 order by 1").fetchall() == [
            ("A 'title' with \"marks\"", "A 'title' with \"marks\""), ("One", "One")
        ]  # fmt: skip
        assert connection.execute("select label, value from labelled_items").fetchall() == [("label", "value")]
        assert connection.execute("select count(*) from table_cells").fetchall()[0][0] > 20
        comments = connection.execute("select comment from duckdb_columns() where column_name = 'price'").fetchall()
        assert comments == [("price [$]",)]


@pytest.mark.slow
def test_postgres_has_keys_and_views(server: str) -> None:
    schema = f"s{random.getrandbits(40):x}"
    convert(DOCUMENTS, f"{server}&schema={schema}")
    with postgres.connect(server) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select contype::text, count(*) from pg_constraint "
            f"where connamespace = '{schema}'::regnamespace group by 1"
        )
        kinds = dict(cursor.fetchall())
        assert kinds["p"] == 12 and kinds["f"] > 20
        cursor.execute(f"select label, value from {schema}.labelled_items")
        assert cursor.fetchall() == [("label", "value")]


# -- faults


def test_an_invalid_target_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.duckdb").write_text("no database" * 1000)
    with pytest.raises(OutputError, match="not a valid DuckDB"):
        convert(DOCUMENTS, str(tmp_path / "a.duckdb"), "overwrite")
    with duckdb.connect(str(tmp_path / "b.duckdb")) as connection:
        connection.execute("create table _manifest as select 'x' as manifest")
    with pytest.raises(OutputError, match="not a manifest"):
        convert(DOCUMENTS, str(tmp_path / "b.duckdb"), "overwrite")
    with pytest.raises(OutputError, match=r"^postgresql://127\.0\.0\.1:1/x\?schema=parquetry: .*refused.*kept$"):
        convert(DOCUMENTS, "postgresql://me:secret@127.0.0.1:1/x")
    with pytest.raises(UsageError, match="postgresql://"):
        Postgres("somewhere")
    with pytest.raises(UsageError, match="delta://FOLDER"):
        find_target("delta://", None)
    for out, to in (("a.duckdb", "csv"), ("postgresql://host/name", "parquet"), ("delta://lake", "duckdb")):
        with pytest.raises(UsageError, match="is an output to"):
            find_target(out, to)
    with pytest.raises(UsageError, match="`partition_by` needs an output folder"):
        convert(DOCUMENTS, str(tmp_path / "c.duckdb"), partition_by=("lang",))


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail_import(name: str) -> None:
        raise ModuleNotFoundError(name=name.partition(".")[0])

    monkeypatch.setattr(target, "import_module", fail_import)
    for module, extra in (
        ("duckdb", "duckdb"),
        ("deltalake", "delta"),
        ("pyiceberg.catalog", "iceberg"),
        ("adbc_driver_postgresql.dbapi", "postgres"),
    ):
        with pytest.raises(UsageError, match=rf"pip install 'parquetry\[{extra}\]'"):
            target.import_extra(module, extra)


@pytest.mark.parametrize("commits", [1, 4, 11, 14])
def test_a_run_killed_between_delta_commits_is_undone_by_the_next(
    tmp_path: Path, commits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = f"delta://{tmp_path / 'root'}"
    convert(DOCUMENTS, out)

    class Kill(BaseException):
        pass

    import converter.output.delta as module

    calls: list[Any] = []
    storable = module.storable

    def storable_some(rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
        calls.append(rows)
        if len(calls) > commits:
            raise Kill
        return storable(rows)

    monkeypatch.setattr(module, "storable", storable_some)
    edited_documents = {**DOCUMENTS, "0": TEXTS[1], "9": TEXTS[3]}
    del edited_documents["2"]
    with pytest.raises(Kill):
        convert(edited_documents, out, "incremental")
    monkeypatch.undo()
    last_documents = {**edited_documents, "5": "last\n"}
    convert(last_documents, out, "incremental")
    assert texts_of(in_delta(out)) == texts_of(as_delta(full_tables(last_documents, tmp_path / "full")))


def test_a_first_run_killed_between_delta_commits_is_undone_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The root existed already, so the run could not create it in one step."""
    (tmp_path / "root" / "other").mkdir(parents=True)
    import converter.output.delta as module

    storable = module.storable
    calls: list[Any] = []

    def storable_some(rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
        calls.append(rows)
        if len(calls) > 5:
            raise KeyboardInterrupt
        return storable(rows)

    monkeypatch.setattr(module, "storable", storable_some)
    with pytest.raises(KeyboardInterrupt):
        convert(DOCUMENTS, f"delta://{tmp_path}/root")
    monkeypatch.undo()
    convert({"a": TEXTS[1]}, f"delta://{tmp_path}/root")
    expected = texts_of(full_tables({"a": TEXTS[1]}, tmp_path / "full"))
    assert texts_of(in_delta(f"delta://{tmp_path}/root")) == expected


def test_the_command_line_writes_databases(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(TYPED)
    result = run("convert", "a.md", "-o", "lake", "--to", "delta", cwd=tmp_path, code=0)
    assert b"written to .: lake" in result.stderr
    assert b"1 unchanged" in run("convert", "a.md", "-o", "delta://lake", "--incremental", cwd=tmp_path, code=0).stderr
    run("convert", "a.md", "-o", "new/x.duckdb", cwd=tmp_path, code=0)
    with duckdb.connect(str(tmp_path / "new" / "x.duckdb")):
        assert b"lock" in run("convert", "a.md", "-o", "new/x.duckdb", "--append", cwd=tmp_path, code=1).stderr
    assert b"-o" in run("convert", "a.md", "--to", "duckdb", cwd=tmp_path, code=2).stderr
    assert b"leave" in run("convert", "a.md", "-o", "y.duckdb", "--partition-by", "x", cwd=tmp_path, code=2).stderr
    assert b"a.md: " in run("convert", "a.md", "-o", "a.md", "--to", "delta", cwd=tmp_path, code=2).stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.md", "lake", "new"]


def test_nul_characters_are_replaced_for_postgres() -> None:
    texts = ["a\0", None, "\\u0000"]
    maps = pa.array([[("k", text)] for text in texts], pa.map_(pa.string(), pa.string()))
    stored_texts = encode(maps).storage.to_pylist()
    assert [json.loads(text) for text in stored_texts] == [{"k": "a\ufffd"}, {"k": None}, {"k": "\\u0000"}]
    assert encode(pa.array(texts)).to_pylist() == ["a\ufffd", None, "\\u0000"]
    assert encode(pa.array([texts, None])).to_pylist() == [["a\ufffd", None, "\\u0000"], None]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "kills"),
    [("duckdb", 4 if ALL else 2), ("postgres", 3 if ALL else 2), ("delta", 3 if ALL else 2),
     ("iceberg", 3 if ALL else 2)], indirect=["place"],
)  # fmt: skip
def test_a_killed_run_leaves_a_database_in_its_old_or_new_state(place: Place, kills: int, tmp_path: Path) -> None:
    """SIGKILL at random moments of first, incremental and overwriting runs; PARQUETRY_ALL=1 kills more of them."""
    out, read = place
    (tmp_path / "in").mkdir()
    chance = random.Random(7)

    def start_conversion(out: str, *options: str) -> subprocess.Popen[bytes]:
        command = [*COMMAND, "convert", "in", "-o", out, "-q", "-j", "1", *options]
        return subprocess.Popen(command, cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.DEVNULL)

    previous_rows: Rows = {}
    expected_rows: Rows = {}
    kill_count = 0
    for number in range(kills):
        for name in chance.sample(range(400), 150):
            (tmp_path / "in" / f"{name}.md").write_text(chance.choice(TEXTS[:4]) * chance.randint(1, 9))
        start = time.monotonic()
        assert start_conversion(f"full{number}").wait(120) == 0
        duration = time.monotonic() - start
        expected_rows = texts_of(in_folder(tmp_path / f"full{number}"))
        if read is in_delta:
            expected_rows = texts_of(as_delta(in_folder(tmp_path / f"full{number}")))
        process = start_conversion(out, ("--incremental", "--overwrite")[number % 2])
        time.sleep(chance.uniform(0.2, 1.1) * duration)  # a database takes longer than a folder
        process.send_signal(signal.SIGKILL)
        kill_count += process.wait() == -signal.SIGKILL
        if read is not in_delta:  # Delta: only the table versions that `_manifest` names count
            read_now = in_iceberg_by_manifest if read is in_iceberg else read  # not all tables at the same moment
            current_rows = texts_of(read_now(out)) if not out.endswith(".duckdb") or Path(out).exists() else {}
            assert current_rows in (previous_rows, expected_rows)
            previous_rows = current_rows
    assert start_conversion(out, "--incremental").wait(120) == 0
    assert texts_of(read(out)) == expected_rows
    assert kill_count >= kills / 2
    entries = [path.name for path in tmp_path.iterdir() if "full" not in path.name and path.name != "in"]
    assert len(entries) == (read is not in_postgres)
