"""string: everything that no other type reads, each cell unchanged."""

from __future__ import annotations

from collections.abc import Iterable

from converter.model.hints import Hints
from converter.values.cells import Cells, Reading, indexes_without
from converter.values.characters import fold
from converter.values.lattice import STRING


def texts(cells: Iterable[str], hints: Hints) -> list[str | None]:
    """Return the raw cells; None for those that are blank or hold one of the user's missing-value tokens."""
    null_tokens = {fold(token).casefold() for token in hints.null_values}
    return [
        None if not cell.strip() or (null_tokens and fold(cell).casefold() in null_tokens) else cell
        for cell in cells
    ]  # fmt: skip


def read(cells: Cells) -> Reading:
    """Read all cells that hold text."""
    values = texts(cells.raw, cells.hints)
    missing = [row for row, value in enumerate(values) if value is None]
    return Reading(
        STRING, indexes_without(len(values), missing), [value for value in values if value is not None], "text"
    )
