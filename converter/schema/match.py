"""Match a schema to a document: which units it selects, and the raw values of its fields."""

from __future__ import annotations

import json
from typing import Any

from converter.records import ParsedDocument
from converter.records.record import VALUE_BYTES, characters
from converter.schema.lookup import CONDITIONS, SOURCES
from converter.schema.model import Field, Schema
from converter.schema.patterns import Expression, Patterns, positions
from converter.schema.units import UNITS, Unit
from converter.schema.validate import Candidate, Validation, validate

NAMED_UNITS = {"rows": ("headers", "column"), "form": ("labels", "label")}
"""Units whose values have names: the condition on the names, and the source that takes a value by name."""


def match(context: ParsedDocument, schema: Schema) -> Validation:
    """Return the rows of the record in a document. Violations become problems; none is raised.

    Rows count against the allowance as they are made. `unique` is not checked here: see `Uniques`, which knows
    other documents too.
    """
    units = (unit for unit in UNITS[schema.unit](context) if fits(schema, unit))
    return validate(schema, [_candidate(unit, schema) for unit in units], context.doc_id)


def _candidate(unit: Unit, schema: Schema) -> Candidate:
    raws = tuple(raw_value(unit, one) for one in schema.fields)
    # Every row repeats values from around its unit: a title, front matter, an attribute.
    unit.context.allowance.take(VALUE_BYTES * len(raws) + sum(map(characters, raws)))
    return Candidate(unit.section_id, unit.line_start, unit.line_end, raws, unknown_pairs(schema, unit))


def raw_value(unit: Unit, one: Field) -> Any:
    """Return the raw value from the first of a field's sources that has one; None if none has."""
    for key, argument in one.sources:
        value = SOURCES[key](unit, argument)
        if "extract" in one.descriptor and value is not None and key != "constant":
            value = _extracted(one.descriptor["extract"], value)
        if isinstance(value, tuple):
            value = list(value)
        if value is not None and value != [] and not (isinstance(value, str) and not value.strip()):
            return value.strip() if isinstance(value, str) else value
    return None


def _extracted(expression: str, value: Any) -> Any:
    if isinstance(value, list):
        return [part for item in value if (part := _extracted(expression, str(item))) is not None]
    found = Expression(expression).search(str(value))
    if found is None or not found.re.groups:
        return found and found[0]
    return next((group for group in found.groups() if group is not None), None)


def fits(schema: Schema, unit: Unit) -> bool:
    """Whether the schema selects a unit."""
    if not all(CONDITIONS[key](unit, wanted) for key, wanted in schema.where.items()):
        return False
    condition, source = NAMED_UNITS.get(schema.unit, ("", ""))
    if not condition or condition in schema.where:
        return True
    own = [one for one in schema.fields if one.sources[0][0] == source]
    required = [one for one in own if one.required and len(one.sources) == 1]
    names = tuple(name for name, _ in unit.named())
    there = (bool(positions(one.sources[0][1].texts, names)) for one in required or own)
    return any(there) if schema.unit == "form" and not required else all(there)


def unknown_pairs(schema: Schema, unit: Unit) -> list[tuple[str, str]]:
    """Return the columns or labels of a unit that no field takes, with their raw texts; of equal names, the first."""
    source = NAMED_UNITS.get(schema.unit, ("", ""))[1]
    if not source or schema.unknown_columns == "ignore":
        return []
    taken = [patterns for one in schema.fields for key, patterns in one.sources if key == source]
    unknown: dict[str, str] = {}
    for name, value in unit.named():
        if not any(isinstance(patterns, Patterns) and patterns.fit(name) for patterns in taken):
            unknown.setdefault(name, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return list(unknown.items())
