"""int64: whole numbers that fit in 64 bits."""

from __future__ import annotations

from converter.values.cells import Cells, NoMatch, Reading
from converter.values.lattice import INT64
from converter.values.numerals import numeric_reading, read_numbers

LARGEST = 2**63 - 1


def read(cells: Cells) -> Reading | NoMatch:
    """Read whole numbers without a currency, or return the cell that does not fit."""
    numbers = cells.result_of(read_numbers)
    if isinstance(numbers, NoMatch):
        return numbers
    if cells.forced:
        numbers = numbers.only([i for i, text in enumerate(numbers.texts) if _fits(text)])
        if not numbers.texts:
            return NoMatch(cells.rows[0])
    elif numbers.has_exponent or numbers.has_fraction or numbers.is_money:
        return numbers.refusal(cells)
    values = list(map(int, numbers.texts))
    if max(values) > LARGEST or min(values) < -LARGEST - 1:
        return numbers.refusal(cells)
    reading = cells.reading(INT64, numbers.fitting, values, numbers.misfits, "whole numbers")
    return numeric_reading(numbers, reading)


def _fits(text: str) -> bool:
    """Whether a number is whole and fits in 64 bits."""
    return text.lstrip("+-").isdigit() and -LARGEST - 1 <= int(text) <= LARGEST
