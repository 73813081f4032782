"""JSON: an array of rows for one record, or a human-readable array of nested documents."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from converter.write.layout import Layout
from converter.write.values import json_rows

Row = dict[str, Any]


class _ArrayWriter:
    """Writes values as the elements of one JSON array."""

    def __init__(self, stream: BinaryIO, indent: int | None) -> None:
        self._stream = stream
        self._indent = indent
        self._separator = b"[\n"

    def _elements(self, values: Iterable[Any]) -> None:
        self.join(_elements(values, self._indent), 0)

    def join(self, encoded: bytes, rows: int) -> None:
        """Write elements that `encode_json` made."""
        if encoded:
            self._stream.write(self._separator)
            self._stream.write(encoded)
            self._separator = b",\n"

    def close(self) -> None:
        """End the array."""
        self._stream.write(b"[]\n" if self._separator == b"[\n" else b"\n]\n")


class JsonWriter(_ArrayWriter):
    """Writes one record as an array of objects, one row per line."""

    def __init__(self, stream: BinaryIO, schema: pa.Schema, layout: Layout) -> None:
        super().__init__(stream, indent=None)

    def write(self, batch: pa.RecordBatch) -> None:
        """Write an element for each row."""
        self._elements(json_rows(batch))

    def flush(self, minimum_bytes: int = 0) -> None:
        """Do nothing: no rows are held back."""


class NestedJsonWriter(_ArrayWriter):
    """Writes whole documents: document -> sections -> blocks, lists, tables, links and the rest.

    Every field of every record is included: `doc_id` once per document, `section_id` once per section, `list_id` and
    `table_id` once per list and table. Null fields are left out. Sources that could not be read are elements with only
    `source` and `problems`.
    """

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(stream, indent=2)

    def write(self, batches: Mapping[str, pa.Table]) -> None:
        """Write an element for each document of the batches, which hold every record."""
        records = {name: _group_by(json_rows(batch), "doc_id") for name, batch in batches.items()}
        for document in json_rows(batches["documents"]):
            rows_by_record = {name: rows.get(document["doc_id"], []) for name, rows in records.items()}
            self._elements([nested_document(document, rows_by_record)])
        unread_sources = _group_by((row for row in records["problems"].get(None, [])), "source", drop=False)
        for source, problems in unread_sources.items():
            source_problems = [_without_nulls(problem, "source", "doc_id") for problem in problems]
            self._elements([{"source": source, "problems": source_problems}])


def encode_json(batches: Sequence[pa.RecordBatch], schema: pa.Schema, layout: Layout) -> bytes:
    """Return rows as elements of an array."""
    return b",\n".join(filter(None, (_elements(json_rows(batch)) for batch in batches)))


def _elements(values: Iterable[Any], indent: int | None = None) -> bytes:
    return ",\n".join([json.dumps(value, ensure_ascii=False, indent=indent) for value in values]).encode()


NESTED = {
    "documents", "sections", "blocks", "list_items", "tables", "cells", "links", "images", "code_blocks", "footnotes",
    "definitions", "chunks", "repairs", "problems",
}  # fmt: skip
"""The records that have a place of their own in a document; those of plug-ins stand in the document itself."""
IN_SECTION = ("blocks", "links", "images", "code_blocks", "footnotes", "definitions")


def nested_document(document: Row, records: dict[str, list[Row]]) -> Row:
    """Return one document as nested objects; `records` holds its rows of every record."""
    lists, tables = _lists(records["list_items"]), _tables(records["tables"], records["cells"])
    parts = {name: _group_by(records[name], "section_id") for name in IN_SECTION}
    parts["lists"], parts["tables"] = _group_by(lists, "section_id"), _group_by(tables, "section_id")
    sections = []
    for row in records["sections"]:
        section = _without_nulls(row)
        for name in ("blocks", "lists", "tables", *IN_SECTION[1:]):
            if rows := parts[name].get(row["section_id"]):
                section[name] = [_without_nulls(part) for part in rows]
        sections.append(section)
    nested = _without_nulls(document)
    nested["sections"] = sections
    for name in [*(name for name in records if name not in NESTED), "chunks", "repairs", "problems"]:
        if records.get(name):
            nested[name] = [_without_nulls(row, "source") for row in records[name]]
    return nested


def _lists(items: list[Row]) -> list[Row]:
    return [
        {
            "list_id": list_id,
            "block_id": rows[0]["block_id"],
            "section_id": rows[0]["section_id"],
            "items": [_without_nulls(row, "list_id", "block_id", "section_id") for row in rows],
        }
        for list_id, rows in _group_by(items, "list_id", drop=False).items()
    ]


def _tables(tables: list[Row], cells: list[Row]) -> list[Row]:
    by_table = _group_by(cells, "table_id")
    return [
        {**table, "cells": [_without_nulls(cell) for cell in by_table.get(table["table_id"], [])]} for table in tables
    ]


def _group_by(rows: Any, key: str, drop: bool = True) -> dict[Any, list[Row]]:
    """Return the rows grouped by the value of `key`, which is removed from them if `drop`."""
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append({name: value for name, value in row.items() if name != key} if drop else row)
    return groups


def _without_nulls(row: Row, *implied: str) -> Row:
    """Return the row without nulls and without the fields that its place implies."""
    return {name: value for name, value in row.items() if value is not None and name not in implied}
