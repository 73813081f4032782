"""Convert columns of cell texts to typed columns: try every type, build the values, give the evidence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pyarrow as pa

from converter.errors import UsageError
from converter.model.hints import NO_HINTS, DateOrder, DecimalMark, Hints
from converter.settings import check_settings
from converter.values import string
from converter.values.cells import Cells, NoMatch, Reading, prepare
from converter.values.column import NO_CONVENTIONS, NO_MARKS, Column, Conventions
from converter.values.lattice import NULL, STRING, decimal128
from converter.values.names import column_name, column_names
from converter.values.shapes import shape_reason
from converter.values.value_types import ALIASES, BY_NAME, TYPES, Type, fault_of_type

CELLS_PER_MISFIT = 5
"""The evidence of a string column names a type if at most one cell in this many does not fit."""

FEW_CELLS = 2
"""Up to this many filled cells, the evidence states their number."""

_LONGEST_QUOTE = 40

EXACT_TYPES = {
    "time64[us]": pa.time64("us"),
    "duration[us]": pa.duration("us"),
    "timestamp[us]": pa.timestamp("us"),
    "timestamp[us, tz=utc]": pa.timestamp("us", tz="UTC"),
}
"""Further names of types, as Arrow prints them."""


class RawTable(NamedTuple):
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
    conventions: Conventions = NO_CONVENTIONS,
    *,
    name: str | None = None,
    neighbours: Sequence[str] = (),
) -> Column:
    """Return the typed column of these cells.

    `lines` holds the source line of each cell, for the evidence. `conventions` holds the date order and decimal
    mark that other columns of the document prove, `neighbours` the headers of the table; they decide only what these
    cells leave open.
    Raises UsageError for a forced type that does not exist, and nothing else, whatever the cells hold.
    """
    name = column_name(header) if name is None else name
    requested_type = asked_type(hints, header, name)
    prepared_cells = prepare(header, cells, lines, hints, conventions, neighbours)
    if requested_type:
        return _requested_column(requested_type, prepared_cells, name)
    if not prepared_cells.texts:
        if prepared_cells.only_blank:
            column = _typed_column(prepared_cells, name, Reading(NULL, [], [], "no cell has a value"))
        else:
            column = _text_column(prepared_cells, name, "nothing but missing-value tokens")
        return replace(column, says_nothing=not prepared_cells.has_unknown)
    refusals: list[NoMatch] = []
    for type in types_of(hints):
        outcome = type.read(prepared_cells)
        if isinstance(outcome, Reading):
            if type.arrow not in (None, outcome.type):
                raise TypeError(f"the value type {type.name} read {outcome.type}, not {type.arrow}")
            return _typed_column(prepared_cells, name, outcome)
        refusals.append(outcome)
    explanation = next((refusal for refusal in refusals if refusal.reason), None)
    if explanation is not None:
        asks = next((refusal.asks for refusal in refusals if refusal.asks), None)
        return _text_column(prepared_cells, name, f"text: {explanation.reason} (line {lines[explanation.row]})", asks)
    if shape := shape_reason(prepared_cells):
        index, reason = shape
        return _text_column(prepared_cells, name, f"text: {reason} ({prepared_cells.line(index)})")
    return _text_column(prepared_cells, name, _near_miss(prepared_cells) or "text")


def infer_tables(
    tables: Sequence[RawTable], hints: Hints = NO_HINTS, conventions: Conventions = NO_CONVENTIONS
) -> list[list[Column]]:
    """Return the typed columns of all tables of one document.

    A column that leaves its date order or decimal mark open is read again with the conventions that the other
    columns of its table prove, or else those of the whole document. Proofs that disagree prove nothing.
    """
    document: list[list[Column]] = []
    for table in tables:
        names = column_names(table.headers)
        document.append([
            infer(header, cells, table.lines, hints, conventions, name=name, neighbours=table.headers)
            for header, cells, name in zip(table.headers, table.columns, names, strict=True)
        ])  # fmt: skip
    if not any(column.asks for columns in document for column in columns):
        return document
    document_conventions = common_conventions((column for columns in document for column in columns), conventions)
    for table, columns in zip(tables, document, strict=True):
        if any(column.asks for column in columns):
            table_conventions = common_conventions(columns, document_conventions)
            columns[:] = [
                infer(
                    column.header,
                    cells,
                    table.lines,
                    hints,
                    table_conventions,
                    name=column.name,
                    neighbours=table.headers,
                )
                if column.asks
                else column
                for column, cells in zip(columns, table.columns, strict=True)
            ]
    return document


def check_hints(hints: Hints) -> None:
    """Raise UsageError for an invalid hint: an unknown or invalid type, a tolerance outside 0 to 1."""
    check_settings(hints)
    for type in hints.value_types:
        if fault := fault_of_type(getattr(type, "name", ""), type):
            raise UsageError(f"{type!r} is not a value type: {fault}")
    try:
        types_of(hints)
    except ValueError as error:
        raise UsageError(f"value types: {error}") from error
    for type_name in hints.types.values():
        type_named(type_name, hints)


def types_of(hints: Hints) -> Sequence[Type]:
    """Return all types in the order in which they are tried, with those of the hints in their places."""
    return TYPES.with_items(hints.value_types) if hints.value_types else TYPES.items


def common_conventions(columns: Iterable[Column], otherwise: Conventions) -> Conventions:
    """Return the conventions that these columns prove without contradiction, or `otherwise` for those none proves."""
    orders: set[DateOrder] = set()
    decimals: set[DecimalMark] = set()
    has_short_clock = False
    for column in columns:
        has_short_clock = has_short_clock or column.proves.short_clock
        if column.proves.date_order:
            orders.add(column.proves.date_order)
        if column.proves.decimal:
            decimals.add(column.proves.decimal)
    return Conventions(
        date_order=(orders.pop() if len(orders) == 1 else None) if orders else otherwise.date_order,
        decimal=(decimals.pop() if len(decimals) == 1 else None) if decimals else otherwise.decimal,
        writes_comma=otherwise.writes_comma,
        short_clock=has_short_clock or otherwise.short_clock,
    )


def _typed_column(cells: Cells, name: str, reading: Reading) -> Column:
    """Return the column of a reading: values at the positions of their cells, and the complete evidence."""
    array = _array(cells, reading)
    evidence = [reading.evidence]
    if cells.missing and reading.rows:
        tokens = sorted({cells.raw[row].strip() for row in cells.missing})
        evidence.append(f"{len(cells.missing)} missing ({', '.join(token[:12] or 'empty' for token in tokens[:3])})")
    if cells.marks:
        evidence.append(f"footnote marks removed from {len(cells.marks)}")
    if reading.rejected:
        evidence.append(f"{len(reading.rejected)} of {len(cells.texts)} do not fit")
    elif 0 < len(cells.texts) <= FEW_CELLS:
        evidence.append(f"only {len(cells.texts)} filled {'cell' if len(cells.texts) == 1 else 'cells'}")
    return Column(
        cells.header, name, reading.type, reading.unit, array.null_count, "; ".join(evidence), array,
        tuple(reading.rejected), cells.marks or NO_MARKS, reading.proves, reading.asks,
    )  # fmt: skip


def _text_column(cells: Cells, name: str, evidence: str, asks: str | None = None) -> Column:
    """Return the column as text."""
    values = _array(cells, string.read(cells))
    return Column(cells.header, name, STRING, None, values.null_count, evidence, values, asks=asks)


def _array(cells: Cells, reading: Reading) -> pa.Array[Any]:
    """Return the values at the positions of their cells, null elsewhere."""
    if len(reading.values) == len(cells.raw):
        return pa.array(reading.values, reading.type)
    values: list[object] = [None] * len(cells.raw)
    for row, value in zip(reading.rows, reading.values, strict=True):
        values[row] = value
    return pa.array(values, reading.type)


def _near_miss(cells: Cells) -> str | None:
    """Return which line rules out a type that nearly all cells fit; None if there is no such type."""
    count = len(cells.texts)
    numeric_count = sum(not text[0].isalpha() for text in cells.texts)
    if count < 3 or 2 * numeric_count < count:
        return None
    tolerant_cells = cells.allow(max(1, count // CELLS_PER_MISFIT))
    for type in types_of(cells.hints):
        outcome = type.read(tolerant_cells)
        if isinstance(outcome, Reading) and outcome.rejected and len(outcome.rejected) <= tolerant_cells.allowed:
            row, *other_rows = sorted(outcome.rejected)
            remainder = f" and {len(other_rows)} more" if other_rows else ""
            return f"text: {outcome.type} except for line {cells.lines[row]}: {_quote(cells.raw[row])}{remainder}"
    return None


def _quote(text: str) -> str:
    return repr(text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…")


def _requested_column(requested_type: str, cells: Cells, name: str) -> Column:
    """Return the column in the type that the user asked for; cells that do not fit are rejected."""
    type, target = type_named(requested_type, cells.hints)
    if type is None:
        return _text_column(cells, name, f"{target} as requested")
    outcome: Reading | NoMatch = NoMatch(0, "no cell has a value")
    if cells.texts:
        outcome = type.read(cells.allow(len(cells.texts), forced=True))
    if isinstance(outcome, Reading) and target not in (None, outcome.type):
        outcome = _cast(outcome, target)
    if isinstance(outcome, Reading):
        evidence = f"{outcome.type} as requested; {outcome.evidence}"
        return _typed_column(cells, name, replace(outcome, evidence=evidence))
    target = target or (decimal128(0, 0) if type.name == "decimal128" else pa.timestamp("us"))
    nulls = pa.nulls(len(cells.raw), target)
    evidence = f"{target} as requested; {outcome.reason or 'no cell fits'}"
    return Column(cells.header, name, target, None, len(nulls), evidence, nulls, tuple(cells.rows), asks=outcome.asks)


def _cast(reading: Reading, target: pa.DataType) -> Reading | NoMatch:
    """Return a reading in the exact type that the user asked for; values that the type cannot hold are misfits."""
    values: dict[int, Any] = {}
    reason = ""
    for row, value in zip(reading.rows, reading.values, strict=True):
        try:
            values[row] = pa.scalar(value, reading.type).cast(target).as_py()
        except pa.ArrowInvalid as error:
            reason = str(error)
    if not values:
        return NoMatch(reading.rows[0], reason)
    rejected = sorted({*reading.rejected, *reading.rows} - values.keys())
    return replace(reading, type=target, rows=list(values), values=list(values.values()), rejected=rejected)


def asked_type(hints: Hints, header: str, name: str) -> str | None:
    """Return the type that the user asked for: by header, column name, a header with the same name, or `*`."""
    types = hints.types
    if not types or header in types or name in types:
        return types.get(header) or types.get(name)
    similar_types = (
        type for column, type in types.items() if column != "*" and column_name(column) == column_name(header)
    )
    return next(similar_types, types.get("*"))


def type_named(type_name: str, hints: Hints = NO_HINTS) -> tuple[Type | None, pa.DataType | None]:
    """Return the type of a name (None for string), and its Arrow type if the name determines it."""
    name = ALIASES.get(type_name.strip().lower(), type_name.strip().lower())
    if name == "string":
        return None, STRING
    if match := re.fullmatch(r"decimal128\((\d{1,2}), ?(-?\d{1,2})\)", name):
        return BY_NAME["decimal128"], pa.decimal128(int(match[1]), int(match[2]))
    if name in EXACT_TYPES:
        return BY_NAME[name.partition("[")[0]], EXACT_TYPES[name]
    by_name = {type.name: type for type in types_of(hints)}
    if name not in by_name:
        type_names = ", ".join(["string", *by_name, "decimal128(PRECISION, SCALE)"])
        raise UsageError(f"unknown type {type_name!r}; use one of {type_names}")
    return by_name[name], by_name[name].arrow
