"""The options that say what a run writes, and how, the same in each command that has them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast, get_type_hints

import typer

from converter.errors import UsageError
from converter.limits import DEFAULT_MAXIMUM_BYTES, DEFAULT_MAXIMUM_SECONDS

if TYPE_CHECKING:
    from converter.config import Options
    from converter.datasets import Lock
    from converter.output import Arrangement, Output
    from converter.schema.model import Schema
    from converter.values import Hints

# Under headings in the help; what nearly every call says stands before them, without one.
_of_reading = partial(typer.Option, rich_help_panel="Reading")
_of_output = partial(typer.Option, rich_help_panel="Output")
of_schemas = partial(typer.Option, rich_help_panel="Schemas")
of_run = partial(typer.Option, rich_help_panel="The run")

Out = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="OUT",
        help="The output folder; a file where one record is named; a database: x.duckdb, delta://FOLDER, "
        "postgresql://HOST/NAME. Default: standard output.",
    ),
]
To = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="FORMAT",
        help="parquet, csv, json (nested), ndjson, duckdb, delta or postgres. Default: by OUT, else parquet.",
    ),
]
RecordNames = Annotated[
    str | None,
    typer.Option("--records", metavar="A,B", help="Only these: names that `parquetry records` lists, and datasets."),
]
Repair = Annotated[str, typer.Option("--repair", metavar="off|safe|full", help="How much to repair in damaged text.")]
WithoutRules = Annotated[
    list[str] | None,
    _of_reading("--without-rule", metavar="RULE", help="A repair rule to switch off, as the record repairs names it."),
]
OnlySchema = Annotated[
    bool, of_schemas("--only-schema", help="Only the records of the schemas, and the problems, in place of all.")
]
Datapackage = Annotated[
    bool, _of_output("--datapackage", help="Describe the files of the output folder in a datapackage.json.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")]
Append = Annotated[
    bool, _of_output("--append", help="Add to an output that exists; documents that changed are replaced.")
]
Incremental = Annotated[
    bool, _of_output("--incremental", help="As --append, and documents that are no longer among the sources go.")
]
MaximumRemoved = Annotated[
    str | None,
    _of_output(
        "--max-removed",
        metavar="N|P%",
        help="With --incremental: at most so many documents go, or that share. Default: half where there are over ten, "
        "and never all of a source.",
    ),
]
PartitionBy = Annotated[
    str | None,
    _of_output("--partition-by", metavar="A,B", help="A folder for each value of these attributes, as in Hive."),
]
FileSize = Annotated[
    int | None,
    _of_output("--file-size", metavar="BYTES", min=1, help="Begin another file of a folder at this size, not 256 MiB."),
]
LayoutOption = Annotated[
    str | None,
    _of_output(
        "--layout",
        metavar="files|folders",
        help="A record is one file however large, or a folder of files. Default: folders with --partition-by, "
        "--file-size, --append and --incremental, but an output that is gone on from keeps its layout.",
    ),
]
LockTypes = Annotated[
    str | None,
    _of_output(
        "--lock-types",
        metavar="null|fail",
        help="Keep the types of data sets as the last run had them: a cell that does not fit is null and a row in "
        "problems, or the run fails.",
    ),
]
SpreadsheetSafe = Annotated[
    bool, _of_output("--spreadsheet-safe", help="CSV: keep a spreadsheet from running text as a formula.")
]
MaximumBytes = Annotated[
    int, _of_reading("--max-bytes", metavar="BYTES", min=1, help="Refuse documents larger than this.")
]
MaximumSeconds = Annotated[
    float,
    _of_reading(
        "--max-seconds",
        metavar="SECONDS",
        min=0.001,
        help="Give up on a document after so long: its reading, rows and schemas.",
    ),
]
MaximumOutputBytes = Annotated[
    int | None,
    _of_reading(
        "--max-output-bytes",
        metavar="BYTES",
        min=1,
        help="Refuse documents whose rows would take more than this. Default: 64 times their size, and 64 MiB.",
    ),
]
MaximumProblems = Annotated[
    int | None, of_run("--max-problems", metavar="N", min=0, help="With more errors than this, fail and write nothing.")
]
ReportFile = Annotated[
    Path | None, of_run("--report", metavar="FILE", help="Write what the run did as JSON; - is stderr.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="List every problem and the rows of each file.")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", metavar="N", min=1, help="Worker processes. Default: one a processor.")
]
TableFormat = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="FORMAT",
        help="text, markdown, csv, json, ndjson or parquet. Default: by the suffix of -o, text on a terminal, "
        "else markdown.",
    ),
]
OutFile = Annotated[
    str | None, typer.Option("--out", "-o", metavar="FILE", help="The output file. Default: standard output.")
]


Limits = dict[str, Any]
"""The limits for a document, by their names in `Options`."""

LIMITS: Mapping[str, tuple[str, Any, Any]] = {
    # its name in Options: (the parameter of a command, its type with what the help says, the default)
    "maximum_bytes": ("max_bytes", MaximumBytes, DEFAULT_MAXIMUM_BYTES),
    "maximum_seconds": ("max_seconds", MaximumSeconds, DEFAULT_MAXIMUM_SECONDS),
    "maximum_output_bytes": ("max_output_bytes", MaximumOutputBytes, None),
}
"""Every limit for a document: each command that reads documents has them all, with the same defaults."""


def with_limits(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `LIMITS`; it takes them together, as its parameter `limits`."""
    kinds = get_type_hints(command, include_extras=True)
    added = {name: parameter for parameter, (name, _, _) in LIMITS.items()}
    parameters = [
        each.replace(annotation=kinds[name])
        for name, each in inspect.signature(command).parameters.items()
        if name != "limits"
    ]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, kind, default in LIMITS.values()
    ]

    @wraps(command)
    def limited(**arguments: Any) -> None:
        limits = {parameter: arguments.pop(name) for name, parameter in added.items()}
        command(**arguments, limits=limits)

    limited.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    limited.__annotations__ = {each.name: each.annotation for each in parameters}
    return limited


def options_of(
    limits: Limits,
    repair: str,
    without_rules: list[str] | None = None,
    hints: Hints | None = None,
    schemas: tuple[Schema, ...] = (),
    encoding: str | None = None,
) -> Options:
    """Return what the options say of the conversion.

    Raises:
        UsageError: one says what there is not.
    """
    from converter.config import Options
    from converter.values import NO_HINTS

    return Options(
        repair,
        frozenset(without_rules or ()),
        hints=hints or NO_HINTS,
        schemas=schemas,
        encoding=encoding,
        **limits,
    )


def output_of(
    options: Options,
    is_folder: bool,
    to: str,
    records: str | None,
    only_schema: bool,
    datapackage: bool,
    overwrite: bool,
    append: bool,
    incremental: bool,
    partition_by: str | None,
    file_size: int | None,
    layout: str | None,
    lock_types: str | None,
    spreadsheet_safe: bool = False,
    maximum_removed: str | None = None,
) -> Output:
    """Return what the options say of the output.

    Raises:
        UsageError: options do not go together.
    """
    from converter.output import Output, mode_of
    from converter.write import Layout

    names = None if records is None else names_in(records)
    if only_schema:
        if names is not None or not options.schemas:
            raise UsageError("--only-schema goes with --schema, and without --records")
        names = [*(each.name for each in options.schemas), *(["problems"] if is_folder else [])]
    if datapackage and not is_folder:
        raise UsageError("--datapackage describes the files of a folder; name one with -o")
    if not is_folder and (partition_by or file_size or layout or lock_types):
        raise UsageError(
            "--layout, --partition-by, --file-size and --lock-types need an output folder; name one with -o"
        )
    of_files = Layout(spreadsheet_safe=spreadsheet_safe, file_bytes=file_size)
    mode = mode_of(overwrite=overwrite, append=append, incremental=incremental)
    arrangement, lock = cast("Arrangement | None", layout), cast("Lock | None", lock_types)  # Output refuses others
    partitions = tuple(names_in(partition_by))
    return Output(to, names, of_files, mode, partitions, datapackage, maximum_removed, arrangement, lock)


def names_in(text: str | None) -> list[str]:
    """Return the names between the commas of a text."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]
