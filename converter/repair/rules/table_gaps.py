"""Table rows separated by blank lines."""

from __future__ import annotations

import re

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, DELIMITER, TEXT
from converter.repair.pipes import cells_in, is_piped, pipes_in
from converter.repair.rule import SAFE, rule
from converter.repair.rules.doubled_lines import is_doubled

_SPACED_ROWS = re.compile(r"\| +:(?: +\|)+")


@rule("table_gaps", SAFE, kinds=(DELIMITER,))
def table_gaps(draft: Draft) -> None:
    """Blank lines between a table's rows are removed if they separate all rows, header and delimiter row included.

    If one blank line follows every line of the document, rows without outer pipes and ragged rows count too.
    """
    joined_rows: set[int] = set()
    for run in _SPACED_ROWS.finditer(draft.signature):
        rows = [at for at in range(run.start(), run.end()) if draft.kinds[at] != BLANK]
        if len({cells_in(draft.lines[at]) for at in rows}) == 1:
            _join(draft, rows)
            joined_rows.update(rows)
    if is_doubled(draft):
        for at, kind in enumerate(draft.kinds):
            if kind == DELIMITER and at not in joined_rows and len(rows := _doubled_rows(draft, at)) > 2:
                _join(draft, rows)


def _join(draft: Draft, rows: list[int]) -> None:
    top, bottom = rows[0], rows[-1]
    for at in range(top, bottom + 1):
        if draft.kinds[at] == BLANK:
            draft.drop(at)
    text_before = "\n".join(draft.lines[top : bottom + 1])
    text_after = "\n".join(draft.lines[at] for at in rows)
    draft.break_before("table_gaps", top)
    if bottom + 1 < len(draft.lines) and draft.kinds[bottom + 1] != BLANK:
        draft.break_before("table_gaps", bottom + 1)
    draft.note("table_gaps", top, bottom, text_before, text_after, 0.99)


def _doubled_rows(draft: Draft, delimiter: int) -> list[int]:
    """The rows around a delimiter row, separated by one blank line each; empty if there is no such table."""
    lines, kinds = draft.lines, draft.kinds
    header, piped = delimiter - 2, is_piped(lines[delimiter])
    columns, pipes = cells_in(lines[delimiter]), pipes_in(lines[delimiter])

    def is_row(at: int) -> bool:
        if is_piped(lines[at]) != piped:
            return False
        return piped or (kinds[at] == TEXT and pipes_in(lines[at]) == pipes)

    if columns < 2 or header < 0 or kinds[delimiter - 1] != BLANK or not is_row(header):
        return []
    if cells_in(lines[header]) != columns:
        return []
    rows, at = [header, delimiter], delimiter + 2
    while at < len(lines) and kinds[at - 1] == BLANK and kinds[at] != DELIMITER and lines[at] and is_row(at):
        if at + 2 < len(lines) and kinds[at + 2] == DELIMITER and kinds[at + 1] == BLANK:
            break  # the header of another table
        rows.append(at)
        at += 2
    return rows
