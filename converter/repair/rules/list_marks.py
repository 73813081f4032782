"""List items that lost their marks in a browser's copy, where every item touches the next one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, BULLET, ITEMS, TEXT, ends_sentence, width_of
from converter.repair.rule import FULL, rule
from converter.repair.state import LONG, LONGEST_TITLE

LEAD_IN = (":", "：")
"""Marks at the end of a paragraph that introduces a list."""

FEWEST = 2
"""A list has so many items at least."""

FEWEST_APART = 3
"""A list whose items blank lines part has so many items at least."""

UNTITLED = 4
"""So many short lines in a row that end no sentence are a title and its list, fewer may all be titles."""

LONGER = 1.5
"""A last line this many times as wide as all items above it is the paragraph below them."""

SHARE = 0.7
"""The share of long paragraphs above a blank line that shows that lines which touch are no paragraphs."""

LEAD, SENTENCE, LABEL, SHORT = "ISLP"
"""Kinds of line: it introduces a list, ends a sentence, begins with a label, or is like a title."""

_MARKUP = re.compile(r"\]\(|`|\*\*|\n#")
_LABEL = re.compile(r"[^\s:：.!?]{1,40}(?: [^\s:：.!?]{1,40}){0,5}(?:: |：)(?=\S)")


@rule("list_marks", FULL)
def list_marks(draft: Draft) -> None:
    """In a browser's copy, where a blank line follows only paragraphs, lines that touch are list items: below a line
    that ends with a colon, in a row of sentences or labels, and between two titles. In a text without any mark, whose
    blocks are lines between blank lines, only short lines of like form below a colon are."""
    if not draft.state.copied:
        _mark_spaced(draft)
        return
    paragraphs_end = _paragraphs_end(draft)
    for start, end in _runs(draft.kinds):
        for top, bottom, confidence in _lists(draft.lines, start, end, paragraphs_end):
            for at in range(top, bottom):
                draft.replace("list_marks", at, f"- {draft.lines[at].strip()}", confidence, BULLET)
            if top > 0 and draft.kinds[top - 1] != BLANK:
                draft.break_before("list_marks", top, confidence)
            if bottom < end:
                draft.break_before("list_marks", bottom, confidence)


def _mark_spaced(draft: Draft) -> None:
    """Mark the items below lead-ins in a text whose blocks are lines that blank lines part."""
    kinds, lines = draft.kinds, draft.lines
    if not draft.state.spaced or ITEMS.intersection(kinds) or TEXT + TEXT in draft.signature:
        return
    if draft.state.headings == "marked" or any(_MARKUP.search(text) for text in draft.texts()):
        return
    blocks = [at for at, kind in enumerate(kinds) if kind != BLANK]
    position = 0
    while position < len(blocks):
        at = blocks[position]
        position += 1
        if kinds[at] == TEXT and lines[at].rstrip().endswith(LEAD_IN):
            items = _spaced_items(draft, blocks[position:])
            for item in items:
                draft.replace("list_marks", item, f"- {lines[item].strip()}", 0.8, BULLET)
            position += len(items)


def _spaced_items(draft: Draft, blocks: Sequence[int]) -> list[int]:
    """Return which of the blocks below a lead-in are its items."""
    items: list[int] = []
    form = ""
    for at in blocks:
        line = draft.lines[at]
        kind = _kind(line) if draft.kinds[at] == TEXT and width_of(line) <= LONG else LEAD
        if kind == LEAD or (form and kind != form):
            break
        form = kind
        items.append(at)
    below = blocks[len(items)] if len(items) < len(blocks) else None
    if form == SHORT and len(items) > FEWEST and below is not None and draft.kinds[below] == TEXT:
        items.pop()  # the title of the text below
    return items if len(items) >= FEWEST_APART else []


def _paragraphs_end(draft: Draft) -> bool:
    """Whether a blank line follows most long paragraphs."""
    kinds = draft.kinds
    long_lines = [at for at, kind in enumerate(kinds) if kind == TEXT and width_of(draft.lines[at]) > LONG]
    ended = sum(at + 1 == len(kinds) or kinds[at + 1] == BLANK for at in long_lines)
    return ended >= SHARE * len(long_lines)


def _runs(kinds: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the first line, and the line after the last, of each run of lines of text that touch."""
    at = 0
    while at < len(kinds):
        start = at
        while at < len(kinds) and kinds[at] == TEXT:
            at += 1
        if at - start >= FEWEST:
            yield start, at
        at = max(at, start + 1)


def _kind(line: str) -> str:
    if line.rstrip().endswith(LEAD_IN):
        return LEAD
    if _LABEL.match(line):
        return LABEL
    return SENTENCE if ends_sentence(line) or width_of(line) > LONGEST_TITLE else SHORT


def _lists(lines: Sequence[str], start: int, end: int, paragraphs_end: bool) -> Iterator[tuple[int, int, float]]:
    """Yield the first item of each list in a run of lines, the line after its last one, and how sure that is."""
    if any("\t" in lines[at] for at in range(start, end)):
        return
    above = next((lines[at] for at in range(start - 1, -1, -1) if lines[at].strip()), "")
    has_lead_in = above.rstrip().endswith(LEAD_IN)
    kinds = "".join(map(_kind, lines[start:end]))
    if paragraphs_end and kinds.endswith(SENTENCE) and _is_paragraph_below(lines, start, end, kinds):
        kinds = f"{kinds[:-1]} "
    for stretch in re.finditer(r"[SL]+|P+", kinds):
        top, bottom = stretch.span()
        introduced = kinds[top - 1] == LEAD if top else has_lead_in
        if stretch[0][0] == SHORT:
            top, bottom = _items_among_titles(kinds, top, bottom, introduced)
        elif not (introduced or paragraphs_end or _is_apart(lines[start:end], kinds, stretch[0])):
            continue
        if bottom - top >= FEWEST:
            yield start + top, start + bottom, 0.9 if introduced else 0.8


def _is_paragraph_below(lines: Sequence[str], start: int, end: int, kinds: str) -> bool:
    """Whether the last line of a run is a paragraph, not the last item of a list."""
    items = len(kinds[:-1]) - len(kinds[:-1].rstrip("SL"))
    if not items:
        return True
    widest = max(width_of(lines[at]) for at in range(end - 1 - items, end - 1))
    return width_of(lines[end - 1]) > LONGER * widest


def _is_apart(run: Sequence[str], kinds: str, stretch: str) -> bool:
    """Whether a whole run of lines consists of short items, where blank lines set off lists but no paragraphs."""
    return kinds == stretch and (LABEL in stretch or max(map(width_of, run)) <= LONG)


def _items_among_titles(kinds: str, top: int, bottom: int, introduced: bool) -> tuple[int, int]:
    """Return which of the short lines of a stretch are items: the first may be their title, the last that of the text
    below."""
    length = bottom - top
    heads_text = bottom < len(kinds)
    if introduced:
        return (top, bottom - 1) if heads_text and length > FEWEST else (top, bottom)
    if length < UNTITLED:
        return top, top
    return top + 1, bottom - 1 if heads_text else bottom
