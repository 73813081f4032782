"""Targets of an output: a folder of files or a database, all with the same methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Protocol

import pyarrow as pa

from converter.destination import FILE, FOLDER, RECORD_OUTPUTS, STORE, STREAM, Destination, destination_of
from converter.errors import OutputError, UsageError, install_command
from converter.output.capacity import Capacity
from converter.output.manifest import Manifest
from converter.output.parts import Parts
from converter.output.rows import read_batches
from converter.output.stage import Stage
from converter.plugins import Registry, callable_with


@dataclass(frozen=True, slots=True)
class Load:
    """The rows that a run puts in a target in one step.

    `manifest` lists the files of `stage`: new rows of each record, and all rows of each data set. `stale` holds the
    documents whose earlier rows are removed; if None, everything written by Parquetry is. `previous` is the target's
    manifest at the start of the run. `overwrite` replaces what exists, whoever made it. `seconds_kept` is how long a
    store keeps the files that the run replaces.
    """

    stage: Stage
    manifest: Manifest
    schemas: Mapping[str, pa.Schema]
    stale: frozenset[str] | None
    previous: Manifest | None
    overwrite: bool = False
    seconds_kept: float = 0
    notes: list[str] = field(default_factory=list)
    """Notes for the user about the target that no row contains; the load adds them."""

    def reader(self, record: str) -> pa.RecordBatchReader:
        """Return the staged rows of a record, read from disk on demand."""
        schema = self.schemas[record]
        paths = [self.stage.new / file.path for file in self.manifest.files if file.record == record]
        return pa.RecordBatchReader.from_batches(
            schema, (batch for path in paths for batch in read_batches(path, schema))
        )


class Target(Protocol):
    """The destination of an output, which may already exist.

    `kind` is FOLDER, STORE or DATABASE, `name` identifies it in messages. `place` is the path beside which a run stages
    its files, one run at a time. In a `shared` target, what Parquetry did not write is never replaced. `capacity` is
    None if any table fits.
    """

    kind: str
    name: str
    place: Path
    shared: bool
    capacity: Capacity | None

    def manifest(self) -> Manifest | None:
        """Return the manifest of the existing output, None if there is none.

        Raises:
            OutputError: the target cannot be read, or its manifest is invalid.
        """

    def conflicts(self, names: Sequence[str]) -> list[str]:
        """Return existing items with the names of these records and views that are not in the manifest."""

    def read(self, record: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the existing rows of a record, all columns or some."""

    def keep(self, parts: Parts, stale: frozenset[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Keep the rows of all but stale documents for the next output; yield those of problems and parts.

        A folder writes them into `parts`; in a database they stay in place.
        """

    def publish(self, load: Load) -> Manifest:
        """Put the staged rows in place, in one step; return the new manifest.

        Raises:
            OutputError: the target refused, or another run wrote to it meanwhile; it is unchanged.
        """

    def tidy(self, run_id: str, seconds_kept: float) -> None:
        """Remove what earlier runs left, after a run that changed nothing.

        Most targets do nothing: the next stage removes what a killed run leaves.
        """
        return

    def locations(self, manifest: Manifest) -> list[Path | str]:
        """Return what a user looks for after a run: paths, or the name of a target that has none."""


METHODS = ("manifest", "conflicts", "read", "keep", "publish", "tidy", "locations")

TARGETS: Registry[Callable[[str], Target]] = Registry(
    "targets",
    {
        "duckdb": "converter.output.duckdb:DuckDB",
        "delta": "converter.output.delta:Delta",
        "iceberg": "converter.output.iceberg:Iceberg",
        "postgres": "converter.output.postgres:Postgres",
        "sqlite": "converter.output.sqlite:SQLite",
        "xlsx": "converter.output.xlsx:Workbook",
        STORE: "converter.output.store_target:StoreTarget",
    },
    callable_with(*METHODS),
)
"""The class of each database of `DATABASES`, and that of a folder in an object store. A module is imported when its
target is requested."""


def conflict_error(place: str, item: str) -> OutputError:
    """Return the error of an output that would replace what another program made."""
    message = f"already holds {item}, which Parquetry did not make; name another output"
    return OutputError(message, source=place, code="output_exists")


def find_target(out: str, to: str | None) -> Target | None:
    """Return the database or store that an output names, by its form or by `to`; None for files and local folders.

    Raises:
        UsageError: its package is not installed, or no output has this name; see `destination_of`.
    """
    return open_target(destination_of(out, to, RECORD_OUTPUTS))


def open_target(destination: Destination) -> Target | None:
    """Return the database or store that is the destination of an output, None for files and local folders.

    Raises:
        UsageError: its package is not installed, or the name is invalid for this database.
        PluginError: a plug-in returned something else than a target.
    """
    place = destination.place
    if place in (STREAM, FILE, FOLDER) or place not in TARGETS:
        return None
    target = TARGETS[place](destination.name)
    if missing := [name for name in METHODS if not hasattr(target, name)]:
        raise TARGETS.plugins[place].error(f"it returned {type(target).__name__} without {missing[0]}, not a Target")
    return target


def import_extra(module: str, extra: str) -> ModuleType:
    """Import a module that only an extra installs.

    Raises:
        UsageError: it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        message = f"this needs {module.partition('.')[0]}, which is not installed: {install_command(extra)}"
        raise UsageError(message) from error
