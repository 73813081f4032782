"""Pipes in code spans in tables: GFM reads them as the ends of cells."""

from __future__ import annotations

import re

from converter.repair.draft import LINES, Draft
from converter.repair.lines import DELIMITER, FENCE, VERBATIM
from converter.repair.pipes import PIPE, cells_in, pipes_in
from converter.repair.rule import SAFE, rule

_CODE = re.compile(r"(?<![`\\])(`{1,8}+)(?!`)(?:(?!(?<!`)\1(?!`))[^\n])*+\1")
"""A code span; a run of backticks that no other closes is text."""


@rule("table_code", SAFE, signs=("`",), kinds=(DELIMITER,), trigger=LINES)
def table_code(draft: Draft) -> None:
    """A pipe in a code span belongs to its cell if the row has too many cells otherwise, and just enough with it."""
    end = 1
    for at, kind in enumerate(draft.kinds):
        if kind != DELIMITER or at < end:
            continue
        columns = cells_in(draft.lines[at])
        _escape(draft, at - 1, columns)
        if cells_in(draft.lines[at - 1]) != columns:
            continue
        end = at + 1
        while end < len(draft.lines) and "|" in draft.lines[end] and draft.kinds[end] not in (VERBATIM, FENCE):
            _escape(draft, end, columns)
            end += 1


def _escape(draft: Draft, at: int, columns: int) -> None:
    """Escape the pipes in a row's code spans if that leaves it exactly as many cells as the table has columns."""
    line = draft.lines[at]
    if "`" not in line or cells_in(line) <= columns:
        return
    escaped_line = _CODE.sub(lambda span: PIPE.sub(r"\\|", span[0]), line)
    if cells_in(escaped_line) == columns and pipes_in(escaped_line) < pipes_in(line):
        draft.replace("table_code", at, escaped_line, 0.95, draft.kinds[at])
