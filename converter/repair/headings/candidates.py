"""The lines that might be headings; the model is never asked about any other."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from converter.expressions import expression
from converter.repair.draft import Draft
from converter.repair.lines import (
    BLANK,
    DEFINITION,
    FOOTNOTE,
    HEADING,
    IMAGE,
    INDENTED,
    ORDERED,
    REFERENCE,
    RULE,
    TEXT,
    UNDERLINE,
    VERBATIM,
)

WIDEST_TITLE = 180
"""Columns beyond which no line is a title."""

CONTINUATION_MARKS = (",", ";", "，", "；", "、", "،", "\\", "-")
"""Marks that never end a title: they end a salutation (`Dear Ann,`) or a line that continues."""

_QUOTE = re.compile(r"「[^「」]*」")
"""In Japanese and Chinese, a line that is quoted as a whole is speech; in a title, only some words are quoted."""
_SPEECH = expression(r"[*_]{0,3}(?:[\"“”«»„‟「『]|‘(?=\w)|(?:[—–―]|--) ?(?=[\w¿¡…]))")
"""Start of a line of dialogue, in scripts that mark it by quotation marks or a dash."""
TALK = (10, 0.05)
"""Minimum number of adjacent lines of dialogue, and their minimum share of all blocks of text, for a text to count as
dialogue: a lone line in quotation marks, above an answer, may well be a title."""

_LABEL = re.compile(r"!?\[[^\[\]]*\](?:\[[^\[\]]*\])?")
CAPTION = expression(
    r"(?:fig(?:ure|\.)?|table|tab\.|abb(?:ildung|\.)?|tabelle|tableau|figura|tabla|tabela|tabella|рис(?:унок|\.)|таблица|"
    r"chart|exhibit|图|圖|図|表)\s*\d",
    re.IGNORECASE,
)
"""The numbered caption of a figure or a table."""
_NUMBER = re.compile(r"[IVXLC]{1,8}\.?$|.*\d")
"""A numeral (`XIII.`), or a line with a number: it is the heading of the next stanza even below a comma."""
_NOTE = re.compile(r"\[(?:\d{1,3}|[*†‡])\] ?\w")
"""The mark of a note and the beginning of its text: `[12] From a letter.`"""
_DIRECTIVE = re.compile(r"#[a-z]")
"""Start of a program's directive (`#define`) or of a hashtag."""
_RIGHTS = re.compile(r"(?:copyright\s+)?(?:©|\(c\)\s|copyright\s+\d{4})", re.IGNORECASE)
_ABOVE = frozenset((BLANK, HEADING, RULE, VERBATIM))
"""Kinds of line below which a paragraph begins without a blank line, in a text that has blank lines elsewhere."""
_JOINING = frozenset((INDENTED, IMAGE, REFERENCE, FOOTNOTE, UNDERLINE))
"""Kinds of line that continue the paragraph above them."""


def could_head(draft: Draft, at: int, text: str, width: int) -> bool:
    """Whether the one-line block at line `at`, with the text `text`, might be a heading."""
    return reason_against(draft, at, text, width) is None


def reason_against(draft: Draft, at: int, text: str, width: int) -> str | None:
    """Why a line cannot be a heading; None if it can."""
    if draft.kinds[at] not in (TEXT, ORDERED):
        return "is not a line of text"
    if at in draft.untitled:
        return "is like the lines around it, as items are"
    if not 0 < width <= WIDEST_TITLE:
        return "is too long for a title"
    for bar in _bars_of(text[:1]):
        if bar.holds(draft, at, text):
            return bar.reason
    return None


def _ends_letter(draft: Draft, at: int, text: str) -> bool:
    above = at - 1
    while above >= 0 and draft.kinds[above] == BLANK:
        above -= 1
    ends_with_comma = above >= 0 and draft.lines[above].rstrip().endswith((",", "，"))
    return ends_with_comma and _NUMBER.match(text) is None


def _is_part_of_a_paragraph(draft: Draft, at: int, text: str) -> bool:
    if not draft.state.spaced:
        return False
    below = draft.kinds[at + 1] if at + 1 < len(draft.kinds) else BLANK
    is_joined = below in _JOINING or (below == TEXT and draft.kinds[at] == ORDERED)
    return is_joined or not (draft.has_gap_above(at) or draft.kinds[at - 1] in _ABOVE)


def _is_speech(draft: Draft, at: int, text: str) -> bool:
    if _QUOTE.fullmatch(text):
        return True
    return _SPEECH.match(draft.lines[at].lstrip()) is not None and _has_talk(draft)


def _has_talk(draft: Draft) -> bool:
    """Whether a text contains dialogue, as a novel does: a line of dialogue is then not a title."""
    if draft.talk is None:
        kinds = draft.kinds
        starts = [
            at for at, kind in enumerate(kinds) if kind == TEXT and (draft.has_gap_above(at) or not draft.state.spaced)
        ]
        speech = [False, *(_SPEECH.match(draft.lines[at].lstrip()) is not None for at in starts), False]
        spoken_lines = sum(
            is_spoken and (above or below)
            for above, is_spoken, below in zip(speech, speech[1:], speech[2:], strict=False)
        )
        draft.talk = spoken_lines >= TALK[0] and spoken_lines >= TALK[1] * len(starts)
    return draft.talk


def _is_term(draft: Draft, at: int, text: str) -> bool:
    below = _below(draft, at)
    return below is not None and draft.kinds[below] == DEFINITION


def _is_item_with_content(draft: Draft, at: int, text: str) -> bool:
    if draft.kinds[at] != ORDERED:
        return False
    below = _below(draft, at)
    return draft.lines[at][0] in " \t" or (below is not None and draft.lines[below].startswith(("  ", "\t")))


class Bar(NamedTuple):
    """A condition that excludes a line as a heading, regardless of the model."""

    reason: str
    holds: Callable[[Draft, int, str], object]
    initials: str = ""
    """The first characters of the lines that it can exclude; all, if there are none."""


BARS = (
    Bar("has no words", lambda _draft, _at, text: not any(map(str.isalnum, text))),
    Bar("ends with a mark of continuation", lambda _draft, _at, text: text.endswith(CONTINUATION_MARKS)),
    Bar("is the label of a link", lambda _draft, _at, text: _LABEL.fullmatch(text), "!["),
    Bar("begins with the mark of a note", lambda _draft, _at, text: _NOTE.match(text), "["),
    Bar("is a copyright notice", lambda _draft, _at, text: _RIGHTS.match(text), "cC©("),
    Bar("follows a line that ends with a comma, as a signature does", _ends_letter),
    Bar("begins with a directive or a hashtag", lambda _draft, _at, text: _DIRECTIVE.match(text), "#"),
    Bar(
        "is the caption of a figure or a table", lambda _draft, _at, text: CAPTION.match(text), "AaCcEeFfTtРрТт図图圖表"
    ),
    Bar("is part of a paragraph", _is_part_of_a_paragraph),
    Bar("is speech in a text with dialogue", _is_speech, '*_"“”«»„‟「『‘—–―-'),
    Bar("is the term of a definition", _is_term),
    Bar("is an item that is indented or has content below it", _is_item_with_content),
)


@lru_cache(1024)
def _bars_of(initial: str) -> list[Bar]:
    """The conditions that can exclude a line with this first character."""
    return [bar for bar in BARS if not bar.initials or initial in bar.initials]


def _below(draft: Draft, at: int) -> int | None:
    """The next line that is not blank."""
    kinds, end = draft.kinds, len(draft.kinds)
    at += 1
    while at < end and kinds[at] == BLANK:
        at += 1
    return at if at < end else None
