"""The document while the rules work on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from converter.repair.headings.block import Answer, Block
from converter.repair.ledger import Repair, RepairedLines
from converter.repair.lines import BLANK, DELIMITER, HEADING, INDENTED, TEXT, kind_of
from converter.repair.pipes import mark_rows
from converter.repair.signs import Signs
from converter.repair.state import State, state_of
from converter.repair.verbatim import classify

TEXT_LINES = 4096
"""Documents with more lines are searched in pieces: one emoji makes a whole string take four bytes per character."""

GAPS, TITLES, LINES = range(3)
"""What a draft wrote: at most blank lines; at most these and marks of headings; or other lines too."""

_NO_MARKS = bytes(code for code in range(128) if chr(code).isalnum() or chr(code) == " ")


def marks_of(text: str) -> str:
    """The text without letters and digits of ASCII and without spaces; all other characters in their order."""
    return text.encode("utf-8", "surrogatepass").translate(None, _NO_MARKS).decode("utf-8", "surrogatepass")


class Draft:
    """Lines, their kinds and the state; rules record their changes here.

    A line keeps its index from the first rule to the last: `replace` changes it in place, while insertions and
    removals are collected and applied once, by `finish`. So no rule has to track lines that another rule moved.
    """

    def __init__(
        self,
        lines: list[str],
        numbers: Sequence[int],
        state: State | None = None,
        print_margin: float = 0.0,
        is_narrowed: bool = False,
    ) -> None:
        self.lines, self.numbers, self._source = lines, numbers, lines
        self.kinds = classify(lines)
        if DELIMITER in self.kinds:
            mark_rows(lines, self.kinds)
        self.has_earlier_state = state is not None
        """Whether the state is that of the text before tables were written."""
        self.state: State = state or state_of(lines, self.kinds, print_margin, is_narrowed)
        self.repairs: list[Repair] = []
        self.extent = GAPS
        """What was written: GAPS, TITLES or LINES."""
        self.breaks: set[int] = set()
        self._ends: dict[int, int] = {}
        self.insertions: dict[int, str] = {}
        """Index of a line -> the line to insert below it."""
        self._rewritten: dict[int, Sequence[str]] = {}
        """Index of a line -> the lines that take its place; none if it joins the line above."""
        self._texts: tuple[str, ...] = ()
        self._signature = self._marks = ""
        self.chrome: set[int] = set()
        """Lines of site chrome: never heading candidates."""
        self.untitled: set[int] = set()
        """Lines like those around them that are too unlikely to be items: they stay, but are no titles either."""
        self.titles: dict[int, int] = {}
        """Line -> its level, for plain lines that are headings because they have permalinks."""
        self.talk: bool | None = None
        """Whether the text contains dialogue; None until the search for headings needs it."""
        self.heading_chances: dict[tuple[Block, int], float] | None = None
        """(heading, its level) -> the probability that it is a heading; None before the search for headings."""
        self.answers: dict[int, Answer] = {}
        """Number of a page -> the model's last answer about it; later passes often ask the same question."""
        self.signs: Signs | None = None
        """The signs of a page, from the last search; later passes search only the new lines."""

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
    def is_informed(self) -> bool:
        """Whether an earlier pass may know about the text what it does not show."""
        return self.has_earlier_state or self.state.is_narrowed or self.state.print_margin > 0

    @property
    def signature(self) -> str:
        """The kinds of all lines, one character each, for regular expressions over the document's structure."""
        if not self._signature:
            self._signature = "".join(self.kinds)
        return self._signature

    @property
    def marks(self) -> str:
        """The current lines, each preceded by a newline, without letters and digits of ASCII and without spaces.

        This is a sixth of most texts: it shows cheaply which signs of damage a text cannot have.
        """
        if not self._marks:
            self._marks = "".join([marks_of(text) for text in self.texts()])
        return self._marks

    def replace(self, rule: str, at: int, line: str, confidence: float = 1.0, kind: str | None = None) -> None:
        """Replace line `at` with `line`."""
        self.extent = LINES
        self._replace(rule, at, line, confidence, kind or kind_of(line))

    def absorb(self, rule: str, at: int, above: int, confidence: float) -> None:
        """Replace line `at` with a blank line, and count it as a line of the block that line `above` ends."""
        self.replace(rule, at, "", confidence, BLANK)
        self._ends[self.numbers[above]] = self.numbers[at]

    def mark_title(self, rule: str, at: int, line: str, confidence: float) -> None:
        """Replace line `at` with `line`, which marks it as a heading and is the same otherwise."""
        self.extent = max(self.extent, TITLES)
        self._replace(rule, at, line, confidence, HEADING)

    def _replace(self, rule: str, at: int, line: str, confidence: float, kind: str) -> None:
        self.note(rule, at, at, self.lines[at], line, confidence)
        if self.lines is self._source:
            self.lines = self.lines.copy()
        self.lines[at] = line
        self._texts, self._marks = (), ""
        self.set_kind(at, kind)

    def set_kind(self, at: int, kind: str) -> None:
        """Read line `at`, which stays as it is, as one of another kind."""
        self.kinds[at] = kind
        self._signature = ""

    def break_before(self, rule: str, at: int, confidence: float = 1.0) -> None:
        """Insert a blank line between line `at` and the line above it."""
        if at > 0 and at not in self.breaks and self.kinds[at - 1] != BLANK:
            self.breaks.add(at)
            above, below = self.lines[at - 1], self.lines[at]
            self.note(rule, at - 1, at, f"{above}\n{below}", f"{above}\n\n{below}", confidence)

    def insert_after(self, rule: str, at: int, line: str, confidence: float = 1.0) -> None:
        """Insert a line below line `at`."""
        self.extent = LINES
        self.insertions[at] = line
        self.note(rule, at, at, self.lines[at], f"{self.lines[at]}\n{line}", confidence)

    def drop(self, at: int) -> None:
        """Remove a line that is blank or part of the line above; the calling rule records the reason."""
        self.extent = LINES
        self._rewritten[at] = ()

    def rewrite(self, rule: str, start: int, end: int, lines: Mapping[int, Sequence[str]], confidence: float) -> None:
        """Replace the lines from `start` up to `end`, each with those at its index in `lines`.

        A line without replacement belongs to the one above.
        """
        self.extent = LINES
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

    @property
    def written_lines(self) -> list[str]:
        """The lines as they are now, and those that `insert_after` and `rewrite` were given."""
        rewritten = (line for lines in self._rewritten.values() for line in lines)
        return [*self.lines, *self.insertions.values(), *rewritten]

    def finish(self) -> RepairedLines:
        """The repaired document; the same list objects as the input if rules only made notes."""
        self.repairs.sort(key=lambda repair: (repair.line_start, repair.line_end))
        if not (self.breaks or self.insertions or self._rewritten):
            return RepairedLines(self.lines, self.numbers, self.repairs, self.state, self._ends)
        lines: list[str] = []
        numbers: list[int] = []
        ends = dict(self._ends)
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
        return RepairedLines(lines, numbers, self.repairs, self.state, ends)
