"""Match a schema to a document: which units it selects, and the raw values of its fields."""

from __future__ import annotations

import json
from typing import Any

from converter.records import ParsedDocument
from converter.records.record import VALUE_BYTES, characters
from converter.schema.lookup import CONDITIONS, FIELD_READERS, LIST_SOURCES
from converter.schema.model import Field, Schema
from converter.schema.patterns import Expression, Patterns, positions
from converter.schema.units import UNITS, Unit
from converter.schema.validate import Candidate, Validation, validate

NAMED_UNITS = {"rows": ("headers", "column"), "form": ("labels", "label")}
"""Units with named values: the condition on the names, and the source that looks a value up by name."""


def match(context: ParsedDocument, schema: Schema) -> Validation:
    """Return the rows of the record in a document. Violations become problems; none is raised.

    Rows count against the allowance as they are made. `unique` is not checked here: see `Uniques`, which knows
    other documents too.
    """
    units = (unit for unit in UNITS[schema.unit](context) if fits(schema, unit))
    return validate(schema, [_candidate(unit, schema) for unit in units], context.doc_id)


def _candidate(unit: Unit, schema: Schema) -> Candidate:
    raws = tuple(raw_value(unit, field) for field in schema.fields)
    # Every row repeats values from around its unit: a title, front matter, an attribute.
    unit.context.allowance.take(VALUE_BYTES * len(raws) + sum(map(characters, raws)))
    return Candidate(unit.section_id, unit.line_start, unit.line_end, raws, unknown_pairs(schema, unit))


def raw_value(unit: Unit, field: Field) -> Any:
    """Return the raw value from the first of a field's sources that has one; None if none has."""
    sources = LIST_SOURCES if field.type == "list" else FIELD_READERS
    for key, argument in field.sources:
        value = sources[key](unit, argument)
        if "extract" in field.descriptor and value is not None and key != "constant":
            value = _extract(field.descriptor["extract"], value)
        if isinstance(value, tuple):
            value = list(value)
        if value is not None and value != [] and not (isinstance(value, str) and not value.strip()):
            return value.strip() if isinstance(value, str) else value
    return None


def _extract(expression: str, value: Any) -> Any:
    if isinstance(value, list):
        return [part for item in value if (part := _extract(expression, str(item))) is not None]
    result = Expression(expression).search(str(value))
    if result is None or not result.re.groups:
        return result and result[0]
    return next((group for group in result.groups() if group is not None), None)


def fits(schema: Schema, unit: Unit) -> bool:
    """Whether the schema selects a unit."""
    if not all(CONDITIONS[key](unit, argument) for key, argument in schema.where.items()):
        return False
    condition, source = NAMED_UNITS.get(schema.unit, ("", ""))
    if not condition or condition in schema.where:
        return True
    named_fields = [field for field in schema.fields if field.sources[0][0] == source]
    required_fields = [field for field in named_fields if field.required and len(field.sources) == 1]
    names = tuple(name for name, _ in unit.named_values())
    matches = [field for field in named_fields if positions(field.sources[0][1].texts, names)]
    if not all(field in matches for field in required_fields):
        return False
    if schema.unit == "form":
        return len(matches) >= unit.fewest_names
    return bool(required_fields) or len(matches) == len(named_fields)


def unknown_pairs(schema: Schema, unit: Unit) -> list[tuple[str, str]]:
    """Return the columns or labels of a unit that no field takes, with their raw texts; of equal names, the first."""
    source = NAMED_UNITS.get(schema.unit, ("", ""))[1]
    if not source or schema.unknown_columns == "ignore":
        return []
    field_patterns = [patterns for field in schema.fields for key, patterns in field.sources if key == source]
    unknown_values: dict[str, str] = {}
    for name, value in unit.named_values():
        if not any(isinstance(patterns, Patterns) and patterns.fit(name) for patterns in field_patterns):
            unknown_values.setdefault(name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return list(unknown_values.items())
