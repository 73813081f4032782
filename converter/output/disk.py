"""An output folder as a target: its files are exchanged for the staged ones in one step."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from converter.destination import FOLDER
from converter.errors import OutputError
from converter.model.source import MARKDOWN
from converter.output.capacity import Capacity
from converter.output.kept import READ_RECORDS, Group, groups_to_keep, pieces_to_keep
from converter.output.manifest import File, Manifest, read_manifest
from converter.output.parts import Parts
from converter.output.rows import read_batches, rows_to_keep
from converter.output.target import Load, Target
from converter.records import RECORDS
from converter.write import FORMATS


class Folder(Target):
    """A folder with files for each record; a run can resume it if they are Parquet files."""

    kind = FOLDER
    shared = False
    capacity: Capacity | None = None

    def __init__(self, out: Path, format: str) -> None:
        self.name, self.place = str(out), out
        self._suffix = ".md" if format == MARKDOWN else FORMATS[format].suffix

    def manifest(self) -> Manifest | None:
        """Return the manifest of the folder.

        Raises:
            OutputError: the path is a file, or the manifest is invalid.
        """
        if self.place.exists() and not self.place.is_dir():
            message = "is a file, but the output is a folder; name another output"
            raise OutputError(message, source=self.name, code="output_exists")
        return read_manifest(self.place)

    def conflicts(self, names: Sequence[str]) -> list[str]:
        """Return the existing files and folders of these records if there is no manifest."""
        if read_manifest(self.place):
            return []
        return [file for name in names for file in (name, name + self._suffix) if (self.place / file).exists()]

    def read(self, record: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a record from its files."""
        for file in self.files():
            if file.record == record:
                yield from read_batches(self.place / file.path, RECORDS[record].schema, columns)

    def keep(self, parts: Parts, stale: frozenset[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Bring everything but the rows of stale documents into the new output; yield each batch with its record.

        Files without stale rows are linked, unless there are many small ones; the others are rewritten, from row
        groups without stale rows as they are. Rows of `problems` that belong to no single document are left out,
        because each run finds its own.

        Raises:
            OSError: a file could not be read, linked or written.
        """
        for partition, files, stays in self._groups(parts, stale):
            is_linked = stays and parts.in_folders
            number = parts.number_files() if is_linked else 0
            for file in files:
                path, schema = self.place / file.path, parts.schemas[file.record]
                if file.record in READ_RECORDS:
                    for batch in read_batches(path, schema):
                        rows = rows_to_keep(batch, stale)
                        if not is_linked or file.record == "problems":
                            parts.add({file.record: rows}, partition)
                        yield file.record, rows
                elif not is_linked:
                    for piece in pieces_to_keep(path, schema, stale):
                        parts.take(file.record, piece, partition)
                if is_linked and file.rows and file.record != "problems":
                    new_path = parts.path(file.record, partition, number)
                    keep_file(path, parts.folder / new_path)
                    parts.adopt_file(new_path, file)
            parts.roll(partition)

    def publish(self, load: Load) -> Manifest:
        """Write the manifest, and put the staged files in place; see `Stage.publish`.

        Raises:
            OSError: the file system refused; `load.stage.outcome` describes the state of the output.
            OutputError: something else was written there meanwhile.
        """
        load.manifest.write(load.stage.new)
        load.stage.publish(load.previous, load.overwrite)
        return load.manifest

    def locations(self, manifest: Manifest) -> list[Path | str]:
        """Return the files and folders of the records."""
        return sorted({self.place / Path(file.path).parts[0] for file in manifest.files if file.path[0] != "_"})

    def files(self) -> list[File]:
        """Return the files that the manifest lists."""
        manifest = read_manifest(self.place)
        return manifest.files if manifest else []

    def _groups(self, parts: Parts, stale: frozenset[str]) -> list[Group]:
        def doc_ids(file: File) -> Iterator[pa.RecordBatch]:
            return read_batches(self.place / file.path, RECORDS["documents"].schema, ["doc_id"])

        files = (file for file in self.files() if file.record in parts.schemas)
        return groups_to_keep(files, parts.file_bytes, stale, doc_ids)


def keep_file(path: Path, copy: Path) -> None:
    """Give a file of the output a second name in a stage, or copy it where the file system has no hard links.

    Raises:
        OSError: the file system refused.
    """
    try:
        os.link(path, copy)
    except OSError:  # a file system without hard links
        shutil.copyfile(path, copy)
