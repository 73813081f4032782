"""parquetry spark: the same conversion on Apache Spark."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from converter.cli.check import SchemaOption, schemas_of
from converter.cli.console import say, write_text
from converter.cli.flags import ReadingFlags, Running, Selecting, Writing, with_flags
from converter.cli.messages import conclude, report_problems, report_run, report_unused_types
from converter.cli.output_options import OnlySchema, Quiet, ReportFile, To, Verbose
from converter.cli.source_options import Keep, KeyColumn, TextColumn, check_source_names
from converter.destination import JSON_FILE, LOCAL_FOLDER, RECORD_FOLDERS, ZIP_FILE, check_writable, destination_of
from converter.engine.process import show_frames
from converter.errors import SparkError, UsageError, first_line
from converter.settings import names_in

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from converter.model.report import Report

DEFAULT_MASTER = "local[*,4]"
"""All processors of this machine, and four attempts per task: plain `local[*]` fails when a worker dies once."""

TABLES: dict[str, tuple[str, dict[str, str]]] = {
    ".csv": ("csv", {"header": "true", "multiLine": "true", "escape": '"'}),
    ".json": ("json", {}),
    ".jsonl": ("json", {}),
    ".ndjson": ("json", {}),
    ".orc": ("orc", {}),
}
"""Spark's format and options for a table by its suffix; any other suffix is read as Parquet."""

EXAMPLES = """[bold]Examples[/bold]

  parquetry spark convert docs/ -o out

  parquetry spark convert pages.parquet -o out --text-column body --key-column url --keep lang --master spark://host:7077

  parquetry spark convert --query "select url, body from lake.pages" --text-column body --key-column url -o out

  parquetry spark stream inbox/ -o out --checkpoint state --every 60
"""

spark = typer.Typer(help="The same conversion on Apache Spark, on many machines: convert, stream.")

OutFolder = Annotated[
    str, typer.Option("--out", "-o", help="The output folder: one that every worker sees, or s3://BUCKET/FOLDER.")
]
Master = Annotated[
    str | None,
    typer.Option("--master", help="local[N,4], spark://..., k8s://..., yarn, sc://... Default: spark-submit's, else "
                 + DEFAULT_MASTER),
]  # fmt: skip
Configuration = Annotated[
    list[str] | None, typer.Option("--conf", metavar="KEY=VALUE", help="A setting of Spark, such as its memory.")
]


@spark.callback(invoke_without_command=True)
def archive(
    context: typer.Context,
    archive: Annotated[
        Path | None, typer.Option("--archive", metavar="FILE", help="Write Parquetry as a zip for addPyFile, and stop.")
    ] = None,
) -> None:
    """Convert on Apache Spark. Requires the extra `spark` and Java 17 or 21."""
    show_frames()
    if archive is not None:
        check_writable(archive, ZIP_FILE)
        from converter.spark import write_archive

        say(f"written to {write_archive(archive)}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        write_text(context.get_help() + "\n")
        raise typer.Exit


@spark.command()
@with_flags("jobs", "files_from", "events", "null_separated", "include", "query")
def convert(
    *,
    source: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE...", help="Files, folders, globs.", callback=check_source_names),
    ] = None,
    out: OutFolder,
    to: To = None,
    writing: Writing,
    reading: ReadingFlags,
    running: Running,
    selecting: Selecting,
    text_column: TextColumn = None,
    key_column: KeyColumn = None,
    keep: Keep = None,
    query: Annotated[
        str | None, typer.Option("--query", metavar="SELECT", help="Read the table from this query, in Spark SQL.")
    ] = None,
    master: Master = None,
    conf: Configuration = None,
    schema: SchemaOption = None,
    only_schema: OnlySchema = False,
    report_file: ReportFile = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Read documents and write their records to a folder."""
    destination = destination_of(out, to, RECORD_FOLDERS)
    if report_file is not None:
        check_writable(report_file, JSON_FILE)
    from converter.spark import convert as convert_on_spark
    from converter.spark.job import check_output

    is_table = text_column is not None
    sources = source or []
    if bool(sources) == (query is not None):
        raise UsageError("name a SOURCE or a --query")
    if is_table != (key_column is not None) or (not is_table and (keep is not None or query is not None)):
        raise UsageError("--text-column and --key-column go together; --keep and --query go with them")
    options = reading.options(schemas_of(schema))
    output = writing.output(destination.format or "parquet", options, only_schema)
    check_output(output, options)
    selection = selecting.selection()
    session = start_session(master, conf)
    documents = table(session, sources, query) if is_table else sources
    report = convert_on_spark(
        session, documents, out, text_column=text_column, key_column=key_column, keep=names_in(keep),
        output=output, options=options, run=running.run(), exclude=selection.exclude,
        ignore=selection.ignore, root=selection.root,
    )  # fmt: skip
    if not quiet:
        report_unused_types(options.hints.types, report)
    conclude(report, quiet, verbose, report_file)


convert.__doc__ = f"{convert.__doc__}\n\n{EXAMPLES}"


@spark.command()
@with_flags("jobs", "overwrite", "append", "incremental", "maximum_removed", "spreadsheet_safe")
def stream(
    *,
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help="The folder or glob in which documents arrive.", callback=check_source_names
        ),
    ],
    out: OutFolder,
    writing: Writing,
    reading: ReadingFlags,
    running: Running,
    checkpoint: Annotated[
        Path, typer.Option("--checkpoint", metavar="FOLDER", help="Where Spark records what it has read.")
    ],
    every: Annotated[
        float | None,
        typer.Option(
            "--every", metavar="SECONDS", min=0.1, help="Look for documents this often. Default: once, then stop."
        ),
    ] = None,
    master: Master = None,
    conf: Configuration = None,
    schema: SchemaOption = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Append new documents to an output as they arrive, each exactly once."""
    destination_of(out, None, RECORD_FOLDERS)
    destination_of(checkpoint, None, LOCAL_FOLDER)
    from converter.spark import stream as stream_on_spark

    options = reading.options(schemas_of(schema))
    output = writing.output("parquet", options, mode="append")

    def print_report(report: Report) -> None:
        report_problems(report, quiet, verbose)
        if not quiet:
            report_run(report, verbose)

    session = start_session(master, conf)
    query = stream_on_spark(
        session,
        source,
        out,
        checkpoint,
        every=every,
        output=output,
        options=options,
        run=running.run(),
        on_report=print_report,
    )
    try:
        query.awaitTermination()
    except Exception as error:
        raise SparkError(f"the stream stopped: {error}; restart it to continue where it stopped") from error


def start_session(master: str | None, settings: list[str] | None) -> SparkSession:
    """Start Spark, or join the session that spark-submit started.

    Raises:
        UsageError: a setting is not `KEY=VALUE`.
        SparkError: Spark could not be started.
    """
    from pyspark.sql import SparkSession

    # PySpark warns about pandas 3, which this module does not use.
    warnings.filterwarnings("ignore", message=".*pandas", category=FutureWarning)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("parquetry").config("spark.ui.showConsoleProgress", "false")
    for setting in settings or ():
        key, equals, value = setting.partition("=")
        if not equals:
            raise UsageError(f"--conf {setting!r} is not KEY=VALUE")
        builder = builder.config(key, value)
    if master is None and not {"PYSPARK_GATEWAY_PORT", "SPARK_REMOTE", "MASTER"} & os.environ.keys():
        master = DEFAULT_MASTER
    if master is not None:
        builder = builder.remote(master) if master.startswith("sc://") else builder.master(master)
    try:
        return builder.getOrCreate()
    except Exception as error:
        raise SparkError(
            f"Spark could not be started: {error}; it needs Java 17 or 21, and a valid --master"
        ) from error


def table(session: SparkSession, paths: list[str], query: str | None) -> DataFrame:
    """Return the table of documents at the paths, or the result of the query.

    Raises:
        UsageError: Spark cannot read the table.
    """
    try:
        if query is not None:
            return session.sql(query)
        format, options = TABLES.get(Path(paths[0]).suffix.lower(), ("parquet", {}))
        return session.read.format(format).options(**options).load(paths)
    except Exception as error:
        raise UsageError(f"Spark cannot read the table: {first_line(error)}") from error
