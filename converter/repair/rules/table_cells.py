"""Tables with one cell a line or a paragraph, as `get_text` and PDF readers write them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from converter.expressions import expression
from converter.repair.draft import Draft
from converter.repair.lines import BLANK, BULLET, TEXT, UNDERLINE, ends_sentence, width_of
from converter.repair.notation import Notation, Row, insert_table, is_value
from converter.repair.paragraphs import Paragraph, paragraphs_of
from converter.repair.periods import ABSENT_VALUE, FEW, MANY, Features, Fit, features_of, reading_below
from converter.repair.rule import FULL, rule

FEWEST_COLUMNS, MOST_COLUMNS = 2, 16
FEWEST_ROWS = 3
"""Minimum rows of a table with two columns, or with a single column of values; other tables need one fewer."""

MOST_HOLES = 2
"""Maximum number of missing cells at the end of a row."""

FEWEST_BITS, BITS_OF_CELL = 12.0, 1.5
"""Minimum bits that the columns of a table save, in all and for each cell."""

EVEN_ROWS, BITS_OF_EVEN_CELL = 4, 1.9
"""Minimum rows without an empty cell, and bits of each cell, for a table in which a cell is a paragraph."""

MOST_CUES = 1
"""Maximum number of kinds of boilerplate among the cells of a table; more are the top or the foot of a page."""

NO_CUES = frozenset(("", "date", "tags"))
"""Kinds of boilerplate that cells often are."""

LONGEST_HEADER = 40
"""Maximum columns of a header's cell; a sentence is not a header."""

LONGEST_VALUE = 60
"""Maximum characters of a value."""

LONGEST_CELL = 200
"""Maximum characters of a cell of several sentences, in few rows; others are paragraphs."""

WORD_LIST, WIDEST_WORD, MOST_OTHERS = 100, 30, 0.05
"""Minimum lines of a list of words, maximum columns of each word, and the maximum share of lines that are something
else."""

VALUE, OPEN, PROSE = "v", "?", "w"
"""Class of a cell: a value, a mark that stands for a missing value, or words."""

FEWEST_CELLS = FEWEST_COLUMNS + 2
"""Minimum cells of a table: the names, and either two rows of values, or the cells of two rows."""

_SEVERAL = re.compile(f"(?:[{TEXT}{BULLET}]{BLANK}*+){{{FEWEST_CELLS}}}")
_NUMBER = re.compile(r"[^\w\s]{0,3}\d[^A-Za-z]{0,30}(?:[A-Za-z%]{1,3})?[^\w\s]{0,3}")
_LINK = re.compile(r"!?\[([^\[\]]{0,200})\]\([^()]{0,500}\)")
_MOMENT = re.compile(r"\d{1,2}:\d\d(?: ?[ap]m)?|(?:1[5-9]|20)\d\d(?:-\d\d){0,2}", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_]")
_SENTENCES = expression(r"[^\W\d_]{2}[.!?。！？][\"”“)]*\s+[^\W\d_][^.]*[.!?]|[。！？]\S")
_NO_NAME = re.compile(r"[.,;:=]$|^[-+*/%<>=|$]|[{}<>;]")


class Cell(NamedTuple):
    """A cell: the index of its first line and of the one after its last, its text and its form."""

    at: int
    end: int
    text: str
    form: str


@rule("table_cells", FULL)
def table_cells(draft: Draft) -> None:
    """Where each cell is a line or a paragraph, similar groups of cells below as many names are the rows of a table.
    Columns that hold only values show how many cells a row has; if titles and items are marked, it is the number of
    columns that makes the cells of each column most alike."""
    if draft.state.spaced and not (draft.state.one_line or draft.state.is_print):
        return  # wrapped cells are several lines
    if not _SEVERAL.search(draft.signature):
        return
    is_marked = draft.state.headings == "marked"
    for run in _runs(draft):
        if _is_word_list(run):
            continue
        tables = list(_tables_by_period(run)) if is_marked and draft.state.spaced else []
        start = 0
        for table in [*tables, None]:
            end = next((at for at in range(start, len(run)) if table and run[at].at == table.start), len(run))
            for other in _tables(run[start:end], is_marked and start == 0):
                insert_table(draft, "table_cells", other, 0.85)
            if table:
                insert_table(draft, "table_cells", table, 0.85)
                start = next((at for at in range(end, len(run)) if run[at].at >= table.end), len(run))


def tables_among(texts: Sequence[str]) -> Iterator[Notation]:
    """Yield the tables among blocks that may be cells; the lines of a table are places in `texts`."""
    run = [Cell(at, at + 1, text, _form(text)) for at, text in enumerate(texts)]
    if len(run) >= FEWEST_CELLS and not _is_word_list(run):
        yield from _tables(run, False)


def _runs(draft: Draft) -> Iterator[list[Cell]]:
    """Yield each run of cells between lines that are not text, if there are enough for a table."""
    kinds = draft.kinds
    run: list[Paragraph] = []
    for block in paragraphs_of(draft):
        kind, text = kinds[block.start], block.text
        is_title = block.end < len(kinds) and kinds[block.end] == UNDERLINE
        is_aligned = "\t" in text or "  " in text
        if (kind == TEXT or (kind == BULLET and len(text) == 1)) and not (is_title or is_aligned):
            run.append(block)
        else:
            if len(run) >= FEWEST_CELLS:
                yield _cells_of(run)
            run = []
    if len(run) >= FEWEST_CELLS:
        yield _cells_of(run)


def _cells_of(run: Sequence[Paragraph]) -> list[Cell]:
    return [Cell(block.start, block.end, block.text, _form(block.text)) for block in run]


def _is_word_list(run: Sequence[Cell]) -> bool:
    if len(run) < WORD_LIST:
        return False
    values = sum(cell.form != PROSE for cell in run)
    others = sum(" " in cell.text or width_of(cell.text) > WIDEST_WORD for cell in run)
    return max(values, others) <= MOST_OTHERS * len(run)


def _form(text: str) -> str:
    return PROSE if len(text) > LONGEST_VALUE else _form_of_short(text)


@lru_cache(maxsize=4096)  # a further pass reads the same cells, and pages of a site have many in common
def _form_of_short(text: str) -> str:
    if ABSENT_VALUE.fullmatch(text):
        return OPEN
    return VALUE if is_value(text) or _NUMBER.fullmatch(text) else PROSE


def _tables_by_period(run: Sequence[Cell]) -> Iterator[Notation]:
    """Yield the tables of a run in a text whose titles and items are marked: short lines without marks are cells.

    The header follows a line that is not a name, or another table. Whether the source has the marks, or an earlier pass
    wrote them, does not count: whoever reads the repaired text sees no difference.
    """
    names = [_is_name(cell.text) for cell in run]
    if not any(map(all, pairwise(names))):
        return
    from converter.repair.cues import cue_of  # its expressions compile in 26 ms, 4 % of a start

    cells = [features_of(cell.text) for cell in run]
    cues = [cue_of(cell.text) for cell in run]
    names = [is_name and not cue for is_name, cue in zip(names, cues, strict=True)]
    last_end = at = 0
    while at < len(run):
        best = None
        if names[at] and (at == last_end or not names[at - 1]):
            best = _best_reading(run, cells, at)
        is_page = best is not None and len({*cues[at : best[0].end]} - NO_CUES) > MOST_CUES
        if best and not is_page and (_is_even(best[0]) or not _has_paragraph(run, best[0])):
            reading, header = best
            rows = []
            for row in reading.rows:
                texts = [run[place].text if place is not None else "" for place in row]
                rows.append(Row(run[row[0] or 0].at, texts))
            yield Notation(run[at].at, run[reading.end - 1].end, header, rows)
            last_end = at = reading.end
        else:
            at += 1


def _best_reading(run: Sequence[Cell], cells: Sequence[Features], at: int) -> tuple[Fit, list[str]] | None:
    """Return the rows below a header that begins with a cell, and its names; None if too little is saved."""
    gains: dict[int, float] = {}
    for columns in range(FEWEST_COLUMNS, MOST_COLUMNS):
        header = [cell.text for cell in run[at : at + columns]]
        if len(header) < columns or not _names_columns(header):
            break
        if reading := reading_below(cells, at + columns, columns, FEW):
            gains[columns] = reading.gain
    columns = max(gains, key=gains.__getitem__, default=0)
    if not columns or gains[columns] < FEWEST_BITS:
        return None
    reading = reading_below(cells, at + columns, columns, MANY)
    if reading is None or reading.gain < BITS_OF_CELL * columns * len(reading.rows):
        return None
    return reading, [cell.text for cell in run[at : at + columns]]


def _has_paragraph(run: Sequence[Cell], reading: Fit) -> bool:
    """Whether a cell is a paragraph: a few rows with one are hardly a table."""
    texts = [run[place].text for row in reading.rows for place in row if place is not None]
    return any(len(text) > LONGEST_CELL and _SENTENCES.search(text) for text in texts)


def _is_even(reading: Fit) -> bool:
    """Whether many rows without an empty cell are alike."""
    cells = sum(map(len, reading.rows))
    is_full = all(None not in row for row in reading.rows)
    return is_full and len(reading.rows) >= EVEN_ROWS and reading.gain >= BITS_OF_EVEN_CELL * cells


def _tables(run: Sequence[Cell], is_marked: bool) -> Iterator[Notation]:
    """Yield the tables of a run; the first value below as many words as a row has cells begins each."""
    at = 0
    while at < len(run):
        above = at
        while at < len(run) and run[at].form == PROSE:
            at += 1
        if at - above < FEWEST_COLUMNS or at == len(run):
            at += 1
            continue
        middles = max((_middles(run, at, pattern) for pattern in _patterns(run, at)), key=_cells_in)
        at = middles[-1][1] if len(middles) >= FEWEST_ROWS - 1 else at + 1
        if table := _table(run, above, middles, is_marked and above == 0):
            yield table[0]
            at = table[1]


def _table(
    run: Sequence[Cell], above: int, middles: Sequence[tuple[int, int]], is_exact: bool
) -> tuple[Notation, int] | None:
    """Return the table whose rows have these middles, and the cell after it; None if its header is uncertain.

    The header begins no higher than cell `above`; `is_exact` says that nothing else can be between the two.
    """
    forms = Counter(cell.form for start, end in middles for cell in run[start:end])
    if len(middles) < FEWEST_ROWS - 1 or forms[VALUE] < forms[OPEN]:
        return None
    first, width = middles[0][0], middles[0][1] - middles[0][0]
    most = max(below[0] - upper[1] for upper, below in pairwise(middles))
    columns = width + most
    is_slight = columns == 2 or sum(cell.form == VALUE for cell in run[first : first + width]) == 1
    if len(middles) < FEWEST_ROWS + (columns == 2) and is_slight:
        return None
    names = first
    while names > above and _is_name(run[names - 1].text):
        names -= 1
    room = first - names - columns  # for the first cells of the first row, and for columns without any cell
    body = {_plain(cell.text) for cell in run[first : middles[-1][1]]}
    for lead in _leads(run, middles, room):
        extra = room - lead if is_exact and names == above and lead == 1 else 0
        top = first - lead - columns - extra
        header = [cell.text for cell in run[max(top, 0) : first - lead]]
        if names <= top and extra <= MOST_HOLES and _names_columns(header) and body.isdisjoint(map(_plain, header)):
            rows, end = _rows(run, middles, lead, columns + extra, most - lead)
            return Notation(run[top].at, run[end - 1].end, header, rows), end
    return None


def _leads(run: Sequence[Cell], middles: Sequence[tuple[int, int]], room: int) -> Sequence[int]:
    """Return how many columns may precede the first value of a row, the likeliest number first."""
    gaps = [below[0] - upper[1] for upper, below in pairwise(middles)]
    below_last = len(run) - middles[-1][1]
    if _is_order([run[start] for start, _ in middles]):
        return [0]
    if room > 1 and min(gaps) == max(gaps) > below_last:
        return [max(gaps) - below_last]
    return range(1, min(gaps) + 1)


def _patterns(run: Sequence[Cell], first: int) -> Iterator[str]:
    """Yield the forms that the cells of a row from its first value to its last one may have, the shortest first."""
    forms = "".join(cell.form for cell in run[first : first + MOST_COLUMNS])
    for end in range(1, len(forms) + 1):
        if forms[end - 1] != PROSE and forms[end : end + 1] in ("", PROSE):
            yield forms[:end]


def _middles(run: Sequence[Cell], first: int, pattern: str) -> list[tuple[int, int]]:
    """Return where the middle of each row begins and ends: the cells of a pattern, with a few words between two."""
    middles: list[tuple[int, int]] = []
    at, fewest = first, MOST_COLUMNS
    while at + len(pattern) <= len(run) and all(map(_fits, run[at : at + len(pattern)], pattern)):
        end = at + len(pattern)
        middles.append((at, end))
        at = end
        while at < len(run) and at - end <= fewest + MOST_HOLES and run[at].form == PROSE:
            at += 1
        gap = at - end
        if not 1 <= gap <= fewest + MOST_HOLES or len(pattern) + gap > MOST_COLUMNS:
            break
        fewest = min(fewest, gap)
    return middles


def _fits(cell: Cell, form: str) -> bool:
    return form == OPEN or cell.form in (form, OPEN)


def _cells_in(middles: Sequence[tuple[int, int]]) -> int:
    return middles[-1][1] - middles[0][0] if len(middles) > 1 else 0


def _rows(
    run: Sequence[Cell], middles: Sequence[tuple[int, int]], lead: int, columns: int, tail: int
) -> tuple[list[Row], int]:
    """Return the rows, and the cell after the last one; the last cells of a row may be missing."""
    ends = [start - lead for start, _ in middles[1:]]
    ends.append(min(middles[-1][1] + tail, len(run)))
    rows = []
    for (start, _), end in zip(middles, ends, strict=True):
        cells = [cell.text for cell in run[start - lead : end]]
        rows.append(Row(run[start - lead].at, cells + [""] * (columns - len(cells))))
    return rows, ends[-1]


def _is_order(cells: Sequence[Cell]) -> bool:
    """Whether values number their rows, or are days or times in order: such a column is the first one."""
    texts = [cell.text.rstrip(".)") for cell in cells]
    if texts == [str(number) for number in range(1, len(texts) + 1)]:
        return True
    return all(map(_MOMENT.fullmatch, texts)) and texts == sorted(texts) and len({*texts}) == len(texts)


def _plain(text: str) -> str:
    """A text without links and emphasis."""
    return (_LINK.sub(r"\1", text) if "](" in text else text).strip("*_` ")


def _is_name(text: str) -> bool:
    text = _plain(text)
    return len(text) <= LONGEST_HEADER and _is_short_name(text)


@lru_cache(maxsize=4096)
def _is_short_name(text: str) -> bool:
    return (
        width_of(text) <= LONGEST_HEADER
        and _NAME.search(text) is not None
        and not (ends_sentence(text) or _NO_NAME.search(text))
    )


def _names_columns(header: Sequence[str]) -> bool:
    return len(set(header)) == len(header) and all(map(_is_name, header))
