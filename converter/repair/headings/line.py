"""What a short block shows by itself; its features, and those of its neighbours, build on it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
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
"""Words before the name of an author, in a few languages."""
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
"""Words that open a line that leads elsewhere (`Read more: ...`), in a few languages."""
_OPENING_LABEL = re.compile(r"[^:：]{1,40}[:：](?=\s*\w)")
_CREDIT_WORDS = "photo foto image bild picture video graphic grafik credit quelle source courtesy copyright"
_CREDITS = frozenset(word + ending for word in _CREDIT_WORDS.split() for ending in ("", "s"))
_DATE = re.compile(
    r"\b(?:\d{1,2}[./]\s?\d{1,2}[./]\s?\d{2}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b|\d{1,2}[:.]\d{2}\b|(?:19|20)\d\d\b)"
)
"""A date, a time of day or a year."""
DATE = 3
"""Minimum number of its digits."""
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
_QUESTION_MARKS = ("?", "？", "؟")
_SEPARATORS = "·•»›→←«‹–—…"

LONGEST_LINE = 200
"""Characters of a line that are read: no longer line is a title."""
TOKENS = 12
"""Words, numbers and marks of a line that make its pattern."""


ENCODING = "cp1252"
"""A byte for each character of most Western texts."""


def table_of(value_of: Callable[[str], int]) -> bytes:
    """A table for `translate`: a value for each byte of ENCODING."""
    return bytes(map(value_of, bytes(range(256)).decode(ENCODING, "replace")))


def character_bytes(text: str) -> bytes | None:
    """A text as a byte for each character; None if it has others."""
    if text.isascii():
        return text.encode()
    try:
        return text.encode(ENCODING)
    except UnicodeEncodeError:
        return None


_BIT = 0x80
"""The mark of a character in a number that has a byte for each."""
_IS_LETTER = table_of(lambda letter: _BIT * letter.isalpha())
_IS_UPPER = table_of(lambda letter: _BIT * letter.isupper())
_IS_DIGIT = table_of(lambda letter: _BIT * letter.isdigit())
_IS_APOSTROPHE = table_of(lambda letter: _BIT * (letter in "'’"))
_SPACED_WORDS = table_of(lambda letter: (letter if letter.isalnum() or letter in "'’" else " ").encode(ENCODING)[0])
_KINDS = table_of(
    lambda letter: ("aX"[letter.isupper()] if letter.isalpha() else "9" if letter.isdigit() else letter).encode(
        ENCODING, "replace"
    )[0]
)
_NOT_FIRST = bytes(_BIT | code for code in b"aX9") + bytes(
    code for code, letter in enumerate(bytes(range(256)).decode(ENCODING, "replace")) if letter.isspace()
)
"""Kinds of characters that begin no word, number or mark."""
_ODD = "_¹²³¼½¾ˆ".encode(ENCODING)
"""Characters that are letters in some places, and none in others; a letter that has no case."""


class Writing(NamedTuple):
    """How a line is written."""

    words: Sequence[str]
    raised: float
    """The share of its words that begin in upper case."""
    digits: int
    letters: int
    pattern: str
    """Its first words, numbers and marks by kind: `X9.9.9` for `On 3.4.2024`."""


class Line(NamedTuple):
    """What a short block shows by itself; its numbers are features of the model, and floats as these are."""

    spelled: Sequence[str]
    """Its words."""
    lowered: Sequence[str]
    """Its words in lower case."""
    terms: frozenset[str]
    """Its longer words in lower case."""
    words: float
    raised: float
    """The share of its words that begin in upper case."""
    digits: float
    letters: float
    date: float
    author: float
    credit: float
    question: float
    colon: float
    name: float
    """It is two to four raised words and nothing else."""
    pointer: float
    """The number of its first three words that point elsewhere."""
    label: float
    """The share of it that stands before a colon."""
    bracket: float
    """It ends with a bracket."""
    command: float
    """It begins as a line in a terminal does."""
    separators: float
    first_word: str
    last_word: str
    pattern: str
    look: tuple[object, ...]
    """What titles of one document share: bold, last mark, kind of first letter, capitals, length."""


def line_of(block: Block) -> Line:
    """Read a short block."""
    return _read(block.text[:LONGEST_LINE], block.width, block.bold)


@lru_cache(maxsize=1024)  # of the lines of a site's pages, two in five stand on another page too
def _read(text: str, width: int, bold: bool) -> Line:
    spelled, raised, digit_count, letter_count, pattern = writing_of(text)
    words = [word.lower() for word in spelled]
    has_apostrophe = "'" in text or "’" in text
    parts = re.split("['’]", " ".join(words).replace(" ", "'")) if has_apostrophe else words
    length, count = len(text) or 1, len(words)
    digits, letters = digit_count / length, letter_count / length
    core, start = text.rstrip("*_ \"'”’»)"), text.lstrip("*_\"'“‘«„([¿¡")[:1]
    end = core[-1:]
    first = "digit" if start.isdigit() else "lower" if start.islower() else "letter" if start.isalpha() else start
    has_date = (digit_count >= DATE and _DATE.search(text) is not None) or (
        digit_count > 0 and not _MONTHS.isdisjoint(words)
    )
    has_colon = ":" in text or "：" in text
    label = _OPENING_LABEL.match(text) if has_colon else None
    return Line(  # by place: names would take a tenth of the time of a line
        spelled,
        words,
        terms_of(words),
        float(count),
        raised,
        digits,
        letters,
        1.0 if has_date else 0.0,
        1.0 if words and words[0] in _AUTHORS else 0.0,
        1.0 if "©" in text or not _CREDITS.isdisjoint(parts) else 0.0,
        1.0 if end in _QUESTION_MARKS else 0.0,
        1.0 if has_colon and text.rstrip("*_ ")[-1:] in (":", "：") else 0.0,
        1.0 if 2 <= count <= 4 and raised == 1.0 and not digits and letters > 0.8 else 0.0,
        float(len(_POINTERS.intersection(words[:3]))),
        len(label[0]) / length if label else 0.0,
        1.0 if text.endswith((")", "]", "）")) else 0.0,
        1.0 if text.startswith(("$ ", "% ", "# ", "> ", ">>> ")) else 0.0,
        float(text.count("|") + text.count("/") + (0 if text.isascii() else sum(map(text.count, _SEPARATORS)))),
        words[0] if words else "",
        words[-1] if words else "",
        pattern,
        (bold, "" if end.isalnum() else end, first, text.isupper(), bisect_left((18, 45, 80), width)),
    )


def terms_of(words: Sequence[str]) -> frozenset[str]:
    """The longer ones of words in lower case."""
    return frozenset([word for word in words if len(word) > 3])


def writing_of(text: str) -> Writing:
    """How a line is written."""
    return writing_by_table(text) or writing_by_expression(text)


def writing_by_expression(text: str) -> Writing:
    """How any line is written."""
    words = _WORD.findall(text)
    raised = _share_raised("".join([word[0] for word in words]))
    digits, letters = sum(map(str.isdigit, text)), sum(map(str.isalpha, text))
    return Writing(words, raised, digits, letters, _pattern_of(_first_tokens(text)))


def writing_by_table(text: str) -> Writing | None:
    """How most lines are written: all characters at once, a byte of a number each, take a third of the time; None for
    lines with odd characters, and with apostrophes that stand in no word."""
    characters = character_bytes(text)
    if characters is None or len(characters.translate(None, _ODD)) < len(characters):
        return None
    letters, upper, digits, kinds = [
        int.from_bytes(characters.translate(table), "little") for table in (_IS_LETTER, _IS_UPPER, _IS_DIGIT, _KINDS)
    ]
    after_letters, after_digits = letters << 8, digits << 8
    in_words = after_letters | after_digits
    if "'" in text or "’" in text:
        apostrophes = int.from_bytes(characters.translate(_IS_APOSTROPHE), "little")
        if apostrophes & in_words & in_words >> 16 != apostrophes:
            return None
        in_words |= apostrophes << 8
    raised = (upper & in_words ^ upper).bit_count()
    inner = letters & after_letters | digits & after_digits
    if upper & upper << 8:
        pattern = _pattern_of(_first_tokens(text))
    else:
        pattern = (kinds | inner).to_bytes(len(text), "little").translate(None, _NOT_FIRST)[:TOKENS].decode(ENCODING)
    return Writing(
        characters.translate(_SPACED_WORDS).decode(ENCODING).split(),
        raised / (letters & in_words ^ letters).bit_count() if raised else 0.0,
        digits.bit_count(),
        letters.bit_count(),
        pattern,
    )


def _first_tokens(text: str) -> list[str]:
    """The first words, numbers and marks; in most lines, all are in the first half of the characters examined."""
    tokens = _TOKEN.findall(text, 0, LONGEST_LINE // 2)
    if len(tokens) <= TOKENS and len(text) > LONGEST_LINE // 2:
        tokens = _TOKEN.findall(text)
    return tokens[:TOKENS]


def _share_raised(initials: str) -> float:
    """The share of letters that are upper case."""
    if not initials.isalpha():
        initials = "".join(filter(str.isalpha, initials))
    if initials.islower() or not initials:
        return 0.0
    return sum(map(str.isupper, initials)) / len(initials)


def _pattern_of(tokens: Sequence[str]) -> str:
    """The kind of each word, number and mark. A cache would take longer, because it hashes each of them."""
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
