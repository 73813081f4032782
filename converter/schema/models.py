"""A pydantic model, a dataclass or an Arrow schema -> Schema, from the names and types of the fields."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, get_args, get_origin
from uuid import UUID

import pyarrow as pa

from converter.errors import SchemaError
from converter.records.contract import arrow_type_name
from converter.schema.export import TABLE_SCHEMA, type_name
from converter.schema.load import load_schemas
from converter.schema.model import Schema

Descriptor = dict[str, Any]

PYTHON_TYPES: dict[Any, Descriptor] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    date: {"type": "date"},
    datetime: {"type": "datetime"},
    time: {"type": "time"},
    timedelta: {"type": "duration"},
    Decimal: {"type": "number", "arrowType": "decimal128(38, 9)"},
    UUID: {"type": "string", "format": "uuid"},
    dict: {"type": "object"},
    Any: {"type": "any"},
}
"""Python type -> its keys in a field descriptor."""


def schema_of_model(model: Any, name: str, unit: str, where: Mapping[str, Any], policy: str) -> Schema:
    """Return the schema of a pydantic model, a dataclass or an Arrow schema.

    Each field is found by its name or alias, as in a schema file: in a column, a label, front matter or a part.

    Raises:
        SchemaError: the model is none of the three, or a field has a type that no column can have.
    """
    if isinstance(model, pa.Schema):
        fields = [_arrow_field(column) for column in model]
    elif isinstance(model, type) and (dataclasses.is_dataclass(model) or is_pydantic(model)):
        fields = list(_pydantic_fields(model) if is_pydantic(model) else _dataclass_fields(model))
    else:
        raise SchemaError(
            "a schema must be a file, a name, a dictionary, a pydantic model, a dataclass or a pyarrow.Schema"
        )
    for field in fields:
        aliases = field.pop("aliases", [])
        if aliases and unit in ("rows", "form"):
            names = [field["name"].replace("_", " "), field["name"], *aliases]
            field["column" if unit == "rows" else "label"] = list(dict.fromkeys(names))
    # A class may have a name that no record can have: its rows go to no file.
    data = {"name": "record", "from": unit, "where": dict(where), "onViolation": policy, "fields": fields}
    return dataclasses.replace(load_schemas(data)[0], name=name)


def is_pydantic(model: object) -> bool:
    """Whether this is a pydantic model; does not import pydantic."""
    return isinstance(model, type) and hasattr(model, "model_validate") and hasattr(model, "model_fields")


def _arrow_field(field: pa.Field) -> Descriptor:
    type = type_name(TABLE_SCHEMA, field.type, "string")
    descriptor: Descriptor = {"name": field.name, "type": type, "arrowType": arrow_type_name(field.type)}
    if pa.types.is_list(field.type):
        descriptor |= {"type": "list", "itemType": type_name(TABLE_SCHEMA, field.type.value_type, "string")}
    if not field.nullable:
        descriptor["constraints"] = {"required": True}
    return descriptor


def _pydantic_fields(model: Any) -> Iterator[Descriptor]:
    for name, field in model.model_fields.items():
        aliases = [alias for alias in (field.alias, field.title) if alias]
        yield _field(name, field.annotation, field.is_required(), aliases, field.description)


def _dataclass_fields(model: Any) -> Iterator[Descriptor]:
    hints = typing.get_type_hints(model)
    missing = dataclasses.MISSING
    for field in dataclasses.fields(model):
        if field.init:
            required = field.default is missing and field.default_factory is missing
            aliases = [alias for alias in (field.metadata.get("alias"), field.metadata.get("title")) if alias]
            yield _field(field.name, hints[field.name], required, aliases, field.metadata.get("description"))


def _field(name: str, annotation: Any, required: bool, aliases: list[str], description: str | None) -> Descriptor:
    inner_type, is_optional = _unwrap(annotation)
    descriptor: Descriptor = {"name": name, **_descriptor(name, inner_type)}
    if required and not is_optional:
        descriptor.setdefault("constraints", {})["required"] = True
    if description:
        descriptor["description"] = description
    return descriptor | {"aliases": aliases}


def _unwrap(annotation: Any) -> tuple[Any, bool]:
    """Return the type without `| None` and `Annotated`, and whether it may be None."""
    if get_origin(annotation) is typing.Annotated:
        return _unwrap(get_args(annotation)[0])
    if get_origin(annotation) in (typing.Union, types.UnionType):
        members = [member for member in get_args(annotation) if member is not type(None)]
        if len(members) == 1:
            return _unwrap(members[0])[0], len(get_args(annotation)) > 1
    return annotation, False


def _descriptor(name: str, annotation: Any) -> Descriptor:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (list, tuple, set, frozenset) and arguments:
        item = _descriptor(name, _unwrap(arguments[0])[0])["type"]
        return {"type": "list", "itemType": item}
    if origin is typing.Literal:
        return {"type": "string", "constraints": {"enum": [str(choice) for choice in arguments]}}
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return {"type": "string", "constraints": {"enum": [str(member.value) for member in annotation]}}
    descriptor = PYTHON_TYPES.get(annotation) or PYTHON_TYPES.get(origin)
    if descriptor is None:
        type_names = ", ".join(getattr(python_type, "__name__", str(python_type)) for python_type in PYTHON_TYPES)
        raise SchemaError(
            f"{name}: no column can have the type {annotation}; use one of {type_names}, or a list of these"
        )
    return dict(descriptor)
