"""int64: whole numbers that fit in 64 bits."""

from __future__ import annotations

from converter.values.cells import Cells, NoMatch, Reading
from converter.values.lattice import INT64
from converter.values.numbers import numeric_reading, read_numbers

LARGEST = 2**63 - 1


def read(cells: Cells) -> Reading | NoMatch:
    """Read whole numbers without a currency, or return the cell that does not fit."""
    numbers = cells.result_of(read_numbers)
    if isinstance(numbers, NoMatch):
        return numbers
    fitting, misfits, texts = numbers.fitting, numbers.misfits, numbers.texts
    if cells.forced:
        positions = [i for i, text in enumerate(texts) if text.lstrip("+-").isdigit() and len(text) <= 20]
        position_set = set(positions)
        misfits = misfits + [index for i, index in enumerate(fitting) if i not in position_set]
        fitting, texts = [fitting[i] for i in positions], [texts[i] for i in positions]
    elif numbers.has_exponent or numbers.has_fraction or numbers.is_money:
        odd_position = next((i for i, text in enumerate(texts) if not text.lstrip("+-").isdigit()), 0)
        return numbers.refusal(cells, odd_position)
    values = list(map(int, texts))
    if not values:
        return numbers.refusal(cells)
    if max(values) > LARGEST or min(values) < -LARGEST - 1:
        return numbers.refusal(cells, next(i for i, value in enumerate(values) if not -LARGEST <= value <= LARGEST))
    return numeric_reading(cells, numbers, cells.reading(INT64, fitting, values, misfits, "whole numbers"))
