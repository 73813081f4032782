"""What a run writes: `Output`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypedDict, get_args

from converter.config.options import Options
from converter.config.partitions import check_columns, check_partition_names
from converter.destination import DATABASE, FILE, FOLDER, STORE
from converter.errors import UsageError
from converter.model.source import MARKDOWN
from converter.plugins import SHAPE_KINDS, versions
from converter.settings import Setting, check_settings, choice, names_in, plain, setting, settings_of
from converter.version import __version__

if TYPE_CHECKING:
    from converter.write import Layout

Mode = Literal["create", "overwrite", "append", "incremental"]
Arrangement = Literal["files", "folders"]
"""A record is one file, `sections.parquet`, or a folder of them, `sections/part-00000.parquet`."""
Lock = Literal["null", "fail"]

_output = partial(setting, panel="Output", affects_rows=False)
_files = partial(setting, panel="Files", affects_rows=False, places=(FOLDER, STORE))


def _record_names(schema_names: Iterable[str] = ()) -> list[str]:
    from converter.datasets import DATASETS
    from converter.records import RECORDS

    return [*RECORDS, *schema_names, DATASETS]


def _compressions() -> Iterable[str]:
    from converter.write.layout import COMPRESSIONS

    return COMPRESSIONS


def most_removed(maximum: int | str, documents: int) -> int:
    """Return how many of this many documents may be removed: `maximum` is their number, or a share such as `25%`.

    Raises:
        UsageError: it is neither.
    """
    form = re.fullmatch(r"(\d{1,15}(?:\.\d{1,6})?) ?(%?)", str(maximum).strip(), re.ASCII)
    if form is None or (not form[2] and "." in form[1]) or (form[2] and float(form[1]) > 100):
        raise UsageError(
            f"`maximum_removed` is a number of documents or a share of them, such as 100 or 25%, not {maximum}"
        )
    return int(documents * float(form[1]) / 100) if form[2] else int(form[1])


def seconds_in(time: float | str) -> float:
    """Return a length of time in seconds: a number of them, or a text such as `90`, `30m`, `12h` or `7d`.

    Raises:
        UsageError: it is neither.
    """
    form = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?) ?([smhd]?)", str(time).strip(), re.ASCII)
    if form is None:
        raise UsageError(f"`keep_previous` is a number of seconds, or a time such as 30m, 12h or 7d, not {time}")
    return float(form[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[form[2]]


@dataclass(frozen=True, slots=True)
class Output:
    """What a run writes, and how.

    `format` is one of `FORMATS`, or `markdown`: a file for each document, and no records. `records` names the records,
    `datasets` the data sets; None means all.
    `mode` decides what happens to an existing output: `create` refuses it, `overwrite` replaces it, the others resume
    it. Resuming keeps unchanged documents; those no longer among the sources stay (`append`) or are removed
    (`incremental`). `partition_by` names attributes of documents; each value gets its own files.
    `maximum_removed` is how many documents an `incremental` run may remove, as a number or a share such as `25%`. If
    None, it may remove neither all documents of a source nor, of more than ten documents, more than half.
    `file_bytes` is the size at which the next file of a folder begins. `layout` makes a record one file, however large
    (`files`), or a folder of files (`folders`); see `arrangement` for the default. `lock_types` keeps the column types
    of the existing data sets: a cell that does not fit becomes `null` and a problem, or the run must `fail`.
    `small_datasets` writes data sets of at most that many rows to one file, `datasets/_small`, with their cells as
    text: a file for each takes longer to write than to read the tables. `compression` is that of Parquet files (None:
    zstd). `spreadsheet_safe` keeps a spreadsheet from running CSV text as a formula. `datapackage` describes the files
    in a `datapackage.json`. In an object store, `keep_previous` is how long the previous output's files stay, in
    seconds or as `30m`, `12h` or `7d`.
    """

    format: str = "parquet"
    records: tuple[str, ...] | list[str] | None = setting(
        None, "--records", "Write only these: names that `parquetry records` lists, or datasets.", str | None,
        metavar="A,B", names=_record_names, value=lambda names: None if names is None else names_in(names),
    )  # fmt: skip
    mode: Mode = choice(
        "create",
        overwrite=Setting("--overwrite", "Replace an existing output.", bool, affects_rows=False),
        append=Setting(
            "--append", "Add to an existing output; documents that changed are replaced.", bool, panel="Output",
            affects_rows=False,
        ),
        incremental=Setting(
            "--incremental", "Like --append, but also remove documents that are no longer among the sources.", bool,
            panel="Output", affects_rows=False,
        ),
    )  # fmt: skip
    maximum_removed: int | str | None = _output(
        None, "--max-removed", "With --incremental: remove at most this number or share of documents. Default: half if "
        "there are over ten, and never all of a source.", str | None, metavar="N|P%",
    )  # fmt: skip
    partition_by: tuple[str, ...] = _files(
        (), "--partition-by", "A folder for each value of these attributes, as in Hive.", str | None, metavar="A,B",
        value=names_in, affects_rows=True,
    )  # fmt: skip
    file_bytes: int | None = _files(
        None, "--file-size", "Begin a new file of a folder at this size. Default: 256 MiB.", int | None,
        metavar="BYTES", minimum=1,
    )  # fmt: skip
    layout: Arrangement | None = _files(
        None, "--layout", "Write a record as one file, however large, or as a folder of files. Default: folders with "
        "--partition-by, --file-size, --append and --incremental; an existing output keeps its layout.", str | None,
        metavar="files|folders", choices=get_args(Arrangement), noun="layout",
    )  # fmt: skip
    lock_types: Lock | None = _output(
        None, "--lock-types", "Keep the types that data sets had in the last run: a cell that does not fit becomes "
        "null, with a row in problems, or the run fails.", str | None, metavar="null|fail", choices=get_args(Lock),
        noun="lock", places=(FOLDER, STORE, DATABASE),
    )  # fmt: skip
    small_datasets: int | None = _files(
        None, "--small-datasets", "Write data sets of at most this many rows to one file, datasets/_small, with their "
        "cells as text. Default: a file for each.", int | None, metavar="ROWS", minimum=1, affects_rows=True,
    )  # fmt: skip
    compression: str | None = _files(
        None, "--compression", "The compression of Parquet files. Default: zstd.", str | None,
        metavar="zstd|snappy|gzip|brotli|lz4|none", choices=_compressions, noun="compression",
        places=(FILE, FOLDER, STORE),
    )  # fmt: skip
    spreadsheet_safe: bool = setting(
        False, "--spreadsheet-safe", "CSV: keep a spreadsheet from running text as a formula.", bool,
        panel="Files", affects_rows=False,
    )  # fmt: skip
    datapackage: bool = _files(
        False, "--datapackage", "Describe the files of the output folder in a datapackage.json.", bool,
        places=(FOLDER,),
    )  # fmt: skip
    keep_previous: float | str = _output(
        0, "--keep-previous", "In a store: keep the files of the previous output for this time, for active readers; a "
        "later run removes them. Default: 0.", str | None, metavar="TIME", places=(STORE,), panel="The run",
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Refuse invalid or conflicting settings with a UsageError."""
        from converter.write import FORMATS

        if self.format not in (*FORMATS, MARKDOWN):
            raise UsageError(f"unknown format {self.format}; choose from {', '.join((*FORMATS, MARKDOWN))}")
        if self.mode not in get_args(Mode):
            raise UsageError(f"unknown mode {self.mode}; choose from {', '.join(get_args(Mode))}")
        check_settings(self)
        if self.format != "parquet" and self.compression:
            raise UsageError(f"{self.format} output is not compressed; leave out `compression`, or use parquet")
        if self.format != "parquet" and (self.resumes or self.partition_by):
            raise UsageError(
                f"{self.format} output cannot be appended to, brought up to date or partitioned; use parquet"
            )
        if self.layout == "files" and (self.partition_by or self.file_bytes):
            raise UsageError("partitions and a file size make each record a folder; leave out the layout files")
        if self.small_datasets and self.lock_types:
            raise UsageError("small data sets in one file have no types to lock; leave out one of the two options")
        check_partition_names(self.partition_by)
        seconds_in(self.keep_previous)
        if self.records is not None and not self.records:
            raise UsageError(f"no record is named; choose from {', '.join(_record_names())}")
        if self.resumes and self.records is not None and "documents" not in self.records:
            raise UsageError(
                f"{self.mode} needs the record documents in `records`: that record lists what the output holds"
            )
        if self.maximum_removed is not None:
            most_removed(self.maximum_removed, 0)
            if self.mode != "incremental":
                raise UsageError("`maximum_removed` needs `incremental`; no other mode removes single documents")

    @property
    def resumes(self) -> bool:
        """Whether the run resumes an existing output."""
        return self.mode in ("append", "incremental")

    @property
    def seconds_kept(self) -> float:
        """How long a store keeps the files that a run replaces."""
        return seconds_in(self.keep_previous)

    @property
    def file_layout(self) -> Layout:
        """The layout of each file."""
        from converter.write.layout import DEFAULT_COMPRESSION, Layout

        return Layout(
            spreadsheet_safe=self.spreadsheet_safe,
            file_bytes=self.file_bytes,
            compression=self.compression or DEFAULT_COMPRESSION,
        )

    def arrangement(self, previous: Arrangement | None) -> Arrangement:
        """Return how the output's files are arranged; only the settings and the `previous` arrangement decide it.

        Partitions and a file size need folders. A run that resumes an output keeps its arrangement, so that paths stay
        the same. The first such run makes folders, in which later runs can leave most files unchanged.
        """
        if self.layout is not None:
            return self.layout
        if self.partition_by or self.file_bytes:
            return "folders"
        if self.resumes:
            return previous or "folders"
        return "files"

    def check(self, options: Options, place: str) -> None:
        """Refuse settings that these records, or this place of an output, do not support.

        Raises:
            UsageError: the message says what to leave out.
        """
        for name, declared in settings_of(Output).items():
            if declared.places and place not in declared.places and getattr(self, name, None):
                places = " or ".join(declared.places)
                raise UsageError(f"`{name}` needs an output {places}; name one with `out`, or leave it out")
        if place == STORE and self.layout == "files":
            raise UsageError("a store holds each record as a folder of files; leave out the layout")
        if place == DATABASE and self.format != "parquet":
            raise UsageError(f"a database has no format; leave out {self.format}")
        if self.lock_types and not self.datasets(options):
            raise UsageError("the types of data sets are locked, but none are written; add datasets to the records")
        if self.format == MARKDOWN:
            self._check_markdown(options, place)
        if self.nested(options) and (self.partition_by or self.file_bytes or self.layout):
            raise UsageError("nested JSON is one file, without a layout or partitions; name `records`, or use ndjson")
        check_columns(self.partition_by, self.names(options), options)

    def _check_markdown(self, options: Options, place: str) -> None:
        if self.records or options.schemas:
            raise UsageError("Markdown is whole documents; leave out `records` and schemas, or choose another format")
        if place == STORE:
            raise UsageError("Markdown is written to a file or a local folder, not to a store; copy the folder there")
        if self.file_bytes or self.layout or self.datapackage:
            raise UsageError("Markdown is a file for each document; leave out file size, layout and datapackage")

    def nested(self, options: Options) -> bool:
        """Whether the output holds whole documents, as nested JSON or Markdown, instead of a file per record."""
        return self.format == MARKDOWN or (self.format == "json" and not self.records and not options.schemas)

    def datasets(self, options: Options) -> bool:
        """Whether data sets are written."""
        from converter.datasets import DATASETS

        return not self.nested(options) and (self.records is None or DATASETS in self.records)

    def names(self, options: Options) -> list[str]:
        """Return the records to write, without data sets.

        Raises:
            UsageError: a record is unknown.
        """
        from converter.records import default_records

        if self.format == MARKDOWN:
            return ["documents"]
        schema_names = [schema.name for schema in options.schemas]
        *known_names, datasets = _record_names(schema_names)
        default_names = [*default_records(options.chunks is not None), *schema_names]
        names = list(dict.fromkeys(default_names if self.records is None else self.records))
        if unknown := [name for name in names if name not in (*known_names, datasets)]:
            raise UsageError(
                f"unknown record {', '.join(map(str, unknown))}; choose from {', '.join((*known_names, datasets))}"
            )
        return [name for name in names if name != datasets]

    def requested_records(self, options: Options) -> list[str]:
        """Return the records to write, and `datasets` if data sets are written, or the Markdown of documents.

        Raises:
            UsageError: a record is unknown.
        """
        if self.format == MARKDOWN:
            from converter.records.document_markdown import MARKDOWN_TEXTS

            return [*self.names(options), MARKDOWN_TEXTS]
        return [*self.names(options), *(["datasets"] if self.datasets(options) else [])]

    def files(self, options: Options) -> list[str]:
        """Return the base names of the output's files and folders."""
        return ["documents"] if self.nested(options) else [*self.names(options), "datasets"]

    def fingerprint_options(self, options: Options) -> dict[str, Any]:
        """Return everything that the rows depend on besides the documents, as JSON values."""
        from converter.records import CONTRACT_VERSION

        records = self.requested_records(options)
        plugins = versions(SHAPE_KINDS, records, options.rules_off)
        return {
            "converter_version": __version__,
            "contract_version": CONTRACT_VERSION,
            **_affecting_rows(self),
            "records": records,
            **_affecting_rows(options),
            **({"plugins": plugins} if plugins else {}),
        }


def _affecting_rows(instance: Any) -> dict[str, Any]:
    """Return the fields on which rows depend, as JSON values."""
    return {
        field.name: plain(getattr(instance, field.name))
        for field in fields(instance)
        if not field.metadata or any(setting.affects_rows for setting in field.metadata.values())
    }


class OutputArguments(TypedDict, total=False):
    """What a run writes, the same for every function that writes an output; see `Output`, which has the defaults.

    One of `overwrite`, `append` and `incremental` states the mode.
    """

    records: str | Iterable[str] | None
    overwrite: bool
    append: bool
    incremental: bool
    maximum_removed: int | str | None
    partition_by: str | Iterable[str]
    file_bytes: int | None
    layout: Arrangement | None
    lock_types: Lock | None
    small_datasets: int | None
    compression: str | None
    spreadsheet_safe: bool
    datapackage: bool
    keep_previous: float | str
