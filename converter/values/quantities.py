"""Numbers parsed into sign, digits, exponent and unit: one cell (`Quantity`) and a column (`Numbers`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from converter.values.cells import Cells, NoMatch
from converter.values.column import Conventions
from converter.values.styles import Style
from converter.values.units import is_money


class Quantity(NamedTuple):
    """One parsed cell."""

    sign: str
    body: str
    exponent: str
    unit: str
    is_certain: bool
    """Whether the unit is known."""
    in_parentheses: bool

    @property
    def is_zero(self) -> bool:
        """Whether the number is zero, which needs no unit."""
        return not self.body.strip("0.,")

    def text(self, style: Style) -> str:
        """Return the number in Python's notation."""
        exponent = f"e{self.exponent}" if self.exponent else ""
        return self.sign + style.canonical(self.body) + exponent


@dataclass(frozen=True)
class Numbers:
    """A column of numbers before its type is chosen."""

    fitting: Sequence[int]
    """Indexes into `Cells.texts`."""
    texts: list[str]
    """The numbers in Python's notation, in the same order."""
    misfits: list[int]
    unit: str | None
    notes: list[str]
    """Notes for the evidence: where the unit stands, which style the numbers follow."""
    proves: Conventions
    asks: str | None
    has_fraction: bool
    has_exponent: bool
    """Whether a number has an exponent or is infinite, which only float64 holds."""

    @property
    def is_money(self) -> bool:
        """Whether the unit is a currency."""
        return is_money(self.unit)

    def only(self, positions: Sequence[int]) -> Numbers:
        """Return the numbers at these positions; the others are misfits."""
        fitting = [self.fitting[position] for position in positions]
        misfits = sorted([*self.misfits, *(set(self.fitting) - set(fitting))])
        return replace(self, fitting=fitting, texts=[self.texts[position] for position in positions], misfits=misfits)

    def refusal(self, cells: Cells, index: int = 0, reason: str = "") -> NoMatch:
        """Return the refusal of the type because of the number at this index."""
        return NoMatch(cells.rows[self.fitting[index]], reason)
