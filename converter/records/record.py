"""What a record is: a name, a key, and a fixed Arrow schema whose fields describe themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, Protocol, TypeAlias

import pyarrow as pa

from converter.records.context import Context

CONTRACT_VERSION = "1"
"""The version of the record contract; it changes only when a column is renamed, dropped or changes its type."""

ROWS_AT_ONCE = 2048
"""Rows that are tuples at the same time: a large document's would take as much memory as all the rest of it."""

LARGE_BYTES = 1024 * 1024
"""Once a column of so many bytes is joined, the memory of its parts is given back: the allocator would keep it."""

STRING, INT8, INT16, INT32, INT64 = pa.string(), pa.int8(), pa.int16(), pa.int32(), pa.int64()
FLOAT32, BOOL = pa.float32(), pa.bool_()


class Run(NamedTuple):
    """Rows of a column that all have the same value, as a large document's `doc_id`: half of all bytes of `cells`."""

    value: str
    rows: int


Part: TypeAlias = "pa.Array[Any] | Run"
"""Some rows of a column."""


class Rows(Protocol):
    """Yields a document's rows of one record, each a tuple in the order of the schema's fields."""

    def __call__(self, context: Context) -> Iterable[tuple[Any, ...]]:
        """Yield the rows."""


def field(name: str, type: pa.DataType, description: str, *, nullable: bool = False) -> pa.Field:
    """Return an Arrow field that carries its description."""
    return pa.field(name, type, nullable=nullable, metadata={"description": description})


DOC_ID = field("doc_id", STRING, "The document: stable for a source from run to run, derived from its key.")
SECTION_ID = field("section_id", INT32, "The section that it stands in (sections.section_id).")
BLOCK_ID = field("block_id", INT32, "The block that it stands in (blocks.block_id).")
LINE_START = field("line_start", INT32, "Its first line in the source, 1-based, before any repair.")
LINE_END = field("line_end", INT32, "Its last line in the source, 1-based, inclusive.")


@dataclass(frozen=True)
class Record:
    """One kind of row: `rows` yields what one document holds of it.

    `key` names the columns of the primary key, empty where a record has none; `foreign_keys` maps a column
    to the record and column that it points to (together with `doc_id`).
    """

    name: str
    description: str
    key: tuple[str, ...]
    fields: tuple[pa.Field, ...]
    rows: Rows
    foreign_keys: tuple[tuple[str, str, str], ...] = ()

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema: fields with their descriptions, the record's name and the contract's version."""
        return pa.schema(
            list(self.fields),
            metadata={"record": self.name, "description": self.description, "version": CONTRACT_VERSION},
        )

    def batch(self, contexts: Iterable[Context]) -> pa.RecordBatch:
        """Return the rows of these documents as one Arrow batch, in the order of the documents.

        Raises:
            ValueError: a row holds a null where the contract allows none.
        """
        schema = self.schema
        rows = self._rows(contexts)
        chunks: list[list[Part]] = [[] for _ in schema]
        while chunk := list(islice(rows, ROWS_AT_ONCE)):
            for parts, column, field in zip(chunks, zip(*chunk, strict=True), self.fields, strict=True):
                if field is not DOC_ID or column.count(column[0]) < len(column):
                    parts.append(pa.array(column, field.type))
                elif parts and isinstance(last := parts[-1], Run) and last.value == column[0]:
                    parts[-1] = Run(last.value, last.rows + len(column))
                else:
                    parts.append(Run(column[0], len(column)))
        arrays = [_joined(parts, field.type) for parts, field in zip(chunks, schema, strict=True)]
        for array, field in zip(arrays, schema, strict=True):
            if array.null_count and not field.nullable:
                raise ValueError(f"{self.name}.{field.name} is null, but the contract allows no null")
        return pa.RecordBatch.from_arrays(arrays, schema=schema)

    def _rows(self, contexts: Iterable[Context]) -> Iterator[tuple[Any, ...]]:
        for context in contexts:
            yield from self.rows(context)


def _joined(parts: list[Part], type: pa.DataType) -> pa.Array[Any]:
    """Return the parts of a column as one array, and let them go: those of all columns would be held twice."""
    arrays = [pa.repeat(pa.scalar(part.value, type), part.rows) if isinstance(part, Run) else part for part in parts]
    parts.clear()
    joined = arrays[0] if len(arrays) == 1 else pa.concat_arrays(arrays) if arrays else pa.array([], type)
    arrays.clear()
    if joined.nbytes >= LARGE_BYTES:
        pa.default_memory_pool().release_unused()
    return joined
