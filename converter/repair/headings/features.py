"""Input of the model: features of a line, of its words and of its number, as name -> value.

An absent feature is 0; most are yes or no. `surroundings.py` has those of what stands around the line.
Only `_OPENERS` and `_NUMBERED` depend on the language; the meaning of words and case is taken from the document's
own body (`Page`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from converter.expressions import expression
from converter.repair.headings.block import Block
from converter.repair.headings.blocks import Page, is_item, number_of
from converter.repair.headings.line import terms_of
from converter.repair.lines import ORDERED, TEXT, width_of

_OPENERS_BY_LANGUAGE = {
    "en": "this these those that it its they he she we you i there here if when while since because although however"
    " but and or so then thus also for as in on at by to from with after before note see",
    "de": "dies diese dieser es er sie wir wenn und aber oder für",
    "fr": "ce cette ces il elle nous vous ils si et mais ou dans pour",
    "es": "este esta estos estas esto él ella nosotros si y pero en para",
    "it": "il lo la questo questa noi se e ma nel per",
    "pt": "o os as isso isto nós eles mas em",
    "ru": "это этот эта они мы вы если и но в на для",
}
_OPENERS = frozenset(word for words in _OPENERS_BY_LANGUAGE.values() for word in words.split())
"""Words that begin sentences more often than titles, in a few languages."""

_NUMBERED = expression(
    r"(?:(?:\d{1,3}\.)+\d{1,3}[.)]?|\d{1,3}[.)]|[IVX]{1,5}[.)]|[A-Z][.)]|\(?[一二三四五六七八九十]{1,3}[)、．.]|[（(][一二三四五六七八九十\d]{1,3}[）)]"
    r"|第\s?[一二三四五六七八九十百\d]+\s?[章节節条部回篇]|§+\s?\d+|[^\W\d_]{3,12}\s\d{1,3}(?=\s*[:.：—–-]|$))\s?"
)
"""`2.1`, `3)`, `IV.`, `一、`, `第三章`, `Step 4:` and the like."""

_COUNTERS = frozenset("一二三四五六七八九十第§")
_LETTERED = re.compile(r"[A-Z][.)]")
"""What _NUMBERED needs: a digit, one of these characters, or a letter with its mark."""

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_INNER_END = expression(r"[.!?][\"”')\]]*\s+\S|[。！？](?=\S)|[؟۔।]\s")
_END_MARKS = frozenset(".!?。！？؟۔।")
_DIGITS = frozenset("0123456789")
_MEASURE = re.compile(r"\d[\s\xa0]?(?:[^\W\d_]{1,3}|[%°€$£])\.?$")
"""`38 cm`, `5 %`: a number with its unit."""
WIDE_LETTERS_A_WORD = 3
"""This many East Asian letters count as one more word, because no spaces separate the words."""

_ANCHOR = re.compile(r"(?<!\s)\s*\{\s*[#.:][^{}]*\}\s*$")
"""`{#some-id}`, which several Markdown dialects write after a title."""
_LABEL = re.compile(r"(?:\*\*|__)[^*_]{1,60}(?:\*\*|__)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
Features = dict[str, float]


def features_of(page: Page, at: int) -> Features:
    """All features of the candidate at block `at`."""
    features = page.habits.copy()
    add_features(features, page, at)
    return features


def add_features(features: Features, page: Page, at: int) -> None:
    """Add to the features of a page those of the candidate at block `at`."""
    block, line = page.blocks[at], page.line(at)
    text, words, lowered, terms = block.text, line.spelled, line.lowered, line.terms
    if "](" in text:
        text = _LINK.sub(r"\1", text)
        words = _WORD.findall(text)
        lowered = [word.lower() for word in words]
        terms = terms_of(lowered)
    _add_line_features(features, page, block, text)
    if words:
        _add_word_features(features, page, block, words, lowered)
    if terms:
        counts = page.words.get
        known_terms = [word for word in terms if counts(word, 0) or counts(word.capitalize(), 0)]
        features["words of the body"] = len(known_terms) / len(terms)
    _add_neighbour_features(features, page, at)
    _add_document_features(features, page, at)


def _add_line_features(features: Features, page: Page, block: Block, text: str) -> None:
    if "{" in text and (anchor := _ANCHOR.search(text)):
        features["anchor"] = 1.0
        text = text[: anchor.start()]
    if text[:2] in ("{%", "{{", "::", "]]", "[[", "<%"):
        features["template"] = 1.0
    core = text.rstrip("*_`\"'”’»」』)）] ")
    last_character = core[-1:]
    features[f"ends:{_ENDS.get(last_character, 'word' if last_character.isalnum() else 'other')}"] = 1.0
    if last_character and last_character in "。.।۔" and page.sentence_share < 0.5:
        features["ends:stop in a text without"] = 1.0
    first_character = text.lstrip("*_\"'“‘«„「『(（[¿¡`")[:1]
    features[f"starts:{_start_kind(first_character)}"] = 1.0
    if text[:1] in "\"“«„「『'‘":
        features["starts:quote"] = 1.0
    if text[:1] in "(（":
        features["starts:bracket"] = 1.0
    if block.bold:
        features["bold"] = 1.0
    elif label := _LABEL.match(text):
        features["bold label"] = 1.0
        features["bold label, then long"] = float(len(text) - label.end() > 30)
    if text[:1] in "*_" and text[-1:] in "*_" and not block.bold:
        features["italic"] = 1.0
    letters = set(text)
    has_digit = not letters.isdisjoint(_DIGITS) or (not text.isascii() and any(map(str.isdigit, letters)))
    if not letters.isdisjoint(_END_MARKS) and _has_inner_end(text, has_digit or not letters.isdisjoint(_COUNTERS)):
        features["two sentences"] = 1.0
    if not letters.isdisjoint(_ALL_MARKS):
        for name, marks in _MARKS:
            if not letters.isdisjoint(marks):
                features[name] = 1.0
    if "](" in block.text:
        features["link"] = 1.0
        features["all link"] = float(bool(_LINK.fullmatch(block.text.strip(" *_"))))
    if "://" in text or text.startswith("www."):
        features["url"] = 1.0
    if numbering := _NUMBERED.match(text):
        features["numbered"] = 1.0
        features["numbered, dotted"] = float("." in numbering[0].strip(" ."))
    elif has_digit:
        features["digits"] = 1.0
        features["ends with a measure"] = float(_MEASURE.search(text) is not None)


def _has_inner_end(text: str, may_hold_number: bool) -> bool:
    """Whether a sentence ends within a text, apart from its number; what is dear comes last."""
    if text.isascii() and set(text.rstrip(".!?\"')]")).isdisjoint(".!?"):
        return False  # its marks stand at its end
    if may_hold_number or _LETTERED.search(text):
        text = _NUMBERED.sub("", text, count=1)
    return _INNER_END.search(text) is not None


_ENDS = {
    **dict.fromkeys(".。．।۔։።", "stop"),
    **dict.fromkeys("?？؟", "question"),
    **dict.fromkeys("!！", "exclamation"),
    **dict.fromkeys(":：", "colon"),
    **dict.fromkeys(";；,，、،", "comma"),
    "…": "stop",
    "": "nothing",
}
_MARKS = (
    ("comma inside", ",，、،"),
    ("colon inside", ":："),
    ("semicolon inside", ";；"),
    ("bracket inside", "(（"),
    ("dash inside", "—–"),
    ("code inside", "`"),
    ("equals or brace", "={}<>|"),
    ("at or hash", "@"),
)
_ALL_MARKS = frozenset(mark for _, marks in _MARKS for mark in marks)


@lru_cache(maxsize=1024)
def _start_kind(letter: str) -> str:
    if not letter:
        return "nothing"
    if letter.islower():
        return "lower"
    if letter.isdigit():
        return "digit"
    # A caseless letter is as little evidence as an upper-case letter: both begin titles and sentences.
    return "letter" if letter.isalpha() else "sign" if unicodedata.category(letter)[0] == "P" else "symbol"


def _add_word_features(
    features: Features, page: Page, block: Block, words: Sequence[str], lowered: Sequence[str]
) -> None:
    count = len(words) + (width_of(block.text) - len(block.text)) // WIDE_LETTERS_A_WORD
    if lowered[0] in _OPENERS:
        features["opens a sentence"] = 1.0
    if little_words := page.little_words:
        features["little words"] = len([word for word in lowered if word in little_words]) / count
    initials = [word[0] for word in words[1:]]
    if any(map(str.islower, initials)):
        raised_words = [word for word in words[1:] if word[0].isupper()]
        features["raised words"] = len(raised_words) / len(initials)
        counts = page.words.get
        lower_words = [word for word in raised_words if counts(word.lower(), 0) > counts(word, 0)]
        features["raised, else lower"] = len(lower_words) / len(initials)
    elif initials and all(initial.isupper() or not initial.isalpha() for initial in initials):
        features["all words raised"] = 1.0
    if block.text.upper() == block.text != block.text.lower() and any(map(str.isalpha, block.text)):
        features["capitals"] = 1.0


def _add_neighbour_features(features: Features, page: Page, at: int) -> None:
    block, above, below = page.blocks[at], page.neighbour(at - 1), page.neighbour(at + 1)
    ends_with_colon = block.text.rstrip("*_ ")[-1:] in (":", "：")
    for side, neighbour in (("before", above), ("after", below)):
        if neighbour is not None and neighbour.kind == TEXT:
            features[f"{side} starts otherwise"] = float(neighbour.text[:1].isupper() != block.text[:1].isupper())
            features[f"{side} three times as long"] = float(neighbour.width > block.width * 3)
    if above is not None and is_item(above):
        features["before: item, shorter"] = float(block.width < above.width)
        if is_item(below):
            features["between items"] = 1.0
    if ends_with_colon:
        features["colon, then list or table"] = float(below is not None and below.kind != TEXT)
    if block.kind == ORDERED:
        _add_number_features(features, page, at)


def _add_number_features(features: Features, page: Page, at: int) -> None:
    """Features of a line that reads as an ordered item: is it the chapter `2. Method`, or an item 2?"""
    block, above, below = page.blocks[at], page.neighbour(at - 1), page.neighbour(at + 1)
    number = number_of(block.text) or 0
    features["item"] = 1.0
    title = block.text.lstrip("0123456789.) \t\xa0")
    features["item, bold"] = float(title.startswith("**") and title.endswith("**"))
    features["item, bold label"] = float(title.startswith("**") and not title.endswith("**"))
    features["item, counts on through the document"] = float(at in page.lone_numbers)
    if below is not None and below.kind == ORDERED:
        number_below = number_of(below.text)
        features["item, next counts on"] = float(number_below == number + 1)
        features["item, next starts again"] = float(number_below == 1)
    if above is not None and above.kind == ORDERED:
        features["item, counts on from the last"] = float(number_of(above.text) == number - 1)
    if number == 1:
        features["item, first"] = 1.0


def _add_document_features(features: Features, page: Page, at: int) -> None:
    block = page.blocks[at]
    features["short around"] = (sum(page.is_short[max(0, at - 3) : at + 4]) - page.is_short[at]) / 6
    features["closed"] = float(block.ends_sentence)
    features["as closed as the text"] = page.sentence_share if block.ends_sentence else 1 - page.sentence_share
    if label := page.label_by_block.get(at):
        features["label again"] = float(min(page.labels[label] - 1, 9))
