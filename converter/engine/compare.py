"""What differs between two outputs, by document and record: after an upgrade, or with other options.

Each record is read twice at most: first a sum of the hashes of each document's rows tells which documents differ, then
only their rows are compared. So memory grows with the number of documents, not of rows.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from converter.datasets import PARTS_FILE
from converter.destination import FOLDER, RECORD_OUTPUTS, destination_of
from converter.errors import OutputError, UsageError
from converter.output import Manifest, open_target
from converter.output.manifest import read_manifest
from converter.output.verification import check_files
from converter.write.values import json_rows

ROWS_AT_ONCE = 4096
UNCOMPARED = frozenset({"converter_version"})
"""Columns that may differ between versions although nothing else does."""


@dataclass(frozen=True, slots=True)
class RowChange:
    """A document whose rows of a record differ.

    `removed` and `added` count rows that only the old or the new output has, whatever their numbers; if there are none,
    the rows are the same, and only their numbers (`*_id`) differ: `renumbered` counts them. `examples` are such rows.
    """

    source: str
    removed: int
    added: int
    renumbered: int = 0
    examples: tuple[tuple[str, str], ...] = ()
    """Pairs of `-` or `+` and a row as JSON, if requested."""


@dataclass(slots=True)
class RecordChange:
    """A record or data set that differs: `only_in` is `old` or `new` if only one of the outputs has it, else empty."""

    only_in: str
    columns: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    """The old and new types of columns that differ; None for a column that is not there."""
    documents: list[RowChange] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.only_in or self.columns or self.documents)


class ComparedOutput(Protocol):
    """An output to compare."""

    @property
    def manifest(self) -> Manifest:
        """What it consists of."""

    def read(self, record: str) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a record or data set."""


def compare(old_name: str, new_name: str, with_rows: bool = False) -> dict[str, RecordChange]:
    """Return the records and data sets that differ, by name; `with_rows` keeps the rows themselves.

    Raises:
        UsageError: one of the names is not the output of a run.
        OutputError: an output is damaged or cannot be read.
    """
    old, new = open_output(old_name), open_output(new_name)
    changes: dict[str, RecordChange] = {}
    sources: dict[str, str] = {}
    for output in (old, new):
        if "documents" in records_of(output):
            for batch in output.read("documents"):
                sources.update(zip(*(batch.column(name).to_pylist() for name in ("doc_id", "source")), strict=True))
    for name in dict.fromkeys([*records_of(old), *records_of(new)]):
        has_old, has_new = (name in records_of(output) for output in (old, new))
        if has_old and has_new:
            change = compare_record(old, new, name, sources, with_rows)
        else:
            change = RecordChange("old" if has_old else "new")
        if change:
            changes[name] = change
    return changes


def records_of(output: ComparedOutput) -> list[str]:
    """Return the names of the records and data sets of an output."""
    return [name for name in output.manifest.rows() if name and name != PARTS_FILE]


def compare_record(
    old: ComparedOutput, new: ComparedOutput, name: str, sources: Mapping[str, str], with_rows: bool
) -> RecordChange:
    """Return what differs in one record or data set that both outputs have."""
    old_types, new_types = (output.manifest.schemas.get(name, {}) for output in (old, new))
    columns = {
        column: (old_types.get(column), new_types.get(column))
        for column in dict.fromkeys([*old_types, *new_types])
        if old_types.get(column) != new_types.get(column)
    }
    common = [column for column in new_types if column in old_types and column not in UNCOMPARED]
    old_sums, new_sums = document_sums(old.read(name), common), document_sums(new.read(name), common)
    different = {key for key in {*old_sums, *new_sums} if old_sums.get(key) != new_sums.get(key)}
    changes = []
    if different:
        # Row numbers, and references to them: one additional row changes those of all later rows.
        lasting = [column for column in common if column == "doc_id" or not column.endswith("_id")]
        old_rows = document_rows(old.read(name), lasting, different, with_rows)
        new_rows = document_rows(new.read(name), lasting, different, with_rows)
        for key in sorted(different, key=lambda key: sources.get(key, key)):
            removed, added = old_rows[key] - new_rows[key], new_rows[key] - old_rows[key]
            renumbered = 0 if removed or added else new_rows[key].total()
            examples = [("-", row) for row in removed.elements()] + [("+", row) for row in added.elements()]
            changes.append(
                RowChange(
                    sources.get(key, key) or "(no document)",
                    removed.total(),
                    added.total(),
                    renumbered,
                    tuple(examples) if with_rows else (),
                )
            )
    return RecordChange("", columns, changes)


def document_sums(batches: Iterator[pa.RecordBatch], columns: list[str]) -> dict[str, tuple[int, int]]:
    """Return the number of rows of each document, and the sum of their hashes, which does not depend on the order of
    rows."""
    sums: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for key, row in keyed_rows(batches, columns):
        count, total = sums[key]
        sums[key] = count + 1, total + int.from_bytes(digest(row))
    return dict(sums)


def document_rows(
    batches: Iterator[pa.RecordBatch], columns: list[str], keys: Collection[str], with_rows: bool
) -> dict[str, Counter[str]]:
    """Return how often each row of these documents occurs. Rows are JSON, or hashes of it, which take less memory."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for key, row in keyed_rows(batches, columns):
        if key in keys:
            rows[key][row if with_rows else digest(row).hex()] += 1
    return rows


def keyed_rows(batches: Iterator[pa.RecordBatch], columns: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each row as JSON with its document, or with its source if it belongs to no document."""
    for batch in batches:
        if missing := [column for column in columns if column not in batch.schema.names]:
            raise OutputError(f"a file lacks the column {missing[0]}, which its manifest lists", code="damaged")
        for row in json_rows(batch.select(columns)):
            key = row.pop("doc_id", None) or row.get("source") or ""
            yield key, json.dumps(row, ensure_ascii=False, sort_keys=True)


def digest(row: str) -> bytes:
    """Return the hash of a row."""
    return blake2b(row.encode(), digest_size=16).digest()


def open_output(name: str) -> ComparedOutput:
    """Return an output by its name: a folder of Parquet files, or a database that runs can resume.

    Raises:
        UsageError: it is neither.
        OutputError: it is damaged or cannot be read.
    """
    destination = destination_of(name, None, RECORD_OUTPUTS)
    target = open_target(destination)
    manifest = None
    if target is not None:
        manifest = target.manifest()
    elif destination.place == FOLDER:
        manifest = read_manifest(destination.path)
    if manifest is None:
        message = "is not the output of a run: expected a folder with a _manifest.json, or a database such as x.duckdb"
        raise UsageError(message, source=name)
    if target is not None:
        return _DatabaseOutput(name, target, manifest)
    if manifest.format != "parquet":
        raise UsageError(f"holds {manifest.format} files; only outputs in Parquet are compared", source=name)
    check_files(destination.path, manifest)
    return _FolderOutput(destination.path, manifest)


@dataclass(frozen=True)
class _FolderOutput:
    place: Path
    manifest: Manifest

    def read(self, record: str) -> Iterator[pa.RecordBatch]:
        for entry in self.manifest.files:
            if entry.record != record:
                continue
            path = self.place / entry.path
            try:
                with pq.ParquetFile(path) as file:
                    if file.metadata.num_rows:
                        yield from file.iter_batches(ROWS_AT_ONCE, use_threads=False)
            except (pa.ArrowException, OSError) as error:
                message = f"cannot be read: {' '.join(str(error).split())}"
                raise OutputError(message, source=str(path), code="damaged") from error


@dataclass(frozen=True)
class _DatabaseOutput:
    name: str
    target: Any
    manifest: Manifest

    def read(self, record: str) -> Iterator[pa.RecordBatch]:
        try:
            yield from self.target.read(record)
        except (pa.ArrowException, ValueError) as error:
            message = f"{record} has other columns than this version writes; convert to a folder and compare that"
            raise OutputError(message, source=self.name, code="damaged") from error
