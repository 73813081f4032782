"""Tables in other notations than GFM's pipe tables: what their rules share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from converter.repair.draft import Draft
from converter.repair.lines import FENCE, HTML, ITEMS, QUOTE, VERBATIM, widen
from converter.repair.pipes import PIPE

_NUMBER = re.compile(r"[^\w\s]{0,3}+\s?+\d[\d.,:/'’ %°+-]*+\w{0,4}+[)%*²³]*+")
_OTHER_VALUE = re.compile(r"https?://\S+|[\w.+-]{1,64}@[\w.-]+|true|false|yes|no", re.IGNORECASE)
_LONGEST_VALUE = 200
_ITEM = re.compile(r" *(?:[-+*]|\d{1,9}[.)]) +")
_REACH = 200
"""Lines above a table that are searched for the item around it."""
CLOSED_KINDS = frozenset((VERBATIM, FENCE, HTML, QUOTE))
"""Kinds of lines that are never part of such a table."""
WIDEST_INDENTATION = 3
"""Lines that are indented further are code, or belong to an item whose content begins there."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the index of its first line, and its cells."""

    at: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Notation:
    """A table as read from the lines from `start` up to `end`; an empty header names no columns."""

    start: int
    end: int
    header: Sequence[str]
    rows: Sequence[Row]


def insert_table(draft: Draft, rule: str, table: Notation, confidence: float, is_nested: bool = True) -> None:
    """Write a table as a GFM pipe table: its header in its first line, each row in its own.

    The indentation of its first line is that of an item around it if it is nested, and says nothing otherwise.
    """
    columns = len(table.header or table.rows[0].cells)
    first_line = draft.lines[table.start]
    indentation = " " * (len(first_line) - len(first_line.lstrip(" "))) if is_nested else ""
    header = list(table.header) or [""] * columns
    lines = {table.start: [indentation + _line_of(header), indentation + "|" + " --- |" * columns]}
    for row in table.rows:
        lines.setdefault(row.at, []).append(indentation + _line_of(row.cells))
    draft.rewrite(rule, table.start, table.end, lines, confidence)
    draft.set_apart(table.start, table.end)


def _line_of(cells: Sequence[str]) -> str:
    return "| " + " | ".join(PIPE.sub(r"\\|", cell) for cell in cells) + " |"


def is_open(draft: Draft, at: int, margin: int = 0) -> bool:
    """Whether a line may be part of a table: no code, HTML or quote, and indented by hardly more than `margin`."""
    text = draft.lines[at].lstrip(" ")
    indentation = len(draft.lines[at]) - len(text)
    is_indented = margin <= indentation <= margin + WIDEST_INDENTATION
    return is_indented and draft.kinds[at] not in CLOSED_KINDS and not text[:1].isspace() and text != ""


def margin_of(draft: Draft, at: int) -> int:
    """The column at which the content of an indented line's item begins; 0 if there is no item nearby."""
    indentation = len(draft.lines[at]) - len(draft.lines[at].lstrip(" "))
    if indentation <= WIDEST_INDENTATION:
        return 0
    for above in range(at - 1, max(-1, at - _REACH), -1):
        item = _ITEM.match(draft.lines[above])
        if item and draft.kinds[above] in ITEMS and item.end() <= indentation:
            return item.end()
        if draft.lines[above][:1] not in ("", " ") and not item:
            return 0
    return 0


def is_number(cell: str) -> bool:
    """Whether a cell is a number, a date or a time, with or without a unit."""
    return len(cell) <= 40 and _NUMBER.fullmatch(cell) is not None


def is_value(cell: str) -> bool:
    """Whether a cell is certainly not a name: a number, an address, or true or false."""
    return is_number(cell) or (len(cell) <= _LONGEST_VALUE and _OTHER_VALUE.fullmatch(cell) is not None)


def names_columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row certainly names the columns: it holds words, and some column below it only values."""
    names = [cell for cell in header if cell]
    if len(names) < max(2, len(header) - 1) or len(set(names)) < len(names) or any(map(is_value, names)):
        return False
    return len(rows) > 1 and any(
        header[column] and all(is_value(row[column]) for row in rows) for column in range(len(header))
    )


def join_lines(lines: Sequence[Sequence[str]]) -> list[str]:
    """The cells of a row that was written over several lines."""
    return [" ".join(filter(None, parts)) for parts in zip(*lines, strict=True)]


def wraps(above: Sequence[str], cells: Sequence[str], widths: Sequence[int]) -> bool:
    """Whether a line continues the row above: each of its cells has no room in the line above."""
    pairs = [(upper, lower, width) for upper, lower, width in zip(above, cells, widths, strict=True) if lower]
    return bool(pairs) and all(
        upper and len(upper) + 1 + len(lower.split(None, 1)[0]) > width for upper, lower, width in pairs
    )


def slices(line: str, edges: Sequence[int]) -> list[str]:
    """The cells of a line between edges, which are one column wide."""
    return [line[left + 1 : right] for left, right in pairwise(edges)]


def variants(lines: Sequence[str]) -> list[Sequence[str]]:
    """The lines with one character a column: wide characters take two columns for some programs, one for others."""
    if all(map(str.isascii, lines)):
        return [lines]
    wide_lines = [widen(line) for line in lines]
    return [lines] if wide_lines == list(lines) else [wide_lines, lines]
