"""Text -> its sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator

from converter.expressions import expression

END = expression(r"[.!?…؟।][\"'”’»)\]]*+\s++|[。！？][」』”’）]*+\s*+|\n++")
"""The end of a sentence, with what closes it and the white space below; a line break ends one too."""
_ABBREVIATIONS = (
    "abb al approx bd bzw ca cf co dr ed eds eq etc fig figs hr inc jr lt ltd mr mrs ms nr nos p para pp prof resp sec "
    "sr st str usw vgl viz vol vs z"
)
ABBREVIATIONS = frozenset(_ABBREVIATIONS.split())
LONGEST_WORD = 16


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text with the white space below each; together they are the text."""
    start = 0
    for match in END.finditer(text):
        if not _is_inside(text, match):
            yield text[start : match.end()]
            start = match.end()
    if start < len(text):
        yield text[start:]


def _is_inside(text: str, match: re.Match[str]) -> bool:
    """Whether a mark does not end a sentence: lower case follows, or the period belongs to an abbreviation."""
    if match.group()[0] == "\n":
        return False
    if text[match.end() : match.end() + 1].islower():
        return True
    if match.group()[0] != ".":
        return False
    words = text[max(0, match.start() - LONGEST_WORD) : match.start()].split()
    word = words[-1].lstrip("([\"'“„«") if words else ""
    return word.casefold() in ABBREVIATIONS or (len(word) == 1 and word.isalpha()) or (len(word) < 3 and word.isdigit())
