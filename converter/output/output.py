"""What a run is told about its output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args
from urllib.parse import quote

import pyarrow as pa

from converter.conversion import Options, Source
from converter.datasets import DATASETS
from converter.errors import OutputError, UsageError
from converter.output.earlier import Earlier
from converter.output.manifest import Manifest, fingerprint, plain
from converter.output.target import Target
from converter.records import RECORDS
from converter.version import __version__
from converter.write import FORMATS, Layout

Mode = Literal["create", "overwrite", "append", "incremental"]
Records = dict[str, pa.Table]

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""The value of a partition whose documents have none, as Hive writes it."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a run writes, and how.

    `format` is one of `FORMATS`; `records` names the records, `datasets` for the data sets, all where it is None.
    `mode` says what becomes of an output that exists: it is refused (`create`), replaced (`overwrite`), or gone on
    from: documents that have not changed are kept; those that are no more among the sources stay (`append`) or go
    (`incremental`). `partition_by` names attributes of documents, each value of which gets files of its own.
    """

    format: str = "parquet"
    records: Sequence[str] | None = None
    layout: Layout = field(default_factory=Layout)
    mode: Mode = "create"
    partition_by: tuple[str, ...] = ()
    datapackage: bool = False

    def __post_init__(self) -> None:
        """Refuse what does not go together, with a UsageError."""
        if self.format not in FORMATS:
            raise UsageError(f"unknown format {self.format}; there are {', '.join(FORMATS)}")
        if self.format != "parquet" and (self.goes_on or self.partition_by):
            raise UsageError(
                f"{self.format} can be neither appended to, brought up to date nor partitioned: say parquet"
            )
        if self.records is not None and not self.records:
            raise UsageError(f"no record is named; there are {', '.join((*RECORDS, DATASETS))}")
        if self.goes_on and self.records is not None and "documents" not in self.records:
            raise UsageError(f"the record documents tells what is there already; {self.mode} needs it in `records`")

    @property
    def goes_on(self) -> bool:
        """Whether an output that exists is gone on from."""
        return self.mode in ("append", "incremental")

    def nested(self, options: Options) -> bool:
        """Whether it is one array of nested documents, and not a file a record."""
        return self.format == "json" and not self.records and not options.schemas

    def datasets(self, options: Options) -> bool:
        """Whether data sets are written."""
        return not self.nested(options) and (self.records is None or DATASETS in self.records)

    def names(self, options: Options) -> list[str]:
        """Return the records to write, data sets left out.

        Raises:
            UsageError: a record is unknown.
        """
        known = [*RECORDS, *(schema.name for schema in options.schemas)]
        names = list(dict.fromkeys(known if self.records is None else self.records))
        if unknown := [name for name in names if name not in (*known, DATASETS)]:
            raise UsageError(f"unknown record {', '.join(unknown)}; there are {', '.join((*known, DATASETS))}")
        return [name for name in names if name != DATASETS]

    def asked(self, options: Options) -> list[str]:
        """Return the records to write, and `datasets` where data sets are written.

        Raises:
            UsageError: a record is unknown.
        """
        return [*self.names(options), *([DATASETS] if self.datasets(options) else [])]

    def files(self, options: Options) -> list[str]:
        """Return what the files and folders of the output are named after."""
        return ["documents"] if self.nested(options) else [*self.names(options), DATASETS]

    def told(self, options: Options) -> dict[str, Any]:
        """Return everything that the rows depend on beside the documents themselves, as JSON has it."""
        return {
            "converter_version": __version__,
            "format": self.format,
            "records": self.asked(options),
            "partition_by": list(self.partition_by),
            **{name: value for name, value in plain(options).items() if name != "maximum_seconds"},
        }


def mode_of(**said: bool) -> Mode:
    """Return the one mode of `overwrite`, `append` and `incremental` that was said, `create` where none was.

    Raises:
        UsageError: more than one was.
    """
    modes = [mode for mode in get_args(Mode) if said.get(mode)]
    if len(modes) > 1:
        raise UsageError(f"{modes[0]} and {modes[1]} exclude each other; say one")
    return modes[0] if modes else "create"


def partition_of(source: Source, partition_by: Sequence[str]) -> str:
    """Return the folder of a document's partition, as Hive names it: `lang=en/site=a%2Fb`; empty without partitions."""
    values = ((name, source.attributes.get(name)) for name in partition_by)
    return "/".join(f"{quote(name, '')}={quote(value, '') if value else NO_VALUE}" for name, value in values)


def earlier_of(target: Target, manifest: Manifest | None, output: Output, options: Options) -> Earlier | None:
    """Return the output that stands there, where the run can go on from it; None where it is made from the start.

    Raises:
        OutputError: something stands there that the mode neither replaces nor can go on from.
    """
    standing = target.in_the_way(output.names(options) if target.shared else output.files(options))
    if standing and target.shared:
        message = f"holds {standing[0]} already, which Parquetry did not make; name another place"
        raise OutputError(message, source=target.name, code="output_exists")
    if output.mode == "overwrite" or not (manifest or standing):
        return None
    if output.mode == "create" or manifest is None:
        other = "another output or pass `overwrite`" + (", `append` or `incremental`" if manifest else "")
        found = standing[0] if standing else "an output"
        raise OutputError(f"holds {found} already; choose {other}", source=target.name, code="output_exists")
    # What `unique` leaves out depends on every document before.
    unique = any(one.bounds.get("unique") for schema in options.schemas for one in schema.fields)
    told = output.told(options)
    if manifest.fingerprint == fingerprint(told) and not unique:
        return Earlier(target, manifest)
    if output.mode == "incremental":
        return None
    differ = sorted(name for name in told if told[name] != manifest.options.get(name)) or ["unique"]
    raise OutputError(
        f"was made with other options ({', '.join(differ)}); choose another output or pass `overwrite`",
        source=target.name,
        code="output_exists",
    )
