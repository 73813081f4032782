"""The document while the rules work on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from converter.repair.headings.block import Answer, Block
from converter.repair.ledger import Repair, Repaired
from converter.repair.lines import BLANK, DELIMITER, INDENTED, TEXT, kind_of
from converter.repair.pipes import mark_rows
from converter.repair.state import State, state_of
from converter.repair.verbatim import classify

TEXT_LINES = 4096
"""Documents with more lines are searched in pieces: one emoji makes a whole string take four bytes per character."""


class Draft:
    """Lines, their kinds and the state; rules record their changes here.

    A line keeps its index from the first rule to the last: `replace` changes it in place, while insertions and
    removals are collected and applied once, by `finish`. So no rule has to track lines that another rule moved.
    """

    def __init__(
        self, lines: list[str], numbers: Sequence[int], state: State | None = None, print_margin: float = 0.0
    ) -> None:
        self.lines, self.numbers, self._source = lines, numbers, lines
        self.kinds = classify(lines)
        if DELIMITER in self.kinds:
            mark_rows(lines, self.kinds)
        self.has_earlier_state = state is not None
        """Whether the state is that of the text before tables were written."""
        self.state: State = state or state_of(lines, self.kinds, print_margin)
        self.has_marked_titles = self.state.headings == "marked"
        """Whether the source marks its headings; marks that a pass has written say nothing about the text."""
        self.follows_whole_pass = False
        """Whether a pass has run all rules before: headings may be marked by it since."""
        self.repairs: list[Repair] = []
        self.breaks: set[int] = set()
        self.insertions: dict[int, str] = {}
        """Index of a line -> the line to insert below it."""
        self._rewritten: dict[int, Sequence[str]] = {}
        """Index of a line -> the lines that take its place; none if it joins the line above."""
        self._texts: tuple[str, ...] = ()
        self.chrome: set[int] = set()
        """Lines of site chrome: never heading candidates."""
        self.titles: dict[int, int] = {}
        """Line -> its level, of plain lines whose permalinks show that they are headings."""
        self.talk: bool | None = None
        """Whether the text contains dialogue; None until the search for headings needs it."""
        self.heading_chances: dict[tuple[Block, int], float] | None = None
        """(heading, its level) -> the probability that it is a heading; None before the search for headings."""
        self.answers: dict[int, Answer] = {}
        """Number of a page -> the model's last answer about it; a further pass often asks the same question."""

    def texts(self) -> Iterable[str]:
        """The current lines, each preceded by a newline, as one string; several for a long document.

        A rule searches these before it examines line after line.
        """
        if len(self.lines) > TEXT_LINES:
            return ("\n".join(("", *self.lines[at : at + TEXT_LINES])) for at in range(0, len(self.lines), TEXT_LINES))
        if not self._texts:
            self._texts = ("\n".join(("", *self.lines)),)
        return self._texts

    @property
    def signature(self) -> str:
        """The kinds of all lines, one character each, for regular expressions over the document's structure."""
        return "".join(self.kinds)

    def replace(self, rule: str, at: int, line: str, confidence: float = 1.0, kind: str | None = None) -> None:
        """Replace line `at` with `line`."""
        self.note(rule, at, at, self.lines[at], line, confidence)
        if self.lines is self._source:
            self.lines = self.lines.copy()
        self.lines[at] = line
        self._texts = ()
        self.kinds[at] = kind or kind_of(line)

    def break_before(self, rule: str, at: int, confidence: float = 1.0) -> None:
        """Insert a blank line between line `at` and the line above it."""
        if at > 0 and at not in self.breaks and self.kinds[at - 1] != BLANK:
            self.breaks.add(at)
            above, below = self.lines[at - 1], self.lines[at]
            self.note(rule, at - 1, at, f"{above}\n{below}", f"{above}\n\n{below}", confidence)

    def insert_after(self, rule: str, at: int, line: str, confidence: float = 1.0) -> None:
        """Insert a line below line `at`."""
        self.insertions[at] = line
        self.note(rule, at, at, self.lines[at], f"{self.lines[at]}\n{line}", confidence)

    def drop(self, at: int) -> None:
        """Remove a line that is blank or part of the line above; the calling rule records the reason."""
        self._rewritten[at] = ()

    def rewrite(self, rule: str, start: int, end: int, lines: Mapping[int, Sequence[str]], confidence: float) -> None:
        """Replace the lines from `start` up to `end`, each with those at its index in `lines`.

        A line without replacement belongs to the one above.
        """
        text_after = "\n".join(line for at in range(start, end) for line in lines.get(at, ()))
        self.note(rule, start, end - 1, "\n".join(self.lines[start:end]), text_after, confidence)
        self._rewritten.update((at, lines.get(at, ())) for at in range(start, end))

    def set_apart(self, start: int, end: int) -> None:
        """Put blank lines around the lines from `start` up to `end`, which `rewrite` has replaced."""
        edges = (at for at in (start, end) if 0 < at < len(self.lines))
        self.breaks.update(at for at in edges if BLANK not in self.kinds[at - 1 : at + 1])

    def note(self, rule: str, start: int, end: int, text_before: str, text_after: str, confidence: float = 1.0) -> None:
        """Add a row to the ledger for the lines `start` to `end`."""
        self.repairs.append(Repair(rule, self.numbers[start], self.numbers[end], text_before, text_after, confidence))

    def original_line(self, at: int) -> str:
        """Line `at` before this draft changed it."""
        return self._source[at]

    def plain_kind(self, at: int) -> str:
        """The kind of an ODD_ITEM line that is not an item after all."""
        return INDENTED if self.lines[at].startswith((" ", "\t")) else TEXT

    def has_gap_above(self, at: int) -> bool:
        """Whether line `at` has a blank line above it, original or inserted, or is the first line."""
        return at == 0 or self.kinds[at - 1] == BLANK or at in self.breaks

    def finish(self) -> Repaired:
        """The repaired document; the same list objects as the input if rules only made notes."""
        self.repairs.sort(key=lambda repair: (repair.line_start, repair.line_end))
        if not (self.breaks or self.insertions or self._rewritten):
            return Repaired(self.lines, self.numbers, self.repairs, self.state)
        lines: list[str] = []
        numbers: list[int] = []
        ends: dict[int, int] = {}
        for at, line in enumerate(self.lines):
            if at in self.breaks and lines and lines[-1]:
                lines.append("")
                numbers.append(numbers[-1])
            new_lines = self._rewritten.get(at, (line,))
            lines.extend(new_lines)
            numbers.extend([self.numbers[at]] * len(new_lines))
            if not new_lines and line.strip() and numbers:
                ends[numbers[-1]] = self.numbers[at]
            if at in self.insertions:
                lines.append(self.insertions[at])
                numbers.append(self.numbers[at])
        return Repaired(lines, numbers, self.repairs, self.state, ends)
