"""DuckDB as a target: its tables after each load, and what other programs attached to them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from converter.errors import OutputError
from converter.output.duckdb import COMMENTED_COLUMNS, DuckDB
from converter.records import RECORDS
from tests.support.loads import Rows, publish

A, B = ({"doc_id": name, "source": name} for name in "ab")
TITLES: Rows = [{"doc_id": "a", "title": "A"}, {"doc_id": "b", "title": "B"}]
PRICE = pa.field("price", pa.int64(), metadata={"description": "what it costs", "unit": "$"})
SCHEMA = pa.schema([pa.field("doc_id", pa.string(), nullable=False), PRICE], {"description": "It's prices"})
PRICES = pa.table({"doc_id": ["a", "b"], "price": [1, 2]}, SCHEMA)
TABLES = {"documents": [A, B], "sections": TITLES, "datasets/price": PRICES}


@pytest.fixture
def target(tmp_path: Path) -> DuckDB:
    target = DuckDB(str(tmp_path / "datasets.duckdb"))  # a name that makes `datasets.price` ambiguous
    publish(target, TABLES, run_id="first")
    return target


def run(target: DuckDB, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements as another program does; return the rows of the last one."""
    with duckdb.connect(str(target.place)) as connection:
        return [connection.execute(statement).fetchall() for statement in statements][-1]


def comments(target: DuckDB, table: str) -> dict[str, str]:
    """Return the comments on a table and its columns."""
    query = f"from (select '' as name, comment from duckdb_tables() where table_name = '{table}' union all "
    query += f"select column_name, comment from duckdb_columns() where table_name = '{table}') where comment <> ''"
    return dict(run(target, query))


def columns(target: DuckDB, table: str) -> dict[str, str]:
    query = f"select column_name, data_type from duckdb_columns() where table_name = '{table}' order by column_index"
    return dict(run(target, query))


INDEX = 'create index mine on datasets."datasets"."price" (price)'


def test_a_first_load_makes_a_complete_file(target: DuckDB) -> None:
    assert sorted(path.name for path in target.place.parent.iterdir()) == ["datasets.duckdb"]
    assert columns(target, "price") == {"doc_id": "VARCHAR", "price": "BIGINT"}
    assert run(target, 'select * from datasets."datasets"."price" order by 1') == [("a", 1), ("b", 2)]
    assert run(target, "select title from section_text order by 1") == [("A",), ("B",)]
    (nullable,) = run(target, "select list(is_nullable order by column_index) from duckdb_columns() "
                              "where table_name = 'price'")  # fmt: skip
    assert nullable == ([False, True],)
    manifest = target.manifest()
    assert manifest is not None and manifest.run_id == "first" and manifest.documents == 2


def test_tables_have_keys_and_descriptions(target: DuckDB) -> None:
    assert comments(target, "price") == {"": "It's prices", "price": "what it costs [$]"}
    assert comments(target, "documents")[""] == RECORDS["documents"].schema.metadata[b"description"].decode()
    keys = run(target, "select table_name, constraint_column_names from duckdb_constraints() "
                       "where constraint_type = 'PRIMARY KEY' order by 1")  # fmt: skip
    assert keys == [("documents", ["doc_id"]), ("sections", ["doc_id", "section_id"])]


@pytest.mark.parametrize("count", [COMMENTED_COLUMNS, COMMENTED_COLUMNS + 1])
def test_a_very_wide_table_has_no_comments_on_its_columns(tmp_path: Path, count: int) -> None:
    fields = [pa.field(f"c{number}", pa.int64(), metadata={"unit": "m"}) for number in range(count)]
    wide = pa.Table.from_pylist([], pa.schema(fields, {"description": "wide"}))
    target = DuckDB(str(tmp_path / "out.duckdb"))
    publish(target, {"datasets/wide": wide})
    assert len(comments(target, "wide")) == (count + 1 if count <= COMMENTED_COLUMNS else 1)


def test_a_record_is_read_whole_or_some_of_its_columns(target: DuckDB) -> None:
    rows = pa.Table.from_batches(target.read("sections"))
    assert rows.schema.equals(RECORDS["sections"].schema, check_metadata=True) and rows["title"].to_pylist() == [
        "A",
        "B",
    ]
    (batch,) = target.read("sections", ["title", "doc_id"])
    assert batch.to_pydict() == {"title": ["A", "B"], "doc_id": ["a", "b"]}
    (batch,) = target.read("datasets/price")
    assert batch.num_rows == 2
    publish(target, {"datasets/plain": pa.table({"n": [1]})})
    assert comments(target, "plain") == {}


def test_a_database_is_read_beside_other_readers(target: DuckDB) -> None:
    with duckdb.connect(str(target.place), read_only=True):
        assert target.manifest() is not None and target.conflicts(["sections"]) == []
        assert pa.Table.from_batches(target.read("sections")).num_rows == 2
        with pytest.raises(OutputError):
            publish(target, TABLES)


def test_an_invalid_manifest_names_its_table(target: DuckDB) -> None:
    for statement in ("update _manifest set manifest = 'x'", "delete from _manifest"):
        run(target, statement)
        with pytest.raises(OutputError) as error:
            target.manifest()
        assert str(error.value).startswith(f"{target.name}: _manifest: is not a manifest of Parquetry")


def test_a_resumed_load_replaces_the_rows_of_stale_documents(target: DuckDB) -> None:
    for number in range(2):
        new = [{"doc_id": "b", "title": f"new{number}"}]
        manifest, notes = publish(target, {**TABLES, "documents": [B], "sections": new}, stale=["b"])
        assert run(target, "select title from sections order by 1") == [("A",), (f"new{number}",)]
        assert run(target, "select doc_id from documents order by 1") == [("a",), ("b",)]
        assert manifest.rows()["sections"] == 2 and notes == []


@pytest.mark.parametrize("has_other", [False, True])
def test_a_data_set_with_other_columns_is_reshaped(target: DuckDB, has_other: bool) -> None:
    """A column of another program makes Parquetry keep the table, and change the columns that it made."""
    run(target, INDEX, 'comment on column datasets."datasets"."price".doc_id is \'mine\'',
        *(['alter table datasets."datasets"."price" add column note varchar'] if has_other else []))  # fmt: skip
    new, texts = pa.table({"doc_id": ["c"], "cost": [1.5]}), PRICES.set_column(1, "price", pa.array(["x", "y"]))
    if has_other:
        with pytest.raises(OutputError, match="an index depends on it"):
            publish(target, {**TABLES, "datasets/price": texts})
        run(target, "drop index datasets.datasets.mine", "create index other on sections (title)")
    publish(target, {**TABLES, "datasets/price": texts})
    assert columns(target, "price")["price"] == "VARCHAR"
    assert run(target, "select index_name from duckdb_indexes()") == [("other" if has_other else "mine",)]
    run(target, "drop index if exists datasets.datasets.mine")
    publish(target, {**TABLES, "datasets/price": new})
    note = {"note": "VARCHAR"} if has_other else {}
    assert columns(target, "price") == {"doc_id": "VARCHAR", "cost": "DOUBLE"} | note
    assert run(target, 'select doc_id, cost from datasets."datasets"."price"') == [("c", 1.5)]
    assert comments(target, "price")["doc_id"] == "mine"


def test_comments_and_indexes_of_others_stay_and_parquetrys_are_renewed(target: DuckDB) -> None:
    table = 'datasets."datasets"."price"'
    for mine in ("mine", "what it costs [€]"):
        run(target, INDEX, f"comment on column {table}.price is '{mine}'", f"comment on table {table} is 'ours'")
        publish(target, TABLES)
        expected = "mine" if mine == "mine" else "what it costs [$]"
        assert comments(target, "price") == {"": "ours", "price": expected}
        assert run(target, "select table_name, index_name from duckdb_indexes()") == [("price", "mine")]
        run(target, "drop index datasets.datasets.mine")


def test_a_table_that_others_refer_to_is_kept_and_emptied(target: DuckDB) -> None:
    run(target, 'comment on table datasets."datasets"."price" is null',
        "create table marks (doc_id varchar references documents (doc_id), mark int)")  # fmt: skip
    publish(target, {"documents": [A], "sections": TITLES})
    assert run(target, "select doc_id from documents") == [("a",)]
    manifest, notes = publish(target, {"sections": TITLES})
    assert notes == ["documents is no longer written; it is kept, empty, because of a foreign key"]
    assert run(target, "select count(*) from documents") == [(0,)]
    assert {file.path: file.record for file in manifest.files} == {"sections": "sections", "documents": ""}


@pytest.mark.parametrize(
    ("statements", "reasons"),
    [
        ((INDEX,), "index mine"), (('comment on table datasets."datasets"."price" is \'ours\'',), "its comment"),
        ((INDEX, 'create index second on datasets."datasets"."price" (doc_id)'), "index mine, index second"),
        (('comment on column datasets."datasets"."price".price is null',), ""),
        (('comment on table datasets."datasets"."price" is null',), ""),
    ],
)  # fmt: skip
def test_a_data_set_that_is_gone_is_kept_where_others_attached_something(
    target: DuckDB, statements: Sequence[str], reasons: str
) -> None:
    without_comment = PRICES.replace_schema_metadata(None)
    publish(target, {**TABLES, "datasets/price": without_comment})
    run(target, 'comment on table datasets."datasets"."price" is null', *statements)
    _, notes = publish(target, {name: TABLES[name] for name in ("documents", "sections")})
    words = f"datasets/price is no longer written; it is kept, empty, because of {reasons}"
    assert notes == ([words] if reasons else [])
    tables = run(target, "select estimated_size from duckdb_tables() where table_name = 'price'")
    assert tables == ([(0,)] if reasons else [])


def test_a_view_follows_a_column_that_changes_only_with_the_version(target: DuckDB) -> None:
    run(target, "create or replace view section_text as select 1 as mine")
    publish(target, TABLES)
    assert run(target, "from section_text") == [(1,)]
    publish(target, TABLES, version="999")
    assert run(target, "select title from section_text order by 1") == [("A",), ("B",)]


def test_a_load_that_fails_changes_nothing(target: DuckDB, tmp_path: Path) -> None:
    twice = [{"doc_id": "x", "section_id": 1}] * 2
    with pytest.raises(OutputError) as error:
        publish(target, {**TABLES, "documents": [], "sections": twice})
    message = str(error.value)
    assert message.startswith(f"{target.name}: ") and message.endswith("; nothing of this run was kept")
    assert run(target, "select title from sections order by 1") == [("A",), ("B",)]
    new = DuckDB(str(tmp_path / "new.duckdb"))
    with pytest.raises(OutputError):
        publish(new, {"sections": twice})
    assert not new.place.exists() and new.manifest() is None


def test_the_database_of_another_program_is_added_to(tmp_path: Path) -> None:
    target = DuckDB(str(tmp_path / "out.duckdb"))
    run(target, "create table mine as select 1 as n", "create view table_cells as select 2 as n")
    assert target.conflicts(["documents"]) == ["table_cells"] and target.manifest() is None
    publish(target, TABLES)  # has no table of cells
    assert run(target, "from mine, table_cells") == [(1, 2)] and target.conflicts(["documents"]) == ["table_cells"]
    with pytest.raises(OutputError, match="already holds table_cells"):
        publish(target, {**TABLES, "tables": [], "cells": []})
