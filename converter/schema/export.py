"""Export a schema to JSON Schema, Table Schema, Arrow and SQL. One function per language (`EXPORTS`)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from converter.records.contract import arrow_type_name
from converter.records.record import metadata_text
from converter.schema.model import Field, Schema
from converter.sql_text import quote_name

Types = tuple[tuple[Callable[[pa.DataType], bool], str], ...]

TABLE_SCHEMA: Types = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_integer, "integer"),
    (pa.types.is_floating, "number"),
    (pa.types.is_decimal, "number"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "datetime"),
    (pa.types.is_time, "time"),
    (pa.types.is_duration, "duration"),
    (pa.types.is_map, "object"),
    (pa.types.is_list, "array"),
)
"""Arrow type -> Table Schema type, first match counts; all other types are string."""

SQL: Types = (
    (pa.types.is_boolean, "BOOLEAN"),
    (pa.types.is_int8, "SMALLINT"),
    (pa.types.is_int16, "SMALLINT"),
    (pa.types.is_int32, "INTEGER"),
    (pa.types.is_integer, "BIGINT"),
    (pa.types.is_floating, "DOUBLE PRECISION"),
    (pa.types.is_date, "DATE"),
    (lambda type: pa.types.is_timestamp(type) and type.tz is not None, "TIMESTAMP WITH TIME ZONE"),
    (pa.types.is_timestamp, "TIMESTAMP"),
    (pa.types.is_time, "TIME"),
    (pa.types.is_duration, "INTERVAL"),
)
"""Arrow type -> SQL type in PostgreSQL and DuckDB; all other types are VARCHAR."""

JSON_SCHEMA = {"integer": "integer", "year": "integer", "number": "number", "boolean": "boolean", "list": "array"}
JSON_FORMATS = {"date": "date", "datetime": "date-time", "time": "time", "duration": "duration"}
TABLE_SCHEMA_KEYS = (
    "name", "title", "description", "example", "rdfType", "type", "format", "itemType", "delimiter", "constraints",
    "missingValues", "trueValues", "falseValues", "decimalChar", "groupChar", "bareNumber",
)  # fmt: skip


def type_name(types: Types, type: pa.DataType, otherwise: str) -> str:
    """Return the name of an Arrow type in a table of types."""
    return next((name for matches, name in types if matches(type)), otherwise)


def arrow_table_schema(schema: pa.Schema) -> dict[str, Any]:
    """Return the Table Schema of a file that Parquetry wrote with an Arrow schema."""
    fields = []
    for column in schema:
        field: dict[str, Any] = {"name": column.name, "type": type_name(TABLE_SCHEMA, column.type, "string")}
        field["arrowType"] = arrow_type_name(column.type)
        if text := metadata_text(column, "description"):
            field["description"] = text
        if not column.nullable:
            field["constraints"] = {"required": True}
            if field["type"] == "string":
                field["missingValues"] = []  # an empty string is a value
        fields.append(field)
    return {"fields": fields}


def table_schema(schema: Schema) -> dict[str, Any]:
    """Return the Table Schema of a record: its fields as in the schema file, without their sources."""
    place_fields = arrow_table_schema(schema.arrow)["fields"][:4]
    fields = [
        {"type": "string", **{key: field.descriptor[key] for key in TABLE_SCHEMA_KEYS if key in field.descriptor}}
        for field in schema.fields
    ]
    descriptions = {key: schema.descriptor[key] for key in ("name", "title", "description") if key in schema.descriptor}
    missing_values = (
        {"missingValues": schema.descriptor["missingValues"]} if "missingValues" in schema.descriptor else {}
    )
    return {**descriptions, "fields": [*place_fields, *fields], **missing_values}


def json_schema(schema: Schema) -> dict[str, Any]:
    """Return the JSON Schema of a row in NDJSON."""
    place_fields = {field["name"]: {"type": field["type"]} for field in arrow_table_schema(schema.arrow)["fields"][:4]}
    required = [*place_fields, *(field.name for field in schema.fields if field.required)]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": schema.name,
        "description": schema.description,
        "type": "object",
        "required": required,
        "properties": place_fields | {field.name: _json_field(field) for field in schema.fields},
    }


def _json_field(field: Field) -> dict[str, Any]:
    limits = field.get("constraints", {})
    # `pattern` matches the whole text in Table Schema, a part of it in JSON Schema.
    json_type = {"type": JSON_SCHEMA.get(field.type, "string")}
    value: dict[str, Any] = json_type
    if field.type in JSON_FORMATS:
        value["format"] = JSON_FORMATS[field.type]
    if field.type == "list":
        value["items"] = {"type": JSON_SCHEMA.get(field.get("itemType", "string"), "string")}
    scalar = value["items"] if field.type == "list" else value
    if "pattern" in limits:
        scalar["pattern"] = f"^(?:{limits['pattern']})$"
    if "enum" in limits:
        bounds = field.bounds["enum"]
        scalar["enum"] = [item if isinstance(item, str | int | float) else str(item) for item in bounds]
    if value["type"] in ("integer", "number"):
        value |= {key: field.bounds[key] for key in limits if key.endswith("imum")}
    ends = ("minItems", "maxItems") if field.type == "list" else ("minLength", "maxLength")
    value |= {end: limits[key] for end, key in zip(ends, ("minLength", "maxLength"), strict=True) if key in limits}
    if not field.required:
        value["type"] = [value["type"], "null"]
        if "enum" in value:
            value["enum"].append(None)
    if text := field.get("description"):
        value["description"] = text
    return value


def sql(schema: Schema) -> str:
    """Return a CREATE TABLE statement for PostgreSQL and DuckDB."""
    lines = []
    for column in schema.arrow:
        constraint = "" if column.nullable else " NOT NULL"
        lines.append(f"  {quote_name(column.name)} {_sql_type(column.type)}{constraint}")
    return f"CREATE TABLE {quote_name(schema.name)} (\n" + ",\n".join(lines) + "\n);"


def _sql_type(type: pa.DataType) -> str:
    if pa.types.is_list(type):
        return f"{_sql_type(type.value_type)}[]"
    if pa.types.is_decimal(type):
        return f"DECIMAL({type.precision}, {type.scale})"
    return type_name(SQL, type, "VARCHAR")


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _arrow(schema: Schema) -> str:
    lines = (
        f"{column.name}: {arrow_type_name(column.type)}{'' if column.nullable else ' not null'}"
        for column in schema.arrow
    )
    return "\n".join(lines)


EXPORTS: dict[str, Callable[[Schema], str]] = {
    "jsonschema": lambda schema: _json(json_schema(schema)),
    "tableschema": lambda schema: _json(table_schema(schema)),
    "arrow": _arrow,
    "sql": sql,
}
"""Language -> the function that exports a schema to it."""
