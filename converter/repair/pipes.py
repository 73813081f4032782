"""Single rows of tables: their pipes and cells."""

from __future__ import annotations

import re
from collections.abc import Sequence

from converter.repair.lines import (
    BULLET,
    DELIMITER,
    HEADING,
    IMAGE,
    INDENTED,
    ODD_ITEM,
    ORDERED,
    QUOTE,
    ROW,
    TEXT,
    ends_sentence,
)

PIPE = re.compile(r"(?<!\\)\|")
LONGEST_RAGGED_ROW = 200
"""A longer line with a pipe is prose."""
MAY_BE_ROW = frozenset((TEXT, ROW, ORDERED, BULLET, DELIMITER, INDENTED, HEADING, QUOTE, ODD_ITEM, IMAGE))


def pipes_in(line: str) -> int:
    """The number of unescaped pipes in a line."""
    return len(PIPE.findall(line)) if "|" in line else 0


def is_piped(line: str) -> bool:
    """Whether a row has a pipe at both outer edges."""
    line = line.strip()
    return len(line) > 1 and line[0] == "|" == line[-1] and line[-2] != "\\"


def cells_in(line: str) -> int:
    """The number of cells GFM sees in a row."""
    line = line.strip()
    has_end_pipe = len(line) > 1 and line.endswith("|") and not line.endswith("\\|")
    return pipes_in(line) + 1 - line.startswith("|") - has_end_pipe


def is_ragged_row(line: str) -> bool:
    """Whether a line of text below a row without outer pipes is a row with fewer or more cells, not a sentence."""
    return pipes_in(line) > 0 and is_short(line)


def is_short(line: str) -> bool:
    """Whether a line may be a row with a single cell if there are other rows below."""
    return len(line) <= LONGEST_RAGGED_ROW and not ends_sentence(line)


def mark_rows(lines: Sequence[str], kinds: list[str]) -> None:
    """Set the kind ROW for lines around a delimiter row without outer pipes that have as many cells, and for short
    lines of text between those."""
    for at, kind in enumerate(kinds):
        if kind != DELIMITER or at == 0:
            continue
        inner_pipes = cells_in(lines[at]) - 1
        if inner_pipes and kinds[at - 1] in MAY_BE_ROW and pipes_in(lines[at - 1]) == inner_pipes:
            kinds[at - 1] = ROW
            row = at
            for below in range(at + 1, len(kinds)):
                if kinds[below] in MAY_BE_ROW and pipes_in(lines[below]) == inner_pipes:
                    if below > row + 1 and kinds[below + 1 : below + 2] == [DELIMITER]:
                        break  # the header of another table
                    kinds[row + 1 : below + 1] = [ROW] * (below - row)
                    row = below
                elif kinds[below] != TEXT or not is_short(lines[below]):
                    break
