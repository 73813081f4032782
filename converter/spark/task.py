"""The work of a worker: convert its documents, or write its data sets, as a local run does, under names that no other
attempt uses."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark import TaskContext

from converter.config import Options, Run, schema_of
from converter.datasets import DATASETS, PARTS, PARTS_FILE, Contract, Datasets
from converter.engine.batches import convert_sources
from converter.engine.run import changed_sources, record_converted
from converter.errors import OutputError, ParquetryError
from converter.model.events import BatchRows, BatchStart, Event
from converter.model.report import Report
from converter.model.source import Source
from converter.output import File, Output, PreviousOutput
from converter.output.attempts import PlacedFile, Workplace
from converter.output.dataset_files import DatasetFiles, WrittenDatasets, in_threads
from converter.output.folder import SPOOL, by_file, split_problems
from converter.output.parts import Parts
from converter.plugins import Plugin, check_same, plugins
from converter.sources import Listing

RESULT_COLUMN = "result"
KEPT_PROBLEMS = 100
"""The number of problems that a task sends to the driver's report; its files have all of them."""


@dataclass(frozen=True, slots=True)
class Task:
    """The instructions of a worker: how to read a row, where to write and what, and which output the run resumes."""

    read: Callable[[pa.RecordBatch], Iterator[Source]]
    workplace: Workplace
    output: Output
    options: Options
    earlier: EarlierOutput | None = None
    plugins: tuple[Plugin, ...] = field(default_factory=plugins)
    """The plug-ins of the driver, which every worker must have too."""


@dataclass(frozen=True, slots=True)
class EarlierOutput:
    """The output that a run resumes: its run id, and fields of `PreviousOutput` not stored there."""

    run_id: str
    remade: bool
    listing: Listing


@dataclass(slots=True)
class TaskResult:
    """The result that a worker returns to the driver.

    The files written, by their paths in `folder`, the counts, the documents of the previous output found again (by
    their bare ids, as in `PreviousOutput`; `unchanged` are the documents that stay as they are), the problems that
    `split_problems` keeps for the end, and the error that must stop the run.
    """

    folder: Path
    files: list[File] = field(default_factory=list)
    report: Report = field(default_factory=Report)
    listed: set[bytes] = field(default_factory=set)
    converted: set[bytes] = field(default_factory=set)
    unchanged: set[bytes] = field(default_factory=set)
    run_problems: list[pa.Table] = field(default_factory=list)
    error: ParquetryError | None = None


def convert_rows(batches: Iterable[pa.RecordBatch], task: Task) -> Iterator[pa.RecordBatch]:
    """Convert the documents of a task, and yield the pickled result as one row. `mapInArrow` calls this function.

    Raises:
        OSError, OutputError: a file could not be written; Spark then retries the task.
    """
    sources = (source for batch in batches for source in task.read(batch))
    for first_source in sources:
        context: Any = TaskContext.get()
        # A document may have ended the process of the previous attempt.
        isolated = context.attemptNumber() > 0
        yield _row(write_documents(chain([first_source], sources), task, context.taskAttemptId(), isolated))


def write_documents(sources: Iterable[Source], task: Task, attempt: int, isolated: bool = False) -> TaskResult:
    """Convert documents to files. An error that must stop the run is returned, not raised: Spark would retry the task.

    Raises:
        OSError, OutputError: a file could not be written.
    """
    output, options = task.output, task.options
    schemas = {name: schema_of(name, options) for name in output.names(options)}
    if output.datasets(options):
        schemas[PARTS_FILE] = PARTS
    with task.workplace.folder() as folder:
        result = TaskResult(folder)
        try:
            check_same(task.plugins)
            earlier = None if task.earlier is None else _previous_output(task.workplace, task.earlier)
            previous_ids = set() if earlier is None else earlier.left.keys() | set()
            new_sources = sources if earlier is None else changed_sources(sources, earlier, result.report)
            with Parts(folder, schemas, output.format, output.file_layout, in_folders=True) as parts:
                partition = ""

                def write(event: Event) -> None:
                    nonlocal partition
                    if isinstance(event, BatchStart):
                        partition = event.partition
                    elif isinstance(event, BatchRows):
                        records, run_problems = split_problems(event.records, partition)
                        result.run_problems += run_problems
                        event = by_file(replace(event, records=records))
                    parts.write(event)

                sink = write if earlier is None else record_converted(write, earlier)
                convert_sources(new_sources, sink, output, options, result.report, Run(isolated=isolated))
                parts.close()
            if earlier is not None:
                result.listed, result.converted = earlier.listed, earlier.converted
                result.unchanged = previous_ids - earlier.left.keys()
        except ParquetryError as error:
            result.error = error
        else:
            result.files = task.workplace.put(folder, [file for file in parts.files() if file.rows], attempt)
    del result.report.problems[KEPT_PROBLEMS:]
    return result


def _row(result: object) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([pickle.dumps(result)], pa.binary())], [RESULT_COLUMN])


def _previous_output(workplace: Workplace, earlier: EarlierOutput) -> PreviousOutput:
    return _read_previous_output(workplace, earlier.run_id).fresh(earlier.remade, earlier.listing)


@lru_cache(maxsize=1)
def _read_previous_output(workplace: Workplace, run_id: str) -> PreviousOutput:
    """Read which documents an output holds, once for all tasks of this process."""
    target = workplace.target()
    manifest = target.manifest()
    if manifest is None or manifest.run_id != run_id:
        raise OutputError(
            "is not the output that the driver sees: another run wrote to it meanwhile, or the workers do not share "
            "the folder with the driver",
            source=target.name,
        )
    return PreviousOutput(target, manifest)


# -- data sets


@dataclass(frozen=True, slots=True)
class DatasetTask:
    """The instructions of a worker that writes whole data sets; `files` says how."""

    workplace: Workplace
    files: DatasetFiles
    contract: Contract


@dataclass(frozen=True, slots=True)
class DatasetResult:
    """The data sets that a worker wrote, their files by their paths in `folder`."""

    folder: Path
    datasets: WrittenDatasets


def read_parts(batches: Iterable[pa.RecordBatch], workplace: Workplace) -> Iterator[pa.RecordBatch]:
    """Yield the parts of data sets (`PARTS`) in files of tasks, whose names and sizes are the rows."""
    for batch in batches:
        for name, size in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield from workplace.rows(PlacedFile(name, size), PARTS)


def write_datasets(batches: Iterable[pa.RecordBatch], task: DatasetTask) -> Iterator[pa.RecordBatch]:
    """Write the data sets with these parts, which are all that they have; yield the pickled result as one row.

    Raises:
        OSError, OutputError: a file could not be written; Spark then retries the task.
    """
    with tempfile.TemporaryDirectory(prefix="parquetry-") as own_folder, task.workplace.folder() as folder:
        spool = Path(own_folder, SPOOL)
        with open(spool, "w+b") as stream:
            datasets = Datasets(stream, task.contract)
            for batch in batches:
                datasets.add(batch)
        (folder / DATASETS).mkdir()
        files = replace(task.files, folder=folder / DATASETS, spool=spool)
        result = WrittenDatasets().join(in_threads(files, datasets.shares()))
        context: Any = TaskContext.get()
        written_files = [file for dataset_files in result.files.values() for file in dataset_files]
        result.files = {name: [] for name in result.files}
        for file in task.workplace.put(folder, written_files, context.taskAttemptId()):
            result.files[file.record.removeprefix(f"{DATASETS}/")].append(file)
        yield _row(DatasetResult(folder, result))
