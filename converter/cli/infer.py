"""parquetry infer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from converter.cli.flags import NAMED_ONLY, ReadingFlags, Selecting, with_flags
from converter.cli.messages import print_problems
from converter.cli.output_options import Overwrite
from converter.cli.source_options import SomeSources, documents_of
from converter.cli.tables import write_out
from converter.destination import SCHEMA_FILE, destination_of

if TYPE_CHECKING:
    from converter.records import ParsedDocument

EXAMPLES = """[bold]Examples[/bold]

  parquetry infer docs/decisions > decisions.yaml

  parquetry infer reports/ --name report -o report.yaml
"""


@with_flags(*NAMED_ONLY)
def infer(
    source: SomeSources,
    reading: ReadingFlags,
    selecting: Selecting,
    name: Annotated[str, typer.Option("--name", help="The name of the record of a document.")] = "document",
    out: Annotated[str | None, typer.Option("--out", "-o", help="The schema file. Default: standard output.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Infer a schema from the recurring parts of similar documents, with comments and ready to edit."""
    from converter.schema.load import parse_schemas
    from converter.schema.profile import profile
    from converter.schema.suggest import suggest

    destination = destination_of(out, None, SCHEMA_FILE)
    options = reading.options()
    problems: list[Mapping[str, Any]] = []

    def documents() -> Iterator[ParsedDocument]:
        for document in documents_of(source, options, selecting, destination):
            problems.extend(row for row in document.rows("problems") if row["severity"] == "error")
            yield document.context

    summary = profile(documents())
    print_problems(problems)
    if not summary.documents:
        raise typer.Exit(1)
    text = suggest(summary, name)
    parse_schemas(text, "<proposed schema>")
    write_out(destination, overwrite, text.encode())
    raise typer.Exit(3 if problems else 0)


infer.__doc__ = f"{infer.__doc__}\n\n{EXAMPLES}"
