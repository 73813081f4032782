"""A run on Spark: tasks write files, and the driver publishes them as in a local run (`work.py`)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from pyspark.sql import DataFrame, SparkSession

from converter.config import Options, Run
from converter.destination import RECORD_FOLDERS, destination_of
from converter.engine.run import write_output
from converter.errors import SparkError, UsageError
from converter.model.report import Report
from converter.model.source import Source
from converter.output import Folder, Output, open_target
from converter.output.store_target import StoreTarget
from converter.sources import Columns, Listing, LocalFile, find_files
from converter.spark.documents import FILES, frame_of_files, frame_of_rows, lists_of, read_lists, read_rows
from converter.spark.work import Work

CREATE, NO_OPTIONS = Output(), Options()


class Documents(NamedTuple):
    """A data frame with documents, None if there are none; what reads its rows in a task; and the sources that are
    problems."""

    frame: DataFrame | None
    read: partial[Iterator[Source]]
    problem_sources: list[Source]


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

    The folder `out` is seen by the driver and all workers, or is in an object store: `s3://BUCKET/FOLDER`.

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
    check_output(output, options)
    if output.layout is None and not output.resumes:
        output = replace(output, layout="folders")  # several workers write
    destination = destination_of(out, output.format, RECORD_FOLDERS)
    target = open_target(destination) or Folder(destination.path, output.format)
    listing = Listing(None if root is None else os.fspath(root))
    paths = [source] if isinstance(source, str | os.PathLike) else source
    if isinstance(paths, Iterable):
        if text_column is not None or key_column is not None or keep:
            raise UsageError(
                "`text_column`, `key_column` and `keep` require a data frame; read the table with Spark and pass it"
            )
        documents = _documents_of_paths(spark, find_files(paths, listing, exclude=exclude, ignore=ignore), options)
    else:
        if root is not None:
            raise UsageError("`root` applies only to paths; a data frame has its own keys")
        documents = _documents_of_frame(paths, text_column, key_column, keep, options)
    work = Work(spark, *documents, target, output, options, run, replace(listing, containers=set()))
    try:
        return write_output(target, output, options, work.fill, listing, work.write_datasets)
    except BaseException as error:
        if isinstance(target, StoreTarget):
            target.abandon()
            if isinstance(error, SparkError):
                target.check_unchanged()
        raise


def check_output(output: Output, options: Options) -> None:
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


def _documents_of_frame(
    frame: DataFrame, text_column: str | None, key_column: str | None, keep: Sequence[str], options: Options
) -> Documents:
    """Return the documents of a data frame: texts, or lists of files as the streaming source yields them.

    Raises:
        UsageError: no argument says which columns have the documents and their keys.
    """
    if FILES in frame.columns and text_column is None:
        return Documents(frame, _reader_of_lists(options), [])
    if text_column is None or key_column is None:
        raise UsageError("name the columns of the data frame: `text_column` has the documents, `key_column` their keys")
    columns = Columns(text_column, key_column, tuple(keep))
    return Documents(frame_of_rows(frame, columns), partial(read_rows, columns=columns), [])


def _documents_of_paths(spark: SparkSession, sources: Iterable[LocalFile | Source], options: Options) -> Documents:
    """Return the named files as a data frame, so that only Spark holds them, and the sources that are not files."""
    problem_sources: list[Source] = []

    def files() -> Iterator[LocalFile]:
        for file in sources:
            if isinstance(file, Source):
                problem_sources.append(file)
            else:
                yield file

    lists = lists_of(files(), os.getcwd())
    return Documents(frame_of_files(spark, lists) if lists else None, _reader_of_lists(options), problem_sources)


def _reader_of_lists(options: Options) -> partial[Iterator[Source]]:
    return partial(
        read_lists,
        maximum_bytes=options.maximum_bytes,
        maximum_seconds=options.maximum_seconds,
        folder=os.getcwd(),
    )
