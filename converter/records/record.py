"""A record: a name, a key, and a fixed Arrow schema whose fields carry descriptions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, Protocol

import pyarrow as pa

from converter.errors import PluginError
from converter.limits import Allowance
from converter.plugins import instance_of
from converter.records.context import ParsedDocument

CONTRACT_VERSION = "2"
"""The version of the record contract. It changes when a column is renamed or dropped, or changes its type or meaning.
Since version 2, `blocks.markdown` stands by itself."""

ROWS_AT_ONCE = 2048
"""Rows held as tuples at a time: all rows of a large document would take as much memory as everything else together."""

VALUE_BYTES = 4
"""Bytes that a value takes apart from its characters, about as in Arrow."""

MOST_AT_ONCE = 256 * 1024 * 1024
"""Rows of more bytes become batches of one row each: Arrow's strings hold 2 GB in a batch."""

STRING, INT8, INT16, INT32, INT64 = pa.string(), pa.int8(), pa.int16(), pa.int32(), pa.int64()
FLOAT32, BOOL = pa.float32(), pa.bool_()


def characters(value: Any) -> int:
    """Return the size of a value, including nested values."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        value = value.values()
    return sum(map(characters, value)) if isinstance(value, Iterable) else VALUE_BYTES


class Rows(Protocol):
    """Yields a document's rows of one record, each a tuple in the order of the schema's fields."""

    def __call__(self, context: ParsedDocument) -> Iterable[tuple[Any, ...]]:
        """Yield the rows."""


def field(name: str, type: pa.DataType, description: str, *, nullable: bool = False) -> pa.Field:
    """Return an Arrow field that carries its description."""
    return pa.field(name, type, nullable=nullable, metadata={"description": description})


def metadata_text(item: pa.Field | pa.Schema, key: str) -> str:
    """Return the `description` or the `unit` of a column, or the description of a table; empty if it has none."""
    text: bytes = (item.metadata or {}).get(key.encode(), b"")
    return text.decode()


DOC_ID = field("doc_id", STRING, "The document: stable for a source from run to run, derived from its key.")
SECTION_ID = field("section_id", INT32, "The section that contains it (sections.section_id).")
BLOCK_ID = field("block_id", INT32, "The block that contains it (blocks.block_id).")
LINE_START = field("line_start", INT32, "Its first line in the source, 1-based, before any repair.")
LINE_END = field("line_end", INT32, "Its last line in the source, 1-based, inclusive.")


@dataclass(frozen=True)
class Record:
    """One kind of row: `rows` yields the rows of one document.

    `key` names the columns of the primary key, empty if a record has none; `foreign_keys` maps a column
    to the record and column that it refers to (together with `doc_id`).
    """

    name: str
    description: str
    key: tuple[str, ...]
    fields: tuple[pa.Field, ...]
    rows: Rows
    foreign_keys: tuple[tuple[str, str, str], ...] = ()

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema: fields with their descriptions, the record's name and the contract's version."""
        return pa.schema(
            list(self.fields),
            metadata={"record": self.name, "description": self.description, "version": CONTRACT_VERSION},
        )

    def batches(
        self, contexts: Iterable[ParsedDocument], rows_at_once: int = ROWS_AT_ONCE, allowance: Allowance | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of these documents in batches of up to `rows_at_once`, each charged to the allowance first.

        Raises:
            ValueError: a row holds a null where the contract allows none.
            PluginError: a row has too few or too many values.
            TooMuchOutput: the rows exceed the allowance.
        """
        rows = self._rows(contexts)
        while chunk := list(islice(rows, rows_at_once)):
            if any(len(row) != len(self.fields) for row in chunk):
                raise PluginError(f"the record {self.name} yields a row that has not {len(self.fields)} values")
            columns = list(zip(*chunk, strict=True))
            weight = self._weight(columns)
            if allowance is not None:
                allowance.take(weight)
            if weight <= MOST_AT_ONCE:
                yield self._batch(columns)
            else:
                yield from (self._batch([(value,) for value in row]) for row in chunk)

    def _batch(self, columns: Sequence[Sequence[Any]]) -> pa.RecordBatch:
        schema = self.schema
        arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
        for array, field in zip(arrays, schema, strict=True):
            if array.null_count and not field.nullable:
                raise ValueError(f"{self.name}.{field.name} is null, but the contract allows no null")
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _weight(self, columns: Sequence[Sequence[Any]]) -> int:
        """Return the size of these columns in bytes, except for `doc_id`, which is always the same."""
        weight = VALUE_BYTES * len(columns) * len(columns[0])
        for column, field in zip(columns, self.fields, strict=True):
            if field.type == STRING and field is not DOC_ID:
                weight += sum(map(len, filter(None, column)))
            elif pa.types.is_nested(field.type):
                weight += sum(map(characters, column))
        return weight

    def _rows(self, contexts: Iterable[ParsedDocument]) -> Iterator[tuple[Any, ...]]:
        for context in contexts:
            if context.text is not None or self.name == "problems":  # a source that could not be read has no other rows
                yield from self.rows(context)


def fault_of_record(name: str, item: object) -> str | None:
    """Return what is wrong with an added record, None if nothing is."""
    if fault := instance_of(Record)(name, item):
        return fault
    assert isinstance(item, Record)
    names = [field.name for field in item.fields]
    if item.fields[:1] != (DOC_ID,):
        return "its first field is not DOC_ID"
    if repeated := {name for name in names if names.count(name) > 1}:
        return f"two fields have the name {min(repeated)}"
    unknown = [column for column in (*item.key, *(key[0] for key in item.foreign_keys)) if column not in names]
    return f"a key names {unknown[0]}, which is not a field" if unknown else None
