"""Rows -> a short listing for a terminal: one line per row, within its width."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any, Protocol

from converter.printable import confidence_text, one_line


class Fields(Protocol):
    """A row: its column names and values."""

    def keys(self) -> Iterable[str]:
        """Return the column names."""

    def __getitem__(self, name: str, /) -> Any: ...


LONGEST_LISTING = 20
"""The number of rows shown; the others are only counted."""
LONGEST_VALUE = 200
SHORT_COLUMN = 12
"""A text column whose values are all at most this wide is shown in full."""
REPEATED_COLUMNS = {
    "sections": ("path", "text"),
    "blocks": ("markdown",),
    "cells": ("markdown",),
    "footnotes": ("markdown",),
    "chunks": ("path", "markdown"),
}
"""Columns that repeat another column, or the content of the blocks."""


RECOVERED_STYLES = ("bare", "bold")
"""Styles of headings that the source does not mark as headings."""


def line_range(first_line: int | None, last_line: int | None) -> str:
    """Return `12`, `12-14`, or an empty string if there are no lines."""
    if first_line is None:
        return ""
    return str(first_line) if last_line in (first_line, None) else f"{first_line}-{last_line}"


def listing(record: str, rows: Sequence[Fields]) -> str:
    """Return the first rows of a record as an aligned table, below the total number of rows."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="", show_header=True)
    excerpt = rows_to_show(record, rows[:LONGEST_LISTING])
    columns = list(excerpt[0]) if excerpt else []
    cells: list[list[Text]] = []
    for column in columns:
        texts = [Text(value_text(row[column])[:LONGEST_VALUE], no_wrap=True, overflow="ellipsis") for row in excerpt]
        numeric = all(isinstance(row[column], int | float | None) for row in excerpt)
        # If the terminal is too narrow, long texts are cut; numbers and short words are not.
        short = numeric or max(text.cell_len for text in texts) <= SHORT_COLUMN
        table.add_column(column, justify="right" if numeric else "left", no_wrap=short)
        cells.append(texts)
    for row_of_texts in zip(*cells, strict=True):
        table.add_row(*row_of_texts)
    stream = StringIO()
    console = Console(file=stream, width=shutil.get_terminal_size().columns, color_system=None, force_terminal=False)
    if columns:
        console.print(table)
    remainder = f"... {len(rows) - len(excerpt):,} more\n" if len(rows) > len(excerpt) else ""
    drawing = "\n".join(line.rstrip() for line in stream.getvalue().splitlines())
    heading = f"{record}: {len(rows)} {'row' if len(rows) == 1 else 'rows'}"
    return f"{heading}\n{drawing}\n{remainder}".rstrip("\n")


def rows_to_show(record: str, rows: Sequence[Fields]) -> list[dict[str, Any]]:
    """Return what a listing shows of each row: its id, `lines` for its first and last line, and its own columns.

    The ids of other records and columns without any value are left out.
    """
    listed_rows = []
    for row in rows:
        values = dict(row)
        values.pop("doc_id", None)
        values["lines"] = line_range(values.pop("line_start", None), values.pop("line_end", None))
        listed_rows.append(values)
    names = list(dict.fromkeys(name for values in listed_rows for name in values))
    keys = [name for name in names if name.endswith("_id")]
    hidden = {*keys[1:], *REPEATED_COLUMNS.get(record, ())}
    columns = [
        name for name in names if name not in hidden and any(row.get(name) not in (None, "") for row in listed_rows)
    ]
    return [{name: row.get(name) for name in columns} for row in listed_rows]


def value_text(value: Any) -> str:
    """Return a value of a row on one line; null as an empty string."""
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return one_line(" > ".join(value))
    if isinstance(value, list):
        return one_line(", ".join(str(part.get("header", part)) for part in value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float):
        return one_line(str(value))
    return f"{len(value)} {'row' if len(value) == 1 else 'rows'}"


def recovery_text(section: Fields) -> str:
    """Return how a section's heading was recovered, with its confidence; empty if the source marks the heading."""
    if section["confidence"] == 1 and section["style"] not in RECOVERED_STYLES:
        return ""
    return f"recovered ({section['style']}), confidence {confidence_text(section['confidence'])}"
