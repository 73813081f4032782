"""A value type: Roman numerals."""

from __future__ import annotations

import re

import pyarrow as pa

from converter.extension import Cells, NoMatch, Reading, Type

NUMERAL = re.compile(r"(?=.)(M{0,3})(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")
VALUES = {"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}


def read(cells: Cells) -> Reading | NoMatch:
    """Read Roman numerals. A column of single letters may be anything, so one numeral must have two."""
    result = cells.parse_each(number_of)
    if isinstance(result, NoMatch):
        return result
    if not cells.forced and max(map(len, cells.texts)) < 2:
        return NoMatch(cells.rows[0], "single letters may be Roman numerals or marks")
    fitting, values, misfits = result
    return cells.reading(pa.int64(), fitting, values, misfits, "Roman numerals")


def number_of(text: str) -> int | None:
    """Return the number, None if the text is no Roman numeral."""
    if not NUMERAL.fullmatch(text):
        return None
    values = [VALUES[letter] for letter in text]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-value if value < following else value for value, following in pairs)


ROMAN = Type("roman", read, pa.int64())
