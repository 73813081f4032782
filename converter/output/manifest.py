"""The manifest lists the files of an output and says how it was made. It is written last."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, get_args

import pyarrow as pa

from converter.config.output import Arrangement
from converter.datasets import DATASETS, PARTS_FILE, Contract, contract_of
from converter.errors import OutputError
from converter.model.report import Report
from converter.model.source import MARKDOWN
from converter.records import RECORDS
from converter.records.record import metadata_text
from converter.version import __version__
from converter.write import FORMATS

MANIFEST = "_manifest.json"
"""The manifest's file name; Spark and Hive ignore files whose names begin with an underscore."""

VERSION = 1

_NAME = r"[\w-]{1,255}"
"""The name of a record or data set: letters of any script, digits, `_` and `-`."""

_PATH = re.compile(
    rf"(?P<record>(?:{DATASETS}/)?{_NAME})"
    r"(?:/(?:[\w.~%-]+=[\w.~%-]*/)*part-\d{5,}(?:-(?P<run>[0-9a-f]{32}))?|)\.(?P<format>[a-z][a-z0-9_]*)"
)
"""The path of a file that a run writes to a folder: `sections.parquet`, `sections/lang=en/part-00000.parquet`; in a
store with the run in its name."""

_LETTER = r'[^\0-\x1f\x7f/\\:*?"<>|]'
_DOCUMENT = re.compile(rf"(?:(?!\.){_LETTER}{{1,255}}/)*(?!\.){_LETTER}{{1,252}}\.md")
"""The path of a document that a run writes as Markdown."""

_TABLE = re.compile(rf"(?:{DATASETS}/)?{_NAME}")
"""The name of a table or view that a run makes in a database."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of an output: its path in the folder, its record or data set, rows, bytes, SHA-256.

    In a database it is a table, or a view, which has no record; its bytes are 0 and its hash is empty.
    """

    path: str
    record: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of `_manifest.json`.

    `fingerprint` is the hash of `options`, which include the converter's version: two runs with the same fingerprint
    read the same document into the same rows. `schemas` maps each record to its columns and their types, as Arrow
    prints them; `units` has the units of some columns of data sets. `layout` is how the files are arranged, None for a
    database or an older version's output. `version` is the version of the manifest format. Keys of local documents are
    relative to `folder`, the working directory, or to the folder `root` if it was set; both record how to name the
    same sources again, and are never opened. In a store, `superseded` are files of earlier runs that are not part of
    the output but may still be there, each with the time at which a run replaced it.
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
    root: str | None = None
    folder: str | None = None
    layout: Arrangement | None = None
    units: dict[str, dict[str, str]] | None = None
    superseded: dict[str, str] | None = None

    @classmethod
    def of(
        cls,
        report: Report,
        format: str,
        options: dict[str, Any],
        files: list[File],
        schemas: Mapping[str, pa.Schema],
        layout: Arrangement | None = None,
    ) -> Manifest:
        """Return the manifest of a finished run: its options, and what it wrote."""
        return cls(
            report.run_id,
            datetime.now(UTC).isoformat(timespec="seconds"),
            __version__,
            format,
            fingerprint(options),
            options,
            report.rows.get("documents", report.documents),
            files,
            {name: {column.name: str(column.type) for column in schema} for name, schema in schemas.items()},
            layout=layout,
            units={name: units for name, schema in schemas.items() if (units := units_of(schema))},
        )

    @property
    def arrangement(self) -> Arrangement:
        """How the files are arranged, also if an older version wrote them."""
        return self.layout or ("folders" if any("/part-" in file.path for file in self.files) else "files")

    def contract(self) -> Contract:
        """Return the column types and units of the data sets; none if the version that wrote it recorded no units."""
        if self.units is None:
            return {}
        prefix = f"{DATASETS}/"
        types, units = (
            {name.removeprefix(prefix): columns for name, columns in entries.items() if name.startswith(prefix)}
            for entries in (self.schemas, self.units)
        )
        return contract_of(types, units)

    @property
    def paths(self) -> set[str]:
        """The paths of its files."""
        return {file.path for file in self.files}

    def rows(self) -> Counter[str]:
        """Return the number of rows of each record and data set."""
        rows: Counter[str] = Counter()
        for file in self.files:
            rows[file.record] += file.rows
        return rows

    @property
    def text(self) -> str:
        """The manifest as JSON, with a line for each file, schema and option.

        Indenting all values takes twice as long, because `json` then encodes in plain Python.
        """
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        values["files"] = [asdict(file) for file in self.files]
        lines = ",\n".join(f"  {_json(name)}: {_in_lines(value)}" for name, value in values.items())
        return f"{{\n{lines}\n}}\n"

    def write(self, folder: Path) -> None:
        """Write the manifest into the folder.

        Raises:
            OSError: it could not be written.
        """
        (folder / MANIFEST).write_text(self.text, encoding="utf-8")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _in_lines(value: object) -> str:
    """Return a value as JSON, with a line for each element."""
    if isinstance(value, dict) and value:
        return "{\n    " + ",\n    ".join(f"{_json(name)}: {_json(item)}" for name, item in value.items()) + "\n  }"
    if isinstance(value, list) and value:
        return "[\n    " + ",\n    ".join(map(_json, value)) + "\n  ]"
    return _json(value)


def units_of(schema: pa.Schema) -> dict[str, str]:
    """Return the units of columns, by their names."""
    return {column.name: unit for column in schema if (unit := metadata_text(column, "unit"))}


def read_manifest(folder: Path) -> Manifest | None:
    """Return the manifest of a folder, None if there is none.

    Raises:
        OutputError: the manifest is invalid, or lists what no run of Parquetry writes to a folder.
    """
    path = folder / MANIFEST
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        return None
    with open(number, "rb") as stream:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise _manifest_error("is not a regular file", str(path))
        return parse_manifest(stream.read(), str(path), in_folder=True)


def parse_manifest(text: str | bytes, place: str, in_folder: bool = False) -> Manifest:
    """Return the manifest in this JSON; `place` is its location, `in_folder` whether it lists files in a folder.

    It is untrusted input, like a document: a run reads, replaces and removes the files that it lists.

    Raises:
        OutputError: it is not a manifest, or lists what no run of Parquetry writes.
    """
    try:
        values = json.loads(text)
        if not isinstance(values, dict) or not isinstance(values.get("files"), list):
            raise ValueError("it has no list of files")
        if not (_is_count(values.get("version", VERSION)) and 1 <= values.get("version", VERSION) <= VERSION):
            raise ValueError("its version is unknown; a newer Parquetry may have written it")
        manifest = Manifest(**{**values, "files": [File(**file) for file in values["files"]]})
        for name, fits in _MANIFEST_FORMS.items():
            if not fits(getattr(manifest, name)):
                raise ValueError(f"{name} has a value that no run writes")
        for file in manifest.files:
            check_file(file, in_folder, manifest.format)
        if len(manifest.paths) != len(manifest.files):
            raise ValueError("a path comes twice")
        records = {*RECORDS, *manifest.options.get("records", ()), PARTS_FILE}
        if unexpected_records := [
            file.record for file in manifest.files if file.record and _kind(file.record) not in records
        ]:
            raise ValueError(f"record {unexpected_records[0]!r} was not requested")
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _manifest_error(str(error), place) from error
    return manifest


def _manifest_error(reason: str, place: str) -> OutputError:
    message = f"is not a manifest of Parquetry ({reason}); remove the output, or name another"
    return OutputError(message, source=place, code="manifest")


def _kind(record: str) -> str:
    return DATASETS if record.startswith(f"{DATASETS}/") else record


def check_file(file: File, in_folder: bool, format: str = "parquet") -> None:
    """Refuse an entry that no run writes: its path must match a form; there is no list of forbidden paths.

    Raises:
        ValueError: the message says what is wrong.
    """
    for name, fits in _FILE_FORMS.items():
        if not fits(getattr(file, name)):
            raise ValueError(f"{name} of a file has a value that no run writes")
    if in_folder:
        path = _PATH.fullmatch(file.path)
        is_ours = (
            file.path == "datapackage.json"
            if not file.record
            else file.record == "documents" and _DOCUMENT.fullmatch(file.path)
            if format == MARKDOWN
            else path and path["record"] == file.record and path["format"] in FORMATS
        )
        if not is_ours or not _is_hash(file.sha256):
            raise ValueError(f"no run writes a file {file.path!r} for {file.record!r}")
    elif not _TABLE.fullmatch(file.path) or file.record not in (file.path, "") or file.bytes or file.sha256:
        raise ValueError(f"no run makes a table {file.path!r} for {file.record!r}")


def run_of(path: str) -> str | None:
    """Return the run in the name of a file in a store, None if the name has none."""
    match = _PATH.fullmatch(path)
    return match["run"] if match else None


def is_name(name: str) -> bool:
    """Whether a record or data set can have this name, so that a path with it stays in its folder."""
    return re.fullmatch(_NAME, name) is not None


def group_files(files: Iterable[File]) -> list[tuple[str, list[File]]]:
    """Return groups of files with rows of the same documents, each with its partition, in the order of writing."""
    groups: dict[tuple[str, str], list[File]] = defaultdict(list)
    for file in files:
        path = PurePosixPath(file.path)
        groups[path.name if path.parent.name else "", "/".join(path.parts[1:-1])].append(file)
    return [(partition, groups[name, partition]) for name, partition in sorted(groups)]


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_text_or_none(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) is not None


def _is_options(value: object) -> bool:
    records = value.get("records", []) if isinstance(value, dict) else None
    return isinstance(records, list) and all(isinstance(name, str) for name in records)


def _are_schemas(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(columns, dict) and all(isinstance(type, str) for type in columns.values())
        for columns in value.values()
    )


def _are_superseded(value: object) -> bool:
    return isinstance(value, dict) and all(_PATH.fullmatch(path) and _is_time(since) for path, since in value.items())


def _is_time(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


_MANIFEST_FORMS: dict[str, Callable[[object], bool]] = {
    "run_id": lambda value: isinstance(value, str) and re.fullmatch(r"[\w-]{1,64}", value) is not None,
    "finished": _is_text,
    "converter_version": _is_text,
    "format": lambda value: value in [*FORMATS, MARKDOWN],
    "fingerprint": _is_hash,
    "options": _is_options,
    "documents": _is_count,
    "schemas": _are_schemas,
    "root": _is_text_or_none,
    "folder": _is_text_or_none,
    "layout": lambda value: value is None or value in get_args(Arrangement),
    "units": lambda value: value is None or _are_schemas(value),
    "superseded": lambda value: value is None or _are_superseded(value),
}
"""The form of each field of a manifest; files and version are checked separately."""

_FILE_FORMS: dict[str, Callable[[object], bool]] = {
    "path": _is_text,
    "record": _is_text,
    "rows": _is_count,
    "bytes": _is_count,
    "sha256": _is_text,
}


def fingerprint(options: Mapping[str, Any]) -> str:
    """Return the hash of a run's options, independent of the order of sets and mappings."""
    return hashlib.sha256(json.dumps(options, sort_keys=True).encode()).hexdigest()
