"""Cells taken apart into sign, digits, exponent and unit, one by one and as a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from converter.values.cells import Cells, NoMatch
from converter.values.column import Conventions
from converter.values.styles import Style
from converter.values.units import is_money


class Quantity(NamedTuple):
    """One cell taken apart."""

    sign: str
    body: str
    exponent: str
    unit: str
    certain: bool
    """Whether the unit is a known one."""
    in_parentheses: bool

    @property
    def is_zero(self) -> bool:
        """Whether the number is nought, which needs no unit."""
        return not self.body.strip("0.,")

    def text(self, style: Style) -> str:
        """The number as Python reads it."""
        exponent = f"e{self.exponent}" if self.exponent else ""
        return self.sign + style.canonical(self.body) + exponent


@dataclass(frozen=True)
class Numbers:
    """A column of numbers before its type is chosen."""

    fitting: Sequence[int]
    """Indexes into `Cells.texts`."""
    texts: list[str]
    """The numbers as Python reads them, in the same order."""
    misfits: list[int]
    unit: str | None
    notes: list[str]
    """What the evidence should mention: where the unit stands, which style the numbers follow."""
    proves: Conventions
    asks: str | None
    has_fraction: bool
    has_exponent: bool
    """An exponent, or an infinity: a number that only float64 holds."""

    @property
    def is_money(self) -> bool:
        """Whether the unit is a currency."""
        return is_money(self.unit)

    def refusal(self, cells: Cells, index: int = 0, reason: str = "") -> NoMatch:
        """No, because of the number at this index."""
        return NoMatch(cells.rows[self.fitting[index]], reason)
