"""Tables whose cells were broken over several lines, as html2text writes cells with `<br>`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, DELIMITER, TEXT
from converter.repair.notation import CLOSED_KINDS, Notation, Row, insert_table
from converter.repair.pipes import PIPE, cells_in, is_piped, pipes_in
from converter.repair.rule import FULL, rule

_MOST_LINES = 40
"""A row is not broken over more lines."""


@rule("table_broken", FULL, kinds=(DELIMITER,))
def table_broken(draft: Draft) -> None:
    """Where the lines around a delimiter row only add up to rows with as many cells as it has, each row is joined."""
    end = 0
    whole_ends = _whole_ends(draft)
    for at in [at for at, kind in enumerate(draft.kinds) if kind == DELIMITER]:
        if at >= end:
            is_open = not is_piped(draft.lines[at])
            if table := _read_open(draft, at, end) if is_open else _read_piped(draft, at, end, whole_ends[at + 1]):
                insert_table(draft, "table_broken", table, 0.9)
                end = table.end


def _whole_ends(draft: Draft) -> list[int]:
    """Return for each line, and for the end, the end of the rows that are whole on a line from there on."""
    ends = [len(draft.lines)]
    for at in range(len(draft.lines) - 1, -1, -1):
        is_whole = draft.kinds[at] not in CLOSED_KINDS and is_piped(draft.lines[at])
        ends.append(ends[-1] if is_whole else at)
    return ends[::-1]


def _read_open(draft: Draft, delimiter: int, earliest: int) -> Notation | None:
    """Read a table without outer pipes; None if its lines do not add up, or do so in several ways."""
    bars = cells_in(draft.lines[delimiter]) - 1
    start, pipes = delimiter, 0
    while start > earliest and pipes < bars and draft.kinds[start - 1] == TEXT and delimiter - start < _MOST_LINES:
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


def _read_piped(draft: Draft, delimiter: int, earliest: int, whole_end: int) -> Notation | None:
    """Read a table with outer pipes, of which a row was broken; a pipe at the start and at the end bounds each row.

    Its rows are whole up to `whole_end`: of a long table, each row may look like a delimiter row.
    """
    bars = cells_in(draft.lines[delimiter]) + 1
    start = delimiter - 1
    while start > earliest and not draft.lines[start].lstrip().startswith("|") and delimiter - start < _MOST_LINES:
        start -= 1
    if start < earliest or _row_end(draft, start, bars) != delimiter:
        return None
    if start == delimiter - 1 and (whole_end == len(draft.lines) or not _row_end(draft, whole_end, bars)):
        return None
    ends = [delimiter + 1]
    while ends[-1] < len(draft.lines) and (end := _row_end(draft, ends[-1], bars)):
        ends.append(end)
    is_broken = start < delimiter - 1 or len(ends) < ends[-1] - delimiter
    if len(ends) < 2 or not is_broken:
        return None
    rows = [Row(at, _cells(draft.lines[at:end])) for at, end in pairwise(ends)]
    return Notation(start, ends[-1], _cells(draft.lines[start:delimiter]), rows)


def _row_end(draft: Draft, start: int, bars: int) -> int:
    """The line after the row that begins with a pipe in line `start`; 0 if there is none."""
    if draft.kinds[start] in CLOSED_KINDS or not draft.lines[start].lstrip().startswith("|"):
        return 0
    if is_piped(draft.lines[start]):
        return start + 1
    pipes = 0
    for at in range(start, min(start + _MOST_LINES, len(draft.lines))):
        line = draft.lines[at].strip()
        if draft.kinds[at] in CLOSED_KINDS or draft.kinds[at] in (BLANK, DELIMITER) or (at > start and line[0] == "|"):
            return 0
        pipes += pipes_in(line)
        if pipes >= bars:
            return at + 1 if pipes == bars and line[-1] == "|" else 0
    return 0


def _cells(lines: Sequence[str]) -> list[str]:
    text = " ".join(line.strip() for line in lines)
    return [part.strip() for part in PIPE.split(text[1:-1] if is_piped(text) else text)]
