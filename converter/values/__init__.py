"""Convert cell texts to typed columns, each with the evidence for its type.

    cells -> prepare: filled or missing, marks off, characters folded (`cells.py`)
          -> TYPES, in order: each reads the whole column or names the cell that rules it out (`types.py`)
          -> Column: values, unit, evidence (`infer.py`)

All cells of a column decide its type; if no type fits them all, the column is string, which loses nothing.
Guards keep codes, versions and identifiers as text (`guards.py`). If a column leaves the order of day and month
or the decimal mark open, only proof from other columns of the document settles it.
"""

from converter.values.column import NO_HINTS, UNTYPED, Column, Conventions, DateOrder, DecimalMark, Hints
from converter.values.infer import (
    Table,
    asked_type,
    check,
    common_conventions,
    infer,
    infer_table,
    infer_tables,
    type_named,
)
from converter.values.lattice import storable, unify
from converter.values.names import column_name, column_names, dataset_name
from converter.values.string import texts
from converter.values.types import TYPES

__all__ = [
    "NO_HINTS", "TYPES", "UNTYPED", "Column", "Conventions", "DateOrder", "DecimalMark", "Hints", "Table",
    "asked_type", "check", "column_name", "column_names", "common_conventions", "dataset_name", "infer", "infer_table",
    "infer_tables", "storable", "texts", "type_named", "unify",
]  # fmt: skip
