"""parquetry schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from converter.cli.completion import completing, schemas
from converter.cli.console import say, write_text
from converter.cli.output_options import Overwrite
from converter.destination import PARQUET_FILE, destination_of
from converter.errors import UsageError

schema = typer.Typer(
    no_args_is_help=True, help="Schemas, which state the records to extract: list, show, format, export, replay."
)

Name = Annotated[
    str,
    typer.Argument(
        metavar="FILE|NAME",
        help="A schema file, or the name of a ready-made one.",
        autocompletion=completing(schemas),
    ),
]


@schema.command("list")
def list_schemas() -> None:
    """List the ready-made schemas."""
    from converter.schema.load import load_schemas, ready_made

    for name in ready_made():
        for record_schema in load_schemas(name):
            write_text(f"{name:18} {record_schema.unit:12} {record_schema.description}\n")


@schema.command()
def show(name: Name) -> None:
    """Print a schema file, for example as a starting point for your own schema."""
    from converter.schema.load import load_schemas, ready_made

    load_schemas(name)
    write_text(ready_made().get(name, Path(name)).read_text(encoding="utf-8-sig"))


@schema.command("format")
def print_format() -> None:
    """Print the JSON Schema of schema files, which lets editors complete and check them."""
    from converter.schema.format import schemas_folder

    write_text((schemas_folder() / "schema.json").read_text(encoding="utf-8"))


@schema.command()
def export(
    name: Name,
    to: Annotated[str, typer.Option("--to", help="jsonschema, tableschema, arrow or sql.")] = "tableschema",
) -> None:
    """Print a schema in another schema language, such as JSON Schema."""
    from converter.schema.export import EXPORTS
    from converter.schema.load import load_schemas

    if to not in EXPORTS:
        raise UsageError(f"unknown language {to}; choose from {', '.join(EXPORTS)}")
    write_text("\n\n".join(EXPORTS[to](record_schema) for record_schema in load_schemas(name)) + "\n")


@schema.command()
def replay(
    problems: Annotated[
        Path, typer.Argument(metavar="PROBLEMS", help="The file `problems.parquet` of an earlier run.")
    ],
    name: Annotated[str, typer.Option("--schema", "-s", metavar="FILE|NAME", help="The schema, as it is now.")],
    out: Annotated[str, typer.Option("--out", "-o", help="The Parquet file for the rows that fit now.")],
    overwrite: Overwrite = False,
) -> None:
    """Validate rejected rows again after a change to the schema, without reading the documents.

    Exit codes: 0 all rows fit now, 1 some still do not, 2 wrong usage.
    """
    import pyarrow as pa
    from pyarrow import parquet

    from converter.cli.tables import serialize, write_out
    from converter.errors import SourceError
    from converter.schema.load import load_schemas
    from converter.schema.validate import replay as try_again

    destination = destination_of(out, None, PARQUET_FILE)
    schemas = load_schemas(name)
    if len(schemas) != 1:
        raise UsageError(f"{name} holds {len(schemas)} records; replay takes a schema with one record")
    try:
        rows = parquet.read_table(problems)
        accepted, rejections = try_again(schemas[0], rows)
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        raise SourceError(f"is not the record `problems` in Parquet: {error}", source=str(problems)) from error
    write_out(destination, overwrite, serialize(accepted, "parquet"))
    for problem in rejections:
        say(f"line {problem.line_start}: {problem.record}: {problem.message}")
    say(f"{schemas[0].name}: {accepted.num_rows:,} accepted, {len(rejections):,} still rejected")
    raise typer.Exit(1 if rejections else 0)
