"""Arguments that several functions of the library share."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypedDict

from converter.config import Options
from converter.errors import UsageError
from converter.schema.model import Schema
from converter.values import Hints

SourcePath = str | os.PathLike[str]


class Limits(TypedDict, total=False):
    """The limits for one document, the same for every function that reads documents; None disables the first two.

    `maximum_bytes` limits the unpacked size, `maximum_seconds` the total time spent on the document, and
    `maximum_output_bytes` the size of its rows: None means 64 times its size, and at least 64 MB. Limits that are not
    passed have the defaults of `Options`.
    """

    maximum_bytes: int | None
    maximum_seconds: float | None
    maximum_output_bytes: int | None


class ReadingArguments(Limits, total=False):
    """How a document is read, the same for every function that reads documents; each command has the same options.

    `repair` is `off`, `safe` or `full`; `rules_off` names repair rules to leave out. `hints` set what the cells of
    tables leave open: types, missing values, the decimal mark. `encoding` is the encoding of the document's bytes; by
    default it is detected. `parser` is `fast` or `reference`, which reads the same by markdown-it's rules alone.
    `input_format` (`markdown`, `html`, `docx`, ...) is the format of each document; by default its name or its first
    bytes tell. `whole_page` keeps all of an HTML page, not only its main content. Arguments that are not passed have
    the defaults of `Options`.
    """

    repair: str
    rules_off: Iterable[str]
    hints: Hints
    encoding: str | None
    parser: str
    input_format: str | None
    whole_page: bool


def list_of(sources: Any, *kinds: type) -> Iterable[Any]:
    """Return one or several sources as an iterable: paths and addresses, and instances of `kinds`.

    Raises:
        UsageError: the sources are something else, such as a data frame, whose column names would be taken for paths.
    """
    accepted = (str, os.PathLike, *kinds)
    if isinstance(sources, accepted):
        return [sources]
    frame_like = any(hasattr(sources, name) for name in ("__arrow_c_stream__", "__dataframe__", "columns", "read"))
    if isinstance(sources, Mapping | bytes | bytearray) or frame_like or not isinstance(sources, Iterable):
        message = f"sources are paths or addresses, one or a list, not {kind_of(sources)}"
        raise UsageError(
            f"{message}; `read` and `extract` take texts, and tables whose rows are documents need `columns`"
        )
    return _check_each(sources, accepted)


def _check_each(sources: Iterable[Any], accepted: tuple[type, ...]) -> Iterator[Any]:
    for source in sources:
        if not isinstance(source, accepted):
            raise UsageError(f"a source is a path or an address, not {kind_of(source)}")
        yield source


def kind_of(value: object) -> str:
    """Return the name of an argument's type, for a message."""
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__.partition('.')[0]}.{kind.__name__}"


def options_of(arguments: ReadingArguments, schemas: tuple[Schema, ...] = ()) -> Options:
    """Return these arguments as `Options`.

    Raises:
        UsageError: a repair level, rule, type or encoding is unknown.
        TypeError: an argument is unknown.
    """
    values: dict[str, Any] = dict(arguments)
    names = ReadingArguments.__annotations__
    if unknown := sorted(values.keys() - names.keys()):
        raise TypeError(f"unknown argument {unknown[0]}; the arguments for reading a document are {', '.join(names)}")
    if "maximum_bytes" in values and values["maximum_bytes"] is None:
        values["maximum_bytes"] = sys.maxsize
    if "rules_off" in values:
        values["rules_off"] = frozenset(values["rules_off"])
    return Options(schemas=schemas, **values)
