"""How a load goes into the tables of a database, whichever it is: a database of lists records its calls."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pytest

from converter.datasets import PARTS_FILE
from converter.errors import OutputError
from converter.output.manifest import File, Manifest, parse_manifest
from converter.output.parts import Parts
from converter.output.stage import Stage
from converter.output.tables import (
    MANIFEST_TABLE,
    VIEWS,
    DatabaseTarget,
    Reference,
    descriptions_of,
    in_contract,
    in_order,
    is_comment,
    load_tables,
    manifest_of,
    references,
    stale_condition,
    tables_of,
)
from converter.output.target import Load
from converter.problems import OF_THE_RUN
from converter.records import RECORDS
from converter.version import __version__

SCHEMA = pa.schema([("doc_id", pa.string())])
NAMES = ("documents", "sections", "list_items", "problems", "datasets/price")


def manifest(run_id: str, *files: File, version: str = __version__) -> Manifest:
    return Manifest(run_id, "now", version, "parquet", "0" * 64, {"records": ["datasets"]}, 7, list(files))


@dataclass
class Lists:
    """A `Database`: the number of rows of each table, and the calls in order."""

    tables: dict[str, int] = field(default_factory=dict)
    text: str = ""
    attached: dict[str, list[str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def execute(self, statement: str) -> None:
        self.calls.append(statement)
        if f"<{MANIFEST_TABLE}>" in statement and "'" in statement:
            self.text = statement.partition("'")[2].rpartition("'")[0].replace("''", "'")
            self.tables[MANIFEST_TABLE] = 1

    def manifest(self) -> Manifest | None:
        return parse_manifest(self.text, "lists") if self.text else None

    def existing_names(self) -> set[str]:
        return {*self.tables}

    def table(self, name: str) -> str:
        return f"<{name}>"

    def create(self, name: str, schema: pa.Schema) -> None:
        assert schema is SCHEMA
        self.calls.append(f"create {name}")
        self.tables[name] = 0

    def clear(self, names: Sequence[str], resumes: bool) -> None:
        self.calls.append(f"clear {', '.join(names)}{' to resume' if resumes else ''}")
        self.tables |= dict.fromkeys(names, 0)

    def reshape(self, name: str, schema: pa.Schema, known_columns: Collection[str]) -> None:
        assert schema is SCHEMA
        self.calls.append(f"reshape {name} from {', '.join(known_columns)}")

    def insert(self, name: str, rows: pa.RecordBatchReader) -> None:
        self.calls.append(f"insert {name}")
        self.tables[name] += 1 + rows.read_all().num_rows

    def count(self, name: str) -> int:
        return self.tables[name]

    def finish(self, schemas: Mapping[str, pa.Schema]) -> None:
        assert all(schema is SCHEMA for schema in schemas.values())
        self.calls.append(f"finish {', '.join(schemas)}")

    def replace_view(self, name: str, select: str) -> None:
        self.calls.append(f"view {name}")
        assert select == VIEWS[name][1]
        self.tables.setdefault(name, 0)

    def remove(self, name: str) -> list[str]:
        self.calls.append(f"remove {name}")
        reasons = self.attached.get(name, [])
        if not reasons:
            del self.tables[name]
        return reasons


def load(
    previous: Manifest | None, stale: Sequence[str] | None = None, names: Sequence[str] = NAMES, run_id: str = "later"
) -> Load:
    """Return a load of empty tables."""
    stage = cast(Stage, None)
    schemas = dict.fromkeys(names, SCHEMA)
    return Load(stage, manifest(run_id), schemas, None if stale is None else frozenset(stale), previous)


def write(database: Lists, *arguments: Any, **values: Any) -> Manifest:
    database.calls.clear()
    return load_tables(database, load(database.manifest(), *arguments, **values), "STALE", "lists")


@pytest.fixture
def database() -> Lists:
    database = Lists({"mine": 5})
    write(database)
    return database


def test_a_first_load_creates_tables_and_views(database: Lists) -> None:
    assert [call for call in database.calls if MANIFEST_TABLE not in call] == [
        *(f"create {name}" for name in NAMES), *(f"insert {name}" for name in NAMES),
        f"finish {', '.join(NAMES)}", "view section_text", "view labelled_items",
    ]  # fmt: skip
    assert database.calls[-1].startswith(f"create table <{MANIFEST_TABLE}> as select '")
    new_manifest = database.manifest()
    assert new_manifest and new_manifest.documents == 1 and new_manifest.run_id == "later"
    views = {"section_text": ("", 0), "labelled_items": ("", 0)}
    assert {file.path: (file.record, file.rows) for file in new_manifest.files} == {
        name: (name, 1) for name in NAMES
    } | views


def test_a_full_load_replaces_the_rows_of_all_tables(database: Lists) -> None:
    write(database)
    assert [call for call in database.calls if MANIFEST_TABLE not in call] == [
        f"clear {', '.join(NAMES[::-1])}", *(f"reshape {name} from " for name in NAMES),
        *(f"insert {name}" for name in NAMES), f"finish {', '.join(NAMES)}",
    ]  # fmt: skip
    statements = [call for call in database.calls if MANIFEST_TABLE in call]
    assert statements[0] == f"delete from <{MANIFEST_TABLE}>"
    assert statements[1].startswith(f"insert into <{MANIFEST_TABLE}> (manifest) values ('")
    assert database.tables["mine"] == 5


def test_a_resumed_load_deletes_stale_rows_and_keeps_the_others(database: Lists) -> None:
    write(database, ["a"])
    condition = stale_condition("problems", "STALE")
    assert database.calls[:-2] == [
        f"delete from <problems> where {condition}",
        *(f"delete from <{name}> where doc_id in (STALE)" for name in ("list_items", "sections", "documents")),
        "clear datasets/price to resume", "reshape datasets/price from ",
        *(f"insert {name}" for name in NAMES), f"finish {', '.join(NAMES)}",
    ]  # fmt: skip
    new_manifest = database.manifest()
    assert new_manifest and new_manifest.documents == 2  # one was there before


def test_the_known_columns_of_a_table_are_those_of_the_manifest(database: Lists) -> None:
    previous = database.manifest()
    assert previous
    database.text = replace(previous, schemas={"sections": {"doc_id": "string", "old": "int64"}}).text
    write(database)
    assert "reshape sections from doc_id, old" in database.calls


def test_a_table_that_is_no_longer_written_is_removed_or_kept_empty(database: Lists) -> None:
    database.attached = {"problems": ["index i", "view v"]}
    this_load = load(database.manifest(), names=("documents", "sections"))
    database.calls.clear()
    new_manifest = load_tables(database, this_load, "STALE", "lists")
    removals = [call for call in database.calls if call.startswith("remove")]
    assert removals[0] == "remove labelled_items"  # a view goes before the tables that it selects from
    assert sorted(removals[1:]) == ["remove datasets/price", "remove list_items", "remove problems"]
    assert {file.path: (file.record, file.rows) for file in new_manifest.files} == {
        "documents": ("documents", 1), "sections": ("sections", 1), "section_text": ("", 0), "problems": ("", 0),
    }  # fmt: skip
    assert this_load.notes == ["problems is no longer written; it is kept, empty, because of index i, view v"]
    database.tables["problems"] = 3  # somebody fills the table that was kept
    with pytest.raises(OutputError, match="lists: already holds problems, which Parquetry did not make"):
        write(database)


@pytest.mark.parametrize("version", [__version__, "0.0.1"])
def test_views_of_another_version_are_made_anew(database: Lists, version: str) -> None:
    previous = database.manifest()
    assert previous
    database.text = replace(previous, converter_version=version).text
    write(database)
    is_other = version != __version__
    assert ("view section_text" in database.calls) == ("remove section_text" in database.calls) == is_other
    assert not is_other or database.calls.index("remove section_text") < database.calls.index("reshape documents from ")


@pytest.mark.parametrize("name", ["sections", "section_text", "datasets/price"])
def test_a_table_or_view_of_another_program_is_refused(name: str) -> None:
    database = Lists({name: 1, "mine": 2})
    for stale in (None, ["a"]):
        with pytest.raises(OutputError) as error:
            write(database, stale)
        assert str(error.value) == f"lists: already holds {name}, which Parquetry did not make; name another output"
        assert error.value.code == "output_exists" and database.calls == []


@pytest.mark.parametrize("is_missing", [True, False])
def test_a_database_that_another_run_wrote_to_is_refused(database: Lists, is_missing: bool) -> None:
    other_load = load(None if is_missing else manifest("earlier"))
    database.calls.clear()
    with pytest.raises(OutputError) as error:
        load_tables(database, other_load, "STALE", "lists")
    assert str(error.value) == (
        "lists: another run wrote to it meanwhile, and nothing of this run was kept; run it again"
    )
    assert error.value.code == "output_busy" and database.calls == []


def test_only_tables_of_the_manifest_are_parquetrys() -> None:
    files = [
        File("sections", "sections", 3, 0, ""), File("section_text", "", 0, 0, ""), File("empty", "", 0, 0, ""),
        File("filled", "", 0, 0, ""), File("dropped", "dropped", 3, 0, ""),
    ]  # fmt: skip
    counts = {"empty": 0, "filled": 2}
    names = {"sections", "section_text", "empty", "filled", "mine"}
    assert tables_of(manifest("a", *files), names, counts.__getitem__) == {"sections", "section_text", "empty"}
    assert tables_of(None, names, counts.__getitem__) == set()


def test_records_come_after_those_that_they_refer_to() -> None:
    names = ["datasets/a", PARTS_FILE, "list_items", "documents", "own", "sections"]
    assert in_order(names) == ["documents", "sections", "list_items", PARTS_FILE, "own", "datasets/a"]
    assert in_order(reversed([*RECORDS])) == list(RECORDS)


def test_the_references_of_a_record_are_those_to_written_records() -> None:
    assert references("documents", RECORDS) == references("own", RECORDS) == references("sections", []) == []
    assert references("sections", ["documents"]) == [Reference(("doc_id",), "documents", ("doc_id",))]
    assert references("sections", ["sections"]) == [
        Reference(("doc_id", "parent_id"), "sections", ("doc_id", "section_id"))
    ]


def test_the_manifest_of_a_database_lists_tables_and_views() -> None:
    result = manifest_of(load(None), {"sections": 3, "documents": 2}, ["section_text"])
    assert result.files == [
        File("sections", "sections", 3, 0, ""),
        File("documents", "documents", 2, 0, ""),
        File("section_text", "", 0, 0, ""),
    ]
    assert result.documents == 2 and manifest_of(load(None), {"sections": 3}).documents == 7


def test_problems_of_a_run_are_stale_in_the_next() -> None:
    assert stale_condition("sections", "select 1") == "doc_id in (select 1)"
    codes = "', '".join(OF_THE_RUN)
    assert stale_condition("problems", "select 1") == f"doc_id in (select 1) or doc_id is null or code in ('{codes}')"


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({}, None), ({"description": ""}, None), ({"description": "a price"}, "a price"), ({"unit": "$"}, "[$]"),
        ({"description": "a price", "unit": "$"}, "a price [$]"), ({"other": "x"}, None),
    ],
)  # fmt: skip
def test_a_column_is_described_by_its_description_and_unit(metadata: dict[str, str], words: str | None) -> None:
    schema = pa.schema([pa.field("a", pa.string()), pa.field("b", pa.string(), metadata=metadata)])
    assert dict(descriptions_of(schema)) == ({"b": words} if words else {})


@pytest.mark.parametrize(
    ("comment", "description", "is_own"),
    [
        ("a price [$]", "a price [€]", True), ("a price", "a price [€]", True), ("a price", "a price", True),
        ("my price", "a price", False), ("a price", None, False), ("", "", False), ("", "a price", False),
    ],
)  # fmt: skip
def test_a_comment_is_parquetrys_if_only_its_unit_differs(comment: str, description: str | None, is_own: bool) -> None:
    assert is_comment(comment, description) == is_own


def test_rows_have_the_schema_of_the_contract_unless_some_columns_are_read() -> None:
    schema = RECORDS["sections"].schema
    batch = schema.remove_metadata().empty_table().to_batches(max_chunksize=1) or [
        pa.RecordBatch.from_pylist([], schema.remove_metadata())
    ]
    (rows,) = in_contract(batch, "sections", None)
    assert rows.schema.equals(schema, check_metadata=True)
    (rows,) = in_contract(batch, "sections", ["doc_id"])
    assert not rows.schema.metadata
    own = pa.record_batch({"a": [1]})
    (rows,) = in_contract([own], "own", None)
    assert rows.equals(own)


class Rows:
    """A database with rows of problems and of parts of data sets."""

    def __init__(self, tables: dict[str, pa.RecordBatch], manifest: Manifest | None) -> None:
        self.tables, self._manifest = tables, manifest

    def manifest(self) -> Manifest | None:
        return self._manifest

    def read(self, record: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        yield self.tables[record]


def test_the_kept_rows_are_those_of_documents_that_are_not_stale() -> None:
    parts = pa.record_batch({"doc_id": ["a", "b"]})
    problems = pa.record_batch({"doc_id": ["a", "b", None], "code": ["x", "y", "z"]})
    problems = problems.replace_schema_metadata({"record": "problems"})
    files = [File(name, name, 1, 0, "") for name in ("problems", PARTS_FILE, "sections")]
    kept_ids = []
    for own_manifest in (manifest("a", *files), None, manifest("a", files[2])):
        database = cast(DatabaseTarget, Rows({PARTS_FILE: parts, "problems": problems}, own_manifest))
        kept = DatabaseTarget.keep(database, cast(Parts, None), frozenset("b"))
        kept_ids.append([(name, rows.column(0).to_pylist()) for name, rows in kept])
    assert kept_ids == [[(PARTS_FILE, ["a"]), ("problems", ["a"])], [], []]


def test_a_load_reads_the_staged_rows_of_a_record(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    from converter.output.stage import open_stage

    schema = pa.schema([("n", pa.int64())])
    with open_stage(tmp_path / "out") as stage:
        for number in range(3):
            pq.write_table(pa.table({"n": [number]}, schema), stage.new / f"{number}.parquet")
        records = ("own", "other", "own")
        files = [File(f"{number}.parquet", record, 1, 0, "") for number, record in enumerate(records)]
        this_load = Load(stage, manifest("a", *files), {"own": schema}, None, None)
        assert this_load.reader("own").read_all()["n"].to_pylist() == [0, 2]
