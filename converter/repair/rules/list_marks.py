"""List items that lost their marks in a browser's copy, where every item touches the next one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from converter.repair.draft import Draft
from converter.repair.item_runs import LABEL, LEAD, LEAD_IN, LONGER, SENTENCE, SHORT, form_of, is_like, lists_among
from converter.repair.lines import BLANK, BULLET, ITEMS, TEXT, width_of
from converter.repair.paragraphs import mark_item, paragraphs_of
from converter.repair.rule import FULL, rule
from converter.repair.rules.margin import is_source_code
from converter.repair.state import LONG
from converter.repair.talk import are_turns, is_log, speakers_among

FEWEST = 2
"""A list has so many items at least."""

UNTITLED = 4
"""So many short lines in a row that end no sentence are a title and its list, fewer may all be titles."""

SHARE = 0.5
"""The share of runs of lines with a single sentence that shows that adjacent sentences are not paragraphs."""

_MARKUP = re.compile(r"\]\(|`|\*\*|\n#")


@rule("list_marks", FULL)
def list_marks(draft: Draft) -> None:
    """In a browser's copy, where a blank line follows only paragraphs, lines that touch are list items: below a line
    that ends with a colon, in a row of sentences or labels, and between two titles. In a text without any mark whose
    blocks are lines, or paragraphs that a PDF reader wrapped, like blocks are, below a colon or a title, or if they
    begin as no sentence of a text does."""
    if draft.state.markup:
        return
    if not draft.state.copied:
        _mark_alone(draft)
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


def _mark_alone(draft: Draft) -> None:
    """Mark the items of lists in a text without any mark whose blocks are lines, or the wrapped paragraphs of a PDF."""
    kinds, state = draft.kinds, draft.state
    are_apart = state.is_print or TEXT + TEXT not in draft.signature
    if not (are_apart if state.spaced else state.one_line) or state.headings == "marked" or ITEMS.intersection(kinds):
        return
    if any(_MARKUP.search(text) for text in draft.texts()) or is_source_code(draft.lines):
        return
    blocks = list(paragraphs_of(draft))
    texts = [block.text for block in blocks]
    is_text = [kinds[block.start] == TEXT and "  " not in block.text for block in blocks]
    lists = list(lists_among(texts, is_text, are_apart))
    speakers, is_entries = (speakers_among(texts), is_log(texts)) if lists else (frozenset(), False)
    for start, end, confidence in lists:
        if are_turns(texts[start:end], speakers) or (is_entries and is_log(texts[start:end])):
            continue
        for block in blocks[start:end]:
            mark_item(draft, "list_marks", block, confidence)
        for edge in (start, end):
            if edge < len(blocks):
                draft.break_before("list_marks", blocks[edge].start, confidence)


def _paragraphs_end(draft: Draft) -> bool:
    """Whether a blank line follows most paragraphs: then most runs of lines that touch hold a single one."""
    single = several = 0
    for run in re.finditer(f"{TEXT}+", draft.signature):
        sentences = sum(form_of(draft.lines[at]) in SENTENCE + LABEL for at in range(*run.span()))
        single += sentences == 1
        several += sentences > 1
    return single >= SHARE * (single + several)


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


def _lists(lines: Sequence[str], start: int, end: int, paragraphs_end: bool) -> Iterator[tuple[int, int, float]]:
    """Yield the first item of each list in a run of lines, the line after its last one, and how sure that is."""
    if any("\t" in lines[at] for at in range(start, end)):
        return
    above = next((lines[at] for at in range(start - 1, -1, -1) if lines[at].strip()), "")
    has_lead_in = above.rstrip().endswith(LEAD_IN)
    kinds = "".join(map(form_of, lines[start:end]))
    if paragraphs_end and kinds.endswith(SENTENCE) and _is_paragraph_below(lines, start, end, kinds):
        kinds = f"{kinds[:-1]} "
    for stretch in re.finditer(r"[SL]+|P+", kinds):
        top, bottom = stretch.span()
        introduced = kinds[top - 1] == LEAD if top else has_lead_in
        if stretch[0][0] == SHORT:
            has_no_title = introduced or is_like(lines[start + top], lines[start + top + 1 : start + bottom])
            top, bottom = _items_among_titles(kinds, top, bottom, has_no_title)
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


def _items_among_titles(kinds: str, top: int, bottom: int, has_no_title: bool) -> tuple[int, int]:
    """Return which of the short lines of a stretch are items: the first may be their title, the last that of the text
    below."""
    length = bottom - top
    heads_text = bottom < len(kinds)
    if has_no_title:
        return (top, bottom - 1) if heads_text and length > FEWEST else (top, bottom)
    if length < UNTITLED:
        return top, top
    return top + 1, bottom - 1 if heads_text else bottom
