"""Raw values of one field -> typed values, and the reasons why others do not fit.

A field without a stated notation is read like a table column (`values/`), all its values in a document together;
`decimalChar`, `groupChar`, `bareNumber`, `format`, `trueValues` and `missingValues` state the notation as in Table
Schema.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pyarrow as pa

from converter.schema.format import short_json
from converter.schema.lists import split_items
from converter.schema.model import Field
from converter.schema.patterns import Expression
from converter.values import DecimalMark, Hints, infer
from converter.values.characters import fold
from converter.values.missing import ABSENT, UNKNOWN

ARROW_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us"),
    "time": pa.time64("us"),
    "year": pa.int32(),
    "yearmonth": pa.string(),
    "duration": pa.duration("us"),
    "array": pa.string(),
    "object": pa.string(),
    "any": pa.string(),
}
"""Table Schema type -> Arrow type; arrays and objects are JSON, a list has the type of its items."""

VALUE_TYPES = {
    "integer": "int64", "number": "float64", "boolean": "bool", "date": "date32", "datetime": "timestamp[us]",
    "time": "time64", "duration": "duration",
}  # fmt: skip
"""Table Schema type -> the value type that reads its texts."""

STRING_FORMATS = {
    "default": re.compile(r"(?s).*"),
    "email": re.compile(r"[^\s@]+@[^\s@.]+(\.[^\s@.]+)+"),
    "uri": re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+"),
    "uuid": re.compile(r"(?i)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    "binary": re.compile(r"[A-Za-z0-9+/\s]*={0,2}"),
}
SHAPES = {"year": re.compile(r"-?[0-9]{4}"), "yearmonth": re.compile(r"-?[0-9]{4}-(0[1-9]|1[0-2])")}
ISO = {
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "datetime": re.compile(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?"
    ),
    "time": re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"),
}  # fmt: skip

DECIMAL_MARK = re.compile(r"[0-9][.,][0-9]")
"""The decimal or group mark of a number. If a column leaves its meaning open, no number with a mark is read by
itself."""

Cast = tuple[list[Any], dict[int, str]]
"""The values, None for those that are missing or do not fit, and the reasons for misfits, by index."""


class BadValue(ValueError):
    """A constraint's value does not have the type of its field."""


def cast(field: Field, raws: Sequence[Any], lines: Sequence[int]) -> Cast:
    """Return the values of a field and the reasons for misfits, constraints included."""
    texts = [None if is_missing(field, raw) else raw for raw in raws]
    if field.type == "list":
        values, errors = _cast_lists(field, texts, lines)
    elif field.type in ("array", "object"):
        values, errors = _cast_json(field, texts)
    else:
        values, errors = _cast_scalars(
            field, field.type, [None if raw is None else raw_text(raw) for raw in texts], lines
        )
    _narrow(field, values, errors)
    for index, value in enumerate(values):
        if value is not None and index not in errors and (reason := broken_constraint(field, value)):
            errors[index] = reason
        if index in errors:
            values[index] = None
    return values, errors


def raw_text(raw: Any) -> str:
    """Return a raw value as text; front matter also holds numbers, booleans and lists."""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, list) and not any(isinstance(item, list | dict) for item in raw):
        return ", ".join(map(raw_text, raw))
    return json.dumps(raw, ensure_ascii=False)


def is_missing(field: Field, raw: Any) -> bool:
    """Whether a raw value stands for a missing value."""
    if raw is None or raw == []:
        return True
    if not isinstance(raw, str):
        return False
    text = raw.strip()
    if field.missing_values is not None:
        return text in field.missing_values
    token = fold(text).casefold()
    return not text or (field.type not in ("string", "any", "list") and (token in ABSENT or token in UNKNOWN))


def _cast_scalars(field: Field, type: str, texts: Sequence[str | None], lines: Sequence[int]) -> Cast:
    format = field.get("format", "default") if type == field.type else "default"
    if type in ("string", "any"):
        fits = STRING_FORMATS.get(format, STRING_FORMATS["default"]).fullmatch
        return list(texts), {
            index: f"{short_json(text)} is not a valid {format}"
            for index, text in enumerate(texts)
            if text is not None and not fits(text)
        }
    if type in SHAPES:
        return _parse_all(type, texts, lambda text: _parse_shape(type, text))
    if type in ISO and "%" in format:
        return _parse_all(f"{type} in the format {format}", texts, lambda text: _strptime(type, text, format))
    if type == "boolean" and ("trueValues" in field.descriptor or "falseValues" in field.descriptor):
        words = dict.fromkeys(field.get("falseValues", ["false", "False", "FALSE", "0"]), False)
        words |= dict.fromkeys(field.get("trueValues", ["true", "True", "TRUE", "1"]), True)
        return _parse_all("boolean", texts, lambda text: words.get(text.strip()))
    return _read_as_column(field, type, texts, lines)


def _read_as_column(field: Field, type: str, texts: Sequence[str | None], lines: Sequence[int]) -> Cast:
    """Read the texts like a table column, in the type asked for."""
    group = field.get("groupChar")
    indexes = [index for index, text in enumerate(texts) if text is not None]
    cells = [(texts[index] or "").replace(group, "") if group else texts[index] or "" for index in indexes]
    decimal: DecimalMark | None = field.get("decimalChar") or ("." if group else None)
    hints = Hints(decimal=decimal, types={"*": VALUE_TYPES[type]}, units=not field.get("bareNumber", True))
    column = infer("", cells, [lines[index] for index in indexes], hints)
    values: list[Any] = [None] * len(texts)
    errors: dict[int, str] = {}
    if len(column.rejected) == len(indexes) > 1:  # one value can reject the whole column: 1.2.3
        for index, cell in zip(indexes, cells, strict=True):
            if column.asks == "decimal" and DECIMAL_MARK.search(cell):
                errors[index] = f"{short_json(texts[index])} may be a group or a fraction"
            else:
                [values[index]], reasons = _read_as_column(field, type, [texts[index]], [lines[index]])
                if reasons:
                    errors[index] = reasons[0]
        return values, errors
    match_iso = ISO[type].fullmatch if type in ISO and field.descriptor.get("format") == "default" else None
    for index, cell, value in zip(indexes, cells, column.values.to_pylist(), strict=True):
        values[index] = value
        if value is None or (match_iso and not match_iso(cell.strip())):
            errors[index] = f"{short_json(texts[index])} is not a valid {type}"
    return values, errors


def _parse_all(kind: str, texts: Sequence[str | None], parse: Callable[[str], Any]) -> Cast:
    values = [None if text is None else parse(text) for text in texts]
    misfits = (
        i for i, (text, value) in enumerate(zip(texts, values, strict=True)) if text is not None and value is None
    )
    return values, {index: f"{short_json(texts[index])} is not a valid {kind}" for index in misfits}


def _parse_shape(type: str, text: str) -> int | str | None:
    match = SHAPES[type].fullmatch(text.strip())
    return None if match is None else int(match[0]) if type == "year" else match[0]


def _strptime(type: str, text: str, format: str) -> Any:
    try:
        moment = datetime.strptime(text.strip(), format)
    except (ValueError, re.error, OverflowError):
        return None
    return moment.date() if type == "date" else moment.time() if type == "time" else moment


def _cast_lists(field: Field, raws: Sequence[Any], lines: Sequence[int]) -> Cast:
    """Read lists, all items as one column; text is split."""
    lists = [None if raw is None else _list_of(field, raw) for raw in raws]
    owners = [index for index, items in enumerate(lists) for item in items or () if item]
    texts = [item for items in lists for item in items or () if item]
    item_values, item_errors = _cast_scalars(
        field, field.get("itemType", "string"), texts, [lines[index] for index in owners]
    )
    values: list[Any] = [None if items is None else [] for items in lists]
    for owner, value in zip(owners, item_values, strict=True):
        values[owner].append(value)
    return values, {owners[index]: reason for index, reason in sorted(item_errors.items(), reverse=True)}


def _list_of(field: Field, raw: Any) -> list[str]:
    if isinstance(raw, list):
        return [raw_text(item).strip() for item in raw]
    return split_items(raw_text(raw), field.get("delimiter"))


def _cast_json(field: Field, raws: Sequence[Any]) -> Cast:
    kind = list if field.type == "array" else dict
    values: list[Any] = []
    errors = {}
    for index, raw in enumerate(raws):
        try:
            value = json.loads(raw) if isinstance(raw, str) else raw
        except (ValueError, RecursionError):
            value = raw
        if raw is not None and not isinstance(value, kind):
            errors[index] = f"{short_json(raw)} is not a valid {field.type}"
        values.append(None if raw is None or index in errors else json.dumps(value, ensure_ascii=False))
    return values, errors


def _narrow(field: Field, values: list[Any], errors: dict[int, str]) -> None:
    """Convert the values to the field's exact Arrow type; values that it cannot hold become errors."""
    natural_type = (
        pa.list_(ARROW_TYPES[field.get("itemType", "string")]) if field.type == "list" else ARROW_TYPES[field.type]
    )
    if field.arrow == natural_type:
        return
    for index, value in enumerate(values):
        if value is None or index in errors:
            continue
        try:
            # A decimal is made from a float's digits, not from its bits.
            scalar = pa.scalar(str(value)) if pa.types.is_decimal(field.arrow) else pa.scalar(value, natural_type)
            values[index] = scalar.cast(field.arrow).as_py()
        except (pa.ArrowException, ValueError, OverflowError):
            errors[index] = f"{short_json(str(value))} does not fit {field.arrow}"


def bound(field: Field, key: str, value: Any) -> Any:
    """Return the value of a constraint in the type of its field.

    Raises:
        BadValue: the value does not have that type.
    """
    if key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        return _typed_bound(field, value)
    if key == "enum":
        return tuple(_typed_bound(field, item) for item in value)
    return Expression(value) if key == "pattern" else value


def _typed_bound(field: Field, value: Any) -> Any:
    if field.type == "list":
        descriptor = {key: item for key, item in field.descriptor.items() if key != "constraints"}
        item_type = field.get("itemType", "string")
        field = replace(field, type=item_type, arrow=ARROW_TYPES[item_type], descriptor=descriptor)
    values, errors = cast(replace(field, bounds={}), [value], [1])
    if errors or values[0] is None:
        raise BadValue(f"{short_json(value)} is not a valid {field.type}")
    return values[0]


CONSTRAINTS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "enum": (lambda value, bound: all(item in bound for item in _items(value)), "is not one of {}"),
    "pattern": (lambda value, bound: all(bound.fullmatch(str(item)) for item in _items(value)), "does not match {}"),
    "minimum": (lambda value, bound: value >= bound, "is less than {}"),
    "maximum": (lambda value, bound: value <= bound, "is greater than {}"),
    "exclusiveMinimum": (lambda value, bound: value > bound, "is not greater than {}"),
    "exclusiveMaximum": (lambda value, bound: value < bound, "is not less than {}"),
    "minLength": (lambda value, bound: len(value) >= bound, "is shorter than {}"),
    "maxLength": (lambda value, bound: len(value) <= bound, "is longer than {}"),
}
"""Constraint -> whether a value meets it, and the message if not."""


def broken_constraint(field: Field, value: Any) -> str | None:
    """Return which constraint a value breaks, or None."""
    for key, limit in field.bounds.items():
        if key in CONSTRAINTS and not CONSTRAINTS[key][0](value, limit):
            return f"{short_json(value)} {CONSTRAINTS[key][1].format(short_json(field.get('constraints', {})[key]))}"
    return None


def format_error(type: str, format: str) -> str | None:
    """Return what is wrong with a format for a type, or None."""
    if type == "string":
        return (
            None
            if format in STRING_FORMATS
            else f"{format} is not a format of type string; use one of {', '.join(STRING_FORMATS)}"
        )
    if type in ISO:
        return (
            None
            if format in ("default", "any") or "%" in format
            else f"{format} is not a format of a date or time; use default, any, or a pattern such as %Y-%m-%d"
        )
    return None if format == "default" else f"the type {type} has only the format default"


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
