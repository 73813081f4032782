"""Profile -> a commented schema file, ready to edit, that accepts the documents it was made from."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from converter.schema.cast import ARROW_TYPES, cast, is_missing, text_of
from converter.schema.export import TABLE_SCHEMA, type_name
from converter.schema.load import RESERVED_FIELDS
from converter.schema.model import Field
from converter.schema.names import refusal
from converter.schema.profile import Occurrences, Profile
from converter.values import column_name, infer

COMMON, SOME = 0.5, 0.1
"""The minimum share of documents that contain a field of the document, and a table, to include it."""
FEWEST_ROWS = 3
PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_ ()/.-]*[A-Za-z0-9_)]|[A-Za-z]")
WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
MOST_CHOICES, FEWEST_VALUES, LONGEST_CHOICE = 8, 10, 40
GLOB = re.compile(r"[*?]")


def suggest(profile: Profile, name: str) -> str:
    """Return the text of a schema file for what recurs: one record of the documents, and one per kind of table."""
    parts = [
        f"# What recurs in {profile.documents} documents, as `parquetry infer` found it; edit it as you like.",
        "# `required` stands where no document goes without; a field that you do not want is a field to delete.",
        "# Your editor completes and checks this file by what `parquetry schema format` prints.",
        "records:",
    ]
    taken: set[str] = set()
    record = _document(profile)
    parts += _record(_record_name(column_name(name), taken), "document", "One row a document.", record)
    tables = sorted(profile.tables.items(), key=lambda each: (-len(each[1].documents), each[0]))
    for names, table in tables:
        if len(table.documents) < max(min(2, profile.documents), SOME * profile.documents) or table.rows < FEWEST_ROWS:
            continue
        about = f"{table.rows:,} rows in {len(table.documents)} of {profile.documents} documents."
        fields = []
        used: set[str] = set(RESERVED_FIELDS)
        for column, seen in table.columns.items():
            count = f"{len(seen.values):,} filled" if seen.count <= len(seen.values) else f"{seen.count:,} cells"
            required = len(seen.values) == seen.count == table.rows
            fields += _field(_unique(column, used), "column", seen, required, count)
        # The headers of all columns, so that no other table matches.
        headers = ", ".join(_text(_literal(seen.spelling)) for seen in table.columns.values())
        where = ["    where:", f"      headers: [{headers}]"]
        parts += _record(_record_name("_".join(names)[:40].strip("_"), taken), "rows", about, fields, where)
    return "\n".join(parts) + "\n"


def _record_name(name: str, taken: set[str]) -> str:
    """Return a valid record name that is not taken yet, and take it."""
    return _unique(f"{name.strip('_')}_record" if refusal(name) else name, taken)


def _document(profile: Profile) -> list[str]:
    used: set[str] = set(RESERVED_FIELDS)
    fields: list[str] = []
    for source, places in (("metadata", profile.metadata), ("label", profile.labels), ("section", profile.sections)):
        for name, seen in profile.recurring(places, COMMON):
            if source == "label" and seen.count > 1.5 * len(seen.documents):
                continue  # it labels many things in a document, not the document
            where = f"{len(seen.documents)} of {profile.documents} documents"
            required = len(seen.filled) == profile.documents
            fields += _field(_unique(name, used), source, seen, required, where)
    if "title" not in used:
        fields = [f"      - name: {_unique('title', used)}", "        part: title", *fields]
    return fields


def _record(name: str, unit: str, about: str, fields: Sequence[str], where: Sequence[str] = ()) -> list[str]:
    """Return the lines of a record."""
    head = ["", f"  - name: {_text(name)}", f"    description: {_text(about)}", f"    from: {unit}"]
    policies = ["    onViolation: reject   # or fail, or null"]
    if unit == "rows":
        policies.append("    unknownColumns: ignore   # or evolve, or fail")
    return [*head, *where, *policies, "    fields:", *fields]


def _field(name: str, source: str, seen: Occurrences, required: bool, comment: str) -> list[str]:
    """Return the lines of a field."""
    type, more = _type(seen.values)
    place = seen.spelling if source == "metadata" else _literal(seen.spelling)
    lines = [f"      - name: {_text(name)}   # {comment}", f"        {source}: {_text(place)}", f"        type: {type}"]
    lines += [f"        {key}: {_text(value)}" for key, value in more.items()]
    if required and not any(is_missing(_bare(type), value) for value in seen.values):
        lines.append("        constraints: {required: true}")
    choices = sorted({text_of(value) for value in seen.values})
    few = len(choices) <= MOST_CHOICES and len(seen.values) >= FEWEST_VALUES
    if type == "string" and few and all(len(choice) <= LONGEST_CHOICE for choice in choices):
        lines.append(f"        # they all say one of: {', '.join(map(_text, choices))}")
    return lines


def _type(values: Sequence[Any]) -> tuple[str, dict[str, str]]:
    """Return the Table Schema type that all values have, each alone and all together."""
    if not values:
        return "string", {}
    if all(isinstance(value, list) for value in values):
        flat = [item for value in values for item in value]
        if any(isinstance(item, list | dict) for item in flat):
            return "array", {}
        type = _scalar([text_of(item) for item in flat])
        return "list", {} if type == "string" else {"itemType": type}
    if all(isinstance(value, dict) for value in values):
        return "object", {}
    if any(isinstance(value, list | dict) for value in values):
        return "string", {}
    return _scalar([text_of(value) for value in values]), {}


def _scalar(texts: Sequence[str]) -> str:
    column = infer("", texts, range(1, len(texts) + 1))
    type = type_name(TABLE_SCHEMA, column.type, "string")
    if column.unit or type not in ARROW_TYPES or pa.types.is_decimal(column.type) or type == "string":
        return "string"
    alone = (cast(_bare(type), [text], [1])[1] for text in dict.fromkeys(texts))
    return "string" if any(alone) else type


def _bare(type: str) -> Field:
    """Return a field with nothing but a type."""
    return Field("value", type, ARROW_TYPES.get(type, pa.string()), (), {}, "reject")


def _unique(name: str, taken: set[str]) -> str:
    """Return a name that is not taken yet, and take it."""
    stem, count = name[:55], 1
    while name.lower() in taken:
        count += 1
        name = f"{stem}_{count}"
    taken.add(name.lower())
    return name


def _literal(text: str) -> str:
    """Return a pattern that fits this text, escaped if the text looks like a glob or a regular expression."""
    if GLOB.search(text) or text.startswith("/"):
        return "/" + r"^\s*" + re.sub(r"(?:\\?\s)+", r"\\s+", re.escape(text.strip())) + r":?\s*$/"
    return text.strip()


def _text(text: str) -> str:
    """Return a text as YAML, without quotes if it needs none."""
    plain = PLAIN.fullmatch(text) and text.lower() not in WORDS
    # YAML accepts JSON strings, but no unescaped surrogates or control characters in them.
    return text if plain else json.dumps(text, ensure_ascii=not text.isprintable())
