"""What a short block shows by itself; its neighbours and features are judged by it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from converter.repair.headings.block import Block

_MONTHS_BY_LANGUAGE = {
    "en": "january february march april may june july august september october november december"
    " jan feb mar apr jun jul aug sep sept oct nov dec",
    "de": "januar jänner februar märz mai juni juli oktober dezember okt dez",
    "fr": "janvier février mars avril juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre",
    "pt": "janeiro fevereiro março maio junho julho setembro outubro novembro dezembro",
    "nl": "januari februari maart mei augustus",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
}
_MONTHS = frozenset(word for words in _MONTHS_BY_LANGUAGE.values() for word in words.split())
_AUTHORS_BY_LANGUAGE = {
    "en": "by author written posted published",
    "de": "von text autor autorin",
    "fr": "par auteur",
    "es": "por",
    "it": "di",
    "nl": "door",
    "sv": "av",
    "ru": "от",
}
_AUTHORS = frozenset(word for words in _AUTHORS_BY_LANGUAGE.values() for word in words.split())
"""Words before the name of a text's author, in a few languages."""
_POINTERS_BY_LANGUAGE = {
    "en": "related read see more also watch click get sign subscribe share follow",
    "de": "siehe lesen mehr dazu passend auch jetzt hier anmelden teilen",
    "fr": "lire voir aussi également",
    "es": "lea lee vea ver leer nota también relacionada",
    "it": "leggi vedi anche guarda",
    "pt": "leia veja saiba também",
    "nl": "lees zie ook bekijk",
    "ru": "читайте смотрите также",
}
_POINTERS = frozenset(word for words in _POINTERS_BY_LANGUAGE.values() for word in words.split())
"""Words that open a line that leads away from its text (`Read more: ...`), in a few languages."""
_OPENING_LABEL = re.compile(r"[^:：]{1,40}[:：](?=\s*\w)")
_CREDIT_WORDS = "photo foto image bild picture video graphic grafik credit quelle source courtesy copyright"
_CREDITS = frozenset(word + ending for word in _CREDIT_WORDS.split() for ending in ("", "s"))
_DATE = re.compile(
    r"\b(?:\d{1,2}[./]\s?\d{1,2}[./]\s?\d{2}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b|\d{1,2}[:.]\d{2}\b|(?:19|20)\d\d\b)"
)
"""A date, a time of day or a year."""
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
_SEPARATORS = "·•»›→←«‹–—…"

LONGEST = 200
"""Characters of a line that are read: no longer line is a title."""
TOKENS = 12
"""Words, numbers and marks of a line that make its pattern."""
_DIGITS = b"0123456789"
_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Line(NamedTuple):
    """What a short block shows by itself."""

    spelled: tuple[str, ...]
    """Its words."""
    words: int
    raised: float
    """The share of its words that begin in upper case."""
    digits: float
    letters: float
    date: bool
    author: bool
    credit: bool
    name: bool
    """It is two to four raised words and nothing else."""
    question: bool
    colon: bool
    pointer: int
    """The number of its first three words that point elsewhere."""
    label: float
    """The share of it that stands before a colon."""
    bracket: bool
    """It ends with a bracket."""
    command: bool
    """It begins as a line in a terminal does."""
    separators: int
    first_word: str
    last_word: str
    pattern: str
    """Its words, numbers and marks by kind: `X9.9.9` for `On 3.4.2024`."""
    look: tuple[object, ...]
    """What titles of one document share: bold, last mark, kind of first letter, capitals, length."""


def line_of(block: Block) -> Line:
    """Read a short block."""
    return _read(block.text[:LONGEST], block.width, block.bold)


@lru_cache(maxsize=1024)  # of the lines of a site's pages, two in five stand on another page too
def _read(text: str, width: int, bold: bool) -> Line:
    spelled = tuple(_WORD.findall(text))
    initials = "".join([word[0] for word in spelled])
    raised = _share_raised(initials)
    words = [word.lower() for word in spelled]
    has_apostrophe = "'" in text or "’" in text
    parts = re.split("['’]", " ".join(words).replace(" ", "'")) if has_apostrophe else words
    length = len(text) or 1
    digits, letters = (count / length for count in _digits_and_letters(text))
    core, start = text.rstrip("*_ \"'”’»)"), text.lstrip("*_\"'“‘«„([¿¡")[:1]
    end = core[-1:]
    capitals = text.isupper()
    first = "digit" if start.isdigit() else "lower" if start.islower() else "letter" if start.isalpha() else start
    return Line(
        spelled=spelled,
        words=len(words),
        raised=raised,
        digits=digits,
        letters=letters,
        date=digits > 0 and (_DATE.search(text) is not None or not _MONTHS.isdisjoint(words)),
        author=bool(words) and words[0] in _AUTHORS,
        credit="©" in text or not _CREDITS.isdisjoint(parts),
        name=2 <= len(words) <= 4 and raised == 1.0 and not digits and letters > 0.8,
        question=end in ("?", "？", "؟"),
        colon=text.rstrip("*_ ")[-1:] in (":", "："),
        pointer=len(_POINTERS.intersection(words[:3])),
        label=len(label[0]) / length
        if (":" in text or "：" in text) and (label := _OPENING_LABEL.match(text))
        else 0.0,
        bracket=text.endswith((")", "]", "）")),
        command=text.startswith(("$ ", "% ", "# ", "> ", ">>> ")),
        separators=text.count("|") + text.count("/") + (0 if text.isascii() else sum(map(text.count, _SEPARATORS))),
        first_word=words[0] if words else "",
        last_word=words[-1] if words else "",
        pattern=_pattern_of(_first_tokens(text)),
        look=(bold, "" if end.isalnum() else end, first, capitals, bisect_left((18, 45, 80), width)),
    )


def _first_tokens(text: str) -> list[str]:
    """The first words, numbers and marks; most lines have them within half of their characters."""
    tokens = _TOKEN.findall(text, 0, LONGEST // 2)
    if len(tokens) <= TOKENS and len(text) > LONGEST // 2:
        tokens = _TOKEN.findall(text)
    return tokens[:TOKENS]


def _share_raised(initials: str) -> float:
    """The share of letters that are upper case."""
    if not initials.isalpha():
        initials = "".join(filter(str.isalpha, initials))
    if initials.islower() or not initials:
        return 0.0
    return sum(map(str.isupper, initials)) / len(initials)


def _digits_and_letters(text: str) -> tuple[int, int]:
    """How many characters are digits, and how many are letters."""
    if not text.isascii():
        return sum(map(str.isdigit, text)), sum(map(str.isalpha, text))
    characters = text.encode()  # a tenth of the time of a look at each character
    count = len(characters)
    return count - len(characters.translate(None, _DIGITS)), count - len(characters.translate(None, _LETTERS))


def _pattern_of(tokens: Sequence[str]) -> str:
    """The kind of each word, number and mark; a table of those seen would take longer, for it hashes each."""
    return "".join(
        [
            "9"
            if (letter := token[0]).isdigit()
            else letter
            if not letter.isalpha()
            else "a"
            if not letter.isupper()
            else "A"
            if len(token) > 1 and token.isupper()
            else "X"
            for token in tokens
        ]
    )
