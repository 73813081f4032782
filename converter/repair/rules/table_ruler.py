"""Tables with a ruler below the header: psql, simple and multiline tables of Pandoc and reStructuredText."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, FENCE, FILLER, VERBATIM, ends_sentence, width_of
from converter.repair.notation import (
    CLOSED_KINDS,
    Notation,
    Row,
    insert_table,
    is_number,
    is_open,
    join_lines,
    variants,
)
from converter.repair.rule import FULL, rule

_PLAIN = str.maketrans({"│": "|", "┃": "|", "─": "-", "━": "-", "═": "=", "┼": "+", "╪": "+", "╋": "+"})
_RULER = re.compile(r"(?: {0,3}-+(?:\++-+)++\+?| *+(?:-++|=++)(?: ++(?:-++|=++))++) *+")
_ANY_RULER = re.compile(r"\n(?: *+(?:[-─━]++(?:\+[-─━]|[┼╪╋])|(?:-++|=++) ++[-=])|\(\d{1,9} [^\W\d]{1,20}\))")
"""Start of a ruler, or a footer of psql, to skip documents that have none."""
_SPACES = re.compile(" +")
_SEGMENT = re.compile(r"-+|=+")
_LEAST_SEGMENT = 3
"""Minimum length of a ruler's longest segment: `- - -` and `-- --` are thematic breaks."""
_SOLID = re.compile(r" {0,3}-{10,} *")
_MOST_HEADER_LINES = 20
_REACH = 50
"""Characters of a line that are examined beyond a gap."""
_MOST_OVERHANG = 20
"""Columns by which the last cell of a row may exceed its ruler."""
_MOST_SPANNED = 100
"""Maximum columns over which a text is repeated."""
_FOOTER = re.compile(r"\((\d{1,9}) [^\W\d]+\)")
"""psql's `(2 rows)`."""


@dataclass(frozen=True, slots=True)
class _Ruler:
    """The segments of a ruler, as pairs of the first column and the column after the last, and what separates them."""

    segments: Sequence[tuple[int, int]]
    bar: bool
    """Bars separate the cells of rows, as in psql; otherwise only spaces do."""

    def cells(self, line: str) -> list[str] | None:
        """The cells of a line; None if a text lies across the gap between two columns."""
        cuts = [0]
        for (_, left), (right, _) in zip(self.segments, self.segments[1:], strict=False):
            cut = _cut(line, left, right, "|" if self.bar else " ")
            if cut is None:
                return None
            cuts.append(cut)
        cells = [line[start:end] for start, end in zip(cuts, [*cuts[1:], None], strict=True)]
        if self.bar:
            cells[1:] = [cell[1:] for cell in cells[1:]]
        return [cell.strip().replace(FILLER, "") for cell in cells]


def _cut(line: str, left: int, right: int, gap_mark: str) -> int | None:
    """Where a line is cut in the gap from `left` up to `right`; None if there are several words or none of the marks.

    A value may be longer than its segment, as in PowerShell: a text reaches to the right, a number to either side.
    """
    gap = line[left:right]
    if gap_mark == "|":
        return left if gap == "|" else None
    spaces = _SPACES.search(gap)
    if spaces is None:
        return None if gap else left
    end, start = left + spaces.start(), left + spaces.end()
    is_lower_long = start < right
    if _SPACES.search(gap, spaces.end()) or (
        is_lower_long and not is_number(line[start : start + _REACH].split(" ", 1)[0])
    ):
        return None
    return (
        end
        if end == left or not is_lower_long or is_number(line[max(0, end - _REACH) : end].rsplit(" ", 1)[-1])
        else None
    )


@rule("table_ruler", FULL)
def table_ruler(draft: Draft) -> None:
    """Lines of aligned columns with a ruler (`----  ----`, `===  ===`, psql's `----+----`) are read as a table."""
    if not any(map(_ANY_RULER.search, draft.texts())):
        return
    lines = [line.translate(_PLAIN).rstrip() for line in draft.lines]
    end = 0
    for at in range(len(lines)):
        if at >= end and lines[at].lstrip(" ")[:1] in ("-", "=") and is_open(draft, at):
            table = _read_table(draft, lines, at, end) if _is_ruler(lines[at]) else _single_column(draft, lines, at)
            if table:
                insert_table(draft, "table_ruler", table, 0.95)
                end = table.end


def _is_ruler(line: str) -> bool:
    return (
        line.lstrip(" ")[:1] in ("-", "=")
        and _RULER.fullmatch(line) is not None
        and ("-" * _LEAST_SEGMENT in line or "=" * _LEAST_SEGMENT in line)
    )


def _single_column(draft: Draft, lines: Sequence[str], at: int) -> Notation | None:
    """An answer of psql with one column: a footer says how many rows there are."""
    if at == 0 or not lines[at - 1].startswith(" ") or lines[at].strip("-") or not is_open(draft, at - 1):
        return None
    end = at + 1
    while end < len(lines) and lines[end].startswith(" ") and _goes_on(draft, end):
        end += 1
    footer = _FOOTER.fullmatch(lines[end]) if end < len(lines) else None
    rows = [Row(row, [lines[row].strip()]) for row in range(at + 1, end)]
    return Notation(at - 1, end, [lines[at - 1].strip()], rows) if footer and int(footer[1]) == len(rows) > 0 else None


def _read_table(draft: Draft, lines: Sequence[str], at: int, earliest: int) -> Notation | None:
    """Read the table with its first ruler in line `at`, which begins no earlier than line `earliest`."""
    start = at
    while start > earliest and at - start < _MOST_HEADER_LINES and _goes_on(draft, start - 1):
        start -= 1
        if _SOLID.fullmatch(lines[start]):
            break
    if start == at or ("=" in lines[at] and not any(_is_ruler(lines[above]) for above in range(start, at))):
        return _framed_table(draft, lines, at)
    if "=" in lines[at]:
        return None
    is_solid = _SOLID.fullmatch(lines[start]) is not None
    if is_solid and draft.has_gap_above(start) and (table := _multiline(draft, lines, start, at)):
        return table
    return _simple(draft, lines, at) if at - start <= 1 + is_solid or "+" in lines[at] else None


def _goes_on(draft: Draft, at: int) -> bool:
    """Whether a line may be part of a table that began above, however far it is indented."""
    return draft.kinds[at] not in CLOSED_KINDS and draft.kinds[at] != BLANK


def _simple(draft: Draft, lines: Sequence[str], at: int) -> Notation | None:
    """A table with one line of header above its ruler; a blank line or another ruler ends it."""
    end = at + 1
    while end < len(lines) and _goes_on(draft, end) and not _is_ruler(lines[end]):
        if _FOOTER.fullmatch(lines[end].strip()) and "+" in lines[at]:
            break
        end += 1
    closes = end < len(lines) and _is_ruler(lines[end])
    if not closes and end > at + 2 and len(lines[end - 1]) > len(lines[at]) + _MOST_OVERHANG:
        end -= ends_sentence(lines[end - 1])  # text right below the table
    if end == at + 1 or (closes and lines[end] != lines[at]):
        return None
    for ruler, header, body in _readings(lines, at, [at - 1], range(at + 1, end)):
        if ruler.bar:
            body = _join_breaks(lines, ruler, body)
        if _is_header(header, ruler) and any(sum(map(bool, row.cells)) > 1 for row in body):
            return Notation(at - 1, end + closes, header, body)
    return None


def _is_header(header: Sequence[str], ruler: _Ruler) -> bool:
    """Whether nearly all columns have a name, and each name a segment below it that is as long."""
    return sum(map(bool, header)) >= max(2, len(header) - 1) and all(
        width_of(name) <= right - left for name, (left, right) in zip(header, ruler.segments, strict=True)
    )


def _join_breaks(lines: Sequence[str], ruler: _Ruler, rows: Sequence[Row]) -> list[Row]:
    """Join the lines of psql's rows: a plus sign at the right edge of a cell states that it continues below."""
    full_rows: list[Row] = []
    goes_on = False
    for row in rows:
        open_cells = [lines[row.at][right - 1 : right] == "+" for _, right in ruler.segments]
        cells = [
            cell.removesuffix("+").rstrip() if is_open_cell else cell
            for cell, is_open_cell in zip(row.cells, open_cells, strict=True)
        ]
        if goes_on:
            full_rows[-1] = Row(full_rows[-1].at, join_lines([full_rows[-1].cells, cells]))
        else:
            full_rows.append(Row(row.at, cells))
        goes_on = any(open_cells)
    return full_rows


def _multiline(draft: Draft, lines: Sequence[str], start: int, at: int) -> Notation | None:
    """Pandoc's multiline table: between two solid lines, with blank lines between rows."""
    end = _closing(draft, lines, at, lambda line: _SOLID.fullmatch(line) is not None)
    if end is None or at - start < 2:
        return None
    for _, header, body in _readings(lines, at, range(start + 1, at), range(at + 1, end)):
        return Notation(start, end + 1, header, _paragraphs(lines, body, at + 1))
    return None


def _framed_table(draft: Draft, lines: Sequence[str], at: int) -> Notation | None:
    """A table between two or three equal rulers: the header, if any, is between the first two."""
    ruler = lines[at]
    middle = _closing(draft, lines, at, ruler.__eq__)
    if middle is None or middle == at + 1:
        return None
    is_headed = middle + 1 < len(lines) and is_open(draft, middle + 1)
    end = _closing(draft, lines, middle, ruler.__eq__) if is_headed else middle
    if end is None or ("" in lines[at + 1 : middle] and is_headed):
        return None
    head = range(at + 1, middle) if is_headed else range(0)
    first_row = middle + 1 if is_headed else at + 1
    for _, header, body in _readings(lines, at, head, range(first_row, end)):
        has_gaps = "" in lines[first_row:end]
        rows = _paragraphs(lines, body, first_row) if has_gaps and ruler.lstrip()[0] == "-" else body
        if ruler.lstrip()[0] == "=":
            rows = _join_rests(rows)
        return Notation(at, end + 1, header if is_headed else [], rows)
    return None


def _closing(draft: Draft, lines: Sequence[str], at: int, closes: Callable[[str], bool]) -> int | None:
    """The next line that closes a table, with blank lines in it but never two; None if there is none."""
    for below in range(at + 1, len(lines)):
        if closes(lines[below]):
            return below
        if _is_ruler(lines[below]) and ("=" in lines[below] or "=" not in lines[at]):
            return None
        if draft.kinds[below] == FENCE or (not lines[below] and not lines[below - 1]):
            return None
        if draft.kinds[below] == VERBATIM and not lines[below].startswith("    "):
            return None
    return None


def _readings(
    lines: Sequence[str], at: int, head: Sequence[int], body: Sequence[int]
) -> Iterator[tuple[_Ruler, list[str], list[Row]]]:
    """Yield the readings of a table, by the width of wide characters, in which all lines keep to its columns."""
    used = [row for row in (*head, *body) if lines[row] and not _is_ruler(lines[row])]
    ruler = _ruler_of(lines[at])
    for texts in variants([lines[row] for row in used]):
        cells = [_cells_of(text, ruler, lines[row + 1 : row + 2]) for row, text in zip(used, texts, strict=True)]
        if used and all(cells):
            rows = [Row(row, row_cells or ()) for row, row_cells in zip(used, cells, strict=True)]
            head_rows = [row.cells for row in rows if row.at in head]
            yield ruler, join_lines(head_rows) if head_rows else [], [row for row in rows if row.at in body]


def _ruler_of(line: str) -> _Ruler:
    return _Ruler([match.span() for match in _SEGMENT.finditer(line)], "+" in line)


def _cells_of(line: str, ruler: _Ruler, below: Sequence[str]) -> list[str] | None:
    """The cells of a line; with a second ruler below it, each in all columns that it spans."""
    spans = _ruler_of(below[0]) if below and _is_ruler(below[0]) else ruler
    if len(spans.segments) >= len(ruler.segments):
        return ruler.cells(line)
    cells = spans.cells(line) if len(ruler.segments) <= _MOST_SPANNED else None
    if cells is None:
        return None
    spanned = [
        [cell for cell, (left, right) in zip(cells, spans.segments, strict=True) if left <= start < right]
        for start, _ in ruler.segments
    ]
    return [texts[0] for texts in spanned] if all(spanned) else None


def _paragraphs(lines: Sequence[str], rows: Sequence[Row], start: int) -> list[Row]:
    """The rows of a table in which blank lines separate rows."""
    groups: list[list[Row]] = []
    for row in rows:
        if groups and lines[row.at - 1] and row.at > start:
            groups[-1].append(row)
        else:
            groups.append([row])
    return [Row(group[0].at, join_lines([row.cells for row in group])) for group in groups]


def _join_rests(rows: Sequence[Row]) -> list[Row]:
    """The rows of a reStructuredText table, in which a line without first cell continues the row above."""
    full_rows: list[Row] = []
    for row in rows:
        if full_rows and not row.cells[0]:
            full_rows[-1] = Row(full_rows[-1].at, join_lines([full_rows[-1].cells, row.cells]))
        else:
            full_rows.append(row)
    return full_rows
