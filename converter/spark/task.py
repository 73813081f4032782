"""The work of a worker: convert its documents as a local run does, to a folder that no other attempt writes to."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
from pyspark import TaskContext

from converter.config import Options, Run, schema_of
from converter.datasets import PARTS, PARTS_FILE
from converter.engine.run import convert_sources, not_held, skip_unchanged
from converter.errors import OutputError, ParquetryError
from converter.model.events import BatchRows, Event
from converter.model.report import Report
from converter.model.source import Source
from converter.output import File, Folder, Output, PreviousOutput, read_manifest
from converter.output.folder import by_file
from converter.output.parts import Parts
from converter.plugins import Plugin, check_same, plugins
from converter.sources import Listing

RESULT_COLUMN = "result"
KEPT_PROBLEMS = 100
"""The number of problems that a task sends to the driver's report; its files have all of them."""


@dataclass(frozen=True, slots=True)
class Task:
    """The instructions of a worker: how to read a row, where to write and what, and which output the run resumes.

    `place` is a folder of the run, in which every attempt makes its own; `earlier` is the existing output.
    """

    read: Callable[[pa.RecordBatch], Iterator[Source]]
    place: Path
    output: Output
    options: Options
    earlier: EarlierOutput | None = None
    plugins: tuple[Plugin, ...] = field(default_factory=plugins)
    """The plug-ins of the driver, which every worker must have too."""


@dataclass(frozen=True, slots=True)
class EarlierOutput:
    """The output that a run resumes: its folder and run id, and fields of `PreviousOutput` not stored there."""

    folder: Path
    run_id: str
    remade: bool
    listing: Listing


@dataclass(slots=True)
class TaskResult:
    """The result that a worker returns to the driver.

    The files written to its folder, the counts, the documents of the previous output found again (by their bare ids,
    as in `PreviousOutput`; `unchanged` are the documents that stay as they are), and the error that must stop the run.
    """

    folder: Path
    files: list[File] = field(default_factory=list)
    report: Report = field(default_factory=Report)
    listed: set[bytes] = field(default_factory=set)
    converted: set[bytes] = field(default_factory=set)
    unchanged: set[bytes] = field(default_factory=set)
    error: ParquetryError | None = None


def convert_rows(batches: Iterable[pa.RecordBatch], task: Task) -> Iterator[pa.RecordBatch]:
    """Convert the documents of a task, and yield the pickled result as one row. `mapInArrow` calls this function.

    Raises:
        OSError: a file could not be written; Spark then retries the task.
    """
    sources = (source for batch in batches for source in task.read(batch))
    for first_source in sources:
        # A document may have ended the process of the previous attempt.
        isolated = TaskContext.get().attemptNumber() > 0  # type: ignore[union-attr]
        result = write_documents(chain([first_source], sources), task, isolated)
        yield pa.RecordBatch.from_arrays([pa.array([pickle.dumps(result)], pa.binary())], [RESULT_COLUMN])


def write_documents(sources: Iterable[Source], task: Task, isolated: bool = False) -> TaskResult:
    """Convert documents to files in a new folder. An error that must stop the run is returned, not raised: Spark would
    retry the task.

    Raises:
        OSError: a file could not be written.
    """
    output, options = task.output, task.options
    result = TaskResult(task.place / uuid4().hex)
    result.folder.mkdir()
    schemas = {name: schema_of(name, options) for name in output.names(options)}
    if output.datasets(options):
        schemas[PARTS_FILE] = PARTS
    try:
        check_same(task.plugins)
        earlier = None if task.earlier is None else _previous_output(task.earlier)
        previous_ids = set() if earlier is None else earlier.left.keys() | set()
        new_sources = sources if earlier is None else not_held(sources, earlier, result.report)
        with Parts(result.folder, schemas, output.format, output.file_layout, in_folders=True) as parts:

            def write(event: Event) -> None:
                parts.write(by_file(event) if isinstance(event, BatchRows) else event)

            sink = write if earlier is None else skip_unchanged(write, earlier)
            convert_sources(new_sources, sink, output, options, result.report, Run(isolated=isolated))
            parts.close()
        result.files = parts.files()
        if earlier is not None:
            result.listed, result.converted = earlier.listed, earlier.converted
            result.unchanged = previous_ids - earlier.left.keys()
    except ParquetryError as error:
        result.error = error
    del result.report.problems[KEPT_PROBLEMS:]
    return result


def _previous_output(earlier_output: EarlierOutput) -> PreviousOutput:
    return _read_previous_output(earlier_output.folder, earlier_output.run_id).fresh(
        earlier_output.remade, earlier_output.listing
    )


@lru_cache(maxsize=1)
def _read_previous_output(folder: Path, run_id: str) -> PreviousOutput:
    """Read which documents an output holds, once for all tasks of this process."""
    manifest = read_manifest(folder)
    if manifest is None or manifest.run_id != run_id:
        raise OutputError(
            "differs from the output that the driver sees; all workers must share the folder with the driver",
            source=str(folder),
        )
    return PreviousOutput(Folder(folder, "parquet"), manifest)
