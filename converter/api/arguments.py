"""Arguments that several functions of the library share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from inspect import Parameter, signature
from typing import Any

from converter.config import Options, OutputArguments, ReadingArguments, RunArguments, SourceArguments
from converter.errors import UsageError
from converter.model.source import Source
from converter.problems import Problem
from converter.schema.model import Schema
from converter.settings import values_of

SourcePath = str | os.PathLike[str]


class ConvertArguments(SourceArguments, ReadingArguments, OutputArguments, RunArguments, total=False):
    """The fields of `Selection`, `Options`, `Output` and `Run`, in one."""


def list_of(sources: Any, *kinds: type) -> Iterable[Any]:
    """Return one or several sources as an iterable: paths and addresses, and instances of `kinds`.

    Raises:
        UsageError: the sources are something else, such as a data frame, whose column names would be taken for paths.
    """
    accepted = (str, os.PathLike, *kinds)
    if isinstance(sources, accepted):
        return _check_each([sources], accepted)
    frame_like = any(hasattr(sources, name) for name in ("__arrow_c_stream__", "__dataframe__", "read"))
    frame_like = frame_like or hasattr(type(sources), "columns")  # Polars warns if a lazy frame is asked
    if isinstance(sources, Mapping | bytes | bytearray) or frame_like or not isinstance(sources, Iterable):
        message = f"sources are paths or addresses, one or a list, not {type_name_of(sources)}"
        raise UsageError(
            f"{message}; `read` and `extract` take texts, and tables whose rows are documents need `columns`"
        )
    return _check_each(sources, accepted)


def _check_each(sources: Iterable[Any], accepted: tuple[type, ...]) -> Iterator[Any]:
    for source in sources:
        if not isinstance(source, accepted):
            kinds = "a path or an address" + (", or a text as `Source(key, text)`" if Source in accepted else "")
            raise UsageError(f"a source is {kinds}, not {type_name_of(source)}")
        yield _check_source(source) if isinstance(source, Source) else source


def _check_source(source: Source) -> Source:
    """Return a source that a user has made; one without a text, as a null of a database, is a problem.

    Raises:
        UsageError: its key, text or attributes have another type.
    """
    if not isinstance(source.key, str):
        raise UsageError(f"the key of a `Source` is a text, not {type_name_of(source.key)}")
    data: object = source.data
    if data is None:
        return replace(source, data=b"", problem=Problem("null_text", "the text is None"))
    if not isinstance(data, str | bytes):
        raise UsageError(f"the document of a `Source` is a text or bytes, not {type_name_of(data)}", source=source.key)
    for name, value in source.attributes.items():
        if not (isinstance(name, str) and isinstance(value, str)):
            message = f"the attributes of a `Source` are texts by name; {name!r} is {type_name_of(value)}"
            raise UsageError(message, source=source.key)
    return source


def type_name_of(value: object) -> str:
    """Return the name of an argument's type, for a message."""
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__.partition('.')[0]}.{kind.__name__}"


def options_of(arguments: Mapping[str, Any], schemas: tuple[Schema, ...], function: Callable[..., Any]) -> Options:
    """Return these arguments of a function as `Options`.

    Raises:
        UsageError: a repair level, rule, type or encoding is unknown.
        TypeError: an argument is unknown.
    """
    check_argument_names(function, arguments, ReadingArguments)
    return Options(schemas=schemas, **values_of(Options, arguments))


def check_argument_names(function: Callable[..., Any], arguments: Mapping[str, Any], *kinds: type) -> None:
    """Refuse arguments that none of these classes of arguments has, as Python does for a function.

    Raises:
        TypeError: an argument is unknown; the message has all arguments of the function.
    """
    names = [name for kind in kinds for name in kind.__annotations__]
    if unknown := sorted(arguments.keys() - names):
        parameters = signature(function).parameters.values()
        names = [*(parameter.name for parameter in parameters if parameter.kind != Parameter.VAR_KEYWORD), *names]
        raise TypeError(f"unknown argument {unknown[0]}; the arguments are {', '.join(names)}")
