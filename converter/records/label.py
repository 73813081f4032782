"""`Label: text` -> (label, value), for list items that say what they are about before they say it."""

from __future__ import annotations

import re

# A label is a name, not a sentence: a few words, and no sentence ends inside it.
MAXIMUM_WORDS = 7
MAXIMUM_LENGTH = 60
# Scripts without spaces between words say as much in a third of the characters.
MAXIMUM_LENGTH_UNSPACED = 20
# So far into an item a label's end is sought: beyond it, what stands before would be too long.
SOUGHT = MAXIMUM_LENGTH + 20

# A colon parts label and value where white space follows it (so not in 12:30, 3:1 or https://), or where it is
# full-width. Dashes part them where they stand free.
COLON = re.compile(r":\s+|：\s*")
DASH = re.compile(r"(?<!\s)\s+(?:--+|[\u2013\u2014])\s+")
# After a marked span a free hyphen will do, and a colon may stand inside the span or after it.
AFTER_SPAN = re.compile(r"\s*(?::\s+|：\s*|--+\s+|[\u2013\u2014]\s*|-\s+)")
SENTENCE_END = re.compile(r"[.!?;。！？；](?:\s|$)|,\s|[，、]|://")
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff]")
LETTER = re.compile(r"[^\W\d_]")


def split_label(text: str, span: str | None = None) -> tuple[str | None, str | None]:
    """Return an item's label and value, or (None, None) where it has none.

    `text` is what a reader sees of the item. `span` is the text of the strong, emphasis, link or code mark that
    it opens with, if it opens with one: `**Label:** text`, `**Label** - text`, `[Name](url) - text`.
    Without one, `Label: text` and `Term -- text` are split. Times, URLs, ratios and sentences with a colon far
    in are not.
    """
    if span and text.startswith(span):
        rest = text[len(span) :]
        label = span.rstrip()
        if label.endswith((":", "：")) and rest[:1].isspace():
            return _parted(label[:-1], rest)
        if separator := AFTER_SPAN.match(rest):
            return _parted(label, rest[separator.end() :])
    found = (COLON.search(text, 0, SOUGHT), DASH.search(text, 0, SOUGHT))
    parting = min((match for match in found if match), key=re.Match.start, default=None)
    if parting is None:
        return None, None
    label = text[: parting.start()].strip()
    if not label or not _is_name(label):
        return None, None
    return _parted(label, text[parting.end() :])


def _parted(label: str, value: str) -> tuple[str | None, str | None]:
    label, value = label.strip(), value.strip()
    return (label, value) if label and value else (None, None)


def _is_name(label: str) -> bool:
    """Whether this can be a label: short, with a letter, and without the end of a sentence or a clause."""
    if SENTENCE_END.search(label) or not LETTER.search(label):
        return False
    if UNSPACED.search(label):
        return len(label) <= MAXIMUM_LENGTH_UNSPACED
    return len(label) <= MAXIMUM_LENGTH and len(label.split()) <= MAXIMUM_WORDS
