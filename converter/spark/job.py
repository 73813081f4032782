"""A run on Spark: tasks write files, and the driver adopts and publishes them as in a local run."""

from __future__ import annotations

import contextlib
import os
import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from converter.config import Options, Run
from converter.destination import RECORD_FOLDERS, destination_of
from converter.engine.run import Files, write_output
from converter.errors import SparkError, TooManyProblems, UsageError
from converter.model.report import Report
from converter.model.source import Source
from converter.output import Folder, Output, PreviousOutput, RecordFiles, Stage
from converter.sources import Columns, Listing, LocalFile, find_files
from converter.spark.documents import FILES, frame_of_files, frame_of_rows, lists_of, read_lists, read_rows
from converter.spark.task import RESULT_COLUMN, EarlierOutput, Task, TaskResult, convert_rows, write_documents

# The number of documents sent to a worker at once; Spark's default of 10,000 may not fit in memory.
BATCH_DOCUMENTS = 256
CREATE, NO_OPTIONS = Output(), Options()
BATCH_SETTING = "spark.sql.execution.arrow.maxRecordsPerBatch"


def convert(
    spark: SparkSession,
    source: DataFrame | str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    text_column: str | None = None,
    key_column: str | None = None,
    keep: Sequence[str] = (),
    output: Output = CREATE,
    options: Options = NO_OPTIONS,
    run: Run = Run(),
    exclude: Iterable[str] = (),
    ignore: bool = True,
    root: str | os.PathLike[str] | None = None,
) -> Report:
    """Convert documents to a folder on Spark, with the same rows as a local run, and return a report.

    `source` is what a local run takes (a file, a folder, a glob, or several), or a data frame: `text_column` has the
    documents, as text or bytes, `key_column` their keys, and the columns `keep` go to `documents.attributes`.
    `output`, `options`, `run`, `exclude` and `ignore` are the same as for a local run, but Spark decides how many
    processes there are, and reports the progress.
    The output is published whole or not at all. A record has one file per task. A data frame keeps its partitions; it
    is evaluated twice, the first time only for its keys.
    `root` is the folder that keys of paths are relative to.

    Raises:
        UsageError: several workers cannot make the output, or a column is missing.
        ViolationError: a record does not fit a schema that sets `fail`.
        TooManyProblems: there were more errors than `maximum_problems`.
        OutputError: the output exists and may not be replaced, or could not be written.
        SparkError: Spark aborted the job.
    """
    check(output, options)
    if output.layout is None and not output.resumes:
        output = replace(output, layout="folders")  # several workers write
    folder_of = destination_of(out, output.format, RECORD_FOLDERS)
    read: partial[Iterator[Source]]
    frame: DataFrame | None
    listing = Listing(None if root is None else os.fspath(root))
    read_files = partial(read_lists, maximum_bytes=options.maximum_bytes, maximum_seconds=options.maximum_seconds)
    if isinstance(source, str | os.PathLike):
        source = [source]
    if isinstance(source, Iterable):
        if text_column is not None or key_column is not None or keep:
            raise UsageError(
                "`text_column`, `key_column` and `keep` require a data frame; read the table with Spark and pass it"
            )
        folder = os.getcwd()
        sources = find_files(source, listing, exclude=exclude, ignore=ignore)
        frame, problem_sources = _frame_of_paths(spark, sources, folder)
        read = partial(read_files, folder=folder)
    else:
        problem_sources = []
        if root is not None:
            raise UsageError("`root` applies only to paths; a data frame has its own keys")
        if FILES in source.columns and text_column is None:
            frame = source
            read = partial(read_files, folder=os.getcwd())
        elif text_column is None or key_column is None:
            raise UsageError(
                "name the columns of the data frame: `text_column` has the documents, `key_column` their keys"
            )
        else:
            columns = Columns(text_column, key_column, tuple(keep))
            frame, read = frame_of_rows(source, columns), partial(read_rows, columns=columns)

    def fill(files: Files, stage: Stage, earlier: PreviousOutput | None, report: Report) -> None:
        assert isinstance(files, RecordFiles)
        place = stage.place / "attempts"
        place.mkdir()
        earlier_output = None
        if earlier is not None:
            earlier_output = EarlierOutput(
                stage.out, earlier.manifest.run_id, earlier.remade, replace(listing, containers=set())
            )
            for problem_source in problem_sources:
                earlier.holds(problem_source)
        task = Task(read, place, output, options, earlier_output)
        problem_result = write_documents(problem_sources, replace(task, earlier=None))  # only sources with problems
        for result in [problem_result, *(_run_tasks(spark, frame, task) if frame is not None else ())]:
            if result.error is not None:
                raise result.error
            report.join(result.report)
            files.adopt(result.folder, result.files)
            if earlier is not None:
                earlier.note(result.listed, result.converted, result.unchanged)
        if run.maximum_problems is not None and report.errors > run.maximum_problems:
            raise TooManyProblems(run.maximum_problems, report.problems)

    return write_output(Folder(folder_of.path, output.format), output, options, fill, listing)


def check(output: Output, options: Options) -> None:
    """Refuse an output that several workers cannot make.

    Raises:
        UsageError: several workers cannot make it; the message has the alternative.
    """
    if output.nested(options):
        raise UsageError("nested JSON is one file, which several workers cannot write; choose ndjson, or set `records`")
    if output.layout == "files" and output.format != "parquet":
        raise UsageError(f"{output.format} from several workers is several files; omit the layout `files`")
    unique = [schema.name for schema in options.schemas if any(field.bounds.get("unique") for field in schema.fields)]
    if unique:
        raise UsageError(
            f"schema {unique[0]} uses `unique`, which no worker can check alone; remove it and check with SQL"
        )


def _frame_of_paths(
    spark: SparkSession, sources: Iterable[LocalFile | Source], folder: str
) -> tuple[DataFrame | None, list[Source]]:
    """Return the named files as a data frame, so that only Spark holds them, and the sources that are not files."""
    problem_sources: list[Source] = []

    def files() -> Iterator[LocalFile]:
        for file in sources:
            if isinstance(file, Source):
                problem_sources.append(file)
            else:
                yield file

    lists = lists_of(files(), folder)
    return frame_of_files(spark, lists) if lists else None, problem_sources


def _run_tasks(spark: SparkSession, frame: DataFrame, task: Task) -> list[TaskResult]:
    """Run the tasks, and return their results. Of several attempts at a task, Spark returns exactly one.

    Raises:
        SparkError: Spark aborted the job.
    """

    def run_task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return convert_rows(batches, task)

    try:
        with _small_batches(spark):
            rows = frame.mapInArrow(run_task, f"{RESULT_COLUMN} binary").collect()
    except Exception as error:  # from py4j, gRPC or Spark, depending on the connection
        message = next(
            (line for line in str(error).splitlines() if "Exception: " in line or "Error: " in line), str(error)
        )
        raise SparkError(f"Spark aborted the job: {message.strip()}; nothing of this run was kept") from error
    return [pickle.loads(row[0]) for row in rows]


@contextlib.contextmanager
def _small_batches(spark: SparkSession) -> Iterator[None]:
    previous_setting = spark.conf.get(BATCH_SETTING)
    spark.conf.set(BATCH_SETTING, BATCH_DOCUMENTS)
    try:
        yield
    finally:
        spark.conf.set(BATCH_SETTING, previous_setting or "10000")
