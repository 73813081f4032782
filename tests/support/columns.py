"""The columns of a single table, typed."""

from __future__ import annotations

from collections.abc import Sequence

from converter.values import Column, Conventions, Hints, RawTable, infer_tables


def infer_table(
    headers: Sequence[str],
    columns: Sequence[Sequence[str]],
    lines: Sequence[int],
    hints: Hints | None = None,
    conventions: Conventions | None = None,
) -> list[Column]:
    """Return the typed columns of a document with one table."""
    return infer_tables([RawTable(headers, columns, lines)], hints or Hints(), conventions or Conventions())[0]
