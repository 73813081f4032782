"""Convert columns of cell texts to typed columns: try every type, build the values, give the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pyarrow as pa

from converter.errors import UsageError
from converter.values import string
from converter.values.cells import Cells, NoMatch, Reading, prepare
from converter.values.column import (
    NO_HINTS,
    NO_MARKS,
    NOTHING_PROVED,
    Column,
    Conventions,
    DateOrder,
    DecimalMark,
    Hints,
)
from converter.values.datetimes import ORDERS
from converter.values.lattice import NULL, STRING, decimal128
from converter.values.names import column_name, column_names
from converter.values.types import ALIASES, TYPES, Type

NEAR = 5
"""The evidence of a string column names a type if at most one cell in this many does not fit."""

FEW = 2
"""Up to this many filled cells, the evidence states their number."""

BY_NAME = {type.name: type for type in TYPES}
_SHOWN = 40


class Table(NamedTuple):
    """One table as the parser found it."""

    headers: Sequence[str]
    columns: Sequence[Sequence[str]]
    """The cell texts, column by column."""
    lines: Sequence[int]
    """The line of each body row."""


def infer(
    header: str,
    cells: Sequence[str],
    lines: Sequence[int],
    hints: Hints = NO_HINTS,
    conventions: Conventions = NOTHING_PROVED,
    *,
    name: str | None = None,
) -> Column:
    """Return the typed column of these cells.

    `lines` holds the source line of each cell, for the evidence. `conventions` holds the date order and decimal
    mark that other columns of the document prove; they decide only what these cells leave open.
    Raises UsageError for a forced type that does not exist, and nothing else, whatever the cells hold.
    """
    name = column_name(header) if name is None else name
    forced = asked_type(hints, header, name)
    ready = prepare(header, cells, lines, hints, conventions)
    if forced:
        return _forced(forced, ready, name)
    if not ready.texts:
        if ready.only_blank:
            column = _column(ready, name, Reading(NULL, [], [], "no cell says anything"))
        else:
            column = _text(ready, name, "nothing but missing-value tokens")
        return replace(column, says_nothing=not ready.has_unknown)
    refusals: list[NoMatch] = []
    for type in TYPES:
        outcome = type.read(ready)
        if isinstance(outcome, Reading):
            return _column(ready, name, outcome)
        refusals.append(outcome)
    told = next((refusal for refusal in refusals if refusal.reason), None)
    if told is not None:
        asks = next((refusal.asks for refusal in refusals if refusal.asks), None)
        return _text(ready, name, f"text: {told.reason} (line {lines[told.row]})", asks)
    return _text(ready, name, _near_miss(ready) or "text")


def infer_table(
    headers: Sequence[str],
    columns: Sequence[Sequence[str]],
    lines: Sequence[int],
    hints: Hints = NO_HINTS,
    conventions: Conventions = NOTHING_PROVED,
) -> list[Column]:
    """Return the typed columns of one table; proof from one column settles what another leaves open."""
    return infer_tables([Table(headers, columns, lines)], hints, conventions)[0]


def infer_tables(
    tables: Sequence[Table], hints: Hints = NO_HINTS, conventions: Conventions = NOTHING_PROVED
) -> list[list[Column]]:
    """Return the typed columns of all tables of one document.

    A column that leaves its date order or decimal mark open is read again with the conventions that the other
    columns of its table prove, or else those of the whole document. Proofs that disagree prove nothing.
    """
    document: list[list[Column]] = []
    for table in tables:
        names = column_names(table.headers)
        document.append([
            infer(header, cells, table.lines, hints, conventions, name=name)
            for header, cells, name in zip(table.headers, table.columns, names, strict=True)
        ])  # fmt: skip
    if not any(column.asks for typed in document for column in typed):
        return document
    everywhere = agreed((column for typed in document for column in typed), conventions)
    for table, typed in zip(tables, document, strict=True):
        if any(column.asks for column in typed):
            here = agreed(typed, everywhere)
            typed[:] = [
                infer(column.header, cells, table.lines, hints, here, name=column.name) if column.asks else column
                for column, cells in zip(typed, table.columns, strict=True)
            ]
    return document


def check(hints: Hints) -> None:
    """Raise UsageError for an invalid hint: an unknown type, a tolerance outside 0 to 1."""
    for asked in hints.types.values():
        type_named(asked)
    for name, value, known in (("decimal mark", hints.decimal, (".", ",")), ("date order", hints.date_order, ORDERS)):
        if value is not None and value not in known:
            raise UsageError(f"no {name} {value!r}; there are {', '.join(known)}")
    if not 0 <= hints.tolerance <= 1:
        raise UsageError(f"a tolerance is a share between 0 and 1, not {hints.tolerance}")


def agreed(columns: Iterable[Column], otherwise: Conventions) -> Conventions:
    """Return the conventions that these columns prove without contradiction, or `otherwise` for those none proves."""
    orders: set[DateOrder] = set()
    decimals: set[DecimalMark] = set()
    for column in columns:
        if column.proves.date_order:
            orders.add(column.proves.date_order)
        if column.proves.decimal:
            decimals.add(column.proves.decimal)
    return Conventions(
        date_order=(orders.pop() if len(orders) == 1 else None) if orders else otherwise.date_order,
        decimal=(decimals.pop() if len(decimals) == 1 else None) if decimals else otherwise.decimal,
    )


def _column(ready: Cells, name: str, reading: Reading) -> Column:
    """Return the column of a reading: values at the positions of their cells, and the complete evidence."""
    array = _array(ready, reading)
    evidence = [reading.evidence]
    if ready.missing and reading.rows:
        tokens = sorted({ready.raw[row].strip() for row in ready.missing})
        evidence.append(f"{len(ready.missing)} missing ({', '.join(token[:12] or 'empty' for token in tokens[:3])})")
    if ready.marks:
        evidence.append(f"footnote marks taken off {len(ready.marks)}")
    if reading.rejected:
        evidence.append(f"{len(reading.rejected)} of {len(ready.texts)} do not fit")
    elif 0 < len(ready.texts) <= FEW:
        evidence.append(f"only {len(ready.texts)} filled {'cell' if len(ready.texts) == 1 else 'cells'}")
    return Column(
        ready.header, name, reading.type, reading.unit, array.null_count, "; ".join(evidence), array,
        tuple(reading.rejected), ready.marks or NO_MARKS, reading.proves, reading.asks,
    )  # fmt: skip


def _text(ready: Cells, name: str, evidence: str, asks: str | None = None) -> Column:
    """Return the column as text."""
    values = _array(ready, string.read(ready))
    return Column(ready.header, name, STRING, None, values.null_count, evidence, values, asks=asks)


def _array(ready: Cells, reading: Reading) -> pa.Array[Any]:
    """Return the values at the positions of their cells, null elsewhere."""
    if len(reading.values) == len(ready.raw):
        return pa.array(reading.values, reading.type)
    values: list[object] = [None] * len(ready.raw)
    for row, value in zip(reading.rows, reading.values, strict=True):
        values[row] = value
    return pa.array(values, reading.type)


def _near_miss(ready: Cells) -> str | None:
    """Return which line rules out a type that nearly all cells fit; None if there is no such type."""
    count = len(ready.texts)
    numeric = sum(not text[0].isalpha() for text in ready.texts)
    if count < 3 or 2 * numeric < count:
        return None
    patient = ready.tolerant(max(1, count // NEAR))
    for type in TYPES:
        outcome = type.read(patient)
        if isinstance(outcome, Reading) and outcome.rejected and len(outcome.rejected) <= patient.allowed:
            row, *more = sorted(outcome.rejected)
            rest = f" and {len(more)} more" if more else ""
            return f"text: {outcome.type} but for line {ready.lines[row]}: {_short(ready.raw[row])}{rest}"
    return None


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


def _forced(asked: str, ready: Cells, name: str) -> Column:
    """Return the column in the type that the user asked for; cells that do not fit are rejected."""
    type, target = type_named(asked)
    if type is None:
        return _text(ready, name, f"{target} as asked")
    outcome: Reading | NoMatch = NoMatch(0, "no cell says anything")
    if ready.texts:
        outcome = type.read(ready.tolerant(len(ready.texts), forced=True))
    if isinstance(outcome, Reading):
        outcome = replace(outcome, evidence=f"{target or outcome.type} as asked; {outcome.evidence}")
        column = _column(ready, name, outcome)
        if target is None or column.type == target:
            return column
        try:
            return replace(column, type=target, values=column.values.cast(target))
        except pa.ArrowInvalid as error:
            reason = str(error)
    else:
        reason = outcome.reason or "no cell fits"
    target = decimal128(0, 0) if target is None and type.name == "decimal128" else target or pa.timestamp("us")
    nothing = pa.nulls(len(ready.raw), target)
    evidence = f"{target} as asked; {reason}"
    return Column(
        ready.header, name, target, None, len(nothing), evidence, nothing, tuple(ready.rows), asks=outcome.asks
    )


def asked_type(hints: Hints, header: str, name: str) -> str | None:
    """Return the type that the user asked for: by header, column name, a header with the same name, or `*`."""
    types = hints.types
    if not types or header in types or name in types:
        return types.get(header) or types.get(name)
    alike = (type for column, type in types.items() if column != "*" and column_name(column) == column_name(header))
    return next(alike, types.get("*"))


def type_named(asked: str) -> tuple[Type | None, pa.DataType | None]:
    """Return the type of a name (None for string), and its Arrow type if the name determines it."""
    name = ALIASES.get(asked.strip().lower(), asked.strip().lower())
    if name == "string":
        return None, STRING
    if name in ("decimal128", "timestamp"):
        return BY_NAME[name], None
    if found := re.fullmatch(r"decimal128\((\d{1,2}), ?(-?\d{1,2})\)", name):
        return BY_NAME["decimal128"], pa.decimal128(int(found[1]), int(found[2]))
    exact = {
        "bool": pa.bool_(), "int64": pa.int64(), "float64": pa.float64(), "date32": pa.date32(),
        "time64": pa.time64("us"), "time64[us]": pa.time64("us"), "duration": pa.duration("us"),
        "duration[us]": pa.duration("us"), "timestamp[us]": pa.timestamp("us"),
        "timestamp[us, tz=utc]": pa.timestamp("us", tz="UTC"),
    }  # fmt: skip
    if name not in exact:
        known = ", ".join(["string", *BY_NAME, "decimal128(PRECISION, SCALE)"])
        raise UsageError(f"no type {asked!r}; the types are {known}")
    return BY_NAME[name.partition("[")[0]], exact[name]
