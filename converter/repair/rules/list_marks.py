"""List items that lost their marks in a browser's copy, where every item touches the next one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from converter.repair.draft import Draft
from converter.repair.item_evidence import LEAST_CHANCE, ItemRun, chances_of
from converter.repair.item_runs import (
    FEWEST_ITEMS,
    LABEL,
    LEAD,
    LEAD_IN,
    SENTENCE,
    SHORT,
    WIDER,
    form_of,
    is_like,
    lists_among,
)
from converter.repair.lines import BLANK, ITEMS, TEXT, width_of
from converter.repair.paragraphs import Paragraph, mark_item, paragraphs_of
from converter.repair.rule import FULL, rule
from converter.repair.source_code import is_source_code
from converter.repair.state import LONG
from converter.repair.talk import are_turns, is_log, speakers_among

UNTITLED = 4
"""Minimum number of adjacent short lines that are a title and its list; fewer may all be titles."""

SINGLE_SHARE = 0.5
"""Minimum share of runs of lines with a single sentence that shows that adjacent sentences are not paragraphs."""

_MARKUP = re.compile(r"\]\(|`|\*\*|\n#+[ \t]+\S")


@rule("list_marks", FULL)
def list_marks(draft: Draft) -> None:
    """In a browser's copy, where a blank line follows only paragraphs, lines that touch may be list items: below a
    line that ends with a colon, in a row of sentences or labels, and between two titles. In a text without any mark
    whose blocks are lines, or paragraphs that a PDF reader wrapped, like blocks may be, below a colon or a title, or if
    they begin unlike any sentence of the text. Learned weights decide whether they are items, because captions, prices,
    comments, menus and advertisements are alike too."""
    blocks, runs = runs_of(draft)
    for run, chance in zip(runs, chances_of(blocks, runs), strict=True):
        if chance < LEAST_CHANCE:
            draft.untitled.update(block.start for block in blocks[run.start : run.end])
            continue
        confidence = round(chance, 2)
        for block in blocks[run.start : run.end]:
            mark_item(draft, "list_marks", block, confidence)
        for edge in (run.start, run.end):
            if edge < len(blocks):
                draft.break_before("list_marks", blocks[edge].start, confidence)


def runs_of(draft: Draft) -> tuple[Sequence[Paragraph], Sequence[ItemRun]]:
    """The blocks of a text, and the runs of them that may be lists; none if it has marks."""
    if draft.state.markup:
        return (), ()
    return _copied_runs(draft) if draft.state.copied else _runs_alone(draft)


def _copied_runs(draft: Draft) -> tuple[Sequence[Paragraph], Sequence[ItemRun]]:
    """The lines of a browser's copy, and the lists among them."""
    paragraphs_end = _paragraphs_end(draft)
    spans = [span for start, end in _runs(draft.kinds) for span in _lists(draft.lines, start, end, paragraphs_end)]
    if not spans:
        return (), ()
    blocks = [Paragraph(at, at + 1, line.strip()) for at, line in enumerate(draft.lines) if draft.kinds[at] != BLANK]
    places = {block.start: place for place, block in enumerate(blocks)}
    return blocks, [
        ItemRun(places[top], places[top] + bottom - top, introduced, True) for top, bottom, introduced in spans
    ]


def _runs_alone(draft: Draft) -> tuple[Sequence[Paragraph], Sequence[ItemRun]]:
    """The blocks of a text without any mark whose blocks are lines, or the wrapped paragraphs of a PDF, and the lists
    among them."""
    kinds, state = draft.kinds, draft.state
    are_apart = state.is_print or TEXT + TEXT not in draft.signature
    if not (are_apart if state.spaced else state.one_line) or state.headings == "marked" or _has_items(draft):
        return (), ()
    if kinds.count(TEXT) < FEWEST_ITEMS:  # the rows of a large table, as blocks, would take three times its memory
        return (), ()
    if any(_MARKUP.search(text) for text in draft.texts()) or is_source_code(draft.lines):
        return (), ()
    blocks = list(paragraphs_of(draft))
    texts = [block.text for block in blocks]
    is_text = [
        kinds[block.start] == TEXT and block.start not in draft.titles and "  " not in block.text for block in blocks
    ]
    runs = [ItemRun(*span, False) for span in lists_among(texts, is_text, are_apart)]
    speakers, is_entries = (speakers_among(texts), is_log(texts)) if runs else (frozenset(), False)
    return blocks, [
        run
        for run in runs
        if not (are_turns(lines := texts[run.start : run.end], speakers) or (is_entries and is_log(lines)))
    ]


def _has_items(draft: Draft) -> bool:
    """Whether any line is marked as an item; a mark alone is a cell without a value."""
    kinds = draft.kinds
    return not ITEMS.isdisjoint(kinds) and any(
        kind in ITEMS and len(line.strip()) > 1 for kind, line in zip(kinds, draft.lines, strict=True)
    )


def _paragraphs_end(draft: Draft) -> bool:
    """Whether a blank line follows most paragraphs, so that most runs of adjacent lines hold only one."""
    single = several = 0
    for run in re.finditer(f"{TEXT}+", draft.signature):
        sentences = sum(form_of(draft.lines[at]) in SENTENCE + LABEL for at in range(*run.span()))
        single += sentences == 1
        several += sentences > 1
    return single >= SINGLE_SHARE * (single + several)


def _runs(kinds: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the first line, and the line after the last, of each run of lines of text that touch."""
    at = 0
    while at < len(kinds):
        start = at
        while at < len(kinds) and kinds[at] == TEXT:
            at += 1
        if at - start >= FEWEST_ITEMS:
            yield start, at
        at = max(at, start + 1)


def _lists(lines: Sequence[str], start: int, end: int, paragraphs_end: bool) -> Iterator[tuple[int, int, bool]]:
    """Yield the first item of each list in a run of lines, the line after its last one, and whether a line above
    introduces it."""
    if any("\t" in lines[at] for at in range(start, end)):
        return
    above = next((lines[at] for at in range(start - 1, -1, -1) if lines[at].strip()), "")
    has_lead_in = above.rstrip().endswith(LEAD_IN)
    kinds = "".join(map(form_of, lines[start:end]))
    if paragraphs_end and kinds.endswith(SENTENCE) and _is_paragraph_below(lines, end, kinds):
        kinds = f"{kinds[:-1]} "
    for stretch in re.finditer(r"[SL]+|P+", kinds):
        top, bottom = stretch.span()
        introduced = kinds[top - 1] == LEAD if top else has_lead_in
        if stretch[0][0] == SHORT:
            has_no_title = introduced or is_like(lines[start + top], lines[start + top + 1 : start + bottom])
            top, bottom = _items_among_titles(kinds, top, bottom, has_no_title)
        elif not (introduced or paragraphs_end or _is_apart(lines[start:end], kinds, stretch[0])):
            continue
        if bottom - top >= FEWEST_ITEMS:
            yield start + top, start + bottom, introduced


def _is_paragraph_below(lines: Sequence[str], end: int, kinds: str) -> bool:
    """Whether the last line of a run is a paragraph, not the last item of a list."""
    items = len(kinds[:-1]) - len(kinds[:-1].rstrip("SL"))
    if not items:
        return True
    widest = max(width_of(lines[at]) for at in range(end - 1 - items, end - 1))
    return width_of(lines[end - 1]) > WIDER * widest


def _is_apart(run: Sequence[str], kinds: str, stretch: str) -> bool:
    """Whether a whole run of lines consists of short items, in a text whose blank lines set off lists but not
    paragraphs."""
    return kinds == stretch and (LABEL in stretch or max(map(width_of, run)) <= LONG)


def _items_among_titles(kinds: str, top: int, bottom: int, has_no_title: bool) -> tuple[int, int]:
    """Return which of the short lines of a stretch are items: the first may be their title, the last the title of the
    text below."""
    length = bottom - top
    heads_text = bottom < len(kinds)
    if has_no_title:
        return (top, bottom - 1) if heads_text and length > FEWEST_ITEMS else (top, bottom)
    if length < UNTITLED:
        return top, top
    return top + 1, bottom - 1 if heads_text else bottom
