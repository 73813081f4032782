"""Tables with drawn borders: grid tables of Pandoc and reStructuredText, MySQL, Spark, box-drawing characters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from converter.expressions import expression
from converter.repair.draft import LINES, Draft
from converter.repair.lines import FILLER, width_of
from converter.repair.notation import (
    Notation,
    Row,
    insert_table,
    is_number,
    is_open,
    join_lines,
    margin_of,
    names_columns,
    slices,
    variants,
    wraps,
)
from converter.repair.rule import SAFE, rule

_BARS, _THIN, _THICK = "│┃║┆┇┊┋╎╏", "─┄┈╌", "━═┅┉╍"
_PLAIN = str.maketrans(
    dict.fromkeys(_BARS, "|")
    | dict.fromkeys(_THIN, "-")
    | dict.fromkeys(_THICK, "=")
    | {chr(code): "+" for code in (*range(0x250C, 0x254C), *range(0x2552, 0x2574))}
)
"""Box-drawing characters as the ASCII characters that stand for them."""
_TOP = re.compile(r" *+(?:[+┌┏╔╒╓╭][-=:+─━═┬┳╦╤╥]{2}|-{5}|={5})")
"""The start of a border above a table, and its first characters."""
_TOP_STARTS = frozenset(" +┌┏╔╒╓╭-=")
_SIGNS = ("\n+", "\n-----", "\n=====", "\n┌", "\n┏", "\n╔", "\n╒", "\n╓", "\n╭")
_SHORTEST = 5
"""Dashes of a border without corners."""
_LEAST_WIDTH = 3
"""Minimum characters of the widest column: programs pad cells; only diagrams, as in RFCs, have narrower columns."""
_MOST_COLUMNS, _MOST_COPIES = 1000, 8
"""Maximum number of columns, and maximum ratio of a table's text to its drawing, since spans repeat text."""
_TYPE = expression(
    r"u?(?:tiny|small|big|huge)?int(?:eger|\d+)?|[iuf](?:8|16|32|64)|str(?:ing)?|varchar|double|float|real|bool(?:ean)?|date"
    r"|time|(?:datetime|timestamp|decimal|struct|list|map|cat)\b.*|blob|uuid|interval|json|.*\[\]"
)
"""Types of columns in DuckDB and Polars."""


def _is_border(line: str) -> bool:
    """Whether a line in plain characters is a border from end to end."""
    if line.strip("-=:+|"):
        return False
    if line[:1] in ("-", "="):
        return len(line) >= _SHORTEST and line == line[0] * len(line)
    return line[-1:] in ("+", "|") and ("--" in line or "==" in line)


@rule("table_grid", SAFE, signs=_SIGNS, trigger=LINES)
def table_grid(draft: Draft) -> None:
    """A table drawn with borders (`+---+---+`, `┌───┬───┐`) is read as a table: header, spans and wrapped cells."""
    for start, end, lines in _drawings(draft):
        if table := _read_table(lines, start, end):
            insert_table(draft, "table_grid", table, 0.98)


def _drawings(draft: Draft) -> Iterator[tuple[int, int, list[str]]]:
    """Yield each run of lines that begins with a top border and ends with a border, in plain characters."""
    at = 0
    for start in [at for at, line in enumerate(draft.lines) if line[:1] in _TOP_STARTS and _TOP.match(line)]:
        first_line = draft.lines[start].strip().translate(_PLAIN)
        is_below_row = start > 0 and draft.lines[start - 1].lstrip().translate(_PLAIN)[:1] == "|"
        if start < at or is_below_row or not _is_border(first_line):
            continue
        margin = margin_of(draft, start)
        at, lines = start, []
        while at < len(draft.lines) and is_open(draft, at, margin):
            line = draft.lines[at].strip().translate(_PLAIN)
            if line[:1] not in ("|", "+") and not (first_line[0] != "+" and line == first_line):
                break
            lines.append(line)
            at += 1
        while lines and not (_is_border(lines[-1]) and lines[-1][0] == first_line[0]):
            lines.pop()
        if len(lines) > 2:
            yield start, start + len(lines), lines


def _read_table(lines: list[str], start: int, end: int) -> Notation | None:
    """Read a drawing as a table; None if it is not one or has several readings."""
    for drawing in (*variants(lines), _redraw(lines)):
        if drawing and drawing[0][0] == "+" and len({len(line) for line in drawing}) == 1:
            return _Grid(drawing).read(start, end)
    return None


def _redraw(lines: Sequence[str]) -> list[str] | None:
    """Redraw a table whose rows have as many bars as its columns require, but not under each other."""
    rows = [[] if _is_border(line) else line.strip("|").split("|") for line in lines]
    columns = max(map(len, rows))
    ends_open = any(row and not (line[0] == "|" == line[-1]) for row, line in zip(rows, lines, strict=True))
    if ends_open or columns > _MOST_COLUMNS or any(row and len(row) != columns for row in rows):
        return None
    if any(line[0] == "+" and len(re.split("[+|]", line)) - 2 not in (1, columns) for line in lines):
        return None
    widths = [max(len(row[column]) for row in rows if row) for column in range(columns)] if any(rows) else []
    if len(lines) * sum(widths) > _MOST_COPIES * sum(map(len, lines)):
        return None
    return [
        "|" + "|".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + "|"
        if row
        else "+" + "+".join(("=" if "=" in line else "-") * width for width in widths) + "+"
        for row, line in zip(rows, lines, strict=True)
    ]


class _Grid:
    """A drawing whose lines have the same length: its edges, its bands between borders, and its cells."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        borders = [line for line in lines if _is_border(line)]
        self.edges = sorted({at for line in borders for at, mark in enumerate(line) if mark in "+|"})
        self.columns = len(self.edges) - 1
        self.separators = [at for at, line in enumerate(lines) if self._separates(line)]
        self.bands = [range(above + 1, below) for above, below in pairwise(self.separators)]
        self.has_spans = False

    def _segments(self, line: str) -> list[str]:
        return slices(line, self.edges)

    def _has_border(self, line: str, column: int) -> bool:
        left, right = self.edges[column : column + 2]
        return "+" in line[left] + line[right] and set(line[left + 1 : right]) <= set("-=:+")

    def _separates(self, line: str) -> bool:
        """Whether a line has a border in any column."""
        if _is_border(line):
            return True
        return "+" in line and any(
            "--" in line[left : right + 1] and self._has_border(line, column)
            for column, (left, right) in enumerate(pairwise(self.edges))
        )

    def read(self, start: int, end: int) -> Notation | None:
        """Read the grid as a table; None if it is a diagram, or if its header or its rows have several readings."""
        widths = [right - left - 1 for left, right in pairwise(self.edges)]
        if not widths or len(widths) > _MOST_COLUMNS or max(widths) < _LEAST_WIDTH or min(widths) < 1:
            return None
        if len(self.bands) < 2 and (self.columns < 2 or not self.bands or len(self.bands[0]) < 2):
            return None
        if any(not band for band in self.bands):
            return None
        grid = self._cells()
        if grid is None:
            return None
        head = self._head_size()
        if head is None:
            # Each band may be a row; the first one is the header where it is sure to name the columns.
            if self.columns < 2 and len(self.bands) > 2:
                return None
            return self._read_bands(grid, start, end)
        header = self._header(self.bands[0]) if head == 1 and not self.has_spans else None
        header = header or _join_bands(grid[:head])
        if len(self.bands) - head == 1 and not self.has_spans:
            rows = self._started_rows(self.bands[head], start)
        else:
            rows = [Row(start + band[0], cells) for band, cells in zip(self.bands[head:], grid[head:], strict=True)]
        return Notation(start, end, header, rows) if rows else None

    def _head_size(self) -> int | None:
        """The number of bands above a border that is stronger than others; None if there is no such border."""
        strong = ["=" in self.lines[at] for at in self.separators]
        if ":" in self.lines[0]:
            return 0
        return strong.index(True, 1) if any(strong[1:-1]) and not all(strong) else None

    def _read_bands(self, grid: list[list[str]], start: int, end: int) -> Notation | None:
        """Read a table whose borders are all alike."""
        groups = [self._line_rows(band, start) for band in self.bands]
        body = groups[1:]
        if self.has_spans:
            return None
        if len(groups) == 1:
            return Notation(start, end, [], groups[0])
        is_split = any(len(rows) > 1 for rows in body)
        has_rests = any(not row.cells[0] for rows in body for row in rows[1:])
        if len(body) > 1 and is_split and has_rests and not all(not row.cells[0] for rows in body for row in rows[1:]):
            return None
        header = self._header(self.bands[0])
        if header is None:
            return None
        if len(body) == 1 or (is_split and not has_rests):
            if any(map(is_number, header)):
                return None if len(body) > 1 else Notation(start, end, [], [row for rows in groups for row in rows])
            return Notation(start, end, header, [row for rows in body for row in rows])
        rows = [Row(start + band[0], cells) for band, cells in zip(self.bands, grid, strict=True)]
        if names_columns(header, [row.cells for row in rows[1:]]):
            return Notation(start, end, header, rows[1:])
        return Notation(start, end, [], rows)

    def _header(self, band: range) -> list[str] | None:
        """The names in a band, without the types that databases print below them; None if its lines may be rows."""
        lines = [line for line in self._line_cells(band)[0] if set(line) != {"---"}]
        if len(lines) > 1 and all(map(_TYPE.fullmatch, lines[-1])):
            return join_lines(lines[:-1])
        return join_lines(lines) if all("" in line for line in lines[1:]) else None

    def _line_rows(self, band: range, start: int) -> list[Row]:
        """The rows of a band in which each line is a row, or continues one whose cells are full."""
        cells, widths = self._line_cells(band)
        goes_on = [not line[0] and wraps(above, line, widths) for above, line in pairwise(cells)]
        return _join_rows(cells, goes_on, start + band[0])

    def _started_rows(self, band: range, start: int) -> list[Row]:
        """The rows of a body without borders: a line without first cell continues the row above; all lines do if each
        continues in lower case below full cells."""
        cells, widths = self._line_cells(band)
        is_one_row = all(line[0][:1].islower() and wraps(above, line, widths) for above, line in pairwise(cells))
        return _join_rows(cells, [is_one_row or not line[0] for line in cells[1:]], start + band[0])

    def _line_cells(self, band: range) -> tuple[list[list[str]], list[int]]:
        """The cells of each line of a band, and the width of the columns."""
        cells = [[_clean(part) for part in self._segments(self.lines[at])] for at in band]
        return cells, [max(map(width_of, column)) for column in zip(*cells, strict=True)]

    def _cells(self) -> list[list[str]] | None:
        """The text of each column in each band; a cell that spans several has its text in all of them.

        None if a span is not a rectangle.
        """
        grid: list[list[list[str]]] = []
        previous_spans: set[tuple[int, int]] = set()
        for number, band in enumerate(self.bands):
            spans = self._spans(band)
            if spans is None:
                return None
            border = self.lines[band[0] - 1]
            cells: list[list[str]] = [[]] * self.columns
            for left, right in spans:
                borders = {self._has_border(border, column) for column in range(left, right)}
                goes_on = number > 0 and borders == {False}
                if (len(borders) > 1) or (goes_on and (left, right) not in previous_spans):
                    return None
                parts = grid[-1][left] if goes_on else []
                self.has_spans = self.has_spans or goes_on or right - left > 1
                lines = (band[0] - 1, *band) if goes_on else band
                parts += [self.lines[at][self.edges[left] + 1 : self.edges[right]] for at in lines]
                cells[left:right] = [parts] * (right - left)
            grid.append(cells)
            previous_spans = set(spans)
        unique_cells = {id(parts): parts for cells in grid for parts in cells}
        sizes = {key: sum(map(len, parts)) for key, parts in unique_cells.items()}
        if sum(sizes[id(parts)] for cells in grid for parts in cells) > _MOST_COPIES * sum(map(len, self.lines)):
            return None
        texts = {key: " ".join(filter(None, map(_clean, parts))) for key, parts in unique_cells.items()}
        return [[texts[id(parts)] for parts in cells] for cells in grid]

    def _spans(self, band: range) -> list[tuple[int, int]] | None:
        """The columns, from and up to, that each cell of a band covers; None if its lines disagree."""
        bounds = [0]
        for column in range(1, self.columns):
            edge = self.edges[column]
            bars = {self.lines[at][edge] in "|+" for at in band}
            if len(bars) > 1:
                return None
            if True in bars:
                bounds.append(column)
        return list(pairwise([*bounds, self.columns]))


def _join_rows(cells: Sequence[Sequence[str]], goes_on: Sequence[bool], start: int) -> list[Row]:
    """The rows of consecutive lines; `goes_on` states for each but the first whether it continues the row above."""
    rows: list[list[int]] = [[0]]
    for index, continues in enumerate(goes_on, 1):
        if continues:
            rows[-1].append(index)
        else:
            rows.append([index])
    return [Row(start + indexes[0], join_lines([cells[index] for index in indexes])) for indexes in rows]


def _clean(text: str) -> str:
    return " ".join(text.replace(FILLER, "").split())


def _join_bands(bands: Sequence[Sequence[str]]) -> list[str]:
    """The header of each column: its texts in all bands of the header, each text once."""
    return [" ".join(dict.fromkeys(filter(None, texts))) for texts in zip(*bands, strict=True)]
