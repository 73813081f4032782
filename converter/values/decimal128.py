"""decimal128: money, whole numbers beyond 64 bits, and fractions that float64 would change.

The scale is the maximum number of digits after the decimal mark in the column. The precision is 18 if the cells fit,
else 38: most databases hold 18 digits in 64 bits, and BigQuery's NUMERIC holds them up to a scale of 9.
"""

from __future__ import annotations

from decimal import Decimal

from converter.values.cells import Cells, NoMatch, Reading
from converter.values.guards import EXACT_DIGITS
from converter.values.int64 import LARGEST
from converter.values.lattice import MOST_DIGITS, decimal128
from converter.values.numerals import numeric_reading, read_numbers
from converter.values.quantities import Numbers


def read(cells: Cells) -> Reading | NoMatch:
    """Read decimals if int64 and float64 do not suffice, or return the cell that does not fit."""
    numbers = cells.result_of(read_numbers)
    if isinstance(numbers, NoMatch):
        return numbers
    if cells.forced and numbers.has_exponent:
        numbers = numbers.only([i for i, text in enumerate(numbers.texts) if not text.strip("+-.0123456789")])
        if not numbers.texts:
            return NoMatch(cells.rows[0])
    reason = "fixed decimals" if cells.forced else None if numbers.has_exponent else decimal_reason(numbers)
    if reason is None:
        return numbers.refusal(cells)
    scale = max(len(text.partition(".")[2]) for text in numbers.texts)
    digits = [len(text.partition(".")[0].lstrip("+-0")) + scale for text in numbers.texts]
    if max(digits) > MOST_DIGITS:
        index = next(index for index, count in enumerate(digits) if count > MOST_DIGITS)
        return numbers.refusal(cells, index, f"more than {MOST_DIGITS} digits")
    values = [Decimal(text) for text in numbers.texts]
    reading = cells.reading(decimal128(scale, max(digits)), numbers.fitting, values, numbers.misfits, reason)
    return numeric_reading(numbers, reading)


def decimal_reason(numbers: Numbers) -> str | None:
    """Return why these numbers need decimals, or None if they do not."""
    if numbers.is_money:
        return "money"
    long_texts = [text for text in numbers.texts if len(text) > EXACT_DIGITS]
    if numbers.has_fraction:
        return "fractions that float64 would change" if any(map(_changes_as_float, long_texts)) else None
    return "whole numbers beyond 64 bits" if any(abs(int(text)) > LARGEST for text in long_texts) else None


def _changes_as_float(text: str) -> bool:
    """Whether a round trip through float64 changes the number."""
    return Decimal(repr(float(text))) != Decimal(text)
