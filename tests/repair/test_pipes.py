"""Cells of rows with pipes, as GFM counts them."""

from __future__ import annotations

import pytest

from converter.repair.pipes import cells_in, is_piped


@pytest.mark.parametrize(
    ("row", "cells", "has_edges"),
    [
        ("| a | b |", 2, True),
        ("  | a | b |  ", 2, True),
        ("| a | b", 2, False),
        ("a | b |", 2, False),
        ("a | b", 2, False),
        ("| a", 1, False),
        ("a |", 1, False),
        ("|", 1, False),
        (r"| a | b \|", 2, False),
        (r"| a \| b |", 1, True),
        ("a", 1, False),
    ],
)
def test_a_row_has_as_many_cells_as_its_pipes_part(row: str, cells: int, has_edges: bool) -> None:
    assert (cells_in(row), is_piped(row)) == (cells, has_edges)
