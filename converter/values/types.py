"""The value types, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from converter.values import boolean, date32, decimal128, duration, float64, int64, time64, timestamp
from converter.values.cells import Cells, NoMatch, Reading


class Type(NamedTuple):
    """A type that cells can be read as."""

    name: str
    read: Callable[[Cells], Reading | NoMatch]


TYPES = [
    Type("bool", boolean.read),
    Type("int64", int64.read),
    Type("decimal128", decimal128.read),
    Type("float64", float64.read),
    Type("date32", date32.read),
    Type("timestamp", timestamp.read),
    Type("time64", time64.read),
    Type("duration", duration.read),
]
"""The first type that reads the whole column wins; if none does, the column is string."""

ALIASES = {
    "boolean": "bool", "integer": "int64", "bigint": "int64", "long": "int64", "number": "float64", "double": "float64",
    "float": "float64", "decimal": "decimal128", "date": "date32", "datetime": "timestamp", "timestamptz": "timestamp",
    "time": "time64", "interval": "duration", "str": "string", "text": "string", "utf8": "string", "varchar": "string",
}  # fmt: skip
"""Other names that a user may give a type: from Frictionless Table Schema, SQL and common usage."""
