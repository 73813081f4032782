"""parquetry convert."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from converter.cli.check import SchemaOption, schemas_of
from converter.cli.hints import DateOrderOption, Decimal, NoTypes, NoUnits, NullValues, Tolerance, Types, hints_of
from converter.cli.messages import discard_output, report_problems, report_run
from converter.errors import OutputError, UsageError

if TYPE_CHECKING:
    from converter.run import Progress

EXAMPLES = """[bold]Examples[/bold]

  parquetry convert article.md -o out

  parquetry convert docs/ 'notes/**/*.txt' -o out --to csv

  parquetry convert a.md --records list_items --to csv | head

  parquetry convert reports/ -o out --type zip=string --date-order dmy

  parquetry convert docs/ -o out --schema changelog --schema mine.yaml --only-schema

  curl -s https://example.org/a.md | parquetry convert - --to json
"""


def convert(
    source: Annotated[
        list[str], typer.Argument(metavar="SOURCE...", help="Files, folders, globs, or - for standard input.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="The output folder; a file where one record is named. Default: standard output."
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", help="parquet, csv, json (nested) or ndjson. Default: by the suffix of OUT, else parquet."
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
    spreadsheet_safe: Annotated[
        bool, typer.Option("--spreadsheet-safe", help="CSV: keep a spreadsheet from running text as a formula.")
    ] = False,
    max_bytes: Annotated[
        int | None, typer.Option("--max-bytes", min=1, help="Refuse documents larger than this. Default: 256 MiB.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="List every problem and the rows of each file.")
    ] = False,
) -> None:
    """Read documents and write their records."""
    from converter.conversion import DEFAULT_MAXIMUM_BYTES, Options
    from converter.run import write_file, write_folder, write_stream
    from converter.source import find_sources
    from converter.write import FORMATS, Layout

    names = [name.strip() for name in records.split(",") if name.strip()] if records is not None else None
    by_suffix = {format.suffix: name for name, format in FORMATS.items()}
    to = to or (by_suffix.get(out.suffix) if out is not None else None) or "parquet"
    options = Options(
        repair=repair,
        rules_off=frozenset(without_rule or ()),
        maximum_bytes=max_bytes or DEFAULT_MAXIMUM_BYTES,
        hints=hints_of(no_types, no_units, type, null_value, decimal, date_order, tolerance),
        schemas=schemas_of(schema),
    )
    is_folder = out is not None and (out.suffix not in by_suffix or out.is_dir())
    if only_schema:
        if names is not None or not options.schemas:
            raise UsageError("--only-schema goes with --schema, and without --records")
        names = [*(each.name for each in options.schemas), *(["problems"] if is_folder else [])]
    if datapackage and not is_folder:
        raise UsageError("--datapackage describes the files of a folder; name one with -o")
    layout = Layout(spreadsheet_safe=spreadsheet_safe)
    sources = find_sources(source)
    with progress_bar(quiet) as progress:
        if out is None:
            if to == "parquet" and sys.stdout.isatty():
                raise UsageError("Parquet is no text for a terminal; name an output with -o, or say --to csv")
            with standard_output() as stream:
                report = write_stream(sources, stream, to, names, options, layout, progress)
        elif not is_folder:
            report = write_file(sources, out, to, names, options, layout, overwrite, progress)
        else:
            report = write_folder(sources, out, to, names, options, layout, overwrite, progress, datapackage)
    report_problems(report.problems, quiet, verbose)
    if not quiet:
        report_run(report, verbose)
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


@contextlib.contextmanager
def progress_bar(quiet: bool) -> Iterator[Progress | None]:
    """Give a function that shows progress on stderr; None unless that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.fields[documents]:,} documents, {task.fields[size]}"))
    with Bar(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", documents=0, size="0 MB")

        def show(documents: int, size: int) -> None:
            bar.update(task, documents=documents, size=f"{size / 1e6:,.1f} MB")

        yield show
