"""Patterns as schema files write them: a text, a glob with * and ?, or a /regular expression/. Case does not count."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

ARROW = re.compile(r"(?<!\s)\s+>\s+")
GAPS = re.compile(r"\s+")


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """Return the regular expression of a pattern; a text or glob fits as a whole, a /regular expression/ anywhere.

    Raises:
        re.error: it is a regular expression, and a wrong one.
    """
    if len(pattern) > 2 and pattern[0] == pattern[-1] == "/":
        return re.compile(pattern[1:-1], re.IGNORECASE)
    text = GAPS.sub(" ", pattern.strip())
    glob = "".join({"*": ".*", "?": "."}.get(character) or re.escape(character) for character in text)
    return re.compile(rf"\A{glob}:?\Z", re.IGNORECASE | re.DOTALL)


def fits(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern; white space around and a colon at its end do not count."""
    return compiled(pattern).search(GAPS.sub(" ", text.strip())) is not None


@lru_cache(maxsize=4096)
def positions(patterns: tuple[str, ...], names: tuple[str, ...]) -> tuple[int, ...]:
    """Return which of these names fit, those of the first pattern first; the rows of a table ask it again and again."""
    return tuple(index for pattern in patterns for index, name in enumerate(names) if fits(pattern, name))


@dataclass(frozen=True)
class Patterns:
    """Several patterns, of which one must fit."""

    texts: tuple[str, ...]

    def fit(self, text: str | None) -> bool:
        """Whether one of them fits; None fits nothing."""
        return text is not None and any(fits(pattern, text) for pattern in self.texts)

    def find(self, pairs: Iterable[tuple[str, Any]]) -> Any:
        """Return the value of the first pair whose name the first pattern fits, then the second, ...; else None."""
        listed = list(pairs)
        for index in positions(self.texts, tuple(name for name, _ in listed)):
            if (value := listed[index][1]) is not None:
                return value
        return None

    def fit_end(self, path: Sequence[str]) -> bool:
        """Whether one of them fits the end of a path of titles: `A > B` is B directly in A."""
        for pattern in self.texts:
            parts = ARROW.split(pattern.strip())
            if len(parts) <= len(path) and all(map(fits, parts, path[len(path) - len(parts) :])):
                return True
        return False

    def fit_within(self, path: Sequence[str]) -> bool:
        """Whether one of them fits the path of a section, or of one that encloses it."""
        return any(self.fit_end(path[:length]) for length in range(1, len(path) + 1))
