"""parquetry diff."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from converter.cli.console import one_safe_line, say, write_text
from converter.cli.output_options import Quiet
from converter.errors import ParquetryError, UsageError
from converter.printable import amount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from converter.engine.compare import RecordChange

EXAMPLES = """[bold]Examples[/bold]

  parquetry diff out-1.4 out-1.5

  parquetry diff before/ after/ --rows

  parquetry diff old.duckdb new.duckdb --to json
"""


def diff(
    old: Annotated[str, typer.Argument(metavar="OUT1", help="An output of convert: a folder, or a database.")],
    new: Annotated[str, typer.Argument(metavar="OUT2", help="Another output, of the same documents.")],
    rows: Annotated[bool, typer.Option("--rows", help="Print each row that differs.")] = False,
    to: Annotated[str, typer.Option("--to", metavar="FORM", help="text or json.")] = "text",
    quiet: Quiet = False,
) -> None:
    """Show what differs between two outputs, by record and document.

    Exit codes: 0 nothing differs, 1 something does, 2 an output cannot be compared.
    """
    from converter.engine.compare import compare

    if to not in ("text", "json"):
        raise UsageError(f"unknown format {to}; choose from text, json")
    try:
        changes = compare(old, new, rows)
    except ParquetryError as error:
        raise UsageError(error.message, source=error.source, line=error.line) from error
    if to == "json":
        write_text(json.dumps({name: asdict(change) for name, change in changes.items()}, ensure_ascii=False) + "\n")
    else:
        for line in lines_of(changes, old, new):
            write_text(one_safe_line(line) + "\n")
    if not quiet:
        documents = {change.source for record in changes.values() for change in record.documents}
        say(f"{amount(len(documents), 'document')} and {amount(len(changes), 'record')} differ" if changes else "equal")
    raise typer.Exit(1 if changes else 0)


diff.__doc__ = f"{diff.__doc__}\n\n{EXAMPLES}"


def lines_of(changes: dict[str, RecordChange], old: str, new: str) -> Iterator[str]:
    """Yield a line for each record, column and document that differs, and for each of its rows."""
    for name, record in changes.items():
        if record.only_in:
            yield f"{name}: only in {old if record.only_in == 'old' else new}"
        for column, (old_type, new_type) in record.columns.items():
            yield f"{name}: column {column}: {old_type or 'absent'}, now {new_type or 'absent'}"
        for change in record.documents:
            numbers = f"{change.renumbered:,} renumbered" if change.renumbered else ""
            counts = [f"{change.removed:,} removed" if change.removed else "", numbers]
            counts.append(f"{change.added:,} added" if change.added else "")
            yield f"{name}: {change.source}: {', '.join(filter(None, counts))}"
            yield from (f"  {sign} {row}" for sign, row in change.examples)
