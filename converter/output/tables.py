"""An output as the tables of a database: what all databases share, and how a load goes into SQL tables."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

import pyarrow as pa

from converter.datasets import DATASETS, PARTS_FILE
from converter.destination import DATABASE
from converter.errors import OutputError
from converter.output.manifest import File, Manifest
from converter.output.parts import Parts
from converter.output.rows import rows_to_keep
from converter.output.target import Load, Target, conflict_error
from converter.problems import OF_THE_RUN
from converter.records import RECORDS
from converter.records.record import metadata_text
from converter.sql_text import quote_text

MANIFEST_TABLE = "_manifest"
"""The table with a database's manifest: one row, whose column `manifest` holds the JSON of `_manifest.json`."""


VIEWS: dict[str, tuple[tuple[str, ...], str]] = {
    # name: (the records that it needs, its query, valid in DuckDB and PostgreSQL)
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
"""The views that a database has besides its tables."""


OF_THE_RUN_SQL = "doc_id is null or code in ('{}')".format("', '".join(OF_THE_RUN))
"""SQL condition for the problems that every run finds again."""


class Reference(NamedTuple):
    """A foreign key: its columns, and the record and columns that they refer to."""

    columns: tuple[str, ...]
    record: str
    targets: tuple[str, ...]


class Database(Protocol):
    """A database within one transaction. Names are those of records, data sets (`datasets/name`) and views.

    What others attached to Parquetry's tables and views (grants, indexes, views of their own, ...) is kept.
    """

    def execute(self, statement: str) -> None:
        """Run a statement."""

    def manifest(self) -> Manifest | None:
        """Return the manifest, None if there is none."""

    def existing_names(self) -> set[str]:
        """Return the existing tables and views, whoever made them."""

    def table(self, name: str) -> str:
        """Return the SQL name of a table or view."""

    def create(self, name: str, schema: pa.Schema) -> None:
        """Create a table for rows of this schema."""

    def clear(self, names: Sequence[str], resumes: bool) -> None:
        """Delete all rows of these tables, each of which comes before those that it refers to.

        Unless the run resumes the output, these are all of Parquetry's tables.
        """

    def reshape(self, name: str, schema: pa.Schema, known_columns: Collection[str]) -> None:
        """Give a cleared table the columns of this schema; drop Parquetry's others, `known_columns`.

        Raises:
            OutputError: an object of another program depends on a column that has to change.
        """

    def insert(self, name: str, rows: pa.RecordBatchReader) -> None:
        """Add rows to a table, by column name."""

    def count(self, name: str) -> int:
        """Return the number of rows of a table."""

    def finish(self, schemas: Mapping[str, pa.Schema]) -> None:
        """Add missing keys and indexes to the tables, which are full now."""

    def replace_view(self, name: str, select: str) -> None:
        """Create a view, or change the query of an existing one."""

    def remove(self, name: str) -> list[str]:
        """Drop a view or a cleared table; if others attached something to it, keep it and return what that is."""


class DatabaseTarget(Target):
    """A database as a target: rows stay in place, and other programs may keep tables there."""

    kind = DATABASE
    shared = True

    def keep(self, parts: Parts, stale: frozenset[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield the problems and parts of data sets that stay."""
        manifest = self.manifest()
        present_records = {file.record for file in manifest.files} if manifest else set()
        for record in (PARTS_FILE, "problems"):
            if record in present_records:
                for batch in self.read(record):
                    yield record, rows_to_keep(batch, stale)


def load_tables(database: Database, load: Load, stale: str, place: str) -> Manifest:
    """Write a load to a database, in the open transaction; return the new manifest.

    `stale` is a query for the stale documents, `place` the database's name in messages. A table that is not in the
    manifest belongs to another program: the load is refused if it needs that name, and no such table is touched.
    Parquetry's tables are never recreated if others may have attached something to them: their rows are replaced.

    Raises:
        OutputError: a name is taken, another run wrote to the database meanwhile, or something depends on what changes.
    """
    current_manifest = database.manifest()
    check_unchanged(current_manifest, load, place)
    views = [name for name, (required_records, _) in VIEWS.items() if load.schemas.keys() >= set(required_records)]
    existing_names = database.existing_names()
    own_tables = tables_of(current_manifest, existing_names, database.count)
    if conflicts := sorted(existing_names.intersection([*load.schemas, *views]) - own_tables):
        raise conflict_error(place, conflicts[0])
    is_other_version = (
        current_manifest is not None and current_manifest.converter_version != load.manifest.converter_version
    )
    for view in own_tables & VIEWS.keys() if is_other_version else ():
        database.remove(view)  # it would prevent the columns that it selects from changing
    names = in_order(load.schemas)
    merged_names = [name for name in names if name in own_tables and load.stale is not None and not is_dataset(name)]
    for name in reversed(merged_names):  # referring tables first
        database.execute(f"delete from {database.table(name)} where {stale_condition(name, stale)}")
    obsolete_names = sorted(own_tables - {*names, *views}, key=lambda name: (name not in VIEWS, name))
    cleared_names = in_order(own_tables - {*merged_names, *VIEWS})
    if cleared_names:
        database.clear(cleared_names[::-1], load.stale is not None)
    for name in names:
        if name not in own_tables:
            database.create(name, load.schemas[name])
        elif name not in merged_names:
            database.reshape(
                name, load.schemas[name], current_manifest.schemas.get(name, {}) if current_manifest else {}
            )
    for name in names:
        database.insert(name, load.reader(name))
    database.finish({name: load.schemas[name] for name in names})
    for name in views:
        if name not in own_tables or is_other_version:
            database.replace_view(name, VIEWS[name][1])
    remnants = {name: reasons for name in obsolete_names if (reasons := database.remove(name))}
    load.notes.extend(
        f"{name} is no longer written; it is kept, empty, because of {', '.join(remnants[name])}" for name in remnants
    )
    manifest = manifest_of(load, {name: database.count(name) for name in names}, [*views, *remnants])
    table = database.table(MANIFEST_TABLE)
    if MANIFEST_TABLE in existing_names:
        database.execute(f"delete from {table}")
        database.execute(f"insert into {table} (manifest) values ({quote_text(manifest.text)})")
    else:
        database.execute(f"create table {table} as select {quote_text(manifest.text)} as manifest")
    return manifest


def tables_of(manifest: Manifest | None, existing_names: Collection[str], count: Callable[[str], int]) -> set[str]:
    """Return the existing tables and views of a manifest that are Parquetry's; `count` counts the rows of a table.

    An entry without a record is a view, or an empty table that is no longer written: with rows, it is not Parquetry's.
    """
    entries = [file for file in manifest.files if file.path in existing_names] if manifest else []
    return {file.path for file in entries if file.record or file.path in VIEWS or not count(file.path)}


def check_unchanged(current_manifest: Manifest | None, load: Load, place: str) -> None:
    """Refuse a load that was made for another state of the database.

    Raises:
        OutputError: another run wrote to the database meanwhile.
    """
    if (current_manifest and current_manifest.run_id) != (load.previous and load.previous.run_id):
        raise busy_error(place)


def busy_error(place: str) -> OutputError:
    """Return the error of a run that another one overtook."""
    message = "another run wrote to it meanwhile, and nothing of this run was kept; run it again"
    return OutputError(message, source=place, code="output_busy")


def is_dataset(name: str) -> bool:
    """Whether this is the name of a data set."""
    return name.startswith(f"{DATASETS}/")


def in_order(names: Iterable[str]) -> list[str]:
    """Return records, each after those that it refers to, then all other names."""
    order = [*RECORDS]
    return sorted(names, key=lambda name: (order.index(name) if name in order else len(order), is_dataset(name)))


def manifest_of(load: Load, rows: Mapping[str, int], views: Iterable[str] = ()) -> Manifest:
    """Return the manifest of a database: a table for each record and data set, with its number of rows, and the views.

    `views` also holds the empty tables that are no longer written.
    """
    files = [File(name, name, count, 0, "") for name, count in rows.items()]
    return replace(
        load.manifest,
        documents=rows.get("documents", load.manifest.documents),
        files=[*files, *(File(name, "", 0, 0, "") for name in views)],
    )


def in_contract(
    batches: Iterable[pa.RecordBatch], record: str, columns: Sequence[str] | None
) -> Iterator[pa.RecordBatch]:
    """Yield rows of a record with the schema of the contract, unless only some columns were read."""
    for batch in batches:
        schema = RECORDS[record].schema if record in RECORDS and not columns else batch.schema
        yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)


def stale_condition(record: str, stale: str) -> str:
    """Return the SQL condition for the rows of a record to remove; `stale` selects the stale documents."""
    of_the_run = f" or {OF_THE_RUN_SQL}" if record == "problems" else ""
    return f"doc_id in ({stale}){of_the_run}"


def references(record: str, records: Iterable[str]) -> list[Reference]:
    """Return the foreign keys of a record that refer to one of `records`."""
    if record not in RECORDS:
        return []
    foreign_keys = [] if record == "documents" else [Reference(("doc_id",), "documents", ("doc_id",))]
    foreign_keys += [
        Reference(("doc_id", column), target_record, ("doc_id", target_column))
        for column, target_record, target_column in RECORDS[record].foreign_keys
    ]
    return [reference for reference in foreign_keys if reference.record in set(records)]


def descriptions_of(schema: pa.Schema) -> Iterator[tuple[str, str]]:
    """Yield the columns that have a description or unit, with that text."""
    for field in schema:
        unit = metadata_text(field, "unit")
        if text := " ".join(filter(None, [metadata_text(field, "description"), unit and f"[{unit}]"])):
            yield field.name, text


def is_comment(words: str, description: str | None) -> bool:
    """Whether Parquetry wrote this comment from the text `description`: only the unit at its end may differ."""
    return bool(description) and words.partition(" [")[0] == str(description).partition(" [")[0]
