"""What several functions of the library take."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypedDict

from converter.config import Options
from converter.errors import UsageError
from converter.repair import LEVELS, RULES
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


def options_of(repair: str, rules_off: Iterable[str], hints: Hints, limits: Limits) -> Options:
    """Return these arguments as options.

    Raises:
        UsageError: there is no such repair level, rule or type.
        TypeError: there is no such limit.
    """
    if strange := sorted(limits.keys() - Limits.__annotations__.keys()):
        raise TypeError(f"unknown argument {strange[0]}; the limits are {', '.join(Limits.__annotations__)}")
    if repair not in LEVELS:
        raise UsageError(f"unknown repair level {repair!r}; there are {', '.join(LEVELS)}")
    off = frozenset(rules_off)
    if unknown := off - {rule.name for rule in RULES}:
        raise UsageError(f"unknown repair rule {', '.join(sorted(unknown))}; see converter.repair.RULES")
    values: dict[str, Any] = dict(limits)
    if "maximum_bytes" in values and values["maximum_bytes"] is None:
        values["maximum_bytes"] = sys.maxsize
    return Options(repair, off, hints=hints, **values)
