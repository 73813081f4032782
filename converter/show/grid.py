"""Arrow tables -> grids for a terminal."""

from __future__ import annotations

import pyarrow as pa
from rich import box
from rich.table import Table as Grid
from rich.text import Text

from converter.show.markdown import header, is_right_aligned, row_texts


def grid(table: pa.Table) -> Grid:
    """Return the table as a grid: headers include units, numbers are right-aligned."""
    drawing = Grid(box=box.ROUNDED, border_style="dim")
    for field in table.schema:
        drawing.add_column(
            Text(header(field), style="bold"),
            justify="right" if is_right_aligned(field.type) else "left",
            overflow="fold",
        )
    for row in row_texts(table):
        drawing.add_row(*map(Text, row))
    return drawing
