"""Tables whose columns are aligned by spaces, as text browsers and PDF readers write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, INDENTED, ORDERED, TEXT, VERBATIM, width_of
from converter.repair.rule import FULL, rule

FEWEST_LINES = 3
"""A table without any mark has so many lines at least, its header included."""

GUTTER = 2
"""Blank columns that part two cells in any table; one suffices where `SURE_LINES` or more lines leave it blank."""

SURE_LINES, LATE_SHARE = 5, 0.1
"""So many words that begin right after a gutter of one blank, and the share that may begin a little later."""

GAPPED = 0.5
"""The share of a table's lines that have a gap inside."""

LONGEST_HEADER = 40
"""Columns of a header's cell at most; a sentence is no header."""

MOST_COLUMNS = 64

NARROWEST = 12
"""Columns up to which no cell is wrapped."""

PADDED = 0.3
"""The share of lines that must leave more than one blank before a column that a single one may part."""

_PIECE = re.compile(r"\S(?: ?\S)*")
_WORDS = re.compile(r"\S+")
NUMERIC = 0.6
"""The share of a column's cells that are numbers, from which on it is a column of numbers."""

_NO_NAME = re.compile(r"^[-+(]?[$€£]?\d[\d.,:/%\s-]*[)%]?$|[.,;:=]$|^[-+*/%<>=|]|\d{4}")
_NAME = re.compile(r"[^\W\d_a-z][^:;={}<>\"@%\d]*$")
_NUMBER = re.compile(r"[-+(]?[$€£]?\d[\d.,:/%\s-]*[)%]?$")
_CODE = re.compile(r"[{};=<>$\\#]|\w\(|^\s*(?:[-+*/]|\d+[.)])\s|\.{4,}|-{3,}|_{3,}")
_KINDS = frozenset((TEXT, INDENTED, VERBATIM, ORDERED))


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: the line in which it begins, the line after its last one, and its cells."""

    start: int
    end: int
    cells: tuple[str, ...]


@rule("table_columns", FULL)
def table_columns(draft: Draft) -> None:
    """Lines that leave the same columns blank, under a first line that names each column, are the rows of a table,
    wrapped cells included; code, verse and lists with a few wide gaps are not."""
    if not any("  " in line for line in draft.lines):
        return
    for rows in _tables(draft):
        lines = {row.start: ["| " + " | ".join(row.cells) + " |"] for row in rows}
        top, bottom = rows[0].start, rows[-1].end
        lines[top].append("|" + " --- |" * len(rows[0].cells))
        draft.rewrite("table_columns", top, bottom, lines, 0.9)
        draft.set_apart(top, bottom)


def _tables(draft: Draft) -> Iterator[list[Row]]:
    at = spaced_end = 0
    while at < len(draft.lines):
        rows: list[Row] = []
        if at >= spaced_end:  # else these lines are no spaced table
            start, end = _run(draft, at, spaced=True)
            rows = _table(draft, start, end)
            spaced_end = end
        if not rows:
            start, end = _run(draft, at, spaced=False)
            rows = _table(draft, start, end)
        if rows:
            yield rows
        at = max(end, at + 1)


def _table(draft: Draft, start: int, end: int) -> list[Row]:
    """Return the rows of lines that are a table; none if they are not."""
    if end - start < FEWEST_LINES or (draft.kinds[start] == VERBATIM and not _may_be_text(draft, start)):
        return []
    tops = [start, start - 1] if start and draft.kinds[start - 1] in _KINDS else [start]
    for top in tops:  # a header may have no gap
        rows = _rows(draft.lines, top, end)
        if rows and _is_table([row.cells for row in rows]):
            return rows
    return []


def _run(draft: Draft, at: int, spaced: bool) -> tuple[int, int]:
    """Return the first line that may be a row from line `at` on, and the line after the last one that touches it.

    In a `spaced` table, a blank line may part two rows.
    """
    lines, kinds = draft.lines, draft.kinds
    while at < len(lines) and not (kinds[at] in _KINDS and _is_gapped(lines[at])):
        at += 1
    start = end = at
    while at < len(lines) and "\t" not in lines[at]:
        if kinds[at] == BLANK and not (spaced and at == end and _may_be_row(draft, at + 1)):
            break
        if kinds[at] not in _KINDS and kinds[at] != BLANK:
            break
        at += 1
        if _is_gapped(lines[at - 1]) or lines[at - 1].startswith("  "):
            end = at
        elif at - end > 1:
            break
    return start, end


def _may_be_row(draft: Draft, at: int) -> bool:
    return at < len(draft.lines) and draft.kinds[at] in _KINDS and _is_gapped(draft.lines[at])


def _may_be_text(draft: Draft, start: int) -> bool:
    """Whether lines are verbatim for their indentation only, in a text without marks of Markdown."""
    return draft.state.headings != "marked" and (start == 0 or draft.kinds[start - 1] in (BLANK, TEXT))


def _is_gapped(line: str) -> bool:
    return "  " in line.strip() and "\t" not in line


def _rows(lines: Sequence[str], start: int, end: int) -> list[Row]:
    run = lines[start:end]
    texts = [line for line in run if line.strip()]
    if len(texts) < FEWEST_LINES or sum(map(_is_gapped, texts)) < GAPPED * len(texts):
        return []
    places = _places(texts[1:])
    if not 2 <= len(places) <= MOST_COLUMNS:
        return []
    if _is_letterhead(texts[1:], places):
        return []
    # Headers are often centred over their columns.
    names = [match[0].replace("|", "\\|") for match in _PIECE.finditer(run[0])]
    header = names if len(names) == len(places) else _cells(run[0], places)
    if header != names and any(run[0][place - 1 : place].strip() for place in places[1:]):
        return []
    rows = [Row(start, start + 1, tuple(header))]
    widths = [end - start - 1 for start, end in pairwise([*places, max(map(len, texts)) + 1])]
    above: list[str] = []
    for at, line in enumerate(run[1:], start + 1):
        if not line.strip():
            above = []
            continue
        cells = _cells(line, places)
        if not cells[0] or _continue(above, cells, widths):
            merged = tuple(f"{upper} {lower}".strip() for upper, lower in zip(rows[-1].cells, cells, strict=True))
            rows[-1] = Row(rows[-1].start, at + 1, merged)
        else:
            rows.append(Row(at, at + 1, tuple(cells)))
        above = cells
    return rows


def _is_letterhead(lines: Sequence[str], places: Sequence[int]) -> bool:
    """Whether lines are a page's head: its last column is text that is set flush right; tables set it flush left."""
    last = places[-1]
    cells = [line[last:] for line in lines if line[last:].strip()]
    ends = {len(line.rstrip()) for line in lines if line[last:].strip()}
    indented = sum(cell.startswith(" ") for cell in cells)
    return len(ends) == 1 and 2 * indented >= len(cells) and not _is_numeric([cell.strip() for cell in cells])


def _continue(above: Sequence[str], below: Sequence[str], widths: Sequence[int]) -> bool:
    """Whether a line continues the row of the line above it: none of its words would have fitted there."""
    pairs = [each for each in zip(above, below, widths, strict=False) if each[0] and each[1]]
    return bool(pairs) and all(
        width > NARROWEST and width_of(upper) + 1 + width_of(lower.split(None, 1)[0]) > width
        for upper, lower, width in pairs
    )


def _places(lines: Sequence[str]) -> tuple[int, ...]:
    """Return the places at which columns begin: after a gutter that all lines leave blank."""
    width = max(map(len, lines))
    filled = bytearray(width + 1)
    for line in lines:
        for match in _WORDS.finditer(line):
            filled[match.start() : match.end()] = b"\1" * (match.end() - match.start())
    places: list[int] = []
    blank = GUTTER
    for place in range(width):
        if filled[place]:
            if not places or blank >= GUTTER or (blank == 1 and _is_edge(lines, place)):
                places.append(place)
            blank = 0
        else:
            blank += 1
    return tuple(places)


def _is_edge(lines: Sequence[str], place: int) -> bool:
    """Whether a column begins right after one blank: words begin there in enough lines, and hardly any just behind."""
    words = sum(line[place : place + 1].strip() != "" for line in lines)
    late_words = sum(not line[place : place + 1].strip() and line[place : place + 4].strip() != "" for line in lines)
    padded = sum(line[max(place - 2, 0) : place].isspace() and line[:place].strip() != "" for line in lines)
    return words >= SURE_LINES and late_words <= LATE_SHARE * words and padded >= PADDED * words


def _cells(line: str, places: Sequence[int]) -> list[str]:
    bounds = [*places[1:], max(len(line), places[-1])]
    return [line[start:end].strip().replace("|", "\\|") for start, end in zip(places, bounds, strict=True)]


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    """Whether rows of cells look like a table: a header that names every column, and cells below it in each of them.

    Without a column of numbers, only words that are written like titles are names.
    """
    if len(rows) < FEWEST_LINES - 1:
        return False
    header, body = rows[0], rows[1:]
    columns = len(header)
    if not all(header[1:]) or len({*header}) < columns:
        return False
    if any(_NO_NAME.search(cell) or width_of(cell) > LONGEST_HEADER for cell in header):
        return False
    cells = [cell for row in body for cell in row]
    filled = sum(map(bool, cells))
    if filled < 0.6 * len(cells) or any(not any(row[column] for row in body) for column in range(columns)):
        return False
    has_numbers = any(_is_numeric([row[column] for row in body]) for column in range(columns))
    if not has_numbers and not all(_NAME.match(cell) for cell in header if cell):
        return False
    return sum(bool(_CODE.search(cell)) for cell in [*header, *cells]) <= 0.3 * (filled + columns)


def _is_numeric(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return sum(_NUMBER.match(cell) is not None for cell in filled) >= NUMERIC * len(filled)
