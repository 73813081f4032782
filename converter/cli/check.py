"""parquetry check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from converter.cli.completion import completing, schemas
from converter.cli.console import in_flags, say, write_text
from converter.cli.flags import NAMED_ONLY, ReadingFlags, Selecting, with_flags
from converter.cli.output_options import of_schemas
from converter.cli.source_options import SomeSources
from converter.errors import UsageError

if TYPE_CHECKING:
    from converter.schema.model import Schema

EXAMPLES = """[bold]Examples[/bold]

  parquetry check docs/decisions --schema adr

  parquetry check CHANGELOG.md --schema changelog --to github

  parquetry check notes/ --schema mine.yaml --to sarif > parquetry.sarif
"""

SchemaOption = Annotated[
    list[str] | None,
    of_schemas(
        "--schema",
        "-s",
        metavar="FILE|NAME",
        help="A schema file, or a ready-made one (schema list).",
        autocompletion=completing(schemas),
    ),
]


def schemas_of(names: list[str] | None) -> tuple[Schema, ...]:
    """Return the schemas of these files and names.

    Raises:
        SchemaError: a schema does not exist or is not valid.
    """
    if not names:
        return ()
    from converter.schema.load import load_schemas

    return tuple(schema for name in names for schema in load_schemas(name))


@with_flags(*NAMED_ONLY)
def check(
    source: SomeSources,
    reading: ReadingFlags,
    selecting: Selecting,
    schema: SchemaOption = None,
    to: Annotated[
        str, typer.Option("--to", metavar="FORM", help="text, json, sarif or github (annotations).")
    ] = "text",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary.")] = False,
) -> None:
    """Check documents against schemas, and print `file:line: message` for each finding.

    Exit codes: 0 everything fits, 1 something does not fit or could not be read, 2 wrong usage.
    """
    from converter.engine.check import REPORTS, check_sources
    from converter.printable import amount

    if not schema:
        raise UsageError("name a schema with --schema FILE|NAME; `parquetry schema list` lists the ready-made ones")
    if to not in REPORTS:
        raise UsageError(f"unknown format {to}; choose from {', '.join(REPORTS)}")
    options = reading.options(schemas_of(schema))
    result = check_sources(selecting.selection().find(source, options), options.schemas, options)
    report = REPORTS[to](result)
    write_text(in_flags(report) if to == "text" else report)
    if not quiet:
        counts = f"{amount(len(result.findings), 'finding')} in {amount(result.documents, 'document')}"
        say(counts)
        for name, matched in result.matched.items():
            accepted = result.accepted[name]
            say(f"{name}: {matched:,} matched, {accepted:,} accepted, {matched - accepted:,} rejected")
    raise typer.Exit(1 if result.findings else 0)


check.__doc__ = f"{check.__doc__}\n\n{EXAMPLES}"
