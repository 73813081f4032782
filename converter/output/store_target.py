"""A folder in an object store as a target: files under names of their own, and a manifest that is the commit.

A run writes its files as `RECORD/part-00000-RUN.parquet`, names that no other run uses, and then the manifest, on the
condition that it is still the one that the run began with: of two runs at once, one wins. Files that stay are part of
the next manifest under their names; files that are replaced are listed in it as superseded, and removed after the
commit.

While a run writes, the object `_runs/RUN` says so. A run whose mark is there before another run's commit began before
that commit, so that its own commit can only fail: whatever it wrote is removed. Its mark stays for a day, because it
may still be writing. Other machines can write files of a run too (`attempts.py`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from converter.datasets import DATASETS, PARTS_FILE
from converter.destination import STORE
from converter.errors import OutputError
from converter.output.capacity import Capacity
from converter.output.kept import READ_RECORDS, Group, groups_to_keep, pieces_to_keep
from converter.output.manifest import MANIFEST, File, Manifest, parse_manifest, run_of
from converter.output.parts import Parts
from converter.output.placement import NOTHING_KEPT
from converter.output.rows import read_batches, rows_to_keep
from converter.output.signals import hold_signals
from converter.output.stage import IN_PLACE
from converter.output.staging_place import staging_place
from converter.output.store import STORE_CODE, ConditionError, Entry, Store, StoredFile, Version
from converter.output.store_client import ObjectStore
from converter.output.store_names import (
    RUN_MARK,
    RUNS,
    SECONDS_OF_MARKS,
    files_of,
    name_of,
    put_files,
    runs_in,
    stored_path,
)
from converter.output.target import Load
from converter.output.verification import MEND
from converter.records import RECORDS

COMMIT_ATTEMPTS = 3
"""Attempts to write the manifest if the store does not confirm it."""


Entries = Mapping[str, Entry]
"""The objects of the folder, by their keys."""


class Base(NamedTuple):
    """The output at the start of a run: its manifest, and the version of the object that holds it."""

    manifest: Manifest | None
    version: Version | None

    @property
    def run_id(self) -> str | None:
        """The run that wrote it, None if there is no output."""
        return self.manifest.run_id if self.manifest else None


class StoreTarget:
    """A folder in an object store, as an output."""

    kind = STORE
    shared = True
    capacity: Capacity | None = None

    def __init__(self, out: str, open_store: Callable[[str], Store] = ObjectStore) -> None:
        self.address, self._store = out, open_store(out)
        self.name = self._store.name
        self.place = staging_place(self.name)
        self._base = Base(None, None)
        self._files_kept: list[File] = []
        self._shared_run = ""

    def manifest(self) -> Manifest | None:
        """Return the manifest, with which this run begins; None if there is none."""
        self._base, self._files_kept = self._read_base(), []
        return self._base.manifest

    def share(self, run_id: str) -> None:
        """Mark this run before other machines write files of it; `manifest` has been read.

        The mark stays for a day after the commit, because an abandoned attempt at a task may still write.
        """
        self._shared_run = name_of(run_id)
        self._store.put(f"{RUNS}/{self._shared_run}", RUN_MARK)

    def abandon(self) -> None:
        """Remove what other machines wrote, after a run that failed before it was published."""
        if run := self._shared_run:
            with contextlib.suppress(OutputError):  # then the next run removes it
                self._remove(files_of(run, self._entries()))

    def check_unchanged(self) -> None:
        """Refuse to continue if another run wrote to the output, because it removes the files of this run.

        Raises:
            BusyError: another run wrote to the output.
            OutputError: the store does not answer.
        """
        if self._read_base().run_id != self._base.run_id:
            raise self._busy_error()

    def open(self, file: File) -> pa.NativeFile:
        """Open a file of the output, or of this run."""
        return pa.PythonFile(StoredFile(self._store, file.path, file.bytes), "r")

    def conflicts(self, names: Sequence[str]) -> list[str]:
        """Return objects in the place of records, if there is no manifest and no run of Parquetry wrote them."""
        if self._base.manifest:
            return []
        places = {*names, DATASETS, PARTS_FILE}
        entries = self._entries()
        runs = runs_in(entries)
        foreign = (key for key in entries if run_of(key) not in runs)
        return sorted(key for key in foreign if key.split("/")[0].split(".")[0] in places)[:1]

    def read(self, record: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a record from its files."""
        for file in self._base.manifest.files if self._base.manifest else ():
            if file.record == record:
                yield from self._rows(file, RECORDS[record].schema, columns)

    def keep(self, parts: Parts, stale: frozenset[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Keep the rows of all but stale documents; yield those of problems and parts.

        Files without stale rows stay as they are, unless there are many small ones; the others are rewritten, from
        row groups without stale rows as they are.
        """
        for partition, files, stays in self._groups(parts, stale):
            for file in files:
                schema = parts.schemas[file.record]
                is_kept = stays and file.record != "problems"
                if is_kept:
                    self._files_kept.append(file)
                if file.record in READ_RECORDS:
                    for batch in self._rows(file, schema):
                        rows = rows_to_keep(batch, stale)
                        if not is_kept:
                            parts.add({file.record: rows}, partition)
                        yield file.record, rows
                elif not is_kept:
                    for piece in pieces_to_keep(f"{self.name}/{file.path}", schema, stale, self.open(file)):
                        parts.take(file.record, piece, partition)
            parts.roll(partition)

    def publish(self, load: Load) -> Manifest:
        """Write the staged files, and commit them with the manifest.

        Raises:
            OutputError: another run wrote to the output meanwhile, or the store failed; nothing of this run was kept,
                or the message says that this is unknown.
        """
        base = self._base
        if base.run_id != (load.previous and load.previous.run_id):
            raise self._busy_error()
        run = name_of(load.manifest.run_id)
        is_shared, self._shared_run = self._shared_run == run, ""
        put_keys: list[str] = []
        marks = [] if is_shared else [f"{RUNS}/{run}"]
        try:
            if not is_shared:
                self._store.put(f"{RUNS}/{run}", RUN_MARK)
            entries = self._entries()
            put_keys += files_of(run, entries)
            self._check_kept(entries)
            if not all(_is_there(file, entries) for file in load.manifest.files if run_of(file.path)):
                raise self._busy_error()  # a run that commits removes the files of runs that can no longer commit
            files = self._upload(load, run, entries, put_keys)
        except BaseException as error:
            # A put that failed may still happen: then the mark stays, so that the next run removes what it wrote.
            self._remove([*put_keys, *([] if getattr(error, "code", "") == STORE_CODE else marks)])
            if isinstance(error, OutputError) and not isinstance(error, BusyError):
                message = f"{error.message}; {NOTHING_KEPT}"
                raise OutputError(message, source=error.source, code=error.code) from error
            raise
        manifest = _complete(load.manifest, files, base, entries)
        try:
            with hold_signals():
                self._commit(manifest, base)
                load.stage.outcome = IN_PLACE
        except BusyError:  # after any other error, the files may be those of a committed output
            self._remove([*put_keys, *marks])
            raise
        if not self._clean(manifest, entries, load.seconds_kept, marks):
            load.notes.append(f"{self.name}: not all replaced files could be removed; the next run removes them")
        return manifest

    def tidy(self, run_id: str, seconds_kept: float) -> None:
        """Remove what killed runs left and replaced files that have expired, after a run without changes.

        The manifest is rewritten: otherwise a run that only seems dead could still commit.
        """
        entries, base = self._entries(), self._base
        if base.manifest is None or not _waste(base.manifest, entries, seconds_kept):
            return
        manifest = _complete(replace(base.manifest, run_id=run_id), base.manifest.files, base, entries)
        try:
            self._commit(manifest, base)
        except OutputError:  # another run is committing, and tidies up itself
            return
        self._clean(manifest, entries, seconds_kept)

    def locations(self, manifest: Manifest) -> list[Path | str]:
        """Return the address."""
        return [self.name]

    # -- reading

    def _read_base(self) -> Base:
        existing = self._store.get(MANIFEST)
        if existing is None:
            return Base(None, None)
        return Base(parse_manifest(existing.data, f"{self.name}/{MANIFEST}", in_folder=True), existing.version)

    def _entries(self) -> Entries:
        return {entry.key: entry for entry in self._store.entries()}

    def _rows(self, file: File, schema: pa.Schema, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        yield from read_batches(f"{self.name}/{file.path}", schema, columns, self.open(file))

    def _groups(self, parts: Parts, stale: frozenset[str]) -> list[Group]:
        def doc_ids(file: File) -> Iterator[pa.RecordBatch]:
            return self._rows(file, RECORDS["documents"].schema, ["doc_id"])

        existing = self._base.manifest.files if self._base.manifest else []
        files = (file for file in existing if file.record in parts.schemas)
        return groups_to_keep(files, parts.file_bytes, stale, doc_ids)

    # -- writing

    def _check_kept(self, entries: Entries) -> None:
        """Refuse to keep files that are not there.

        Raises:
            OutputError: the message names the file.
        """
        for file in self._files_kept:
            if not _is_there(file, entries):
                message = f"is missing, or has another size than in {MANIFEST}; {MEND}"
                raise OutputError(message, source=f"{self.name}/{file.path}", code="damaged")

    def _upload(self, load: Load, run: str, entries: Entries, put_keys: list[str]) -> list[File]:
        """Write the staged files; return all files of the output. Files with the run in their names are there already.

        A data set with the same bytes as before stays where it is, and an empty file is needed only if the record has
        no other.
        """
        existing = {
            (file.record, file.sha256): file
            for file in (self._base.manifest.files if self._base.manifest else ())
            if file.record.startswith(f"{DATASETS}/") and _is_there(file, entries)
        }
        filled_records = {file.record for file in self._files_kept}
        files, jobs = [*self._files_kept], []
        for file in load.manifest.files:
            if file.record in filled_records and not file.rows:
                continue
            if run_of(file.path):
                files.append(file)
                continue
            twin = existing.get((file.record, file.sha256))
            files.append(twin or replace(file, path=stored_path(file.path, run)))
            if twin is None:
                jobs.append((files[-1].path, load.stage.new / file.path))
        put_keys += [key for key, _ in jobs]  # first: a put that fails may have happened
        put_files(self._store, jobs)
        return sorted(files, key=lambda file: file.path)

    def _commit(self, manifest: Manifest, base: Base) -> None:
        """Write the manifest in place of the one that the run began with.

        Raises:
            BusyError: another run was faster.
            UnknownOutcomeError: the store does not say whether it was written.
        """
        data = manifest.text.encode()
        for _ in range(COMMIT_ATTEMPTS):
            try:
                if base.version is None:
                    self._store.put_if_absent(MANIFEST, data)
                else:
                    self._store.put_if_unchanged(MANIFEST, data, base.version)
                return
            except OutputError as error:  # the put may have succeeded even so: perhaps only the answer was lost
                failure = error
            try:
                current_id = self._read_base().run_id
            except OutputError:
                continue
            if current_id == manifest.run_id:
                return
            if current_id != base.run_id or isinstance(failure, ConditionError):
                raise self._busy_error() from failure
        raise UnknownOutcomeError(
            f"{failure.message}; it is unknown whether the output of this run is in place: it is if {MANIFEST} names "
            f"the run {manifest.run_id}. Either way the output is complete; run it again to bring it up to date",
            source=failure.source,
        ) from failure

    def _clean(self, manifest: Manifest, entries: Entries, seconds_kept: float, marks: Sequence[str] = ()) -> bool:
        """Remove these marks and everything that is not part of the committed output; return False if the store
        refuses."""
        return self._remove([*_waste(manifest, entries, seconds_kept), *marks])

    def _remove(self, keys: Iterable[str]) -> bool:
        try:
            self._store.delete(keys)
        except OutputError:
            return False
        return True

    def _busy_error(self) -> BusyError:
        message = f"another run wrote to it meanwhile, and {NOTHING_KEPT}; run it again"
        return BusyError(message, source=self.name)


class BusyError(OutputError):
    """Another run wrote to the output, so this run cannot commit."""

    code = "output_busy"


class UnknownOutcomeError(OutputError):
    """The store did not say whether the manifest was written, so the files of the run stay."""

    code = STORE_CODE


def _is_there(file: File, entries: Entries) -> bool:
    """Whether the store holds the file with its size."""
    return file.path in entries and entries[file.path].size == file.bytes


def _complete(manifest: Manifest, files: list[File], base: Base, entries: Entries) -> Manifest:
    """Return the manifest with the run's files, and with those replaced files of the base that are still there."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    before = (base.manifest.superseded or {}) if base.manifest else {}
    replaced = dict.fromkeys(base.manifest.paths, now) if base.manifest else {}
    paths = {file.path for file in files}
    superseded = {path: since for path, since in (replaced | before).items() if path in entries and path not in paths}
    complete = replace(manifest, files=files, layout="folders", superseded=superseded)
    return replace(complete, documents=complete.rows().get("documents", complete.documents))


def _waste(manifest: Manifest, entries: Entries, seconds_kept: float) -> list[str]:
    """Return the existing keys that can be removed once this manifest is committed.

    These are files of runs that have a mark, old marks, and replaced files that have expired.
    """
    now, superseded, runs = datetime.now(UTC), manifest.superseded or {}, runs_in(entries)
    needed_paths = manifest.paths | superseded.keys()
    orphans = [key for key in entries if run_of(key) in runs and key not in needed_paths]
    old_files = [
        path
        for path, since in superseded.items()
        if path in entries and (now - datetime.fromisoformat(since)).total_seconds() >= seconds_kept
    ]
    marks = [
        entry.key
        for run in sorted(runs)
        if (now - (entry := entries[f"{RUNS}/{run}"]).modified).total_seconds() > SECONDS_OF_MARKS
    ]
    return [*orphans, *old_files, *marks]
