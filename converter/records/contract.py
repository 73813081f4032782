"""The record contract as data, published in `schemas/records/` as one JSON file per record.

The vocabulary is Frictionless Table Schema's (fields, primaryKey, foreignKeys, constraints), plus the Arrow
type of each field. `python -m converter.records.contract schemas/records` rewrites the files; a test compares
them with the code.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

from converter.records import BUILT_IN, CONTRACT_VERSION, RECORDS, Record
from converter.records.record import metadata_text

# Arrow type -> Table Schema type (https://datapackage.org/standard/table-schema/#field-types), first match wins.
TABLE_SCHEMA_TYPES = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_integer, "integer"),
    (pa.types.is_floating, "number"),
    (pa.types.is_map, "object"),
    (pa.types.is_list, "array"),
)


def contract(record: Record) -> dict[str, Any]:
    """Return a record's contract as a JSON-compatible dictionary."""
    return {
        "name": record.name,
        "description": record.description,
        "version": CONTRACT_VERSION,
        "fields": [_field(field) for field in record.schema],
        "primaryKey": list(record.key),
        "foreignKeys": [
            {"fields": ["doc_id", column], "reference": {"resource": resource, "fields": ["doc_id", target]}}
            for column, resource, target in record.foreign_keys
        ],
    }


def arrow_type_name(type: pa.DataType) -> str:
    """Return the contract's name of an Arrow type: `list<string>`, `dictionary<string>`, `map<string,string>`."""
    if pa.types.is_dictionary(type):
        return f"dictionary<{arrow_type_name(type.value_type)}>"
    if pa.types.is_map(type):
        return f"map<{arrow_type_name(type.key_type)},{arrow_type_name(type.item_type)}>"
    if pa.types.is_list(type):
        return f"list<{arrow_type_name(type.value_type)}>"
    if pa.types.is_struct(type):
        fields = (type.field(index) for index in range(type.num_fields))
        return f"struct<{', '.join(f'{field.name}: {arrow_type_name(field.type)}' for field in fields)}>"
    return {"float": "float32", "double": "float64"}.get(str(type), str(type))


def published_contract(name: str) -> str:
    """Return the published contract of a record as JSON text, from the installed package or the source tree.

    A plug-in's record has no published contract: it is made here.
    """
    if name in RECORDS.plugins:
        return text(RECORDS[name])
    package_folder = Path(__file__).parent.parent / "schemas"
    folder = package_folder if package_folder.is_dir() else package_folder.parent.parent / "schemas"
    return (folder / "records" / f"{name}.json").read_text(encoding="utf-8")


def _field(field: pa.Field) -> dict[str, Any]:
    type = next((name for matches, name in TABLE_SCHEMA_TYPES if matches(field.type)), "string")
    return {
        "name": field.name,
        "type": type,
        "arrowType": arrow_type_name(field.type),
        "description": metadata_text(field, "description"),
        "constraints": {"required": not field.nullable},
    }


def text(record: Record) -> str:
    """Return a record's contract as the text of its file."""
    return json.dumps(contract(record), indent=2) + "\n"


if __name__ == "__main__":
    for record in BUILT_IN:
        Path(sys.argv[1], f"{record.name}.json").write_text(text(record), encoding="utf-8")
