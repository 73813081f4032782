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
)

_PIPE = re.compile(r"(?<!\\)\|")
MAY_BE_ROW = frozenset((TEXT, ROW, ORDERED, BULLET, DELIMITER, INDENTED, HEADING, QUOTE, ODD_ITEM, IMAGE))


def pipes_in(line: str) -> int:
    """The number of unescaped pipes in a line."""
    return len(_PIPE.findall(line)) if "|" in line else 0


def is_piped(line: str) -> bool:
    """Whether a row has a pipe at both outer edges."""
    line = line.strip()
    return len(line) > 1 and line[0] == "|" == line[-1] and line[-2] != "\\"


def cells_in(line: str) -> int:
    """The number of cells GFM sees in a row."""
    line = line.strip()
    has_end_pipe = len(line) > 1 and line.endswith("|") and not line.endswith("\\|")
    return pipes_in(line) + 1 - line.startswith("|") - has_end_pipe


def mark_rows(lines: Sequence[str], kinds: list[str]) -> None:
    """Set the kind ROW for lines around a delimiter row that have no outer pipes and the same number of cells."""
    for at, kind in enumerate(kinds):
        if kind != DELIMITER or at == 0:
            continue
        inner_pipes = cells_in(lines[at]) - 1
        if inner_pipes and kinds[at - 1] in MAY_BE_ROW and pipes_in(lines[at - 1]) == inner_pipes:
            kinds[at - 1] = ROW
            below = at + 1
            while below < len(kinds) and kinds[below] in MAY_BE_ROW and pipes_in(lines[below]) == inner_pipes:
                kinds[below] = ROW
                below += 1
