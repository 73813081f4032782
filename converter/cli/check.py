"""parquetry check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from converter.cli.console import in_flags, say, write_text
from converter.cli.output_options import of_schemas
from converter.cli.reading_options import Reading, with_reading
from converter.cli.source_options import Exclude, NoIgnore, SomeSources, found_sources
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
    of_schemas("--schema", "-s", metavar="FILE|NAME", help="A schema file, or a ready-made one (schema list)."),
]


def schemas_of(named: list[str] | None) -> tuple[Schema, ...]:
    """Return the schemas of these files and names.

    Raises:
        SchemaError: a schema does not exist or is not valid.
    """
    if not named:
        return ()
    from converter.schema.load import load_schemas

    return tuple(schema for each in named for schema in load_schemas(each))


@with_reading
def check(
    source: SomeSources,
    reading: Reading,
    schema: SchemaOption = None,
    to: Annotated[
        str, typer.Option("--to", metavar="FORM", help="text, json, sarif or github (annotations).")
    ] = "text",
    exclude: Exclude = None,
    no_ignore: NoIgnore = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary.")] = False,
) -> None:
    """Check documents against schemas, and print `file:line: message` for each finding.

    Exit codes: 0 everything fits, 1 something does not fit or could not be read, 2 wrong usage.
    """
    from converter.engine.check import REPORTS, check_sources
    from converter.printable import amount

    if not schema:
        raise UsageError(
            "say which schema with --schema FILE or NAME; `parquetry schema list` names the ready-made ones"
        )
    if to not in REPORTS:
        raise UsageError(f"unknown form {to}; there are {', '.join(REPORTS)}")
    options = reading.options(schemas_of(schema))
    checked = check_sources(found_sources(source, options, exclude, no_ignore), options.schemas, options)
    report = REPORTS[to](checked)
    write_text(in_flags(report) if to == "text" else report)
    if not quiet:
        found = f"{amount(len(checked.findings), 'finding')} in {amount(checked.documents, 'document')}"
        say(found)
        for name, matched in checked.matched.items():
            accepted = checked.accepted[name]
            say(f"{name}: {matched:,} matched, {accepted:,} accepted, {matched - accepted:,} rejected")
    raise typer.Exit(1 if checked.findings else 0)


check.__doc__ = f"{check.__doc__}\n\n{EXAMPLES}"
