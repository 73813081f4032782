"""The place where tasks on other machines put a run's files until it commits; each attempt uses different names."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, Protocol
from uuid import uuid4

import pyarrow as pa

from converter.output.disk import Folder
from converter.output.manifest import File
from converter.output.rows import read_batches
from converter.output.store import Store, StoredFile
from converter.output.store_client import ObjectStore
from converter.output.store_names import name_of, put_files, stored_path
from converter.output.store_target import StoreTarget
from converter.output.target import Target


class PlacedFile(NamedTuple):
    """A file that a task wrote: its path or key for the other tasks, and its size."""

    name: str
    size: int


class Workplace(Protocol):
    """The place for the files of a run's tasks, sent to each task."""

    def __hash__(self) -> int:
        """Return the hash: workers cache what they read by workplace."""

    def folder(self) -> AbstractContextManager[Path]:
        """Make a folder for an attempt to write to."""

    def put(self, folder: Path, files: Sequence[File], attempt: int) -> list[File]:
        """Put an attempt's files where the driver adopts them; no other attempt has this number.

        Raises:
            OutputError: the store failed.
        """

    def rows(self, file: PlacedFile, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a file that an attempt put there, or that the driver adopted."""

    def target(self) -> Target:
        """Return the output that the run writes to."""


@dataclass(frozen=True, slots=True)
class SharedFolder:
    """A folder in the stage of the output `out`, which the driver and every worker see under the same path."""

    out: Path
    place: Path

    @contextlib.contextmanager
    def folder(self) -> Iterator[Path]:
        """Make a folder that stays: the driver moves its files."""
        folder = self.place / uuid4().hex
        folder.mkdir()
        yield folder

    def put(self, folder: Path, files: Sequence[File], attempt: int) -> list[File]:
        """Leave the files in the folder."""
        return [*files]

    def rows(self, file: PlacedFile, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a file."""
        return read_batches(file.name, schema)

    def target(self) -> Target:
        """Return the output folder."""
        return Folder(self.out, "parquet")


@dataclass(frozen=True, slots=True)
class SharedStore:
    """A folder in an object store: an attempt writes to the disk of its machine, and puts its files at the end."""

    address: str
    run_id: str
    open_store: Callable[[str], Store] = ObjectStore

    @contextlib.contextmanager
    def folder(self) -> Iterator[Path]:
        """Make a folder among temporary files, for as long as the attempt writes."""
        with tempfile.TemporaryDirectory(prefix="parquetry-") as folder:
            yield Path(folder)

    def put(self, folder: Path, files: Sequence[File], attempt: int) -> list[File]:
        """Put the files into the store, under the names that they keep when the run commits."""
        run = name_of(self.run_id)
        paths = {stored_path(file.path, run, attempt): file for file in files}
        put_files(self.open_store(self.address), [(path, folder / file.path) for path, file in paths.items()])
        return [replace(file, path=path) for path, file in paths.items()]

    def rows(self, file: PlacedFile, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a file."""
        stream = pa.PythonFile(StoredFile(self.open_store(self.address), file.name, file.size), "r")
        return read_batches(f"{self.address}/{file.name}", schema, stream=stream)

    def target(self) -> Target:
        """Return the output in the store."""
        return StoreTarget(self.address, self.open_store)
