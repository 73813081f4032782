"""Tables whose cells follow each other one by one: the rows that make the cells of each column most alike."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from converter.repair.lines import ends_sentence, width_of
from converter.repair.notation import is_value

FEWEST_ROWS = 2
FIRST_ROWS, FEW, MANY = 3, 8, 400
"""Rows that suggest the first columns, and the maximum number read: a few show how many columns there are."""

HOLE, ROW, CELL = 4.0, 1.0, 0.3
"""Cost in bits of an empty cell, of a row, and of a cell."""

LEAST_START = -4.0
"""Minimum bits of a cell with which a row but the first may begin."""

ROUNDS = 3
"""How often rows are read again with the columns of the last reading."""

_SIZES = (3, 12, 30, 70)
_WORDS = (1, 2, 5)
_NAME_SIGNS = re.compile(r"[_.:/()\d]")
ABSENT_VALUE = re.compile(r"\\?[-–—*?]+|n/?a|tbd|none", re.IGNORECASE)
"""Marks and words that stand for a missing value."""
_MARKS = '`*["“('
ALPHABETS = (5, len(_MARKS) + 1, 4, len(_SIZES) + 1, len(_WORDS) + 1, 2)
"""The number of values of each feature."""

NAME_SHARES = (
    (0.01, 0.01, 0.16, 0.37, 0.45),
    (0.9, 0.03, 0.03, 0.01, 0.01, 0.01, 0.01),
    (0.02, 0.85, 0.1, 0.03),
    (0.13, 0.5, 0.3, 0.06, 0.01),
    (0.45, 0.3, 0.23, 0.02),
    (0.98, 0.02),
)
"""How likely each value of each feature is for the name of a column."""

Features = tuple[int, ...]
Row = tuple[int | None, ...]
"""The cell of each column; None for an empty one."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The rows below a header, the cell after the last one, and the bits that the columns save."""

    rows: Sequence[Row]
    end: int
    gain: float


class Signs:
    """Evidence of where rows and cells begin: the bits that a row saves if it begins with each cell, and loses if it
    holds that cell, and the bits that are lost if a cell goes on in each."""

    def __init__(self, starts: Sequence[float], joints: Sequence[float]) -> None:
        self.starts, self.joints = starts, joints
        self._inside = [0.0, *accumulate(max(bits, 0.0) for bits in starts)]

    def row(self, start: int, end: int) -> float:
        """The bits that a row saves."""
        return self.starts[start] - (self._inside[end] - self._inside[start + 1])


def features_of(text: str) -> Features:
    """What the cells of a column have in common: form, first mark and case, width, words, and end."""
    width, words = width_of(text), text.count(" ") + 1
    plain = text.strip("*_`[\\\"'“(")
    if ABSENT_VALUE.fullmatch(text):
        form = 1
    elif is_value(text):
        form = 0
    elif words > 1:
        form = 3
    else:
        form = 2 if _NAME_SIGNS.search(plain) or (plain.isupper() and width > _SIZES[0]) else 4
    first = plain[:1]
    return (
        form,
        _MARKS.find(text[0]) + 1,
        0 if first.isdigit() else 1 if first.isupper() else 2 if first.islower() else 3,
        sum(width > limit for limit in _SIZES),
        sum(words > limit for limit in _WORDS),
        int(ends_sentence(text)),
    )


class _Column:
    """How often each value of each feature occurs in a column, or in several columns together."""

    def __init__(self, columns: int = 1) -> None:
        self._start = 0.5 * columns  # so that what no column has costs the same in one as in all
        self._counts = [[self._start] * alphabet for alphabet in ALPHABETS]
        self._total = 0
        self._bits: dict[Features, float] = {}

    def take(self, cell: Features) -> None:
        """Add a cell."""
        for counts, value in zip(self._counts, cell, strict=True):
            counts[value] += 1
        self._total += 1

    def bits(self, cell: Features) -> float:
        """The number of bits that describe a cell."""
        if cell not in self._bits:
            self._bits[cell] = -sum(
                math.log2(counts[value] / (self._total + self._start * len(counts)))
                for counts, value in zip(self._counts, cell, strict=True)
            )
        return self._bits[cell]


def reading_below(
    cells: Sequence[Features], start: int, columns: int, most_rows: int, signs: Signs | None = None
) -> Fit | None:
    """Return the rows with this many columns, from this cell on, that save the most bits; None if no two rows save any.

    The cells above are the names of the columns, which are unlike the cells of their columns. `signs` are other
    evidence of where rows and cells begin.
    """
    end = min(len(cells), start + most_rows * columns)
    places = range(start, end - columns + 1, columns)[:FIRST_ROWS]
    rows: Sequence[Row] = [tuple(range(at, at + columns)) for at in places]
    best = Fit((), start, 0.0)
    for _ in range(ROUNDS):
        if len(rows) < FEWEST_ROWS:
            return None
        best = _read(cells, start, end, _columns_of(cells, rows, columns), signs)
        if list(best.rows) == list(rows):
            break
        rows = best.rows
    if len(best.rows) < FEWEST_ROWS:
        return None
    parts = _columns_of(cells, best.rows, columns)[:-1]
    names = cells[start - columns : start]
    contrast = sum(min(0.0, part.bits(name) - _name_bits(name)) for part, name in zip(parts, names, strict=True))
    return replace(best, gain=best.gain + contrast)


def _name_bits(name: Features) -> float:
    return -sum(math.log2(shares[value]) for shares, value in zip(NAME_SHARES, name, strict=True))


def _columns_of(cells: Sequence[Features], rows: Sequence[Row], columns: int) -> list[_Column]:
    """Return the columns of rows, and below them all columns as one."""
    parts, pool = [_Column() for _ in range(columns)], _Column(columns)
    for row in rows:
        for part, at in zip(parts, row, strict=True):
            if at is not None:
                part.take(cells[at])
                pool.take(cells[at])
    return [*parts, pool]


def _read(cells: Sequence[Features], start: int, end: int, columns: Sequence[_Column], signs: Signs | None) -> Fit:
    """Return the rows that save most bits, given the columns."""
    *parts, pool = columns
    best: dict[int, tuple[float, Row, int]] = {start: (0.0, (), start)}
    """Cell after a row -> the bits saved up to there, the row, and its first cell."""
    last = start
    for at in range(start, end):
        if at not in best or best[at][0] < best[last][0] - HOLE * len(parts):
            continue
        if signs and at > start and signs.starts[at] < LEAST_START:
            continue  # half of the time would go to rows that hardly begin there
        for saved, row, count in _rows_at(cells[at : min(at + len(parts) + 1, end)], at, parts, pool, signs):
            below = at + count
            total = best[at][0] + saved + (signs.row(at, below) if signs else 0.0)
            if below not in best or total > best[below][0]:
                best[below] = (total, row, at)
                if total > best[last][0]:
                    last = below
    rows: list[Row] = []
    at = last
    while at > start:
        rows.append(best[at][1])
        at = best[at][2]
    return Fit(rows[::-1], last, best[last][0])


def _rows_at(
    cells: Sequence[Features], at: int, parts: Sequence[_Column], pool: _Column, signs: Signs | None
) -> Iterator[tuple[float, Row, int]]:
    """Yield possible rows that begin with cell `at`, the bits that each saves, and how many lines it takes.

    No cell of a row, one cell, or the last two are empty, or a cell goes on in a second line.
    """
    count = len(parts)
    if len(cells) < max(count - 2, 1):
        return
    bits = [pool.bits(cell) - CELL for cell in cells]
    gains = (saved - part.bits(cell) for saved, part, cell in zip(bits, parts, cells, strict=False))
    left = list(accumulate(gains, initial=-ROW))
    """The bits that the cells before each one save, if none of them is empty."""
    places = range(at, at + count)
    if len(cells) >= count:
        yield left[count], tuple(places), count
    if len(cells) >= count - 1 and count > 2:
        right = 0.0
        for hole in range(count - 1, 0, -1):
            yield left[hole] + right - HOLE, (*places[:hole], None, *places[hole:-1]), count - 1
            right += bits[hole - 1] - parts[hole].bits(cells[hole - 1])
    if count > 3:
        yield left[count - 2] - 2 * HOLE, (*places[:-2], None, None), count - 2
    if signs and len(cells) > count:
        right = 0.0
        for rest in range(count, 0, -1):
            row = (*places[:rest], *range(at + rest + 1, at + count + 1))
            yield left[rest] + right - signs.joints[at + rest], row, count + 1
            right += bits[rest] - parts[rest - 1].bits(cells[rest])
