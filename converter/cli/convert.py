"""parquetry convert."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from converter.cli.check import SchemaOption, schemas_of
from converter.cli.hints import DateOrderOption, Decimal, NoTypes, NoUnits, NullValues, Tolerance, Types, hints_of
from converter.cli.messages import (
    LISTED_PROBLEMS,
    discard_output,
    print_problems,
    report_problems,
    report_run,
    write_report,
)
from converter.cli.progress import progress_shown
from converter.cli.source_options import (
    FilesFrom,
    Include,
    Keep,
    KeyColumn,
    Null,
    Query,
    Sources,
    TextColumn,
    sources_of,
)
from converter.errors import OutputError, TooManyProblems, UsageError
from converter.limits import DEFAULT_MAXIMUM_BYTES, DEFAULT_MAXIMUM_SECONDS

EXAMPLES = """[bold]Examples[/bold]

  parquetry convert article.md -o out

  parquetry convert docs/ 'notes/**/*.txt' -o out --to csv

  parquetry convert a.md --records list_items --to csv | head

  parquetry convert reports/ -o out --type zip=string --date-order dmy

  parquetry convert docs/ -o out --schema changelog --schema mine.yaml --only-schema

  curl -s https://example.org/a.md | parquetry convert - --to json
"""


def convert(
    source: Sources = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            help="The output folder; a file where one record is named; a database: x.duckdb, delta://FOLDER, "
            "postgresql://HOST/NAME. Default: standard output.",
        ),
    ] = None,
    files_from: FilesFrom = None,
    null: Null = False,
    include: Include = None,
    text_column: TextColumn = None,
    key_column: KeyColumn = None,
    keep: Keep = None,
    query: Query = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            help="parquet, csv, json (nested), ndjson, duckdb, delta or postgres. Default: by OUT, else parquet.",
        ),
    ] = None,
    records: Annotated[
        str | None, typer.Option("--records", help="Only these, with commas between: of parquetry records, datasets.")
    ] = None,
    repair: Annotated[
        str, typer.Option("--repair", help="How much to repair in damaged text: off, safe or full.")
    ] = "full",
    without_rule: Annotated[
        list[str] | None, typer.Option("--without-rule", metavar="RULE", help="A repair rule to switch off.")
    ] = None,
    schema: SchemaOption = None,
    only_schema: Annotated[
        bool, typer.Option("--only-schema", help="Only the records of the schemas, and the problems, in place of all.")
    ] = False,
    datapackage: Annotated[
        bool, typer.Option("--datapackage", help="Describe the files of the output folder in a datapackage.json.")
    ] = False,
    no_types: NoTypes = False,
    no_units: NoUnits = False,
    type: Types = None,
    null_value: NullValues = None,
    decimal: Decimal = None,
    date_order: DateOrderOption = None,
    tolerance: Tolerance = 0.0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")] = False,
    append: Annotated[
        bool, typer.Option("--append", help="Add to an output that exists; documents that changed are replaced.")
    ] = False,
    incremental: Annotated[
        bool,
        typer.Option("--incremental", help="As --append, and documents that are no longer among the sources go."),
    ] = False,
    partition_by: Annotated[
        str | None,
        typer.Option("--partition-by", metavar="A,B", help="A folder for each value of these attributes, as in Hive."),
    ] = None,
    file_size: Annotated[
        int | None,
        typer.Option("--file-size", metavar="BYTES", min=1, help="Begin another file at this size. Default: 256 MiB."),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Worker processes. Default: one a processor.")
    ] = None,
    spreadsheet_safe: Annotated[
        bool, typer.Option("--spreadsheet-safe", help="CSV: keep a spreadsheet from running text as a formula.")
    ] = False,
    max_bytes: Annotated[
        int | None, typer.Option("--max-bytes", min=1, help="Refuse documents larger than this. Default: 256 MiB.")
    ] = None,
    max_seconds: Annotated[
        float, typer.Option("--max-seconds", min=0.001, help="Give up on a document after so long.")
    ] = DEFAULT_MAXIMUM_SECONDS,
    max_problems: Annotated[
        int | None,
        typer.Option("--max-problems", metavar="N", min=0, help="With more errors than this, fail and write nothing."),
    ] = None,
    report_file: Annotated[
        Path | None, typer.Option("--report", metavar="FILE", help="Write what the run did as JSON; - is stderr.")
    ] = None,
    openlineage: Annotated[
        Path | None, typer.Option("--openlineage", metavar="FILE", help="Add OpenLineage events of the run to a file.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="List every problem and the rows of each file.")
    ] = False,
) -> None:
    """Read documents and write their records."""
    from converter.conversion import Options
    from converter.lineage import lineage
    from converter.output import TARGETS, Output, find_target, mode_of
    from converter.pool import processors
    from converter.run import Settings, write_file, write_folder, write_stream, write_target
    from converter.write import DEFAULT_FILE_BYTES, FORMATS, Layout

    names = [name.strip() for name in records.split(",") if name.strip()] if records is not None else None
    by_suffix = {format.suffix: name for name, format in FORMATS.items()}
    if out is None and to in TARGETS:
        raise UsageError(f"{to} is a database; name it with -o")
    target = find_target(out, to) if out is not None else None
    path = Path(out) if out is not None else None
    to = "parquet" if target else to or (by_suffix.get(path.suffix) if path else None) or "parquet"
    options = Options(
        repair=repair,
        rules_off=frozenset(without_rule or ()),
        maximum_bytes=max_bytes or DEFAULT_MAXIMUM_BYTES,
        maximum_seconds=max_seconds,
        hints=hints_of(no_types, no_units, type, null_value, decimal, date_order, tolerance),
        schemas=schemas_of(schema),
    )
    is_folder = path is not None and (target is not None or path.suffix not in by_suffix or path.is_dir())
    if only_schema:
        if names is not None or not options.schemas:
            raise UsageError("--only-schema goes with --schema, and without --records")
        names = [*(each.name for each in options.schemas), *(["problems"] if is_folder else [])]
    if datapackage and not is_folder:
        raise UsageError("--datapackage describes the files of a folder; name one with -o")
    layout = Layout(spreadsheet_safe=spreadsheet_safe, file_bytes=file_size or DEFAULT_FILE_BYTES)
    mode = mode_of(overwrite=overwrite, append=append, incremental=incremental)
    attributes = tuple(name.strip() for name in (partition_by or "").split(",") if name.strip())
    output = Output(to, names, layout, mode, attributes, datapackage)
    arguments = source or []
    sources = sources_of(
        arguments, files_from, null, include, text_column, key_column, keep, query, options.maximum_bytes
    )
    countable = arguments if text_column is None and files_from is None else ["-"]
    with lineage(openlineage, arguments) as events, progress_shown(quiet, countable) as progress:
        settings = Settings(jobs or processors(), max_problems, progress)
        if path is None:
            if to == "parquet" and sys.stdout.isatty():
                raise UsageError("Parquet is no text for a terminal; name an output with -o, or say --to csv")
            with standard_output() as stream:
                report = write_stream(sources, stream, output, options, settings)
        else:
            try:
                if target is not None:
                    report = write_target(sources, target, output, options, settings)
                else:
                    write = write_folder if is_folder else write_file
                    report = write(sources, path, output, options, settings)
            except TooManyProblems as error:
                print_problems(error.problems[:LISTED_PROBLEMS])
                raise
        if events is not None:
            events.complete(report)
    report_problems(report, quiet, verbose)
    if not quiet:
        report_run(report, verbose)
    if report_file is not None:
        write_report(report, report_file)
    raise typer.Exit(report.exit_code)


convert.__doc__ = f"{convert.__doc__}\n\n{EXAMPLES}"


@contextlib.contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """Give standard output.

    Raises:
        OutputError: writing failed, for example because the disk is full.
    """
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_output()
        raise OutputError(f"cannot be written: {error.strerror or error}", source="standard output") from error
