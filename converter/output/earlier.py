"""An output that stands, for a run that goes on from it: which documents it holds, and what of it is kept."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from converter.conversion import Source, document_id
from converter.datasets import DATASETS, PARTS_FILE
from converter.output.manifest import File, Manifest
from converter.output.parts import Parts
from converter.records import RECORDS
from converter.report import Report


@dataclass(slots=True)
class Earlier:
    """What an earlier run wrote to a folder, as Parquet.

    Which documents are unchanged is told by a hash of their bytes and attributes, never by time; what could not be
    read is not among its documents, and so is tried again in each run.
    """

    folder: Path
    manifest: Manifest
    changed: set[bytes] = field(default_factory=set)
    """The documents that have come again, but not as they were."""
    left: dict[bytes, bytes] = field(default_factory=dict)
    """The documents, each with its hash, that have not come again as they were."""

    def __post_init__(self) -> None:
        """Read which documents there are."""
        for file in self._files("documents"):
            columns = pq.read_table(self.folder / file.path, columns=["doc_id", "sha256", "attributes"])
            for doc_id, sha256, attributes in zip(*(column.to_pylist() for column in columns.columns), strict=True):
                self.left[bytes.fromhex(doc_id)] = _digest(sha256, dict(attributes))

    def holds(self, source: Source) -> bool:
        """Whether the document is there already, as it is now."""
        doc_id = bytes.fromhex(document_id(source.key))
        known = self.left.get(doc_id)
        if known is None or source.problem is not None:
            return False
        data = source.data.encode("utf-8", "replace") if isinstance(source.data, str) else source.data
        if known != _digest(hashlib.sha256(data).hexdigest(), source.attributes):
            self.changed.add(doc_id)
            return False
        del self.left[doc_id]
        return True

    def count(self, report: Report) -> None:
        """Count in the report what is there, all of which stays."""
        for file in self.manifest.files:
            if file.record.startswith(f"{DATASETS}/"):
                name = file.record.removeprefix(f"{DATASETS}/")
                report.datasets[name] = report.datasets.get(name, 0) + file.rows
            elif file.record in report.rows and file.record != "problems":
                report.rows[file.record] += file.rows
        # The run has found and counted anew the problems that are no document's.
        kept = [row for row in self._problems() if row["doc_id"] is not None]
        report.add({"problems": pa.RecordBatch.from_pylist(kept, RECORDS["problems"].schema)})

    def run_problems(self) -> list[tuple[Any, ...]]:
        """Return the rows of `problems` that are no document's, in order."""
        return sorted((tuple(row.values()) for row in self._problems() if row["doc_id"] is None), key=repr)

    def copy(self, parts: Parts, stale: set[bytes]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Bring everything but the rows of stale documents into the new output; yield each batch, with its record.

        Large files without such a row are linked, all others are written anew, so that small ones grow together.
        Rows of `problems` that are no single document's are left out, for each run finds its own.

        Raises:
            OSError: a file could not be read, linked or written.
        """
        gone = pa.array([doc_id.hex() for doc_id in stale], pa.string())
        for partition, files in self._groups(parts.schemas):
            large = max(file.bytes for file in files) >= parts.layout.file_bytes // 2
            whole = large and not self._holds_any(files, stale)
            number = parts.number_files() if whole else 0
            for file in files:
                link = whole and file.record != "problems"
                if link:
                    path = parts.path(file.record, partition, number or None)
                    _link(self.folder / file.path, parts.folder / path)
                    parts.add_file(path, file.record, file.rows)
                if link and file.record != PARTS_FILE:
                    continue
                for batch in _batches(self.folder / file.path, parts.schemas[file.record]):
                    kept = batch if link else batch.filter(_kept(batch, gone))
                    if not link:
                        parts.add({file.record: kept}, partition)
                    yield file.record, kept
            parts.roll(partition)

    def _problems(self) -> Iterator[dict[str, Any]]:
        for file in self._files("problems"):
            for batch in _batches(self.folder / file.path, RECORDS["problems"].schema):
                yield from batch.to_pylist()

    def _files(self, record: str) -> list[File]:
        return [file for file in self.manifest.files if file.record == record]

    def _groups(self, records: Collection[str]) -> list[tuple[str, list[File]]]:
        """Return the files that hold the same documents, and their partition, in the order they were written."""
        groups: dict[tuple[str, str], list[File]] = defaultdict(list)
        for file in self.manifest.files:
            if file.record in records:
                path = PurePosixPath(file.path)
                groups[path.name if path.parent.name else "", "/".join(path.parts[1:-1])].append(file)
        return [(partition, groups[name, partition]) for name, partition in sorted(groups)]

    def _holds_any(self, files: list[File], stale: set[bytes]) -> bool:
        """Whether a stale document is among these, or it is not known which documents they are of."""
        documents = [file.path for file in files if file.record == "documents"]
        ids = [pq.read_table(self.folder / path, columns=["doc_id"]).column(0).to_pylist() for path in documents]
        return not ids or any(bytes.fromhex(doc_id) in stale for doc_id in ids[0])


def _digest(sha256: str, attributes: Mapping[str, str]) -> bytes:
    return hashlib.sha256(json.dumps([sha256, sorted(attributes.items())]).encode()).digest()[:16]


def _batches(path: Path, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)


def _kept(batch: pa.RecordBatch, gone: pa.Array) -> pa.Array:
    """Return for each row whether it is of a document that stays."""
    import pyarrow.compute as pc  # 25 ms, for runs that go on from an earlier one only

    doc_id = batch.column("doc_id")
    keep = pc.and_(pc.is_valid(doc_id), pc.invert(pc.is_in(doc_id, value_set=gone)))
    if "code" in batch.schema.names and batch.schema.metadata[b"record"] == b"problems":
        keep = pc.and_(keep, pc.not_equal(batch.column("code"), "type_drift"))
    return keep


def _link(path: Path, copy: Path) -> None:
    try:
        os.link(path, copy)
    except OSError:  # a file system without hard links
        shutil.copyfile(path, copy)
