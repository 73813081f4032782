"""Texts of office formats -> Markdown that reads as these texts: lines, and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from converter.text.web.inline import escape, escape_start
from converter.text.web.markdown import CLOSING_MARKS


def lines_of(text: str) -> list[str]:
    """Return the lines of a text that are not blank, in which nothing is a mark."""
    return [escape(words) for line in text.splitlines() if (words := " ".join(line.split()))]


def paragraph(text: str) -> str:
    """Return a text as a paragraph with its lines."""
    return "\n".join(map(escape_start, lines_of(text)))


def on_one_line(text: str) -> str:
    """Return a text for a heading."""
    return CLOSING_MARKS.sub(r"\\\1", " ".join(lines_of(text)))


def cell(text: str) -> str:
    """Return a text for a cell."""
    return "<br>".join(lines_of(text)).replace("|", "\\|")


def table(rows: Sequence[Mapping[int, str]]) -> str:
    """Return rows as a table, the first one its header, with the columns that have any cell; a row has its filled cells
    by the number of their column."""
    columns = sorted({column for row in rows for column in row})
    lines = [f"| {' | '.join(row.get(column, '') for column in columns)} |" for row in rows]
    lines.insert(1, f"|{' --- |' * len(columns)}")
    return "\n".join(lines)


def counted(count: int, singular: str, plural: str) -> str:
    """Return a count with its noun."""
    return f"{count} {singular if count == 1 else plural}"
