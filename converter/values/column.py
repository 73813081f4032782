"""The input of typing besides `Hints` (`Conventions`), and its result (`Column`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from converter.model.hints import DateOrder, DecimalMark


def _no() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Conventions:
    """How a table or document writes dates, decimals and times, as far as its own cells prove it."""

    date_order: DateOrder | None = None
    """`dmy` or `mdy`, proved by a date that is valid in only one order."""
    decimal: DecimalMark | None = None
    """`.` or `,`, proved by a number that can be read in only one way."""
    writes_comma: Callable[[], bool] = _no
    """Returns whether the document's language has a decimal comma, which leaves `1.234` and `1,234` open without proof.

    Few columns ask, and reading the words of a document takes a third of the time of its columns."""
    short_clock: bool = False
    """Whether `1:29.10` is minutes and seconds, proved by one that cannot be hours, such as `1:29.75`."""


NO_CONVENTIONS = Conventions()
NO_MARKS: Mapping[int, str] = {}
"""The marks of most columns: one shared empty mapping."""


@dataclass(frozen=True, slots=True)
class Column:
    """A typed column and why it has its type."""

    header: str
    """The header as given."""
    name: str
    """The readable, safe name; unique within the table when it comes from `infer_tables`."""
    type: pa.DataType
    """The Arrow type; `null` only if all cells are blank (`missing.BLANK`) or in `Hints.null_values`."""
    unit: str | None
    """The unit that all numbers share, as the document writes it: `ms`, `%`, `$`, `USD`."""
    null_count: int
    """How many of `values` are null, rejected cells included."""
    evidence: str
    """Why the column has this type, or which line rules out a narrower one, in a few words."""
    values: pa.Array[Any]
    """The values, one for each cell."""
    rejected: tuple[int, ...] = ()
    """Indexes of the cells that do not fit, under a tolerance or a forced type. Their values are null."""
    marks: Mapping[int, str] = field(default_factory=lambda: NO_MARKS)
    """Footnote marks removed from cells: index of the cell to the mark (`*`, `[1]`)."""
    proves: Conventions = NO_CONVENTIONS
    """The conventions that this column's own cells prove."""
    asks: str | None = None
    """`date_order`, `decimal` or `short_clock` if the cells leave it open; another column's proof may settle it."""
    says_nothing: bool = False
    """Whether all cells are blank or missing-value tokens, so that tables with the same headers decide the type."""
