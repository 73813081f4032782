"""Rows -> a small listing for a terminal: one line a row, within its width."""

from __future__ import annotations

import shutil
from io import StringIO
from typing import TYPE_CHECKING, Any

from converter.show.characters import one_line
from converter.show.rows import line_range

if TYPE_CHECKING:
    from converter.show.rows import Row, Rows

LONGEST_LISTING = 20
"""Rows shown; the others are only counted."""
LONGEST_VALUE = 200
SHORT_COLUMN = 12
"""A column of text that is nowhere wider than this is shown whole."""
LEFT_OUT = {
    "sections": ("path", "text"),
    "blocks": ("markdown",),
    "cells": ("markdown",),
    "footnotes": ("markdown",),
}
"""Columns that say again what another one says, or that hold what the blocks hold."""


RECOVERED = ("bare", "bold")
"""Styles of headings that the source does not mark as such."""


def listing(rows: Rows[Any]) -> str:
    """Return the first rows as an aligned table under the number of rows there are."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="", show_header=True)
    shown = listed(rows[:LONGEST_LISTING])
    columns = list(shown[0]) if shown else []
    cells: list[list[Text]] = []
    for column in columns:
        texts = [Text(value_text(row[column])[:LONGEST_VALUE], no_wrap=True, overflow="ellipsis") for row in shown]
        numeric = all(isinstance(row[column], int | float | None) for row in shown)
        # Where the width does not do, long texts give way; numbers and short words do not.
        short = numeric or max(text.cell_len for text in texts) <= SHORT_COLUMN
        table.add_column(column, justify="right" if numeric else "left", no_wrap=short)
        cells.append(texts)
    for row_of_texts in zip(*cells, strict=True):
        table.add_row(*row_of_texts)
    stream = StringIO()
    console = Console(file=stream, width=shutil.get_terminal_size().columns, color_system=None, force_terminal=False)
    if columns:
        console.print(table)
    more = f"... {len(rows) - len(shown):,} more\n" if len(rows) > len(shown) else ""
    drawn = "\n".join(line.rstrip() for line in stream.getvalue().splitlines())
    heading = f"{rows.record}: {len(rows)} {'row' if len(rows) == 1 else 'rows'}"
    return f"{heading}\n{drawn}\n{more}".rstrip("\n")


def listed(rows: Rows[Any]) -> list[dict[str, Any]]:
    """Return what a listing shows of each row: its number, `lines` for its first and last line, and what is its own.

    The keys of other records are left out, and columns that are null throughout.
    """
    shown = []
    for row in rows:
        values = dict(row)
        values.pop("doc_id", None)
        values["lines"] = line_range(values.pop("line_start", None), values.pop("line_end", None))
        shown.append(values)
    names = list(dict.fromkeys(name for values in shown for name in values))
    keys = [name for name in names if name.endswith("_id")]
    hidden = {*keys[1:], *LEFT_OUT.get(rows.record, ())}
    kept = [name for name in names if name not in hidden and any(row.get(name) not in (None, "") for row in shown)]
    return [{name: row.get(name) for name in kept} for row in shown]


def value_text(value: Any) -> str:
    """Return a value of a row on one line; null as nothing."""
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


def recovery_text(section: Row) -> str:
    """Return how a section's heading was recovered, and how surely; nothing where the source marks it."""
    if section["confidence"] == 1 and section["style"] not in RECOVERED:
        return ""
    return f"recovered ({section['style']}), confidence {section['confidence']:.4g}"
