"""parquetry show."""

from __future__ import annotations

import io
import re
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from converter.cli.messages import print_problems
from converter.cli.output_options import Repair
from converter.cli.source_options import Encoding, Exclude, NoIgnore, SomeSources
from converter.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from converter.show.outline import Lines

EXAMPLES = """[bold]Examples[/bold]

  parquetry show article.md                  the outline, lists, tables, repairs and problems

  parquetry show article.md --lines 10-40    only what stands on these lines

  parquetry show article.md --repairs        every repair, before and after
"""

PIPED_WIDTH = 1_000_000
"""Columns where the output is no terminal: nothing is wrapped or cut, so that a search finds every word."""


def show(
    source: SomeSources,
    lines: Annotated[
        str | None,
        typer.Option("--lines", metavar="FIRST-LAST", help="Only what stands on these lines: 10-40, 10- or 10."),
    ] = None,
    repairs: Annotated[bool, typer.Option("--repairs", help="Only the repairs, with before and after.")] = False,
    problems: Annotated[bool, typer.Option("--problems", help="Only the problems.")] = False,
    encoding: Encoding = None,
    exclude: Exclude = None,
    no_ignore: NoIgnore = False,
    repair: Repair = "full",
) -> None:
    """Show what is read in documents: the outline with line numbers, lists, tables, repairs and problems."""
    from converter.conversion import Options, read_document
    from converter.document import Document
    from converter.repair import LEVELS
    from converter.show.terminal import PARTS, PROBLEMS, REPAIRS, render
    from converter.source import find_sources

    if repair not in LEVELS:
        raise UsageError(f"unknown repair level {repair!r}; there are {', '.join(LEVELS)}")
    shown = parse_lines(lines)
    asked = [part for part, wanted in ((REPAIRS, repairs), (PROBLEMS, problems)) if wanted]
    options = Options(repair=repair, encoding=encoding)
    console = open_console()
    read = errors = 0
    for found in find_sources(source, exclude=exclude or (), ignore=not no_ignore):
        document = Document(read_document(found, options), options)
        errors += sum(problem["severity"] == "error" for problem in document.problems)
        if document.doc_id is None:
            print_problems(document.rows("problems"))
            continue
        if read:
            console.print()
        print_to(console, render(document, lines=shown, parts=asked or PARTS))
        read += 1
    raise typer.Exit(1 if not read else 3 if errors else 0)


show.__doc__ = f"{show.__doc__}\n\n{EXAMPLES}"


def parse_lines(text: str | None) -> Lines:
    """Return the lines that `10-40`, `10-` or `10` name; all of them for None.

    Raises:
        UsageError: it names no lines.
    """
    from converter.show.outline import Lines

    if text is None:
        return Lines()
    match = re.fullmatch(r"(\d+)(-(\d*))?", text.strip())
    if match is None:
        raise UsageError(f"--lines {text!r} names no lines; say 10-40, 10- or 10")
    first = int(match[1])
    last = int(match[3]) if match[3] else None if match[2] else first
    if last is not None and last < first:
        raise UsageError(f"--lines {text!r} ends before it begins")
    return Lines(first, last)


def open_console() -> Console:
    """Return a console on standard output, plain and unwrapped where that is no terminal."""
    from rich.console import Console

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal's encoding may not hold what the document says
    console = Console(highlight=False, markup=False, emoji=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, emoji=False, width=PIPED_WIDTH)


def print_to(console: Console, drawing: RenderableType) -> None:
    """Print a drawing; where the output is no terminal, without the spaces that fill its lines up."""
    if console.is_terminal:
        console.print(drawing)
        return
    with console.capture() as captured:
        console.print(drawing)
    for line in captured.get().splitlines():
        sys.stdout.write(f"{line.rstrip()}\n")
    sys.stdout.flush()  # a reader that went away is noticed here, not at the end of the interpreter
