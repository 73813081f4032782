"""parquetry infer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from converter.cli.messages import print_problems
from converter.cli.output_options import Overwrite, Repair
from converter.cli.source_options import Encoding, Exclude, NoIgnore, SomeSources
from converter.cli.tables import write_out

if TYPE_CHECKING:
    from converter.records import Context

EXAMPLES = """[bold]Examples[/bold]

  parquetry infer docs/decisions > decisions.yaml

  parquetry infer reports/ --name report -o report.yaml
"""


def infer(
    source: SomeSources,
    name: Annotated[str, typer.Option("--name", help="The name of the record of a document.")] = "document",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The schema file. Default: standard output.")] = None,
    encoding: Encoding = None,
    exclude: Exclude = None,
    no_ignore: NoIgnore = False,
    repair: Repair = "full",
    overwrite: Overwrite = False,
) -> None:
    """Write a schema for what recurs in documents of one kind, with comments, ready to edit."""
    from converter.conversion import Options, read_document
    from converter.document import Document
    from converter.schema.load import parse_schemas
    from converter.schema.propose import propose
    from converter.schema.survey import survey
    from converter.source import find_sources

    options = Options(repair=repair, encoding=encoding)
    problems: list[Mapping[str, Any]] = []

    def documents() -> Iterator[Context]:
        for each in find_sources(source, exclude=exclude or (), ignore=not no_ignore):
            document = Document(read_document(each, options), options)
            problems.extend(row for row in document.rows("problems") if row["severity"] == "error")
            yield document.context

    found = survey(documents())
    print_problems(problems)
    if not found.documents:
        raise typer.Exit(1)
    text = propose(found, name)
    parse_schemas(text, "<proposed schema>")
    write_out(out, overwrite, text.encode())
    raise typer.Exit(3 if problems else 0)


infer.__doc__ = f"{infer.__doc__}\n\n{EXAMPLES}"
