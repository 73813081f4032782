"""float64: numbers with fractions or exponents."""

from __future__ import annotations

import sys
from decimal import Decimal
from math import isinf

from converter.values.cells import Cells, NoMatch, Reading
from converter.values.decimal128 import decimal_reason
from converter.values.lattice import FLOAT64
from converter.values.numerals import numeric_reading, read_numbers


def read(cells: Cells) -> Reading | NoMatch:
    """Read floating-point numbers, or return the cell that does not fit."""
    numbers = cells.result_of(read_numbers)
    if isinstance(numbers, NoMatch):
        return numbers
    if not (cells.forced or numbers.has_exponent) and decimal_reason(numbers):
        return numbers.refusal(cells)  # decimal128 cannot hold the numbers, and a float would lose their digits
    values = list(map(float, numbers.texts))
    outside = [i for i, value in enumerate(values) if _is_outside(value, numbers.texts[i])]
    if outside and (not cells.forced or len(outside) == len(values)):
        return numbers.refusal(cells, outside[0], "beyond the range of float64")
    if outside:
        numbers = numbers.only([i for i in range(len(values)) if i not in set(outside)])
        values = list(map(float, numbers.texts))
    evidence = "numbers with exponents" if numbers.has_exponent else "numbers with fractions"
    return numeric_reading(numbers, cells.reading(FLOAT64, numbers.fitting, values, numbers.misfits, evidence))


def _is_outside(value: float, text: str) -> bool:
    """Whether a float cannot hold the number of a text: it is infinite, or so near to 0 that digits are lost."""
    if abs(value) < sys.float_info.min:
        return Decimal(repr(value)) != Decimal(text)
    return isinf(value) and "inf" not in text
