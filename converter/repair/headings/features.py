"""Input of the model: features of a line, of its neighbours and of the document, as name -> value.

An absent feature is 0. Most are yes or no; lengths are split into steps, so that a linear model can fit a curve.
Only `_OPENERS` and `_NUMBERED` depend on the language; the meaning of words and case is taken from the document's
own body (`Page`).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from math import log

from converter.repair.headings.block import Block
from converter.repair.headings.blocks import Page, is_item, label_of, number_of
from converter.repair.lines import HEADING, IMAGE, ORDERED, QUOTE, ROW, TEXT, VERBATIM, width_of

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

_NUMBERED = re.compile(
    r"(?:(?:\d{1,3}\.)+\d{1,3}[.)]?|\d{1,3}[.)]|[IVX]{1,5}[.)]|[A-Z][.)]|\(?[一二三四五六七八九十]{1,3}[)、．.]|[（(][一二三四五六七八九十\d]{1,3}[）)]"
    r"|第\s?[一二三四五六七八九十百\d]+\s?[章节節条部回篇]|§+\s?\d+|[^\W\d_]{3,12}\s\d{1,3}(?=\s*[:.：—–-]|$))\s?"
)
"""`2.1`, `3)`, `IV.`, `一、`, `第三章`, `Step 4:` and the like."""

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_INNER_END = re.compile(r"[.!?][\"”')\]]*\s+\S|[。！？](?=\S)|[؟۔।]\s")
_MEASURE = re.compile(r"\d[\s\xa0]?(?:[^\W\d_]{1,3}|[%°€$£])\.?$")
"""`38 cm`, `5 %`: a number with its unit."""
WIDE_LETTERS_A_WORD = 3
"""This many East Asian letters count as one more word, because no spaces separate the words."""

_ANCHOR = re.compile(r"(?<!\s)\s*\{\s*[#.:][^{}]*\}\s*$")
"""`{#some-id}`, which several Markdown dialects write after a title."""
_LABEL = re.compile(r"(?:\*\*|__)[^*_]{1,60}(?:\*\*|__)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_STEPS = (8, 14, 20, 28, 36, 46, 56, 68, 80, 100, 130)
_GAP_STEPS = (12, 25, 40, 60, 90, 140, 220, 400)
_WIDER = [{f"width>{step}": 1.0 for step in _STEPS[:count]} for count in range(len(_STEPS) + 1)]
_WIDER_NEAR = {
    side: [{f"{side}>{step}": 1.0 for step in _GAP_STEPS[:count]} for count in range(len(_GAP_STEPS) + 1)]
    for side in ("before", "after")
}
_KIND = {TEXT: "text", ROW: "table", IMAGE: "image", VERBATIM: "code", QUOTE: "quote", HEADING: "heading"}

Features = dict[str, float]


def features_of(page: Page, at: int) -> Features:
    """All features of the candidate at block `at`."""
    block = page.blocks[at]
    found: Features = {"always": 1.0}
    _of_line(found, page, block)
    _of_words(found, page, block)
    _of_neighbours(found, page, at)
    _of_document(found, page, at)
    return found


def _of_line(found: Features, page: Page, block: Block) -> None:
    text = _LINK.sub(r"\1", block.text)
    if anchor := _ANCHOR.search(text):
        found["anchor"] = 1.0
        text = text[: anchor.start()]
    if text[:2] in ("{%", "{{", "::", "]]", "[[", "<%"):
        found["template"] = 1.0
    width = width_of(text)
    found |= _WIDER[bisect_left(_STEPS, width)]
    found["width/body"] = min(2.0, width / page.median_width)
    bare = text.rstrip("*_`\"'”’»」』)）] ")
    last = bare[-1:]
    found[f"ends:{_ENDS.get(last, 'word' if last.isalnum() else 'other')}"] = 1.0
    if last and last in "。.।۔" and page.closed_share < 0.5:
        found["ends:stop in a text without"] = 1.0
    first = text.lstrip("*_\"'“‘«„「『(（[¿¡`")[:1]
    found[f"starts:{_start(first)}"] = 1.0
    if text[:1] in "\"“«„「『'‘":
        found["starts:quote"] = 1.0
    if text[:1] in "(（":
        found["starts:bracket"] = 1.0
    if block.bold:
        found["bold"] = 1.0
    elif label := _LABEL.match(text):
        found["bold label"] = 1.0
        found["bold label, then long"] = float(len(text) - label.end() > 30)
    if text[:1] in "*_" and text[-1:] in "*_" and not block.bold:
        found["italic"] = 1.0
    if _INNER_END.search(_NUMBERED.sub("", text, count=1)):
        found["two sentences"] = 1.0
    letters = set(text)
    if not letters.isdisjoint(_EVERY_MARK):
        for name, marks in _MARKS:
            if not letters.isdisjoint(marks):
                found[name] = 1.0
    if "](" in block.text:
        found["link"] = 1.0
        found["all link"] = float(bool(_LINK.fullmatch(block.text.strip(" *_"))))
    if "://" in text or text.startswith("www."):
        found["url"] = 1.0
    if numbered := _NUMBERED.match(text):
        found["numbered"] = 1.0
        found["numbered, dotted"] = float("." in numbered[0].strip(" ."))
    elif any(map(str.isdigit, letters)):
        found["digits"] = 1.0
        found["ends with a measure"] = float(_MEASURE.search(text) is not None)


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
_EVERY_MARK = frozenset(mark for _, marks in _MARKS for mark in marks)


def _start(letter: str) -> str:
    if not letter:
        return "nothing"
    if letter.islower():
        return "lower"
    if letter.isdigit():
        return "digit"
    # A caseless letter is as little evidence as an upper-case letter: both begin titles and sentences.
    return "letter" if letter.isalpha() else "sign" if unicodedata.category(letter)[0] == "P" else "symbol"


def _of_words(found: Features, page: Page, block: Block) -> None:
    words = _WORD.findall(_LINK.sub(r"\1", block.text))
    count = len(words) + (width_of(block.text) - len(block.text)) // WIDE_LETTERS_A_WORD
    found[f"words:{min(count, 4) if count < 5 else '5-7' if count < 8 else '8-11' if count < 12 else '12+'}"] = 1.0
    if not count:
        return
    if words[0].lower() in _OPENERS:
        found["opens a sentence"] = 1.0
    little = page.little_words
    if little:
        found["little words"] = sum(word.lower() in little for word in words) / count
    inner = words[1:]
    if inner and any(word[0].islower() for word in inner):
        known = page.words
        raised = [word for word in inner if word[0].isupper()]
        found["raised words"] = len(raised) / len(inner)
        found["raised, else lower"] = sum(known[word.lower()] > known[word] for word in raised) / len(inner)
    elif inner and all(word[0].isupper() or not word[0].isalpha() for word in inner):
        found["all words raised"] = 1.0
    if block.text.upper() == block.text != block.text.lower() and any(map(str.isalpha, block.text)):
        found["capitals"] = 1.0
    content = {word.lower() for word in words if len(word) > 3}
    if content:
        known = page.words
        found["words of the body"] = sum(known[word] + known[word.capitalize()] > 0 for word in content) / len(content)


def _of_neighbours(found: Features, page: Page, at: int) -> None:
    block, before, after = page.blocks[at], page.neighbour(at - 1), page.neighbour(at + 1)
    ends_with_colon = block.text.rstrip("*_ ")[-1:] in (":", "：")
    for side, near in (("before", before), ("after", after)):
        if near is None:
            found[f"{side}:nothing"] = 1.0
            continue
        found[f"{side}:{'item' if is_item(near) else _KIND.get(near.kind, 'other')}"] = 1.0
        if near.kind == TEXT:
            found |= _WIDER_NEAR[side][bisect_left(_GAP_STEPS, near.width)]
            found[f"{side} closed"] = float(near.closed)
            if near.text.rstrip("*_ ")[-1:] in (":", "："):
                found[f"{side} ends with a colon"] = 1.0
            if near.bold:
                found[f"{side} bold"] = 1.0
            if near.last > near.first:
                found[f"{side} over several lines"] = 1.0
            if near.candidate and near.width <= 60 and not near.closed:
                found[f"{side} short and open"] = 1.0
            if near.text[:1].isupper() != block.text[:1].isupper():
                found[f"{side} starts otherwise"] = 1.0
            if near.width > block.width * 3:
                found[f"{side} three times as long"] = 1.0
    if after is not None and after.kind == TEXT:
        content = {word.lower() for word in _WORD.findall(block.text) if len(word) > 3}
        if content:
            following = after.text.lower()
            found["words of the next"] = sum(word in following for word in content) / len(content)
        if after.text[:1].islower():
            found["next starts lower"] = 1.0
    if before is not None and is_item(before):
        found["before: item, shorter"] = float(block.width < before.width)
        if is_item(after):
            found["between items"] = 1.0
    if ends_with_colon:
        found["colon, then list or table"] = float(after is not None and after.kind != TEXT)
    if block.kind == ORDERED:
        _of_number(found, page, at)


def _of_number(found: Features, page: Page, at: int) -> None:
    """Features of a line that reads as an ordered item: is it chapter `2. Method` or item 2?"""
    block, before, after = page.blocks[at], page.neighbour(at - 1), page.neighbour(at + 1)
    number = number_of(block.text) or 0
    found["item"] = 1.0
    rest = block.text.lstrip("0123456789.) \t\xa0")
    found["item, bold"] = float(rest.startswith("**") and rest.endswith("**"))
    found["item, bold label"] = float(rest.startswith("**") and not rest.endswith("**"))
    found["item, counts on through the document"] = float(at in page.lone_numbers)
    if after is not None and after.kind == ORDERED:
        follows = number_of(after.text)
        found["item, next counts on"] = float(follows == number + 1)
        found["item, next starts again"] = float(follows == 1)
    if before is not None and before.kind == ORDERED:
        found["item, counts on from the last"] = float(number_of(before.text) == number - 1)
    if number == 1:
        found["item, first"] = 1.0


def _of_document(found: Features, page: Page, at: int) -> None:
    block = page.blocks[at]
    if block.bold:
        found["bold share, bold"] = page.bold_share
        found[f"bold lines:{min(page.bold_titles, 4)}, {'closed' if block.closed else 'open'}"] = 1.0
    else:
        found["bold share, plain"] = page.bold_share
        found[f"plain among bold lines:{min(page.bold_titles, 4)}"] = 1.0
    found["bold, short share" if block.bold else "short share"] = page.short_share
    found["short around"] = (sum(page.short[max(0, at - 3) : at + 4]) - page.short[at]) / 6
    found[f"{'closed' if block.closed else 'open'} in a closed text"] = page.closed_share
    if page.texts[block.text] > 1:
        found["repeated"] = 1.0
    if at == 0:
        found["first"] = 1.0
    # Few short lines among much prose are different evidence for plain lines than for bold lines.
    looks = "bold, " if block.bold else ""
    prose, columns = page.prose
    found[f"{looks}body, log"] = log(1 + len(page.body)) / 5
    found[f"{looks}prose, log"] = log(1 + prose) / 5
    found[f"{looks}prose columns, log"] = log(1 + columns) / 10
    found[f"{looks}short lines, log"] = log(1 + page.short_lines) / 5
    found[f"{looks}short lines to prose"] = min(2.0, page.short_lines / max(1, prose))
    if label := label_of(block.text):
        again = page.labels[label] - 1
        found["label again"] = min(again, 5) / 5
        found["label again, once"] = float(again > 0)
