"""parquetry infer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from converter.errors import OutputError, SourceError

EXAMPLES = """[bold]Examples[/bold]

  parquetry infer docs/decisions > decisions.yaml

  parquetry infer reports/ --name report -o report.yaml
"""


def infer(
    source: Annotated[
        list[str], typer.Argument(metavar="SOURCE...", help="Files, folders, globs, or - for standard input.")
    ],
    name: Annotated[str, typer.Option("--name", help="The name of the record of a document.")] = "document",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The schema file. Default: standard output.")] = None,
    repair: Annotated[
        str, typer.Option("--repair", help="How much to repair in damaged text: off, safe or full.")
    ] = "full",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that exists.")] = False,
) -> None:
    """Write a schema for what recurs in documents of one kind, with comments, ready to edit."""
    from converter.conversion import Options, read_document
    from converter.schema.load import parse_schemas
    from converter.schema.propose import propose
    from converter.schema.survey import survey
    from converter.source import find_sources

    options = Options(repair=repair)
    found = survey(read_document(each, options) for each in find_sources(source))
    if not found.documents:
        raise SourceError("none of the sources could be read", code="no_documents")
    text = propose(found, name)
    parse_schemas(text, "<proposed schema>")
    if out is None:
        typer.echo(text, nl=False)
        return
    if out.exists() and not overwrite:
        raise OutputError(
            "exists already; choose another name or say --overwrite", source=str(out), code="output_exists"
        )
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror or error}", source=str(out)) from error


infer.__doc__ = f"{infer.__doc__}\n\n{EXAMPLES}"
