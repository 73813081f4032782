"""parquetry show."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from converter.cli.console import open_console, print_to
from converter.cli.flags import NAMED_ONLY, ReadingFlags, Selecting, with_flags
from converter.cli.messages import print_problems
from converter.cli.source_options import SomeSources, documents_of
from converter.errors import UsageError

if TYPE_CHECKING:
    from converter.show.outline import Lines

EXAMPLES = """[bold]Examples[/bold]

  parquetry show article.md                  the outline, lists, tables, repairs and problems

  parquetry show article.md --lines 10-40    only what is on these lines

  parquetry show article.md --repairs        every repair, before and after

  parquetry show article.txt --why 12        why line 12 is a heading or not, and which rules touched it
"""


@with_flags(*NAMED_ONLY)
def show(
    source: SomeSources,
    reading: ReadingFlags,
    selecting: Selecting,
    lines: Annotated[
        str | None,
        typer.Option("--lines", metavar="FIRST-LAST", help="Only what is on these lines: 10-40, 10- or 10."),
    ] = None,
    repairs: Annotated[bool, typer.Option("--repairs", help="Only the repairs, with before and after.")] = False,
    problems: Annotated[bool, typer.Option("--problems", help="Only the problems.")] = False,
    why: Annotated[
        int | None, typer.Option("--why", metavar="LINE", min=1, help="Why this line is read as it is.")
    ] = None,
) -> None:
    """Show how documents are read: the outline with line numbers, lists, tables, repairs and problems."""
    from converter.show.terminal import DRAWN_PARTS, PROBLEMS, REPAIRS, render
    from converter.show.why import render_why

    selection = parse_lines(lines)
    parts = [part for part, is_requested in ((REPAIRS, repairs), (PROBLEMS, problems)) if is_requested]
    options = reading.options()
    console = open_console()
    document_count = errors = 0
    for document in documents_of(source, options, selecting):
        errors += sum(problem["severity"] == "error" for problem in document.problems)
        if document.doc_id is None:
            print_problems(document.rows("problems"))
            continue
        if document_count:
            console.print()
        if why is not None:
            print_to(console, render_why(document, why, options))
        else:
            print_to(console, render(document, lines=selection, parts=parts or DRAWN_PARTS))
        document_count += 1
    raise typer.Exit(1 if not document_count else 3 if errors else 0)


show.__doc__ = f"{show.__doc__}\n\n{EXAMPLES}"


def parse_lines(text: str | None) -> Lines:
    """Return the lines that `10-40`, `10-` or `10` names; all lines if None.

    Raises:
        UsageError: the text names no lines.
    """
    from converter.show.outline import Lines

    if text is None:
        return Lines()
    match = re.fullmatch(r"(\d+)(-(\d*))?", text.strip())
    if match is None:
        raise UsageError(f"--lines {text!r} is not a range of lines; use 10-40, 10- or 10")
    first_line = int(match[1])
    last_line = int(match[3]) if match[3] else None if match[2] else first_line
    if last_line is not None and last_line < first_line:
        raise UsageError(f"--lines {text!r} ends before it begins")
    return Lines(first_line, last_line)
