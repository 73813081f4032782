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
COUNTED = 3
"""The maximum number of digits after a version's point. A run of this many consecutive numbers proves nothing."""

EXACT_DIGITS = 15
"""The number of digits that a float64 always keeps."""


def code_reason(cells: Cells, numbers: Numbers) -> NoMatch | None:
    """Return why a column of numbers should stay text, or None."""
    texts = numbers.texts
    for index, text in enumerate(texts):
        # A single `0` is by far the most common cell that begins with a zero.
        if text[:1] in "0+-" and len(text) > 1 and LEADING_ZERO.match(text):
            return numbers.refusal(cells, index, f"leading zero in {_raw(cells, numbers, index)!r}")
        if len(text) > EXACT_DIGITS and text.isdigit():
            same_length = len(texts) > 1 and len(set(map(len, texts))) == 1
            if same_length or IDENTIFIER_HEADER.search(cells.header):
                return numbers.refusal(cells, index, f"{_raw(cells, numbers, index)!r} is an identifier")
        if len(text) > 8 and text[0] == "+" and text[1:].isdigit():
            return numbers.refusal(cells, index, f"{_raw(cells, numbers, index)!r} is a phone number")
    if numbers.unit is None:
        if PHONE_HEADER.search(cells.header) and any(len(text) > 6 for text in texts):
            return numbers.refusal(cells, 0, "phone numbers by the header")
        if numbers.has_fraction and not numbers.has_exponent:
            return _version_reason(cells, numbers)
    return None


def _raw(cells: Cells, numbers: Numbers, index: int) -> str:
    return cells.texts[numbers.fitting[index]]


def _version_reason(cells: Cells, numbers: Numbers) -> NoMatch | None:
    """Return why the numbers are versions or section numbers: by the header, or because fractions do not count so.

    1.10 follows 1.9; 1.1 and 1.10 are different; 1.78, 1.79, 1.80 are consecutive.
    """
    if VERSION_HEADER.search(cells.header):
        return numbers.refusal(cells, 0, "versions by the header")
    pairs = [(whole, fraction) for whole, _, fraction in (text.partition(".") for text in numbers.texts)]
    seen: dict[str, str] = {}
    for index, (whole, fraction) in enumerate(pairs):
        key = fraction.rstrip("0")
        # 3.10 is a likely version, 3.50 is not.
        if len(whole) == 1 and key in ("1", "2", "3") and seen.setdefault(whole + key, fraction) != fraction:
            return numbers.refusal(cells, index, f"{whole}.{key} and {whole}.{key}0 are versions")
    steps = {_step(before, after) for before, after in pairwise(pairs)}
    across = steps & {"across"}
    if across or (len(steps) == 1 and len(pairs) > COUNTED and steps <= {"up", "down"}):
        return numbers.refusal(cells, 0, f"{numbers.texts[0]}, {numbers.texts[1]}, ... count like versions")
    return None


def _step(before: tuple[str, str], after: tuple[str, str]) -> str | None:
    """Return how one version follows another: `up` or `down` by one, `across` a power of ten (9 and 10), or None."""
    (whole, one), (same, other) = before, after
    if whole != same or whole.lstrip("+-") == "0" or not one or not other or max(len(one), len(other)) > COUNTED:
        return None
    step = int(other) - int(one)
    if abs(step) != 1 or (len(one) != len(other) and "0" in (one[0], other[0])):
        return None
    if len(one) != len(other):
        return "across"
    # 97.4, 97.3, 97.2 are scores.
    return ("up" if step > 0 else "down") if len(whole) == 1 else None
