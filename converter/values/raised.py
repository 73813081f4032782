"""Raised signs at either end of a cell: a note mark (`12.5²`), a power (`10⁹`), or open, which is for text.

A unit keeps its power: `5 m²`. What raised digits mean, the whole column decides (`are_notes`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from converter.parse.heights import RAISED_DIGITS, RAISED_LETTERS

SIGNS = frozenset(f"{RAISED_DIGITS}{RAISED_LETTERS}⁾")

_SIGN = rf"(?:⁽(?:[{RAISED_DIGITS}]{{1,3}}|[{RAISED_LETTERS}])⁾|[⁺⁻]?[{RAISED_DIGITS}]{{1,4}}|[{RAISED_LETTERS}])"
# After a number, or after a text that holds none: `Yes¹`. `m²` and `5 m²` are units.
MARK_BEHIND = re.compile(rf"(?:(?<=[0-9%‰°)$€£¥-])|(?<=[^\W\d_])) ?({_SIGN}(?:[,;] ?{_SIGN}){{0,4}})$")
MARK_AHEAD = re.compile(rf"({_SIGN}(?:[,;] ?{_SIGN}){{0,4}}) ?(?=[0-9+\-.(]|[$€£¥]|[^\W\d_]{{2}})")
REACH = 40
"""Characters at the end of a cell that are searched for marks."""
TEN = re.compile(r"[+-]?10")
SHORT_NUMBER = re.compile(r"[+-]?[0-9]{1,3}")
TIMES_TEN = re.compile(r"[x×·*] ?10$")


class RaisedMark(NamedTuple):
    """A cell that ends in raised signs."""

    base: str
    mark: str

    @property
    def is_number(self) -> bool:
        """Whether the signs are one number, which may be an exponent."""
        return not self.mark.lstrip("⁺⁻").strip(RAISED_DIGITS)

    @property
    def is_power(self) -> bool:
        """Whether the signs can only be an exponent: `5 × 10⁶`, `10⁻³`."""
        return self.is_number and bool(TIMES_TEN.search(self.base) or self.mark[0] in "⁺⁻")


def split_raised(text: str) -> RaisedMark | None:
    """Return a cell without raised signs at its end or its beginning, and the signs; None if it has none."""
    if text[-1] in SIGNS and (match := MARK_BEHIND.search(text, max(0, len(text) - REACH))):
        base = text[: match.start()]
        return None if base[-1].isalpha() and any(map(str.isdigit, base)) else RaisedMark(base, match[1])
    match = MARK_AHEAD.match(text)
    return RaisedMark(text[match.end() :], match[1]) if match else None


def are_notes(cells: Sequence[RaisedMark], other_texts: Sequence[str]) -> bool | None:
    """Return whether the raised signs of a column are note marks, False if they are powers; None if that is open.

    `cells` are those with raised signs, `other_texts` the filled cells without. Notes stand at some cells; powers of
    ten differ in nothing but their exponents, or one of them can be nothing else.
    """
    numbers = [cell for cell in cells if cell.is_number]
    tens = [cell for cell in numbers if cell.is_power or TEN.fullmatch(cell.base)]
    if tens and len(tens) == len(numbers):
        has_proof = any(cell.is_power for cell in tens) or (len(tens) == len(cells) and not other_texts)
        return False if has_proof else None
    if any(cell.is_power for cell in tens):
        return None
    bases = {cell.base for cell in cells}
    may_be_powers = bool(numbers) or len({cell.mark for cell in cells}) == 1  # 2², 3² · 5ʰ, 6ʰ
    stand_everywhere = not other_texts or bases == set(other_texts)
    return None if may_be_powers and stand_everywhere and all(map(SHORT_NUMBER.fullmatch, bases)) else True
