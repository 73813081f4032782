"""Shared databases: objects of other users on Parquetry's tables survive every run, or are named (T10, T27)."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from converter.errors import OutputError
from converter.output import Manifest, Mode
from tests.support.places import (
    DOCUMENTS,
    FLOATS,
    OTHER,
    PRICES,
    Client,
    as_delta,
    convert,
    full_tables,
    in_delta,
    in_duckdb,
    in_postgres,
    texts_of,
)

WITHOUT_DATASET = {"b": OTHER}
DATASET = "item__price"


FOREIGN_OBJECTS = (
    "create role {role}",
    "grant usage on schema {s}, {d} to {role}",
    "grant select on all tables in schema {s} to {role}",
    "grant select on all tables in schema {d} to {role}",
    "create index my_title on {s}.sections (title)",
    "create index my_item on {d}.item__price (item)",
    "comment on table {d}.item__price is 'what we pay'",
    "comment on column {s}.sections.title is 'mine'",
    "comment on view {s}.section_text is 'mine'",
    "alter view {s}.section_text set (security_barrier = true)",
    "create view {s}.my_view as select title, level from {s}.sections group by doc_id, section_id",
    "create view {s}.over_ours as select source, title from {s}.section_text",
    "create view {d}.my_items as select item from {d}.item__price",
    "create function {s}.noted() returns trigger language plpgsql as 'begin return new; end'",
    "create trigger my_trigger before insert on {s}.cells for each row execute function {s}.noted()",
    "alter table {s}.links enable row level security",
    "create policy my_policy on {s}.links using (url is not null)",
    "alter table {s}.documents add column note text default 'none'",
    "create materialized view {s}.counted as select count(*) from {s}.blocks",
    "create statistics {s}.my_statistics on title, level from {s}.sections",
)
"""Objects that users attach to tables: all of them must survive every run."""


def foreign_objects(client: Client) -> list[list[tuple[Any, ...]]]:
    """Return the state of these objects from the system catalogs."""
    queries = (
        "select table_schema, table_name from information_schema.role_table_grants where grantee = '{role}' "
        "and table_schema in ('{s}', '{d}') order by 1, 2",
        "select schemaname, tablename, indexname from pg_indexes where indexname like 'my%' and schemaname in "
        "('{s}', '{d}') order by 1, 2, 3",
        "select obj_description('{d}.item__price'::regclass), obj_description('{s}.section_text'::regclass), "
        "col_description('{s}.sections'::regclass, "
        "(select attnum from pg_attribute where attrelid = '{s}.sections'::regclass and attname = 'title'))",
        "select reloptions::text from pg_class where oid = '{s}.section_text'::regclass",
        "select schemaname, viewname from pg_views where schemaname in ('{s}', '{d}') order by 1, 2",
        "select tgname from pg_trigger where tgrelid = '{s}.cells'::regclass and not tgisinternal",
        "select polname from pg_policy where polrelid = '{s}.links'::regclass",
        "select distinct note from {s}.documents",
        "select stxname from pg_statistic_ext where stxrelid = '{s}.sections'::regclass",
        # Parquetry's own keys: each exists once
        "select conrelid::regclass::text, pg_get_constraintdef(oid), conname from pg_constraint where contype in "
        "('p', 'f') and connamespace = '{s}'::regnamespace order by 1, 2, 3",
    )
    return [client(query) for query in queries]


@pytest.mark.slow
def test_objects_of_other_users_survive_every_run_in_postgres(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T10."""
    convert(DOCUMENTS, client.out)
    for statement in FOREIGN_OBJECTS:
        client(statement)
    previous_objects = foreign_objects(client)
    assert all(previous_objects) and len(previous_objects[0]) > 16
    manifest_of = Manifest.of
    manifest_of_other_version = staticmethod(lambda *values: replace(manifest_of(*values), converter_version="999"))
    runs: list[tuple[str, dict[str, str], Mode, dict[str, Any]]] = [
        ("the same", DOCUMENTS, "overwrite", {}),
        ("other types", FLOATS, "overwrite", {}),
        ("back", DOCUMENTS, "incremental", {}),
        ("a data set goes", WITHOUT_DATASET, "incremental", {}),
        ("and comes again", DOCUMENTS, "incremental", {}),
        ("other types", FLOATS, "append", {}),
        ("other options", DOCUMENTS, "incremental", {"repair": "off"}),
        ("other records", DOCUMENTS, "overwrite", {"records": ["documents", "links"]}),
        ("all again", DOCUMENTS, "overwrite", {}),
        ("other version", FLOATS, "incremental", {}),
        ("this version", DOCUMENTS, "incremental", {}),
    ]
    for number, (words, texts, mode, values) in enumerate(runs):
        with monkeypatch.context() as patch:
            if words == "other version":
                patch.setattr(Manifest, "of", manifest_of_other_version)
                patch.setattr("converter.config.output.__version__", "999")
            convert(texts, client.out, mode, **values)
        if words != "other records":
            assert foreign_objects(client) == previous_objects, words
            tables = {name: table for name, table in in_postgres(client.out).items() if name != "my_items"}
            expected = texts_of(full_tables(texts, tmp_path / str(number)))
            rows = {
                name: [re.sub(r"\('note', 'none'\)|, (?=\])", "", line).replace(", ]", "]") for line in lines]
                for name, lines in texts_of(tables).items()
            }
            if "repair" not in values:
                assert rows == expected, words


@pytest.mark.slow
def test_views_that_block_a_column_change_are_named(client: Client, tmp_path: Path) -> None:
    """T10: if a view keeps PostgreSQL from changing the type of a column, the run reports it and changes nothing."""
    convert(DOCUMENTS, client.out)
    client("create view {s}.paid as select sum(price) as total from {d}.item__price")
    previous_rows = texts_of(in_postgres(client.out))
    modes: tuple[Mode, ...] = ("overwrite", "incremental")
    for mode in modes:
        with pytest.raises(OutputError, match=r"column price of datasets/item__price becomes .* view .*paid depends"):
            convert({"a": PRICES.format("yes and no"), "b": OTHER}, client.out, mode)
        assert texts_of(in_postgres(client.out)) == previous_rows
    client("drop view {s}.paid")
    convert(FLOATS, client.out, "incremental")
    client("create view {s}.paid as select sum(price) as total from {d}.item__price")
    report = convert(WITHOUT_DATASET, client.out, "incremental")
    (note,) = report.notes
    assert "datasets/item__price" in note and "paid" in note
    client("drop view {s}.paid")
    assert convert({"b": OTHER, "c": "x\n"}, client.out, "incremental").notes == []
    assert client("select 1 from pg_tables where schemaname = '{d}' and tablename = 'item__price'") == []


@pytest.mark.slow
def test_a_foreign_key_of_another_user_is_kept(client: Client) -> None:
    convert(DOCUMENTS, client.out)
    client("create table {s}.marks (doc_id text references {s}.documents deferrable initially deferred, mark int)")
    client("insert into {s}.marks select doc_id, 1 from {s}.documents")
    convert(FLOATS, client.out, "overwrite")
    convert(DOCUMENTS, client.out, "incremental")
    assert client("select count(*) from {s}.marks join {s}.documents using (doc_id)") == [(2,)]


@pytest.mark.slow
def test_objects_of_other_users_survive_every_run_in_duckdb(tmp_path: Path) -> None:
    """T10 for DuckDB: indexes, comments, views, macros and tables of other users."""
    out = str(tmp_path / "out.duckdb")
    convert(DOCUMENTS, out)
    with duckdb.connect(out) as connection:
        for statement in (
            "create index my_title on sections (title)",
            "create index my_item on datasets.item__price (item)",
            "comment on column sections.title is 'mine'",
            "comment on table datasets.item__price is 'what we pay'",
            "create view my_items as select item from datasets.item__price",
            "create view over_ours as select source, title from section_text",
            "create macro twice(x) as x * 2",
            "create schema mine; create table mine.marks as select 1 as mark",
            "alter table documents add column note varchar default 'none'",
        ):
            connection.execute(statement)

    def attached_objects() -> list[Any]:
        with duckdb.connect(out, read_only=True) as connection:
            return [
                connection.execute(query).fetchall()
                for query in (
                    "select table_name, index_name from duckdb_indexes() order by all",
                    "select comment from duckdb_columns() where table_name = 'sections' and column_name = 'title'",
                    "select comment from duckdb_tables() where table_name = 'item__price'",
                    "select view_name from duckdb_views() where not internal order by all",
                    "select twice(mark) from mine.marks",
                    "select distinct note from documents",
                )
            ]

    previous_objects = attached_objects()
    runs: list[tuple[dict[str, str], Mode]] = [
        (DOCUMENTS, "overwrite"), (FLOATS, "overwrite"), (DOCUMENTS, "incremental"), (WITHOUT_DATASET, "incremental"),
        (DOCUMENTS, "incremental"), (FLOATS, "append"), (DOCUMENTS, "overwrite"),
    ]  # fmt: skip
    for number, (texts, mode) in enumerate(runs):
        report = convert(texts, out, mode)
        assert attached_objects() == previous_objects, number
        assert bool(report.notes) == (texts is WITHOUT_DATASET)
        rows = {name: table.drop_columns("note") if name == "documents" else table
                for name, table in in_duckdb(out).items() if name != "mine/marks"}  # fmt: skip
        assert texts_of(rows) == texts_of(full_tables(texts, tmp_path / str(number)))


@pytest.mark.slow
def test_delta_keeps_properties_history_and_constraints(tmp_path: Path) -> None:
    """T10 for Delta."""
    from deltalake import DeltaTable

    out = f"delta://{tmp_path / 'root'}"
    convert(DOCUMENTS, out)
    path = tmp_path / "root" / "datasets" / DATASET
    DeltaTable(path).alter.set_table_properties({"delta.logRetentionDuration": "interval 60 days"})
    DeltaTable(path).alter.add_constraint({"named": "item is not null"})
    runs: list[tuple[dict[str, str], Mode]] = [
        (FLOATS, "overwrite"), (DOCUMENTS, "incremental"), (WITHOUT_DATASET, "incremental"), (DOCUMENTS, "append"),
    ]  # fmt: skip
    for number, (texts, mode) in enumerate(runs):
        convert(texts, out, mode)
        table = DeltaTable(path)
        configuration = table.metadata().configuration
        assert configuration["delta.logRetentionDuration"] == "interval 60 days", (number, configuration)
        assert configuration["delta.constraints.named"].lower() == "item is not null", (number, configuration)
        assert len(table.history()) > 2 + number
        expected = DOCUMENTS if mode == "append" else texts
        assert texts_of(in_delta(out)) == texts_of(as_delta(full_tables(expected, tmp_path / str(number))))


def test_rows_are_inserted_by_column_name(tmp_path: Path) -> None:
    out = str(tmp_path / "out.duckdb")
    convert({"a": "| a | b |\n|---|---|\n| 1 | x |\n"}, out)
    with duckdb.connect(out) as connection:
        connection.execute("alter table datasets.a__b add column note varchar")  # so that the table is not recreated
    convert({"a": "| b | a |\n|---|---|\n| y | 2 |\n"}, out, "overwrite")
    with duckdb.connect(out, read_only=True) as connection:
        assert connection.execute("select a, b, note from datasets.a__b").fetchall() == [(2, "y", None)]


def storage_version(out: str) -> str:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{out}' as x (read_only)")
        (tags,) = connection.execute("select tags from duckdb_databases() where database_name = 'x'").fetchall()
        return str(tags[0]["storage_version"])


@pytest.mark.slow
def test_older_duckdb_versions_can_read_the_file(tmp_path: Path) -> None:
    """T27: an existing file keeps its storage version."""
    out = str(tmp_path / "out.duckdb")
    convert(DOCUMENTS, out)
    assert storage_version(out) == "v1.0.0+"
    shell = Path(sys.executable).with_name("duckdb")  # duckdb-cli: its newest version is older than the library
    result = subprocess.run([shell, "-csv", "-noheader", out, "select count(*) from section_text"], capture_output=True)
    assert int(result.stdout) == 4, result.stderr
    for version in ("v1.2.0", "latest"):
        path = str(tmp_path / f"{version}.duckdb")
        with duckdb.connect() as connection:
            connection.execute(f"attach '{path}' as x (storage_version '{version}')")
        previous_version = storage_version(path)
        convert(DOCUMENTS, path)
        convert(FLOATS, path, "incremental")
        assert storage_version(path) == previous_version != "v1.0.0+"
