"""Which lines of aligned columns are one row: its cells go over several lines, from its first line on or centred."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from converter.repair.lines import width_of
from converter.repair.notation import is_value

MOST_LINES = 12
"""Maximum number of lines of a row."""

NARROWEST = 12
"""Columns up to which a lack of room for the next word proves nothing."""

EVEN = 4
"""So many lines below a header, none of them with an empty cell, are a row each."""

_OPEN_END = re.compile(r"(?:[,&]| /|\w-|\([^()]{0,200})$")

Span = tuple[int, int]
"""The first line of a row, and the line after its last one."""


@dataclass(frozen=True, slots=True)
class Joint:
    """Whether two lines can belong to one row, and whether their cells prove that they do."""

    is_open: bool
    is_shown: bool


def rows_among(lines: Sequence[Sequence[str]], widths: Sequence[int], header: int, slack: float) -> list[Span]:
    """Return the lines of each row; `lines` are the cells of each line, none in a blank line, which separates rows.

    Line `header` is part of the first row; there are no rows if it cannot be. A cell continues in the next line only if
    it has no room in its column, and `slack` is the share of the column's width by which it may be shorter. If no cell
    is empty, a lack of room shows nothing, and each of many lines is a row: wrapped cells differ in their number of
    lines. Of all ways to read the lines, the one with the fewest empty cells and doubtful joints is taken.
    """
    body = lines[header + 1 :]
    is_even = all(map(all, body))
    last = header if is_even and len(body) >= EVEN and all(body) else len(lines) - 1
    columns = zip(*filter(None, lines), strict=True)
    rooms = [(width, _margin(column, width)) for column, width in zip(columns, widths, strict=True)]
    joints = [_joint(lines, at, rooms, slack, header, is_even) for at in range(last)]
    joints += [Joint(False, False)] * (len(lines) - 1 - last)
    readings = [_reading(lines, joints, header, is_centred) for is_centred in (False, True)]
    return min(readings, key=lambda reading: reading[0])[1]


def _margin(cells: Sequence[str], width: int) -> int:
    """The columns that wrapped cells fill: a word that stands alone, such as an address, may be wider."""
    widest = max((width_of(cell) for cell in cells if " " in cell), default=0)
    return widest if widest > NARROWEST else width


def _joint(
    lines: Sequence[Sequence[str]], at: int, rooms: Sequence[tuple[int, int]], slack: float, header: int, is_even: bool
) -> Joint:
    pairs = [each for each in zip(lines[at], lines[at + 1], rooms, strict=False) if each[0] and each[1]]
    signs = [_reads_on(above, cell, at == header) for above, cell, _ in pairs]
    full = 0
    for (above, cell, (width, margin)), reads_on in zip(pairs, signs, strict=True):
        if not (at < header or reads_on) and (is_value(above) or is_value(cell)):
            return Joint(False, False)
        with_word = width_of(above) + 1 + width_of(cell.split(None, 1)[0])
        if with_word <= margin - slack * margin:
            return Joint(False, False)
        # The widest cell always fills the margin, which it shows: only the column itself proves a lack of room.
        full += with_word > width - slack * width and width > NARROWEST and " " in above + cell
    return Joint(True, any(signs) or (full > 1 and not is_even))


def _reads_on(above: str, cell: str, is_below_name: bool) -> bool:
    """Whether the text of a cell shows that it continues in the next line; lower case alone does not, as words stand
    below names too."""
    goes_on = cell[0].islower() and not above[0].islower() and not is_below_name
    return goes_on or _OPEN_END.search(above) is not None


def _reading(
    lines: Sequence[Sequence[str]], joints: Sequence[Joint], header: int, is_centred: bool
) -> tuple[tuple[int, int], list[Span]]:
    """Return the cost of the best reading, and its rows: cells are centred in them, or begin in their first line."""
    total = len(lines)
    best: list[tuple[int, int, int]] = [(0, 0, 0)] * (total + 1)
    """From each line on: the cost of the rest, less the number of its rows, and the line after its first row."""
    for start in range(total - 1, -1, -1):
        if not lines[start]:
            best[start] = best[start + 1]
            continue
        choices = []
        row = _Row(len(lines[start]))
        for end in range(start + 1, min(start + MOST_LINES, total) + 1):
            joint = joints[end - 2] if end - 1 > start else Joint(True, True)
            if not (lines[end - 1] and joint.is_open and row.take(lines[end - 1], joint)):
                break
            if start or end > header:
                is_cut = end < total and joints[end - 1].is_shown
                choices.append((best[end][0] + row.cost(is_centred) + is_cut, best[end][1] - 1, end))
        if not choices:
            return (total * total, 0), []
        best[start] = min(choices)
    spans: list[Span] = []
    at = 0
    while at < total:
        end = best[at][2] if lines[at] else at + 1
        if lines[at]:
            spans.append((at, end))
        at = end
    return best[0][:2], spans


class _Row:
    """A row while lines are added to it."""

    def __init__(self, columns: int) -> None:
        self._firsts, self._lasts = [-1] * columns, [-1] * columns
        self._lines = self._doubts = 0

    def take(self, cells: Sequence[str], joint: Joint) -> bool:
        """Add a line; return whether each of its cells continues right below its first part."""
        for column, cell in enumerate(cells):
            if cell:
                if self._firsts[column] < 0:
                    self._firsts[column] = self._lines
                elif self._lasts[column] < self._lines - 1:
                    return False
                self._lasts[column] = self._lines
        self._doubts += not joint.is_shown
        self._lines += 1
        return True

    def cost(self, is_centred: bool) -> int:
        """The cost of a row: its empty cells (a first one counts twice), its doubtful joints, and its cells in another
        place than such rows have them."""
        strays = 0
        for first, last in zip(self._firsts, self._lasts, strict=True):
            room = self._lines - 1 - last + first
            strays += first >= 0 and first != (room // 2 if is_centred else 0)
        return self._firsts.count(-1) + (self._firsts[0] < 0) + self._doubts + strays
