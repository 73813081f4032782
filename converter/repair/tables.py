"""Where the tables of a draft are, pipes outside or not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from converter.repair.lines import (
    BLANK,
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

if TYPE_CHECKING:
    from converter.repair.draft import Draft

_PIPE = re.compile(r"(?<!\\)\|")
_MAY_BE_ROW = frozenset((TEXT, ROW, ORDERED, BULLET, DELIMITER, INDENTED, HEADING, QUOTE, ODD_ITEM, IMAGE))


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its delimiter row."""

    header: int
    delimiter: int
    last: int
    """Its last row, or the delimiter row."""
    columns: int
    piped: bool
    """Pipes stand at the outer edges too."""


def pipes_in(line: str) -> int:
    """The pipes of a line, those escaped left aside."""
    return len(_PIPE.findall(line)) if "|" in line else 0


def is_piped(line: str) -> bool:
    """Whether a row has pipes at both of its outer edges."""
    line = line.strip()
    return len(line) > 1 and line[0] == "|" == line[-1] and line[-2] != "\\"


def cells_in(line: str) -> int:
    """The number of cells GFM sees in a row."""
    line = line.strip()
    closed = len(line) > 1 and line.endswith("|") and not line.endswith("\\|")
    return pipes_in(line) + 1 - line.startswith("|") - closed


def mark_rows(lines: Sequence[str], kinds: list[str]) -> None:
    """Make ROW of the lines around a delimiter row that have no outer pipes and as many cells as it has."""
    for at, kind in enumerate(kinds):
        if kind != DELIMITER or at == 0:
            continue
        inner = cells_in(lines[at]) - 1
        if inner and kinds[at - 1] in _MAY_BE_ROW and pipes_in(lines[at - 1]) == inner:
            kinds[at - 1] = ROW
            below = at + 1
            while below < len(kinds) and kinds[below] in _MAY_BE_ROW and pipes_in(lines[below]) == inner:
                kinds[below] = ROW
                below += 1


def tables_of(draft: Draft) -> Iterator[Table]:
    """The tables that have a delimiter row which fits their header, written or inserted by a rule."""
    if DELIMITER not in draft.kinds and not draft.inserted:
        return
    past = -1
    for at, kind in enumerate(draft.kinds):
        if at in draft.inserted:
            header, line = at, draft.inserted[at]
        elif kind == DELIMITER and at > past + 1:
            header, line = at - 1, draft.lines[at]
        else:
            continue
        columns, piped = cells_in(line), is_piped(line)
        if draft.kinds[header] in _MAY_BE_ROW and _fits(draft.lines[header], columns, piped):
            past = at
            while past + 1 < len(draft.lines) and _is_row(draft, past + 1, columns, piped):
                past += 1
            yield Table(header, at, past, columns, piped)


def _fits(line: str, columns: int, piped: bool) -> bool:
    return cells_in(line) == columns or (not piped and pipes_in(line) == columns - 1)


def _is_row(draft: Draft, at: int, columns: int, piped: bool) -> bool:
    """Whether a line below a table is one of its rows.

    With outer pipes a row begins with one. Without, it has as many pipes as the table calls for; where
    blank lines end the table anyhow, any line with a pipe will do.
    """
    kind, line = draft.kinds[at], draft.lines[at]
    if kind == BLANK or kind not in _MAY_BE_ROW or "|" not in line:
        return False
    if kind == ROW or (piped and draft.state.spaced):
        return True
    if piped:
        return line.rstrip().endswith("|") and cells_in(line) == columns
    return pipes_in(line) == columns - 1 or (draft.state.spaced and kind == TEXT)
