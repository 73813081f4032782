"""Patterns as schema files write them: a text, a glob with * and ?, or a /regular expression/. Case does not count."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from converter.limits import OutOfTime, seconds_left

if TYPE_CHECKING:
    import regex

ARROW = re.compile(r"(?<!\s)\s+>\s+")
GAPS = re.compile(r"\s+")


@dataclass(frozen=True)
class Expression:
    """A regular expression of a user's. It may take any time, but no more than the document has left.

    `re` says what is one, and `regex` runs it: the same language, and it can be stopped in any thread and system.
    """

    text: str
    flags: int = 0

    def check(self) -> Expression:
        """Return itself.

        Raises:
            re.error, OverflowError, RecursionError: it is no regular expression.
        """
        re.compile(self.text, self.flags)
        try:
            _ = self._pattern
        except Exception as error:  # `regex` has an error of its own
            raise re.error(str(error)) from error
        return self

    def search(self, text: str) -> regex.Match[str] | None:
        """Return where it fits first in a text, if it does.

        Raises:
            OutOfTime: the time of the document is up.
        """
        return _in_time(self._pattern.search, text)

    def fullmatch(self, text: str) -> regex.Match[str] | None:
        """Return the match where it fits a text as a whole; raises as `search` does."""
        return _in_time(self._pattern.fullmatch, text)

    def __str__(self) -> str:
        return self.text

    @property
    def _pattern(self) -> regex.Pattern[str]:
        return _compiled(self.text, self.flags)


@lru_cache(maxsize=4096)
def _compiled(text: str, flags: int) -> regex.Pattern[str]:
    import regex  # a thirtieth of a second, for schemas alone

    return regex.compile(text, flags | regex.VERSION0)


def _in_time(find: Callable[..., regex.Match[str] | None], text: str) -> regex.Match[str] | None:
    while True:
        left = seconds_left()
        if left is not None and left <= 0:
            raise OutOfTime
        try:
            return find(text, timeout=left)
        except TimeoutError:
            continue  # it counts the time of all threads, so that it may be too early


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Expression:
    """Return the regular expression of a pattern; a text or glob fits as a whole, a /regular expression/ anywhere.

    Raises:
        re.error: it is a regular expression, and a wrong one.
    """
    if len(pattern) > 2 and pattern[0] == pattern[-1] == "/":
        return Expression(pattern[1:-1], re.IGNORECASE).check()
    text = GAPS.sub(" ", pattern.strip())
    glob = "".join({"*": ".*", "?": "."}.get(character) or re.escape(character) for character in text)
    return Expression(rf"\A{glob}:?\Z", re.IGNORECASE | re.DOTALL)


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
