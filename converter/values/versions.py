"""Versions and section numbers, which only look like fractions: 3.10 follows 3.9, and as a float it would be 3.1.

Each look is a way to write numbers that no series of fractions shares. Commas, signs and units are for fractions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

VERSION_DIGITS = 3
"""The maximum number of digits after a version's point. A run of this many consecutive numbers proves nothing."""
LIKELY_MINORS = frozenset({"10", "20", "30"})
"""Minor numbers ending in zero that a version reaches soon: 3.10 is a likely version, 3.50 is not."""
LARGEST_MAJOR, LARGEST_MINOR = 40, 30
"""The largest major numbers of versions whose minors have one digit or two; scores and prices are spread wider."""
NEAR = 9
"""Maximum distance between the minors of one major version for them to look like its releases."""
QUARTERS = frozenset({"0", "00", "25", "5", "50", "75"})
"""Fractions of quarters: 8.5, 8.25 and 9.0 are measurements."""
MONTH = re.compile(r"0[1-9]|1[0-2]")
RELEASE_YEAR = re.compile(r"0?[5-9]|[1-3][0-9]|20[0-9]{2}")


class Version(NamedTuple):
    """A number as a version."""

    major: str
    minor: str
    """Empty for a whole number."""

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}" if self.minor else self.major


Versions = Sequence[Version]


def version_reason(texts: Sequence[str]) -> tuple[int, str] | None:
    """Return why these fractions may be versions, with the index of one that shows it; None if they are fractions."""
    versions = [Version(*text.split(".")) if "." in text else Version(text, "") for text in texts]
    if any(version.major[:1] in ("", "+", "-") for version in versions):
        return None
    return next((reason for look in LOOKS if (reason := look(versions))), None)


def _differ_by_a_zero(versions: Versions) -> tuple[int, str] | None:
    """3.1 and 3.10 are two versions."""
    minors: dict[str, str] = {}
    for index, (major, minor) in enumerate(versions):
        key = minor.rstrip("0")
        if len(major) == 1 and key in ("1", "2", "3") and minors.setdefault(major + key, minor) != minor:
            return index, f"{major}.{key} and {major}.{key}0 are versions"
    return None


def _count(versions: Versions) -> tuple[int, str] | None:
    """1.9, 1.10 and 1.77, 1.78, 1.79, 1.80 count."""
    steps = {_step(version, successor) for version, successor in pairwise(versions)}
    if "across" in steps or (len(steps) == 1 and len(versions) > VERSION_DIGITS and steps <= {"up", "down"}):
        return 0, f"{versions[0]}, {versions[1]}, ... count like versions"
    return None


def _step(version: Version, successor: Version) -> str | None:
    """Return how one version follows another: `up` or `down` by one, `across` a power of ten (9 and 10), or None."""
    (major, minor), (next_major, next_minor) = version, successor
    if (
        major != next_major
        or major == "0"
        or not minor
        or not next_minor
        or max(len(minor), len(next_minor)) > VERSION_DIGITS
    ):
        return None
    step = int(next_minor) - int(minor)
    if abs(step) != 1 or (len(minor) != len(next_minor) and "0" in (minor[0], next_minor[0])):
        return None
    if len(minor) != len(next_minor):
        return "across"
    # 97.4, 97.3, 97.2 are scores.
    return ("up" if step > 0 else "down") if len(major) == 1 else None


def _keep_some_zeros(versions: Versions) -> tuple[int, str] | None:
    """3.10 beside 4.2: fractions end in a zero either for the same number of digits or never."""
    if not _may_be_releases(versions) or max(int(minor or 0) for _, minor in versions) > LARGEST_MINOR:
        return None
    shortest = min((version for version in versions if version.minor), key=lambda version: len(version.minor))
    for index, version in enumerate(versions):
        if len(version.minor) > len(shortest.minor) and version.minor in LIKELY_MINORS:
            return index, f"{version} beside {shortest} may be a version"
    return None


def _lie_near(versions: Versions) -> tuple[int, str] | None:
    """3.10, 3.11, 3.13 or 1.70, 1.71, 1.72: all of one major version, their minors side by side."""
    if not _may_be_releases(versions) or any(len(minor) != 2 for _, minor in versions):
        return None
    minors = sorted({int(minor) for _, minor in versions})
    if len({major for major, _ in versions}) > 1 or len(minors) < 2 or minors[-1] - minors[0] > NEAR:
        return None
    is_gapless = len(minors) >= VERSION_DIGITS and minors[-1] - minors[0] < len(minors)
    zeros = (index for index, (_, minor) in enumerate(versions) if minor[1] == "0")
    index = next((index for index in zeros if is_gapless or versions[index].minor in LIKELY_MINORS), None)
    return None if index is None else (index, f"{versions[index]} may be a version")


def _rise(versions: Versions) -> tuple[int, str] | None:
    """6.1, 6.6, 6.12: in the order of versions, not of fractions, and most with fewer digits than the longest."""
    if not _may_be_releases(versions) or len(versions) < VERSION_DIGITS:
        return None
    minors = {minor for _, minor in versions if minor}
    longest = max(map(len, minors))
    short = sum(len(minor) < longest for _, minor in versions)
    if longest == 1 or 2 * short < len(versions) or minors <= QUARTERS or max(map(int, minors)) > LARGEST_MINOR:
        return None
    if not _is_sorted([(int(major), int(minor or 0)) for major, minor in versions]):
        return None
    if _is_sorted([float(str(version)) for version in versions]):
        return None
    index = next(index for index, (_, minor) in enumerate(versions) if len(minor) == longest)
    return index, f"{versions[index]} stands in the order of versions"


def _is_sorted(values: Sequence[tuple[int, int]] | Sequence[float]) -> bool:
    """Whether the values rise or fall throughout."""
    return sorted(values) in (list(values), list(reversed(values)))


def _may_be_releases(versions: Versions) -> bool:
    """Whether the numbers count from one: small, none of them 0.x alone, no minor with a zero before it."""
    return any(major != "0" for major, _ in versions) and all(
        len(major) <= 2
        and int(major) <= LARGEST_MAJOR
        and len(minor) <= VERSION_DIGITS
        and (minor[:1] != "0" or minor == "0")
        for major, minor in versions
    )


def _are_months(versions: Versions) -> tuple[int, str] | None:
    """20.04, 22.10, 24.04 and 2024.10: a year and one of twelve months."""
    if not all(RELEASE_YEAR.fullmatch(major) and MONTH.fullmatch(minor) for major, minor in versions):
        return None
    count = len(set(versions))
    loses_zero = next((index for index, (_, minor) in enumerate(versions) if minor == "10"), None)
    if count < 2 or (count == 2 and loses_zero is None):
        return None
    return loses_zero or 0, f"{versions[loses_zero or 0]} may be a year and a month"


LOOKS: list[Callable[[Versions], tuple[int, str] | None]] = [
    _differ_by_a_zero, _count, _keep_some_zeros, _lie_near, _rise, _are_months,
]  # fmt: skip
