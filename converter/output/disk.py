"""An output folder as a target: its files are exchanged for the staged ones in one step."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from converter.datasets import PARTS_FILE
from converter.destination import FOLDER
from converter.errors import OutputError
from converter.model.source import MARKDOWN
from converter.output.capacity import Capacity
from converter.output.manifest import File, Manifest, grouped, read_manifest
from converter.output.parts import Parts
from converter.output.rows import batches, rows_to_keep
from converter.output.target import Load
from converter.records import RECORDS
from converter.write import FORMATS


class Folder:
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
        for file in self._files():
            if file.record == record:
                yield from batches(self.place / file.path, RECORDS[record].schema, columns)

    def keep(self, parts: Parts, stale: frozenset[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Bring everything but the rows of stale documents into the new output; yield each batch with its record.

        Large files without stale rows are linked; all others are rewritten, so that small files merge.
        Rows of `problems` that belong to no single document are left out, because each run finds its own.

        Raises:
            OSError: a file could not be read, linked or written.
        """
        for partition, files in self._groups(parts.schemas):
            is_large = max(file.bytes for file in files) >= parts.file_bytes // 2
            is_linkable = parts.in_folders and is_large and not self._holds_any(files, stale)
            number = parts.number_files() if is_linkable else 0
            for file in files:
                is_linked = is_linkable and file.record != "problems"
                if is_linked:
                    path = parts.path(file.record, partition, number)
                    _link(self.place / file.path, parts.folder / path)
                    parts.add_file(path, file.record, file.rows)
                if is_linked and file.record != PARTS_FILE:
                    continue
                for batch in batches(self.place / file.path, parts.schemas[file.record]):
                    rows = batch if is_linked else rows_to_keep(batch, stale)
                    if not is_linked:
                        parts.add({file.record: rows}, partition)
                    yield file.record, rows
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

    def tidy(self, run_id: str, seconds_kept: float) -> None:
        """Do nothing: whatever a killed run leaves, the next stage removes."""

    def locations(self, manifest: Manifest) -> list[Path | str]:
        """Return the files and folders of the records."""
        return sorted({self.place / Path(file.path).parts[0] for file in manifest.files if file.path[0] != "_"})

    def _files(self) -> list[File]:
        manifest = read_manifest(self.place)
        return manifest.files if manifest else []

    def _groups(self, records: Collection[str]) -> list[tuple[str, list[File]]]:
        """Return groups of files that hold the same documents, each with its partition, in the order of writing."""
        return grouped(file for file in self._files() if file.record in records)

    def _holds_any(self, files: list[File], stale: frozenset[str]) -> bool:
        """Whether the files hold a stale document, or it is unknown which documents they hold."""
        documents = [self.place / file.path for file in files if file.record == "documents"]
        schema = RECORDS["documents"].schema
        id_batches = (batch.column(0).to_pylist() for path in documents for batch in batches(path, schema, ["doc_id"]))
        return not documents or any(not stale.isdisjoint(doc_ids) for doc_ids in id_batches)


def _link(path: Path, copy: Path) -> None:
    try:
        os.link(path, copy)
    except OSError:  # a file system without hard links
        shutil.copyfile(path, copy)
