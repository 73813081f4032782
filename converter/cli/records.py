"""parquetry records."""

from __future__ import annotations

from typing import Annotated

import typer

from converter.cli.completion import completing
from converter.cli.completion import records as record_names
from converter.cli.console import open_console, print_to, write_text
from converter.errors import UsageError


def records(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="A record. Default: all records.", autocompletion=completing(record_names)),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the published contract of NAME as JSON.")] = False,
) -> None:
    """Show the record contract, field by field."""
    from converter.records import RECORDS
    from converter.records.contract import arrow_type_name, published_contract
    from converter.records.record import metadata_text

    if name is not None and name not in RECORDS:
        raise UsageError(f"unknown record {name}; choose from {', '.join(RECORDS)}")
    if as_json:
        if name is None:
            raise UsageError("name the record whose contract to print, for example: parquetry records sections --json")
        write_text(published_contract(name))
        return
    from rich.table import Table
    from rich.text import Text

    console = open_console()
    if name is None:
        listing = Table("record", "key", "description", box=None)
        for record in RECORDS.values():
            listing.add_row(record.name, ", ".join(record.key) or "none", record.description)
        print_to(console, listing)
        return
    record = RECORDS[name]
    print_to(console, Text(f"{record.name}: {record.description}\nkey: {', '.join(record.key) or 'none'}"))
    for column, target_record, target in record.foreign_keys:
        print_to(console, Text(f"(doc_id, {column}) -> {target_record} (doc_id, {target})"))
    fields = Table("field", "type", "null", "description", box=None)
    for field in record.schema:
        description = metadata_text(field, "description")
        null = "yes" if field.nullable else "no"
        fields.add_row(field.name, Text(arrow_type_name(field.type)), null, Text(description))
    print_to(console, fields)
