"""A header of two rows, of which GFM takes the second for the first row of the body."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from converter.repair.draft import Draft
from converter.repair.lines import DELIMITER
from converter.repair.notation import is_number
from converter.repair.pipes import PIPE, is_piped
from converter.repair.rule import FULL, rule
from converter.repair.tables import tables_of

_MOST_COLUMNS, _LONGEST_NAME = 200, 200
_BOLD = re.compile(r"(\*\*|__)(?!\s)([^*_\n]+)(?<!\s)\1")
_WORD = re.compile(r"[^\W\d_]{2}|[%$€£¥°]")


@rule("table_header", FULL, kinds=(DELIMITER,))
def table_header(draft: Draft) -> None:
    """The first row of a body is part of the header if it is bold, or all words above numbers, and the header repeats
    names or leaves some out, as one does whose cells span columns."""
    for table in tables_of(draft):
        first_row = table.delimiter + 1
        if table.header == table.delimiter or table.last_row <= first_row:
            continue
        header = _cells(draft.lines[table.header])
        if not (gaps := _gaps(header)):
            continue
        rows = [_cells(draft.lines[at]) for at in range(first_row, table.last_row + 1)]
        if names := _join(header, gaps, rows):
            new_lines = {
                table.header: ["| " + " | ".join(names) + " |"],
                table.delimiter: [draft.lines[table.delimiter]],
            }
            draft.rewrite("table_header", table.header, first_row + 1, new_lines, 0.9)


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in PIPE.split(line.strip()[1:-1] if is_piped(line) else line)]


def _gaps(header: Sequence[str]) -> list[int]:
    """The columns but the first whose name is missing or not theirs alone."""
    counts = Counter(header)
    return [column for column in range(1, len(header)) if not header[column] or counts[header[column]] > 1]


def _join(header: Sequence[str], gaps: Sequence[int], rows: Sequence[Sequence[str]]) -> list[str]:
    """The names of the columns from both rows of the header; empty if the first row of the body is not one."""
    columns, second_header, body = len(header), rows[0], rows[1:]
    if len(second_header) != columns or columns > _MOST_COLUMNS or max(map(len, header)) > _LONGEST_NAME:
        return []
    names = [_BOLD.sub(r"\2", cell) for cell in second_header]
    if any(is_number(name) or not _WORD.search(name) for name in filter(None, names)):
        return []
    if not (_is_bold(second_header) and not _is_bold(body[0])) and not _stands_over_numbers(body, gaps):
        return []
    labels = [" ".join(filter(None, pair)) for pair in zip(header, names, strict=True)]
    if len(set(labels)) < columns:
        labels = [" ".join(filter(None, pair)) for pair in zip(_fill(header), names, strict=True)]
    return labels if all(labels) and len(set(labels)) == columns else []


def _is_bold(cells: Sequence[str]) -> bool:
    texts = list(filter(None, cells))
    return len(texts) > 1 and all(map(_BOLD.fullmatch, texts))


def _stands_over_numbers(rows: Sequence[Sequence[str]], columns: Sequence[int]) -> bool:
    """Whether all cells of these columns are numbers, in two rows at least."""
    return len(rows) > 1 and all(
        len(row) > column and is_number(_BOLD.sub(r"\2", row[column])) for row in rows for column in columns
    )


def _fill(header: Sequence[str]) -> list[str]:
    """The header with the name to the left in each empty cell but the first: it spans the columns up to the next."""
    names = [header[0]]
    for column in range(1, len(header)):
        names.append(header[column] or (names[-1] if column > 1 else ""))
    return names
