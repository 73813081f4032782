"""Tables whose columns are aligned by spaces, as text browsers and PDF readers write them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from converter.repair.columns import NO_NAME, PIECE, blank_columns, cells_between, is_letterhead, is_numeric
from converter.repair.draft import TITLES, Draft
from converter.repair.lines import BLANK, INDENTED, ORDERED, TEXT, VERBATIM, width_of
from converter.repair.notation import is_number, join_lines
from converter.repair.row_lines import rows_among
from converter.repair.rule import FULL, rule

FEWEST_LINES = 3
"""Minimum lines of a table without any mark, header included."""

GUTTER = 2
"""Blank columns that separate two cells in any table; one is enough if `SURE_LINES` or more lines leave it blank."""

SURE_LINES, LATE_SHARE = 5, 0.1
"""Minimum words right after a gutter of one blank (fewer numbers suffice), and the maximum share of words that begin a
little later."""

GAPPED = 0.5
"""Minimum share of a table's lines with a gap inside."""

GAPS_INSIDE = 0.1
"""Maximum share of cells with a gap inside: more of them hide a column."""

LONGEST_HEADER = 40
"""Maximum columns of a header's cell; a sentence is not a header."""

MOST_COLUMNS = 64

MOST_HEADER_LINES = 3
"""Lines of a header, one of which may name all columns."""

PRINT_SLACK = 0.2
"""The share of a column's width by which a wrapped line of a PDF may be shorter, because letters differ in width."""

PADDED = 0.3
"""Minimum share of lines with more than one blank before a column that may be separated by a single one."""

_GAP = re.compile(r"(?<=\S)  +(?=\S)")
_WORDS = re.compile(r"\S+")
_NAME = re.compile(r"[^\W\d_a-z][^:;={}<>\"@%\d]*$")
_CODE = re.compile(r"[{};=<>$\\#]|\w\(|^\s*(?:[-+*/]|\d+[.)])\s|\.{4,}|-{3,}|_{3,}")
_KINDS = frozenset((TEXT, INDENTED, VERBATIM, ORDERED))


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: the line in which it begins, the line after its last one, and its cells."""

    start: int
    end: int
    cells: tuple[str, ...]


@rule("table_columns", FULL, trigger=TITLES)
def table_columns(draft: Draft) -> None:
    """Lines that leave the same columns blank, under a first line that names each column, are the rows of a table,
    wrapped cells included; code, verse and lists with a few wide gaps are not."""
    for rows in _tables(draft):
        lines = {row.start: ["| " + " | ".join(row.cells) + " |"] for row in rows}
        top, bottom = rows[0].start, rows[-1].end
        lines[top].append("|" + " --- |" * len(rows[0].cells))
        draft.rewrite("table_columns", top, bottom, lines, 0.9)
        draft.set_apart(top, bottom)


def _tables(draft: Draft) -> Iterator[list[Row]]:
    at = spaced_end = code_end = 0
    for start in [start for start, line in enumerate(draft.lines) if "  " in line and _may_be_row(draft, start)]:
        if start < at:
            continue
        if start >= max(spaced_end, code_end) and draft.kinds[start] == VERBATIM:
            code_end = _end_of_code(draft, start)
            if not _may_hold_rows(draft, code_end):
                at = spaced_end = code_end
                continue
        rows: list[Row] = []
        last_end = 0
        if at >= spaced_end:  # else these lines are not a spaced table
            end = last_end = spaced_end = _end_of_run(draft, start, spaced=True)
            rows = _table(draft, start, end)
        if not rows:
            end = _end_of_run(draft, start, spaced=False)
            rows = _table(draft, start, end) if end != last_end else []
        if rows:
            yield rows
        at = end


def _end_of_code(draft: Draft, start: int) -> int:
    """Return the line after the code that line `start` is part of."""
    end = start + 1
    while end < len(draft.kinds) and draft.kinds[end] == VERBATIM:
        end += 1
    return end


def _may_hold_rows(draft: Draft, end: int) -> bool:
    """Whether a table may begin in the code above line `end`: in a text with marks of Markdown, only if it continues
    below the code."""
    if draft.state.headings != "marked":
        return True
    kind = draft.kinds[end] if end < len(draft.kinds) else ""
    return kind in _KINDS or (kind == BLANK and _may_be_row(draft, end + 1))


def _table(draft: Draft, start: int, end: int) -> list[Row]:
    """Return the rows of lines that are a table; none if they are not."""
    if end - start < FEWEST_LINES or (draft.kinds[start] == VERBATIM and not _may_be_text(draft, start, end)):
        return []
    headers = [(start, start + line) for line in range(MOST_HEADER_LINES)]
    if start and draft.kinds[start - 1] in _KINDS:
        headers.insert(1, (start - 1, start - 1))  # a header may have no gap
    slack = PRINT_SLACK if draft.state.is_print else 0
    best: list[Row] = []
    for top, header in headers:
        if not best or len(PIECE.findall(draft.lines[header])) > len(best[0].cells):
            rows = _rows(draft.lines, top, header, end, slack)
            best = max(best, rows, key=lambda rows: len(rows[0].cells) if rows else 0)
    return best


def _end_of_run(draft: Draft, start: int, spaced: bool) -> int:
    """Return the line after the last one that touches a line that may be a row.

    In a `spaced` table, a blank line may separate two rows.
    """
    lines, kinds = draft.lines, draft.kinds
    at = end = start
    crossed = 0
    edges: Counter[int] = Counter()
    gapped: list[str] = []  # lines whose edges are not counted yet: most runs are too short to need them
    while at < len(lines) and "\t" not in lines[at]:
        line = lines[at]
        if kinds[at] == BLANK and not (spaced and at == end and _may_be_row(draft, at + 1)):
            break
        if kinds[at] not in _KINDS and kinds[at] != BLANK:
            break
        at += 1
        if _is_gapped(line) or line.startswith("  "):
            end, crossed = at, 0
            gapped.append(line)
            continue
        if edges or len(gapped) >= FEWEST_LINES - 1:
            edges.update(match.end() for line_above in gapped for match in _GAP.finditer(line_above))
            gapped.clear()
        met = _edges_met(line, edges)
        if met > 1 and not crossed:
            end = at
        crossed += met < 0
        if crossed > 1:
            break
    return end


def _edges_met(line: str, edges: Counter[int]) -> int:
    """The number of columns that a line without a gap reaches, -1 if a word of it lies across the edge of one.

    Columns begin where several lines above have words after a gap.
    """
    columns = [edge for edge, lines in edges.items() if lines >= FEWEST_LINES - 1]
    reached = [edge for edge in columns if edge < len(line)]
    return len(reached) if columns and all(line[edge - 1] == " " for edge in reached) else -1


def _may_be_row(draft: Draft, at: int) -> bool:
    return at < len(draft.lines) and draft.kinds[at] in _KINDS and _is_gapped(draft.lines[at])


def _may_be_text(draft: Draft, start: int, end: int) -> bool:
    """Whether lines are verbatim for their indentation only: that of a centred header above lines that are not, or any
    in a text without marks of Markdown."""
    if 2 * draft.kinds[start:end].count(VERBATIM) < end - start:
        return True
    return draft.state.headings != "marked" and (start == 0 or draft.kinds[start - 1] in (BLANK, TEXT))


def _is_gapped(line: str) -> bool:
    return "  " in line.strip() and "\t" not in line


def _rows(lines: Sequence[str], start: int, header: int, end: int, slack: float) -> list[Row]:
    """Return the rows of lines whose columns line `header` names; none if they are not a table."""
    body = [line for line in lines[header + 1 : end] if line.strip()]
    if len(body) < FEWEST_LINES - 1:
        return []
    fewest = GAPPED * (len(body) + 1)
    if sum(_is_gapped(line) or line[:1].isspace() for line in [lines[header], *body]) < fewest:
        return []
    names = [match[0] for match in PIECE.finditer(lines[header])]
    blank = blank_columns(body)
    places = tuple(sorted({*_places(body, blank), *_places_below(lines[header], body, blank)}))
    if not 2 <= len(places) <= MOST_COLUMNS or is_letterhead(body, places):
        return []
    # A column beside the text of a print is set in too, and below a header without a first name nothing is sure.
    edges = () if slack or lines[header][: places[1]].isspace() else places[1:]
    gapped = sum(_is_gapped(line) or len(line) - len(line.lstrip()) in edges for line in [lines[header], *body])
    if gapped < fewest:
        return []
    rows = _rows_below(lines[start:end], start, header - start, names, places, slack)
    return rows if rows and _is_table([row.cells for row in rows]) else []


def _rows_below(
    run: Sequence[str], start: int, header: int, names: Sequence[str], places: Sequence[int], slack: float
) -> list[Row]:
    """Return the rows of lines whose columns begin at these places; none if a name lies across two columns."""
    # Names are often centred over their columns.
    has_names = len(names) == len(places)
    header_lines = run[: header + (not has_names)]
    if any(line[place - 1 : place].strip() for line in header_lines for place in places[1:]):
        return []
    cells = [cells_between(line, places) if line.strip() else [] for line in run]
    if has_names:
        cells[header] = list(names)
    widths = [end - start - 1 for start, end in pairwise([*places, max(map(len, run)) + 1])]
    return [
        Row(start + top, start + bottom, tuple(text.replace("|", "\\|") for text in join_lines(cells[top:bottom])))
        for top, bottom in rows_among(cells, widths, header, slack)
    ]


def _places_below(header: str, body: Sequence[str], blank: bytes) -> tuple[int, ...]:
    """Return the places at which columns begin if one gutter of blanks lies below each gap of a header; else none."""
    names = [match.span() for match in PIECE.finditer(header)]
    places = [min(len(line) - len(line.lstrip()) for line in body)]
    for (_, left), (right, _) in pairwise(names):
        gutters = [at for at in range(left, min(right, len(blank) - 1)) if blank[at] and not blank[at + 1]]
        gutters = [at for at in gutters if at == right - 1] or gutters
        if len(gutters) != 1:
            return ()
        places.append(gutters[0] + 1)
    return tuple(places)


def _places(lines: Sequence[str], blanks: bytes) -> tuple[int, ...]:
    """Return the places at which columns begin: after a gutter that all lines leave blank."""
    places: list[int] = []
    gutter = GUTTER
    for place, is_blank in enumerate(blanks):
        if is_blank:
            gutter += 1
            continue
        if not places or gutter >= GUTTER or (gutter == 1 and _is_edge(lines, place)):
            places.append(place)
        gutter = 0
    return tuple(places)


def _is_edge(lines: Sequence[str], place: int) -> bool:
    """Whether a column begins right after one blank: words begin there in enough lines, and hardly any just behind."""
    words = [line[place:].split(None, 1)[0] for line in lines if line[place : place + 1].strip()]
    late_words = sum(not line[place : place + 1].strip() and line[place : place + 4].strip() != "" for line in lines)
    padded = sum(line[max(place - 2, 0) : place].isspace() and line[:place].strip() != "" for line in lines)
    fewest = FEWEST_LINES if all(map(is_number, words)) else SURE_LINES
    return len(words) >= fewest and late_words <= LATE_SHARE * len(words) and padded >= PADDED * len(words)


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    """Whether rows of cells look like a table: a header that names every column, and cells below it in each of them.

    Without a column of numbers, only words that are written like titles are names.
    """
    if len(rows) < FEWEST_LINES - 1:
        return False
    header, body = rows[0], rows[1:]
    columns = len(header)
    if not all(header[1:]) or len({*header}) < columns:
        return False
    if any(NO_NAME.search(cell) or width_of(cell) > LONGEST_HEADER for cell in header):
        return False
    cells = [cell for row in body for cell in row]
    filled = sum(map(bool, cells))
    if filled < 0.6 * len(cells) or any(not any(row[column] for row in body) for column in range(columns)):
        return False
    has_numbers = any(is_numeric([row[column] for row in body]) for column in range(columns))
    if not has_numbers and not all(_NAME.match(cell) for cell in header if cell):
        return False
    if sum("  " in cell for cell in cells) > GAPS_INSIDE * filled:
        return False
    return sum(bool(_CODE.search(cell)) for cell in [*header, *cells]) <= 0.3 * (filled + columns)
