"""CSV -> records of cells, as `csv` reads them, except that a broken or too large record costs only itself.

The cell limit of `csv` is global to the process, and `csv` stops at the first cell over it; an unclosed quote swallows
everything after it. So this module splits the text into records, by their quotes, and `csv` only splits their cells.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple, TextIO

from converter.problems import Problem

LOOKAHEAD = 16 * 1024 * 1024
"""At most this many characters beyond the limit are kept while searching for the end of a record: it may have none."""
CHUNK = 256 * 1024


class Record(NamedTuple):
    """A record: its cells, or a problem instead of them."""

    cells: list[str]
    problem: Problem | None = None


class Line(NamedTuple):
    """A line with its line ending, and its number. A line over the limit has an empty text."""

    number: int
    text: str
    is_broken: bool = False
    """Whether the line opens a quote that is never closed."""


def is_quote_open(text: str, delimiter: str, is_open: bool) -> bool | None:
    """Return whether a quote is open at the end of a line; `is_open` is whether a quote is open at its beginning.

    A quote opens at the beginning of a cell and ends at a single quote character. Return None if a quote from an
    earlier line ends before a character other than a delimiter or line ending.
    """
    at, is_earlier = 0, is_open
    opening = f'{delimiter}"'
    if not is_open:
        if text.startswith('"'):
            is_open, at = True, 1
        elif (begin := text.find(opening)) >= 0:
            is_open, at = True, begin + 2
    while is_open:
        end = text.find('"', at)
        if end < 0:
            return True
        if text.startswith('"', end + 1):
            at = end + 2
            continue
        if is_earlier and text[end + 1 : end + 2] not in (delimiter, "\n", "\r", ""):
            return None
        begin = text.find(opening, end + 1)
        is_open, at, is_earlier = begin >= 0, begin + 2, False
    return False


class Records:
    """Reads records of at most `maximum` characters each."""

    def __init__(self, text: TextIO, maximum: int) -> None:
        self._text, self._maximum = text, maximum
        self._number = 0
        self._backlog: deque[Line] = deque()
        """Lines to read again, because they formed no record."""
        self._delimiter = ","

    def header(self, delimiters: str, column: str) -> list[str]:
        """Read the first record; the delimiter with which it contains the column applies to all records."""
        line = self._line()
        while line is not None and not line.text.strip():
            line = self._line()
        if line is None:
            return []
        marks = (mark for mark in delimiters if column in cells_of(line.text, mark))
        self._delimiter = next(marks, delimiters[0])
        self._backlog.appendleft(line)
        return next(iter(self)).cells

    def __iter__(self) -> Iterator[Record]:
        while line := self._line():
            if not line.text:
                yield self._oversized_record(line.number, line.number)
            elif '"' not in line.text or not is_quote_open(line.text, self._delimiter, False):
                if cells := cells_of(line.text, self._delimiter):
                    yield Record(cells)
            elif line.is_broken:
                yield _broken_record(line.number)
            else:
                yield self._record(line)

    def _line(self) -> Line | None:
        """Return the next line; skip the text of a line over the limit."""
        if self._backlog:
            return self._backlog.popleft()
        text = self._text.readline(self._maximum + 1)
        if not text:
            return None
        self._number += 1
        if len(text) <= self._maximum:
            return Line(self._number, text)
        while text and not text.endswith(("\n", "\r")):
            text = self._text.readline(CHUNK)
        return Line(self._number, "")

    def _record(self, first_line: Line) -> Record:
        """Return the record whose first line ends with an open quote."""
        lines, size, last_line = [first_line], len(first_line.text), first_line
        state: bool | None = True
        while state and (line := self._line()):
            last_line = line
            state = is_quote_open(line.text, self._delimiter, True) if line.text else True
            size += len(line.text) or self._maximum
            if size <= self._maximum + LOOKAHEAD:
                lines.append(line)
        if state is False:
            if size > self._maximum:
                return self._oversized_record(first_line.number, last_line.number)
            return Record(cells_of("".join(line.text for line in lines), self._delimiter))
        backlog = self._mark_broken(lines[1:], state)
        lost_lines = last_line.number - lines[-1].number
        if lost_lines and state is None:  # the line that breaks the record may begin another
            backlog.append(last_line)
            lost_lines -= 1
        self._backlog.extendleft(reversed(backlog))
        return _broken_record(first_line.number, lost_lines)

    def _mark_broken(self, lines: list[Line], state: bool | None) -> list[Line]:
        """Return lines that formed no record, and mark those that are broken in the same way.

        They are checked from last to first: reading each line again could take quadratic time.
        """
        is_state_known = state is True  # at the end of the text, nothing follows the last line
        marked_lines = deque[Line]()
        for line in reversed(lines):
            opens = is_state_known and state is not False and is_quote_open(line.text, self._delimiter, False)
            marked_lines.appendleft(line._replace(is_broken=bool(opens)))
            state_within = is_quote_open(line.text, self._delimiter, True) if line.text else True
            state = state if state_within else state_within
            is_state_known = True
        return list(marked_lines)

    def _oversized_record(self, start: int, end: int) -> Record:
        lines = f"line {start} is" if start == end else f"lines {start} to {end} are"
        message = f"{lines} larger than the limit of {self._maximum} bytes; raise it with `maximum_bytes`"
        return Record([], Problem("too_large", message))


def _broken_record(number: int, lost_lines: int = 0) -> Record:
    addition = f", and so are the {lost_lines} lines before the next readable line" if lost_lines else ""
    message = (
        f"line {number} opens a quote that is never closed; it is left out{addition}; close the quote or double it"
    )
    return Record([], Problem("unreadable", message))


def cells_of(record: str, delimiter: str) -> list[str]:
    """Return the cells of a record as `csv` does, even if a cell may exceed its limit."""
    if len(record) <= csv.field_size_limit():
        return next(csv.reader([record], delimiter=delimiter), [])
    record = record.removesuffix("\n").removesuffix("\r")
    cells: list[str] = []
    at = 0
    while at <= len(record):
        cell, at = _cell(record, at, delimiter)
        cells.append(cell)
    return cells


def _cell(record: str, at: int, delimiter: str) -> tuple[str, int]:
    """Return the cell that begins at an offset, and the offset of the next cell."""
    pieces: list[str] = []
    if record.startswith('"', at):
        at += 1
        while True:
            end = record.find('"', at)
            end = len(record) if end < 0 else end
            pieces.append(record[at:end])
            at = end + 1
            if not record.startswith('"', at):
                break
            pieces.append('"')
            at += 1
    end = record.find(delimiter, at)
    end = len(record) if end < 0 else end
    pieces.append(record[at:end])
    return "".join(pieces), end + 1
