"""Delimiter rows that are missing or malformed."""

from __future__ import annotations

import re

from converter.repair.draft import Draft
from converter.repair.lines import DELIMITER, ROW
from converter.repair.pipes import cells_in, is_piped
from converter.repair.rule import FULL, rule

_DRAWN = frozenset("-=_–—")
_DELIMITER = _DRAWN | frozenset("|:+ \t")
"""Characters of a delimiter row, in the dialects that differ from GFM."""


@rule("table_delimiter", FULL)
def table_delimiter(draft: Draft) -> None:
    """Rows with outer pipes and the same number of cells get the delimiter row that makes them a table; a malformed
    delimiter row (`|---+---|`, `|===|===|`, too few cells) is replaced."""
    signature = draft.signature
    if "||" not in signature and ":" not in signature:
        return
    for run in re.finditer(r"[|:]{2,}", signature):
        first, last = run.start(), run.end() - 1
        columns = cells_in(draft.lines[first])
        if columns < 2 or draft.kinds[first] != ROW or not is_piped(draft.lines[first]):
            continue
        second = draft.lines[first + 1]
        good = draft.kinds[first + 1] == DELIMITER and cells_in(second) == columns
        delimiter = "|" + " --- |" * columns
        if good or not all(is_piped(draft.lines[at]) for at in range(first, last + 1)):
            continue
        if draft.kinds[first + 1] == DELIMITER or _is_malformed(second):
            draft.replace("table_delimiter", first + 1, delimiter, 0.95, DELIMITER)
        elif DELIMITER not in draft.kinds[first : last + 1] and all(
            cells_in(draft.lines[at]) == columns for at in range(first + 1, last + 1)
        ):
            draft.insert_after("table_delimiter", first, delimiter, 0.9)


def _is_malformed(line: str) -> bool:
    return _DELIMITER.issuperset(line) and sum(mark in _DRAWN for mark in line) > 1
