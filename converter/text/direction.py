"""Text that stands as it is seen -> text as it is read, for scripts that are written from right to left.

Programs draw such text from left to right, glyph after glyph, and a PDF holds what they drew.
"""

from __future__ import annotations

import re
import unicodedata

RIGHT = r"\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe"
"""Characters of right-to-left scripts."""
WORD = re.compile(f"[{RIGHT}]+")
LAST = frozenset("ךםןףץةى")
"""Letters that only end words."""
MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
LEFT_RUN = re.compile(rf"[^\W{RIGHT}](?:[^{RIGHT}]*[^\W{RIGHT}])?")
"""Words and numbers that are read from left to right, with what stands between them."""
NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
RIGHT_RUN = re.compile(rf"[{RIGHT}](?:[^\w|]*[{RIGHT}]+)*")
SEGMENT = re.compile(r"[^|\n]+")


def in_reading_order(text: str) -> str:
    """Return a text in the order in which it is read, if the last letters of its words show that it is turned round."""
    words = WORD.findall(text)
    begins = sum(_is_last(word[0]) for word in words if len(word) > 1)
    ends = sum(_is_last(word[-1]) for word in words if len(word) > 1)
    return SEGMENT.sub(lambda match: _turn(match[0]), text) if begins > ends else text


def _is_last(character: str) -> bool:
    return character in LAST or unicodedata.decomposition(character).startswith("<final>")


def _turn(line: str) -> str:
    """Return a line, or a cell, in reading order."""
    right = sum(map(len, WORD.findall(line)))
    if not right:
        return line
    if right * 2 < sum(map(str.isalpha, line)):  # a line of another script, with a few words
        return RIGHT_RUN.sub(lambda match: _reverse(match[0]), line)
    return LEFT_RUN.sub(lambda match: _turn_back(match[0]), _reverse(line))


def _reverse(text: str) -> str:
    """Return a text reversed, with letters in place of their shapes."""
    turned = text[::-1].translate(MIRRORED)
    return WORD.sub(lambda match: unicodedata.normalize("NFKC", match[0]), turned)


def _turn_back(text: str) -> str:
    """Return words that are read from left to right as they were; of numbers alone, each."""
    if any(map(str.isalpha, text)):
        return text[::-1].translate(MIRRORED)
    return NUMBER.sub(lambda match: match[0][::-1], text)
