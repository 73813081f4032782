"""The Arrow types that a system lacks, and the types in which it stores their values: one table per system."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import pyarrow as pa

Substitutes: TypeAlias = Sequence[tuple[Callable[[pa.DataType], bool], Callable[[pa.DataType], pa.DataType]]]
"""For each kind of type that a system lacks: a test for the kind, and the type in which the values are stored."""

DURATIONS: Substitutes = ((pa.types.is_duration, lambda _: pa.duration("us")),)
"""The unit of durations that are stored as integers."""


def stored_type(type: pa.DataType, substitutes: Substitutes) -> pa.DataType:
    """Return the type that stores values of this type, also inside lists, structs and maps; texts have no
    dictionary."""
    if pa.types.is_dictionary(type) or pa.types.is_run_end_encoded(type):
        return stored_type(type.value_type, substitutes)
    if isinstance(type, pa.BaseExtensionType):
        return stored_type(type.storage_type, substitutes)
    if pa.types.is_map(type):
        return pa.map_(*(stored_field(field, substitutes) for field in (type.key_field, type.item_field)))
    if pa.types.is_struct(type):
        return pa.struct([stored_field(field, substitutes) for field in type])
    if is_list(type):
        return pa.list_(stored_field(type.value_field, substitutes))
    return next((substitute(type) for is_lacking, substitute in substitutes if is_lacking(type)), type)


def stored_field(field: pa.Field, substitutes: Substitutes) -> pa.Field:
    """Return the field with its storage type."""
    return field.with_type(stored_type(field.type, substitutes))


def is_list(type: pa.DataType) -> bool:
    """Whether this is a type of lists, of any size."""
    kinds = (
        pa.types.is_list,
        pa.types.is_large_list,
        pa.types.is_fixed_size_list,
        pa.types.is_list_view,
        pa.types.is_large_list_view,
    )
    return any(is_kind(type) for is_kind in kinds)


def stored_schema(schema: pa.Schema, substitutes: Substitutes) -> pa.Schema:
    """Return the schema with storage types and the same metadata."""
    return pa.schema([stored_field(field, substitutes) for field in schema], schema.metadata)


def stored_rows(rows: pa.RecordBatchReader, substitutes: Substitutes) -> pa.RecordBatchReader:
    """Return the rows in the system's types."""
    schema = stored_schema(rows.schema, substitutes)
    return pa.RecordBatchReader.from_batches(schema, (cast_rows(batch, schema) for batch in rows))


def cast_rows(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return the columns of a schema by name, cast to its types; a column that the batch lacks is null.

    Timestamps are cut to the new unit, and durations become integers of microseconds.
    """
    positions = {name: position for position, name in enumerate(batch.schema.names)}
    columns = [
        cast_column(batch.column(positions[field.name]), field.type)
        if field.name in positions
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def cast_column(column: pa.Array, type: pa.DataType) -> pa.Array:
    """Return a column in another type; see `cast_rows`."""
    import pyarrow.compute as pc  # 25 ms, only for targets that lack types

    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    for step in (stored_type(column.type, DURATIONS), type):
        if not column.type.equals(step):
            column = pc.cast(column, options=pc.CastOptions(step, allow_time_truncate=True))
    return column
