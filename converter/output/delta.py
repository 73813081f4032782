"""Delta Lake tables as a target: one for each record and data set, under one root."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from converter.addresses import shown
from converter.errors import OutputError, ParquetryError, UsageError
from converter.output.capacity import Capacity
from converter.output.manifest import Manifest, parse_manifest
from converter.output.parts import Parts
from converter.output.stage import remove_table, staging_place
from converter.output.tables import (
    MANIFEST_TABLE,
    OF_THE_RUN_SQL,
    check_unchanged,
    in_contract,
    in_order,
    is_dataset,
    kept_in_place,
    manifest_of,
    tables_of,
)
from converter.output.target import Load, import_extra
from converter.sql_text import quote_name

if TYPE_CHECKING:
    from deltalake import CommitProperties, DeltaTable

RUN = "parquetry_run"
"""The key in the metadata of Parquetry's commits that holds the run id."""

STALE = "_stale"
"""A column in the source of a merge: true if the row names a stale document and is not to be inserted."""

CASTS = ((pa.types.is_duration, pa.int64()), (pa.types.is_time, pa.string()))
"""Types that Delta lacks: a duration is stored as microseconds, a time of day as text."""


class Delta:
    """Tables in a local folder, or wherever `deltalake` can write: `delta://s3://bucket/root`.

    A Delta commit covers one table, so no single step covers all tables: `_manifest`, written last, records which
    versions belong together. If a run is killed between its commits, the next run restores the tables that are ahead
    of `_manifest`. Only a new local root appears in one step.
    """

    shared = True
    capacity: Capacity | None = Capacity("Delta Lake", columns=10_000, forbidden="\0 ,;{}()\n\t=")

    def __init__(self, out: str) -> None:
        self.name, self._root = shown(out), out.removeprefix("delta://")
        if not self._root:
            raise UsageError(f"{self.name} names no folder; use delta://FOLDER, or delta://s3://BUCKET/FOLDER")
        self._delta = import_extra("deltalake", "delta")
        self._local = None if "://" in self._root else Path(self._root)
        self.place = self._local or staging_place(self.name)

    def manifest(self) -> Manifest | None:
        """Return the manifest, None if there is none."""
        with self._told():
            return self._manifest()[0]

    def conflicts(self, names: Sequence[str]) -> list[str]:
        """Return the tables and local folders with these names that Parquetry did not make."""
        with self._told():
            manifest = self._manifest()[0]
            ours = manifest.paths if manifest else set()
            return sorted(name for name in {*names} - ours if self._is_strange(name))

    def read(self, record: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a record, as of the last completed run."""
        with self._told():
            rows = self._standing(record).to_pyarrow_dataset()
            yield from in_contract(rows.to_batches(columns=list(columns) if columns else None), record, columns)

    def keep(self, parts: Parts, stale: frozenset[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield the problems and parts of data sets that stay; they stay in place."""
        return kept_in_place(self, self.manifest(), stale)

    def publish(self, load: Load) -> Manifest:
        """Write the staged rows to the tables, in one or two commits per table, and `_manifest` last.

        Raises:
            OutputError: a name is taken, or a commit failed. The tables are restored; if that fails too, the message
                says so, and the next run restores them.
        """
        with self._told():
            before = self._manifest()[0]
            check_unchanged(before, load, self.name)
            ours = tables_of(before, before.paths if before else (), lambda name: int(self._standing(name).count()))
            if taken := sorted(name for name in load.schemas.keys() - ours if self._is_strange(name)):
                message = f"holds {taken[0]} already, which Parquetry did not make; name another place"
                raise OutputError(message, source=self.name, code="output_exists")
            new = load.stage.place / "delta" if self._local and not self._holds_anything() else None
            root = str(new or self._root)
            names = in_order(load.schemas)
            emptied = sorted(ours - load.schemas.keys())  # tables no longer written keep their history
            changed = [*names, *emptied, *([MANIFEST_TABLE] if before or not self._stands(MANIFEST_TABLE) else [])]
            with self._undone([] if new else changed, load.manifest.run_id):
                manifest = self._load(load, root, names, emptied, ours)
        if new:
            load.stage.publish_file(new)
        return manifest

    def locations(self, manifest: Manifest) -> list[Path | str]:
        """Return the root."""
        return [self._local or self.name]

    def _load(self, load: Load, root: str, names: list[str], emptied: list[str], ours: set[str]) -> Manifest:
        commit = self._delta.CommitProperties(custom_metadata={RUN: load.manifest.run_id})
        for name in names:
            if load.stale is not None and name in ours and not is_dataset(name):
                self._change(name, load, load.stale, commit)
                continue
            self._delta.write_deltalake(
                f"{root}/{name}",
                storable(load.reader(name)),
                mode="overwrite",
                schema_mode="overwrite",
                commit_properties=commit,
            )
        for name in emptied:
            self._bring_back(name, commit).delete(commit_properties=commit)
        tables = {name: self._delta.DeltaTable(f"{root}/{name}") for name in (*names, *emptied)}
        manifest = manifest_of(load, {name: tables[name].count() for name in names}, emptied)
        versions = {name: table.version() for name, table in tables.items()}
        row = pa.table({"manifest": [manifest.text], "versions": [json.dumps(versions)]})
        self._delta.write_deltalake(f"{root}/{MANIFEST_TABLE}", row, mode="overwrite", commit_properties=commit)
        return manifest

    @contextlib.contextmanager
    def _undone(self, names: list[str], run_id: str) -> Iterator[None]:
        """If the block fails, restore each table to its current version; if that fails too, report it."""
        versions = {name: self._version(name) for name in names}
        try:
            yield
        except BaseException as error:
            ahead = []
            for name in versions:
                try:
                    self._restore(name, versions[name], run_id)
                except Exception:
                    ahead.append(name)
            if not ahead:
                raise
            message = (
                f"{_reason(error)}; {', '.join(ahead)} could not be restored and may hold rows of this run: the next "
                f"run restores what is ahead of {MANIFEST_TABLE}"
            )
            raise OutputError(message, source=self.name) from error

    def _version(self, name: str) -> int | None:
        """Return the version of a table, None if there is none."""
        path = f"{self._root}/{name}"
        return self._delta.DeltaTable(path).version() if self._delta.DeltaTable.is_deltatable(path) else None

    def _restore(self, name: str, version: int | None, run_id: str) -> None:
        """Undo a run's changes to a table since this version; a table that it made is emptied, or removed if local."""
        now = self._version(name)
        if version is None and self._local:  # the table is new, so all of it is this run's
            if (self._local / name).exists():
                remove_table(self._local, name)
            return
        if now is None or now == version:
            return
        table = self._delta.DeltaTable(f"{self._root}/{name}")
        since = [entry.get(RUN) == run_id for entry in table.history(now - (-1 if version is None else version))]
        if not any(since):
            return
        if not all(since):
            raise OutputError("someone else has written to it meanwhile", source=name)
        commit = self._delta.CommitProperties(custom_metadata={RUN: run_id})
        if version is None:
            table.delete(commit_properties=commit)
        else:
            table.restore(version, commit_properties=commit)

    def _change(self, name: str, load: Load, stale: frozenset[str], commit: CommitProperties) -> None:
        """Replace the rows of stale documents by those of this load, in one commit; for `problems` in two."""
        table = self._bring_back(name, commit)
        rows = storable(load.reader(name))
        if name == "problems":
            table.delete(OF_THE_RUN_SQL, commit_properties=commit)
        if not stale:
            self._delta.write_deltalake(table, rows, mode="append", commit_properties=commit)
            return
        source = pa.schema([*(field.with_nullable(True) for field in rows.schema), (STALE, pa.bool_())])
        merge = table.merge(
            pa.RecordBatchReader.from_batches(source, marked(rows, source, stale)),
            f"t.doc_id = s.doc_id and s.{STALE}",
            source_alias="s",
            target_alias="t",
            streamed_exec=True,
            commit_properties=commit,
        )
        inserted = {quote_name(column): f"s.{quote_name(column)}" for column in rows.schema.names}
        merge.when_matched_delete().when_not_matched_insert(inserted, f"not s.{STALE}").execute()

    def _manifest(self) -> tuple[Manifest | None, dict[str, int]]:
        """Return the manifest, and the version of each table that belongs to it."""
        path = f"{self._root}/{MANIFEST_TABLE}"
        if not self._is_table(MANIFEST_TABLE):
            return None, {}
        ((text, versions),) = (row.values() for row in self._delta.DeltaTable(path).to_pyarrow_table().to_pylist())
        return parse_manifest(text, path), json.loads(versions)

    def _standing(self, name: str) -> DeltaTable:
        """Return a table as the last completed run left it, plus later maintenance; nothing is written."""
        manifest, versions = self._manifest()
        table: DeltaTable = self._delta.DeltaTable(f"{self._root}/{name}")
        since = table.history(table.version() - versions[name]) if table.version() > versions[name] else []
        since = [*takewhile(lambda entry: not _restores(entry, versions[name]), since)]
        if manifest and any(entry.get(RUN, manifest.run_id) != manifest.run_id for entry in since):
            table.load_as_version(versions[name])
        return table

    def _bring_back(self, name: str, commit: CommitProperties) -> DeltaTable:
        """Return a table for writing, restored to the last completed run if a later run was killed."""
        version = self._standing(name).version()
        table: DeltaTable = self._delta.DeltaTable(f"{self._root}/{name}")
        if table.version() != version:
            table.restore(version, commit_properties=commit)
        return table

    def _is_table(self, name: str) -> bool:
        """Whether the table exists; older versions of deltalake create the folder that they are asked about."""
        if self._local is not None and not (self._local / name).exists():
            return False
        return bool(self._delta.DeltaTable.is_deltatable(f"{self._root}/{name}"))

    def _is_strange(self, name: str) -> bool:
        """Whether the table's place is taken by something that no run of Parquetry began."""
        path = f"{self._root}/{name}"
        if self._is_table(name):
            return RUN not in self._delta.DeltaTable(path).history(1)[0]
        return self._stands(name)

    def _stands(self, name: str) -> bool:
        """Whether a local folder of this name exists."""
        return self._local is not None and (self._local / name).exists()

    def _holds_anything(self) -> bool:
        return self._local is not None and self._local.exists() and any(self._local.iterdir())

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Convert Delta Lake's errors to OutputError: they are plain exceptions, whose first line users need."""
        try:
            yield
        except (ParquetryError, OSError):
            raise
        except Exception as error:
            raise OutputError(f"{_reason(error)}; nothing of this run was kept", source=self.name) from None


def _reason(error: BaseException) -> str:
    return (
        error.message if isinstance(error, ParquetryError) else (str(error).splitlines() or [type(error).__name__])[0]
    )


def _restores(entry: dict[str, Any], version: int) -> bool:
    """Whether this history entry restored that version."""
    return entry["operation"] == "RESTORE" and str(entry["operationParameters"].get("version")) == str(version)


def storable(rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """Return the rows in types that Delta supports (`CASTS`), texts without a dictionary."""
    fields = [field.with_type(stored_type(field.type)) for field in rows.schema]
    schema = pa.schema(fields, rows.schema.metadata)
    return pa.RecordBatchReader.from_batches(schema, (batch.cast(schema) for batch in rows))


def stored_type(type: pa.DataType) -> pa.DataType:
    """Return the type that holds this one in Delta."""
    if pa.types.is_dictionary(type):
        return type.value_type
    return next((stored for matches, stored in CASTS if matches(type)), type)


def marked(rows: pa.RecordBatchReader, schema: pa.Schema, stale: frozenset[str]) -> Iterator[pa.RecordBatch]:
    """Yield a row for each stale document, then the rows themselves, each with its `STALE` mark."""
    ids = pa.array(sorted(stale), pa.string())
    empty = {field.name: pa.nulls(len(ids), field.type) for field in schema}
    marks = {**empty, "doc_id": ids, STALE: pa.repeat(True, len(ids))}
    yield pa.RecordBatch.from_arrays([marks[name] for name in schema.names], schema=schema)
    for batch in rows:
        yield pa.RecordBatch.from_arrays([*batch.columns, pa.repeat(False, batch.num_rows)], schema=schema)
