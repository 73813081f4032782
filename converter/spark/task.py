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

from converter.config import Options, schema_of
from converter.datasets import PARTS, PARTS_FILE
from converter.engine.run import Settings, convert_sources, not_held
from converter.errors import OutputError, ParquetryError
from converter.model.report import Report
from converter.model.source import Source
from converter.output import File, Folder, Output, PreviousOutput, Records, read_manifest
from converter.output.folder import by_file
from converter.output.parts import Parts
from converter.sources import Listing

MADE = "made"
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
    earlier: Standing | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The output that a run resumes: its folder and run id, and fields of `PreviousOutput` not stored there."""

    folder: Path
    run_id: str
    remade: bool
    listing: Listing


@dataclass(slots=True)
class TaskResult:
    """The result that a worker returns to the driver.

    The files written to its folder, the counts, the documents of the previous output found again (by their bare ids,
    as in `PreviousOutput`; `held` are the unchanged documents), and the error that must stop the run.
    """

    folder: Path
    files: list[File] = field(default_factory=list)
    report: Report = field(default_factory=Report)
    listed: set[bytes] = field(default_factory=set)
    converted: set[bytes] = field(default_factory=set)
    held: set[bytes] = field(default_factory=set)
    error: ParquetryError | None = None


def run(batches: Iterable[pa.RecordBatch], task: Task) -> Iterator[pa.RecordBatch]:
    """Convert the documents of a task, and yield the pickled result as one row. `mapInArrow` calls this function.

    Raises:
        OSError: a file could not be written; Spark then retries the task.
    """
    sources = (source for batch in batches for source in task.read(batch))
    for first in sources:
        # A document may have ended the process of the previous attempt.
        isolated = TaskContext.get().attemptNumber() > 0  # type: ignore[union-attr]
        made = write_documents(chain([first], sources), task, isolated)
        yield pa.RecordBatch.from_arrays([pa.array([pickle.dumps(made)], pa.binary())], [MADE])


def write_documents(sources: Iterable[Source], task: Task, isolated: bool = False) -> TaskResult:
    """Convert documents to files in a new folder. An error that must stop the run is returned, not raised: Spark would
    retry the task.

    Raises:
        OSError: a file could not be written.
    """
    output, options = task.output, task.options
    made = TaskResult(task.place / uuid4().hex)
    made.folder.mkdir()
    schemas = {name: schema_of(name, options) for name in output.names(options)}
    if output.datasets(options):
        schemas[PARTS_FILE] = PARTS
    try:
        earlier = None if task.earlier is None else _earlier(task.earlier)
        before = set() if earlier is None else earlier.left.keys() | set()
        wanted = sources if earlier is None else not_held(sources, earlier, made.report)
        with Parts(made.folder, schemas, output.format, output.layout, in_folders=True) as parts:

            def write(records: Records, partition: str, more: bool) -> None:
                if earlier is not None:
                    earlier.take(records)
                parts.write(by_file(records), partition, more)

            settings = Settings(isolated=isolated)
            convert_sources(wanted, write, output, options, made.report, settings)
            parts.close()
        made.files = parts.files()
        if earlier is not None:
            made.listed, made.converted = earlier.listed, earlier.converted
            made.held = before - earlier.left.keys()
    except ParquetryError as error:
        made.error = error
    del made.report.problems[KEPT_PROBLEMS:]
    return made


def _earlier(standing: Standing) -> PreviousOutput:
    return _read_earlier(standing.folder, standing.run_id).fresh(standing.remade, standing.listing)


@lru_cache(maxsize=1)
def _read_earlier(folder: Path, run_id: str) -> PreviousOutput:
    """Read which documents an output holds, once for all tasks of this process."""
    manifest = read_manifest(folder)
    if manifest is None or manifest.run_id != run_id:
        raise OutputError(
            "is not what the driver sees there; the folder must be the same for all workers", source=str(folder)
        )
    return PreviousOutput(Folder(folder, "parquet"), manifest)
