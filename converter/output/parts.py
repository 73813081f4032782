"""Batches -> the files of a folder: for each record one, or several where the run is large or partitioned."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from converter.write import FORMATS, Layout, Writer

OPEN_PARTITIONS = 8
"""So many partitions are written side by side, each with a file a record; one more, and the oldest is closed."""


@dataclass(slots=True)
class _Group:
    """The open files of one group of documents, one a record."""

    files: dict[str, str]
    streams: dict[str, BinaryIO]
    writers: dict[str, Writer]


@dataclass(slots=True)
class Parts:
    """Writes the records of documents to `record/part-00000.parquet` and so on, in a folder of its own.

    Files with the same number hold the rows of the same documents. `schemas` names the records with their Arrow
    schemas. Used in a `with` block, which closes what is open even where the run fails.
    """

    folder: Path
    schemas: Mapping[str, pa.Schema]
    format: str
    layout: Layout
    number: int = 0
    """The number of the next group."""
    rows: dict[str, int] = field(default_factory=dict)
    """How many rows each file has, by its path in the folder."""
    records: dict[str, str] = field(default_factory=dict)
    """Which record each file holds."""
    _open: dict[str, _Group] = field(default_factory=dict)
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def __enter__(self) -> Parts:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def write(self, records: Mapping[str, pa.RecordBatch], partition: str = "") -> None:
        """Write the rows of some documents, all of the same partition (`lang=en`, or none).

        Raises:
            OSError: the disk is full, for example.
        """
        self.add(records, partition)
        self.roll(partition)

    def add(self, records: Mapping[str, pa.RecordBatch], partition: str = "") -> None:
        """Write some of the rows of documents, of which more are to come; `roll` ends them."""
        group = self._open.get(partition) or self._new(partition)
        for name, batch in records.items():
            if name in group.writers:
                group.writers[name].write(batch)
                self.rows[group.files[name]] += batch.num_rows

    def roll(self, partition: str = "") -> None:
        """Close the files of the partition if one of them is large enough."""
        group = self._open.get(partition)
        if group and max((stream.tell() for stream in group.streams.values()), default=0) >= self.layout.file_bytes:
            self._close(partition)

    def close(self) -> None:
        """Write the ends of all files; the only file of a record loses its number: `record.parquet`."""
        if not self.records:
            self._new("")
        for partition in list(self._open):
            self._close(partition)
        self._stack.close()
        for name in self.schemas:
            paths = [path for path, record in self.records.items() if record == name]
            if len(paths) == 1 and paths[0].count("/") == 1:
                (self.folder / paths[0]).rename(self.folder / self.single(name))
                (self.folder / name).rmdir()
                self.rows[self.single(name)] = self.rows.pop(paths[0])
                self.records[self.single(name)] = self.records.pop(paths[0])

    def counts(self) -> dict[str, int]:
        """Return how many rows each record has."""
        counts = dict.fromkeys(self.schemas, 0)
        for path, rows in self.rows.items():
            counts[self.records[path]] += rows
        return counts

    def single(self, name: str) -> str:
        """The path of a record that is one file."""
        return name + FORMATS[self.format].suffix

    def _new(self, partition: str) -> _Group:
        if len(self._open) >= OPEN_PARTITIONS:
            self._close(next(iter(self._open)))
        group = _Group({}, {}, {})
        for name, schema in self.schemas.items():
            path = "/".join(filter(None, (name, partition, f"part-{self.number:05}{FORMATS[self.format].suffix}")))
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            stream = self._stack.enter_context(open(self.folder / path, "wb"))  # noqa: SIM115
            group.files[name], group.streams[name] = path, stream
            group.writers[name] = FORMATS[self.format].writer(stream, schema, self.layout)
            self.rows[path] = 0
            self.records[path] = name
        self.number += 1
        self._open[partition] = group
        return group

    def _close(self, partition: str) -> None:
        group = self._open.pop(partition)
        for name, writer in group.writers.items():
            writer.close()
            group.streams[name].close()
