"""The part of Spark's interface that a run calls, in this process: tasks run one after the other, without a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from types import SimpleNamespace
from typing import Any
from zlib import crc32

import pyarrow as pa
import pytest

Function = Callable[[Iterator[pa.RecordBatch]], Iterable[pa.RecordBatch]]


class LocalFrame:
    """Rows in partitions, each a table."""

    def __init__(self, spark: LocalSpark, partitions: list[pa.Table]) -> None:
        self._spark, self.partitions = spark, partitions

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self.partitions[0].schema.names)

    @property
    def sparkSession(self) -> LocalSpark:
        """The session."""
        return self._spark

    def repartition(self, number: int, column: str | None = None) -> LocalFrame:
        """Divide the rows by the hash of a column, or evenly."""
        rows = pa.concat_tables(self.partitions)
        keys = range(len(rows)) if column is None else [crc32(key.encode()) for key in rows[column].to_pylist()]
        places = [[at for at, key in enumerate(keys) if key % number == part] for part in range(number)]
        return LocalFrame(self._spark, [rows.take(pa.array(place, pa.int64())) for place in places])

    def mapInArrow(self, function: Function, columns: str) -> LocalFrame:
        """Call the function for each partition, as one task, at once."""
        names = [column.split()[0] for column in columns.split(", ")]
        results = []
        for partition in self.partitions:
            self._spark.start_task(partition)
            batches = [*function(iter(partition.to_batches()))]
            assert all(batch.schema.names == names for batch in batches)
            results.append(pa.Table.from_batches(batches) if batches else None)
        tables = [table for table in results if table is not None]
        return LocalFrame(self._spark, tables)

    def collect(self) -> list[tuple[Any, ...]]:
        """Return the rows."""
        return [tuple(row.values()) for table in self.partitions for row in table.to_pylist()]


class LocalSpark:
    """A session: `sizes` has the number of rows of each task, `settings` each value that a setting had."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, attempt: int = 0) -> None:
        self.sizes: list[int] = []
        self.settings: list[tuple[str, Any]] = []
        self.conf = SimpleNamespace(get=lambda name: None, set=lambda *setting: self.settings.append(setting))
        ids = count()
        context = SimpleNamespace(attemptNumber=lambda: attempt, taskAttemptId=lambda: next(ids))
        monkeypatch.setattr("converter.spark.task.TaskContext", SimpleNamespace(get=lambda: context))

    def createDataFrame(self, rows: pa.Table) -> LocalFrame:
        """Return the rows in one partition."""
        return LocalFrame(self, [rows])

    def start_task(self, rows: pa.Table) -> None:
        """Note the size of a task."""
        self.sizes.append(len(rows))
