"""Patterns in schema files: a text, a glob with * and ?, or a /regular expression/. All are case-insensitive."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from converter.limits import OutOfTime, import_whole, seconds_left

if TYPE_CHECKING:
    import regex

ARROW = re.compile(r"(?<!\s)\s+>\s+")
GAPS = re.compile(r"\s+")


@dataclass(frozen=True)
class Expression:
    """A user's regular expression. It may run as long as the document has time left.

    `re` validates it and `regex` runs it: the language is the same, and `regex` can be stopped in any thread and
    on any system.
    """

    text: str
    flags: int = 0

    def check(self) -> Expression:
        """Return itself.

        Raises:
            re.error, OverflowError, RecursionError: it is not a valid regular expression.
        """
        re.compile(self.text, self.flags)
        try:
            _ = self._pattern
        except Exception as error:  # `regex` has its own error class
            raise re.error(str(error)) from error
        return self

    def search(self, text: str) -> regex.Match[str] | None:
        """Return the first match in a text, or None.

        Raises:
            OutOfTime: the document's time is up.
        """
        return _run_in_time(self._pattern.search, text)

    def fullmatch(self, text: str) -> regex.Match[str] | None:
        """Return the match of a text as a whole, or None; raises as `search` does."""
        return _run_in_time(self._pattern.fullmatch, text)

    def __str__(self) -> str:
        return self.text

    @property
    def _pattern(self) -> regex.Pattern[str]:
        return _compile(self.text, self.flags)


@lru_cache(maxsize=4096)
def _compile(text: str, flags: int) -> regex.Pattern[str]:
    import_whole("regex")
    import regex  # takes a thirtieth of a second, and only schemas need it

    return regex.compile(text, flags | regex.VERSION0)


def _run_in_time(find: Callable[..., regex.Match[str] | None], text: str) -> regex.Match[str] | None:
    while True:
        seconds = seconds_left()
        if seconds is not None and seconds <= 0:
            raise OutOfTime
        try:
            return find(text, timeout=seconds)
        except TimeoutError:
            continue  # `regex` counts the time of all threads, so it may stop too early


@lru_cache(maxsize=4096)
def compile_pattern(pattern: str) -> Expression:
    """Return the regular expression of a pattern; a text or glob fits as a whole, a /regular expression/ anywhere.

    Raises:
        re.error: the pattern is an invalid regular expression.
    """
    if len(pattern) > 2 and pattern[0] == pattern[-1] == "/":
        return Expression(pattern[1:-1], re.IGNORECASE).check()
    text = GAPS.sub(" ", pattern.strip())
    glob = "".join({"*": ".*", "?": "."}.get(character) or re.escape(character) for character in text)
    return Expression(rf"\A{glob}:?\Z", re.IGNORECASE | re.DOTALL)


def fits(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern; surrounding white space and a final colon do not count."""
    return compile_pattern(pattern).search(GAPS.sub(" ", text.strip())) is not None


@lru_cache(maxsize=4096)
def positions(patterns: tuple[str, ...], names: tuple[str, ...]) -> tuple[int, ...]:
    """Return the indexes of the names that fit, those of the first pattern first; cached for the rows of a table."""
    return tuple(index for pattern in patterns for index, name in enumerate(names) if fits(pattern, name))


@dataclass(frozen=True)
class Patterns:
    """Several patterns, of which one must fit."""

    texts: tuple[str, ...]

    def fit(self, text: str | None) -> bool:
        """Whether one of the patterns fits; None fits nothing."""
        return text is not None and any(fits(pattern, text) for pattern in self.texts)

    def find(self, pairs: Iterable[tuple[str, Any]]) -> Any:
        """Return the value of the first pair whose name fits the first pattern, then the second, ...; else None."""
        items = list(pairs)
        for index in positions(self.texts, tuple(name for name, _ in items)):
            if (value := items[index][1]) is not None:
                return value
        return None

    def fit_end(self, path: Sequence[str]) -> bool:
        """Whether one of the patterns fits the end of a path of titles: `A > B` is B directly in A."""
        for pattern in self.texts:
            parts = ARROW.split(pattern.strip())
            if len(parts) <= len(path) and all(map(fits, parts, path[len(path) - len(parts) :])):
                return True
        return False

    def fit_within(self, path: Sequence[str]) -> bool:
        """Whether one of the patterns fits the path of a section or of an enclosing section."""
        return any(self.fit_end(path[:length]) for length in range(1, len(path) + 1))
