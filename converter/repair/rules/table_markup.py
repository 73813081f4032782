"""Tables laid out by the white space of their page's markup, which `textContent` and `get_text` keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from converter.repair.draft import LINES, Draft
from converter.repair.lines import BLANK, FENCE, HEADING, HTML, INDENTED, QUOTE, TEXT, VERBATIM, ends_sentence, width_of
from converter.repair.notation import Notation, Row, insert_table, is_value, names_columns
from converter.repair.rule import FULL, rule

FEWEST_GAP, WIDEST_GAP = 2, 12
"""Minimum and maximum number of blank lines between two rows: the tags that end and begin a row are on separate
lines."""

MOST_COLUMNS = 16
FEWEST_CELLS = 0.6
"""Minimum share of a table's cells that hold text."""

LONGEST_HEADER = 40
"""Maximum columns of a header's cell; a sentence is not a header."""

_NAME_KINDS = frozenset((TEXT, INDENTED, VERBATIM))
"""Kinds of a header's lines: items, rules and titles of Markdown name no columns, except `#` alone."""
_CLOSED_KINDS = frozenset((FENCE, HEADING, HTML, QUOTE))


@dataclass(frozen=True, slots=True)
class _Spacing:
    """The places of a row's cells: how many there are, and after how many lines the next cell and the next row
    follow."""

    columns: int
    cell: int
    row: int

    @property
    def height(self) -> int:
        """The lines from the first cell of a row to its last one."""
        return (self.columns - 1) * self.cell + 1


@rule("table_markup", FULL, kinds=(BLANK * FEWEST_GAP,), trigger=LINES)
def table_markup(draft: Draft) -> None:
    """In text that keeps the white space of a page's markup, where more blank lines separate rows than cells, groups
    with as many lines as a header are the rows of a table."""
    starts = [at for at, kind in enumerate(draft.kinds) if kind != BLANK]
    place = 0
    while place < len(starts):
        step, end = _group(starts, place)
        is_apart = end < len(starts) and starts[end] - starts[end - 1] > max(FEWEST_GAP, step)
        if is_apart and 2 <= end - place <= MOST_COLUMNS:
            table, last = _table(draft, starts[place:end], step)
            if table:
                insert_table(draft, "table_markup", table, 0.9, is_nested=False)
                last = table.end
            while end < len(starts) and starts[end] < last:
                end += 1
        place = end


def _group(starts: Sequence[int], place: int) -> tuple[int, int]:
    """Return the distance between the lines of a group that begins at a place, and the place after its last line."""
    most = min(len(starts), place + MOST_COLUMNS + 3)
    end = place + 1
    if end == most:
        return 0, end
    step = starts[end] - starts[place]
    while end < most and starts[end] - starts[end - 1] == step:
        end += 1
    begins_next = end < most and starts[end] - starts[end - 1] < step  # the last line, a group of its own
    return step, end - begins_next


def _table(draft: Draft, header: Sequence[int], step: int) -> tuple[Notation | None, int]:
    """Return the table whose names are in these lines, and the line of its last row, which may name another one; no
    table if no rows of as many cells follow."""
    names = [draft.lines[at].strip() for at in header]
    is_text = all(draft.kinds[at] in _NAME_KINDS or name == "#" for at, name in zip(header, names, strict=True))
    if not is_text or not all(map(_is_name, names)) or len({*names}) < len(names):
        return None, 0
    first = header[-1] + 1
    while draft.kinds[first] == BLANK:
        first += 1
    head_gap = first - header[-1] - 1
    best: list[Row] = []
    last = 0
    for gap in range(max(FEWEST_GAP, step), min(head_gap, WIDEST_GAP) + 1):
        spacing = _Spacing(len(names), step, (len(names) - 1) * step + 1 + gap)
        rows = _rows(draft, first, spacing)
        last = max([last, *(row.at for row in rows[-1:])])
        is_headed = gap < head_gap or names_columns(names, [row.cells for row in rows])
        if is_headed and len(rows) > len(best):
            best = rows
    cells = [cell for row in best for cell in row.cells]
    is_sure = len(best) > 1 or (all(cells) and (any(map(is_value, cells)) or not any(map(_is_name, cells))))
    if not best or not is_sure or sum(map(bool, cells)) < FEWEST_CELLS * len(cells):
        return None, last
    end = min(best[-1].at + header[-1] - header[0] + 1, len(draft.lines))
    return Notation(header[0], end, names, best), last


def _is_name(text: str) -> bool:
    return width_of(text) <= LONGEST_HEADER and not ends_sentence(text)


def _rows(draft: Draft, first: int, spacing: _Spacing) -> list[Row]:
    """Return the rows from a line on: as many lines as there are cells, blank for an empty cell, and then as many blank
    lines."""
    rows: list[Row] = []
    for at in range(first, len(draft.lines), spacing.row):
        places = range(at, at + spacing.height, spacing.cell)
        lines = range(at, min(at + spacing.row, len(draft.lines)))
        cells = [draft.lines[place].strip() if place < len(draft.lines) else "" for place in places]
        kinds = [draft.kinds[line] for line in lines]
        has_others = any(kind != BLANK for line, kind in zip(lines, kinds, strict=True) if line not in places)
        if not cells[0] or not any(cells[1:]) or has_others or _CLOSED_KINDS.intersection(kinds):
            break
        rows.append(Row(at, cells))
    return rows
