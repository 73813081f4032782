"""Tables whose cells are separated by tabs, as browsers copy them, or by commas or semicolons, as in CSV files."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, HEADING, TEXT
from converter.repair.notation import Notation, Row, insert_table, names_columns
from converter.repair.rule import FULL, rule

_LEAST_ROWS = 3
"""Minimum lines of a table with two columns, or of a CSV file; two are enough for more columns with tabs."""
_MOST_COLUMNS = 1000
_LONGEST_CELL = 200
"""Longer text between commas is prose."""
_CODE = re.compile(r"^\s*+#\s*+(?:define|undef|include|if|el|endif|pragma)|[;{}]\s*+$|\*/\s*+$")
_COMMENTS = re.compile(f"{HEADING}{{3,}}")
"""Comments of a configuration file: headings do not touch."""
_TAB_STOP = 8
_PIECE = re.compile(r"\S(?: ?\S)*+")
_NEXT_CELL = re.compile(r"[,;][^\s,;]")
"""The end of a cell of CSV; in prose, a space would follow."""

_TABS_OF_CELL = 2
"""Tabs that some programs write between two cells."""
_NAME = re.compile(r"[^\W\d_a-z][^\W_]{0,30}(?:(?: [/&]| ?-)? ?[^\W\d_]{1,30}){0,4}")
"""The name of a column: a few words, the first one with a capital, without signs or a mark at the end."""


@rule("table_delimited", FULL)
def table_delimited(draft: Draft) -> None:
    """Lines with as many tabs each are read as a table; so are lines of CSV whose first one is sure to name columns."""
    has_tabs = any("\t" in text for text in draft.texts())
    is_configuration = has_tabs and _COMMENTS.search(draft.signature) is not None
    for start, end in _paragraphs(draft):
        tables = list(_with_tabs(draft, start, end)) if has_tabs else []
        if is_configuration:
            tables = [table for table in tables if table.header]
        if not tables and (table := _with_commas(draft, start, end)):
            tables = [table]
        for table in tables:
            insert_table(draft, "table_delimited", table, 0.9)


def _paragraphs(draft: Draft) -> Iterator[tuple[int, int]]:
    """Yield each run of lines of text, from and up to."""
    return ((match.start(), match.end()) for match in re.finditer(f"{TEXT}{{2,}}", draft.signature))


def _with_tabs(draft: Draft, start: int, end: int) -> Iterator[Notation]:
    """Yield the tables of a paragraph: runs of lines with tabs."""
    counts = [draft.lines[at].count("\t") for at in range(start, end)]
    for has_tabs, lines in groupby(range(len(counts)), lambda at: counts[at] > 0):
        for rows in _alike(counts, list(lines)) if has_tabs else ():
            if table := _tab_table(draft.lines[start + rows[0] : start + rows[-1] + 1], start + rows[0]):
                yield table


def _alike(counts: Sequence[int], run: list[int]) -> list[list[int]]:
    """The lines of a run, if only a few lack their last tabs, or all but a header lack those of the last column;
    otherwise each run of lines with as many tabs."""
    first, *others = (counts[at] for at in run)
    lack_last = len(others) > 1 and min(others) == max(others) >= max(first - _TABS_OF_CELL, 2)
    if first >= max(others, default=0) and (lack_last or 2 * others.count(first) > len(run) - 2):
        return [run]
    return [list(lines) for _, lines in groupby(run, counts.__getitem__)]


def _tab_table(lines: Sequence[str], start: int) -> Notation | None:
    """Read lines as a table; None if they are few or code, or if a row has no first cell."""
    if 2 * sum(_CODE.search(line) is not None for line in lines) > len(lines):
        return None
    rows = _cells_at_tab_stops(lines) or [[cell.strip() for cell in line.split("\t")] for line in lines]
    columns = len(rows[0])
    if columns > _MOST_COLUMNS:
        return None
    rows = [row + [""] * (columns - len(row)) for row in rows]
    if columns > 2 and not any(cell for row in rows for cell in row[1::2]):
        rows = [row[::2] for row in rows]  # some programs write two tabs
    if not all(row[0] for row in rows) or len(rows) < 2 or _is_no_table(rows):
        return None
    if len(rows[0]) == 2 and (len(rows) < _LEAST_ROWS or not all(map(all, rows))):
        return None
    return _table(rows, start, is_headed=_is_headed(rows))


def _is_headed(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first of several rows holds different names, and no cell below one of them is like a name."""
    header, *body = rows
    if len(body) < 2 or len({*header}) < len(header) or not all(map(_NAME.fullmatch, header)):
        return False
    return any(all(map(_is_no_name, column)) for column in zip(*body, strict=True))


def _is_no_name(cell: str) -> bool:
    return cell != "" and _NAME.fullmatch(cell) is None


def _cells_at_tab_stops(lines: Sequence[str]) -> list[list[str]]:
    """Return the cells of lines in which several tabs part two cells, so that all cells of a column begin at the same
    tab stop; none if these are not aligned, or a single tab parts all cells."""
    if not any("\t\t" in line.strip() for line in lines):
        return []
    spaced_lines = [line.expandtabs(_TAB_STOP) for line in lines]
    places = {tuple(match.start() for match in _PIECE.finditer(line)) for line in spaced_lines}
    return [_PIECE.findall(line) for line in spaced_lines] if len(places) == 1 else []


def _is_no_table(rows: Sequence[Sequence[str]]) -> bool:
    """Whether rows are a program's directives or comments, or lines beside a brace that is drawn with `|`."""
    last_cells = "".join(row[-1] for row in rows)
    is_brace = bool(last_cells) and not last_cells.strip("|{}()[]\\/")
    return is_brace or all(row[0].startswith("#") for row in rows)


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
        if 1 < columns <= _MOST_COLUMNS:
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


def _table(rows: Sequence[Sequence[str]], start: int, is_headed: bool = False) -> Notation:
    header = rows[0] if is_headed or names_columns(rows[0], rows[1:]) else []
    body = [Row(start + at, cells) for at, cells in enumerate(rows) if at or not header]
    return Notation(start, start + len(rows), header, body)
