"""The meaning of an output's name, decided in one place for every command and for the library.

A suffix means a file in a format; a suffix or an address means a database; an address of an object store means a folder
in it; `-` or no name means standard output; any
other name means a folder. Some names are rejected, with a message that lists what is possible: an address that nothing
writes to, the suffix of a kind of file that is not written, a suffix that contradicts the requested format. So nothing
is ever written to a folder called `s3:` or `out.xlsx`.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from converter.addresses import SCHEME, displayed_name, expand_home, is_address
from converter.errors import UsageError
from converter.model.source import MARKDOWN
from converter.plugins import plugins

STANDARD_OUTPUT = "-"
STREAM, FILE, FOLDER, STORE, DATABASE = "stream", "file", "folder", "store", "database"
"""The places that an output can be in; `Destination.place` names the kind of the database."""

ROWS: Mapping[str, tuple[str, ...]] = {
    "parquet": (".parquet", ".pq"),
    "csv": (".csv",),
    "json": (".json",),
    "ndjson": (".ndjson", ".jsonl"),
}
"""The formats of rows with the suffixes of their files; Parquetry writes the first suffix."""

DOCUMENTS: Mapping[str, tuple[str, ...]] = {MARKDOWN: (".md", ".markdown")}
"""The format of whole documents, for people and models: a file each."""

TEXTS: Mapping[str, tuple[str, ...]] = {"text": (".txt", ".text"), **DOCUMENTS}
"""The formats of tables for people."""

DATABASES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    # value of --to: (suffixes, schemes of addresses, example of a name)
    "duckdb": ((".duckdb", ".ddb"), (), "x.duckdb"),
    "sqlite": ((".sqlite", ".sqlite3"), (), "x.sqlite"),
    "xlsx": ((".xlsx",), (), "x.xlsx"),
    "delta": ((), ("delta",), "delta://FOLDER"),
    "iceberg": ((), ("iceberg",), "iceberg://CATALOG/NAMESPACE"),
    "postgres": ((), ("postgres", "postgresql"), "postgresql://HOST/NAME"),
}

STORES = ("s3", "s3a", "gs", "gcs", "az", "azure", "abfs", "abfss", "adl")
"""Schemes of the object stores in which a folder can be an output."""


def databases() -> Mapping[str, tuple[tuple[str, ...], tuple[str, ...], str]]:
    """Return `DATABASES` with the targets of plug-ins, whose names are suffixes and schemes of addresses too."""
    added = {name: ((f".{name}",), (name,), f"x.{name} or {name}://...") for name in _plugin_names("targets")}
    return {**DATABASES, **added} if added else DATABASES


def _plugin_names(kind: str) -> list[str]:
    return [plugin.name for plugin in plugins() if plugin.kind == kind]


DELTA_STORES = ("s3", "s3a", "gs", "az", "azure", "abfs", "abfss", "adl", "file", "memory", "hdfs", "lakefs")
"""Schemes of the stores that the package `deltalake` can write to."""

SUFFIXES_OF_FILES = {
    "text and markup":
        "md markdown mdown mkd mkdn mdx qmd rmd rst adoc asciidoc txt text log rtf tex bib htm html xhtml mhtml xml "
        "xsl xsd yaml yml toml ini cfg properties ipynb srt vtt diff patch",
    "office and print":
        "doc docx docm dotx xls xlsx xlsm xlsb xltx ods ots fods odt odp ppt pptx pptm pdf ps eps epub mobi djvu vsd "
        "vsdx msg eml mbox",
    "data":
        "csv tsv psv ssv json jsonl ndjson json5 geojson topojson jsonld parquet pq arrow arrows ipc feather fea avro "
        "orc rc proto pb msgpack bson cbor ion hdf hdf5 h5 nc netcdf zarr npy npz mat pkl pickle joblib rds rda rdata "
        "sav zsav por dta sas7bdat xpt dbf mdb accdb duckdb ddb db db3 sqlite sqlite3 s3db sl3 sql fdb gdb mdf ldf "
        "ibd frm wdb odb lance vortex tfrecord tfrecords gpkg shp kml kmz gml gpx osm pbf las laz tif tiff geotiff "
        "ttl nt nq n3 rdf owl trig hyper tde qvd pbix twbx",
    "packed":
        "gz gzip bz2 xz lzma zst zstd lz4 br snappy sz zip zipx tar tgz tbz2 txz tzst 7z rar cab jar war whl deb rpm "
        "iso dmg",
    "pictures, sound, programs":
        "png jpg jpeg gif svg svgz webp bmp ico heic avif psd mp3 mp4 m4a m4v wav ogg flac opus avi mov mkv webm py "
        "pyc js mjs ts tsx jsx java cc cpp hpp cs go rs rb php pl sh bash ps1 bat cmd exe dll so dylib bin wasm "
        "css scss less",
}  # fmt: skip
KINDS_OF_FILES = frozenset(word for words in SUFFIXES_OF_FILES.values() for word in words.split())
"""Suffixes that state the kind of a file. Any other is part of the name: `v1.2`, `out.2024-01-01`, `example.org`."""


@dataclass(frozen=True, slots=True)
class Writes:
    """What a command can write: formats with the suffixes of their files, the places, and the default format if neither
    name nor option states one."""

    formats: Mapping[str, tuple[str, ...]]
    places: tuple[str, ...] = (STREAM, FILE)
    default: str | None = None

    @property
    def all_formats(self) -> Mapping[str, tuple[str, ...]]:
        """The formats; if they are those of rows, also the formats of plug-ins."""
        added = _plugin_names("formats") if ROWS.keys() <= self.formats.keys() else ()
        return {**self.formats, **{name: (f".{name}",) for name in added}}

    @property
    def databases(self) -> Mapping[str, tuple[tuple[str, ...], tuple[str, ...], str]]:
        """The databases among the places; if all are, also the targets of plug-ins."""
        if DATABASES.keys() <= set(self.places):
            return databases()
        return {name: DATABASES[name] for name in DATABASES if name in self.places}

    @property
    def suffixes(self) -> dict[str, str]:
        """The format that each suffix means."""
        return {suffix: name for name, suffixes in self.all_formats.items() for suffix in suffixes}

    @property
    def names(self) -> list[str]:
        """The possible values of `to`."""
        return [*self.all_formats, *self.databases]

    def __str__(self) -> str:
        files = ", ".join(f"x{suffixes[0]}" for suffixes in self.all_formats.values())
        descriptions = {
            FOLDER: "a folder",
            FILE: f"a file ({files})",
            STORE: "s3://BUCKET/FOLDER (gs://, az://, abfs://)",
        }
        names = [description for place, description in descriptions.items() if place in self.places]
        names += [example for _, _, example in self.databases.values()]
        return ", ".join([*names, *(["- for standard output"] if STREAM in self.places else [])])


RECORD_OUTPUTS = Writes({**ROWS, **DOCUMENTS}, (STREAM, FILE, FOLDER, STORE, *DATABASES), "parquet")
"""For `convert`, on the command line and in the library."""
RECORD_FOLDERS = Writes(ROWS, (FOLDER, STORE), "parquet")
"""For `spark convert` and `spark stream`, where many workers write."""
LOCAL_FOLDER = Writes({}, (FOLDER,))
"""For what must be a folder of this machine."""
TABLE_OUTPUTS = Writes({**TEXTS, **ROWS})
PAGE = Writes({"html": (".html", ".htm")}, default="html")
SCHEMA_FILE = Writes({"yaml": (".yaml", ".yml")}, default="yaml")
PARQUET_FILE = Writes({"parquet": ROWS["parquet"]}, (FILE,), "parquet")
JSON_FILE = Writes({"json": (".json", ".txt", ".log")}, (FILE,), "json")
EVENTS_FILE = Writes({"ndjson": (".ndjson", ".jsonl", ".json", ".log", ".txt")}, (FILE,), "ndjson")
ZIP_FILE = Writes({"zip": (".zip",)}, (FILE,), "zip")


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an output goes: `place` is `stream`, `file`, `folder` or a kind of database; `name` is the path or address.
    `format` is the format of the rows; None if nothing states it and the command has no default."""

    place: str
    format: str | None
    name: str = STANDARD_OUTPUT

    @property
    def path(self) -> Path:
        """The path of a file or folder."""
        return Path(self.name)


def destination_of(out: str | os.PathLike[str] | None, to: str | None, writes: Writes) -> Destination:
    """Return the destination that a name means to a command with `writes`; `to` is the requested format or database.

    An existing folder is a folder whatever its name, and so is a name that ends with a slash.

    Raises:
        UsageError: the command cannot write to this name, or it contradicts `to`; the message lists what is possible.
    """
    if to is not None and to not in writes.names:
        raise UsageError(f"unknown format {to}; choose from {', '.join(writes.names)}")
    name = STANDARD_OUTPUT if out is None else _text_of(out)
    if name == STANDARD_OUTPUT:
        if to is not None and to in writes.databases:
            raise UsageError(
                f"{to} is never written to a stream; name it with `out`, for example {writes.databases[to][2]}"
            )
        if STREAM not in writes.places:
            raise UsageError(f"name an output with `out`: {writes}")
        return Destination(STREAM, to or writes.default)
    if is_address(name):
        return _parse_address(name, to, writes)
    return _parse_path(name, to, writes)


def check_writable(file: str | os.PathLike[str], writes: Writes) -> None:
    """Check that a command with `writes` can write a file of this name.

    Raises:
        UsageError: the command cannot; the message lists what is possible.
    """
    name = _text_of(file)
    is_device = os.path.exists(name) and not os.path.isdir(name) and not os.path.isfile(name)  # or a pipe
    if name != STANDARD_OUTPUT and (is_address(name) or not is_device):
        destination_of(name, None, writes)


def _text_of(out: object) -> str:
    if not isinstance(out, str | os.PathLike):
        raise UsageError(f"an output is a path or an address, not {type(out).__name__}")
    name = os.fspath(out)
    if isinstance(name, bytes):
        name = os.fsdecode(name)
    if not name.strip() or "\0" in name:
        raise UsageError(
            "the name of the output is empty" if not name.strip() else "the name of the output contains NUL"
        )
    return expand_home(name)


def _parse_address(name: str, to: str | None, writes: Writes) -> Destination:
    scheme, colon, remainder = name.partition(":")
    scheme = scheme.lower()
    database = next(
        (key for key, (_, schemes, _) in databases().items() if scheme in schemes and remainder[:2] == "//"), None
    )
    if database is None and to == "delta" and scheme in DELTA_STORES and "://" in name and "::" not in name:
        return Destination("delta", writes.default, name)
    if STORE in writes.places and scheme in STORES and (to is None or to in writes.all_formats):
        return _parse_store(name, scheme, to, writes)
    if database is None or database not in writes.databases:
        message = f"nothing can be written to this address; {_advice(name, scheme, writes)}an output is {writes}"
        raise UsageError(message, source=displayed_name(name))
    if to not in (None, database):
        message = f"is an output to {database}, not to {to}; leave out `to`, or name another output"
        raise UsageError(message, source=displayed_name(name))
    if database == "delta":
        nested = re.match(rf"//({SCHEME}):", remainder)
        if nested and (nested[1].lower() not in DELTA_STORES or "://" not in remainder):
            message = (
                f"Delta tables can be in a folder or in a store: {', '.join(f'{store}://' for store in DELTA_STORES)}"
            )
            raise UsageError(message, source=displayed_name(name))
    elif database == "postgres" and (re.search(r"[\s\\]", name) or not _is_wellformed(remainder)):
        message = (
            "is not an address of a PostgreSQL database; escape all but letters and digits in names and passwords (%40)"
        )
        raise UsageError(message, source=displayed_name(name))
    return Destination(database, writes.default, f"{scheme}{colon}{remainder}")


def _parse_store(name: str, scheme: str, to: str | None, writes: Writes) -> Destination:
    """Return the folder in an object store that an address names; a single file there is not written."""
    place = re.fullmatch(r"[^:]+://((?:[\w.-]+@)?\w[\w.-]*)(?:/([^\s?#*\\\0-\x1f\x7f]*))?", name)
    folders = place[2].removesuffix("/").split("/") if place and place[2] else []
    if place is None or {"", ".", ".."} & {*folders}:
        message = f"is not the address of a folder in a store; use {scheme}://BUCKET/FOLDER"
        raise UsageError(message, source=displayed_name(name))
    suffix = Path(folders[-1]).suffix if folders else ""
    if _is_kind_of_file(suffix) and not name.endswith("/"):
        message = f"a store holds outputs as folders, not as single files; {displayed_name(name)}/ names a folder"
        raise UsageError(message, source=displayed_name(name))
    return Destination(STORE, to or writes.default, "/".join([f"{scheme}://{place[1]}", *folders]))


def _is_wellformed(remainder: str) -> bool:
    """Whether the text after a scheme is `//LOGIN@HOST:PORT/NAME?...`, no part with the delimiters of another."""
    login = r"(?:[^@/?#:\[\]]*(?::[^@/?#\[\]:]*)?@)?"
    host = r"(?:\[[0-9A-Fa-f:.%\w]+\]|[^@/?#:,\[\]]*)(?::\d*)?"
    return re.fullmatch(rf"//{login}{host}(?:,{host})*(?:/[^?#@]*)?(?:\?[^#]*)?", remainder) is not None


def _advice(name: str, scheme: str, writes: Writes) -> str:
    known_schemes = [key for _, schemes, _ in writes.databases.values() for key in schemes]
    known_schemes += STORES if STORE in writes.places else ()
    if matches := get_close_matches(scheme, known_schemes, 1, 0.8):
        return f"did you mean {matches[0]}://? "
    if scheme in DELTA_STORES and "delta" in writes.places and "::" not in name:
        return f"for Delta tables, use delta://{scheme}://...; "
    return "write to a folder and copy it there; " if FOLDER in writes.places else ""


def _parse_path(name: str, to: str | None, writes: Writes) -> Destination:
    path = Path(name)
    mode = _mode_of(path)
    is_folder = name.endswith(("/", os.sep)) or path.name in ("", "..") or (mode is not None and stat.S_ISDIR(mode))
    if mode is not None and not is_folder and not stat.S_ISREG(mode):
        raise UsageError(
            "is neither a file nor a folder but a device or a pipe; name another output, or - for standard output",
            source=name,
        )
    if is_folder:
        is_in_file = to is not None and to in writes.databases and bool(writes.databases[to][0])
        if to is not None and to in writes.databases and not is_in_file:
            return Destination(to, writes.default, name)
        if FOLDER not in writes.places or is_in_file:
            raise UsageError(f"is a folder; an output is {_possible_outputs(writes, to)}", source=name)
        return Destination(FOLDER, to or writes.default, name)
    suffix = path.suffix.strip().lower()
    suffix_format = writes.suffixes.get(suffix)
    database = next((key for key, (suffixes, _, _) in writes.databases.items() if suffix in suffixes), None)
    if to is not None and to not in (suffix_format, database):
        if suffix_format or database:
            kind = f"to {database}" if database else f"of {suffix_format}"
            request = f"{'to' if to in writes.databases else 'of'} {to}"
            message = f"is an output {kind}, not {request}; leave out `to`, or name another output"
            raise UsageError(message, source=name)
        if to in writes.databases and (suffix == ".db" or not _is_kind_of_file(suffix)):
            return Destination(to, writes.default, name)
    if database:
        return Destination(database, writes.default, name)
    if suffix_format:
        if FILE not in writes.places:
            raise UsageError(f"is a file by its name; an output is {writes}; {name}/ names a folder", source=name)
        return Destination(FILE, suffix_format, name)
    suggestion = _similar_suffix(suffix, writes)
    if _is_kind_of_file(suffix) or suggestion:
        hint = (
            f"; did you mean {suggestion}?"
            if suggestion
            else f"; {name}/ names a folder"
            if FOLDER in writes.places
            else ""
        )
        raise UsageError(f"files of the kind {suffix} cannot be written; an output is {writes}{hint}", source=name)
    if FOLDER in writes.places:
        return Destination(FOLDER, to or writes.default, name)
    return Destination(FILE, to or writes.default, name)


def _mode_of(path: Path) -> int | None:
    """Return the file mode of a path; None if the path does not exist or is not accessible, which writing reports."""
    try:
        return path.stat().st_mode
    except OSError:
        return None


def _possible_outputs(writes: Writes, to: str | None) -> str:
    return str(writes) if to is None or to not in writes.databases else writes.databases[to][2]


def _is_kind_of_file(suffix: str) -> bool:
    return suffix[1:].lower() in KINDS_OF_FILES


def _similar_suffix(suffix: str, writes: Writes) -> str | None:
    """Return the known suffix that a misspelled one means: a letter too many, missing or changed."""
    of_databases = [ending for suffixes, _, _ in writes.databases.values() for ending in suffixes]
    candidates = [ending for ending in (*writes.suffixes, *of_databases) if len(ending) > 3]
    return next(iter(get_close_matches(suffix, candidates, 1, 0.75)), None) if len(suffix) > 3 else None
