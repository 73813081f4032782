"""The options that say how tables are typed, the same in each command that has them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, cast

import typer

from converter.errors import UsageError

if TYPE_CHECKING:
    from converter.values import DateOrder, DecimalMark, Hints

_option = partial(typer.Option, rich_help_panel="Types of tables")

NoUnits = Annotated[bool, _option("--no-units", help="Keep `12 ms`, `81%` and `$5` as text.")]
NoTypes = Annotated[bool, _option("--no-types", help="Keep every column of a table as text.")]
Types = Annotated[
    list[str] | None,
    _option("--type", metavar="COLUMN=TYPE", help="The type of a column, by its name or header; * is every one."),
]
NullValues = Annotated[
    list[str] | None, _option("--null-value", metavar="TEXT", help="A further text that stands for no value.")
]
Decimal = Annotated[str | None, _option("--decimal", metavar=".|,", help="The decimal mark of every number.")]
DateOrderOption = Annotated[str | None, _option("--date-order", metavar="dmy|mdy|ymd", help="How to read 03/04/2024.")]
Tolerance = Annotated[
    float, _option("--tolerance", metavar="SHARE", help="The share of a column's cells, 0 to 1, that may not fit.")
]


def hints_of(
    no_types: bool,
    no_units: bool,
    types: list[str] | None,
    null_values: list[str] | None,
    decimal: str | None,
    date_order: str | None,
    tolerance: float,
) -> Hints:
    """Return what the options say.

    Raises:
        UsageError: `--type` is not `COLUMN=TYPE`.
    """
    from converter.values import UNTYPED, Hints

    asked = dict(UNTYPED.types) if no_types else {}
    for text in types or ():
        column, equals, type = text.rpartition("=")
        if not equals or not column.strip() or not type.strip():
            raise UsageError(f"--type {text!r} names no column and type; say for example --type zip=string")
        asked[column.strip()] = type.strip()
    return Hints(
        date_order=cast("DateOrder | None", date_order),
        decimal=cast("DecimalMark | None", decimal),
        null_values=frozenset(null_values or ()),
        tolerance=tolerance,
        types=asked,
        units=not no_units,
    )
