"""Tables whose cells are parted by tabs, as browsers copy them, or by commas or semicolons, as in CSV files."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, HEADING, TEXT
from converter.repair.notation import Notation, Row, names_columns, write_table
from converter.repair.rule import FULL, rule

_LEAST_ROWS = 3
"""Lines of two columns, or of a CSV file, that are a table; of more columns with tabs, two lines are."""
_MOST_COLUMNS = 1000
_LONGEST_CELL = 200
"""Longer text between commas is prose."""
_NEXT_CELL = re.compile(r"[,;][^\s,;]")
"""The end of a cell of CSV; in prose, a space follows."""


@rule("table_delimited", FULL)
def table_delimited(draft: Draft) -> None:
    """Lines with as many tabs each are read as a table; so are lines of CSV whose first one is sure to name columns."""
    has_tabs = any("\t" in text for text in draft.texts())
    for start, end in _paragraphs(draft):
        tables = list(_with_tabs(draft, start, end)) if has_tabs else []
        if not tables and (table := _with_commas(draft, start, end)):
            tables = [table]
        for table in tables:
            write_table(draft, "table_delimited", table, 0.9)


def _paragraphs(draft: Draft) -> Iterator[tuple[int, int]]:
    """Yield each run of lines of text, from and up to."""
    return ((match.start(), match.end()) for match in re.finditer(f"{TEXT}{{2,}}", draft.signature))


def _with_tabs(draft: Draft, start: int, end: int) -> Iterator[Notation]:
    """Yield the tables of a paragraph: runs of lines with tabs, of which only a few lack their last cells, or runs of
    lines with as many tabs."""
    counts = [draft.lines[at].rstrip().count("\t") for at in range(start, end)]
    for has_tabs, lines in groupby(range(end - start), lambda at: counts[at] > 0):
        run = list(lines)
        run_counts = [counts[at] for at in run]
        tabs = run_counts[0]
        if not has_tabs:
            continue
        if tabs == max(run_counts) and 2 * run_counts.count(tabs) > len(run):
            runs = [run]
        else:
            runs = [list(group) for _, group in groupby(run, counts.__getitem__)]
        for rows in runs:
            columns = counts[rows[0]] + 1
            if columns <= _MOST_COLUMNS and (
                table := _tab_table(draft, start + rows[0], start + rows[-1] + 1, columns)
            ):
                yield table


def _tab_table(draft: Draft, start: int, end: int, columns: int) -> Notation | None:
    rows = [[cell.strip() for cell in draft.lines[at].rstrip().split("\t")] for at in range(start, end)]
    rows = [row + [""] * (columns - len(row)) for row in rows]
    used = [column for column in range(columns) if any(row[column] for row in rows)]  # some programs write two tabs
    rows = [[row[column] for column in used] for row in rows]
    if not all(row[0] for row in rows) or len(used) < 2:
        return None
    if len(used) == 2 and (len(rows) < _LEAST_ROWS or not all(map(all, rows))):
        return None
    return _table(rows, start) if len(rows) > 1 else None


def _with_commas(draft: Draft, start: int, end: int) -> Notation | None:
    """Read a paragraph as CSV; None if it may be prose, or if its first line may be a row."""
    kinds = draft.kinds
    if end - start < _LEAST_ROWS or (end < len(kinds) and kinds[end] != BLANK):
        return None
    if start and kinds[start - 1] not in (BLANK, HEADING):
        return None
    if not _NEXT_CELL.search(draft.lines[start]):
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
