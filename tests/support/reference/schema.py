"""docs/reference/schema.md: every key of schema files, from the published JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.support.paths import PROJECT
from tests.support.reference import NOTICE, table

TITLES = {
    "collection": "A file of several records",
    "record": "A record",
    "where": "where: which of them",
    "field": "A field",
    "constraints": "Constraints",
}


def schema_page() -> Iterator[str]:
    """Yield the lines of the page."""
    schema = json.loads((PROJECT / "schemas" / "schema.json").read_text(encoding="utf-8"))
    definitions = schema["$defs"]
    yield from ("# Schema files", "", NOTICE, "")
    yield "A file holds one record, or several under `records`. [Schemas](../schemas.md) explains them;"
    yield "`parquetry schema format` prints the JSON Schema that this page is made from."
    yield ""
    for name, title in TITLES.items():
        required = definitions[name].get("required", ())
        rows = (
            (
                f"`{key}`{' (required)' if key in required else ''}",
                values_of(value, definitions),
                meaning(value, definitions),
            )
            for key, value in definitions[name]["properties"].items()
        )
        yield from (f"## {title}", "", *table(("key", "value", "what it is"), rows), "")


def resolve(value: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return a definition with that which it refers to."""
    reference = value.get("$ref", "").rpartition("/")[2]
    return {**resolve(definitions[reference], definitions), **value} if reference else value


def meaning(value: dict[str, Any], definitions: dict[str, Any]) -> str:
    """Return what a key is for."""
    return str(resolve(value, definitions).get("description", ""))


def values_of(value: dict[str, Any], definitions: dict[str, Any]) -> str:
    """Return what values a key takes."""
    reference = value.get("$ref", "").rpartition("/")[2]
    if reference in TITLES:
        return TITLES[reference].partition(":")[0]
    full = resolve(value, definitions)
    if "enum" in full:
        return ", ".join(f"`{choice}`" for choice in full["enum"])
    if "anyOf" in full:
        return " or ".join(dict.fromkeys(values_of(choice, definitions) for choice in full["anyOf"]))
    if full.get("type") == "array" and isinstance(full.get("items"), dict):
        return f"a list of: {values_of(full['items'], definitions)}"
    kind = full.get("type", "any value")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)
