"""Tables whose cells are separated by one blank, as extractors and PDF readers write rows: only numbers show where
cells end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from converter.expressions import expression
from converter.repair.draft import TITLES, Draft
from converter.repair.lines import TEXT, ends_sentence, width_of
from converter.repair.notation import Notation, Row, insert_table
from converter.repair.rule import FULL, rule

FEWEST_ROWS, FEWEST_SLIGHT = 2, 3
"""Minimum rows of a table, and of a table with a single column of numbers."""

FEWEST_COLUMNS = 3
"""Minimum number of columns: entries with a number (`January 2024`) below a title of
two words look like a table of two columns."""

LONGEST_NAME = 40
"""Maximum columns of a name; a clause has more."""

LONGEST_LINK_WORD = 3
"""Letters of a word in lower case that belongs to the words before and after it, as `of` does; longer ones belong to
the word before."""

_NUMBER = expression(r"(?<!\S)[-+−~]?[$€£]?\d(?:[\d.,:/-]{0,30}\d)?[%*]{0,2}[A-Za-z]{0,2}(?!\S)")
_MISSING = frozenset("-–—")
_JOINTS = frozenset("/&")


class _Line(NamedTuple):
    """A line that may be a row: its words, how many of them are numbers before its text, and where the numbers after
    its text begin and end."""

    words: Sequence[str]
    lead: int
    start: int
    end: int

    @property
    def shape(self) -> tuple[int, int]:
        """The number of columns of numbers before and after the text."""
        return self.lead, self.end - self.start

    def cells(self, names: int) -> list[str] | None:
        """The cells below this many names, if they are certain; if several columns hold text, each cell must be a
        single word."""
        columns = names - self.lead - 1 - (self.end - self.start)
        text, tail = " ".join(self.words[self.lead : self.start]), self.words[self.end :]
        if columns < 0 or bool(tail) != bool(columns) or (columns > 1 and len(tail) != columns):
            return None
        others = tail if columns > 1 else [" ".join(tail)] * columns
        return [*self.words[: self.lead], text, *self.words[self.start : self.end], *others]


@rule("table_numbers", FULL, kinds=(TEXT * (1 + FEWEST_ROWS),), trigger=TITLES)
def table_numbers(draft: Draft) -> None:
    """Where a single space separates the cells of a row, adjacent lines with as many numbers at the same places are the
    rows of a table, if the line above has a capitalized name for each column and no cell is in doubt. Wrapped lines are
    not rows."""
    if not draft.state.one_line:
        return
    for start, rows in _runs(draft):
        header = draft.lines[start].strip()
        names = _names_in(header)
        cells = [row.cells(len(names)) for row in rows]
        if draft.kinds[start] == TEXT and not ends_sentence(header) and _is_named(names) and all(cells):
            body = [Row(start + at, row or ()) for at, row in enumerate(cells, 1)]
            insert_table(draft, "table_numbers", Notation(start, start + len(rows) + 1, names, body), 0.8)


def _runs(draft: Draft) -> Iterator[tuple[int, list[_Line]]]:
    """Yield the line above each run of lines of one shape, and its lines."""
    run: list[_Line] = []
    for at in range(len(draft.lines) + 1):
        line = _line_of(draft.lines[at]) if at < len(draft.lines) and draft.kinds[at] == TEXT else None
        if run and (line is None or line.shape != run[0].shape):
            fewest = FEWEST_ROWS if sum(run[0].shape) > 1 else FEWEST_SLIGHT
            if len(run) >= fewest and at > len(run):
                yield at - len(run) - 1, run
            run = []
        if line:
            run.append(line)


def _line_of(line: str) -> _Line | None:
    """Read a line as a row of text and then numbers, perhaps with numbers before and text after; None if it is not
    one."""
    if ends_sentence(line) or not _NUMBER.search(line):
        return None
    words = line.split()
    numbers = [_NUMBER.fullmatch(word) is not None for word in words]
    lead = numbers.index(False) if False in numbers else len(words)
    if True not in numbers[lead:]:
        return None
    start = numbers.index(True, lead)
    end = start + 1
    while end < len(words) and (numbers[end] or words[end] in _MISSING):
        end += 1
    while words[start - 1] in _MISSING and start - 1 > lead:
        start -= 1
    return None if True in numbers[end:] else _Line(words, lead, start, end)


def _names_in(header: str) -> list[str]:
    """The names of columns in a line: each begins with a capital or a sign, and continues in lower case, or after a
    short word, a stroke or an ampersand."""
    names: list[str] = []
    goes_on = False
    for word in header.split():
        is_lower = word[0].islower()
        if names and (goes_on or is_lower or word[0] in _JOINTS or word[0] == "("):
            names[-1] += f" {word}"
        else:
            names.append(word)
        goes_on = word in _JOINTS or (is_lower and len(word) <= LONGEST_LINK_WORD)
    return names


def _is_named(names: Sequence[str]) -> bool:
    """Whether these are names of columns: all different, none in lower case, with a number, or with a mark at its
    end."""
    return (
        len(names) >= FEWEST_COLUMNS
        and len({*names}) == len(names)
        and max(map(width_of, names)) <= LONGEST_NAME
        and not any(name[0].islower() or _NUMBER.search(name) or name[-1] in ",;:" for name in names)
    )
