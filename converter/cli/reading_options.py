"""Options of how documents are read, the same in every command that reads documents."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial, wraps
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from converter.errors import UsageError
from converter.limits import DEFAULT_MAXIMUM_BYTES, DEFAULT_MAXIMUM_SECONDS

if TYPE_CHECKING:
    from converter.config import Options
    from converter.schema.model import Schema
    from converter.values import Hints

_reading = partial(typer.Option, rich_help_panel="Reading")
_typing = partial(typer.Option, rich_help_panel="Types of tables")

READING: Mapping[str, tuple[Any, Any]] = {
    # parameter of a command: (type with the help text, default)
    "repair": (
        Annotated[str, typer.Option("--repair", metavar="off|safe|full", help="How much to repair in damaged text.")],
        "full",
    ),
    "without_rule": (
        Annotated[
            list[str] | None,
            _reading(
                "--without-rule", metavar="RULE", help="A repair rule to leave out; `parquetry rules` lists them."
            ),
        ],
        None,
    ),
    "encoding": (
        Annotated[
            str | None,
            _reading(
                "--encoding", metavar="NAME", help="The encoding of the documents. Default: UTF-8, else detected."
            ),
        ],
        None,
    ),
    "input_format": (
        Annotated[
            str | None,
            _reading(
                "--input-format",
                metavar="markdown|html|docx|...",
                help="The format of every document, row and standard input. Default: by name, else by the first bytes.",
            ),
        ],
        None,
    ),
    "whole_page": (
        Annotated[
            bool,
            _reading("--whole-page", help="Keep menus, teasers and comments of HTML pages, not only the main content."),
        ],
        False,
    ),
    "max_bytes": (
        Annotated[int, _reading("--max-bytes", metavar="BYTES", min=1, help="Refuse documents larger than this.")],
        DEFAULT_MAXIMUM_BYTES,
    ),
    "max_seconds": (
        Annotated[
            float,
            _reading(
                "--max-seconds",
                metavar="SECONDS",
                min=0.001,
                help="Give up on a document after this time, rows and schemas included.",
            ),
        ],
        DEFAULT_MAXIMUM_SECONDS,
    ),
    "max_output_bytes": (
        Annotated[
            int | None,
            _reading(
                "--max-output-bytes",
                metavar="BYTES",
                min=1,
                help="Refuse documents whose rows would take more than this. Default: 64 times their size, and 64 MiB.",
            ),
        ],
        None,
    ),
    "parser": (
        Annotated[
            str,
            _reading(
                "--parser",
                metavar="fast|reference",
                help="`reference` reads by markdown-it's rules alone: the same rows, in several times the time.",
            ),
        ],
        "fast",
    ),
    "no_types": (Annotated[bool, _typing("--no-types", help="Keep every column of a table as text.")], False),
    "no_units": (Annotated[bool, _typing("--no-units", help="Keep `12 ms`, `81%` and `$5` as text.")], False),
    "type": (
        Annotated[
            list[str] | None,
            _typing(
                "--type", metavar="COLUMN=TYPE", help="The type of a column, by its name or header; * is every column."
            ),
        ],
        None,
    ),
    "null_value": (
        Annotated[
            list[str] | None, _typing("--null-value", metavar="TEXT", help="Another text that means a missing value.")
        ],
        None,
    ),
    "decimal": (
        Annotated[str | None, _typing("--decimal", metavar=".|,", help="The decimal mark of every number.")],
        None,
    ),
    "date_order": (
        Annotated[str | None, _typing("--date-order", metavar="dmy|mdy|ymd", help="How to read 03/04/2024.")],
        None,
    ),
    "tolerance": (
        Annotated[
            float,
            _typing(
                "--tolerance",
                metavar="SHARE",
                help="The share of a column's cells, 0 to 1, that may fail to fit its type.",
            ),
        ],
        0.0,
    ),
}
"""The options for `Options` and its `Hints`. Every command that reads documents has all of them."""


LATER_PANELS = {"Schemas", "Output", "The run"}
"""Headings of the help that follow those of `READING`."""


class Reading:
    """The values of the options of `READING`. They become `Options` on demand, which takes 0.2 s of imports."""

    def __init__(self, **values: Any) -> None:
        self._values = values

    @property
    def maximum_seconds(self) -> float:
        """The time limit for a document."""
        return float(self._values["max_seconds"])

    def hints(self) -> Hints:
        """Return the hints for the cells of tables.

        Raises:
            UsageError: `--type` is not `COLUMN=TYPE`.
        """
        from converter.values import UNTYPED, Hints

        values = self._values
        types = dict(UNTYPED.types) if values["no_types"] else {}
        for text in values["type"] or ():
            column, equals, type = text.rpartition("=")
            if not equals or not column.strip() or not type.strip():
                raise UsageError(f"--type {text!r} is not COLUMN=TYPE; use for example --type zip=string")
            types[column.strip()] = type.strip()
        return Hints(
            date_order=values["date_order"],
            decimal=values["decimal"],
            null_values=frozenset(values["null_value"] or ()),
            tolerance=values["tolerance"],
            types=types,
            units=not values["no_units"],
        )

    def options(self, schemas: tuple[Schema, ...] = ()) -> Options:
        """Return the settings of the conversion.

        Raises:
            UsageError: an option has an invalid value.
        """
        from converter.config import Options

        values = self._values
        return Options(
            repair=values["repair"],
            rules_off=frozenset(values["without_rule"] or ()),
            maximum_bytes=values["max_bytes"],
            maximum_seconds=values["max_seconds"],
            maximum_output_bytes=values["max_output_bytes"],
            hints=self.hints(),
            schemas=schemas,
            encoding=values["encoding"],
            parser=values["parser"],
            input_format=values["input_format"],
            whole_page=values["whole_page"],
        )


def _panel(parameter: inspect.Parameter) -> str | None:
    """Return the heading of the help under which an option is listed."""
    return getattr(next(iter(getattr(parameter.annotation, "__metadata__", ())), None), "rich_help_panel", None)


def with_reading(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of `READING` to a command, which receives them together as its parameter `reading`."""
    kinds = get_type_hints(command, include_extras=True)
    parameters = [
        option.replace(annotation=kinds[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, option in inspect.signature(command).parameters.items()
        if name != "reading"
    ]
    place = next((index for index, option in enumerate(parameters) if _panel(option) in LATER_PANELS), len(parameters))
    parameters[place:place] = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in READING.items()
    ]

    @wraps(command)
    def run(**arguments: Any) -> None:
        reading = Reading(**{name: arguments.pop(name) for name in READING})
        command(**arguments, reading=reading)

    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {option.name: option.annotation for option in parameters}
    return run
