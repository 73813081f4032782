"""Batches -> the files of a folder: one file per record, or a folder of several, as requested."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, TypeAlias

import pyarrow as pa

from converter.datasets import PARTS_FILE
from converter.model.events import BatchEnd, BatchPieces, BatchRows, BatchStart, Event, Piece
from converter.model.source import NO_PARTITION
from converter.output.manifest import File, group_files
from converter.output.rows import read_batches
from converter.output.stage import move_in_stage
from converter.output.verification import verified_entry
from converter.write import DEFAULT_FILE_BYTES, FORMATS, Format, Layout, Writer
from converter.write.pieces import ROW_GROUP_BYTES, join

Rows: TypeAlias = "pa.Table | pa.RecordBatch"

OPEN_PARTITIONS = 8
"""At most this many partitions are open, each with a file per record; a further one closes the oldest."""


def file_format(name: str, format: str) -> str:
    """Return the format of a record's files; the parts of data sets are always Parquet, because only later runs read
    them."""
    return "parquet" if name == PARTS_FILE else format


@dataclass(slots=True)
class _Group:
    """The open files of one group of documents, one for each record that has rows."""

    number: int
    files: dict[str, str] = field(default_factory=dict)
    streams: dict[str, BinaryIO] = field(default_factory=dict)
    writers: dict[str, Writer] = field(default_factory=dict)


@dataclass(slots=True)
class Parts:
    """Writes the records of documents to `record.parquet`, or if `in_folders` to `record/part-00000.parquet` etc.

    Files with the same number hold rows of the same documents; a record without rows has no file. `schemas` maps the
    records to their Arrow schemas. Used in a `with` block, which closes open files even if the run fails.
    """

    folder: Path
    schemas: Mapping[str, pa.Schema]
    format: str
    layout: Layout
    in_folders: bool = False
    number: int = 0
    """The number of the next group."""
    rows: dict[str, int] = field(default_factory=dict)
    """The number of rows of each file, by its path in the folder."""
    records: dict[str, str] = field(default_factory=dict)
    """The record of each file, by its path in the folder."""
    adopted: dict[str, File] = field(default_factory=dict)
    """The files that another process or run wrote; their hashes are known."""
    _partition: str = ""
    """The partition of the batch that is written."""
    _is_filled: bool = False
    """Whether rows of that batch were written."""
    _open: dict[str, _Group] = field(default_factory=dict)
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def __enter__(self) -> Parts:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def write(self, event: Event) -> None:
        """Write the rows of a batch, all of one partition; a file may end with the batch.

        Raises:
            OSError: the disk is full, for example.
        """
        match event:
            case BatchStart(_, partition):
                self._partition, self._is_filled = partition, False
            case BatchRows(records):
                if self._is_filled and (group := self._open.get(self._partition)):
                    for writer in group.writers.values():
                        writer.flush(ROW_GROUP_BYTES)
                self.add(records, self._partition)
                self._is_filled = True
            case BatchPieces(pieces, records):
                self.join(pieces, self._partition)
                self.add(records, self._partition)
            case BatchEnd():
                self.roll(self._partition)

    def add(self, records: Mapping[str, Rows], partition: str = "") -> None:
        """Write some rows of documents; more follow, until `roll` ends them."""
        for name, rows in records.items():
            if name in self.schemas and rows.num_rows:
                writer, path = self._writer(name, partition)
                for batch in rows.to_batches() if isinstance(rows, pa.Table) else [rows]:
                    writer.write(batch)
                self.rows[path] += rows.num_rows

    def join(self, pieces: Mapping[str, Sequence[Piece]], partition: str = "") -> None:
        """Write encoded rows of documents; more may follow, until `roll` ends them."""
        for name, record_pieces in pieces.items():
            for piece in record_pieces:
                writer, path = self._writer(name, partition)
                join(writer, piece, self.schemas[name])
                self.rows[path] += piece.rows

    def take(self, name: str, rows: Piece | pa.RecordBatch, partition: str = "") -> None:
        """Write rows of a record, encoded or not; more may follow, until `roll` ends them."""
        if isinstance(rows, Piece):
            self.join({name: [rows]}, partition)
        else:
            self.add({name: rows}, partition)

    def adopt(self, folder: Path | None, files: Iterable[File]) -> dict[str, str]:
        """Take over the files that other `Parts` wrote to a folder of the same file system, with new numbers; return
        the new path of each that was moved. Without a folder, they are in the target already, and stay there.

        Empty files are left behind: with many folders, most files would be empty. If a record is a single file, the
        rows are copied into it, which only Parquet allows.

        Raises:
            OSError: a file could not be moved.
        """
        paths: dict[str, str] = {}
        for partition, group in group_files(file for file in files if file.rows and file.record in self.schemas):
            number = 0 if folder is None else self.number_files()
            for file in group:
                if folder is None:
                    self.adopt_file(file.path, file)
                    continue
                if not self.in_folders:
                    for batch in read_batches(folder / file.path, self.schemas[file.record]):
                        self.add({file.record: batch})
                    continue
                path = self.path(file.record, partition, number)
                move_in_stage(folder / file.path, self.folder / path)
                self.adopt_file(path, file)
                paths[file.path] = path
        return paths

    def files(self) -> list[File]:
        """Return the files, once they are closed.

        Raises:
            OSError: one cannot be read.
        """
        return [
            replace(self.adopted[path], path=path)
            if path in self.adopted
            else verified_entry(self.folder, path, record, self.rows[path])
            for path, record in self.records.items()
        ]

    def roll(self, partition: str = "") -> None:
        """Close the files of the partition if one is large enough; a record that is a single file has no limit."""
        group = self._open.get(partition) if self.in_folders else None
        if group and max((stream.tell() for stream in group.streams.values()), default=0) >= self.file_bytes:
            self._close(partition)

    def close(self) -> None:
        """Complete all files, and write an empty file for each record that readers would otherwise not find.

        Its partition is one with a value, if there is one: readers infer a partition's type from its values.
        """
        self.close_partitions()
        partitions = {self.partition(path) for path in self.records}
        valued_partitions = sorted(partition for partition in partitions if NO_PARTITION not in partition)
        readable_records = {
            record for path, record in self.records.items() if self.partition(path) in valued_partitions
        }
        if missing_records := [
            name
            for name in self.schemas
            if name not in (readable_records if valued_partitions else self.records.values())
        ]:
            partition = min(valued_partitions or partitions, default="")
            group = self._open[partition] = _Group(0)
            for name in missing_records:
                self._begin(name, partition, group)
        self.close_partitions()
        self._stack.close()

    def close_partitions(self) -> None:
        """Complete the files written so far; more rows can follow, in further files."""
        for partition in list(self._open):
            self._close(partition)

    @property
    def file_bytes(self) -> int:
        """The size at which the next file begins."""
        return self.layout.file_bytes or DEFAULT_FILE_BYTES

    @staticmethod
    def partition(path: str) -> str:
        """Return the partition of a file, empty if it has none."""
        return "/".join(path.split("/")[1:-1])

    def path(self, name: str, partition: str, number: int) -> str:
        """Return the path of a record's file, and create its folder."""
        suffix = self._format(name).suffix
        path = "/".join(filter(None, (name, partition, f"part-{number:05}"))) if self.in_folders else name
        folder = self.folder  # if it is gone, the run was killed: it must not come back
        for parent in path.split("/")[:-1]:
            folder /= parent
            folder.mkdir(exist_ok=True)
        return path + suffix

    def add_file(self, path: str, name: str, rows: int = 0) -> None:
        """Register a file that is in the folder, or is about to be."""
        self.rows[path], self.records[path] = rows, name

    def adopt_file(self, path: str, file: File) -> None:
        """Register a file of another run or process that is in the folder under this path; its hash is known."""
        self.add_file(path, file.record, file.rows)
        self.adopted[path] = file

    def number_files(self) -> int:
        """Return the number of the next group of files."""
        self.number += 1
        return self.number - 1

    def counts(self) -> dict[str, int]:
        """Return the number of rows of each record."""
        counts = dict.fromkeys(self.schemas, 0)
        for path, rows in self.rows.items():
            counts[self.records[path]] += rows
        return counts

    def _format(self, name: str) -> Format:
        return FORMATS[file_format(name, self.format)]

    def _writer(self, name: str, partition: str) -> tuple[Writer, str]:
        """Return the writer of a record's open file, and the path of that file."""
        group = self._open.get(partition) or self._begin_group(partition)
        writer = group.writers.get(name) or self._begin(name, partition, group)
        return writer, group.files[name]

    def _begin_group(self, partition: str) -> _Group:
        if len(self._open) >= OPEN_PARTITIONS:
            self._close(next(iter(self._open)))
        group = self._open[partition] = _Group(self.number_files())
        return group

    def _begin(self, name: str, partition: str, group: _Group) -> Writer:
        path = self.path(name, partition, group.number)
        # A Python file would need the interpreter for every write, while that converts the next documents: the run
        # takes 0.95 of the time that it takes with one.
        stream = self._stack.enter_context(pa.OSFile(os.fsencode(self.folder / path), "wb"))
        group.files[name], group.streams[name] = path, stream
        group.writers[name] = self._format(name).open(stream, self.schemas[name], self.layout)
        self.add_file(path, name)
        return group.writers[name]

    def _close(self, partition: str) -> None:
        group = self._open.pop(partition)
        for name, writer in group.writers.items():
            writer.close()
            group.streams[name].close()
