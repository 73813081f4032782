"""Bullets that CommonMark does not recognize: `•`, `‣`, `–`, emoji and the like."""

from __future__ import annotations

import re

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, BULLET, BULLETS, INDENTED, ODD_ITEM, TEXT, TIGHT_BULLET, ends_sentence
from converter.repair.rule import FULL, rule

_ODD_BULLET = re.compile(rf"([ \t]*)(?:([{BULLETS}]\ufe0f?)[\s\xa0]+|({TIGHT_BULLET})\s*)(?=\S)")
_SURE_BULLETS = frozenset("•‣◦∙⁃▪▫■□●○◆◇➢➤►▸▶➔")
"""These open a list item even on a single line; a dash or an emoji must occur twice."""
_DASHES = "–—"
_DROPPED_BULLETS = _SURE_BULLETS.union(_DASHES, "·", TIGHT_BULLET)
"""These only mark the start of an item and are dropped; any other mark stays in the text."""
_CALL = re.compile(r"[?!？！؟](?=\W|$)")
_QUESTION = re.compile(r"[?？؟]\W*(\w?)")
_SENTENCE_SHARE, _QUESTION_SHARES = 0.9, (0.15, 0.9)
"""In dialogue: minimum share of lines after a dash that end a sentence; bounds of the share that are questions or
exclamations."""


@rule("odd_bullet", FULL, kinds=(ODD_ITEM,))
def odd_bullets(draft: Draft) -> None:
    """A line that begins with a bullet character is read as a list item; an emoji or check mark stays in its text."""
    speech = [mark for mark in _DASHES if _is_speech(draft, mark)]
    for at, kind in enumerate(draft.kinds):
        if kind != ODD_ITEM or (match := _ODD_BULLET.match(draft.lines[at])) is None:
            continue
        mark = match[2] or match[3]
        is_alone = mark not in _SURE_BULLETS and not _has_company(draft, at, mark)
        if mark in speech or is_alone or _separates(draft, at, mark):
            draft.set_kind(at, draft.plain_kind(at))
            continue
        text = draft.lines[at][match.end() if mark in _DROPPED_BULLETS else match.end(1) :]
        draft.replace("odd_bullet", at, f"{match[1]}- {text}", 0.99 if mark in _SURE_BULLETS else 0.95, BULLET)


def _is_speech(draft: Draft, mark: str) -> bool:
    """Whether the lines that begin with the dash are dialogue: whole sentences, some of which ask or exclaim.

    At least one must be a question: `Free lunch!` and `Questions? Call us.` occur in lists too.
    """
    paragraphs = [
        _paragraph(draft, at)
        for at, kind in enumerate(draft.kinds)
        if kind == ODD_ITEM and draft.lines[at].lstrip().startswith(mark)
    ]
    calls = sum(_CALL.search(text) is not None for text in paragraphs)
    minimum, maximum = (share * len(paragraphs) for share in _QUESTION_SHARES)
    sentences = sum(map(ends_sentence, paragraphs))
    return (
        sentences >= _SENTENCE_SHARE * len(paragraphs)
        and minimum <= calls <= maximum
        and any(map(_is_question, paragraphs))
    )


def _is_question(text: str) -> bool:
    """Whether a text ends with a question, or continues as in `Where? he asked`."""
    next_letters = (match[1] for match in _QUESTION.finditer(text))
    return any(not (letter.isupper() or letter.isdigit()) for letter in next_letters)


def _paragraph(draft: Draft, at: int) -> str:
    end = at + 1
    while not draft.state.one_line and end < len(draft.kinds) and draft.kinds[end] == TEXT:
        end += 1
    return "\n".join(draft.lines[at:end])


def _separates(draft: Draft, at: int, mark: str) -> bool:
    """Whether the mark separates words in this line or in the line above, as in a wrapped `one • two`."""
    return any(f" {mark} " in f"{draft.original_line(row).strip()} " for row in (at - 1, at) if row >= 0)


def _has_company(draft: Draft, at: int, mark: str) -> bool:
    """Whether the nearest line above or below, blank and indented lines aside, originally begins with the same mark."""
    for step in (-1, 1):
        neighbour = at + step
        while 0 <= neighbour < len(draft.lines) and draft.kinds[neighbour] in (BLANK, INDENTED):
            neighbour += step
        if 0 <= neighbour < len(draft.lines) and draft.original_line(neighbour).lstrip().startswith(mark):
            return True
    return False
