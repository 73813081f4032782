"""Convert cell texts to typed columns, each with the evidence for its type.

    cells -> prepare: filled or missing, marks off, characters folded (`cells.py`)
          -> TYPES, in order: each reads the whole column or names the cell that rules it out (`types.py`)
          -> Column: values, unit, evidence (`inference.py`)

All cells of a column decide its type; if no type fits them all, the column is string, which loses nothing.

A reading is taken only where every other reading that the cells allow is worse. Where it is open, the column is text
and its evidence names the cell that leaves it open: a wrong value is worse than a text. What settles it is, in this
order: what the user says, the cells themselves, the header and its neighbours, proof from other columns of the document
(the order of day and month, the decimal mark). The document's language settles nothing, but leaves `1.234` open where a
comma is the decimal mark (`languages.py`). Each guard stands where its reading is made (`guards.py`, `versions.py`,
`raised.py`, `styles.py`, `boolean.py`, `time64.py`), its examples and counter-examples in
`tests/cases/values/guards.yaml`.

What reads cells is imported when it is first used: a tenth of the start-up time, and many documents have no table.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from converter.model.hints import NO_HINTS, UNTYPED, DateOrder, DecimalMark, Hints
from converter.values.column import Column, Conventions
from converter.values.lattice import storable, unify
from converter.values.names import column_name, column_names, dataset_name

if TYPE_CHECKING:
    from converter.values.inference import (
        RawTable,
        asked_type,
        check_hints,
        common_conventions,
        infer,
        infer_tables,
        type_named,
    )
    from converter.values.languages import writes_comma
    from converter.values.string import texts
    from converter.values.value_types import TYPES

__all__ = [
    "NO_HINTS", "TYPES", "UNTYPED", "Column", "Conventions", "DateOrder", "DecimalMark", "Hints", "RawTable",
    "asked_type", "check_hints", "column_name", "column_names", "common_conventions", "dataset_name", "infer",
    "infer_tables", "storable", "texts", "type_named", "unify",
    "writes_comma",
]  # fmt: skip

_MODULES = {"writes_comma": "languages", "texts": "string", "TYPES": "value_types"}
"""The module of each name that is imported at its first use; all other names are in `inference.py`."""


def __getattr__(name: str) -> Any:
    """Import what reads cells (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES.get(name, 'inference')}"), name)
