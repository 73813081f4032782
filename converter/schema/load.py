"""A schema file, name or dictionary -> Schema, or an error that names file, line, key and the closest valid word."""

from __future__ import annotations

import json
import os
import re
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as FilePath
from typing import Any

import pyarrow as pa

from converter.errors import SchemaError
from converter.schema.cast import ARROW_TYPES, BadValue, bound, format_error
from converter.schema.format import check_format, schemas_folder, short_json, suggestion
from converter.schema.lookup import FIELD_READERS
from converter.schema.model import OTHERS, ROW_PLACE, Field, Schema
from converter.schema.names import refusal
from converter.schema.patterns import ARROW, Expression, Patterns, compile_pattern
from converter.schema.units import ALL_PARTS, usual_source
from converter.schema.yaml_file import Path, YamlFile, parse_yaml

SUFFIXES = (".yaml", ".yml", ".json")
RESERVED_FIELDS = {field.name for field in ROW_PLACE} | {OTHERS}

# Conditions for some kinds of unit only; the others apply to all.
CONDITIONS_OF = {
    "headers": ("rows",), "caption": ("rows",), "position": ("rows", "items", "form"), "labels": ("form",),
    "label": ("items", "lines"), "depth": ("items",), "checked": ("items",), "task": ("items",), "ordered": ("items",),
    "text": ("items", "definitions", "questions", "paragraphs", "lines", "links", "images", "code"),
    "link": ("items", "links", "images"), "language": ("code",),
}  # fmt: skip
SOURCES_OF = {"column": ("rows",), "label": ("form", "sections", "document"), "section": ("sections", "document")}
KEYS_OF = {
    "delimiter": ("list",), "itemType": ("list",), "trueValues": ("boolean",), "falseValues": ("boolean",),
    "decimalChar": ("integer", "number"), "groupChar": ("integer", "number"), "bareNumber": ("integer", "number"),
}  # fmt: skip
TEXTUAL, ORDERED = ("string", "any"), ("integer", "number", "date", "datetime", "time", "year", "yearmonth", "duration")
CONSTRAINTS_OF = {
    "pattern": (*TEXTUAL, "list", "yearmonth"),
    "minLength": (*TEXTUAL, "list"),
    "maxLength": (*TEXTUAL, "list"),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), ORDERED),
}


def load_schemas(source: str | os.PathLike[str] | Mapping[str, Any]) -> tuple[Schema, ...]:
    """Return the schemas of a file, a ready-made name (`changelog`), or a dictionary in the form of a file.

    Raises:
        SchemaError: there is no such file or name, or the schema is invalid; with file, line and key.
    """
    if isinstance(source, Mapping):
        try:
            text = json.dumps(source)
        except (TypeError, ValueError) as error:
            raise SchemaError(f"is not a valid schema: {error}", source="<schema>") from error
        return parse_schemas(text, "<schema>")
    path = FilePath(os.fspath(source))
    if path.suffix.lower() not in SUFFIXES and not path.exists():
        files = ready_made()
        if str(source) not in files:
            raise SchemaError(f"no schema has this name{suggestion(source, files)}", source=str(source))
        path = files[str(source)]
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise SchemaError(f"cannot be read: {reason}", source=str(path)) from error
    return parse_schemas(text, str(path))


def ready_made() -> dict[str, FilePath]:
    """Return the schemas that come with Parquetry: name to file."""
    return {path.stem: path for path in sorted(schemas_folder().glob("*.yaml"))}


def parse_schemas(text: str, source: str) -> tuple[Schema, ...]:
    """Return the schemas of a text in YAML or JSON; `source` names the text in errors.

    Raises:
        SchemaError: the text is not a valid schema.
    """
    file = parse_yaml(text, source)
    check_format(file)
    is_collection = "records" in file.data
    paths: list[Path] = [("records", index) for index in range(len(file.data["records"]))] if is_collection else [()]
    schemas: list[Schema] = []
    for path in paths:
        data = file.data["records"][path[1]] if is_collection else file.data
        if data["name"].casefold() in {schema.name.casefold() for schema in schemas}:
            is_exact = any(data["name"] == schema.name for schema in schemas)
            message = f"the record {data['name']} occurs twice"
            raise file.error(message if is_exact else f"{message} (names are case-insensitive)", (*path, "name"))
        schemas.append(_schema(file, data, path))
    return tuple(schemas)


def _schema(file: YamlFile, data: dict[str, Any], path: Path) -> Schema:
    if reason := refusal(data["name"]):
        raise file.error(f"{data['name']} {reason}; choose another name", (*path, "name"))
    unit = data["from"]
    where = {}
    for key, value in data.get("where", {}).items():
        condition_path = (*path, "where", key)
        _check_kind(file, condition_path, CONDITIONS_OF.get(key), unit, "from")
        where[key] = _condition(file, key, value, condition_path)
    policy = _policy(data, "reject")
    names: set[str] = set()
    fields = []
    for index, descriptor in enumerate(data["fields"]):
        field_path = (*path, "fields", index)
        name = descriptor["name"]
        if name.lower() in names or name.lower() in RESERVED_FIELDS:
            reason = (
                "every record has this column" if name.lower() in RESERVED_FIELDS else "another field has this name"
            )
            raise file.error(f"{name}: {reason}; choose another name", (*field_path, "name"))
        names.add(name.lower())
        fields.append(_field(file, descriptor, field_path, unit, policy, data.get("missingValues")))
    return Schema(data["name"], unit, where, tuple(fields), data, policy, data.get("unknownColumns", "ignore"))


def _policy(data: Mapping[str, Any], otherwise: Any) -> Any:
    """Return the policy for violations; YAML reads a bare `null` as None."""
    return (data["onViolation"] or "null") if "onViolation" in data else otherwise


def _check_kind(file: YamlFile, path: Path, allowed: Iterable[str] | None, kind: str, key: str) -> None:
    if allowed is not None and kind not in allowed:
        raise file.error(f"applies only to {key}: {', '.join(allowed)}, not {kind}", path)


def _condition(file: YamlFile, key: str, value: Any, path: Path) -> Any:
    if key == "metadata":
        return {name: _patterns(file, pattern, (*path, name)) for name, pattern in value.items()}
    if key == "level":
        return tuple(value) if isinstance(value, list) else (value,)
    return _patterns(file, value, path) if isinstance(value, str | list) else value


def _patterns(file: YamlFile, value: str | list[str], path: Path) -> Patterns:
    texts = tuple([value] if isinstance(value, str) else value)
    for text in texts:
        for part in ARROW.split(text.strip()):
            try:
                compile_pattern(part)
            except (re.error, OverflowError, RecursionError) as error:
                raise file.error(f"{short_json(part)} is not a valid regular expression: {error}", path) from error
    return Patterns(texts)


def _field(
    file: YamlFile, data: dict[str, Any], path: Path, unit: str, policy: Any, missing: list[str] | None
) -> Field:
    type = data.get("type", "string")
    for key in data.keys() & KEYS_OF.keys():
        _check_kind(file, (*path, key), KEYS_OF[key], type, "type")
    for key in data.get("constraints", {}).keys() & CONSTRAINTS_OF.keys():
        _check_kind(file, (*path, "constraints", key), CONSTRAINTS_OF[key], type, "type")
    for key, text in (("extract", data.get("extract")), ("pattern", data.get("constraints", {}).get("pattern"))):
        key_path = (*path, key) if key == "extract" else (*path, "constraints", key)
        try:
            Expression(text or "").check()
        except (re.error, OverflowError, RecursionError) as error:
            raise file.error(f"{short_json(text)} is not a valid regular expression: {error}", key_path) from error
    if reason := format_error(type, data.get("format", "default")):
        raise file.error(reason, (*path, "format"))
    tokens = data.get("missingValues", missing)
    field = Field(
        data["name"],
        type,
        _arrow(file, data, type, path),
        tuple(_sources(file, data, path, unit)),
        data,
        _policy(data, policy),
        None if tokens is None else frozenset(tokens),
    )
    bounds = {}
    for key, value in data.get("constraints", {}).items():
        try:
            bounds[key] = bound(field, key, value)
        except BadValue as error:
            raise file.error(str(error), (*path, "constraints", key)) from error
    return Field(**{**field.__dict__, "bounds": bounds})


def _sources(file: YamlFile, data: dict[str, Any], path: Path, unit: str) -> Iterator[tuple[str, Any]]:
    """Yield the sources of the value, in file order; `constant` comes last."""
    source_keys = [key for key in data if key in FIELD_READERS]
    for key in sorted(source_keys, key=lambda key: key == "constant") or [""]:
        if not key:
            source = usual_source(unit, data["name"])
            if source is None:
                choices = ", ".join(ALL_PARTS[unit])
                raise file.error(
                    f"{data['name']} is not a part of {unit} ({choices}); set `part:` or another source", path
                )
            yield source
            continue
        key_path, value = (*path, key), data[key]
        _check_kind(file, key_path, SOURCES_OF.get(key), unit, "from")
        if key == "part":
            parts = value if isinstance(value, list) else [value]
            for part in parts:
                if part not in ALL_PARTS[unit]:
                    raise file.error(f"{unit} cannot have a part {part}{suggestion(part, ALL_PARTS[unit])}", key_path)
                yield key, part
            continue
        if key in ("column", "label", "section") or (key == "heading" and not isinstance(value, int)):
            value = _patterns(file, value, key_path)
        elif key == "metadata":
            value = tuple([value] if isinstance(value, str) else value)
        yield key, value


def _arrow(file: YamlFile, data: dict[str, Any], type: str, path: Path) -> pa.DataType:
    if "arrowType" not in data:
        item = ARROW_TYPES[data.get("itemType", "string")]
        return pa.list_(item) if type == "list" else ARROW_TYPES[type]
    type_text = data["arrowType"]
    try:
        column_type = arrow_type(type_text)
    except (ValueError, RecursionError, pa.ArrowException) as error:
        raise file.error(
            f"{short_json(type_text)} is not an Arrow type that a column can have", (*path, "arrowType")
        ) from error
    try:
        natural_type = pa.list_(ARROW_TYPES[data.get("itemType", "string")]) if type == "list" else ARROW_TYPES[type]
        pa.array([], natural_type).cast(column_type)
    except (pa.ArrowException, ValueError) as error:
        raise file.error(f"{type_text} cannot hold values of type {type}", (*path, "arrowType")) from error
    return column_type


def arrow_type(text: str) -> pa.DataType:
    """Return the Arrow type with this name: `int32`, `decimal128(12, 2)`, `timestamp[us, tz=UTC]`, `list<string>`.

    Raises:
        ValueError: there is no such type.
    """
    if match := re.fullmatch(r"decimal128\((\d{1,2}), ?(\d{1,2})\)", text):
        if int(match[2]) > int(match[1]):
            raise ValueError(text)
        return pa.decimal128(int(match[1]), int(match[2]))
    if match := re.fullmatch(r"timestamp\[(s|ms|us|ns)(?:, ?tz=([\w/+:-]+))?\]", text):
        if match[2]:
            try:
                zoneinfo.ZoneInfo(match[2])
            except (OSError, KeyError) as error:
                raise ValueError(text) from error
        return pa.timestamp(match[1], tz=match[2])
    if match := re.fullmatch(r"(?:list|large_list)<(?:\w+: )?(.+)>", text):
        return pa.list_(arrow_type(match[1]))
    return pa.type_for_alias(text)
