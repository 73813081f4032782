"""The options that the settings of the package declare, the same in every command that has them.

A command takes them together, as a parameter of the type `Selecting`, `ReadingFlags`, `Writing` or `Running`. They
become `Selection`, `Options`, `Output` and `Run` on demand: the first takes 0.2 s of imports.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import wraps
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, get_args, get_type_hints

import typer

from converter.cli.completion import completing
from converter.config import Options, Output, Progress, Run, Selection
from converter.engine.process import processors
from converter.errors import UsageError
from converter.model.hints import UNTYPED, Hints
from converter.settings import Setting, values_of

if TYPE_CHECKING:
    from converter.schema.model import Schema

PANELS = (
    None,
    "Sources",
    "Tables of documents",
    "Reading",
    "Types of tables",
    "Schemas",
    "Chunks",
    "Output",
    "Files",
    "The run",
)
"""The headings of the help, in their order; the most common options come first, without one."""


class Flags:
    """The values of the flags of `KINDS`, which are classes of settings, by argument."""

    KINDS: ClassVar[tuple[Any, ...]]

    def __init__(self, values_given: Mapping[str, Any]) -> None:
        self._values = {name: value for name, value in values_given.items() if value is not None}

    @classmethod
    def settings(cls) -> Iterator[tuple[str, Setting, Any]]:
        """Yield the argument, the setting and the default of each flag."""
        for kind in cls.KINDS:
            for column in fields(kind):
                for name, setting in column.metadata.items():
                    is_optional = NoneType in get_args(setting.kind)
                    yield name or column.name, setting, None if is_optional else False if name else column.default


class ReadingFlags(Flags):
    """How documents are read: every command that reads documents has all of these flags."""

    KINDS = (Options, Hints)

    @classmethod
    def settings(cls) -> Iterator[tuple[str, Setting, Any]]:
        """Yield also `--no-types`, which stands for `--type *=string`."""
        yield from super().settings()
        help_text = "Keep every column of a table as text."
        yield "no_types", Setting("--no-types", help_text, bool, panel="Types of tables"), False

    @property
    def maximum_seconds(self) -> float:
        """The time limit for a document."""
        return float(self._values["maximum_seconds"])

    def hints(self) -> Hints:
        """Return the hints for the cells of tables.

        Raises:
            UsageError: `--type` is not `COLUMN=TYPE`.
        """
        values = values_of(Hints, self._values)
        if self._values["no_types"]:
            values["types"] = {**UNTYPED.types, **values.get("types", {})}
        return Hints(**values)

    def options(self, schemas: tuple[Schema, ...] = ()) -> Options:
        """Return how documents are read.

        Raises:
            UsageError: an option has an invalid value.
        """
        return Options(hints=self.hints(), schemas=schemas, **values_of(Options, self._values))


class Selecting(Flags):
    """Which documents are read."""

    KINDS = (Selection,)

    def selection(self, **values: Any) -> Selection:
        """Return which documents are read.

        Raises:
            UsageError: an option has an invalid value.
        """
        return Selection(**values_of(Selection, self._values) | values)


class Writing(Flags):
    """What a run writes."""

    KINDS = (Output,)

    def output(
        self, format: str, options: Options, only_schema: bool = False, is_folder: bool = True, **values: Any
    ) -> Output:
        """Return what the run writes; `only_schema` names the records of the schemas, and in a folder the problems.

        Raises:
            UsageError: an option has an invalid value, or options do not go together.
        """
        values_given = dict(self._values)
        if only_schema:
            if "records" in values_given or not options.schemas:
                raise UsageError("--only-schema goes with --schema, and without --records")
            values_given["records"] = [
                *(schema.name for schema in options.schemas),
                *(["problems"] if is_folder else []),
            ]
        return Output(format, **values_of(Output, values_given) | values)


class Running(Flags):
    """How a run works; by default, it has a worker process for each processor."""

    KINDS = (Run,)

    @property
    def jobs(self) -> int:
        """The number of worker processes."""
        return int(self._values.get("jobs", processors()))

    def run(self, progress: Progress | None = None) -> Run:
        """Return how the run works.

        Raises:
            UsageError: an option has an invalid value.
        """
        return Run(**values_of(Run, self._values) | {"jobs": self.jobs, "progress": progress})


NAMED_ONLY = ("files_from", "events", "null_separated", "root", "query")
"""The settings of `Selection` that a command without keys of documents, and with required sources, does not have."""


def with_flags(*without: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the flags of its parameters that are `Flags`, in their place, except those named by argument."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        kinds = get_type_hints(command, include_extras=True)
        groups = {
            name: {argument: details for argument, *details in kind.settings() if argument not in without}
            for name, kind in kinds.items()
            if isinstance(kind, type) and issubclass(kind, Flags)
        }
        parameters: list[inspect.Parameter] = []
        for name, parameter in inspect.signature(command).parameters.items():
            if name in groups:
                parameters += [_parameter(argument, *details) for argument, details in groups[name].items()]
            else:
                parameters.append(parameter.replace(annotation=kinds[name], kind=inspect.Parameter.KEYWORD_ONLY))
        parameters.sort(key=_panel)

        @wraps(command)
        def run(**arguments: Any) -> None:
            for name, settings in groups.items():
                arguments[name] = kinds[name]({argument: arguments.pop(argument) for argument in settings})
            command(**arguments)

        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return run

    return decorate


def _parameter(argument: str, setting: Setting, default: Any) -> inspect.Parameter:
    """Return the parameter of a command from which typer makes the flag."""
    flags = [setting.flag, *([setting.letter] if setting.letter else [])]
    option = typer.Option(
        *flags,
        metavar=setting.metavar,
        help=setting.help,
        rich_help_panel=setting.panel,
        autocompletion=completing(setting.completions, separated="," in (setting.metavar or "")),
    )
    return inspect.Parameter(
        argument, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[setting.kind, option]
    )


def _panel(parameter: inspect.Parameter) -> int:
    """Return the position of the heading of the help under which an option is listed."""
    details = next(iter(getattr(parameter.annotation, "__metadata__", ())), None)
    return PANELS.index(getattr(details, "rich_help_panel", None))
