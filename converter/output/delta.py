"""Delta Lake tables as a target: one for each record and data set, under one root."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from converter.addresses import displayed_name
from converter.errors import OutputError, ParquetryError, UsageError, first_line
from converter.output.capacity import Capacity
from converter.output.manifest import Manifest, parse_manifest
from converter.output.stage import remove_table
from converter.output.staging_place import staging_place
from converter.output.stored_types import Substitutes, stored_rows
from converter.output.tables import (
    MANIFEST_TABLE,
    OF_THE_RUN_SQL,
    DatabaseTarget,
    check_unchanged,
    in_contract,
    in_order,
    is_dataset,
    manifest_of,
    tables_of,
)
from converter.output.target import Load, conflict_error, import_extra
from converter.sql_text import quote_name

if TYPE_CHECKING:
    from deltalake import CommitProperties, DeltaTable

RUN = "parquetry_run"
"""The key in the metadata of Parquetry's commits that holds the run id."""

STALE = "_stale"
"""A column in the source of a merge: true if the row names a stale document and is not to be inserted."""

SUBSTITUTES: Substitutes = ((pa.types.is_duration, lambda _: pa.int64()), (pa.types.is_time, lambda _: pa.string()))
"""Types that Delta lacks: a duration is stored as microseconds, a time of day as text."""


class Delta(DatabaseTarget):
    """Tables in a local folder, or wherever `deltalake` can write: `delta://s3://bucket/root`.

    A Delta commit covers one table, so no single step covers all tables: `_manifest`, written last, records which
    versions belong together. If a run is killed between its commits, the next run restores the tables that are ahead
    of `_manifest`. Only a new local root appears in one step.
    """

    capacity: Capacity | None = Capacity("Delta Lake", columns=10_000, forbidden="\0 ,;{}()\n\t=")

    def __init__(self, out: str) -> None:
        self.name, self._root = displayed_name(out), out.removeprefix("delta://")
        if not self._root:
            raise UsageError(f"{self.name} does not name a folder; use delta://FOLDER, or delta://s3://BUCKET/FOLDER")
        self._delta = import_extra("deltalake", "delta")
        self._local = None if "://" in self._root else Path(self._root)
        self.place = self._local or staging_place(self.name)

    def manifest(self) -> Manifest | None:
        """Return the manifest; None if there is none."""
        with self._convert_errors():
            return self._manifest()[0]

    def conflicts(self, names: Sequence[str]) -> list[str]:
        """Return the tables and local folders with these names that Parquetry did not make."""
        with self._convert_errors():
            manifest = self._manifest()[0]
            own_tables = manifest.paths if manifest else set()
            return sorted(name for name in {*names} - own_tables if self._is_foreign(name))

    def read(self, record: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a record, as of the last completed run."""
        with self._convert_errors():
            rows = self._open_completed(record).to_pyarrow_dataset()
            yield from in_contract(rows.to_batches(columns=list(columns) if columns else None), record, columns)

    def publish(self, load: Load) -> Manifest:
        """Write the staged rows to the tables, in one or two commits per table, and `_manifest` last.

        Raises:
            OutputError: a name is taken, or a commit failed. The tables are restored; if that fails too, the message
                says so, and the next run restores them.
        """
        with self._convert_errors():
            previous = self._manifest()[0]
            check_unchanged(previous, load, self.name)
            own_tables = tables_of(
                previous, previous.paths if previous else (), lambda name: int(self._open_completed(name).count())
            )
            if conflicts := sorted(name for name in load.schemas.keys() - own_tables if self._is_foreign(name)):
                raise conflict_error(self.name, conflicts[0])
            new_root = load.stage.place / "delta" if self._local and not self._holds_anything() else None
            root = str(new_root or self._root)
            names = in_order(load.schemas)
            emptied_names = sorted(own_tables - load.schemas.keys())  # tables no longer written keep their history
            changed_names = [
                *names,
                *emptied_names,
                *([MANIFEST_TABLE] if previous or not self._folder_exists(MANIFEST_TABLE) else []),
            ]
            with self._undo_on_failure([] if new_root else changed_names, load.manifest.run_id):
                manifest = self._load(load, root, names, emptied_names, own_tables)
        if new_root:
            load.stage.publish_file(new_root)
        return manifest

    def locations(self, manifest: Manifest) -> list[Path | str]:
        """Return the root."""
        return [self._local or self.name]

    def _load(
        self, load: Load, root: str, names: list[str], emptied_names: list[str], own_tables: set[str]
    ) -> Manifest:
        commit = self._delta.CommitProperties(custom_metadata={RUN: load.manifest.run_id})
        for name in names:
            if load.stale is not None and name in own_tables and not is_dataset(name):
                self._change(name, load, load.stale, commit)
                continue
            self._delta.write_deltalake(
                f"{root}/{name}",
                storable(load.reader(name)),
                mode="overwrite",
                schema_mode="overwrite",
                commit_properties=commit,
            )
        for name in emptied_names:
            self._open_for_writing(name, commit).delete(commit_properties=commit)
        tables = {name: self._delta.DeltaTable(f"{root}/{name}") for name in (*names, *emptied_names)}
        manifest = manifest_of(load, {name: tables[name].count() for name in names}, emptied_names)
        versions = {name: table.version() for name, table in tables.items()}
        row = pa.table({"manifest": [manifest.text], "versions": [json.dumps(versions)]})
        self._delta.write_deltalake(f"{root}/{MANIFEST_TABLE}", row, mode="overwrite", commit_properties=commit)
        return manifest

    @contextlib.contextmanager
    def _undo_on_failure(self, names: list[str], run_id: str) -> Iterator[None]:
        """If the block fails, restore each table to its current version; if that fails too, report it."""
        versions = {name: self._version(name) for name in names}
        try:
            yield
        except BaseException as error:
            failed_names = []
            for name in versions:
                try:
                    self._restore(name, versions[name], run_id)
                except Exception:
                    failed_names.append(name)
            if not failed_names:
                raise
            message = (
                f"{_reason(error)}; {', '.join(failed_names)} could not be restored and may contain rows of this run: "
                f"the next run restores the tables that are ahead of {MANIFEST_TABLE}"
            )
            raise OutputError(message, source=self.name) from error

    def _version(self, name: str) -> int | None:
        """Return the version of a table, None if there is none."""
        path = f"{self._root}/{name}"
        return self._delta.DeltaTable(path).version() if self._delta.DeltaTable.is_deltatable(path) else None

    def _restore(self, name: str, version: int | None, run_id: str) -> None:
        """Undo a run's changes to a table since this version; a table that it made is emptied, or removed if local."""
        current_version = self._version(name)
        if version is None and self._local:  # the table is new, so all of it is this run's
            if (self._local / name).exists():
                remove_table(self._local, name)
            return
        if current_version is None or current_version == version:
            return
        table = self._delta.DeltaTable(f"{self._root}/{name}")
        own_flags = [
            entry.get(RUN) == run_id for entry in table.history(current_version - (-1 if version is None else version))
        ]
        if not any(own_flags):
            return
        if not all(own_flags):
            raise OutputError("another program wrote to the table meanwhile", source=name)
        commit = self._delta.CommitProperties(custom_metadata={RUN: run_id})
        if version is None:
            table.delete(commit_properties=commit)
        else:
            table.restore(version, commit_properties=commit)

    def _change(self, name: str, load: Load, stale: frozenset[str], commit: CommitProperties) -> None:
        """Replace the rows of stale documents by those of this load, in one commit; for `problems` in two."""
        table = self._open_for_writing(name, commit)
        rows = storable(load.reader(name))
        if name == "problems":
            table.delete(OF_THE_RUN_SQL, commit_properties=commit)
        if not stale:
            self._delta.write_deltalake(table, rows, mode="append", commit_properties=commit)
            return
        source = pa.schema([*(field.with_nullable(True) for field in rows.schema), (STALE, pa.bool_())])
        merge = table.merge(
            pa.RecordBatchReader.from_batches(source, mark_stale(rows, source, stale)),
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

    def _open_completed(self, name: str) -> DeltaTable:
        """Return a table as the last completed run left it, plus later maintenance; nothing is written."""
        manifest, versions = self._manifest()
        table: DeltaTable = self._delta.DeltaTable(f"{self._root}/{name}")
        later_entries = table.history(table.version() - versions[name]) if table.version() > versions[name] else []
        later_entries = [*takewhile(lambda entry: not _restores(entry, versions[name]), later_entries)]
        if manifest and any(entry.get(RUN, manifest.run_id) != manifest.run_id for entry in later_entries):
            table.load_as_version(versions[name])
        return table

    def _open_for_writing(self, name: str, commit: CommitProperties) -> DeltaTable:
        """Return a table for writing, restored to the last completed run if a later run was killed."""
        version = self._open_completed(name).version()
        table: DeltaTable = self._delta.DeltaTable(f"{self._root}/{name}")
        if table.version() != version:
            table.restore(version, commit_properties=commit)
        return table

    def _is_table(self, name: str) -> bool:
        """Whether the table exists; older versions of deltalake create the folder when they check it."""
        if self._local is not None and not (self._local / name).exists():
            return False
        return bool(self._delta.DeltaTable.is_deltatable(f"{self._root}/{name}"))

    def _is_foreign(self, name: str) -> bool:
        """Whether the table's place is taken by something that no run of Parquetry began."""
        path = f"{self._root}/{name}"
        if self._is_table(name):
            return RUN not in self._delta.DeltaTable(path).history(1)[0]
        return self._folder_exists(name)

    def _folder_exists(self, name: str) -> bool:
        """Whether a local folder of this name exists."""
        return self._local is not None and (self._local / name).exists()

    def _holds_anything(self) -> bool:
        return self._local is not None and self._local.exists() and any(self._local.iterdir())

    @contextlib.contextmanager
    def _convert_errors(self) -> Iterator[None]:
        """Convert Delta Lake's errors to OutputError: they are plain exceptions, whose first line users need."""
        try:
            yield
        except (ParquetryError, OSError):
            raise
        except Exception as error:
            raise OutputError(f"{_reason(error)}; nothing of this run was kept", source=self.name) from None


def _reason(error: BaseException) -> str:
    return error.message if isinstance(error, ParquetryError) else first_line(error)


def _restores(entry: dict[str, Any], version: int) -> bool:
    """Whether this history entry restored that version."""
    return entry["operation"] == "RESTORE" and str(entry["operationParameters"].get("version")) == str(version)


def storable(rows: pa.RecordBatchReader) -> pa.RecordBatchReader:
    """Return the rows in types that Delta supports."""
    return stored_rows(rows, SUBSTITUTES)


def mark_stale(rows: pa.RecordBatchReader, schema: pa.Schema, stale: frozenset[str]) -> Iterator[pa.RecordBatch]:
    """Yield a row for each stale document, then the rows themselves, each with its `STALE` mark."""
    ids = pa.array(sorted(stale), pa.string())
    empty = {field.name: pa.nulls(len(ids), field.type) for field in schema}
    marks = {**empty, "doc_id": ids, STALE: pa.repeat(True, len(ids))}
    yield pa.RecordBatch.from_arrays([marks[name] for name in schema.names], schema=schema)
    for batch in rows:
        yield pa.RecordBatch.from_arrays([*batch.columns, pa.repeat(False, batch.num_rows)], schema=schema)
