"""`Label: text` -> (label, value), for list items that begin with a label."""

from __future__ import annotations

import re

# A label is a name, not a sentence: a few words, and no sentence ends inside it.
MAXIMUM_WORDS = 7
MAXIMUM_LENGTH = 60
# Scripts without spaces between words need a third of the characters for the same text.
MAXIMUM_LENGTH_UNSPACED = 20
# The end of a label is searched for in this many characters: beyond them, the label would be too long.
SEARCH_LENGTH = MAXIMUM_LENGTH + 20

# A colon separates label and value if white space follows it (so not in 12:30, 3:1 or https://), or if it is
# full-width. Dashes separate them if white space surrounds them.
COLON = re.compile(r":\s+|：\s*")
DASH = re.compile(r"(?<!\s)\s+(?:--+|[\u2013\u2014])\s+")
# After a marked span, a hyphen before white space is enough, and a colon may be inside the span or after it.
AFTER_SPAN = re.compile(r"\s*(?::\s+|：\s*|--+\s+|[\u2013\u2014]\s*|-\s+)")
SENTENCE_END = re.compile(r"[.!?;。！？；](?:\s|$)|,\s|[，、]|://")
UNSPACED_SCRIPT = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff]")
LETTER = re.compile(r"[^\W\d_]")


def split_label(text: str, span: str | None = None) -> tuple[str | None, str | None]:
    """Return an item's label and value, or (None, None) if it has none.

    `text` is the item's visible text. `span` is the text of the strong, emphasis, link or code mark that
    it opens with, if any: `**Label:** text`, `**Label** - text`, `[Name](url) - text`.
    Without one, `Label: text` and `Term -- text` are split. Times, URLs, ratios and sentences with a colon far
    in are not.
    """
    if span and text.startswith(span):
        remainder = text[len(span) :]
        label = span.rstrip()
        if label.endswith((":", "：")) and remainder[:1].isspace():
            return _pair(label[:-1], remainder)
        if separator := AFTER_SPAN.match(remainder):
            return _pair(label, remainder[separator.end() :])
    matches = (COLON.search(text, 0, SEARCH_LENGTH), DASH.search(text, 0, SEARCH_LENGTH))
    division = min((match for match in matches if match), key=re.Match.start, default=None)
    if division is None:
        return None, None
    label = text[: division.start()].strip()
    if not label or not _is_name(label):
        return None, None
    return _pair(label, text[division.end() :])


def _pair(label: str, value: str) -> tuple[str | None, str | None]:
    label, value = label.strip(), value.strip()
    return (label, value) if label and value else (None, None)


def _is_name(label: str) -> bool:
    """Whether this can be a label: short, with a letter, and without the end of a sentence or a clause."""
    if SENTENCE_END.search(label) or not LETTER.search(label):
        return False
    if UNSPACED_SCRIPT.search(label):
        return len(label) <= MAXIMUM_LENGTH_UNSPACED
    return len(label) <= MAXIMUM_LENGTH and len(label.split()) <= MAXIMUM_WORDS
