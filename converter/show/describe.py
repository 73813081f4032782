"""The result of typing for each column of some tables, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from converter.document.rows import Table
from converter.show.markdown import cell_text
from converter.values import storable
from converter.write.values import json_rows

LONGEST_BOUND = 40
DESCRIPTION = pa.schema(
    {
        "source": pa.string(), "table_id": pa.int32(), "column": pa.string(), "header": pa.string(),
        "type": pa.string(), "unit": pa.string(), "rows": pa.int32(), "nulls": pa.int32(), "minimum": pa.string(),
        "maximum": pa.string(), "evidence": pa.string(),
    }
)  # fmt: skip

SHOWN = ["header", "type", "unit", "nulls", "minimum", "maximum", "evidence"]
"""The columns for a human reader, under a heading that identifies the table."""


def description(tables: Iterable[Table]) -> pa.Table:
    """Return a row for each column: its type, unit, nulls, smallest and largest value, and the evidence."""
    rows: list[dict[str, Any]] = []
    for table in tables:
        for column in table.columns_typed:
            values = column.values.cast(storable(column.type))
            minimum, maximum = bounds(values)
            rows.append(
                {
                    "source": table.source, "table_id": table["table_id"], "column": column.name,
                    "header": column.header, "type": str(values.type), "unit": column.unit, "rows": len(values),
                    "nulls": values.null_count, "minimum": minimum, "maximum": maximum, "evidence": column.evidence,
                }
            )  # fmt: skip
    return pa.Table.from_pylist(rows, DESCRIPTION)


def bounds(values: pa.Array) -> tuple[str | None, str | None]:
    """Return the smallest and the largest value as text, long values cut; None if there are no values."""
    if pa.types.is_duration(values.type):  # pyarrow cannot order durations
        return bounds_of(pc.min_max(values.cast(pa.int64())).cast(pa.struct({"min": values.type, "max": values.type})))
    return bounds_of(pc.min_max(values))


def bounds_of(extremes: pa.StructScalar) -> tuple[str | None, str | None]:
    """Return both values of a `min_max` result as text."""
    (row,) = json_rows(pa.RecordBatch.from_struct_array(pa.array([extremes.as_py()], extremes.type)))
    smallest, largest = (None if value is None else cell_text(value)[:LONGEST_BOUND] for value in row.values())
    return smallest, largest
