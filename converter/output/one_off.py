"""A target that is one file, written whole by one run, to view or to deliver; no run resumes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from converter.datasets import PARTS_FILE
from converter.destination import DATABASE
from converter.errors import OutputError
from converter.output.capacity import Capacity
from converter.output.manifest import Manifest
from converter.output.parts import Parts
from converter.output.tables import manifest_of
from converter.output.target import Load, Target


class OneOff(Target):
    """A file that a run creates or, with `overwrite`, replaces; no run resumes it.

    A kind of file is a subclass with the method `write`, and the `capacity` of its tables.
    """

    shared = False
    kind = DATABASE
    capacity: Capacity | None = None

    def __init__(self, out: str) -> None:
        self.name, self.place = out, Path(out)

    def write(self, path: Path, load: Load, names: Sequence[str]) -> None:
        """Write the records and data sets of these names to a new file."""
        raise NotImplementedError

    def manifest(self) -> Manifest | None:
        """Return None: no run resumes the file."""
        return None

    def conflicts(self, names: Sequence[str]) -> list[str]:
        """Return the file, if it exists."""
        return ["a file"] if self.place.exists() else []

    def read(self, record: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield nothing: no run resumes the file."""
        return iter(())

    def keep(self, parts: Parts, stale: frozenset[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield nothing: no run resumes the file."""
        return iter(())

    def publish(self, load: Load) -> Manifest:
        """Write the file in the stage, and put it in place.

        Raises:
            OutputError: the file cannot hold the rows, or something else was written there meanwhile.
        """
        names = [name for name in load.schemas if name != PARTS_FILE]
        path = load.stage.place / f"file{self.place.suffix}"  # `new` is a folder
        self.write(path, load, names)
        load.stage.publish_file(path, load.overwrite)
        rows = load.manifest.rows()
        return manifest_of(load, {name: rows[name] for name in names})

    def locations(self, manifest: Manifest) -> list[Path | str]:
        """Return the file."""
        return [self.place]

    def refuse(self, message: str) -> OutputError:
        """Return the error for rows that the file cannot hold; nothing of the run is kept."""
        return OutputError(f"{message}; nothing was written", source=self.name)
