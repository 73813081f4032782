"""Tables whose cells were broken over several lines, as html2text writes cells with `<br>`."""

from __future__ import annotations

from collections.abc import Sequence

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, DELIMITER, TEXT
from converter.repair.notation import Notation, Row, write_table
from converter.repair.pipes import PIPE, cells_in, is_piped, pipes_in
from converter.repair.rule import FULL, rule

_MOST_LINES = 40
"""A row is not broken over more lines."""


@rule("table_broken", FULL)
def table_broken(draft: Draft) -> None:
    """Where no single line fits a delimiter row without outer pipes, but the lines above and below it add up to rows
    with as many cells, each row is joined."""
    if DELIMITER not in draft.kinds:
        return
    end = 0
    for at, kind in enumerate(draft.kinds):
        if kind == DELIMITER and at >= end and not is_piped(draft.lines[at]) and (table := _read(draft, at, end)):
            write_table(draft, "table_broken", table, 0.9)
            end = table.end


def _read(draft: Draft, delimiter: int, least: int) -> Notation | None:
    """Read the table around a delimiter row; None if its lines do not add up, or do so in several ways."""
    bars = cells_in(draft.lines[delimiter]) - 1
    start, pipes = delimiter, 0
    while start > least and pipes < bars and draft.kinds[start - 1] == TEXT and delimiter - start < _MOST_LINES:
        start -= 1
        pipes += pipes_in(draft.lines[start])
    if bars < 1 or pipes != bars or start == delimiter - 1 or not draft.has_gap_above(start):
        return None
    rows: list[Row] = []
    row_start, end, pipes = delimiter + 1, delimiter + 1, 0
    while end < len(draft.lines) and draft.kinds[end] != BLANK:
        line_pipes = pipes_in(draft.lines[end])
        # A line without pipes between two rows may belong to either of them.
        if draft.kinds[end] != TEXT or pipes + line_pipes > bars or (not line_pipes and end == row_start):
            return None
        pipes, end = pipes + line_pipes, end + 1
        if pipes == bars:
            rows.append(Row(row_start, _cells(draft.lines[row_start:end])))
            row_start, pipes = end, 0
    if not rows or pipes:
        return None
    return Notation(start, end, _cells(draft.lines[start:delimiter]), rows)


def _cells(lines: Sequence[str]) -> list[str]:
    return [part.strip() for part in PIPE.split(" ".join(line.strip() for line in lines))]
