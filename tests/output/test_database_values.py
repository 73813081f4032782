"""What the databases make of an output's name and of Arrow's types and values; no server is needed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from converter.errors import OutputError, UsageError
from converter.output.delta import STALE, SUBSTITUTES, Delta, mark_stale, storable
from converter.output.duckdb import DuckDB
from converter.output.manifest import Manifest
from converter.output.postgres import NAME_BYTES, Postgres, listing
from converter.output.postgres_values import (
    PAGE_ROW_BYTES,
    decode,
    encode,
    encoded_type,
    fits_in_a_page,
    normalize_type,
    sql_type,
)
from converter.output.stored_types import stored_type

MAP = pa.map_(pa.string(), pa.string())
WORDS = pa.dictionary(pa.int32(), pa.string())
MANIFEST = Manifest("a", "now", "1", "parquet", "0" * 64, {}, 0, [])


# -- Delta Lake


@pytest.mark.parametrize(
    ("type", "expected"),
    [
        (pa.duration("us"), pa.int64()), (pa.time64("us"), pa.string()), (pa.time32("s"), pa.string()),
        (WORDS, pa.string()), (pa.timestamp("us"), pa.timestamp("us")), (pa.int32(), pa.int32()), (MAP, MAP),
        (pa.list_(pa.time64("us")), pa.list_(pa.string())),
    ],
)  # fmt: skip
def test_a_type_that_delta_lacks_is_stored_as_another(type: pa.DataType, expected: pa.DataType) -> None:
    assert stored_type(type, SUBSTITUTES) == expected


def test_durations_are_microseconds_in_delta_also_in_lists() -> None:
    seconds = pa.array([2, None], pa.duration("s"))
    lists = pa.array([[3], []], pa.list_(pa.duration("ms")))
    times = pa.array([[3_600_000_000], None], pa.list_(pa.time64("us")))
    table = pa.table({"took": seconds, "laps": lists, "starts": times})
    reader = storable(table.to_reader())
    assert reader.read_all().to_pydict() == {
        "took": [2_000_000, None],
        "laps": [[3_000], []],
        "starts": [["01:00:00.000000"], None],
    }


def test_rows_are_stored_in_types_of_delta_with_their_metadata() -> None:
    schema = pa.schema(
        [pa.field("n", pa.duration("us"), metadata={"unit": "h"}), pa.field("w", WORDS, nullable=False)],
        {"record": "own"},
    )
    columns = [pa.array([7, None], pa.duration("us")), pa.array(["a", "b"]).dictionary_encode()]
    batch = pa.RecordBatch.from_arrays(columns, schema=schema)
    reader = storable(pa.RecordBatchReader.from_batches(schema, [batch]))
    assert reader.schema.metadata == {b"record": b"own"} and reader.schema.field("n").metadata == {b"unit": b"h"}
    assert not reader.schema.field("w").nullable
    assert reader.read_all().to_pylist() == [{"n": 7, "w": "a"}, {"n": None, "w": "b"}]


def test_stale_documents_are_marked_before_the_rows() -> None:
    schema = pa.schema([("n", pa.int64()), ("doc_id", pa.string()), (STALE, pa.bool_())])
    batch = pa.record_batch({"n": [1, 2], "doc_id": ["c", "d"]})
    reader = pa.RecordBatchReader.from_batches(batch.schema, [batch])
    rows = [row for part in mark_stale(reader, schema, frozenset("ba")) for row in part.to_pylist()]
    assert rows == [
        {"n": None, "doc_id": "a", STALE: True}, {"n": None, "doc_id": "b", STALE: True},
        {"n": 1, "doc_id": "c", STALE: False}, {"n": 2, "doc_id": "d", STALE: False},
    ]  # fmt: skip


def test_a_root_is_a_folder_or_an_address(tmp_path: Path) -> None:
    local, remote = Delta(f"delta://{tmp_path}"), Delta("delta://s3://me:secret@bucket/root")
    assert (local.place, local.locations(MANIFEST)) == (tmp_path, [tmp_path])
    assert "secret" not in remote.name and remote.locations(MANIFEST) == [remote.name]
    assert remote.place != Path("delta:") and remote.place.name
    assert local.shared and local.manifest() is None and local.conflicts(["sections"]) == []
    with pytest.raises(UsageError) as error:
        Delta("delta://")
    assert str(error.value).endswith("does not name a folder; use delta://FOLDER, or delta://s3://BUCKET/FOLDER")


def test_a_folder_in_the_place_of_a_table_is_a_conflict(tmp_path: Path) -> None:
    (tmp_path / "sections").mkdir()
    (tmp_path / "cells").mkdir()
    assert Delta(f"delta://{tmp_path}").conflicts(["links", "sections", "cells"]) == ["cells", "sections"]


# -- all


@pytest.mark.parametrize(
    ("database", "out", "extra"),
    [(DuckDB, "x.duckdb", "duckdb"), (Delta, "delta://x", "delta"), (Postgres, "postgresql://h/x", "postgres")],
)
def test_a_database_names_the_extra_that_it_needs(
    database: Callable[[str], object], out: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str) -> None:
        raise ModuleNotFoundError(name=name.partition(".")[0])

    monkeypatch.setattr("converter.output.target.import_module", fail)
    with pytest.raises(UsageError, match=rf"parquetry\[{extra}\]"):
        database(out)


# -- DuckDB


def test_a_missing_database_has_no_tables(tmp_path: Path) -> None:
    target = DuckDB(str(tmp_path / "out.duckdb"))
    assert target.manifest() is None and target.conflicts(["sections"]) == [] and target.shared
    assert target.locations(MANIFEST) == [tmp_path / "out.duckdb"] and target.name == str(tmp_path / "out.duckdb")
    assert not (tmp_path / "out.duckdb").exists()
    (tmp_path / "out.duckdb").write_text("no database" * 999)
    with pytest.raises(OutputError, match=r"out\.duckdb: .*not a valid DuckDB.*; nothing of this run was kept"):
        target.manifest()


def test_tables_and_views_of_another_program_are_conflicts(tmp_path: Path) -> None:
    import duckdb

    with duckdb.connect(str(tmp_path / "out.duckdb")) as connection:
        connection.execute("create table sections (n int); create view section_text as select 1 as n")
        connection.execute("create table mine (n int); create schema datasets; create table datasets.a (n int)")
    target = DuckDB(str(tmp_path / "out.duckdb"))
    assert target.conflicts(["cells", "sections", "datasets/a"]) == ["datasets/a", "section_text", "sections"]
    assert target.manifest() is None


# -- PostgreSQL


@pytest.mark.parametrize(
    ("query", "name", "url"),
    [
        ("", "?schema=parquetry", "?"),
        ("?schema=a%20b", "?schema=a%20b", "?"),
        ("?schema=", "?schema=parquetry", "?"),
        ("?schema=&schema=b&schema=c", "?schema=b", "?"),
        ("?host=/run&schema=b&&user=me", "?schema=b", "?host=/run&user=me"),
        ("?user=schema", "?schema=parquetry", "?user=schema"),
    ],
)
@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_the_schema_is_a_parameter_of_the_url(scheme: str, query: str, name: str, url: str) -> None:
    target = Postgres(f"{scheme}://me:secret@host/base{query}")
    assert target.name.endswith(f"host/base{name}") and "secret" not in target.name
    assert target._url == f"{scheme}://me:secret@host/base{url}"
    assert target.locations(MANIFEST) == [target.name] and target.shared
    assert target.place == Postgres(f"{scheme}://me:secret@host/base{query}").place
    assert target.place != Postgres(f"{scheme}://me:secret@host/other{query}").place


def test_a_schema_name_is_short_enough_for_that_of_the_data_sets() -> None:
    maximum = NAME_BYTES - len("_datasets")
    assert Postgres(f"postgresql:///x?schema={'a' * maximum}").name.endswith("a" * maximum)
    for schema in ("a" * (maximum + 1), "%C3%BC" * (maximum // 2 + 1), "a%00"):
        with pytest.raises(UsageError, match=f"is not a schema name of at most {maximum} bytes; use a shorter name"):
            Postgres(f"postgresql:///x?schema={schema}")
    with pytest.raises(UsageError, match="does not name a PostgreSQL database; use postgresql://HOST/NAME"):
        Postgres("mysql://host/x")


TYPES: list[tuple[pa.DataType, str]] = [
    (pa.float32(), "REAL"), (pa.float64(), "DOUBLE PRECISION"), (pa.bool_(), "BOOLEAN"), (pa.int64(), "BIGINT"),
    (pa.decimal128(18, 2), "NUMERIC(18, 2)"), (pa.binary(), "BYTEA"), (pa.list_(pa.string()), "TEXT[]"),
    (pa.list_(pa.int64()), "JSONB"), (MAP, "JSONB"), (pa.struct([("a", pa.string())]), "JSONB"), (pa.string(), "TEXT"),
    (WORDS, "TEXT"), (pa.date32(), "DATE"),
]  # fmt: skip


@pytest.mark.parametrize(("type", "expected"), TYPES)
def test_each_type_has_a_type_of_postgres(type: pa.DataType, expected: str) -> None:
    assert sql_type(type) == expected


@pytest.mark.parametrize(
    ("type", "expected"),
    [(MAP, pa.json_()), (pa.list_(pa.int64()), pa.json_()), (WORDS, pa.string()), (pa.int32(), pa.int32()),
     (pa.list_(pa.string()), pa.list_(pa.string()))],
)  # fmt: skip
def test_nested_values_are_copied_as_json(type: pa.DataType, expected: pa.DataType) -> None:
    assert encoded_type(type) == expected


NESTED = pa.list_(pa.struct([("a", pa.string()), ("b", pa.list_(pa.string()))]))


@pytest.mark.parametrize(
    ("type", "values", "expected"),
    [
        (pa.string(), ["a\0", None, ""], ["a\ufffd", None, ""]),
        (WORDS, ["a\0", None], ["a\ufffd", None]),
        (pa.list_(pa.string()), [["a\0", None], None, []], [["a\ufffd", None], None, []]),
        (pa.list_(pa.string()), [["a", "b"], None], [["a", "b"], None]),
        (pa.int64(), [1, None], [1, None]),
        (MAP, [[("k\0", "v\0")], None, []], ['{"k\ufffd": "v\ufffd"}', None, "{}"]),
        (NESTED, [[{"a": "x\0", "b": ["y\0", None]}], None], ['[{"a": "x\ufffd", "b": ["y\ufffd", null]}]', None]),
    ],
)  # fmt: skip
def test_no_value_has_a_nul_character(type: pa.DataType, values: list[Any], expected: list[Any]) -> None:
    column = encode(pa.array(values, type))
    if isinstance(column, pa.ExtensionArray):
        texts = column.storage.to_pylist()
        assert [None if text is None else json.loads(text) for text in texts] == [
            None if text is None else json.loads(text) for text in expected
        ]
        return
    assert column.to_pylist() == expected


def test_values_are_decoded_as_they_were() -> None:
    rows = [[("a", "1"), ("b", None)], None, []]
    texts = pa.array(['{"a": "1", "b": null}', None, "{}"])
    assert decode(texts, MAP).to_pylist() == rows and decode(texts, MAP).type == MAP
    assert decode(pa.array([1, None]), pa.int32()).equals(pa.array([1, None], pa.int32()))


@pytest.mark.parametrize(
    ("left", "right"),
    [("NUMERIC(18, 2)", "numeric(18,2)"), ("TIMESTAMP", "timestamp without time zone"), ("TEXT", "text")],
)
def test_types_are_compared_in_one_spelling(left: str, right: str) -> None:
    assert normalize_type(left) == normalize_type(right)
    assert normalize_type("TIMESTAMP") != normalize_type("timestamp with time zone")


def test_columns_are_listed_with_quotes() -> None:
    assert listing(["a", 'q"u']) == '"a", "q""u"'


@pytest.mark.parametrize(
    ("type", "value", "most"),
    [
        # the largest number of such columns in a row: 23 bytes, a bit for each column, at most 8,160 bytes
        (pa.int64(), 1, 1000), (pa.int32(), 1, 1970), (pa.string(), "x" * 99, 336), (pa.duration("us"), 1, 504),
        (pa.decimal128(9, 2), 1, 336), (pa.timestamp("us"), 1, 1000),
    ],
)  # fmt: skip
def test_a_row_must_fit_in_a_page(type: pa.DataType, value: Any, most: int) -> None:
    def row(count: int) -> pa.RecordBatch:
        column = pa.array([None, value], type)
        return pa.RecordBatch.from_arrays([column] * count, [str(number) for number in range(count)])

    assert fits_in_a_page(row(most)) and not fits_in_a_page(row(most + 1))
    assert fits_in_a_page(row(most + 1).slice(0, 1)) and fits_in_a_page(row(most + 1).slice(0, 0))
    assert PAGE_ROW_BYTES == 8160
