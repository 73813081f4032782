"""Raised and lowered signs: `<sup>` and `<sub>` in plain text.

Tags vanish from plain text, and a raised digit would become one more digit of the number beside it, or a part of the
word: 12.5<sup>2</sup> is 12.5², not 12.52, and a note on a word<sup>1</sup> is word¹. Raised digits keep their height,
beside a number also single letters (12<sup>a</sup>) and lowered digits (1010<sub>2</sub>). All else reads like the text
beside it: 3<sup>rd</sup>, CO<sub>2</sub>.
"""

from __future__ import annotations

import re

from converter.expressions import expression

TAG = re.compile(r"<(/?)(su[bp])\b[^<>]*>", re.IGNORECASE)
LONGEST_CONTENT = 16
"""The longest content that may be signs, in characters and in parts; it keeps the work linear however tags nest."""

RAISED_DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
RAISED_LETTERS = "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"
RAISED = str.maketrans("0123456789+-−–()abcdefghijklmnoprstuvwxyz", f"{RAISED_DIGITS}⁺⁻⁻⁻⁽⁾{RAISED_LETTERS}")
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")

SLASHES = ("/", "⁄")
"""Signs before the denominator of a fraction: `<sup>1</sup>/<sub>2</sub>`."""
NUMBER_SIGNS = expression(r"[+\-−–]?[0-9]{1,4}|\([0-9]{1,3}\)|[0-9]{1,3}(?:[,;] ?[0-9]{1,3})+")
LETTERS = re.compile(r"\(?[a-pr-z]\)?|[a-pr-z](?:[,;] ?[a-pr-z])+")


class Heights:
    """The open tags of a text that is collected in parts."""

    def __init__(self) -> None:
        self._open: list[tuple[str, int]] = []

    def read(self, tag: str, parts: list[str]) -> None:
        """Read a tag after these parts; an end tag raises or lowers the signs in its element."""
        match = TAG.fullmatch(tag)
        if match is None:
            return
        name = match[2].lower()
        if not match[1]:
            self._open.append((name, len(parts)))
            return
        opening_name, start = self._open.pop() if self._open else ("", 0)
        if opening_name == name and len(parts) - start <= LONGEST_CONTENT:
            before = next((part[-1] for part in reversed(parts[max(0, start - LONGEST_CONTENT) : start]) if part), "")
            if height := height_of(name, before, "".join(parts[start:])):
                parts[start:] = [part.translate(height) for part in parts[start:]]


def height_of(name: str, before: str, signs: str) -> dict[int, int] | None:
    """Return the table that raises or lowers these signs after `before`, None if they stay as they are."""
    signs = signs.strip() if len(signs) <= LONGEST_CONTENT else ""
    if name == "sup":
        return RAISED if NUMBER_SIGNS.fullmatch(signs) or (before.isdigit() and LETTERS.fullmatch(signs)) else None
    return LOWERED if (before.isdigit() or before in SLASHES) and NUMBER_SIGNS.fullmatch(signs) else None
