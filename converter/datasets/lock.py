"""The data set types of the last run, enforced as a contract: a value that does not fit is null, and a problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa

from converter.datasets.kinds import Kind
from converter.datasets.part import TEXT, VALUE, concat_as
from converter.errors import UsageError
from converter.values import Hints, unify
from converter.values.lattice import STRING

"""What happens to a cell that does not fit: it is null and a problem, or the run fails."""

Contract = Mapping[str, Mapping[str, Kind]]
"""The kind of each column of each data set."""

OPEN = {"decimal128", "timestamp"}
"""Types that are inferred from the cells, and then fitted to the locked type cell by cell."""


LOCK = "locked"
"""The metadata key of a data set's schema whose types a contract decided."""


def is_locked(schema: pa.Schema) -> bool:
    """Whether a contract decided the types of a data set."""
    return LOCK.encode() in (schema.metadata or {})


def contract_of(types: Mapping[str, Mapping[str, str]], units: Mapping[str, Mapping[str, str]]) -> Contract:
    """Return the contract of data sets from their column types, as Arrow prints them, and the units of some."""
    return {
        name: {
            column: Kind(type, units.get(name, {}).get(column))
            for column, printed in columns.items()
            if (type := _parse_type(printed)) is not None
        }
        for name, columns in types.items()
    }


def fits(type: pa.DataType, locked: pa.DataType) -> bool:
    """Whether values of a type can be cast to the locked one; a cast raises if a decimal would lose digits."""
    both_decimal = pa.types.is_decimal(type) and pa.types.is_decimal(locked)
    return both_decimal or pa.types.is_null(type) or unify(type, locked) == locked or _widens(type, locked)


def locked_values(
    rows: pa.RecordBatch, name: str, header: str, kind: Kind, hints: Hints, units_agree: bool
) -> tuple[pa.Array, list[int]]:
    """Return a column of a part in its locked kind, and the rows whose cells do not fit it, which are null.

    `units_agree` states that all parsed values have the locked unit. They are cast if all of them survive the cast;
    otherwise the texts are read again as the locked type. Everything fits a locked string.
    """
    texts = rows.column(TEXT + name)
    if kind.type == STRING:
        return texts, []
    if units_agree and VALUE + name in rows.schema.names:
        values = rows.column(VALUE + name)
        if fits(values.type, kind.type) and (result := concat_as([values], kind.type)) is not None:
            return result, []
    from converter.values import infer
    from converter.values.units import unit_key

    cells = [text or "" for text in texts.to_pylist()]
    printed = str(kind.type).partition("[day]")[0]
    base = printed.partition("(")[0].partition("[")[0]
    cell_hints = replace(hints, types={"*": base if base in OPEN else printed}, tolerance=0.0)
    column = infer(header, cells, range(len(cells)), cell_hints, name=name)
    misfits, values = {*column.rejected}, column.values
    same_unit = unit_key(column.unit or "") == unit_key(kind.unit or "")
    if not (same_unit and fits(values.type, kind.type)):
        return pa.nulls(len(cells), kind.type), sorted(
            misfits | {row for row, value in enumerate(values) if value.is_valid}
        )
    if (result := concat_as([values], kind.type)) is None:
        arrays = [concat_as([values.slice(row, 1)], kind.type) for row in range(len(values))]
        misfits |= {row for row, value in enumerate(arrays) if value is None}
        result = pa.concat_arrays([pa.nulls(1, kind.type) if value is None else value for value in arrays])
    return result, sorted(misfits)


def _parse_type(printed: str) -> pa.DataType | None:
    from converter.values import type_named

    try:
        return type_named(printed.partition("[day]")[0])[1]
    except UsageError:  # one of the columns that locate a row in its source
        return None


def _widens(type: pa.DataType, locked: pa.DataType) -> bool:
    """Whether the type is an integer and the locked one a decimal, of whatever precision."""
    return bool(pa.types.is_integer(type) and pa.types.is_decimal(locked))
