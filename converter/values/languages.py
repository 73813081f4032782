"""Whether a document's language writes a decimal comma, judged by its function words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

LONGEST_TEXT, MOST_WORDS = 20_000, 4_000
"""Maximum characters of a block and words of a document that are examined."""
FEWEST_WORDS = 3
LEAST_SHARE = 0.05
"""Fewer of these words, or a smaller share of all words, identify no language."""
MAJORITY = 3
"""Minimum ratio of these words to English ones."""

_COMMA_WORDS = """
    der die das und ist nicht mit ein eine einen auf für von dem den sich auch werden wird sind wurde bei nach oder
    le la les et est une dans pour qui sur avec des du que pas sont aux cette
    el los las y es una por con del se más como su sus entre desde
    il di che un per non della sono gli nel alla anche dei delle
    os da em um com não uma dos das ao pelo são mais
    het een en van dat niet met voor op zijn deze naar ook bij
    w na z nie jest jak oraz dla lub się przez
    och att det som är på för av inte till den med eller
    og af ikke til fra ved eller som kan
    ja ei että tai sekä kun ovat
    ve bir bu için ile olarak daha
    je ve jsou pro nebo který při
    és az egy nem hogy vagy
    dan yang di untuk dengan dari ini
"""
_ENGLISH_WORDS = """
    the and of to is in that it for with as are was this by from at or be have which not been were their would its has
    an on he she they you we
"""
ENGLISH_WORDS = frozenset(_ENGLISH_WORDS.split())
COMMA_WORDS = frozenset(_COMMA_WORDS.split()) - ENGLISH_WORDS
WORD = re.compile(r"[^\W\d_]+")
CYRILLIC = re.compile(r"[а-яёіїєґ]{2,}")


def writes_comma(texts: Iterable[str]) -> bool:
    """Whether texts are in a language whose decimal mark is a comma, judging by their words."""
    texts_words = (word for text in texts for word in WORD.findall(text[:LONGEST_TEXT].lower()))
    words = list(islice(texts_words, MOST_WORDS))
    cyrillic_words = sum(CYRILLIC.fullmatch(word) is not None for word in words if not word.isascii())
    comma_words = sum(map(COMMA_WORDS.__contains__, words)) + cyrillic_words
    english_words = sum(map(ENGLISH_WORDS.__contains__, words))
    return comma_words >= max(FEWEST_WORDS, LEAST_SHARE * len(words), MAJORITY * english_words)
