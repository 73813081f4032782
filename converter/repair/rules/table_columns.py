"""Tables whose columns are aligned by spaces, as text browsers and PDF readers write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, INDENTED, ORDERED, ROW, TEXT, VERBATIM, width_of
from converter.repair.rule import FULL, rule

FEWEST_ROWS = 3
"""A table without any mark has so many lines at least, its header included."""

GUTTER = 2
"""Columns between two cells at least; one space parts words."""

LONGEST_HEADER = 40
"""Columns of a header's cell at most; a sentence is no header."""

MOST_COLUMNS = 64

_GAP = re.compile(r" {2,}")
_NUMBER = re.compile(r"[-+(]?[$€£]?\d[\d.,:/%\s-]*[)%]?$")
_CODE = re.compile(r"[{};=<>$\\#]|\w\(|^\s*(?:[-+*/]|\d+[.)])\s|\.{4,}|-{3,}|_{3,}")
_KINDS = frozenset((TEXT, INDENTED, VERBATIM, ORDERED))


@dataclass(frozen=True, slots=True)
class Columns:
    """A run of lines, `start` up to (excluding) `end`, and the places at which their cells begin."""

    start: int
    end: int
    places: tuple[int, ...]


@rule("table_columns", FULL)
def table_columns(draft: Draft) -> None:
    """Lines that touch and leave the same columns blank, under a first line that names each column, are the rows of a
    table; code, verse and lists with a few wide gaps are not."""
    for columns in _tables(draft):
        rows = [_cells(draft.lines[at], columns.places) for at in range(columns.start, columns.end)]
        for at, row in zip(range(columns.start, columns.end), rows, strict=True):
            draft.replace("table_columns", at, "| " + " | ".join(row) + " |", 0.9, ROW)
        draft.insert_after("table_columns", columns.start, "|" + " --- |" * len(columns.places), 0.9)
        draft.break_before("table_columns", columns.start, 0.9)
        if columns.end < len(draft.lines):
            draft.break_before("table_columns", columns.end, 0.9)


def _tables(draft: Draft) -> Iterator[Columns]:
    lines, kinds = draft.lines, draft.kinds
    at = 0
    while at < len(lines):
        start = at
        while at < len(lines) and kinds[at] in _KINDS and _is_gapped(lines[at]):
            at += 1
        if at - start >= FEWEST_ROWS and not _is_fenced(kinds, start):
            places = _places(lines[start:at])
            if len(places) > 1 and _is_table([_cells(lines[row], places) for row in range(start, at)]):
                yield Columns(start, at, places)
        at = max(at, start + 1)


def _is_fenced(kinds: Sequence[str], start: int) -> bool:
    """Whether lines stand in a block that is verbatim for another reason than its indentation."""
    return kinds[start] == VERBATIM and start > 0 and kinds[start - 1] not in (BLANK, TEXT)


def _is_gapped(line: str) -> bool:
    return "  " in line.strip() and "\t" not in line


def _places(lines: Sequence[str]) -> tuple[int, ...]:
    """Return the places at which columns begin: after a gutter that all lines leave blank."""
    width = max(map(len, lines))
    filled = bytearray(width + GUTTER)
    for line in lines:
        for match in re.finditer(r"\S(?: ?\S)*", line):
            filled[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    places, blank = [], GUTTER
    for place in range(width):
        if filled[place]:
            if blank >= GUTTER:
                places.append(place)
            blank = 0
        else:
            blank += 1
    return tuple(places)


def _cells(line: str, places: Sequence[int]) -> list[str]:
    bounds = [*places[1:], max(len(line), places[-1])]
    return [line[start:end].strip().replace("|", "\\|") for start, end in zip(places, bounds, strict=True)]


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    """Whether rows of cells look like a table: a header that names every column, and cells below it in each of them."""
    header, body = rows[0], rows[1:]
    columns = len(header)
    if not 2 <= columns <= MOST_COLUMNS or not all(header[1:]) or len({*header}) < columns:
        return False
    if any(_NUMBER.match(cell) or width_of(cell) > LONGEST_HEADER or cell.endswith((".", ",", ";")) for cell in header):
        return False
    cells = [cell for row in body for cell in row]
    filled = sum(map(bool, cells))
    if filled < 0.6 * len(cells) or any(not any(row[column] for row in body) for column in range(columns)):
        return False
    return sum(bool(_CODE.search(cell)) for cell in [*header, *cells]) <= 0.1 * (filled + columns)
