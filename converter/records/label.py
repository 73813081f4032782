"""`Label: text` -> (label, value), for list items that begin with a label."""

from __future__ import annotations

import re
from collections.abc import Sequence

from converter.expressions import expression
from converter.parse import Item

# A label is a name, not a sentence: a few words, and no sentence ends inside it.
MAXIMUM_WORDS = 7
MAXIMUM_LENGTH = 60
# Scripts without spaces between words need a third of the characters for the same text.
MAXIMUM_LENGTH_UNSPACED = 20
# The end of a label is searched for in this many characters: beyond them, the label would be too long.
SEARCH_LENGTH = MAXIMUM_LENGTH + 20

# A colon separates label and value if white space follows it (so not in 12:30, 3:1 or https://), or if it is
# full-width; two colons do so in Obsidian's fields (`key:: value`). Dashes separate them if white space surrounds them.
DIVISION = re.compile(r"(?<!:)::?\s+|：\s*|(?<!\s)\s+(?:--+|[\u2013\u2014])\s+")
MARKS_OF_DIVISION = (":", "--", "\u2013", "\u2014", "：")
"""Any text that is divided has one of these."""

# After a marked span, a hyphen before white space is enough, and a colon may be inside the span or after it. A dash
# between two words without white space (`**1990**–1995`) is part of a word, and so may be a hyphen before a small word
# (`**pre**- and post-war`).
AFTER_SPAN = re.compile(r"\s*(?:::?\s+|：\s*|--+\s+|\u2014\s*|\u2013\s+|-\s+)|\s+\u2013\s*")
SUSPENDED = re.compile(r"-\s+(?P<word>[^\W\d_]{1,4})\s")
PROSE_SIGNS = re.compile(r"[.!?;。！？；](?:\s|$)|,\s|[，、]|://")
UNSPACED_SCRIPT = expression(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff]")
LETTER = re.compile(r"[^\W\d_]")
EMOJI = re.compile(r"(?<![\w:]):[a-z0-9_+-]+:(?!\w)")
"""An emoji by its name, as in `:rocket: Speed`."""

SIGN_AND_SPAN = re.compile(r"(?P<sign>[^\w\s!-/:-@\[-`{-~]{1,4} )(?P<mark>\*\*|__|`)(?P<span>[^*_`\n]{1,60})(?P=mark)")
"""A sign such as an emoji, followed by strong text or code, in Markdown."""

CLOSING_MARKS = {
    "(": ")", "[": "]", "{": "}", "（": "）", "【": "】", "「": "」", "『": "』", "《": "》", "〈": "〉",
    '"': '"', "“": "”", "„": "“”", "‘": "’", "«": "»", "»": "«", "‹": "›", "'": "'",
}  # fmt: skip
"""Opening brackets and quotation marks, and what closes each of them."""
BRACKET_OR_QUOTE = re.compile(
    r"""[()\[\]{}（）【】「」『』《》〈〉“”„‘’«»‹›]|(?<!\w)"|"(?!\w)|(?<!\w)'(?=[^\W\d_])|(?<=\w)'(?!\w)"""
)
"""A bracket or quotation mark; inches (`5"`), apostrophes and years (`'90s`) are not quotation marks."""


def label_of(item: Item) -> tuple[str | None, str | None]:
    """Return an item's label and value, or (None, None) if it has none.

    The value begins in the first paragraph, and ends above the first block in the item.
    """
    label, value = split_label(item.opening, item.span or _span_behind_sign(item), item.whole)
    return label, None if value is None else value + item.continuation


def _span_behind_sign(item: Item) -> str | None:
    """Return the sign and the strong or code span that an item opens with, as in `✅ **Fast** - text`."""
    match = SIGN_AND_SPAN.match(item.markdown, len(item.task))
    return match["sign"] + match["span"] if match else None


def split_label(text: str, span: str | None, whole: Sequence[tuple[int, int]] = ()) -> tuple[str | None, str | None]:
    """Return the label and value of a paragraph, or (None, None) if it has none.

    `text` is the visible text. `span` is the text of the strong, emphasis, link or code mark that
    it opens with, if any: `**Label:** text`, `**Label** - text`, `[Name](url) - text`.
    Without one, `Label: text` and `Term -- text` are split. Times, URLs, ratios and sentences with a colon far
    in are not; nor is anything inside brackets, quotation marks or the ranges in `whole` (code, links).
    """
    if span and text.startswith(span):
        remainder = text[len(span) :]
        label = span.rstrip()
        if label.endswith((":", "：")) and remainder[:1].isspace():
            return _pair(label.rstrip(":："), remainder)
        suspension = None if whole and whole[0][0] == 0 else SUSPENDED.match(remainder)
        if suspension and suspension["word"].islower():
            return None, None
        if separator := AFTER_SPAN.match(remainder):
            return _pair(label, remainder[separator.end() :])
    if not any(mark in text for mark in MARKS_OF_DIVISION):
        return None, None
    if ":" in text:
        whole = (*whole, *(emoji.span() for emoji in EMOJI.finditer(text, 0, SEARCH_LENGTH)))
    for division in DIVISION.finditer(text, 0, SEARCH_LENGTH):
        start = division.start()
        if not any(first <= start < last for first, last in whole) and not _is_enclosed(text[:start]):
            label = text[:start].strip()
            return _pair(label, text[division.end() :]) if _is_name(label) else (None, None)
    return None, None


def _pair(label: str, value: str) -> tuple[str | None, str | None]:
    label, value = label.strip(), value.strip()
    return (label, value) if label and value and not label.endswith((":", "：")) else (None, None)


def _is_enclosed(text: str) -> bool:
    """Whether a bracket or quotation mark is open at the end of this text."""
    open_marks: list[str] = []
    for match in BRACKET_OR_QUOTE.finditer(text):
        mark = match[0]
        if open_marks and mark in CLOSING_MARKS[open_marks[-1]]:
            open_marks.pop()
        elif mark in CLOSING_MARKS and not (mark in "\"'" and text[match.start() - 1 : match.start()].isalnum()):
            open_marks.append(mark)
    return bool(open_marks)


def _is_name(label: str) -> bool:
    """Whether this can be a label: short, with a letter, and without the end of a sentence or a clause."""
    if PROSE_SIGNS.search(label) or not LETTER.search(label):
        return False
    if not label.isascii() and UNSPACED_SCRIPT.search(label):
        return len(label) <= MAXIMUM_LENGTH_UNSPACED
    return len(label) <= MAXIMUM_LENGTH and len(label.split()) <= MAXIMUM_WORDS
