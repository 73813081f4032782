"""string: whatever no other type reads, each cell as it is."""

from __future__ import annotations

from collections.abc import Iterable

from converter.values.cells import Cells, Reading
from converter.values.characters import fold
from converter.values.column import Hints
from converter.values.lattice import STRING


def texts(cells: Iterable[str], hints: Hints) -> list[str | None]:
    """The raw cells; None for those that are blank or hold a missing-value token of the user."""
    named = {fold(token).casefold() for token in hints.null_values}
    return [
        None if not cell.strip() or (named and fold(cell).casefold() in named) else cell
        for cell in cells
    ]  # fmt: skip


def read(cells: Cells) -> Reading:
    """All cells that hold a text."""
    values = list(enumerate(texts(cells.raw, cells.hints)))
    filled = [(row, value) for row, value in values if value is not None]
    return Reading(STRING, [row for row, _ in filled], [value for _, value in filled], "text")
