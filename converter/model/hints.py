"""A user's settings for the types of table columns (`Hints`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

from converter.errors import UsageError
from converter.settings import names_in, setting

DateOrder = Literal["dmy", "mdy", "ymd"]
DecimalMark = Literal[".", ","]


def _types(value: Mapping[str, str] | Iterable[str] | None) -> dict[str, str]:
    """Return types by column, out of a mapping or of texts such as `zip=string`.

    Raises:
        UsageError: a text has no column or no type.
    """
    if isinstance(value, Mapping):
        if wrong := [type for type in value.values() if not isinstance(type, str)]:
            raise UsageError(f"`types` must be names of types, such as int64, not {wrong[0]!r}")
        return dict(value)
    types = {}
    for text in names_in(value):
        column, equals, type = map(str.strip, text.rpartition("="))
        if not equals or not column or not type:
            raise UsageError(f"`types` must be COLUMN=TYPE, for example zip=string, not {text!r}")
        types[column] = type
    return types


_of_tables = partial(setting, panel="Types of tables")


@dataclass(frozen=True)
class Hints:
    """A user's settings for typing. With the defaults, the cells alone decide."""

    date_order: DateOrder | None = _of_tables(
        None, "--date-order", "How to read 03/04/2024.", str | None, metavar="dmy|mdy|ymd",
        choices=get_args(DateOrder), noun="date order",
    )  # fmt: skip
    """The order of day, month and year if the cells leave it open: `03/04/2024`."""
    decimal: DecimalMark | None = _of_tables(
        None, "--decimal", "The decimal mark of every number.", str | None, metavar=".|,",
        choices=get_args(DecimalMark), noun="decimal mark",
    )  # fmt: skip
    """The decimal mark of every number; cells with another mark are not numbers."""
    null_values: Set[str] = _of_tables(
        frozenset, "--null-value", "Another text that means a missing value.", list[str] | None, metavar="TEXT",
        value=lambda texts: frozenset(names_in(texts)),
    )  # fmt: skip
    """Additional missing-value tokens, case-insensitive. They are null in string columns too."""
    tolerance: float = _of_tables(
        0.0, "--tolerance", "The share of a column's cells, 0 to 1, that may fail to fit its type.", float,
        metavar="SHARE", minimum=0, maximum=1,
    )  # fmt: skip
    """The share of filled cells, 0 to 1, that may fail to fit the type. They become null and are `rejected`."""
    types: Mapping[str, str] = _of_tables(
        dict, "--type", "The type of a column, by its name or header; * is every column.", list[str] | None,
        metavar="COLUMN=TYPE", value=_types,
    )  # fmt: skip
    """Forced types: a header, a column name or `*` (every column) to an Arrow or Frictionless type name."""
    units: bool = _of_tables(
        True, "--units/--no-units", "Read `12 ms`, `81%` and `$5` as numbers with a unit, or keep them as text.", bool
    )
    """Whether `12 ms`, `81%` and `$5` are numbers with a unit; if not, they stay text."""
    value_types: tuple[Any, ...] = ()
    """Further value types, `converter.extension.Type` objects; each is tried in its place."""

    def __post_init__(self) -> None:
        """Take names and types as the command line does too, in one text: the letters of a text are no names."""
        object.__setattr__(self, "null_values", frozenset(names_in(self.null_values)))
        object.__setattr__(self, "types", _types(self.types))


NO_HINTS = Hints()
UNTYPED = Hints(types={"*": "string"})
"""Every column stays text."""
