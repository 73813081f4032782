"""Profile -> a commented schema file, ready to edit, that accepts the documents it was made from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import pyarrow as pa

from converter.printable import amount
from converter.schema.cast import ARROW_TYPES, cast, is_missing, raw_text
from converter.schema.export import TABLE_SCHEMA, type_name
from converter.schema.load import RESERVED_FIELDS, arrow_type
from converter.schema.model import Field
from converter.schema.names import refusal
from converter.schema.profile import MOST_VALUES, Occurrences, Profile, RowsProfile
from converter.values import column_name, infer

K = TypeVar("K", str, tuple[str, ...])

FIELD_SHARE, TABLE_SHARE = 0.5, 0.1
"""The minimum share of documents that contain a field of the document, and a table, to include it."""
FEWEST_ROWS = 3
PLAIN_SCALAR = re.compile(r"[A-Za-z_][A-Za-z0-9_ ()/.-]*[A-Za-z0-9_)]|[A-Za-z]")
YAML_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
MOST_CHOICES, FEWEST_VALUES, LONGEST_CHOICE = 8, 10, 40
GLOB = re.compile(r"[*?]")


def suggest(profile: Profile, name: str) -> str:
    """Return the text of a schema file for what recurs: records of documents, tables, lists and definitions."""
    documents = amount(profile.documents, "document")
    parts = [
        f"# What recurs in {documents}, as `parquetry infer` found it; edit it as you like.",
        "# `required` marks the fields that every document has; delete the fields that you do not want.",
        "# A field with `part: source` or `part: line` says where a row comes from.",
        "# Your editor completes and checks this file with the schema that `parquetry schema format` prints.",
        "records:",
    ]
    record_names: set[str] = set()
    record = _document(profile)
    parts += _record(_record_name(column_name(name), record_names), "document", "One row per document.", record)
    for names, kind in _most_common(profile.tables):
        if _recurs(profile, kind, TABLE_SHARE):
            parts += _table(profile, names, record_names)
    for title, items in _most_common(profile.items):
        if _recurs(profile, items, FIELD_SHARE) and items.title.values:
            where = ["    where:", f"      section: {_text(_pattern(items.title))}", "      depth: 0"]
            record_name = _record_name(f"{title[:40].strip('_')}_item", record_names)
            parts += _parts_record(profile, record_name, "items", items, where)
    if _recurs(profile, profile.definitions, TABLE_SHARE):
        parts += _parts_record(profile, _record_name("definition", record_names), "definitions", profile.definitions)
    return "\n".join(parts) + "\n"


def _most_common(profiles: Mapping[K, RowsProfile]) -> list[tuple[K, RowsProfile]]:
    return sorted(profiles.items(), key=lambda item: (-len(item[1].documents), item[0]))


def _recurs(profile: Profile, rows: RowsProfile, share: float) -> bool:
    """Whether there are enough rows, in at least this share of the documents and in at least two of them."""
    return rows.rows >= FEWEST_ROWS and len(rows.documents) >= max(min(2, profile.documents), share * profile.documents)


def _description(profile: Profile, rows: RowsProfile) -> str:
    return f"{amount(rows.rows, 'row')} in {len(rows.documents)} of {amount(profile.documents, 'document')}."


def _table(profile: Profile, names: tuple[str, ...], record_names: set[str]) -> list[str]:
    """Return the lines of the record of a kind of table."""
    table = profile.rows_of_table(names)
    fields = []
    field_names: set[str] = set(RESERVED_FIELDS)
    for column, occurrences in table.columns.items():
        fields += _field(_claim(column, field_names), "column", occurrences, *_completeness(table, occurrences))
    # The headers of all columns: tables with further columns match too, and are counted.
    headers = ", ".join(_text(_pattern(occurrences)) for occurrences in table.columns.values())
    where = ["    where:", f"      headers: [{headers}]"]
    record_name = _record_name("_".join(names)[:40].strip("_"), record_names)
    return _record(record_name, "rows", _description(profile, table), fields, where)


def _completeness(rows: RowsProfile, occurrences: Occurrences) -> tuple[bool, str]:
    """Return whether a field has a value in every row, and the number of rows that have one."""
    required = len(occurrences.values) == occurrences.count == rows.rows
    if occurrences.count <= len(occurrences.values):
        return required, f"{len(occurrences.values):,} filled"
    return required, f"{occurrences.count:,} cells"


def _parts_record(profile: Profile, name: str, unit: str, rows: RowsProfile, where: Sequence[str] = ()) -> list[str]:
    """Return the lines of a record whose fields are parts; only parts that at least half of the rows have."""
    fields: list[str] = []
    for part, occurrences in rows.columns.items():
        if 2 * len(occurrences.values) >= min(rows.rows, MOST_VALUES):
            fields += _field(part, "part", occurrences, *_completeness(rows, occurrences))
    return _record(name, unit, _description(profile, rows), fields, where)


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
            comment = f"{len(occurrences.documents)} of {amount(profile.documents, 'document')}"
            required = len(occurrences.filled_documents) == profile.documents
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
    type, options = _type(occurrences.spelling if source == "column" else "", occurrences.values)
    pattern = occurrences.spelling if source in ("metadata", "part") else _pattern(occurrences)
    lines = [
        f"      - name: {_text(name)}   # {comment}",
        f"        {source}: {_text(pattern)}",
        f"        type: {type}",
    ]
    lines += [f"        {key}: {_text(value) if value else 'false'}" for key, value in options.items()]
    if required and not any(is_missing(_bare_field(type), value) for value in occurrences.values):
        lines.append("        constraints: {required: true}")
    choices = sorted({raw_text(value) for value in occurrences.values})
    has_few_choices = len(choices) <= MOST_CHOICES and len(occurrences.values) >= FEWEST_VALUES
    if type == "string" and has_few_choices and all(len(choice) <= LONGEST_CHOICE for choice in choices):
        lines.append(f"        # every value is one of: {', '.join(map(_text, choices))}")
    return lines


def _type(header: str, values: Sequence[Any]) -> tuple[str, dict[str, Any]]:
    """Return the Table Schema type that all values have, each alone and all together."""
    if not values:
        return "string", {}
    if all(isinstance(value, list) for value in values):
        items = [item for value in values for item in value]
        if any(isinstance(item, list | dict) for item in items):
            return "array", {}
        type, options = _scalar(header, [raw_text(item) for item in items])
        return "list", {} if type == "string" or options else {"itemType": type}
    if all(isinstance(value, dict) for value in values):
        return "object", {}
    if any(isinstance(value, list | dict) for value in values):
        return "string", {}
    return _scalar(header, [raw_text(value) for value in values])


def _scalar(header: str, texts: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return the type that a table's column with this header and these cells has, and the options that read it."""
    column = infer(header, texts, range(1, len(texts) + 1))
    type = type_name(TABLE_SCHEMA, column.type, "string")
    if type not in ARROW_TYPES or type == "string":
        return "string", {}
    options: dict[str, Any] = {"bareNumber": False} if column.unit and type in ("integer", "number") else {}
    if pa.types.is_decimal(column.type):
        options["arrowType"] = str(column.type)
    field = _bare_field(type, options)
    errors = (cast(field, [text], [1])[1] for text in dict.fromkeys(texts))
    return ("string", {}) if any(errors) else (type, options)


def _bare_field(type: str, options: Mapping[str, Any] = {}) -> Field:
    """Return a field with nothing but a type, and options."""
    arrow = arrow_type(options["arrowType"]) if "arrowType" in options else ARROW_TYPES.get(type, pa.string())
    return Field("value", type, arrow, (), options, "reject")


def _claim(name: str, used_names: set[str]) -> str:
    """Return a name that is not taken yet, and take it."""
    stem, count = name[:55], 1
    while name.lower() in used_names:
        count += 1
        name = f"{stem}_{count}"
    used_names.add(name.lower())
    return name


def _pattern(occurrences: Occurrences) -> str:
    """Return a pattern that fits all spellings of a name."""
    spellings = {" ".join(spelling.split()).rstrip(":").casefold(): spelling for spelling in occurrences.spellings}
    if len(spellings) == 1:
        return _literal(occurrences.spelling)
    return "/" + r"^\s*(?:" + "|".join(sorted(map(_expression, spellings.values()))) + r"):?\s*$/"


def _expression(text: str) -> str:
    """Return a regular expression for a text; white space may be any."""
    return re.sub(r"(?:\\?\s)+", r"\\s+", re.escape(text.strip()))


def _literal(text: str) -> str:
    """Return a pattern that fits this text, escaped if the text looks like a glob or a regular expression."""
    if GLOB.search(text) or text.startswith("/"):
        return "/" + r"^\s*" + _expression(text) + r":?\s*$/"
    return text.strip()


def _text(text: str) -> str:
    """Return a text as YAML, without quotes if it needs none."""
    is_plain = PLAIN_SCALAR.fullmatch(text) and text.lower() not in YAML_WORDS
    # YAML accepts JSON strings, but no unescaped surrogates or control characters in them.
    return text if is_plain else json.dumps(text, ensure_ascii=not text.isprintable())
