"""What several functions of the library take."""

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
    """The limits for one document, the same for every function that reads some; None switches the first two off.

    `maximum_bytes` is how large it may be, unpacked, `maximum_seconds` the time for all that is done for it, and
    `maximum_output_bytes` what may be made of it: None is 64 times its size, and at least 64 MB. Without a word of them
    the defaults of `Options` hold.
    """

    maximum_bytes: int | None
    maximum_seconds: float | None
    maximum_output_bytes: int | None


class ReadingArguments(Limits, total=False):
    """How a document is read, the same for every function that reads some, and for each command by the like option.

    `repair` is `off`, `safe` or `full`; `rules_off` names repair rules to leave out. `hints` say what the cells of
    tables leave open: types, missing values, the decimal mark. `encoding` is that of the document's bytes, which
    otherwise is detected. Without a word of them the defaults of `Options` hold.
    """

    repair: str
    rules_off: Iterable[str]
    hints: Hints
    encoding: str | None


def list_of(sources: Any, *kinds: type) -> Iterable[Any]:
    """Return one source, or several, as several: paths, and what is of one of `kinds` too.

    Raises:
        UsageError: it is something else, such as a data frame, whose names of columns would be taken for paths.
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
    return _checked(sources, accepted)


def _checked(sources: Iterable[Any], accepted: tuple[type, ...]) -> Iterator[Any]:
    for source in sources:
        if not isinstance(source, accepted):
            raise UsageError(f"a source is a path or an address, not {kind_of(source)}")
        yield source


def kind_of(value: object) -> str:
    """Return how a message names the type of an argument."""
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__.partition('.')[0]}.{kind.__name__}"


def options_of(arguments: ReadingArguments, schemas: tuple[Schema, ...] = ()) -> Options:
    """Return these arguments as options.

    Raises:
        UsageError: there is no such repair level, rule, type or encoding.
        TypeError: there is no such argument.
    """
    values: dict[str, Any] = dict(arguments)
    known = ReadingArguments.__annotations__
    if strange := sorted(values.keys() - known.keys()):
        raise TypeError(f"unknown argument {strange[0]}; how a document is read is said by {', '.join(known)}")
    if "maximum_bytes" in values and values["maximum_bytes"] is None:
        values["maximum_bytes"] = sys.maxsize
    if "rules_off" in values:
        values["rules_off"] = frozenset(values["rules_off"])
    return Options(schemas=schemas, **values)
