"""A column's cells, prepared for the types to read, and the two answers of a type."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import pyarrow as pa

from converter.model.hints import Hints
from converter.values.characters import MARK_ENDS, fold, split_mark
from converter.values.column import NO_CONVENTIONS, Conventions
from converter.values.missing import BLANK, LONGEST_TOKEN, MISSING, NO_RESULT, UNKNOWN, holds_results
from converter.values.raised import RaisedMark, are_notes, split_raised

Result = TypeVar("Result")

LONGEST_VALUE = 64
"""The maximum length of a number, date or duration, in characters."""

INDEXES_AT_ONCE = 4096
"""Indexes made as objects at a time."""


@dataclass(frozen=True)
class NoMatch:
    """The type does not fit the column."""

    row: int
    """Index of the cell that rules out the type."""
    reason: str = ""
    """The reason, if worth reporting: a leading zero, an open day-month order. Empty for a plain misfit."""
    asks: str | None = None
    """The convention that would settle it (`Column.asks`)."""


@dataclass(frozen=True)
class Reading:
    """The type fits the column: these cells have these values."""

    type: pa.DataType
    rows: Sequence[int]
    """Indexes of the cells that have a value, from first to last."""
    values: list[Any]
    """Their values, in the same order."""
    evidence: str
    rejected: list[int] = field(default_factory=list)
    unit: str | None = None
    proves: Conventions = NO_CONVENTIONS
    asks: str | None = None


@dataclass(frozen=True)
class Cells:
    """One column, before it has a type."""

    header: str
    raw: Sequence[str]
    """All cells, unchanged."""
    lines: Sequence[int]
    hints: Hints
    conventions: Conventions
    texts: list[str]
    """The filled cells, folded and without footnote marks."""
    rows: Sequence[int]
    """For each of `texts`, the index of its cell."""
    marks: dict[int, str]
    missing: list[int]
    """Indexes of the cells that are empty or hold a missing-value token."""
    only_blank: bool
    """Whether every missing cell is blank (`missing.BLANK`) or holds a token of the user."""
    has_unknown: bool
    """Whether a missing cell holds a word such as `unknown` or `TBD`."""
    open_power: int | None = None
    """Index of the first cell whose raised signs may be a power or a note mark, if the column leaves that open."""
    neighbours: Sequence[str] = ()
    """The headers of the table."""
    allowed: int = 0
    """How many filled cells may fail to fit."""
    forced: bool = False
    """Whether the user asked for the type, which disables the guards against codes and identifiers."""
    _results: dict[Callable[[Cells], Any], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def allow(self, allowed: int, *, forced: bool = False) -> Cells:
        """Return the same cells with more misfits allowed."""
        return replace(self, allowed=allowed, forced=forced)

    def result_of(self, reader: Callable[[Cells], Result]) -> Result:
        """Return the cached result of `reader`: types that share a reader read the cells once."""
        if reader not in self._results:
            self._results[reader] = reader(self)
        result: Result = self._results[reader]
        return result

    def line(self, index: int) -> str:
        """Return the line of a filled cell, for the evidence: `line 14`."""
        return f"line {self.lines[self.rows[index]]}"

    def parse_each(self, parse: Callable[[str], Any]) -> tuple[Sequence[int], list[Any], list[int]] | NoMatch:
        """Parse every filled cell with a function that returns None for a misfit.

        Return the indexes into `texts` that fit, their results, and the indexes that do not fit,
        or the first misfit beyond `allowed`.
        """
        results: list[Any] = []
        misfits: list[int] = []
        for index, text in enumerate(self.texts):
            result = parse(text)
            if result is not None:
                results.append(result)
            else:
                misfits.append(index)
                if len(misfits) > self.allowed:
                    return NoMatch(self.rows[index])
        return (indexes_without(len(self.texts), misfits), results, misfits) if results else NoMatch(self.rows[0])

    def reading(self, type: pa.DataType, fitting: Sequence[int], values: list[Any], misfits: list[int],
                evidence: str) -> Reading:  # fmt: skip
        """Return the reading of a type that parsed its cells with `parse_each`."""
        rows = self.rows
        fit = rows if len(fitting) == len(rows) else [rows[i] for i in fitting]
        return Reading(type, fit, values, evidence, [rows[i] for i in misfits])


def indexes_without(count: int, gaps: Sequence[int]) -> Sequence[int]:
    """Return the indexes below `count` except these; a range if there are none. As objects, a million numbers would
    take nine times the memory."""
    if not gaps:
        return range(count)
    gap_set = frozenset(gaps)
    indexes = array("i")
    for start in range(0, count, INDEXES_AT_ONCE):
        end = min(start + INDEXES_AT_ONCE, count)
        indexes.fromlist([index for index in range(start, end) if index not in gap_set])
    return indexes


def prepare(
    header: str,
    cells: Sequence[str],
    lines: Sequence[int],
    hints: Hints,
    conventions: Conventions,
    neighbours: Sequence[str] = (),
) -> Cells:
    """Split the cells into filled and missing, remove footnote marks, fold characters."""
    if (texts := _plain_texts(cells, hints)) is not None:
        return Cells(
            header, cells, lines, hints, conventions, texts, range(len(texts)), {}, [],
            True, False, None, neighbours, int(hints.tolerance * len(texts)),
        )  # fmt: skip
    null_values = frozenset(fold(token).casefold() for token in hints.null_values)
    longest_token = max([LONGEST_TOKEN, *map(len, null_values)])
    missing_tokens = MISSING | null_values if null_values else MISSING
    texts = []
    missing: list[int] = []
    marks: dict[int, str] = {}
    raised: dict[int, RaisedMark] = {}
    only_blank, has_unknown = True, False
    results: frozenset[str] | None = None
    for row, cell in enumerate(cells):
        text = fold(cell)
        mark = None
        if not (null_values and text.casefold() in null_values):
            text, mark = split_mark(text)
        split = None if text.isascii() or not text else split_raised(text)
        plain = split.base if split else text
        token = plain.casefold() if len(plain) <= longest_token else None
        if token in NO_RESULT and results is None:
            results = NO_RESULT if holds_results(header, neighbours) else frozenset()
            missing_tokens |= results
        if token is None or token not in missing_tokens:
            if split:
                raised[len(texts)] = split
            texts.append(text)
        else:
            missing.append(row)
            only_blank = only_blank and (token in BLANK or token in null_values)
            has_unknown = has_unknown or token in UNKNOWN or token in NO_RESULT
        if mark is not None:
            marks[row] = mark
    rows = indexes_without(len(cells), missing)
    open_power = _remove_raised(raised, texts, rows, marks) if raised else None
    allowed = int(hints.tolerance * len(texts))
    return Cells(
        header, cells, lines, hints, conventions, texts, rows, marks, missing,
        only_blank, has_unknown, open_power, neighbours, allowed,
    )  # fmt: skip


def _plain_texts(cells: Sequence[str], hints: Hints) -> list[str] | None:
    """Return the cells of a column without missing values, footnote marks and characters to fold, as most are; None
    for other columns, which are read cell by cell, in five times the time."""
    joined = "".join(cells)
    if hints.null_values or not joined.isascii() or any(map(joined.__contains__, MARK_ENDS)):
        return None
    texts = list(map(str.strip, cells))
    tokens = {text.casefold() for text in set(texts) if len(text) <= LONGEST_TOKEN}
    return texts if tokens.isdisjoint(MISSING) and tokens.isdisjoint(NO_RESULT) else None


def _remove_raised(
    raised: dict[int, RaisedMark], texts: list[str], rows: Sequence[int], marks: dict[int, str]
) -> int | None:
    """Take raised note marks off the texts; return the row of the first if they may be powers as well."""
    decision = are_notes(list(raised.values()), [text for index, text in enumerate(texts) if index not in raised])
    if decision:
        for index, (base, mark) in raised.items():
            texts[index], row = base, rows[index]
            marks[row] = mark + marks.get(row, "")
    return rows[next(iter(raised))] if decision is None else None
