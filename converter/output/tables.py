"""An output as the tables of a database: what all databases have in common, and the one flow of a load into SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

import pyarrow as pa

from converter.datasets import DATASETS, PARTS_FILE
from converter.errors import OutputError
from converter.output.manifest import File, Manifest
from converter.output.target import Load, Target, kept
from converter.problems import OF_DATASETS
from converter.records import RECORDS

MANIFEST_TABLE = "_manifest"
"""The table with a database's manifest: one row, whose column `manifest` is what `_manifest.json` is in a folder."""

OF_DATASETS_HERE = f"code in ({', '.join(map(repr, OF_DATASETS))})"
"""The SQL condition for problems of data sets, which every run finds anew."""

VIEWS: dict[str, tuple[tuple[str, ...], str]] = {
    # name: (the records that it needs, what it selects, as DuckDB and PostgreSQL have it)
    "section_text": (
        ("documents", "sections"),
        """select d.source, s.doc_id, s.section_id, s.level, s.title, array_to_string(s.path, ' > ') as path, s.text,
               s.line_start, s.line_end
           from sections s join documents d on d.doc_id = s.doc_id""",
    ),
    "labelled_items": (
        ("documents", "sections", "list_items"),
        """select d.source, i.doc_id, i.item_id, s.title as section, i.label, i.value, i.line_start
           from list_items i
           join sections s on s.doc_id = i.doc_id and s.section_id = i.section_id
           join documents d on d.doc_id = i.doc_id
           where i.label is not null""",
    ),
    "table_cells": (
        ("documents", "tables", "cells"),
        """select d.source, c.doc_id, c.table_id, t.caption, t.dataset, c."row", c."column", c.name, c.text,
               c.line_start
           from cells c
           join tables t on t.doc_id = c.doc_id and t.table_id = c.table_id
           join documents d on d.doc_id = c.doc_id""",
    ),
}
"""The views of a database beside its tables."""


class Reference(NamedTuple):
    """A foreign key: the columns that point to a record, and what they point to."""

    columns: tuple[str, ...]
    record: str
    targets: tuple[str, ...]


class Database(Protocol):
    """A database within one transaction. Names are those of records, data sets (`datasets/name`) and views."""

    def execute(self, statement: str) -> None:
        """Run a statement."""

    def manifest(self) -> Manifest | None:
        """Return the manifest that stands in it."""

    def standing(self) -> set[str]:
        """Return the tables and views that stand in it, whoever made them."""

    def table(self, name: str) -> str:
        """Return what SQL calls a table or view."""

    def create(self, name: str, schema: pa.Schema) -> None:
        """Make a table for rows of this schema."""

    def insert(self, name: str, rows: pa.RecordBatchReader) -> None:
        """Add rows to a table."""

    def count(self, name: str) -> int:
        """Return how many rows a table has."""

    def finish(self, schemas: Mapping[str, pa.Schema]) -> None:
        """Give tables that were made, and are full now, their keys."""


def load_tables(database: Database, load: Load, stale: str, place: str) -> Manifest:
    """Bring a load into a database, in the transaction that is open; return the manifest that stands there then.

    `stale` is a query for the documents that go, `place` what messages call the database. A table that is not in the
    manifest is someone else's: the load is refused where it needs its name, and none other is touched.

    Raises:
        OutputError: a name is taken, or another run wrote to the database meanwhile.
    """
    stands = database.manifest()
    check_unchanged(stands, load, place)
    views = [name for name, (needed, _) in VIEWS.items() if load.schemas.keys() >= set(needed)]
    ours = stands.paths if stands else set()
    if taken := sorted(database.standing().intersection([*load.schemas, *views]) - ours):
        message = f"holds {taken[0]} already, which Parquetry did not make; name another place"
        raise OutputError(message, source=place, code="output_exists")
    reused = set()
    for file in reversed(stands.files if stands else []):  # views first, then what refers to other tables
        if not file.record:
            database.execute(f"drop view if exists {database.table(file.path)}")
        elif is_reused(file.record, load):
            reused.add(file.record)
            condition = "" if is_dataset(file.record) else f" where {gone(file.record, stale)}"
            database.execute(f"delete from {database.table(file.record)}{condition}")
        else:
            database.execute(f"drop table if exists {database.table(file.record)}")
    names = in_order(load.schemas)
    for name in names:
        if name not in reused:
            database.create(name, load.schemas[name])
        database.insert(name, load.reader(name))
    database.finish({name: load.schemas[name] for name in names if name not in reused})
    for name in views:
        database.execute(f"create view {database.table(name)} as {VIEWS[name][1]}")
    manifest = listed(load, {name: database.count(name) for name in names}, views)
    table = database.table(MANIFEST_TABLE)
    database.execute(f"drop table if exists {table}")
    database.execute(f"create table {table} as select {text(manifest.text)} as manifest")
    return manifest


def check_unchanged(stands: Manifest | None, load: Load, place: str) -> None:
    """Refuse a load that was made for another state of the database than it is in.

    Raises:
        OutputError: another run wrote to the database meanwhile.
    """
    if (stands and stands.run_id) != (load.before and load.before.run_id):
        message = "another run wrote to it meanwhile, and nothing of this one was kept; run it again"
        raise OutputError(message, source=place, code="output_busy")


def is_reused(record: str, load: Load) -> bool:
    """Whether the table of an earlier run takes the new rows, with the grants and views that others gave it."""
    if load.stale is None or load.before is None or record not in load.schemas:
        return False
    if not is_dataset(record):
        return True  # a run goes on with the same options, and so with the same records
    # Rows go in by the place of their columns, so that their order counts.
    before, now = (manifest.schemas.get(record, {}) for manifest in (load.before, load.manifest))
    return [*before.items()] == [*now.items()]


def is_dataset(name: str) -> bool:
    """Whether this is the name of a data set."""
    return name.startswith(f"{DATASETS}/")


def in_order(names: Iterable[str]) -> list[str]:
    """Return records, each after those that it refers to, and then what else there is."""
    order = [*RECORDS]
    return sorted(names, key=lambda name: (order.index(name) if name in order else len(order), is_dataset(name)))


def listed(load: Load, rows: Mapping[str, int], views: Iterable[str] = ()) -> Manifest:
    """Return the manifest of a database: a table for each record and data set, with its rows, and the views."""
    files = [File(name, name, count, 0, "") for name, count in rows.items()]
    return replace(
        load.manifest,
        documents=rows.get("documents", load.manifest.documents),
        files=[*files, *(File(name, "", 0, 0, "") for name in views)],
    )


def in_contract(
    batches: Iterable[pa.RecordBatch], record: str, columns: Sequence[str] | None
) -> Iterator[pa.RecordBatch]:
    """Yield rows of a record with the schema of the contract, unless only some of the columns were read."""
    for batch in batches:
        schema = RECORDS[record].schema if record in RECORDS and not columns else batch.schema
        yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)


def kept_in_place(
    target: Target, manifest: Manifest | None, stale: frozenset[str]
) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yield what `Target.keep` does for a database, where rows stay without our doing."""
    there = {file.record for file in manifest.files} if manifest else set()
    for record in (PARTS_FILE, "problems"):
        if record in there:
            for batch in target.read(record):
                yield record, kept(batch, stale)


def gone(record: str, stale: str) -> str:
    """Return the SQL condition for the rows of a record that go, where `stale` selects the documents that do."""
    of_the_run = f" or doc_id is null or {OF_DATASETS_HERE}" if record == "problems" else ""
    return f"doc_id in ({stale}){of_the_run}"


def references(record: str, records: Iterable[str]) -> list[Reference]:
    """Return the foreign keys of a record to those of some records."""
    if record not in RECORDS:
        return []
    own = [] if record == "documents" else [Reference(("doc_id",), "documents", ("doc_id",))]
    own += [Reference(("doc_id", one), other, ("doc_id", two)) for one, other, two in RECORDS[record].foreign_keys]
    return [reference for reference in own if reference.record in set(records)]


def described(schema: pa.Schema) -> Iterator[tuple[str, str]]:
    """Yield the columns that say what they hold, and what that is."""
    for field in schema:
        metadata = field.metadata or {}
        words = [metadata.get(key, b"").decode() for key in (b"description", b"unit")]
        if any(words):
            yield field.name, " ".join(filter(None, [words[0], f"[{words[1]}]" if words[1] else ""]))


def quoted(name: str) -> str:
    """Return an identifier as SQL has it."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """Return a string as SQL has it."""
    return "'" + value.replace("'", "''") + "'"
