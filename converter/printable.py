"""Document text -> text that is safe to print: it cannot move the cursor, change colours or ring the bell."""

from __future__ import annotations

from math import floor

# Control characters become their pictures (ESC becomes ␛). Bidirectional overrides and isolates, which would reorder
# the text of a line, become U+FFFD; so do the C1 controls, which have no picture.
_PRINTABLE = (
    {code: 0x2400 + code for code in range(0x20) if code not in (0x09, 0x0A)}
    | {0x7F: 0x2421}
    | dict.fromkeys((*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD)
    | dict.fromkeys((0x2028, 0x2029), 0x0A)
)


def printable(text: str) -> str:
    """Return the text with control characters made visible; line breaks and tabs stay."""
    if text.isprintable():  # as most texts are: no control, separator or format character
        return text
    return text.encode("utf-8", "replace").decode("utf-8").translate(_PRINTABLE)


def one_line(text: str) -> str:
    """Return the `printable` text on one line, with each run of white space as one space."""
    return " ".join(printable(text).split())


def confidence_text(confidence: float) -> str:
    """Return a confidence in two digits, rounded down: only what is certain is 1."""
    return f"{floor(round(confidence * 100, 6)) / 100:.2f}"


def amount(count: int, noun: str = "") -> str:
    """Return `1 line`, `2,000 lines`, or the number alone."""
    return f"{count:,}{f' {noun}' if noun else ''}{'s' if noun and count != 1 else ''}"
