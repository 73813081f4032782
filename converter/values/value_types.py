"""The value types, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pyarrow as pa

from converter.plugins import Registry, Series, instance_of
from converter.values import boolean, date32, decimal128, duration, float64, int64, time64, timestamp
from converter.values.cells import Cells, NoMatch, Reading
from converter.values.lattice import (
    BOOL,
    DATE32,
    DURATION,
    FLOAT64,
    INT64,
    STRING,
    TIME64,
    TIMESTAMP,
    TIMESTAMP_UTC,
)


class Type(NamedTuple):
    """A type that cells can be read as."""

    name: str
    read: Callable[[Cells], Reading | NoMatch]
    arrow: pa.DataType | None = None
    """The Arrow type of every reading; None if it depends on the cells, as the scale of a decimal does."""
    before: str = ""
    """The type before which an added type is tried; empty: after all others."""
    version: str = ""
    """The version of an added type, for the fingerprint: another version converts every document again."""


BUILT_IN = (
    Type("bool", boolean.read, BOOL),
    Type("int64", int64.read, INT64),
    Type("decimal128", decimal128.read),
    Type("float64", float64.read, FLOAT64),
    Type("date32", date32.read, DATE32),
    Type("timestamp", timestamp.read),
    Type("time64", time64.read, TIME64),
    Type("duration", duration.read, DURATION),
)

STORABLE = (BOOL, INT64, FLOAT64, DATE32, TIMESTAMP, TIMESTAMP_UTC, TIME64, DURATION, STRING)
"""The Arrow types that every format and database takes; an added type reads cells as one of them."""


def fault_of_type(name: str, item: object) -> str | None:
    """Return what is wrong with an added type, None if nothing is."""
    if fault := instance_of(Type)(name, item):
        return fault
    assert isinstance(item, Type)
    return None if item.arrow in STORABLE else f"its Arrow type must be one of {', '.join(map(str, STORABLE))}"


BY_NAME = Registry("types", {type.name: type for type in BUILT_IN}, fault_of_type)
TYPES = Series(BY_NAME)
"""All types, those of plug-ins among them. The first that reads the whole column wins; if none does, it is string."""

ALIASES = {
    "boolean": "bool", "integer": "int64", "bigint": "int64", "long": "int64", "number": "float64", "double": "float64",
    "float": "float64", "decimal": "decimal128", "date": "date32", "datetime": "timestamp", "timestamptz": "timestamp",
    "time": "time64", "interval": "duration", "str": "string", "text": "string", "utf8": "string", "varchar": "string",
}  # fmt: skip
"""Other names that a user may give a type: from Frictionless Table Schema, SQL and common usage."""
