"""float64: numbers with fractions or exponents."""

from __future__ import annotations

from math import isinf

from converter.values.cells import Cells, NoMatch, Reading
from converter.values.lattice import FLOAT64
from converter.values.numbers import numeric_reading, read_numbers


def read(cells: Cells) -> Reading | NoMatch:
    """Read floating-point numbers, or return the cell that does not fit."""
    numbers = cells.result_of(read_numbers)
    if isinstance(numbers, NoMatch):
        return numbers
    if not (numbers.has_fraction or numbers.has_exponent or cells.forced):
        # Whole numbers that neither int64 nor decimal128 can hold: a float would lose their digits.
        return numbers.refusal(cells, 0, "whole numbers of more than 38 digits")
    values = list(map(float, numbers.texts))
    for index, value in enumerate(values):
        if isinf(value) and "inf" not in numbers.texts[index]:
            return numbers.refusal(cells, index, "beyond the range of float64")
    evidence = "numbers with exponents" if numbers.has_exponent else "numbers with fractions"
    return numeric_reading(cells, numbers, cells.reading(FLOAT64, numbers.fitting, values, numbers.misfits, evidence))
