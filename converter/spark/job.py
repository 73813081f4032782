"""A run on Spark: tasks write their files, the driver takes them over and publishes as every run does."""

from __future__ import annotations

import contextlib
import os
import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from converter.config import Options
from converter.destination import RECORD_FOLDERS, destination_of
from converter.engine.run import Files, write_output
from converter.errors import SparkError, TooManyProblems, UsageError
from converter.model.report import Report
from converter.model.source import Source
from converter.output import Folder, Output, PreviousOutput, RecordFiles, Stage
from converter.sources import Columns, Listing, LocalFile, find_files
from converter.spark.documents import FILES, frame_of_files, frame_of_rows, lists_of, read_lists, read_rows
from converter.spark.task import MADE, Standing, Task, TaskResult, run, write_documents

# So many documents travel to a worker at once; Spark's own 10,000 can be more than memory holds.
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
    maximum_problems: int | None = None,
    exclude: Iterable[str] = (),
    ignore: bool = True,
    root: str | os.PathLike[str] | None = None,
) -> Report:
    """Convert documents to a folder on Spark, with the rows that a local run writes, and report what was done.

    `source` is what a local run takes (a file, a folder, a glob, or several), or a data frame, whose `text_column`
    holds the documents, as text or bytes, `key_column` their keys, and `keep` what goes to `documents.attributes`.
    `output`, `options`, `exclude` and `ignore` are those of a local run.
    The output appears whole or not at all. A record has a file for
    each task: a data frame keeps the partitions that it has. It is evaluated twice, the first time for its keys alone.
    `root` is the folder that keys of paths are relative to.

    Raises:
        UsageError: the output cannot be made by several workers, or a column is missing.
        ViolationError: a record does not fit a schema that says `fail`.
        TooManyProblems: there were more errors than `maximum_problems`.
        OutputError: the output exists already and is not to be replaced, or could not be written.
        SparkError: Spark gave the job up.
    """
    check(output, options)
    if output.arrangement is None and not output.resumes:
        output = replace(output, arrangement="folders")  # as many workers as write
    folder_of = destination_of(out, output.format, RECORD_FOLDERS)
    read: partial[Iterator[Source]]
    frame: DataFrame | None
    listing = Listing(None if root is None else os.fspath(root))
    limited = partial(read_lists, maximum_bytes=options.maximum_bytes, maximum_seconds=options.maximum_seconds)
    if isinstance(source, str | os.PathLike):
        source = [source]
    if isinstance(source, Iterable):
        if text_column is not None or key_column is not None or keep:
            raise UsageError("columns are those of a data frame; read the table with Spark, and give that")
        folder = os.getcwd()
        named = find_files(source, listing, exclude=exclude, ignore=ignore)
        frame, here = _frame_of_paths(spark, named, folder)
        read = partial(limited, folder=folder)
    else:
        here = []
        if root is not None:
            raise UsageError("a root is for paths; the keys of a data frame are those that it has")
        if FILES in source.columns and text_column is None:
            frame = source
            read = partial(limited, folder=os.getcwd())
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
        standing = None
        if earlier is not None:
            standing = Standing(stage.out, earlier.manifest.run_id, earlier.remade, replace(listing, containers=set()))
            for found in here:
                earlier.holds(found)
        task = Task(read, place, output, options, standing)
        told_here = write_documents(here, replace(task, earlier=None))  # problems alone
        for made in [told_here, *(_made(spark, frame, task) if frame is not None else ())]:
            if made.error is not None:
                raise made.error
            report.join(made.report)
            files.adopt(made.folder, made.files)
            if earlier is not None:
                earlier.note(made.listed, made.converted, made.held)
        if maximum_problems is not None and report.errors > maximum_problems:
            raise TooManyProblems(maximum_problems, report.problems)

    return write_output(Folder(folder_of.path, output.format), output, options, fill, listing)


def check(output: Output, options: Options) -> None:
    """Refuse what several workers cannot make.

    Raises:
        UsageError: it says what to do instead.
    """
    if output.nested(options):
        raise UsageError("nested JSON is one file, which many workers cannot write; choose ndjson, or name `records`")
    if output.arrangement == "files" and output.format != "parquet":
        raise UsageError(f"{output.format} of several workers is several files; leave the layout files out")
    unique = [schema.name for schema in options.schemas if any(one.bounds.get("unique") for one in schema.fields)]
    if unique:
        raise UsageError(
            f"schema {unique[0]} says `unique`, which no worker can tell alone; take it out and ask the output with SQL"
        )


def _frame_of_paths(
    spark: SparkSession, named: Iterable[LocalFile | Source], folder: str
) -> tuple[DataFrame | None, list[Source]]:
    """Return the files that paths name as a data frame, so that only Spark holds them, and what is no file."""
    here: list[Source] = []

    def files() -> Iterator[LocalFile]:
        for found in named:
            if isinstance(found, Source):
                here.append(found)
            else:
                yield found

    lists = lists_of(files(), folder)
    return frame_of_files(spark, lists) if lists else None, here


def _made(spark: SparkSession, frame: DataFrame, task: Task) -> list[TaskResult]:
    """Run the tasks, and return what each made. Of several attempts at one task Spark returns exactly one.

    Raises:
        SparkError: Spark gave the job up.
    """

    def run_task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return run(batches, task)

    try:
        with _small_batches(spark):
            rows = frame.mapInArrow(run_task, f"{MADE} binary").collect()
    except Exception as error:  # of py4j, gRPC or Spark, by the way that Spark is reached
        told = next(
            (line for line in str(error).splitlines() if "Exception: " in line or "Error: " in line), str(error)
        )
        raise SparkError(f"Spark gave the job up: {told.strip()}; nothing of this run was kept") from error
    return [pickle.loads(row[0]) for row in rows]


@contextlib.contextmanager
def _small_batches(spark: SparkSession) -> Iterator[None]:
    before = spark.conf.get(BATCH_SETTING)
    spark.conf.set(BATCH_SETTING, BATCH_DOCUMENTS)
    try:
        yield
    finally:
        spark.conf.set(BATCH_SETTING, before or "10000")
