"""The driver's part of a run: it starts tasks, and adopts the files of the attempts whose results Spark returns."""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from converter.config import Options, Run
from converter.datasets import DATASETS, PARTS, PARTS_FILE, Contract, Share
from converter.engine.batches import convert_sources
from converter.engine.encoding import Encoder, encoding_sink
from converter.engine.run import Files
from converter.errors import SparkError, TooManyProblems
from converter.model.report import Report
from converter.model.source import Source
from converter.output import Folder, Output, PreviousOutput, RecordFiles, Stage, Target
from converter.output.attempts import PlacedFile, SharedFolder, SharedStore, Workplace
from converter.output.dataset_files import DatasetFiles, WrittenDatasets, in_threads
from converter.output.stage import move_in_stage
from converter.output.store_target import StoreTarget
from converter.sources import Listing
from converter.spark.task import (
    RESULT_COLUMN,
    DatasetResult,
    DatasetTask,
    EarlierOutput,
    Task,
    TaskResult,
    convert_rows,
    read_parts,
    write_datasets,
)

BATCH_DOCUMENTS = 256
"""The number of documents sent to a worker at once; Spark's default of 10,000 may not fit in memory."""

BATCH_SETTING = "spark.sql.execution.arrow.maxRecordsPerBatch"

DATASET_BYTES, LEAST_DATASET_TASKS = 64 * 1024 * 1024, 8
"""Bytes of parts for each task that writes data sets; and the minimum number of these tasks, if at least as many tasks
converted. Most data sets are small, and creating their files takes longer than filling them."""

Function: TypeAlias = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]

PART_COLUMNS = "doc_id string, dataset string, kinds binary, rows binary"


@dataclass(slots=True)
class Work:
    """The work of one run. `frame` has the documents, for `read`; the problem sources are found by the driver."""

    spark: SparkSession
    frame: DataFrame | None
    read: Callable[[pa.RecordBatch], Iterator[Source]]
    problem_sources: list[Source]
    target: Target
    output: Output
    options: Options
    run: Run
    listing: Listing
    _workplace: Workplace | None = None
    _contract: Contract = field(default_factory=dict)
    _parts: list[PlacedFile] = field(default_factory=list)
    """The files with the parts of all data sets, unless the driver writes them."""

    def fill(self, files: Files, stage: Stage, earlier: PreviousOutput | None, report: Report) -> None:
        """Convert the documents in tasks, and adopt their files.

        Raises:
            ParquetryError: an error of a task that must stop the run.
            SparkError: Spark aborted the job.
        """
        assert isinstance(files, RecordFiles)
        if earlier is not None:
            for source in self.problem_sources:
                earlier.holds(source)
        write = encoding_sink(files.write, Encoder(self.output, self.options))
        convert_sources(self.problem_sources, write, self.output, self.options, report, Run())
        self._workplace = workplace = self._open_workplace(stage, report)
        self._contract = files.contract
        previous = None if earlier is None else EarlierOutput(earlier.manifest.run_id, earlier.remade, self.listing)
        task = Task(self.read, workplace, self.output, self.options, previous)
        results: list[TaskResult] = (
            [] if self.frame is None else self._run(self.frame, partial(convert_rows, task=task))
        )
        for result in results:
            if result.error is not None:
                raise result.error
            report.join(result.report)
            parts = self._adopt(files, stage, result)
            if earlier is None or earlier.remade:
                self._parts += parts
            else:  # data sets also have rows of the earlier output, which the driver reads
                for part in parts:
                    files.add_parts(workplace.rows(part, PARTS))
            if earlier is not None:
                earlier.note(result.listed, result.converted, result.unchanged)
        if self.run.maximum_problems is not None and report.errors > self.run.maximum_problems:
            raise TooManyProblems(self.run.maximum_problems, report.problems)

    def write_datasets(self, files: DatasetFiles, shares: Iterable[Share]) -> Iterator[WrittenDatasets]:
        """Write the shares that the driver has, or in tasks the data sets whose parts are in files.

        Spark brings the parts of a data set to one task, which decides its types: no part passes through the driver.
        """
        yield from in_threads(files, shares)
        if not self._parts:
            return
        assert self._workplace is not None
        task = DatasetTask(self._workplace, files, self._contract)
        size = sum(part.size for part in self._parts)
        tasks = max(size // DATASET_BYTES, min(LEAST_DATASET_TASKS, len(self._parts)))
        rows = pa.table({"name": [part.name for part in self._parts], "size": [part.size for part in self._parts]})
        names = self.spark.createDataFrame(rows).repartition(tasks)
        parts = _map_partitions(names, partial(read_parts, workplace=self._workplace), PART_COLUMNS)
        parts = parts.repartition(tasks, "dataset")
        results: list[DatasetResult] = self._run(parts, partial(write_datasets, task=task))
        for result in results:
            if isinstance(self._workplace, SharedFolder):
                paths = [file.path for dataset_files in result.datasets.files.values() for file in dataset_files]
                for name in {path.split("/")[1] for path in paths}:  # a file, or the folder of a data set
                    move_in_stage(result.folder / DATASETS / name, files.folder / name)
            yield result.datasets

    def _open_workplace(self, stage: Stage, report: Report) -> Workplace:
        if isinstance(self.target, StoreTarget):
            self.target.share(report.run_id)
            return SharedStore(self.target.address, report.run_id)
        assert isinstance(self.target, Folder)
        place = stage.place / "attempts"
        place.mkdir()
        return SharedFolder(stage.out, place)

    def _adopt(self, files: RecordFiles, stage: Stage, result: TaskResult) -> list[PlacedFile]:
        """Adopt the files of a task; return those with parts of data sets, by their names now."""
        parts = [file for file in result.files if file.record == PARTS_FILE]
        if isinstance(self.target, StoreTarget):
            files.adopt(self.target.open, result.files, result.run_problems)
            return [PlacedFile(file.path, file.bytes) for file in parts]
        paths = files.adopt(result.folder, result.files, result.run_problems)
        places = [stage.new / paths[file.path] if file.path in paths else result.folder / file.path for file in parts]
        return [PlacedFile(str(place), file.bytes) for place, file in zip(places, parts, strict=True)]

    def _run(self, frame: DataFrame, function: Function) -> Any:
        """Run tasks, and return their results. Of several attempts at a task, Spark returns exactly one.

        Raises:
            SparkError: Spark aborted the job.
        """
        try:
            with _small_batches(self.spark):
                rows = _map_partitions(frame, function, f"{RESULT_COLUMN} binary").collect()
        except Exception as error:  # from py4j, gRPC or Spark, depending on the connection
            message = next(
                (line for line in str(error).splitlines() if "Exception: " in line or "Error: " in line), str(error)
            )
            raise SparkError(f"Spark aborted the job: {message.strip()}; nothing of this run was kept") from error
        return [pickle.loads(row[0]) for row in rows]


def _map_partitions(frame: DataFrame, function: Function, columns: str) -> DataFrame:
    """Return the rows that a function makes from those of each partition."""

    def run_task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return function(batches)

    return frame.mapInArrow(run_task, columns)


@contextlib.contextmanager
def _small_batches(spark: SparkSession) -> Iterator[None]:
    previous_setting = spark.conf.get(BATCH_SETTING)
    spark.conf.set(BATCH_SETTING, BATCH_DOCUMENTS)
    try:
        yield
    finally:
        spark.conf.set(BATCH_SETTING, previous_setting or "10000")
