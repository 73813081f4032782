"""Delimiter rows that are missing or malformed."""

from __future__ import annotations

import re

from converter.repair.draft import Draft
from converter.repair.lines import DELIMITER, ROW
from converter.repair.pipes import cells_in, is_piped
from converter.repair.rule import FULL, rule

_CORNER = re.compile(r"[\s|]*+(?:\+[-=:]{2}|[-=]{5,}+[\s+-]*+$)")
_LINE_MARKS = frozenset("-=_–—")
_DELIMITER_MARKS = _LINE_MARKS | frozenset("|:+ \t")
"""Characters of a delimiter row, in the dialects that differ from GFM."""


@rule("table_delimiter", FULL, kinds=(ROW + ROW, DELIMITER))
def table_delimiter(draft: Draft) -> None:
    """Rows with outer pipes and the same number of cells get the delimiter row that makes them a table; a malformed
    delimiter row (`|---+---|`, `|===|===|`, too few cells) is replaced."""
    for run in re.finditer(r"[|:]{2,}", draft.signature):
        header, last_row = run.start(), run.end() - 1
        columns = cells_in(draft.lines[header])
        if columns < 2 or draft.kinds[header] != ROW or not is_piped(draft.lines[header]) or header in draft.insertions:
            continue
        if _is_border(draft, header - 1) or _is_border(draft, last_row + 1):
            continue  # rows of a drawing: the header may be above the border
        second_line = draft.lines[header + 1]
        is_valid = draft.kinds[header + 1] == DELIMITER and cells_in(second_line) == columns
        delimiter = "|" + " --- |" * columns
        if is_valid or not all(is_piped(draft.lines[at]) for at in range(header, last_row + 1)):
            continue
        if draft.kinds[header + 1] == DELIMITER or _is_malformed(second_line):
            draft.replace("table_delimiter", header + 1, delimiter, 0.95, DELIMITER)
        elif DELIMITER not in draft.kinds[header : last_row + 1] and all(
            cells_in(draft.lines[at]) == columns for at in range(header + 1, last_row + 1)
        ):
            draft.insert_after("table_delimiter", header, delimiter, 0.9)


def _is_border(draft: Draft, at: int) -> bool:
    """Whether a line is drawn with dashes and corners, in whole or in part."""
    return 0 <= at < len(draft.lines) and _CORNER.match(draft.lines[at]) is not None


def _is_malformed(line: str) -> bool:
    return _DELIMITER_MARKS.issuperset(line) and sum(mark in _LINE_MARKS for mark in line) > 1
