"""The rows that one batch of documents gives to one data set."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from converter.datasets.kinds import Kind, Kinds, Place, Seen, add, unified
from converter.parse import Table
from converter.records import Context
from converter.records.record import DOC_ID, INT32, LINE_START
from converter.records.record import field as described
from converter.records.tables import dataset_of, tables_of
from converter.values import Column, Hints, texts
from converter.values.lattice import NULL, STRING

PLACE = (
    DOC_ID,
    described("table_id", INT32, "The table (tables.table_id)."),
    described("row", INT32, "The body row, from 0."),
    LINE_START,
)
"""The columns that every data set begins with: from which row of which table a row comes."""

VALUE, TEXT = "value ", "text "
"""Before a column's name: its typed values, and the raw texts that stand in for them where types do not agree."""

Order = tuple[tuple[str, str], ...]
"""The name and the header of each column, in the order of a table."""


@dataclass(slots=True)
class Part:
    """Some rows of a data set. `rows` holds PLACE, and for each column its texts and, unless it is text, its values.

    `kinds` says for each column as what it was seen, `orders` in which order the tables had their columns.
    Nothing here refers to the process that made it: a part can be sent from another one.
    """

    dataset: str
    rows: pa.RecordBatch
    kinds: dict[str, Kinds]
    orders: Counter[Order]


@dataclass(slots=True)
class _Tables:
    """The tables of one data set, while a part is made."""

    places: list[list[object]] = field(default_factory=lambda: [[] for _ in PLACE])
    columns: dict[str, list[tuple[Column, list[str | None]]]] = field(default_factory=lambda: defaultdict(list))
    kinds: dict[str, Kinds] = field(default_factory=lambda: defaultdict(dict))
    orders: Counter[Order] = field(default_factory=Counter)


def parts_of(contexts: Iterable[Context], hints: Hints) -> list[Part]:
    """The parts of all data sets that these documents have rows for, in the order of their first tables."""
    found: dict[str, _Tables] = defaultdict(_Tables)
    for context in contexts:
        for table_id, (_, _, table) in enumerate(tables_of(context)):
            columns = context.columns[table_id]
            if dataset := dataset_of(table, columns):
                _add(found[dataset], context, table_id, table, columns, hints)
    return [_part(dataset, tables) for dataset, tables in found.items()]


def _add(tables: _Tables, context: Context, table_id: int, table: Table, columns: Sequence[Column],
         hints: Hints) -> None:  # fmt: skip
    count = len(table.rows)
    lines = [row.line for row in table.rows]
    place_columns: list[Iterable[object]] = [[context.doc_id] * count, [table_id] * count, range(count), lines]
    for held, more in zip(tables.places, place_columns, strict=True):
        held.extend(more)
    place = Place(context.source, lines[0], context.doc_id or "")
    tables.orders[tuple((column.name, column.header) for column in columns)] += 1
    for position, column in enumerate(columns):
        raw = texts((row.cells[position].text for row in table.rows), hints)
        kind = Kind(NULL if column.says_nothing else column.type, column.unit)
        tables.columns[column.name].append((column, [None] * count if pa.types.is_null(column.type) else raw))
        add(tables.kinds[column.name], kind, Seen(1, place))


def _part(dataset: str, tables: _Tables) -> Part:
    arrays = [pa.array(values, field.type) for values, field in zip(tables.places, PLACE, strict=True)]
    names = [field.name for field in PLACE]
    for name, columns in tables.columns.items():
        arrays.append(pa.array([text for _, raw in columns for text in raw], STRING))
        names.append(TEXT + name)
        type = unified(tables.kinds[name]).type
        said = [pa.nulls(len(raw)) if column.says_nothing else column.values for column, raw in columns]
        if type != STRING and (values := cast(said, type)) is not None:
            arrays.append(values)
            names.append(VALUE + name)
    return Part(dataset, pa.RecordBatch.from_arrays(arrays, names), dict(tables.kinds), tables.orders)


def cast(arrays: Sequence[pa.Array], type: pa.DataType) -> pa.Array | None:
    """The arrays as one of this type, or None where a value would be lost."""
    try:
        return pa.concat_arrays([array.cast(type) for array in arrays])
    except pa.ArrowInvalid:
        return None
