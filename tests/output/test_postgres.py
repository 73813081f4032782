"""PostgreSQL as a target: its tables after each load, and what other users attached to them."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pytest

from converter.errors import OutputError
from converter.output.postgres import Postgres
from converter.records import RECORDS
from tests.support.loads import Rows, publish
from tests.support.places import Client

pytestmark = pytest.mark.slow  # a server takes seconds to start

A, B = ({"doc_id": name, "source": name} for name in "ab")
TITLES: Rows = [{"doc_id": "a", "title": "A"}, {"doc_id": "b", "title": "B"}]
PRICE = pa.field("price", pa.int64(), metadata={"description": "what it costs", "unit": "$"})
SCHEMA = pa.schema([pa.field("doc_id", pa.string(), nullable=False), PRICE], {"description": "It's prices"})
PRICES = pa.table({"doc_id": ["a", "b"], "price": [1, 2]}, SCHEMA)
TABLES = {"documents": [A, B], "sections": TITLES, "problems": [{"doc_id": "a", "code": "empty"}],
          "datasets/price": PRICES}  # fmt: skip


@pytest.fixture
def target(client: Client) -> Postgres:
    target = Postgres(client.out)
    publish(target, TABLES, run_id="first")
    return target


def rows(client: Client, query: str) -> list[Any]:
    """Return the first column of a query."""
    return [row[0] for row in client(query)]


def columns(client: Client, table: str) -> dict[str, tuple[str, bool, str | None]]:
    """Return the columns of a table: type, whether a value is required, comment."""
    query = (
        "select attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum) "
        f"from pg_attribute where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped order by attnum"
    )
    return {name: (type, required, comment) for name, type, required, comment in client(query)}


def keys(client: Client) -> list[tuple[str, str]]:
    """Return the keys of the records: the table, and the definition."""
    query = (
        "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint "
        "where contype in ('p', 'f') and connamespace = '{s}'::regnamespace order by 1, 2"
    )
    return [(table.rpartition(".")[2], definition) for table, definition in client(query)]


def test_a_first_load_makes_tables_with_keys_views_and_descriptions(target: Postgres, client: Client) -> None:
    assert rows(client, "select title from {s}.sections order by 1") == ["A", "B"]
    assert columns(client, "{d}.price") == {
        "doc_id": ("text", True, None), "price": ("bigint", False, "what it costs [$]"),
    }  # fmt: skip
    assert rows(client, "select obj_description('{d}.price'::regclass)") == ["It's prices"]
    (description,) = rows(client, "select obj_description('{s}.sections'::regclass)")
    assert description == RECORDS["sections"].schema.metadata[b"description"].decode()
    s = client.schema
    assert keys(client) == [
        ("documents", "PRIMARY KEY (doc_id)"),
        ("problems", f"FOREIGN KEY (doc_id) REFERENCES {s}.documents(doc_id)"),
        ("sections", f"FOREIGN KEY (doc_id) REFERENCES {s}.documents(doc_id)"),
        ("sections", f"FOREIGN KEY (doc_id, parent_id) REFERENCES {s}.sections(doc_id, section_id)"),
        ("sections", "PRIMARY KEY (doc_id, section_id)"),
    ]
    indexes = rows(client, "select indexname from pg_indexes where schemaname in ('{s}', '{d}') order by 1")
    assert indexes == ["documents_pkey", "problems_doc_id_idx", "sections_pkey"]
    assert rows(client, "select title from {s}.section_text order by 1") == ["A", "B"]
    manifest = target.manifest()
    assert manifest is not None and manifest.run_id == "first" and manifest.documents == 2
    assert manifest.rows()["datasets/price"] == 2 and target.locations(manifest) == [target.name]


def test_a_record_is_read_whole_or_some_of_its_columns(target: Postgres) -> None:
    table = pa.Table.from_batches(target.read("sections"))
    assert table.schema.equals(RECORDS["sections"].schema, check_metadata=True)
    assert table["title"].to_pylist() == ["A", "B"]
    (batch,) = target.read("sections", ["title", "doc_id"])
    assert batch.to_pydict() == {"title": ["A", "B"], "doc_id": ["a", "b"]}


def test_a_resumed_load_replaces_the_rows_of_stale_documents(target: Postgres, client: Client) -> None:
    before = keys(client)
    for number in range(2):
        new = {**TABLES, "documents": [B], "sections": [{"doc_id": "b", "title": f"new{number}"}], "problems": []}
        publish(target, {**new, "datasets/price": PRICES[:1]}, stale=["b"])
        assert rows(client, "select title from {s}.sections order by 1") == ["A", f"new{number}"]
        assert rows(client, "select doc_id from {s}.documents order by 1") == ["a", "b"]
        assert rows(client, "select price from {d}.price") == [1] and keys(client) == before
        assert rows(client, "select code from {s}.problems") == ["empty"]


def test_a_full_load_replaces_all_rows_and_keeps_keys_with_their_names(target: Postgres, client: Client) -> None:
    client("alter table {s}.sections rename constraint sections_pkey to my_key")
    before = keys(client)
    publish(target, {**TABLES, "documents": [A], "sections": TITLES[:1]})
    assert rows(client, "select title from {s}.sections") == ["A"] and keys(client) == before
    assert rows(client, "select indexname from pg_indexes where indexname = 'my_key'") == ["my_key"]


@pytest.mark.parametrize("stale", [None, ["a", "b"]])
def test_a_table_that_a_later_load_adds_has_its_keys(target: Postgres, client: Client, stale: list[str] | None) -> None:
    publish(target, {**TABLES, "problems": [], "links": [{"doc_id": "a", "url": "u"}], "blocks": [A]}, stale=stale)
    s = client.schema
    assert [definition for table, definition in keys(client) if table == "links"] == [
        f"FOREIGN KEY (doc_id) REFERENCES {s}.documents(doc_id)",
        f"FOREIGN KEY (doc_id, block_id) REFERENCES {s}.blocks(doc_id, block_id)",
        f"FOREIGN KEY (doc_id, section_id) REFERENCES {s}.sections(doc_id, section_id)",
        "PRIMARY KEY (doc_id, link_id)",
    ]


@pytest.mark.parametrize("stale", [None, []])
def test_a_key_that_was_dropped_is_made_again(target: Postgres, client: Client, stale: list[str] | None) -> None:
    before = keys(client)
    client("alter table {s}.sections drop constraint sections_pkey cascade")
    publish(target, TABLES if stale is None else {**TABLES, "documents": [], "sections": [], "problems": []}, stale)
    assert keys(client) == before


def test_a_key_that_others_refer_to_or_described_is_never_dropped(target: Postgres, client: Client) -> None:
    client("create table {s}.marks (doc_id text references {s}.documents on delete cascade)")
    client("insert into {s}.marks values ('a')")
    client("comment on constraint sections_pkey on {s}.sections is 'mine'")
    before = keys(client)
    publish(target, TABLES)
    assert keys(client) == before and rows(client, "select doc_id from {s}.marks") == []
    comment = "select obj_description(oid, 'pg_constraint') from pg_constraint where conname = 'sections_pkey' "
    assert rows(client, comment + "and connamespace = '{s}'::regnamespace") == ["mine"]
    client("drop table {s}.marks")
    publish(target, TABLES)
    assert rows(client, comment + "and connamespace = '{s}'::regnamespace") == ["mine"]


# -- columns that change


def test_the_columns_of_a_data_set_follow_its_rows(target: Postgres, client: Client) -> None:
    client("alter table {d}.price add column note text default 'n'")
    schema = pa.schema([
        pa.field("price", pa.float64(), nullable=False, metadata={"description": "what it costs", "unit": "€"}),
        pa.field("place", pa.string(), nullable=False, metadata={"description": "where"}),
    ])  # fmt: skip
    publish(target, {**TABLES, "datasets/price": pa.table({"price": [1.5], "place": ["x"]}, schema)})
    assert columns(client, "{d}.price") == {
        "price": ("double precision", True, "what it costs [€]"), "note": ("text", False, None),
        "place": ("text", True, "where"),
    }  # fmt: skip
    assert client("select price, place, note from {d}.price") == [(1.5, "x", "n")]
    client("comment on column {d}.price.price is 'mine'")
    client("comment on column {d}.price.place is null")
    publish(target, TABLES)
    assert columns(client, "{d}.price") == {
        "price": ("bigint", True, "mine"), "note": ("text", False, None), "doc_id": ("text", True, None),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("create view {s}.paid as select price from {d}.price", "view paid"),
        ("create index mine on {d}.price (price)", ""),
        ("alter table {d}.price alter column price set default 7", "default value for column price of table {d}.price"),
    ],
)
def test_what_keeps_a_column_from_changing_is_named(
    target: Postgres, client: Client, statement: str, words: str
) -> None:
    """Any of it keeps the column from being dropped; an index adapts to another type."""
    client(statement)
    texts = PRICES.set_column(1, "price", pa.array(["x", "y"]))
    advice = "drop that before the run and recreate it afterwards, or name another schema with ?schema=; "
    if words:
        with pytest.raises(OutputError) as error:
            publish(target, {**TABLES, "datasets/price": texts})
        expected = words.format(d=f"{client.schema}_datasets")
        assert str(error.value) == (
            f"{target.name}: column price of datasets/price becomes text from bigint, but {expected} depends on it: "
            f"{advice}nothing of this run was kept"
        )
    else:
        publish(target, {**TABLES, "datasets/price": texts})
        assert columns(client, "{d}.price")["price"][0] == "text"
    with pytest.raises(OutputError, match=r"column price of datasets/price is no longer written, but .* depends on it"):
        publish(target, {**TABLES, "datasets/price": PRICES.select(["doc_id"])})
    assert rows(client, "select count(*) from {d}.price") == [2]


# -- tables that are no longer written


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("grant select on {d}.price to {role}", "the rights granted on it"),
        ("grant select (price) on {d}.price to {role}", "the rights granted on it"),
        ("alter table {d}.price enable row level security", "its row security"),
        ("comment on table {d}.price is 'mine'", "its comment"),
        ("alter table {d}.price set (fillfactor = 70)", "its options"),
        ("create view {d}.paid as select price from {d}.price", "view {d}.paid"),
        ("create index mine on {d}.price (price)", "index {d}.mine"),
        ("select 1", ""),
    ],
)
def test_a_data_set_that_is_gone_is_kept_where_others_attached_something(
    client: Client, statement: str, reason: str
) -> None:
    client("create role {role}")
    target = Postgres(client.out)
    publish(target, {**TABLES, "datasets/price": PRICES})
    client("comment on table {d}.price is null")
    client(statement)
    _, notes = publish(target, {name: TABLES[name] for name in ("documents", "sections", "problems")})
    words = reason.format(d=f"{client.schema}_datasets")
    expected = f"datasets/price is no longer written; it is kept, empty, because of {words}"
    assert [re.sub(r"\bs[0-9a-f]+_datasets", f"{client.schema}_datasets", note) for note in notes] == (
        [expected] if reason else []
    )
    tables = rows(client, "select count(*) from pg_tables where schemaname = '{d}' and tablename = 'price'")
    assert tables == [1 if reason else 0]
    if reason:
        assert rows(client, "select count(*) from {d}.price") == [0]
    client("drop owned by {role}")


def test_a_record_that_is_gone_is_dropped_with_its_index_and_description(target: Postgres, client: Client) -> None:
    _, notes = publish(target, {"documents": [A, B], "sections": TITLES})
    assert notes == ["datasets/price is no longer written; it is kept, empty, because of its comment"]
    assert rows(client, "select tablename from pg_tables where schemaname = '{s}' order by 1") == [
        "_manifest", "documents", "sections",
    ]  # fmt: skip
    _, notes = publish(target, {"documents": [A]})
    assert rows(client, "select viewname from pg_views where schemaname = '{s}'") == []


# -- views, conflicts, failures


def test_a_view_keeps_its_comment_and_follows_the_version(target: Postgres, client: Client) -> None:
    client("comment on view {s}.section_text is 'mine'")
    publish(target, TABLES, version="999")
    assert rows(client, "select obj_description('{s}.section_text'::regclass)") == ["mine"]
    assert rows(client, "select title from {s}.section_text order by 1") == ["A", "B"]


def test_a_view_keeps_its_options_and_follows_the_version(target: Postgres, client: Client) -> None:
    client("alter view {s}.section_text set (security_barrier = true, security_invoker = true)")
    options = "select reloptions::text from pg_class where oid = '{s}.section_text'::regclass"
    before = rows(client, options)
    publish(target, TABLES, version="999")
    assert rows(client, options) == before == ["{security_barrier=true,security_invoker=true}"]


def test_the_schema_of_another_program_is_added_to(client: Client) -> None:
    client("create schema {s}")
    for statement in ("table mine (n int)", "sequence documents", "view table_cells as select 1 as n"):
        client("create " + statement.replace(" ", " {s}.", 1))
    target = Postgres(client.out)
    assert target.manifest() is None and target.conflicts(["documents", "links"]) == ["documents", "table_cells"]
    with pytest.raises(OutputError, match="already holds documents, which Parquetry did not make"):
        publish(target, TABLES)
    client("drop sequence {s}.documents")
    publish(target, TABLES)
    assert target.conflicts(["documents"]) == ["table_cells"] and rows(client, "select n from {s}.mine") == []
    assert rows(client, "select title from {s}.sections order by 1") == ["A", "B"]


def test_a_load_that_fails_changes_nothing(target: Postgres, client: Client) -> None:
    with pytest.raises(OutputError) as error:
        publish(target, {**TABLES, "sections": [{"doc_id": "a", "section_id": 1}] * 2})
    message = str(error.value)
    assert message.startswith(f"{target.name}: ") and message.endswith("; nothing of this run was kept")
    assert "\n" not in message and "sections_pkey" in message
    assert rows(client, "select title from {s}.sections order by 1") == ["A", "B"]
    manifest = target.manifest()
    assert manifest is not None and manifest.run_id == "first"


def test_an_invalid_manifest_names_its_table(target: Postgres, client: Client) -> None:
    for statement in ("update {s}._manifest set manifest = 'x'", "delete from {s}._manifest"):
        client(statement)
        with pytest.raises(OutputError) as error:
            target.manifest()
        assert str(error.value).startswith(f"{target.name}: _manifest: is not a manifest of Parquetry")


def test_texts_with_nul_characters_are_stored_and_described(client: Client) -> None:
    schema = pa.schema([pa.field("n", pa.string(), metadata={"description": "a\0b"})], {"description": "c\0d"})
    publish(Postgres(client.out), {"datasets/nul": pa.table([["x\0"]], schema=schema)})
    assert client("select * from {d}.nul") == [("x\ufffd",)]
    assert columns(client, "{d}.nul") == {"n": ("text", False, "a\ufffdb")}
    assert rows(client, "select obj_description('{d}.nul'::regclass)") == ["c\ufffdd"]
