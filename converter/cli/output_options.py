"""Options of a run's output, the same in every command that has them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from converter.errors import UsageError

if TYPE_CHECKING:
    from converter.config import Options
    from converter.datasets import Lock
    from converter.output import Arrangement, Output

# Options under a heading in the help; the most common options come first, without a heading.
_of_output = partial(typer.Option, rich_help_panel="Output")
of_schemas = partial(typer.Option, rich_help_panel="Schemas")
of_run = partial(typer.Option, rich_help_panel="The run")

Out = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="OUT",
        help="The output folder; a file if one record is named; a database: x.duckdb, delta://FOLDER, "
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
    typer.Option(
        "--records", metavar="A,B", help="Write only these: names that `parquetry records` lists, or datasets."
    ),
]
OnlySchema = Annotated[
    bool, of_schemas("--only-schema", help="Write only the records of the schemas, and the problems.")
]
Datapackage = Annotated[
    bool, _of_output("--datapackage", help="Describe the files of the output folder in a datapackage.json.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an existing output.")]
Append = Annotated[bool, _of_output("--append", help="Add to an existing output; documents that changed are replaced.")]
Incremental = Annotated[
    bool,
    _of_output("--incremental", help="Like --append, but also remove documents that are no longer among the sources."),
]
MaximumRemoved = Annotated[
    str | None,
    _of_output(
        "--max-removed",
        metavar="N|P%",
        help="With --incremental: remove at most this number or share of documents. Default: half if there are over "
        "ten, and never all of a source.",
    ),
]
PartitionBy = Annotated[
    str | None,
    _of_output("--partition-by", metavar="A,B", help="A folder for each value of these attributes, as in Hive."),
]
FileSize = Annotated[
    int | None,
    _of_output(
        "--file-size", metavar="BYTES", min=1, help="Begin a new file of a folder at this size. Default: 256 MiB."
    ),
]
LayoutOption = Annotated[
    str | None,
    _of_output(
        "--layout",
        metavar="files|folders",
        help="Write a record as one file, however large, or as a folder of files. Default: folders with "
        "--partition-by, --file-size, --append and --incremental; an existing output keeps its layout.",
    ),
]
LockTypes = Annotated[
    str | None,
    _of_output(
        "--lock-types",
        metavar="null|fail",
        help="Keep the types that data sets had in the last run: a cell that does not fit becomes null, with a row "
        "in problems, or the run fails.",
    ),
]
SpreadsheetSafe = Annotated[
    bool, _of_output("--spreadsheet-safe", help="CSV: keep a spreadsheet from running text as a formula.")
]
MaximumProblems = Annotated[
    int | None,
    of_run("--max-problems", metavar="N", min=0, help="Fail and write nothing if there are more errors than this."),
]
ReportFile = Annotated[
    Path | None, of_run("--report", metavar="FILE", help="Write a report of the run as JSON; - is stderr.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="List every problem and the rows of each file.")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", metavar="N", min=1, help="Worker processes. Default: one per processor.")
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
    """Return the output that the options describe.

    Raises:
        UsageError: options do not go together.
    """
    from converter.output import Output, mode_of
    from converter.write import Layout

    names = None if records is None else names_in(records)
    if only_schema:
        if names is not None or not options.schemas:
            raise UsageError("--only-schema goes with --schema, and without --records")
        names = [*(schema.name for schema in options.schemas), *(["problems"] if is_folder else [])]
    if datapackage and not is_folder:
        raise UsageError("--datapackage describes the files of a folder; name one with -o")
    if not is_folder and (partition_by or file_size or layout or lock_types):
        raise UsageError(
            "--layout, --partition-by, --file-size and --lock-types need an output folder; name one with -o"
        )
    file_layout = Layout(spreadsheet_safe=spreadsheet_safe, file_bytes=file_size)
    mode = mode_of(overwrite=overwrite, append=append, incremental=incremental)
    arrangement, lock = cast("Arrangement | None", layout), cast("Lock | None", lock_types)  # Output rejects others
    partitions = tuple(names_in(partition_by))
    return Output(to, names, file_layout, mode, partitions, datapackage, maximum_removed, arrangement, lock)


def names_in(text: str | None) -> list[str]:
    """Return the comma-separated names in a text."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]
