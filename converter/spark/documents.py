"""Documents as rows of a data frame, and their reading by a worker: lists of files, or texts with their keys."""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as spark_functions

from converter.errors import UsageError
from converter.limits import DEFAULT_MAXIMUM_BYTES
from converter.model.source import Source
from converter.problems import Problem
from converter.sources import Columns, LocalFile, read_there
from converter.sources.table_rows import SourceRow, rows_of_batches
from converter.sources.tables import source_of_row

FILES = "files"
"""The column of a data frame whose rows are lists of files, pickled: a path may have bytes that are not text."""

LEAST_BYTES = 8 * 1024 * 1024
MOST_LISTS = 10_000


def lists_of(files: Iterable[LocalFile], folder: str) -> list[list[LocalFile]]:
    """Group the files into lists of about the same size, one per task: many tasks, but not tiny and not too many."""
    sizes = [(file, _size(os.path.join(folder, file.path))) for file in files]
    maximum_bytes = max(LEAST_BYTES, sum(size for _, size in sizes) // MOST_LISTS)
    lists: list[list[LocalFile]] = []
    list_bytes = maximum_bytes + 1
    for file, size in sizes:
        if list_bytes + size > maximum_bytes:
            lists.append([])
            list_bytes = 0
        lists[-1].append(file)
        list_bytes += size
    return lists


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:  # the worker that reads it reports the error
        return 0


def frame_of_files(spark: SparkSession, lists: Sequence[Sequence[LocalFile]]) -> DataFrame:
    """Return a data frame with a row, and so a task, for each list of files."""
    rows = pa.table({FILES: pa.array(list(map(pickle.dumps, lists)), pa.binary())})
    return spark.createDataFrame(rows).repartition(len(lists))


def read_lists(
    batch: pa.RecordBatch, folder: str, maximum_bytes: int, maximum_seconds: float | None
) -> Iterator[Source]:
    """Read the documents in rows of `frame_of_files`; relative paths are relative to the folder."""
    for files in batch.column(0).to_pylist():
        for file in pickle.loads(files):
            is_file = isinstance(file, LocalFile)
            yield read_there(file, folder, maximum_bytes, maximum_seconds) if is_file else file


def frame_of_rows(frame: DataFrame, columns: Columns) -> DataFrame:
    """Return a data frame with the key, the text, the row's number within its key, and the columns to keep.

    If rows have the same key, only one can be a document: the one whose text sorts first, in whatever order rows come.

    Raises:
        UsageError: a column is missing, or the text column has neither text nor bytes.
    """
    types = {field.name: field.dataType.simpleString() for field in frame.schema}
    columns.check(types)
    if types[columns.text] not in ("string", "binary"):
        raise UsageError(f"column {columns.text} is {types[columns.text]}, not text or bytes")
    attributes = [_column(name).alias(f"kept {name}") for name in columns.keep]
    rows = frame.select(_column(columns.key or "").alias("key"), _column(columns.text).alias("text"), *attributes)
    duplicate_keys = rows.where("key is not null").groupBy("key").count().where("count > 1")
    # Texts are sent between machines only if a key is duplicate, which is rare.
    same_key = Window.partitionBy("key").orderBy(spark_functions.col("text").asc_nulls_last())
    number = spark_functions.lit(1) if duplicate_keys.isEmpty() else spark_functions.row_number().over(same_key)
    return rows.select("key", "text", number.alias("number"), *(_column(f"kept {name}") for name in columns.keep))


def _column(name: str) -> Any:
    return spark_functions.col("`" + name.replace("`", "``") + "`")


def read_rows(batch: pa.RecordBatch, columns: Columns) -> Iterator[Source]:
    """Read the documents in rows of `frame_of_rows`; an invalid row gives a source with a problem."""
    attributes = [f"kept {name}" for name in columns.keep]
    for row in rows_of_batches([batch], Columns("text", "key", ("number", *attributes)), DEFAULT_MAXIMUM_BYTES):
        key, number = row.values.get("key"), row.values["number"]
        values = {columns.text: row.values.get("text"), str(columns.key): key}
        values |= {name: row.values.get(column) for name, column in zip(columns.keep, attributes, strict=True)}
        source = source_of_row(SourceRow(number, values, row.problem), "the data frame", columns)
        if key is None or key == "":
            message = "a row has no key; give every row a key"
            yield Source("", problem=Problem("null_key", message), listed=False)
        elif number > 1:
            message = "another row has this key, and was kept; name another key column"
            yield Source(source.key, problem=Problem("duplicate_key", message))
        else:
            yield source
