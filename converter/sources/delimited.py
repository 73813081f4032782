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
    broken: bool = False
    """Whether the line opens a quote that nothing closes."""


def quotes(text: str, delimiter: str, quoted: bool) -> bool | None:
    """Return whether a quote is open at the end of a line; `quoted` is whether one is open at its beginning.

    A quote opens at the beginning of a cell and ends at a single quote character. Return None if a quote from an
    earlier line ends before a character other than a delimiter or line ending.
    """
    at, earlier = 0, quoted
    opening = f'{delimiter}"'
    if not quoted:
        if text.startswith('"'):
            quoted, at = True, 1
        elif (begin := text.find(opening)) >= 0:
            quoted, at = True, begin + 2
    while quoted:
        end = text.find('"', at)
        if end < 0:
            return True
        if text.startswith('"', end + 1):
            at = end + 2
            continue
        if earlier and text[end + 1 : end + 2] not in (delimiter, "\n", "\r", ""):
            return None
        begin = text.find(opening, end + 1)
        quoted, at, earlier = begin >= 0, begin + 2, False
    return False


class Records:
    """Reads records of at most `maximum` characters each."""

    def __init__(self, text: TextIO, maximum: int) -> None:
        self._text, self._maximum = text, maximum
        self._number = 0
        self._again: deque[Line] = deque()
        """Lines to read again, because they formed no record."""
        self._delimiter = ","

    def header(self, delimiters: str, column: str) -> list[str]:
        """Read the first record; the delimiter with which it contains the column applies to all records."""
        first = self._line()
        while first is not None and not first.text.strip():
            first = self._line()
        if first is None:
            return []
        named = (mark for mark in delimiters if column in cells_of(first.text, mark))
        self._delimiter = next(named, delimiters[0])
        self._again.appendleft(first)
        return next(iter(self)).cells

    def __iter__(self) -> Iterator[Record]:
        while line := self._line():
            if not line.text:
                yield self._too_large(line.number, line.number)
            elif '"' not in line.text or not quotes(line.text, self._delimiter, False):
                if cells := cells_of(line.text, self._delimiter):
                    yield Record(cells)
            elif line.broken:
                yield _broken(line.number)
            else:
                yield self._record(line)

    def _line(self) -> Line | None:
        """Return the next line; skip the text of a line over the limit."""
        if self._again:
            return self._again.popleft()
        text = self._text.readline(self._maximum + 1)
        if not text:
            return None
        self._number += 1
        if len(text) <= self._maximum:
            return Line(self._number, text)
        while text and not text.endswith(("\n", "\r")):
            text = self._text.readline(CHUNK)
        return Line(self._number, "")

    def _record(self, first: Line) -> Record:
        """Return the record whose first line ends with an open quote."""
        lines, size, last = [first], len(first.text), first
        state: bool | None = True
        while state and (line := self._line()):
            last = line
            state = quotes(line.text, self._delimiter, True) if line.text else True
            size += len(line.text) or self._maximum
            if size <= self._maximum + LOOKAHEAD:
                lines.append(line)
        if state is False:
            if size > self._maximum:
                return self._too_large(first.number, last.number)
            return Record(cells_of("".join(line.text for line in lines), self._delimiter))
        again = self._judged(lines[1:], state)
        lost = last.number - lines[-1].number
        if lost and state is None:  # the line that breaks the record may begin another
            again.append(last)
            lost -= 1
        self._again.extendleft(reversed(again))
        return _broken(first.number, lost)

    def _judged(self, lines: list[Line], state: bool | None) -> list[Line]:
        """Return lines that formed no record, and mark those that are broken in the same way.

        They are judged from last to first: reading each anew could take quadratic time.
        """
        known = state is True  # at the end of the text, nothing follows the last line
        judged = deque[Line]()
        for line in reversed(lines):
            opens = known and state is not False and quotes(line.text, self._delimiter, False)
            judged.appendleft(line._replace(broken=bool(opens)))
            within = quotes(line.text, self._delimiter, True) if line.text else True
            state = state if within else within
            known = True
        return list(judged)

    def _too_large(self, first: int, last: int) -> Record:
        lines = f"line {first} is" if first == last else f"lines {first} to {last} are"
        message = f"{lines} larger than the limit of {self._maximum} bytes; raise it with `maximum_bytes`"
        return Record([], Problem("too_large", message))


def _broken(number: int, lost: int = 0) -> Record:
    more = f", and the {lost} lines before the next that can be read are lost too" if lost else ""
    message = f"line {number} opens a quote that nothing closes; it is left out{more}; close the quote or double it"
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
