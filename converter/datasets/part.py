"""The rows that one document contributes to one data set."""

from __future__ import annotations

import json
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa

from converter.datasets.kinds import Kind, KindCount, Kinds, Place, add, common_kind
from converter.parse import Table
from converter.records import ParsedDocument
from converter.records.record import DOC_ID, INT32, LINE_START
from converter.records.record import field as record_field
from converter.records.tables import dataset_of, tables_of
from converter.values import Column, Hints
from converter.values.lattice import FLOAT64, INT64, NULL, STRING, decimal128

TABLE_PLACE = (
    DOC_ID,
    record_field("table_id", INT32, "The table (tables.table_id)."),
    record_field("row", INT32, "The body row, from 0."),
    LINE_START,
)
"""The first columns of every data set: the table and row that a row comes from."""

SOURCE = "source"
"""The metadata key of a part's rows that holds the source of the document."""

VALUE, TEXT = "value ", "text "
"""Prefixes of a column's name: its typed values, and the raw texts that replace them if types do not agree."""

FEW_VALUES = 4096
"""Up to this many integers are converted to floats one by one, as in most casts; more would take long."""

COMPRESSED_BYTES = 1024 * 1024
"""Rows of this many bytes or more are compressed: they are held until the run ends."""

Order = tuple[tuple[str, str], ...]
"""The name and the header of each column, in the order of a table."""


PARTS = pa.schema(
    [
        DOC_ID,
        pa.field("dataset", pa.string(), nullable=False),
        pa.field("kinds", pa.binary(), nullable=False),
        pa.field("rows", pa.binary(), nullable=False),
    ]
)
"""The parts that a batch of documents contributes to data sets: a row for each document and data set.

`rows` is a record batch in Arrow IPC format: the source in its metadata, PLACE, and for each column its texts and,
unless it is text, its values. `kinds` is an Arrow schema with a field for each observed kind of a column: its type, and
in the metadata its unit, the number of tables, and the first one; the schema's metadata holds the tables' column
orders.
Nothing in it refers to the process that made it: parts can come from another process, or stay on disk for another run.
"""


class Part(NamedTuple):
    """A row of `PARTS`."""

    doc_id: str | None
    dataset: str
    kinds: bytes
    rows: bytes


@dataclass(slots=True)
class _Tables:
    """The tables of one data set while a part is built. `places` are the numeric columns of PLACE."""

    places: tuple[array[int], ...] = field(default_factory=lambda: (array("i"), array("i"), array("i")))
    columns: dict[str, list[tuple[Column, list[str | None]]]] = field(default_factory=lambda: defaultdict(list))
    kinds: dict[str, Kinds] = field(default_factory=lambda: defaultdict(dict))
    orders: Counter[Order] = field(default_factory=Counter)


def parts_of(contexts: Iterable[ParsedDocument], hints: Hints) -> Iterator[pa.RecordBatch]:
    """Yield the parts of data sets (`PARTS`) from these documents, for each in the order of its tables."""
    parts: list[Part] = []
    size = 0
    for context in contexts:
        for part in _parts(context, hints):
            context.allowance.take(len(part.kinds) + len(part.rows))
            parts.append(part)
            size += len(part.rows)
            if size >= COMPRESSED_BYTES:
                yield _batch(parts)
                parts, size = [], 0
    if parts:
        yield _batch(parts)


def _batch(parts: Sequence[Part]) -> pa.RecordBatch:
    columns = zip(*parts, strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, PARTS, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=PARTS)


def _parts(context: ParsedDocument, hints: Hints) -> Iterator[Part]:
    datasets: dict[str, list[tuple[int, Table]]] = defaultdict(list)
    for table_id, (_, _, table) in enumerate(tables_of(context)):
        if dataset := dataset_of(table, context.columns[table_id]):
            datasets[dataset].append((table_id, table))
    for dataset, dataset_tables in datasets.items():
        tables = _Tables()
        for table_id, table in dataset_tables:
            _add(tables, context, table_id, table, context.columns[table_id], hints)
        kinds = write_kinds(tables.kinds, tables.orders)
        yield Part(context.doc_id, dataset, kinds, _rows(context, tables))


def write_kinds(kinds: Mapping[str, Kinds], orders: Mapping[Order, int]) -> bytes:
    """Return the observed kinds and orders of columns in the format of `PARTS`."""
    fields = [
        pa.field(
            name, kind.type, metadata={"seen": json.dumps([kind.unit, occurrences.tables, *occurrences.first_place])}
        )
        for name, column in kinds.items()
        for kind, occurrences in column.items()
    ]
    return bytes(pa.schema(fields, metadata={"orders": json.dumps(list(orders.items()))}).serialize())


def read_kinds(data: bytes) -> tuple[list[tuple[str, Kind, KindCount]], list[tuple[Order, int]]]:
    """Return the data that `write_kinds` wrote: name, kind and `KindCount` of each column, and the orders."""
    schema = pa.ipc.read_schema(pa.py_buffer(data))
    entries = []
    for column in schema:
        unit, tables, *place = json.loads(column.metadata[b"seen"])
        entries.append((column.name, Kind(column.type, unit), KindCount(tables, Place(*place))))
    orders = json.loads(schema.metadata[b"orders"])
    return entries, [(tuple((name, header) for name, header in order), count) for order, count in orders]


def _add(tables: _Tables, context: ParsedDocument, table_id: int, table: Table, columns: Sequence[Column],
         hints: Hints) -> None:  # fmt: skip
    from converter.values import texts

    count = len(table.rows)
    for numbers, new_numbers in zip(tables.places, ([table_id] * count, range(count), table.lines), strict=True):
        numbers.extend(new_numbers)
    place = Place(context.source, table.lines[0], context.doc_id or "")
    tables.orders[tuple((column.name, column.header) for column in columns)] += 1
    for position, column in enumerate(columns):
        raw = texts((row[position].text for row in table.rows), hints)
        kind = Kind(NULL if column.says_nothing else column.type, column.unit)
        tables.columns[column.name].append((column, [None] * count if pa.types.is_null(column.type) else raw))
        add(tables.kinds[column.name], kind, KindCount(1, place))


def _rows(context: ParsedDocument, tables: _Tables) -> bytes:
    count = len(tables.places[0])
    arrays = [pa.repeat(pa.scalar(context.doc_id, STRING), count)]
    arrays += [pa.Array.from_buffers(INT32, count, [None, pa.py_buffer(numbers)]) for numbers in tables.places]
    names = [field.name for field in TABLE_PLACE]
    for name, columns in tables.columns.items():
        arrays.append(pa.array([text for _, raw in columns for text in raw], STRING))
        names.append(TEXT + name)
        type = common_kind(tables.kinds[name]).type
        value_arrays = [pa.nulls(len(raw)) if column.says_nothing else column.values for column, raw in columns]
        if type != STRING and (values := concat_as(value_arrays, type)) is not None:
            arrays.append(values)
            names.append(VALUE + name)
    rows = pa.RecordBatch.from_arrays(arrays, names).replace_schema_metadata({SOURCE: json.dumps(context.source)})
    options = pa.ipc.IpcWriteOptions(compression="zstd" if rows.nbytes >= COMPRESSED_BYTES else None, use_threads=False)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema, options=options) as stream:
        stream.write_batch(rows)
    return bytes(sink.getvalue())


def source_of(rows: pa.RecordBatch) -> str | None:
    """Return the source of a part's document; None if an older version wrote the part."""
    words = (rows.schema.metadata or {}).get(SOURCE.encode())
    return None if words is None else str(json.loads(words))


def concat_as(arrays: Sequence[pa.Array], type: pa.DataType) -> pa.Array | None:
    """Return the arrays as one of this type, or None if a value would be lost."""
    try:
        return pa.concat_arrays([as_type(array, type) for array in arrays])
    except pa.ArrowInvalid:
        return None


def as_type(array: pa.Array, type: pa.DataType) -> pa.Array:
    """Return an array as another type; most avoid `Array.cast`, which imports pyarrow.compute (25 ms, 9 MB).

    Raises:
        pyarrow.ArrowInvalid: a value would be lost.
    """
    if array.type == type:
        return array
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), type)
    if array.type == INT64 and type == FLOAT64 and len(array) <= FEW_VALUES:
        return pa.array(array.to_pylist(), type)
    if array.type == INT64 and pa.types.is_decimal(type):
        array = array.cast(decimal128(type.scale))  # Arrow casts integers only to decimals that hold any of them
    return array.cast(type)
