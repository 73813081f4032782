"""Equivalent characters: a cell is read with one spelling of each; its text keeps the original."""

from __future__ import annotations

import unicodedata

from converter.expressions import expression

MINUS = "\u2010\u2011\u2012\u2013\u2014\u2212\uff0d\ufe63"
SPACES = "\u00a0\u2002\u2003\u2004\u2005\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\ufe0e\ufe0f\u200e\u200f\u061c"
ZEROS = "\u0660\u06f0\u0966\u09e6\u0a66\u0ae6\u0be6\u0c66\u0ce6\u0d66\u0e50\u0ed0\u0f20\u1040\u17e0\uff10"

FOLD: dict[int, str | None] = {
    **dict.fromkeys(map(ord, MINUS), "-"),
    **dict.fromkeys(map(ord, SPACES), " "),
    **dict.fromkeys(map(ord, INVISIBLE)),
    **{ord(zero) + value: str(value) for zero in ZEROS for value in range(10)},
    ord("\u2019"): "'", ord("\u066c"): "'", ord("\u066b"): ",", ord("\uff0b"): "+", ord("\uff0e"): ".",
    ord("\uff0c"): ",", ord("\uff05"): "%", ord("\u066a"): "%", ord("\uff08"): "(", ord("\uff09"): ")",
    ord("\uff1a"): ":", ord("\uff0f"): "/", ord("\u03bc"): "\u00b5", ord("\u2126"): "\u03a9",
}  # fmt: skip
"""Table for `str.translate`: minus signs and dashes, spaces, digits of other scripts, full-width signs."""

# A footnote mark at the end of a cell: `12*`, `12 †`, `12[1]`, `12 [^a]`.
FOOTNOTE_MARK = expression(r"(?<=[^*†‡§¶\]\s]) ?((?:[*†‡§¶]|\[\^?[0-9a-z]{1,3}\])++)$")
MARK_ENDS = frozenset("*†‡§¶]")


def fold(text: str) -> str:
    """Return the text with one spelling for each minus, space and digit; linear in its length."""
    return text.strip() if text.isascii() else text.translate(FOLD).strip()


def split_mark(text: str) -> tuple[str, str | None]:
    """Return a cell without the footnote mark at its end, and that mark: `12 †` gives `12` and `†`."""
    match = FOOTNOTE_MARK.search(text) if text[-1:] in MARK_ENDS else None
    return (text[: match.start()], match[1]) if match else (text, None)


def plain_letters(text: str) -> str:
    """Return lower case, compatibility forms unified, accents off Latin letters only: `Größe` gives `grosse`."""
    letters = unicodedata.normalize("NFKC", text).casefold()
    if letters.isascii():
        return letters
    bases = (unicodedata.normalize("NFD", char)[0] for char in letters)
    return "".join(base if base.isascii() else char for base, char in zip(bases, letters, strict=True))
