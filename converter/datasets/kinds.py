"""The observed kinds of a data set's column: its types and units, how often, and where first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import pyarrow as pa

from converter.values import unify
from converter.values.lattice import NULL, STRING


class Kind(NamedTuple):
    """A column's type and unit, in which the tables of a data set may differ."""

    type: pa.DataType
    unit: str | None

    def __str__(self) -> str:
        return f"{self.type} [{self.unit}]" if self.unit else str(self.type)


class Place(NamedTuple):
    """A table's place, ordered so that the first table does not depend on the order of the documents."""

    source: str
    line: int
    doc_id: str


@dataclass(slots=True)
class KindCount:
    """How many tables had a kind, and the first of them."""

    tables: int
    first_place: Place


Kinds = dict[Kind, KindCount]


def add(kinds: Kinds, kind: Kind, occurrences: KindCount) -> None:
    """Count tables that had this kind."""
    total = kinds.get(kind)
    if total is None:
        kinds[kind] = KindCount(occurrences.tables, occurrences.first_place)
    else:
        total.tables += occurrences.tables
        total.first_place = min(total.first_place, occurrences.first_place)


def common_kind(kinds: Kinds) -> Kind:
    """Return the kind that holds all of them; null if no table has values.

    Columns with different units are text: 12 ms and 12 s are not equal.
    """
    typed_kinds = [kind for kind in kinds if not pa.types.is_null(kind.type)]
    units = {kind.unit for kind in typed_kinds}
    if len(units) > 1:
        return Kind(STRING, None)
    return Kind(reduce(unify, (kind.type for kind in typed_kinds), NULL), next(iter(units), None))


def drifts(kinds: Kinds) -> list[Kind]:
    """Return the kinds of a column that drifts, the most common one first; empty if nothing drifts.

    Decimals that differ only in scale are not drift: each column has as many digits as its cells.
    """
    typed_kinds = [kind for kind in kinds if not pa.types.is_null(kind.type)]
    distinct = {(pa.types.is_decimal(kind.type) or kind.type, kind.unit) for kind in typed_kinds}
    if len(distinct) < 2:
        return []
    return sorted(typed_kinds, key=lambda kind: (-kinds[kind].tables, str(kind)))
