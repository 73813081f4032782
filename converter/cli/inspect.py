"""parquetry inspect."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from converter.cli.hints import DateOrderOption, Decimal, NoTypes, NoUnits, NullValues, Tolerance, Types, hints_of
from converter.cli.messages import LISTED_PROBLEMS, counted, print_problems
from converter.cli.output_options import Overwrite, Quiet, Repair
from converter.cli.progress import progress_shown
from converter.cli.source_options import Encoding, Exclude, NoIgnore, SomeSources
from converter.errors import OutputError, UsageError

EXAMPLES = """[bold]Examples[/bold]

  parquetry inspect article.md -o article.html

  parquetry inspect docs/ 'notes/**/*.txt' -o report.html --overwrite
"""


def inspect(
    source: SomeSources,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="The page to write. Default: standard output.")
    ] = None,
    encoding: Encoding = None,
    exclude: Exclude = None,
    no_ignore: NoIgnore = False,
    repair: Repair = "full",
    no_types: NoTypes = False,
    no_units: NoUnits = False,
    type: Types = None,
    null_value: NullValues = None,
    decimal: Decimal = None,
    date_order: DateOrderOption = None,
    tolerance: Tolerance = 0.0,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write a page that shows documents beside what was read in them: one HTML file, no server, no network."""
    from converter.conversion import Options
    from converter.inspect.page import write_page
    from converter.output import staged
    from converter.source import find_sources

    if out is None and sys.stdout.isatty():
        raise UsageError("a page is no text for a terminal; name a file with -o, for example -o report.html")
    if out is not None and out.exists() and not overwrite:
        raise OutputError(
            "exists already; choose another name or say --overwrite", source=str(out), code="output_exists"
        )
    hints = hints_of(no_types, no_units, type, null_value, decimal, date_order, tolerance)
    options = Options(repair=repair, encoding=encoding, hints=hints)
    sources = find_sources(source, exclude=exclude or (), ignore=not no_ignore)
    with progress_shown(quiet, source) as progress:
        if out is None:
            done = write_page(sources, sys.stdout.buffer, options, progress)
            sys.stdout.flush()
        else:
            with staged(out) as stage:
                with open(stage.new / out.name, "wb") as stream:
                    done = write_page(sources, stream, options, progress)
                    size = stream.tell()
                if done.documents:
                    stage.publish_file(stage.new / out.name, overwrite)
    shown = [problem for problem in done.problems if not quiet or problem["severity"] == "error"]
    print_problems(shown[:LISTED_PROBLEMS])
    if len(shown) > LISTED_PROBLEMS:
        typer.echo(f"... and {len(shown) - LISTED_PROBLEMS:,} more problems, all in the page", err=True)
    if out is not None and done.documents and not quiet:
        typer.echo(f"written to {out}: {counted(done.documents, 'document')}, {size:,} bytes", err=True)
    errors = any(problem["severity"] == "error" for problem in done.problems)
    raise typer.Exit(1 if not done.documents else 3 if errors else 0)


inspect.__doc__ = f"{inspect.__doc__}\n\n{EXAMPLES}"
