"""Options of outputs and runs that are not settings, the same in every command that has them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from converter.cli.completion import formats
from converter.destination import RECORD_OUTPUTS, TABLE_OUTPUTS

# Options under a heading in the help.
of_schemas = partial(typer.Option, rich_help_panel="Schemas")
of_run = partial(typer.Option, rich_help_panel="The run")

Out = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="OUT",
        help="The output folder, here or in a store (s3://BUCKET/FOLDER, gs://, az://); a file if one record is named; "
        "a database: x.duckdb, x.sqlite, x.xlsx, delta://FOLDER, iceberg://CATALOG/NAMESPACE, postgresql://HOST/NAME. "
        "Default: standard output.",
    ),
]
To = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="FORMAT",
        help="parquet, csv, json (nested), ndjson, markdown (whole documents), duckdb, sqlite, xlsx, delta, iceberg or "
        "postgres. Default: by OUT, else parquet.",
        autocompletion=formats(RECORD_OUTPUTS),
    ),
]
OnlySchema = Annotated[
    bool, of_schemas("--only-schema", help="Write only the records of the schemas, and the problems.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an existing output.")]
ReportFile = Annotated[
    Path | None, of_run("--report", metavar="FILE", help="Write a report of the run as JSON; - is stderr.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="List every problem and the rows of each file.")]
TableFormat = Annotated[
    str | None,
    typer.Option(
        "--to",
        metavar="FORMAT",
        autocompletion=formats(TABLE_OUTPUTS),
        help="text, markdown, csv, json, ndjson or parquet. Default: by the suffix of -o, text on a terminal, "
        "else markdown.",
    ),
]
OutFile = Annotated[
    str | None, typer.Option("--out", "-o", metavar="FILE", help="The output file. Default: standard output.")
]
