"""Append new documents to an output as they arrive, in a stream of runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from converter.config import Options, Run
from converter.destination import FOLDER, LOCAL_FOLDER, RECORD_FOLDERS, destination_of
from converter.errors import UsageError
from converter.model.report import Report
from converter.output import Output
from converter.spark.job import NO_OPTIONS, check_output, convert
from converter.spark.source import register

APPEND = Output(mode="append")
OnReport = Callable[[Report], None]
"""Called with the report of each batch."""


def append_batch(
    out: str | os.PathLike[str],
    *,
    text_column: str | None = None,
    key_column: str | None = None,
    keep: Sequence[str] = (),
    output: Output = APPEND,
    options: Options = NO_OPTIONS,
    run: Run = Run(),
    on_report: OnReport | None = None,
) -> Callable[[DataFrame, int], None]:
    """Return a function for `foreachBatch` that appends each batch of a stream of documents to an output.

    The arguments are the same as for `convert`. If Spark repeats a batch, because the driver died between publishing
    and the checkpoint, nothing changes: documents with the same hash in the output are skipped, and changed documents
    are replaced. So the output has each document exactly once, whatever the number of its batch.

    Raises:
        UsageError: the output cannot be appended to.
    """
    check_output(output, options)
    if output.mode != "append":
        raise UsageError(f"a stream appends to its output; the mode {output.mode} is not possible")
    destination = destination_of(out, output.format, RECORD_FOLDERS)
    place = destination.path.absolute() if destination.place == FOLDER else destination.name

    def append(frame: DataFrame, batch: int) -> None:
        report = convert(
            frame.sparkSession, frame, place, text_column=text_column, key_column=key_column, keep=keep,
            output=output, options=options, run=run,
        )  # fmt: skip
        if on_report is not None:
            on_report(report)

    return append


def stream(
    spark: SparkSession,
    path: str,
    out: str | os.PathLike[str],
    checkpoint: str | os.PathLike[str],
    *,
    every: float | None = None,
    output: Output = APPEND,
    options: Options = NO_OPTIONS,
    run: Run = Run(),
    on_report: OnReport | None = None,
) -> StreamingQuery:
    """Start a query that appends the documents that arrive in a folder, or match a glob, to an output.

    Without `every` the query ends once it has taken all existing documents; otherwise it looks again after that many
    seconds. `checkpoint` is the folder in which Spark records its progress.

    Raises:
        UsageError: the path is empty, or the output cannot be appended to.
    """
    if not path:
        raise UsageError("a source has an empty name; check for an unset shell variable")
    state = destination_of(checkpoint, None, LOCAL_FOLDER).path.absolute()
    register(spark)
    append = append_batch(out, output=output, options=options, run=run, on_report=on_report)
    writer = spark.readStream.format("parquetry_files").load(path).writeStream.foreachBatch(append)
    writer = writer.option("checkpointLocation", str(state))
    if every is None:
        return writer.trigger(availableNow=True).start()
    return writer.trigger(processingTime=f"{every:g} seconds").start()
