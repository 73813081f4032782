"""Settings of a run's output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from converter.config import Options
from converter.datasets import DATASETS, Contract, Lock, contract_of
from converter.errors import OutputError, UsageError
from converter.output.manifest import MEND, Arrangement, Manifest, check_files, fingerprint, plain
from converter.output.partition import check_columns, check_names
from converter.output.previous import PreviousOutput
from converter.output.removal import most_removed
from converter.output.target import Target
from converter.records import RECORDS
from converter.version import __version__
from converter.write import FORMATS, Layout

Mode = Literal["create", "overwrite", "append", "incremental"]


@dataclass(frozen=True, slots=True)
class Output:
    """What a run writes, and how.

    `format` is one of `FORMATS`. `records` names the records, `datasets` the data sets; None means all.
    `mode` decides what happens to an existing output: `create` refuses it, `overwrite` replaces it, the others resume
    it. Resuming keeps unchanged documents; those no longer among the sources stay (`append`) or are removed
    (`incremental`). `partition_by` names attributes of documents; each value gets its own files.
    `maximum_removed` is how many documents an `incremental` run may remove, as a number or a share such as `25%`. If
    None, it may remove neither all documents of a source nor, of more than ten documents, more than half.
    `arrangement` makes a record one file, however large (`files`), or a folder of files (`folders`); see `arranged`
    for the default. `lock_types` keeps the column types of the existing data sets: a cell that does not fit becomes
    `null` and a problem, or the run must `fail`.
    """

    format: str = "parquet"
    records: Sequence[str] | None = None
    layout: Layout = field(default_factory=Layout)
    mode: Mode = "create"
    partition_by: tuple[str, ...] = ()
    datapackage: bool = False
    maximum_removed: int | str | None = None
    arrangement: Arrangement | None = None
    lock_types: Lock | None = None

    def __post_init__(self) -> None:
        """Refuse invalid or conflicting settings with a UsageError."""
        if self.format not in FORMATS:
            raise UsageError(f"unknown format {self.format}; there are {', '.join(FORMATS)}")
        if self.format != "parquet" and (self.resumes or self.partition_by):
            raise UsageError(
                f"{self.format} output cannot be appended to, brought up to date or partitioned; use parquet"
            )
        if self.arrangement not in (None, *get_args(Arrangement)):
            raise UsageError(f"unknown layout {self.arrangement}; there are {', '.join(get_args(Arrangement))}")
        if self.arrangement == "files" and (self.partition_by or self.layout.file_bytes):
            raise UsageError("partitions and a file size make each record a folder; leave out the layout files")
        if self.lock_types not in (None, *get_args(Lock)):
            raise UsageError(f"types can be locked to {' or '.join(get_args(Lock))}, not {self.lock_types}")
        check_names(self.partition_by)
        if self.records is not None and not self.records:
            raise UsageError(f"no record is named; there are {', '.join((*RECORDS, DATASETS))}")
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

    def arranged(self, previous: Manifest | None) -> Arrangement:
        """Return how the output's files are arranged; only the settings and the manifest `previous` decide it.

        Partitions and a file size need folders. A run that resumes an output keeps its arrangement, so that paths stay
        the same. The first such run makes folders, in which later runs can leave most files unchanged.
        """
        if self.arrangement is not None:
            return self.arrangement
        if self.partition_by or self.layout.file_bytes:
            return "folders"
        if self.resumes:
            return previous.arrangement if previous else "folders"
        return "files"

    def contract(self, previous: Manifest | None) -> Contract:
        """Return the column types and units that data sets must keep: if locked, those of the manifest `previous`.

        A new data set has none, nor has an output of a version that recorded no units.
        """
        if self.lock_types is None or previous is None or previous.units is None:
            return {}
        prefix = f"{DATASETS}/"
        types, units = (
            {name.removeprefix(prefix): columns for name, columns in entries.items() if name.startswith(prefix)}
            for entries in (previous.schemas, previous.units)
        )
        return contract_of(types, units)

    def check(self, options: Options, is_folder: bool) -> None:
        """Refuse settings that these records, or a target other than a folder, do not support.

        Raises:
            UsageError: the message says what to leave out.
        """
        files = self.partition_by or self.layout.file_bytes or self.arrangement
        if not is_folder and (self.format != "parquet" or files or self.datapackage):
            raise UsageError("a database has no format, partitions or data package of files; leave these options out")
        if self.lock_types and not self.datasets(options):
            raise UsageError("the types of data sets are locked, but none are written; add datasets to the records")
        if self.nested(options) and files:
            raise UsageError("nested JSON is one file, without a layout or partitions; name `records`, or use ndjson")
        check_columns(self.partition_by, self.names(options), options)

    def nested(self, options: Options) -> bool:
        """Whether the output is one array of nested documents instead of a file per record."""
        return self.format == "json" and not self.records and not options.schemas

    def datasets(self, options: Options) -> bool:
        """Whether data sets are written."""
        return not self.nested(options) and (self.records is None or DATASETS in self.records)

    def names(self, options: Options) -> list[str]:
        """Return the records to write, without data sets.

        Raises:
            UsageError: a record is unknown.
        """
        known_names = [*RECORDS, *(schema.name for schema in options.schemas)]
        names = list(dict.fromkeys(known_names if self.records is None else self.records))
        if unknown := [name for name in names if name not in (*known_names, DATASETS)]:
            raise UsageError(f"unknown record {', '.join(unknown)}; there are {', '.join((*known_names, DATASETS))}")
        return [name for name in names if name != DATASETS]

    def requested_records(self, options: Options) -> list[str]:
        """Return the records to write, and `datasets` if data sets are written.

        Raises:
            UsageError: a record is unknown.
        """
        return [*self.names(options), *([DATASETS] if self.datasets(options) else [])]

    def files(self, options: Options) -> list[str]:
        """Return the base names of the output's files and folders."""
        return ["documents"] if self.nested(options) else [*self.names(options), DATASETS]

    def fingerprint_options(self, options: Options) -> dict[str, Any]:
        """Return everything that the rows depend on besides the documents, as JSON values."""
        return {
            "converter_version": __version__,
            "format": self.format,
            "records": self.requested_records(options),
            "partition_by": list(self.partition_by),
            **{name: value for name, value in plain(options).items() if name not in WITHOUT_EFFECT},
        }


WITHOUT_EFFECT = ("maximum_seconds", "parser")
"""Options on which no row depends."""


def mode_of(**flags: bool) -> Mode:
    """Return the mode that is set: `overwrite`, `append` or `incremental`; `create` if none is.

    Raises:
        UsageError: more than one is set.
    """
    modes = [mode for mode in get_args(Mode) if flags.get(mode)]
    if len(modes) > 1:
        raise UsageError(f"{modes[0]} and {modes[1]} exclude each other; choose one")
    return modes[0] if modes else "create"


def previous_output(
    target: Target,
    manifest: Manifest | None,
    output: Output,
    options: Options,
    resume: Callable[[], None] = lambda: None,
) -> PreviousOutput | None:
    """Return the existing output if the run resumes it; None if the run starts from scratch.

    In an incremental run, an output made with other options is `remade`: its documents are known, so that nothing is
    lost.

    `resume` finishes putting an earlier run's files in place; it is called once this run is certain not to be refused.

    Raises:
        OutputError: the mode can neither replace nor resume the existing output, or that output is damaged.
    """
    conflicts = target.conflicts(output.names(options) if target.shared else output.files(options))
    if conflicts and target.shared:
        message = f"already holds {conflicts[0]}, which Parquetry did not make; name another output"
        raise OutputError(message, source=target.name, code="output_exists")
    if output.mode == "overwrite" or not (manifest or conflicts):
        resume()
        return None
    if output.mode == "create" or manifest is None:
        alternatives = "another output or pass `overwrite`" + (", `append` or `incremental`" if manifest else "")
        item = conflicts[0] if conflicts else "an output"
        raise OutputError(f"already holds {item}; choose {alternatives}", source=target.name, code="output_exists")
    # Which rows `unique` leaves out depends on every earlier document.
    has_unique = any(column.bounds.get("unique") for schema in options.schemas for column in schema.fields)
    run_options = output.fingerprint_options(options)
    is_same = manifest.fingerprint == fingerprint(run_options) and not has_unique
    if is_same or output.mode == "incremental":
        if not any(file.record == "documents" for file in manifest.files):
            message = "does not list its documents, so nothing can be kept; choose another output or pass `overwrite`"
            raise OutputError(message, source=target.name, code="output_exists")
        resume()
        if not target.shared:
            check_files(target.place, manifest)
        try:
            return PreviousOutput(target, manifest, remade=not is_same)
        except (ValueError, TypeError, AttributeError) as error:
            message = f"its documents cannot be read ({error}); {MEND}"
            raise OutputError(message, source=target.name, code="damaged") from error
    changed_options = sorted(name for name in run_options if run_options[name] != manifest.options.get(name)) or [
        "unique"
    ]
    raise OutputError(
        f"was made with other options ({', '.join(changed_options)}); choose another output or pass `overwrite`",
        source=target.name,
        code="output_exists",
    )
