"""What a caller says about a column (`Hints`, `Conventions`) and what typing gives back (`Column`)."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa

DateOrder = Literal["dmy", "mdy", "ymd"]
DecimalMark = Literal[".", ","]


@dataclass(frozen=True)
class Hints:
    """What a user says beforehand. Everything has a default under which the cells speak for themselves."""

    date_order: DateOrder | None = None
    """The order of day, month and year where the cells leave it open: `03/04/2024`."""
    decimal: DecimalMark | None = None
    """The decimal mark of every number; cells written otherwise are not numbers."""
    null_values: Set[str] = frozenset()
    """Further missing-value tokens, compared without regard to case. They are null in string columns too."""
    tolerance: float = 0.0
    """The share of filled cells, 0 to 1, that may fail to fit the type. They become null and are `rejected`."""
    types: Mapping[str, str] = field(default_factory=dict)
    """Forced types: a header, a column name or `*` (every column) to an Arrow or Frictionless type name."""
    units: bool = True
    """Whether `12 ms`, `81%` and `$5` are numbers with a unit; if not, they stay text."""


@dataclass(frozen=True, slots=True)
class Conventions:
    """How a table or a document writes dates and decimals, so far as its own cells prove it."""

    date_order: DateOrder | None = None
    """`dmy` or `mdy`, from a date that can be read in one order only."""
    decimal: DecimalMark | None = None
    """`.` or `,`, from a number that can be read in one way only."""


NO_HINTS = Hints()
UNTYPED = Hints(types={"*": "string"})
"""Every column stays text."""
NOTHING_PROVED = Conventions()
NO_MARKS: Mapping[int, str] = {}
"""What most columns have: one for all of them."""


@dataclass(frozen=True, slots=True)
class Column:
    """A typed column and why it has its type."""

    header: str
    """The header as it was given."""
    name: str
    """The readable, safe name; unique within the table when it comes from `infer_table`."""
    type: pa.DataType
    """The Arrow type; `null` where no cell says anything, and only there."""
    unit: str | None
    """The unit that all numbers share, as the document writes it: `ms`, `%`, `$`, `USD`."""
    null_count: int
    """How many of `values` are null, rejected cells included."""
    evidence: str
    """In a few words why this type, or which line spoke against a narrower one."""
    values: pa.Array[Any]
    """The values, one for each cell."""
    rejected: tuple[int, ...] = ()
    """Indexes of the cells that did not fit: under a tolerance or a forced type. Their values are null."""
    marks: Mapping[int, str] = field(default_factory=lambda: NO_MARKS)
    """Footnote marks that were taken off: index of the cell to the mark (`*`, `[1]`)."""
    proves: Conventions = NOTHING_PROVED
    """What this column's own cells prove about the writer's habits."""
    asks: str | None = None
    """`date_order` or `decimal` where the cells left that open: another column's proof may settle it."""
    says_nothing: bool = False
    """Whether all cells are blank or missing-value tokens, so that tables with the same headers decide the type."""
