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

FIELD_SHARE, TABLE_SHARE = 0.5, 0.1
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
        "# `required` marks the fields that every document has; delete the fields that you do not want.",
        "# Your editor completes and checks this file with the schema that `parquetry schema format` prints.",
        "records:",
    ]
    record_names: set[str] = set()
    record = _document(profile)
    parts += _record(_record_name(column_name(name), record_names), "document", "One row per document.", record)
    tables = sorted(profile.tables.items(), key=lambda item: (-len(item[1].documents), item[0]))
    for names, table in tables:
        if (
            len(table.documents) < max(min(2, profile.documents), TABLE_SHARE * profile.documents)
            or table.rows < FEWEST_ROWS
        ):
            continue
        description = f"{table.rows:,} rows in {len(table.documents)} of {profile.documents} documents."
        fields = []
        field_names: set[str] = set(RESERVED_FIELDS)
        for column, occurrences in table.columns.items():
            count = (
                f"{len(occurrences.values):,} filled"
                if occurrences.count <= len(occurrences.values)
                else f"{occurrences.count:,} cells"
            )
            required = len(occurrences.values) == occurrences.count == table.rows
            fields += _field(_claim(column, field_names), "column", occurrences, required, count)
        # The headers of all columns, so that no other table matches.
        headers = ", ".join(_text(_literal(occurrences.spelling)) for occurrences in table.columns.values())
        where = ["    where:", f"      headers: [{headers}]"]
        parts += _record(
            _record_name("_".join(names)[:40].strip("_"), record_names), "rows", description, fields, where
        )
    return "\n".join(parts) + "\n"


def _record_name(name: str, record_names: set[str]) -> str:
    """Return a valid record name that is not taken yet, and take it."""
    return _claim(f"{name.strip('_')}_record" if refusal(name) else name, record_names)


def _document(profile: Profile) -> list[str]:
    field_names: set[str] = set(RESERVED_FIELDS)
    fields: list[str] = []
    for source, places in (("metadata", profile.metadata), ("label", profile.labels), ("section", profile.sections)):
        for name, occurrences in profile.recurring(places, FIELD_SHARE):
            if source == "label" and occurrences.count > 1.5 * len(occurrences.documents):
                continue  # it labels many things in a document, not the document
            comment = f"{len(occurrences.documents)} of {profile.documents} documents"
            required = len(occurrences.filled) == profile.documents
            fields += _field(_claim(name, field_names), source, occurrences, required, comment)
    if "title" not in field_names:
        fields = [f"      - name: {_claim('title', field_names)}", "        part: title", *fields]
    return fields


def _record(name: str, unit: str, description: str, fields: Sequence[str], where: Sequence[str] = ()) -> list[str]:
    """Return the lines of a record."""
    header = ["", f"  - name: {_text(name)}", f"    description: {_text(description)}", f"    from: {unit}"]
    policies = ["    onViolation: reject   # or fail, or null"]
    if unit == "rows":
        policies.append("    unknownColumns: ignore   # or evolve, or fail")
    return [*header, *where, *policies, "    fields:", *fields]


def _field(name: str, source: str, occurrences: Occurrences, required: bool, comment: str) -> list[str]:
    """Return the lines of a field."""
    type, options = _type(occurrences.values)
    pattern = occurrences.spelling if source == "metadata" else _literal(occurrences.spelling)
    lines = [
        f"      - name: {_text(name)}   # {comment}",
        f"        {source}: {_text(pattern)}",
        f"        type: {type}",
    ]
    lines += [f"        {key}: {_text(value)}" for key, value in options.items()]
    if required and not any(is_missing(_bare_field(type), value) for value in occurrences.values):
        lines.append("        constraints: {required: true}")
    choices = sorted({text_of(value) for value in occurrences.values})
    has_few_choices = len(choices) <= MOST_CHOICES and len(occurrences.values) >= FEWEST_VALUES
    if type == "string" and has_few_choices and all(len(choice) <= LONGEST_CHOICE for choice in choices):
        lines.append(f"        # every value is one of: {', '.join(map(_text, choices))}")
    return lines


def _type(values: Sequence[Any]) -> tuple[str, dict[str, str]]:
    """Return the Table Schema type that all values have, each alone and all together."""
    if not values:
        return "string", {}
    if all(isinstance(value, list) for value in values):
        items = [item for value in values for item in value]
        if any(isinstance(item, list | dict) for item in items):
            return "array", {}
        type = _scalar([text_of(item) for item in items])
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
    errors = (cast(_bare_field(type), [text], [1])[1] for text in dict.fromkeys(texts))
    return "string" if any(errors) else type


def _bare_field(type: str) -> Field:
    """Return a field with nothing but a type."""
    return Field("value", type, ARROW_TYPES.get(type, pa.string()), (), {}, "reject")


def _claim(name: str, used_names: set[str]) -> str:
    """Return a name that is not taken yet, and take it."""
    stem, count = name[:55], 1
    while name.lower() in used_names:
        count += 1
        name = f"{stem}_{count}"
    used_names.add(name.lower())
    return name


def _literal(text: str) -> str:
    """Return a pattern that fits this text, escaped if the text looks like a glob or a regular expression."""
    if GLOB.search(text) or text.startswith("/"):
        return "/" + r"^\s*" + re.sub(r"(?:\\?\s)+", r"\\s+", re.escape(text.strip())) + r":?\s*$/"
    return text.strip()


def _text(text: str) -> str:
    """Return a text as YAML, without quotes if it needs none."""
    is_plain = PLAIN.fullmatch(text) and text.lower() not in WORDS
    # YAML accepts JSON strings, but no unescaped surrogates or control characters in them.
    return text if is_plain else json.dumps(text, ensure_ascii=not text.isprintable())
