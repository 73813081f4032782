"""As what a column of a data set was seen: its types and units, how often, and where first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

import pyarrow as pa

from converter.values import unify
from converter.values.lattice import NULL, STRING


class Kind(NamedTuple):
    """What the tables of a data set may differ in."""

    type: pa.DataType
    unit: str | None

    def __str__(self) -> str:
        return f"{self.type} [{self.unit}]" if self.unit else str(self.type)


class Place(NamedTuple):
    """A table, so that the first one is the same in whatever order the documents came."""

    source: str
    line: int
    doc_id: str


@dataclass(slots=True)
class Seen:
    """How many tables had a kind, and the first of them."""

    tables: int
    first: Place


Kinds = dict[Kind, Seen]


def add(kinds: Kinds, kind: Kind, seen: Seen) -> None:
    """Count tables that had this kind."""
    known = kinds.get(kind)
    if known is None:
        kinds[kind] = Seen(seen.tables, seen.first)
    else:
        known.tables += seen.tables
        known.first = min(known.first, seen.first)


def unified(kinds: Kinds) -> Kind:
    """The kind that holds all of them; string where units differ, null where no table says anything."""
    said = [kind for kind in kinds if not pa.types.is_null(kind.type)]
    units = {kind.unit for kind in said}
    if len(units) > 1:
        return Kind(STRING, None)
    return Kind(reduce(unify, (kind.type for kind in said), NULL), next(iter(units), None))


def drifts(kinds: Kinds) -> list[Kind]:
    """The kinds that differ from the most common one, which comes first; empty where nothing drifts.

    Decimals that differ in scale alone are no drift: each takes as many digits as its cells have.
    """
    said = [kind for kind in kinds if not pa.types.is_null(kind.type)]
    distinct = {(pa.types.is_decimal(kind.type) or kind.type, kind.unit) for kind in said}
    if len(distinct) < 2:
        return []
    return sorted(said, key=lambda kind: (-kinds[kind].tables, str(kind)))
