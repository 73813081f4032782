"""Where an output can go: a folder of files, or a database. Each is a target, with the same verbs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Protocol

import pyarrow as pa

from converter.destination import RECORDS, Destination, destination_of
from converter.errors import UsageError
from converter.output.capacity import Capacity
from converter.output.manifest import Manifest
from converter.output.parts import Parts
from converter.output.rows import batches
from converter.output.stage import Stage

TARGETS: dict[str, str] = {
    "duckdb": "converter.output.duckdb:DuckDB",
    "delta": "converter.output.delta:Delta",
    "postgres": "converter.output.postgres:Postgres",
}
"""The class of each database of `DATABASES`. A module is imported when its target is asked for."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a run puts in a target in one step.

    `manifest` lists the files of `stage`: new rows of each record, and all rows of each data set. `stale` are the
    documents whose earlier rows go; where it is None everything of ours goes. `before` is the manifest that stood
    there when the run began. `overwrite` says that what stands there gives way, whoever made it.
    """

    stage: Stage
    manifest: Manifest
    schemas: Mapping[str, pa.Schema]
    stale: frozenset[str] | None
    before: Manifest | None
    overwrite: bool = False
    notes: list[str] = field(default_factory=list)
    """What a user should know of the target, and no row says: filled as it is loaded."""

    def reader(self, record: str) -> pa.RecordBatchReader:
        """Return the staged rows of a record, which are read from disk as they are asked for."""
        schema = self.schemas[record]
        paths = [self.stage.new / file.path for file in self.manifest.files if file.record == record]
        return pa.RecordBatchReader.from_batches(schema, (batch for path in paths for batch in batches(path, schema)))


class Target(Protocol):
    """Where an output goes, and perhaps stands already.

    `name` is what messages call it. `place` is the path beside which a run stages its files; one run at a time does.
    What stands in one that is `shared`, and is not ours, is never replaced. `capacity` is None where any table fits.
    """

    name: str
    place: Path
    shared: bool
    capacity: Capacity | None

    def manifest(self) -> Manifest | None:
        """Return the manifest of what stands there, None where there is none.

        Raises:
            OutputError: the target cannot be read, or what stands there is no manifest.
        """

    def conflicts(self, names: Sequence[str]) -> list[str]:
        """Return what stands where these records and views would go, and is not in the manifest."""

    def read(self, record: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a record that stands there, all columns or some."""

    def keep(self, parts: Parts, stale: frozenset[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Have the rows of all but stale documents in the next output; yield those of problems and parts.

        A folder writes them into `parts`; in a database they stay where they are.
        """

    def publish(self, load: Load) -> Manifest:
        """Put the staged rows in place, in one step; return the manifest that stands there now.

        Raises:
            OutputError: the target refused, or another run wrote to it meanwhile; it is as it was.
        """

    def locations(self, manifest: Manifest) -> list[Path | str]:
        """Return what a person looks for after a run: paths, or what is no path by its name."""


def find_target(out: str, to: str | None) -> Target | None:
    """Return the database that an output names, by its own form or by the name `to`; None for files and folders.

    Raises:
        UsageError: its package is not installed, or the name is that of no output; see `destination_of`.
    """
    return open_target(destination_of(out, to, RECORDS))


def open_target(destination: Destination) -> Target | None:
    """Return the database where an output goes, None for files and folders.

    Raises:
        UsageError: its package is not installed, or the name is none of its kind.
    """
    if destination.place not in TARGETS:
        return None
    module, _, kind = TARGETS[destination.place].partition(":")
    target: Target = getattr(import_module(module), kind)(destination.name)
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
        message = f"{module.partition('.')[0]} is not installed, which this output needs: "
        raise UsageError(f"{message}pip install 'parquetry[{extra}]'") from error
