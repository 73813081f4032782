"""Locate the tables of a draft, with or without outer pipes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from converter.repair.draft import Draft
from converter.repair.lines import (
    BLANK,
    DELIMITER,
    ROW,
    TEXT,
)
from converter.repair.pipes import MAY_BE_ROW, cells_in, is_piped, is_ragged_row, pipes_in


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its delimiter row."""

    header: int
    delimiter: int
    last_row: int
    """Its last row, or the delimiter row."""
    columns: int
    piped: bool
    """The rows have outer pipes."""


def tables_of(draft: Draft) -> Iterator[Table]:
    """Yield the tables whose delimiter row, written or inserted by a rule, fits their header."""
    if DELIMITER not in draft.kinds and not draft.insertions:
        return
    last_row = -1
    for at, kind in enumerate(draft.kinds):
        if at in draft.insertions:
            header, line = at, draft.insertions[at]
        elif kind == DELIMITER and at > last_row + 1:
            header, line = at - 1, draft.lines[at]
        else:
            continue
        columns, piped = cells_in(line), is_piped(line)
        if draft.kinds[header] in MAY_BE_ROW and _fits(draft.lines[header], columns, piped):
            last_row = at
            # Most rows are of the kind ROW, which `_is_row` is not asked about.
            while last_row + 1 < len(draft.lines) and (
                draft.kinds[last_row + 1] == ROW or _is_row(draft, last_row + 1, columns, piped)
            ):
                last_row += 1
            yield Table(header, at, last_row, columns, piped)


def _fits(line: str, columns: int, piped: bool) -> bool:
    return cells_in(line) == columns or (not piped and pipes_in(line) == columns - 1)


def _is_row(draft: Draft, at: int, columns: int, piped: bool) -> bool:
    """Whether a line below a table is one of its rows.

    In a table with outer pipes, a row begins with a pipe. Otherwise, a row has as many pipes as the table
    requires, or is a line of text with fewer or more that is not a sentence; where blank lines end the table anyway,
    any line with a pipe is a row.
    """
    kind, line = draft.kinds[at], draft.lines[at]
    if kind == BLANK or kind not in MAY_BE_ROW or (kind != ROW and "|" not in line):
        return False
    if kind == ROW or (piped and draft.state.spaced):
        return True
    if piped:
        return line.rstrip().endswith("|") and cells_in(line) == columns
    return pipes_in(line) == columns - 1 or (kind == TEXT and (draft.state.spaced or is_ragged_row(line)))
