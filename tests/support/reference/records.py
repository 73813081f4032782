"""docs/reference/records.md: the keys of all records as a tree, and the fields and sample rows of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import converter
from converter.records import RECORDS
from converter.records.record import Record
from tests.support.paths import CASE_FOLDER
from tests.support.reference import NOTICE, table

SAMPLE = CASE_FOLDER / "documentation" / "sample.md"
SAMPLE_ROWS = 5
LONGEST_VALUE = 40


def records_page() -> Iterator[str]:
    """Yield the lines of the page."""
    sample = SAMPLE.read_text(encoding="utf-8")
    document = converter.read_text(sample)
    yield from ("# Records", "", NOTICE, "")
    yield "`doc_id` and the key beside a record identify its rows; `x -> y` refers to the key of `y`. `problems` has no"
    yield "key. [The records](../records.md) says what is read."
    yield from ("", "```text", *key_tree(), "```", "", "The sample rows below are those of this document:", "")
    yield from ("````markdown", *sample.rstrip().splitlines(), "````", "")
    for record in RECORDS.values():
        yield from record_section(record, document.rows(record.name))


def key_tree() -> Iterator[str]:
    """Yield the records as a tree: each stands below the one that it belongs to most closely."""
    children: dict[str, list[Record]] = {name: [] for name in RECORDS}
    earlier: set[str] = set()
    for record in RECORDS.values():
        parents = [parent for _, parent, _ in record.foreign_keys if parent in earlier]
        if record.name != "documents":
            children[parents[-1] if parents else "documents"].append(record)
        earlier.add(record.name)
    yield "documents  doc_id"
    yield from branches("documents", children, "")


def branches(name: str, children: dict[str, list[Record]], indent: str) -> Iterator[str]:
    """Yield the lines of what stands below a record in the tree."""
    for record in children[name]:
        is_last = record is children[name][-1]
        key = ", ".join(column for column in record.key if column != "doc_id")
        references = ", ".join(f"{column} -> {parent}" for column, parent, _ in record.foreign_keys)
        yield f"{indent}{'└─' if is_last else '├─'} {record.name}  {key}  {references}".rstrip()
        yield from branches(record.name, children, f"{indent}{'   ' if is_last else '│  '}")


def record_section(record: Record, rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines about one record: its fields and sample rows."""
    yield from (f"## {record.name}", "", record.description, "")
    fields = (
        (
            f"`{field.name}`",
            f"`{field.type}`",
            "yes" if field.nullable else "no",
            field.metadata[b"description"].decode(),
        )
        for field in record.schema
    )
    yield from (*table(("field", "Arrow type", "null", "what it is"), fields), "")
    if rows:
        names = [name for name in rows[0] if name != "doc_id"]
        samples = ([cell_text(row[name]) for name in names] for row in rows[:SAMPLE_ROWS])
        yield from (*table((f"`{name}`" for name in names), samples), "")


def cell_text(value: Any) -> str:
    """Return a value as one short line."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    line = " ".join(text.replace("`", "'").split())
    return f"`{line[:LONGEST_VALUE]}{'…' if len(line) > LONGEST_VALUE else ''}`" if line else ""
