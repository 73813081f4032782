"""Tables in a text that is a line for each text node: rows begin where roles of lines and alike cells say so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import log2
from typing import NamedTuple

from converter.repair.cuts import join
from converter.repair.node_roles import CELLS, CODE, HEADER, ROW
from converter.repair.notation import Notation, Row
from converter.repair.periods import Features, Fit, Signs, features_of, reading_below
from converter.repair.role_blocks import Block

FEWEST_COLUMNS, MOST_COLUMNS = 2, 16
MOST_TITLES = 7
"""Maximum number of cells before a header whose roles say that they are part of it: titles and captions."""

MOST_OTHER_NAMES = 5
"""Maximum number of cells by which a header ends before or after its last cell by the roles."""

CELLS_AT_FIRST, MOST_ROWS = 64, 400
"""How many cells show the number of columns, and the maximum number of rows."""

LEAST_CHANCE, MOST_CHANCE = 0.1, 0.98
"""What the probability of a role is at least, and at most."""

OTHER_TOP, LEAST_OTHER_TOP = 4.0, 2.0
"""Cost of a header that begins elsewhere than its role says: for each bit of that role, and at least."""

JOINT, JOINT_OF_ROW = 1.0, 3.0
"""Cost in bits of a cell that goes on in a line which begins one by its role, and more of one that begins a row."""

MOST_LIKE_NAME = 0.5
"""Maximum share of the cells of a column that are like its name but for their digits."""

_DIGITS = re.compile(r"[0-9]+")

NAMES = (HEADER, "B")
"""Roles of the cells of a header."""


class _Table(NamedTuple):
    """A table: the block with which its header begins, its rows, and how many columns it has."""

    top: int
    fit: Fit
    columns: int


def tables_by_roles(run: Sequence[Block]) -> Iterator[Notation]:
    """Yield the tables of a run of blocks: of all headers near a cell that begins one by its role, and all numbers of
    columns, those whose rows save most bits, in view of the cells that begin a row by their roles."""
    if not any(block.role == HEADER for block in run):
        return
    cells = [features_of(block.text) for block in run]
    signs = _signs_of(run)
    at = last_end = 0
    while at < len(run):
        if run[at].role != HEADER:
            at += 1
            continue
        end = at + 1
        while end < len(run) and run[end].role in CELLS | {CODE} and run[end].role != HEADER:
            end += 1
        table = _table(run[:end], cells[:end], signs, range(max(last_end, at - 1), at + 1))
        if table:
            yield _notation(run, table)
        at = last_end = table.fit.end if table else end


def _signs_of(run: Sequence[Block]) -> Signs:
    bits = [_bits(block.chance) for block in run]
    starts = [each if block.role == ROW else -abs(each) for block, each in zip(run, bits, strict=True)]
    joints = [abs(each) + JOINT + JOINT_OF_ROW * (block.role == ROW) for block, each in zip(run, bits, strict=True)]
    return Signs(starts, joints)


def _bits(chance: float) -> float:
    chance = min(max(chance, LEAST_CHANCE), MOST_CHANCE)
    return log2(chance / (1 - chance))


def _table(run: Sequence[Block], cells: Sequence[Features], signs: Signs, places: range) -> _Table | None:
    """Return the table whose header begins near the last of these places, by its role; None if none saves any bits."""
    at = places[-1]
    border = at + 1
    while border < len(run) and run[border].role in NAMES:
        border += 1
    best_score, best = 0.0, (0, 0)
    for top in range(places[0], min(border, at + MOST_TITLES + 1)):
        cost = 0.0 if top == at else max(LEAST_OTHER_TOP, OTHER_TOP * _bits(run[at].chance))
        fewest = max(FEWEST_COLUMNS, border - top - MOST_OTHER_NAMES)
        most = min(MOST_COLUMNS, border - top + MOST_OTHER_NAMES - 1, len(run) - top - 1)
        for columns in range(fewest, most + 1):
            first = top + columns
            if len({block.text for block in run[top:first]}) < columns:
                break
            most_rows = max(FEWEST_COLUMNS, (CELLS_AT_FIRST - (first - at)) // columns)
            fit = reading_below(cells, first, columns, most_rows, signs)
            score = fit.gain - cost if fit else 0.0
            if score > best_score:
                best_score, best = score, (top, columns)
    top, columns = best
    fit = reading_below(cells, top + columns, columns, MOST_ROWS, signs) if columns else None
    return _Table(top, fit, columns) if fit and fit.gain > 0 else None


def _notation(run: Sequence[Block], table: _Table) -> Notation:
    fit = table.fit
    header = [block.text for block in run[table.top : table.top + table.columns]]
    ends = [row[0] or 0 for row in fit.rows[1:]] + [fit.end]
    rows = [Row(run[row[0] or 0].start, _texts(run, row, end)) for row, end in zip(fit.rows, ends, strict=True)]
    if _is_row(run, table):
        header, rows = [], [Row(run[table.top].start, header), *rows]
    return Notation(run[table.top].start, run[fit.end - 1].end, header, rows)


def _is_row(run: Sequence[Block], table: _Table) -> bool:
    """Whether what stands where the names of the columns do is a row: a price above prices, say, but no year."""
    for column in range(table.columns):
        form = _form_of(run[table.top + column])
        cells = [run[row[column] or 0] for row in table.fit.rows if row[column] is not None]
        alike = sum(_form_of(cell) == form for cell in cells)
        if "0" in form and form != "0" and alike > MOST_LIKE_NAME * len(cells):
            return True
    return False


def _form_of(block: Block) -> str:
    return _DIGITS.sub("0", block.text)


def _texts(run: Sequence[Block], row: Sequence[int | None], end: int) -> list[str]:
    """The texts of a row's cells, each of which ends where the next one begins."""
    places = [place for place in row if place is not None]
    ends = dict(zip(places, [*places[1:], end], strict=True))
    return ["" if place is None else join([block.text for block in run[place : ends[place]]]) for place in row]
