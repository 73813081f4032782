"""Tables whose cells are parted by tabs, as browsers copy them, or by commas or semicolons, as in CSV files."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, HEADING, TEXT
from converter.repair.notation import Notation, Row, names_columns, write_table
from converter.repair.rule import FULL, rule

_LEAST_ROWS = 3
"""Lines of two columns, or of a CSV file, that are a table; of more columns with tabs, two lines are."""
_MOST_COLUMNS = 1000
_LONGEST_CELL = 200
"""Longer text between commas is prose."""
_ANY_CELL = re.compile(r"\n[^\s,;|][^\n\t,;|]{0,200}(?:\t|[,;][^\s,;])")
"""Start of a line that may have cells, to skip documents that have none."""


@rule("table_delimited", FULL)
def table_delimited(draft: Draft) -> None:
    """Lines with as many tabs each are read as a table; so are lines of CSV whose first one is sure to name columns."""
    if not any(map(_ANY_CELL.search, draft.texts())):
        return
    for start, end in _paragraphs(draft):
        tables = list(_with_tabs(draft, start, end))
        if not tables and (table := _with_commas(draft, start, end)):
            tables = [table]
        for table in tables:
            write_table(draft, "table_delimited", table, 0.9)


def _paragraphs(draft: Draft) -> Iterator[tuple[int, int]]:
    """Yield each run of lines of text, from and up to."""
    return ((match.start(), match.end()) for match in re.finditer(f"{TEXT}{{2,}}", draft.signature))


def _with_tabs(draft: Draft, start: int, end: int) -> Iterator[Notation]:
    """Yield the tables of a paragraph: each run of lines with as many tabs."""
    at = start
    while at < end:
        tabs = draft.lines[at].strip().count("\t")
        first_row = at
        at += 1
        while at < end and draft.lines[at].rstrip(" ").count("\t") == tabs == draft.lines[first_row].count("\t"):
            at += 1
        if not 0 < tabs < _MOST_COLUMNS or at - first_row < (_LEAST_ROWS if tabs == 1 else 2):
            continue
        rows = [[cell.strip() for cell in draft.lines[row].split("\t")] for row in range(first_row, at)]
        if all(row[0] for row in rows) and (tabs > 1 or all(map(all, rows))):
            yield _table(rows, first_row)


def _with_commas(draft: Draft, start: int, end: int) -> Notation | None:
    """Read a paragraph as CSV; None if it may be prose, or if its first line may be a row."""
    kinds = draft.kinds
    if end - start < _LEAST_ROWS or (end < len(kinds) and kinds[end] != BLANK):
        return None
    if start and kinds[start - 1] not in (BLANK, HEADING):
        return None
    for delimiter in ",;":
        columns = draft.lines[start].count(delimiter) + 1
        if columns > 1 and columns <= _MOST_COLUMNS:
            rows = [_split(draft.lines[at], delimiter) for at in range(start, end)]
            if all(len(row) == columns for row in rows) and names_columns(rows[0], rows[1:]):
                return _table(rows, start)
    return None


def _split(line: str, delimiter: str) -> list[str]:
    """The cells of a line of CSV; empty if a cell begins or ends with a space, or is too long: then this is prose."""
    try:
        cells = next(csv.reader([line.rstrip()], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return []
    is_prose = any(cell != cell.strip() or len(cell) > _LONGEST_CELL for cell in cells)
    return [] if is_prose and '"' not in line else cells


def _table(rows: Sequence[Sequence[str]], start: int) -> Notation:
    header = rows[0] if names_columns(rows[0], rows[1:]) else []
    body = [Row(start + at, cells) for at, cells in enumerate(rows) if at or not header]
    return Notation(start, start + len(rows), header, body)
