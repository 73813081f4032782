"""parquetry inspect."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from converter.cli.console import say
from converter.cli.flags import NAMED_ONLY, ReadingFlags, Selecting, with_flags
from converter.cli.messages import LISTED_PROBLEMS, print_problems
from converter.cli.output_options import Overwrite, Quiet
from converter.cli.progress import progress_shown
from converter.cli.source_options import SomeSources
from converter.destination import FILE, PAGE, destination_of
from converter.engine.process import free_documents
from converter.errors import OutputError, UsageError
from converter.printable import amount

EXAMPLES = """[bold]Examples[/bold]

  parquetry inspect article.md -o article.html

  parquetry inspect docs/ 'notes/**/*.txt' -o report.html --overwrite
"""


@with_flags(*NAMED_ONLY)
def inspect(
    source: SomeSources,
    reading: ReadingFlags,
    selecting: Selecting,
    out: Annotated[str | None, typer.Option("--out", "-o", help="The page to write. Default: standard output.")] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write a page that shows documents next to their records: one HTML file, no server, no network."""
    from converter.inspect.page import write_page
    from converter.output import open_stage, replaced_by

    destination = destination_of(out, None, PAGE)
    path = destination.path if destination.place == FILE else None
    if path is None and sys.stdout.isatty():
        raise UsageError("cannot write a page to a terminal; name a file with -o, for example -o report.html")
    if path is not None and path.exists() and not overwrite:
        raise OutputError(
            "already exists; pass `overwrite` to replace it, or choose another name",
            source=str(path),
            code="output_exists",
        )
    options = reading.options()
    with progress_shown(quiet, source) as progress:
        sources = free_documents(selecting.selection().find(source, options, replaced=replaced_by(destination)))
        if path is None:
            content = write_page(sources, sys.stdout.buffer, options, progress)
            sys.stdout.flush()
        else:
            with open_stage(path) as stage:
                with open(stage.new / path.name, "wb") as stream:
                    content = write_page(sources, stream, options, progress)
                    size = stream.tell()
                if content.documents:
                    stage.publish_file(stage.new / path.name, overwrite)
    problems = [problem for problem in content.problems if not quiet or problem["severity"] == "error"]
    print_problems(problems[:LISTED_PROBLEMS])
    if len(problems) > LISTED_PROBLEMS:
        say(f"... and {len(problems) - LISTED_PROBLEMS:,} more problems; the page lists all of them")
    if path is not None and content.documents and not quiet:
        say(f"written to {path}: {amount(content.documents, 'document')}, {size:,} bytes")
    errors = any(problem["severity"] == "error" for problem in content.problems)
    raise typer.Exit(1 if not content.documents else 3 if errors else 0)


inspect.__doc__ = f"{inspect.__doc__}\n\n{EXAMPLES}"
