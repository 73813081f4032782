"""The parts of a page that are not its article: menus above it, and what follows it, recognized by form and place.

blocks of a draft -> cues (phrases that pages say, by kind) -> head (above the first paragraph) and tail of the page
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from converter.repair.cues import begins_cue, cue_of
from converter.repair.draft import Draft
from converter.repair.lines import (
    BLANK,
    HEADING,
    IMAGE,
    INDENTED,
    ITEMS,
    REFERENCE,
    RULE,
    TEXT,
    UNDERLINE,
    ends_sentence,
)
from converter.repair.signs import LONGEST_CUE

HEAD = frozenset(
    ("skip", "account", "share", "byline", "date", "reading", "comments", "toc", "ad", "related", "crumbs", "legal")
)
"""Kinds of boilerplate above an article."""

TAIL = {
    "share": 0,
    "tags": 0,
    "pager": 0,
    "feedback": 0,
    "legal": 0,
    "made": 0,
    "date": 0,
    "addresses": 0,
    "more": 1,
    "teaser": 1,
    "toc": 0,
    "ad": 0,
    "letter": 2,
    "cookie": 2,
    "consent": 2,
    "about": 2,
    "related": 3,
    "comments": 3,
    "byline": 1,
}
"""Kinds below an article, with the number of paragraphs that may follow each."""

OPENS_TAIL = frozenset(
    ["share", "tags", "pager", "feedback", "legal", "made", "about", "related", "comments", "addresses"]
)
"""Kinds of which one begins what stands below an article."""

ANYWHERE = frozenset(("ad", "teaser", "cookie", "letter", "share", "skip"))
"""Kinds that never belong to an article, wherever they stand on a page."""

FEWEST_KINDS = 3
"""Minimum number of kinds of cues on a page: an article may say one or two."""

LONGEST_LINE = 1000
"""Characters of a line that are examined."""

PROSE = 60
"""Minimum characters of a block that ends a sentence for it to be the article's text."""

SHORT_WORDS = 4
"""Maximum average number of words of a menu's items."""

MOST_BRIEF = 15
"""Maximum number of short blocks between two cues below an article."""

MOST_CUES = 4
"""Maximum number of adjacent lines that may each be a cue."""

_LINK = re.compile(r"!?\[([^\[\]\n]{0,200})\]\([^()\n]{0,500}\)")
_ADDRESSES = re.compile(r"(?:Visible|Hidden) links:?(?: \.? ?[a-z]+:\S|$)|\. [a-z]+:\S+(?: \.|$)")
"""Lists of addresses that a text browser prints below a page, without the numbers that the text refers to; or their
label."""
_MARK = re.compile(r"[\[*_`#¶\\>+•◦▪□■○●-]|^\d|^o ")
_MARKS = re.compile(r"\[\d{1,3}\](?!\()|^[\s>]*(?:[-*+•◦▪□■○●·]|\d{1,3}[.)]|o(?= )|#{1,6})?\s*|[*_`#¶]+|\\(?=\W)")


class Block(NamedTuple):
    """A block of a page: its first line, the line after its last one, the plain text of its lines, and its cue."""

    start: int
    end: int
    is_list: bool
    is_heading: bool
    is_title: bool
    """A heading of level 1."""
    is_text: bool
    texts: Sequence[str]
    cue: str
    is_prose: bool
    """Whether it is certainly text, of the article or of a comment."""

    @property
    def is_brief(self) -> bool:
        """Whether it looks like an entry, or the entries, of a menu."""
        words = sum(len(text.split()) for text in self.texts)
        return not self.is_prose and words <= SHORT_WORDS * len(self.texts) and not any(map(ends_sentence, self.texts))


def boilerplate(draft: Draft) -> Iterator[tuple[int, int, float]]:
    """Yield the first line of each block outside the article, the line after its last one, and the confidence; nothing
    for a text that is not a page."""
    lines = [line for line in draft.lines if len(line) <= LONGEST_CUE]
    if not any(cue_of(_plain(line.strip())) for line in lines if begins_cue(line)):
        return  # a page has some cue on a line of its own: the blocks of other texts, which take longer, are not made
    blocks = list(_blocks(draft))
    if len({block.cue for block in blocks} - {""}) < FEWEST_KINDS:
        return
    head, tail = _head(blocks), _tail(blocks)
    menus = max((at for at in range(head) if blocks[at].is_title or blocks[at].cue in HEAD), default=0)
    for at, block in enumerate(blocks):
        if block.is_heading:
            continue
        is_menu = block.is_list and block.is_brief and (at < menus or (0 < at < head and blocks[at - 1].cue == "toc"))
        if at >= tail:
            yield block.start, block.end, 0.85
        elif is_menu or (block.cue in ANYWHERE and not block.is_list) or (block.cue in HEAD and at < head):
            yield block.start, block.end, 0.9


def _head(blocks: Sequence[Block]) -> int:
    """The number of blocks above the article's text; a short first paragraph may be a caption."""
    prose = [at for at, block in enumerate(blocks) if block.is_prose]
    if not prose:
        return 0
    is_caption = len(prose) > 1 and len(" ".join(blocks[prose[0]].texts)) < 2 * PROSE
    return prose[is_caption]


def _tail(blocks: Sequence[Block]) -> int:
    """The index of the first block below the article's text; the number of blocks if there is none."""
    start = len(blocks)
    rest = sum(block.is_prose for block in blocks) // 2
    prose = brief = 0
    for at in range(len(blocks) - 1, -1, -1):
        cue = blocks[at].cue
        if cue not in TAIL:
            prose += blocks[at].is_prose
            rest -= blocks[at].is_prose
            brief += 1
            if rest < 0 or not blocks[at].is_text:
                break
            if prose > max(TAIL.values()) or brief > MOST_BRIEF:
                break
            continue
        if prose > TAIL[cue]:
            break
        prose = brief = 0
        if cue in OPENS_TAIL:
            start = at
    return start


def _blocks(draft: Draft) -> Iterator[Block]:
    kinds, lines = draft.kinds, draft.lines
    at, end = 0, len(kinds)
    while at < end:
        start, kind = at, kinds[at]
        at += 1
        if kind in (BLANK, UNDERLINE, REFERENCE, RULE):
            continue
        is_list = kind in ITEMS
        if is_list:
            at = _list_end(draft, start)
        elif kind == TEXT and (draft.state.spaced or not draft.state.one_line):
            while at < end and kinds[at] == TEXT and at not in draft.breaks:
                at += 1
        is_heading = kind == HEADING or (at < end and kinds[at] == UNDERLINE)
        texts = _texts(lines[start:at], is_list)
        is_text = is_list or kind in (TEXT, IMAGE, HEADING, INDENTED)
        is_title = is_heading and (lines[start].startswith("# ") or (at < end and lines[at].startswith("=")))
        cue = (_cue(texts) or _cue_of_lines(lines[start:at])) if is_text else ""
        is_prose = is_text and not cue and 3 * sum([_is_prose(text) for text in texts]) > len(texts)
        yield Block(start, at, is_list, is_heading, is_title, is_text, texts, cue, is_prose)


def _is_prose(text: str) -> bool:
    return len(text) >= PROSE and (len(text) > 2 * PROSE or ends_sentence(text))


def _list_end(draft: Draft, start: int) -> int:
    """The line after the last one of the list that begins in line `start`."""
    kinds = draft.kinds
    end = at = start + 1
    while at < len(kinds) and (kinds[at] == BLANK or kinds[at] in ITEMS or kinds[at] == INDENTED):
        at += 1
        if kinds[at - 1] != BLANK:
            end = at
        elif at < len(kinds) and kinds[at] == BLANK:
            break
    return end


def _texts(lines: Sequence[str], is_list: bool) -> Sequence[str]:
    """The items of a list, or the text of another block, without marks of Markdown."""
    texts = [_plain(line[:LONGEST_LINE].strip()) for line in lines]
    if len(texts) == 1 and not is_list:
        return texts
    texts = list(filter(None, texts))
    return texts if is_list else [" ".join(texts)]


@lru_cache(maxsize=4096)  # a page is read before and after its other repairs: a tenth of the time of pages
def _plain(line: str) -> str:
    if len(line) > LONGEST_CUE or not _MARK.search(line):
        return line
    return _MARKS.sub("", _LINK.sub(r"\1", line) if "](" in line else line).strip()


def _cue_of_lines(lines: Sequence[str]) -> str:
    """The kind of cue of the first of several adjacent lines, such as a byline and a date, if all of them are cues."""
    if not 1 < len(lines) <= MOST_CUES or any(len(line) > LONGEST_CUE for line in lines):
        return ""
    texts = [_plain(line.strip()) for line in lines]
    return cue_of(texts[0]) if begins_cue(texts[0]) and all(map(cue_of, texts)) else ""


def _cue(texts: Sequence[str]) -> str:
    """The kind of cue that a paragraph is, or that most items of a list are."""
    if len(texts) == 1:
        return cue_of(texts[0]) or ("addresses" if _ADDRESSES.match(texts[0]) else "")
    kinds = list(filter(None, map(cue_of, texts)))
    return max(kinds, key=kinds.count) if kinds and 2 * len(kinds) >= len(texts) else ""
