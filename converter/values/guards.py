"""Guards against texts that only look like numbers: codes, versions, phone numbers, identifiers."""

from __future__ import annotations

import re
from itertools import pairwise

from converter.values.cells import Cells, NoMatch
from converter.values.quantities import Numbers

LEADING_ZERO = re.compile(r"[+-]?0[0-9]")
VERSION_HEADER = re.compile(
    r"\b(?:versions?|versión|versão|versione|versie|ver|release|section|chapter|clause|paragraph|§|kapitel|abschnitt)\b",
    re.IGNORECASE,
)
PHONE_HEADER = re.compile(
    r"\b(?:(?:tele)?phone|telefon\w*|tel|téléphone|teléfono|fax|mobile|whatsapp|手机|電話)\b",
    re.IGNORECASE,
)
IDENTIFIER_HEADER = re.compile(
    r"(?:\b|_)(?:ids?|identifier|key|code|serial|account|card|iban|isbn|ean|gtin|upc|imei|hash|token|uuid|no|number)\b",
    re.IGNORECASE,
)
VERSION_DIGITS = 3
"""The maximum number of digits after a version's point. A run of this many consecutive numbers proves nothing."""

EXACT_DIGITS = 15
"""The number of digits that a float64 always keeps."""


def code_reason(cells: Cells, numbers: Numbers) -> NoMatch | None:
    """Return why a column of numbers should stay text, or None."""
    texts = numbers.texts
    for index, text in enumerate(texts):
        # A single `0` is by far the most common cell that begins with a zero.
        if text[:1] in "0+-" and len(text) > 1 and LEADING_ZERO.match(text):
            return numbers.refusal(cells, index, f"leading zero in {_raw_text(cells, numbers, index)!r}")
        if len(text) > EXACT_DIGITS and text.isdigit():
            has_equal_lengths = len(texts) > 1 and len(set(map(len, texts))) == 1
            if has_equal_lengths or IDENTIFIER_HEADER.search(cells.header):
                return numbers.refusal(cells, index, f"{_raw_text(cells, numbers, index)!r} is an identifier")
        if len(text) > 8 and text[0] == "+" and text[1:].isdigit():
            return numbers.refusal(cells, index, f"{_raw_text(cells, numbers, index)!r} is a phone number")
    if numbers.unit is None:
        if PHONE_HEADER.search(cells.header) and any(len(text) > 6 for text in texts):
            return numbers.refusal(cells, 0, "phone numbers by the header")
        if numbers.has_fraction and not numbers.has_exponent:
            return _version_reason(cells, numbers)
    return None


def _raw_text(cells: Cells, numbers: Numbers, index: int) -> str:
    return cells.texts[numbers.fitting[index]]


def _version_reason(cells: Cells, numbers: Numbers) -> NoMatch | None:
    """Return why the numbers are versions or section numbers: by the header, or because fractions do not count so.

    1.10 follows 1.9; 1.1 and 1.10 are different; 1.78, 1.79, 1.80 are consecutive.
    """
    if VERSION_HEADER.search(cells.header):
        return numbers.refusal(cells, 0, "versions by the header")
    pairs = [(major, minor) for major, _, minor in (text.partition(".") for text in numbers.texts)]
    minors: dict[str, str] = {}
    for index, (major, minor) in enumerate(pairs):
        key = minor.rstrip("0")
        # 3.10 is a likely version, 3.50 is not.
        if len(major) == 1 and key in ("1", "2", "3") and minors.setdefault(major + key, minor) != minor:
            return numbers.refusal(cells, index, f"{major}.{key} and {major}.{key}0 are versions")
    steps = {_step(version, successor) for version, successor in pairwise(pairs)}
    crossings = steps & {"across"}
    if crossings or (len(steps) == 1 and len(pairs) > VERSION_DIGITS and steps <= {"up", "down"}):
        return numbers.refusal(cells, 0, f"{numbers.texts[0]}, {numbers.texts[1]}, ... count like versions")
    return None


def _step(version: tuple[str, str], successor: tuple[str, str]) -> str | None:
    """Return how one version follows another: `up` or `down` by one, `across` a power of ten (9 and 10), or None."""
    (major, minor), (next_major, next_minor) = version, successor
    if (
        major != next_major
        or major.lstrip("+-") == "0"
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
