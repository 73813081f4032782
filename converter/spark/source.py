"""`spark.read.format("parquetry")`: records of documents as a Spark data source, for batches and streams.

https://spark.apache.org/docs/latest/api/python/tutorial/sql/python_data_source.html
"""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import SparkSession
from pyspark.sql.datasource import DataSource, DataSourceReader, DataSourceStreamReader, InputPartition
from pyspark.sql.pandas.types import from_arrow_type
from pyspark.sql.types import BinaryType, StructField, StructType

from converter.config import Options, options_from_text, schema_of
from converter.engine.batches import group_sources
from converter.engine.pool import convert_batches
from converter.errors import SourceError, UsageError
from converter.model.events import BatchRows
from converter.model.source import Source
from converter.output import Output
from converter.plugins import Plugin, check_same, plugins
from converter.records import RECORDS
from converter.records.record import metadata_text
from converter.schema.load import load_schemas
from converter.sources import LocalFile, find_files, read_there
from converter.spark.documents import FILES, lists_of
from converter.spark.job import check_output

SETTLED_SECONDS = 2.0
"""A stream takes a file only at this age: the clock of a file system is coarse, and may be another machine's."""

FileList = list[LocalFile | Source]


def register(spark: SparkSession) -> None:
    """Register the formats `parquetry` and, for streams of whole documents, `parquetry_files` in this session."""
    spark.dataSource.register(RecordSource)
    spark.dataSource.register(FileSource)


class RecordSource(DataSource):
    """The rows of one record. Options: `path` (a file, folder or glob), `record`, all of `converter.Options` and
    `Hints` by name (`repair`, `encoding`, `null_values`, ...), and `schema`, a schema file or ready-made schema, whose
    name `record` then also accepts."""

    @classmethod
    def name(cls) -> str:
        """The name of the format."""
        return "parquetry"

    def schema(self) -> StructType:
        """The fields of the record, with their descriptions as comments."""
        return StructType(
            [
                StructField(
                    field.name,
                    from_arrow_type(field.type),
                    field.nullable,
                    {"comment": metadata_text(field, "description")},
                )
                for field in _plain(self._converter.schema)
            ]
        )

    def reader(self, schema: StructType) -> DataSourceReader:
        """Return a reader of the existing documents."""
        return Reader(self._path, self._converter)

    def streamReader(self, schema: StructType) -> DataSourceStreamReader:
        """Return a reader of new documents."""
        return StreamReader(self._path, self._converter)

    @property
    def _path(self) -> str:
        if not (path := self.options.get("path")):
            raise UsageError("name the documents: .load(PATH)")
        return str(path)

    @property
    def _converter(self) -> Records:
        if not (record := self.options.get("record")):
            raise UsageError(f'name a record: .option("record", "sections"); the records are {", ".join(RECORDS)}')
        schema_option = self.options.get("schema")
        schemas = tuple(load_schemas(schema_option)) if schema_option else ()
        options = options_from_text(self.options, schemas)
        names = [*RECORDS, *(schema.name for schema in options.schemas)]
        if record not in names:
            raise UsageError(f"unknown record {record}; the records are {', '.join(names)}")
        check_output(Output(records=[record]), options)
        return Records(record, options)


class FileSource(RecordSource):
    """Lists of files, for `converter.spark.append_batch`. Option: `path`."""

    @classmethod
    def name(cls) -> str:
        """The name of the format."""
        return "parquetry_files"

    def schema(self) -> StructType:
        """One column of lists of files, pickled."""
        return StructType([StructField(FILES, BinaryType())])

    @property
    def _converter(self) -> Any:
        return Lists()


@dataclass(frozen=True)
class Records:
    """Converts files to the rows of a record."""

    record: str
    options: Options
    plugins: tuple[Plugin, ...] = field(default_factory=plugins)
    """The plug-ins of the driver, which every worker must have too."""

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the record."""
        return schema_of(self.record, self.options)

    def __call__(self, files: FileList, folder: str) -> Iterator[pa.RecordBatch]:
        """Convert the files; a document that ended the process in an earlier attempt fails alone."""
        check_same(self.plugins)
        context = TaskContext.get()
        isolated = context is not None and context.attemptNumber() > 0
        maximum_bytes, seconds = self.options.maximum_bytes, self.options.maximum_seconds
        sources = (
            file if isinstance(file, Source) else read_there(file, folder, maximum_bytes, seconds) for file in files
        )
        schema = _plain(self.schema)
        for event in convert_batches(group_sources(sources), self.options, [self.record], isolated=isolated):
            if isinstance(event, BatchRows):
                yield from event.records[self.record].cast(schema).to_batches()


@dataclass(frozen=True)
class Lists:
    """Passes files on without reading them."""

    def __call__(self, files: FileList, folder: str) -> Iterator[pa.RecordBatch]:
        """Yield one row: the list of the files with full paths, and of the sources that could not be found."""
        absolute_files = [
            replace(file, path=os.path.join(folder, file.path)) if isinstance(file, LocalFile) else file
            for file in files
        ]
        yield pa.RecordBatch.from_arrays([pa.array([pickle.dumps(absolute_files)], pa.binary())], [FILES])


class Reader(DataSourceReader):
    """Reads the existing documents, in partitions of about the same size."""

    def __init__(self, path: str, converter: Any) -> None:
        self._path, self._converter, self._folder = path, converter, os.getcwd()

    def partitions(self) -> list[InputPartition]:
        """List the documents.

        Raises:
            SourceError: there is none.
        """
        files = list(find_files([self._path]))
        if not any(isinstance(file, LocalFile) and os.path.exists(file.path) for file in files):
            raise SourceError("there is no document; check the path", source=self._path, code="no_documents")
        return _partitions(files, self._folder)

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Read the documents of a partition."""
        yield from self._converter(partition.value, self._folder)


class StreamReader(DataSourceStreamReader):
    """Reads documents as they arrive: those added or changed since the previous batch.

    The change time of the inode (`st_ctime_ns`) shows what is new. Unlike the modification time, it is never that of
    another place from which a file was moved or copied.
    """

    def __init__(self, path: str, converter: Any) -> None:
        self._path, self._converter, self._folder = path, converter, os.getcwd()

    def initialOffset(self) -> dict[str, int]:
        """Return the offset of a stream without a checkpoint: before all documents."""
        return {"until": 0}

    def latestOffset(self, start: Mapping[str, int] | None = None, limit: object = None) -> dict[str, int]:
        """Return the time of the newest settled document; the time of the previous batch if none is newer."""
        settled_time = time.time_ns() - int(SETTLED_SECONDS * 1e9)
        times = [moment for file in self._files() if (moment := _change_time(file)) <= settled_time]
        return {"until": max([(start or self.initialOffset())["until"], *times])}

    def partitions(self, start: Mapping[str, int], end: Mapping[str, int]) -> list[InputPartition]:
        """List the documents between two offsets."""
        new_files = [file for file in self._files() if start["until"] < _change_time(file) <= end["until"]]
        return _partitions(new_files, self._folder)

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Read the documents of a partition."""
        yield from self._converter(partition.value, self._folder)

    def commit(self, end: Mapping[str, int]) -> None:
        """Do nothing: documents stay where they are."""

    def stop(self) -> None:
        """Do nothing: there is nothing to release."""

    def _files(self) -> Iterator[LocalFile]:
        # For a stream, a folder that is empty or does not exist yet is not a problem.
        return (file for file in find_files([self._path]) if isinstance(file, LocalFile))


def _change_time(file: LocalFile) -> int:
    try:
        return os.stat(file.path).st_ctime_ns
    except OSError:  # removed since it was listed
        return 0


def _partitions(sources: Iterable[LocalFile | Source], folder: str) -> list[InputPartition]:
    """Return partitions of files, and one more of sources that cannot be read."""
    documents = list(sources)
    problem_sources: FileList = [document for document in documents if isinstance(document, Source)]
    lists: list[FileList] = [
        [*files] for files in lists_of((file for file in documents if isinstance(file, LocalFile)), folder)
    ]
    return [InputPartition(files) for files in [*lists, *([problem_sources] if problem_sources else [])]]


def _plain(schema: pa.Schema) -> pa.Schema:
    """Return the schema with types that Spark reads: a dictionary becomes its value type."""
    return pa.schema(
        [field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field for field in schema]
    )
