"""Small data sets together: one file with a row for each of theirs, instead of a file for each."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from converter.datasets.part import TABLE_PLACE, TEXT
from converter.records import CONTRACT_VERSION
from converter.records.record import field
from converter.values.lattice import STRING

SMALL = "_small"
"""The name of the data set of small ones; no table has such headers."""

SMALL_ROWS = pa.schema(
    [
        field("dataset", STRING, "The data set that the row belongs to (tables.dataset)."),
        *TABLE_PLACE,
        field("values", pa.map_(STRING, STRING), "The raw text of each column, by its name; tables.columns has types."),
    ],
    metadata={"dataset": SMALL, "version": CONTRACT_VERSION},
)
"""The rows of small data sets."""


def small_rows(dataset: str, parts: Iterable[pa.RecordBatch]) -> pa.RecordBatch:
    """Return the rows of a data set's parts with the columns of `SMALL_ROWS`."""
    places: list[list[object]] = [[] for _ in TABLE_PLACE]
    values: list[list[tuple[str, str | None]]] = []
    for part in parts:
        for column, place in zip(places, TABLE_PLACE, strict=True):
            column += part.column(place.name).to_pylist()
        names = [name for name in part.schema.names if name.startswith(TEXT)]
        rows = zip(*(part.column(name).to_pylist() for name in names), strict=True)
        values += ([(name.removeprefix(TEXT), text) for name, text in zip(names, row, strict=True)] for row in rows)
    columns = [[dataset] * len(values), *places, values]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SMALL_ROWS, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SMALL_ROWS)
