"""Regular expressions that are compiled when they are first used.

The package defines some 290 expressions; a small document needs 35 of them. An expression that takes long to compile
(0.2 ms or more) and that only some documents need is therefore an `expression(...)` instead of a `re.compile(...)`.
Each call of its methods takes some 25 ns longer.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class LateExpression:
    """Behaves like a compiled expression; it is compiled when an attribute is first read."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """Look up an attribute that is not yet in the object's dictionary."""
        if name.startswith("_"):
            raise AttributeError(name)  # what `copy` and `pickle` look for, before there is a pattern
        value = self.__dict__[name] = getattr(re.compile(self.pattern, self._flags), name)
        return value


def expression(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return an expression that is compiled at its first use."""
    return cast("re.Pattern[AnyStr]", LateExpression(pattern, flags))
