"""Regular expressions that are compiled when they are first used.

A start imports some 290 expressions, of which a small document needs 35. So an expression that takes long to compile
(0.2 ms or more) and that only some documents need is an `expression(...)` instead of a `re.compile(...)`. A call of one
of its methods takes some 25 ns longer.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class LateExpression:
    """Has the attributes of a compiled expression, each from its first use on."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """Called for what is not in the object's dictionary yet."""
        if name.startswith("_"):
            raise AttributeError(name)  # what `copy` and `pickle` look for, before there is a pattern
        value = self.__dict__[name] = getattr(re.compile(self.pattern, self._flags), name)
        return value


def expression(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return an expression to be compiled at its first use."""
    return cast("re.Pattern[AnyStr]", LateExpression(pattern, flags))
