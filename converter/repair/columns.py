"""Columns that lines leave blank, and the cells between them."""

from __future__ import annotations

import re
from collections.abc import Sequence

PIECE = re.compile(r"\S(?: ?\S)*")
"""A part of a line between gaps of two blanks or more."""

NO_NAME = re.compile(r"^[-+(]?[$€£]?\d[\d.,:/%\s-]*[)%]?$|[.,;:=]$|^[-+*/%<>=|]|\d{4}")
"""What no header's cell holds."""

NUMERIC = 0.6
"""Minimum share of numbers in a column of numbers."""

_NUMBER = re.compile(r"[-+(]?[$€£]?\d[\d.,:/%\s-]*[)%]?$")
_SPACES = bytes(chr(code).isspace() for code in range(256))
"""1 for each space of ASCII, 0 for any other character."""


def blank_columns(lines: Sequence[str]) -> bytes:
    """For each column, and one to the right of all, whether all lines leave it blank."""
    columns = max(map(len, lines)) + 1
    blanks = int.from_bytes(b"\1" * columns, "big")
    for line in lines:
        of_line = line.encode().translate(_SPACES) if line.isascii() else bytes(map(str.isspace, line))
        blanks &= int.from_bytes(of_line.ljust(columns, b"\1"), "big")
    return blanks.to_bytes(columns, "big")


def cells_between(line: str, places: Sequence[int]) -> list[str]:
    """The cells of a line whose columns begin at these places."""
    bounds = [*places[1:], max(len(line), places[-1])]
    return [line[start:end].strip() for start, end in zip(places, bounds, strict=True)]


def is_numeric(cells: Sequence[str]) -> bool:
    """Whether most cells of a column are numbers."""
    filled = [cell for cell in cells if cell]
    return sum(_NUMBER.match(cell) is not None for cell in filled) >= NUMERIC * len(filled)


def is_letterhead(lines: Sequence[str], places: Sequence[int]) -> bool:
    """Whether lines are a page's head: its last column is text that is set flush right; tables set it flush left."""
    last = places[-1]
    cells = [line[last:] for line in lines if line[last:].strip()]
    ends = {len(line.rstrip()) for line in lines if line[last:].strip()}
    indented = sum(cell.startswith(" ") for cell in cells)
    return len(ends) == 1 and 2 * indented >= len(cells) and not is_numeric([cell.strip() for cell in cells])
