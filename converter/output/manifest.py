"""The manifest: what an output consists of, file by file, and how it was made. It is written last."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import pyarrow as pa

from converter.errors import OutputError
from converter.report import Report
from converter.version import __version__

MANIFEST = "_manifest.json"
"""Its name in the folder; Spark and Hive take no file for data whose name begins with an underscore."""

VERSION = 1

Arrangement = Literal["files", "folders"]
"""A record is one file, `sections.parquet`, or a folder of them, `sections/part-00000.parquet`."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of an output: its path in the folder, the record or data set that it holds, rows, bytes, SHA-256.

    In a database it is a table, or a view, which holds no record; bytes are 0 then, and the hash is empty.
    """

    path: str
    record: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What stands in `_manifest.json`.

    `fingerprint` is equal for two runs that would read the same document into the same rows: it is the hash of
    `options`, in which the converter's version is one. `schemas` names for each record its columns and their types, as
    Arrow prints them, `units` the units of some columns of data sets. `layout` says how the files are arranged; None is
    a database, or an older version's output. `version` is that of the manifest's own form.
    """

    run_id: str
    finished: str
    converter_version: str
    format: str
    fingerprint: str
    options: dict[str, Any]
    documents: int
    files: list[File]
    schemas: dict[str, dict[str, str]] = field(default_factory=dict)
    version: int = VERSION
    layout: Arrangement | None = None
    units: dict[str, dict[str, str]] | None = None

    @classmethod
    def of(
        cls,
        report: Report,
        format: str,
        told: dict[str, Any],
        files: list[File],
        schemas: Mapping[str, pa.Schema],
        layout: Arrangement | None = None,
    ) -> Manifest:
        """Return the manifest of a run that is done: what it was told, and what it wrote."""
        return cls(
            report.run_id,
            datetime.now(UTC).isoformat(timespec="seconds"),
            __version__,
            format,
            fingerprint(told),
            told,
            report.rows.get("documents", report.documents),
            files,
            {name: {column.name: str(column.type) for column in schema} for name, schema in schemas.items()},
            layout=layout,
            units={name: units for name, schema in schemas.items() if (units := units_of(schema))},
        )

    @property
    def arrangement(self) -> Arrangement:
        """How its files are arranged, also where an older version wrote it."""
        return self.layout or ("folders" if any("/part-" in file.path for file in self.files) else "files")

    @property
    def paths(self) -> set[str]:
        """The paths of its files."""
        return {file.path for file in self.files}

    def rows(self) -> Counter[str]:
        """Return how many rows each record and data set has."""
        rows: Counter[str] = Counter()
        for file in self.files:
            rows[file.record] += file.rows
        return rows

    @property
    def text(self) -> str:
        """The manifest as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n"

    def write(self, folder: Path) -> None:
        """Write it into the folder.

        Raises:
            OSError: it could not be written.
        """
        (folder / MANIFEST).write_text(self.text, encoding="utf-8")


def units_of(schema: pa.Schema) -> dict[str, str]:
    """Return the units of columns, by their names."""
    return {column.name: column.metadata[b"unit"].decode() for column in schema if b"unit" in (column.metadata or {})}


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a folder, None where there is none.

    Raises:
        OutputError: what stands there is no manifest.
    """
    try:
        text = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        return None
    return parse_manifest(text, str(folder / MANIFEST))


def parse_manifest(text: str | bytes, place: str) -> Manifest:
    """Return the manifest that this JSON is; `place` says where it stands.

    Raises:
        OutputError: it is no manifest.
    """
    try:
        values = json.loads(text)
        return Manifest(**{**values, "files": [File(**file) for file in values["files"]]})
    except (ValueError, TypeError, KeyError) as error:
        message = f"is no manifest of Parquetry ({error}); remove it, or name another output"
        raise OutputError(message, source=place, code="manifest") from error


def verify(folder: Path) -> list[str]:
    """Return what is wrong with an output: a line for each file that is missing or not as its manifest says.

    Raises:
        OutputError: the folder has no manifest, or what stands there is none.
    """
    manifest = read_manifest(folder)
    if manifest is None:
        raise OutputError(f"holds no {MANIFEST}", source=str(folder), code="manifest")
    wrong = []
    for file in manifest.files:
        try:
            found = described(folder, file.path, file.record, file.rows)
        except OSError as error:
            wrong.append(f"{file.path}: {error.strerror}")
        else:
            wrong += [] if found == file else [f"{file.path}: {found.bytes} bytes, {found.sha256}; not as in manifest"]
    return wrong


def described(folder: Path, path: str, record: str, rows: int) -> File:
    """Return the entry of a file that stands in the folder.

    Raises:
        OSError: it cannot be read.
    """
    with open(folder / path, "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return File(path, record, rows, stream.tell(), digest)


def grouped(files: Iterable[File]) -> list[tuple[str, list[File]]]:
    """Return the files that hold rows of the same documents, and their partition, in the order they were written."""
    groups: dict[tuple[str, str], list[File]] = defaultdict(list)
    for file in files:
        path = PurePosixPath(file.path)
        groups[path.name if path.parent.name else "", "/".join(path.parts[1:-1])].append(file)
    return [(partition, groups[name, partition]) for name, partition in sorted(groups)]


def fingerprint(options: Mapping[str, Any]) -> str:
    """Return the hash of what a run was told, whatever order sets and mappings are in."""
    return hashlib.sha256(json.dumps(options, sort_keys=True).encode()).hexdigest()


def plain(value: Any) -> Any:
    """Return options as JSON has them: dataclasses as objects, sets sorted, types and patterns as they print."""
    if dataclasses.is_dataclass(value):
        return {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value))
    if isinstance(value, re.Pattern):
        return value.pattern
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
