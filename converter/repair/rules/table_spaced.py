"""Tables whose columns are aligned and whose rows are separated by blank lines, as PDF readers write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from converter.repair.columns import NO_NAME, PIECE, blank_columns, cells_between, is_letterhead, is_numeric
from converter.repair.draft import TITLES, Draft
from converter.repair.lines import BLANK, INDENTED, ITEMS, ORDERED, TEXT, VERBATIM, width_of
from converter.repair.notation import Notation, Row, insert_table
from converter.repair.rule import FULL, rule

LONGEST_HEADER = 40
"""Maximum columns of a header's cell; a sentence is not a header."""

MOST_COLUMNS, MOST_LINES, WIDEST_LINE = 32, 24, 500
"""Maximum columns of a table, lines of a row, and characters of a header's line."""

WIDEST_GAP, WIDEST_PAGE_GAP = 2, 12
"""Maximum blank lines between two rows, and above a header that stands again on the next page."""

FEWEST_ROWS = 2
"""Minimum rows of a table outside PDFs: one below three names may be a menu below another."""

MOST_HEADERS = 16
"""Maximum groups that are tried in turn as the header of the same rows."""

ALIGNED = 0.8
"""Minimum share of the lines of a column that begin, or end, at the same place, give or take one."""

FILLED = 0.6
"""Minimum share of cells with a text."""

MOST_CODE = 0.3
"""Maximum share of cells that look like code."""

PAGE_END = "\f"

_GAP = re.compile(r"\S {2,}\S")
_CODE = re.compile(r"[{};=<>$\\]|\w\(|\.{4,}|-{3,}|_{3,}")
_TITLE = re.compile(r"[^\W\d_a-z][^:;={}<>\"@%\d]*$")
_KINDS = frozenset((TEXT, INDENTED, VERBATIM, ORDERED))

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Group:
    """Lines without a blank line between them; line `start` is the first."""

    start: int
    lines: tuple[str, ...]

    @property
    def end(self) -> int:
        """The line after the last one."""
        return self.start + len(self.lines)


@dataclass(frozen=True, slots=True)
class Part:
    """What one page holds of a table: its header and rows, the first of which may be the rest of one."""

    header: Group
    rows: list[Group]
    places: list[int]
    """The places at which the columns begin."""


@rule("table_spaced", FULL, trigger=TITLES)
def table_spaced(draft: Draft) -> None:
    """Groups of lines between blank lines that leave the same columns blank, below a group that names each column, are
    the rows of a table. It continues on the next page if its header stands there again."""
    for run in _runs(draft):
        at = tried = tried_end = 0
        above: Group | None = None  # what stands above and is no part of a table
        while at < len(run) - 1:
            parts, end = _parts(run, at)
            table = _table(parts, run[end - 1].end, 1 if draft.state.is_print else FEWEST_ROWS)
            if table is None or _may_be_code(draft, table) or (above and _is_row_below(above, run[at], table)):
                tried = tried + 1 if at < tried_end else 1
                tried_end = max(tried_end, end)
                at = max(at + 1, tried_end if tried == MOST_HEADERS else 0)
                above = run[at - 1]
                continue
            insert_table(draft, "table_spaced", table, 0.9, is_nested=False)
            at, above = end, None


def _is_row_below(above: Group, header: Group, table: Notation) -> bool:
    """Whether a header may be a row below the real one: no numbers below tell it from a row, and in the group above
    words begin at the same places only."""
    if any(map(is_numeric, zip(*(row.cells for row in table.rows), strict=True))):
        return False
    places = [start + slack for start, _ in _spans(header.lines) for slack in (-1, 0, 1)]
    return all(start in places for start, _ in _spans(above.lines))


def _may_be_code(draft: Draft, table: Notation) -> bool:
    """Whether a table is indented like code in a text whose headings are marked."""
    kinds = {*draft.kinds[table.start : table.end]}
    return kinds <= {VERBATIM, BLANK} and draft.state.headings == "marked"


def _runs(draft: Draft) -> Iterator[list[Group]]:
    """Yield the groups that may be rows, as long as no other text stands between them."""
    run: list[Group] = []
    for group in _groups(draft):
        if run and _gap(draft, run[-1], group) > WIDEST_PAGE_GAP:
            yield run
            run = []
        run.append(group)
    if run:
        yield run


def _gap(draft: Draft, above: Group, below: Group) -> int:
    """The number of blank lines between two groups; many if other text stands there."""
    is_blank = all(kind == BLANK for kind in draft.kinds[above.end : below.start])
    return below.start - above.end if is_blank else WIDEST_PAGE_GAP + 1


def _groups(draft: Draft) -> Iterator[Group]:
    """Yield the groups of lines with a gap inside; a page ends a group."""
    lines, kinds = draft.lines, draft.kinds
    end = 0
    for at, line in enumerate(lines):
        if at < end or "  " not in line or not _GAP.search(line):
            continue
        start, top, end = at, end, at + 1
        while start > top and kinds[start - 1] != BLANK and not lines[start].startswith(PAGE_END):
            start -= 1
        while end < len(lines) and _may_continue(draft, end) and not lines[end].startswith(PAGE_END):
            end += 1
        if start + 1 < end and lines[start].rstrip().endswith(":") and not _GAP.search(lines[start]):
            start += 1  # it introduces the table
        if kinds[start] in _KINDS and all(_may_continue(draft, place) for place in range(start, end)):
            group = Group(start, tuple(line.lstrip(PAGE_END) for line in lines[start:end]))
            if not any("\t" in line for line in group.lines):
                yield group


def _may_continue(draft: Draft, at: int) -> bool:
    """Whether a line may be part of a row; the rest of one may begin with a `+`, as an item does."""
    kind = draft.kinds[at]
    return kind in _KINDS or (kind in ITEMS and _GAP.search(draft.lines[at]) is not None)


def _parts(run: list[Group], at: int) -> tuple[list[Part], int]:
    """Return the parts of the table whose header is a group, and the place of the group after its last row."""
    header, parts = run[at], list[Part]()
    end = at
    while end < len(run) and _is_below(header, run[end]):
        size, start, lines = len(header.lines), run[end].start, run[end].lines
        if len(lines) > size:  # what touches a repeated header is a group of its own
            run[end : end + 1] = [Group(start, lines[:size]), Group(start + size, lines[size:])]
        part = _part(run, end)
        if part is None or (parts and len(part.places) != len(parts[0].places)):
            break
        parts.append(part)
        end += 1 + len(part.rows)
    return parts, end


def _is_below(header: Group, group: Group) -> bool:
    """Whether a group begins with a header, which maybe stands again at the top of a page."""
    lines = group.lines[: len(header.lines)]
    return [line.split() for line in lines] == [line.split() for line in header.lines]


def _part(run: list[Group], at: int) -> Part | None:
    """Return a header with the rows below it that keep to its columns; None if it names fewer than two."""
    header = run[at]
    names = _spans(header.lines) if max(map(len, header.lines)) <= WIDEST_LINE else []
    if not 2 <= len(names) <= MOST_COLUMNS:
        return None
    gutters = _narrow([range(left, right) for (_, left), (right, _) in pairwise(names)], header)
    if not all(gutters):
        return None
    above = header
    rows: list[Group] = []
    for place in range(at + 1, len(run)):
        group = run[place]
        if group.start - above.end > WIDEST_GAP or len(group.lines) > MOST_LINES or _is_below(header, group):
            break
        narrowed = _narrow(gutters, group)
        if not all(narrowed) and _ends_with_note(group, len(names)):
            group = Group(group.start, group.lines[:1])
            narrowed = _narrow(gutters, group)
            if all(narrowed):
                run[place : place + 1] = [group, Group(group.end, run[place].lines[1:])]
        if not all(narrowed):
            break
        gutters = narrowed
        rows.append(group)
        above = group
    gaps = [_gaps(gutter) for gutter in gutters]
    if any(sum(end - start > 1 for start, end in gaps_of_gutter) > 1 for gaps_of_gutter in gaps):
        return None  # a column has no name
    widest = [max(gaps_of_gutter, key=lambda gap: gap[1] - gap[0]) for gaps_of_gutter in gaps]
    return Part(header, rows, [0, *(end for _, end in widest)])


def _ends_with_note(group: Group, columns: int) -> bool:
    """Whether lines without a gap touch a row whose first line fills all columns."""
    first_line, *others = group.lines
    return bool(others) and len(PIECE.findall(first_line)) == columns and not any(map(_GAP.search, others))


def _spans(lines: Sequence[str]) -> list[Span]:
    """The places of names, each maybe over several lines."""
    spans: list[Span] = []
    for start, end in sorted(match.span() for line in lines for match in PIECE.finditer(line)):
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def _narrow(gutters: Sequence[Sequence[int]], group: Group) -> list[list[int]]:
    """What is left of the gutters between columns when the lines of a group leave it blank."""
    blanks = blank_columns(group.lines)
    return [[place for place in gutter if place >= len(blanks) or blanks[place]] for gutter in gutters]


def _gaps(gutter: Sequence[int]) -> list[Span]:
    """The blank columns of a gutter, those side by side as one gap."""
    gaps: list[Span] = []
    for place in gutter:
        if gaps and gaps[-1][1] == place:
            gaps[-1] = (gaps[-1][0], place + 1)
        else:
            gaps.append((place, place + 1))
    return gaps


def _table(parts: Sequence[Part], end: int, fewest_rows: int) -> Notation | None:
    """Return the table that these parts are; None if they are none."""
    if not parts:
        return None
    header = _cells(parts[0].header, parts[0].places)
    rows: list[Row] = []
    for part in parts:
        above = part.header
        for group in part.rows:
            cells = _cells(group, part.places)
            if rows and group.start == above.end and _is_rest(cells, rows):
                cells = [_join(texts) for texts in zip(rows[-1].cells, cells, strict=True)]
                rows[-1] = Row(rows[-1].at, cells)
            else:
                rows.append(Row(group.start, cells))
            above = group
    if (
        len(rows) < fewest_rows
        or not _is_table(header, [row.cells for row in rows])
        or not all(map(_is_aligned, parts))
    ):
        return None
    if any(_holds_rows(group, part.places) for part in parts for group in part.rows):
        return None
    lines = [line for group in (parts[0].header, *parts[0].rows) for line in group.lines]
    if len(header) == 2 and is_letterhead(lines, parts[0].places):
        return None
    return Notation(parts[0].header.start, end, header, rows)


def _is_rest(cells: Sequence[str], rows: Sequence[Row]) -> bool:
    """Whether cells at the top of a page are the rest of the row above: they lack one that all rows have."""
    return any(
        not cell and all(column)
        for cell, column in zip(cells, zip(*(row.cells for row in rows), strict=True), strict=True)
    )


def _cells(group: Group, places: Sequence[int]) -> list[str]:
    """The cells of a row over several lines."""
    return [_join(texts) for texts in zip(*(cells_between(line, places) for line in group.lines), strict=True)]


def _holds_rows(group: Group, places: Sequence[int]) -> bool:
    """Whether two lines of a group are rows: both fill the same columns, and one of these holds numbers."""
    for above, below in pairwise([cells_between(line, places) for line in group.lines]):
        is_filled_alike = above[0] and [*map(bool, above)] == [*map(bool, below)]
        if is_filled_alike and any(
            cell and is_numeric([cell, other]) for cell, other in zip(above, below, strict=True)
        ):
            return True
    return False


def _join(texts: Sequence[str]) -> str:
    """A cell over several lines, which may break words at a hyphen."""
    cell = ""
    for text in filter(None, texts):
        is_broken = cell.endswith("-") and cell[-2:-1].isalnum() and text[0].isalnum()
        cell += text if is_broken or not cell else f" {text}"
    return cell


def _is_aligned(part: Part) -> bool:
    """Whether the lines of each column begin, or end, at the same place; a header may be in the middle of several."""
    lines = [line for group in part.rows for line in group.lines]
    if len(part.rows) == 1:
        lines.append(part.header.lines[0])
    for start, end in pairwise([*part.places, max(map(len, lines), default=0) + 1]):
        cells = [(start, line[start:end].rstrip()) for line in lines if line[start:end].strip()]
        lefts = [len(cell) - len(cell.lstrip()) for _, cell in cells]
        rights = [len(cell) for _, cell in cells]
        if max(_most_near(lefts), _most_near(rights)) < ALIGNED * len(cells):
            return False
    return True


def _most_near(places: Sequence[int]) -> int:
    return max((sum(abs(place - other) <= 1 for other in places) for place in {*places}), default=0)


def _is_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether cells look like a table: names above cells that are mostly filled and no code.

    Two columns need more evidence: a second row, and numbers or names that are written like titles.
    """
    if len(rows) < (2 if len(header) == 2 else 1) or len({*header}) < len(header):
        return False
    if any("  " in cell for row in (header, *rows) for cell in row):
        return False  # a column was missed
    if any(NO_NAME.search(cell) or width_of(cell) > LONGEST_HEADER for cell in header):
        return False
    columns = [column for column in zip(*rows, strict=True) if any(column)]
    cells = [cell for column in columns for cell in column]
    filled = sum(map(bool, cells))
    if len(columns) < max(2, len(header) - 1) or filled < FILLED * len(cells):
        return False
    if len(header) == 2 and not any(map(is_numeric, columns)) and not all(map(_TITLE.match, header)):
        return False
    return sum(bool(_CODE.search(cell)) for cell in cells) <= MOST_CODE * filled
