"""The files of an output folder: files for each record and data set, or one file of nested documents."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from converter.config import Options, Output, schema_of
from converter.config.partitions import hive_escaped
from converter.datasets import DATASETS, PARTS, PARTS_FILE, Contract, Datasets, rows_of_problems
from converter.errors import OutputError
from converter.model.events import BatchPieces, BatchRows, BatchStart, Event, Records, whole_batches
from converter.model.report import Report
from converter.model.source import NO_PARTITION
from converter.output.capacity import Capacity
from converter.output.dataset_files import DatasetFiles, Spread, WrittenDatasets, in_threads, report_damage
from converter.output.disk import Folder
from converter.output.kept_datasets import KeptDatasets
from converter.output.manifest import File, Manifest, check_file
from converter.output.partition import NO_ATTRIBUTE, unused_attributes
from converter.output.parts import Parts
from converter.output.previous import PreviousOutput
from converter.output.stage import Stage, move_in_stage
from converter.output.verification import verified_entry
from converter.problems import LOCKED
from converter.records import RECORDS
from converter.records.ledgers import PROBLEMS
from converter.write import NestedJsonWriter

Opener: TypeAlias = Callable[[File], pa.NativeFile]

SPOOL = "spool"
"""The file of a stage that holds the parts of data sets until the run ends."""


def by_file(rows: BatchRows) -> BatchRows:
    """Return the rows by file name: the parts of data sets are in a file of another name."""
    names = {DATASETS: PARTS_FILE}
    return replace(rows, records={names.get(name, name): table for name, table in rows.records.items()})


def split_problems(records: Records, partition: str) -> tuple[Records, list[pa.Table]]:
    """Return rows of a partition without the problems that have no document, and those problems: these wait until all
    partitions are known, because readers fail on a partition without a value that holds only problems."""
    if NO_PARTITION not in partition or "problems" not in records:
        return records, []
    problems = records["problems"]
    return (
        {**records, "problems": problems.filter(problems["doc_id"].is_valid())},
        [problems.filter(problems["doc_id"].is_null())],
    )


def stored_schemas(output: Output, options: Options) -> dict[str, pa.Schema]:
    """Return the Arrow schemas of the records that are written, and of the parts of data sets if they are."""
    schemas = {name: schema_of(name, options) for name in output.names(options)}
    # A run that resumes this output needs the list of its documents, and makes the data sets again.
    is_resumable = output.datasets(options) and output.format == "parquet" and "documents" in schemas
    return schemas | ({PARTS_FILE: PARTS} if is_resumable else {})


class RecordFiles:
    """Files for each record, each data set, and the parts of the data sets, so that a later run can resume."""

    def __init__(
        self,
        stage: Stage,
        output: Output,
        options: Options,
        previous: Manifest | None = None,
        capacity: Capacity | None = None,
    ) -> None:
        """Begin in the stage's new folder, which is empty.

        `previous` is the manifest of the existing output, `capacity` the limits of the target's tables.
        """
        self._capacity = capacity
        in_folders = output.arrangement(previous.arrangement if previous else None) == "folders"
        self.contract: Contract = previous.contract() if previous and output.lock_types else {}
        """The types of data sets that must not change."""
        self._folder, self._output, self._in_folders = stage.new, output, in_folders
        self._has_datasets = output.datasets(options)
        schemas = stored_schemas(output, options)
        self.schemas = {name: schema for name, schema in schemas.items() if name != PARTS_FILE}
        """The Arrow schema of each record and, once written, of each data set."""
        self._stack = contextlib.ExitStack()
        self._parts = self._stack.enter_context(
            Parts(stage.new, schemas, output.format, output.file_layout, self._in_folders)
        )
        self._stage, self._hints = stage, options.hints
        self._spool = self._stack.enter_context(open(stage.place / SPOOL, "w+b"))  # noqa: SIM115
        self._datasets = Datasets(self._spool, self.contract)
        self._partition = ""
        self._resumed_output: str | None = None
        """The resumed output, whose parts of data sets are among the rows."""
        self._run_problems: list[pa.Table] = []
        self._open: Opener | None = None
        """Opens files that another process put in the target."""
        self._kept_datasets = KeptDatasets()

    def __enter__(self) -> RecordFiles:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def stored_schemas(self) -> dict[str, pa.Schema]:
        """The Arrow schemas of everything stored: `schemas`, and the parts of data sets."""
        return {**self._parts.schemas, **self.schemas}

    def write(self, event: Event) -> None:
        """Write the encoded rows of a batch."""
        if isinstance(event, BatchStart):
            self._partition = event.partition
        if isinstance(event, BatchPieces):
            self._datasets.join(event.parts)
            event = self._without_run_problems(event)
        self._parts.write(event)

    def adopt(
        self, place: Path | Opener, files: Sequence[File], run_problems: Iterable[pa.Table] = ()
    ) -> dict[str, str]:
        """Take over the files that another process wrote with `Parts`, and the problems that it left out
        (`split_problems`); return the new path of each file that was moved.

        `place` is a folder of the stage; or the files are in the target already, and `place` opens them.

        Raises:
            OutputError: `files` names a file that no run writes.
        """
        for file in files:
            try:
                check_file(file, in_folder=True)
            except ValueError as error:
                raise OutputError(str(error), source=str(self._folder), code="manifest") from error
        self._run_problems += run_problems
        if isinstance(place, Path):
            return self._parts.adopt(place, files)
        self._open = place
        return self._parts.adopt(None, files)

    def add_parts(self, batches: Iterable[pa.RecordBatch]) -> None:
        """Add parts of data sets, to be written at the end of the run."""
        for batch in batches:
            self._datasets.add(batch)
        pa.default_memory_pool().release_unused()  # else the allocator keeps the memory of every file

    def go_on(self, earlier: PreviousOutput, stale: frozenset[str], report: Report) -> bool:
        """Keep an earlier output except the rows of stale documents, and count it; return whether anything changed."""
        earlier_problems = [row for row in earlier.run_problems() if NO_ATTRIBUTE not in row]
        run_problems = sorted((tuple(row.values()) for row in report.problems if row["doc_id"] is None), key=repr)
        if not stale and not report.documents and run_problems == earlier_problems:
            earlier.count(report)
            return False
        if isinstance(earlier.target, Folder) and not self._output.lock_types:
            self._kept_datasets = KeptDatasets.of(earlier.target, stale, self._datasets.names, self._in_folders)
        for record, batch in earlier.target.keep(self._parts, stale):
            if record == PARTS_FILE:
                batch = self._kept_datasets.without(batch)
                with report_damage(earlier.target.name):
                    self._datasets.add(batch)
                self._resumed_output = earlier.target.name
            elif record == "problems":
                report.add({record: batch})
        return True

    def finish(self, report: Report, spread: Spread = in_threads) -> list[File]:
        """Write the data sets and complete all files; return the files, without the manifest.

        Raises:
            OutputError: a cell does not fit the locked type of its data set, or earlier rows of one are damaged.
        """
        datasets = self._write_datasets(spread)
        self._kept_datasets.add_to(self._folder)
        kept_datasets = self._kept_datasets
        datasets.join([WrittenDatasets(kept_datasets.schemas, kept_datasets.files, kept_datasets.problems)])
        drift = pa.Table.from_batches(datasets.problems, PROBLEMS.schema)
        if self._output.lock_types == "fail":
            _check_types(drift.to_pylist())
        report.add({"problems": drift})
        self._place_problems(drift, report)
        self._parts.close()
        files = self._parts.files()
        for name, schema in datasets.schemas.items():
            self.schemas[f"{DATASETS}/{name}"] = schema
            report.datasets[name] = sum(file.rows for file in datasets.files[name])
            files += datasets.files[name]
        report.rows |= {name: rows for name, rows in self._parts.counts().items() if name in report.rows}
        return sorted(files, key=lambda file: file.path)

    def _write_datasets(self, spread: Spread) -> WrittenDatasets:
        """Write the data sets to a folder that only this run knows: workers of a killed run may still be writing."""
        if not self._has_datasets:
            return WrittenDatasets()
        folder = self._stage.place / f"{DATASETS}-{uuid4().hex}"
        folder.mkdir()
        self._spool.flush()
        files = DatasetFiles(
            folder, self._stage.place / SPOOL, self._output, self._in_folders, self._hints, self._capacity,
            self._resumed_output,
        )  # fmt: skip
        datasets = files.write_small(WrittenDatasets().join(spread(files, self._datasets.shares())))
        if datasets.files:
            move_in_stage(folder, self._folder / DATASETS)
        return datasets

    def _without_run_problems(self, event: BatchPieces) -> BatchPieces:
        records, run_problems = split_problems(event.records, self._partition)
        self._run_problems += run_problems
        return replace(event, records=records)

    def _place_problems(self, drift: pa.Table, report: Report) -> None:
        """Write the problems without a partition: those of data sets to their document's, others to any existing one.

        pandas cannot read a partition without a value that holds only problems.
        """
        if not self._output.partition_by:
            self._parts.add({"problems": drift})
            return
        self._parts.close_partitions()
        partitions = {Parts.partition(path) for path in self._parts.records}
        unused_names = unused_attributes(self._output.partition_by, partitions)
        name_problems = rows_of_problems((None, name, problem) for name, problem in unused_names)
        report.add({"problems": name_problems})
        empty_partition = "/".join(f"{hive_escaped(name)}={NO_PARTITION}" for name in self._output.partition_by)
        candidates = sorted(partitions, key=lambda partition: (NO_PARTITION in partition, partition))
        default_partition = empty_partition if empty_partition in partitions else next(iter(candidates), "")
        document_partitions = self._partitions_of({*drift["doc_id"].to_pylist()})
        for row in range(drift.num_rows):
            self._parts.add(
                {"problems": drift.slice(row, 1)},
                document_partitions.get(drift["doc_id"][row].as_py(), default_partition),
            )
        for problems in [*self._run_problems, name_problems]:
            self._parts.add({"problems": problems}, default_partition)

    def _partitions_of(self, doc_ids: set[str]) -> dict[str, str]:
        """Return the partitions of documents, as far as the files of records show them."""
        record = next((name for name in RECORDS if name in self._parts.schemas and name != "problems"), None)
        partitions: dict[str, str] = {}
        for path, file_record in self._parts.records.items() if doc_ids else ():
            if file_record == record:
                adopted = self._parts.adopted.get(path) if self._open else None
                with pq.ParquetFile(self._open(adopted) if self._open and adopted else self._folder / path) as file:
                    present_ids = doc_ids.intersection(file.read(["doc_id"]).column(0).to_pylist())
                partitions |= dict.fromkeys(present_ids, Parts.partition(path))
        return partitions


def _check_types(problems: list[dict[str, Any]]) -> None:
    """Refuse cells that do not fit the type of their data set.

    Raises:
        OutputError: the message shows the first of them, and counts the others.
    """
    if misfits := [row for row in problems if row["code"] == LOCKED]:
        misfit = misfits[0]
        place, _, _ = misfit["message"].partition("; ")
        remainder = f", and {len(misfits) - 1} more cells do not fit" if len(misfits) > 1 else ""
        message = f"{place}: {misfit['raw']!r}{remainder}; types are locked to fail, so nothing was written"
        raise OutputError(message, source=misfit["source"], line=misfit["line_start"], code=LOCKED)


class NestedFile:
    """One file, `documents.json`: an array of nested documents."""

    schemas: Mapping[str, pa.Schema] = {"documents": pa.schema([])}  # an array of nested documents is not a table
    stored_schemas = schemas

    def __init__(self, folder: Path) -> None:
        """Begin the file in the folder."""
        self._folder = folder
        self._stream = open(folder / "documents.json", "wb")  # noqa: SIM115
        self._writer = NestedJsonWriter(self._stream)
        self.write = whole_batches(self._writer.write)

    def __enter__(self) -> NestedFile:
        return self

    def __exit__(self, *error: object) -> None:
        self._stream.close()

    def finish(self, report: Report, spread: Spread = in_threads) -> list[File]:
        """End the array; return the file."""
        self._writer.close()
        self._stream.close()
        return [verified_entry(self._folder, "documents.json", "documents", report.documents)]
