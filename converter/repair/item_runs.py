"""Lists whose marks are gone, in texts in which each block is one line: nothing but form and place shows them."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import takewhile

from converter.repair.lines import ends_sentence, width_of
from converter.repair.state import LONG, LONGEST_TITLE

LEAD_IN = (":", "：")
"""Marks at the end of a paragraph that introduces a list."""

LEAD, SENTENCE, LABEL, SHORT, PARAGRAPH, OTHER = "ISLPW|"
"""Form of a line: it introduces a list, ends a sentence, begins with a label, is like a title, is long, or no text."""

FEWEST, FEWEST_ALONE = 2, 3
"""A list below a lead-in has so many items at least, one without a lead-in so many."""

LONGEST_SENTENCE = 100
"""Columns of an item that nothing introduces; one-line paragraphs of news are longer."""

LONGER = 1.5
"""A last line this many times as wide as all items above it is the paragraph below them."""

CLAUSE = 5
"""Words that a lead-in to long items has at least; a salutation has fewer."""

WIDE = 25
"""Columns that short lines below a title have on average if they are items: those of menus and cells have fewer."""

TELLING, TELL = 40, 0.6
"""Columns from which on a line with a label says something, and the share of items that do: a field of a form or of a
configuration is shorter."""

LIKE = 0.75
"""The share of items that have the pattern of the line above them, if that is one of them."""

RECURRENT = 0.7
"""A run with no more different labels, to its lines, is part of a log or a talk: each item of a list has its own."""

_LABEL = re.compile(r"[^\s:：.!?]{1,40}(?: [^\s:：.!?]{1,40}){0,5}(?:: |：)(?=\S)")
_ENTRY = re.compile(r"[\[(<]?\d|[^\n]{0,40}?\d\d:\d\d:\d\d")
"""Start of an entry of a log: a date, a time or a number, or a time behind the name of a program."""
_OPENING = re.compile(r"[^\W\d_]+")
_WORDS = re.compile(r"[^\W\d_]+(?:[ '’-][^\W\d_]+)*")
_NUMBERS = re.compile(r"\d+")
_MARKED = re.compile(r"0|a *[^a ][^a]*a")
"""A number, or a mark between words."""
_SENTENCE_WORDS = (
    "the a an this that these those there it its he she they we i you my his her their our your who what when where"
    " why how if as in on at by for from with after before since while although because but and so or then however"
    " also no not one some many most all each every both let yes well"
    " der die das den dem ein eine einen es er sie wir ich ihr man dies diese dieser in im am auf für mit bei nach"
    " wenn als aber und auch so nur"
    " le la les l un une il elle ils elles on nous vous je ce cette ces c dans en au pour avec mais et si"
    " el los las lo una se yo él ella con por para pero y como si no al"
    " lo gli i uno io noi si nel con ma e o os as um uma eu ele ela nós na no não mas"
    " het een de ik hij zij wij we er dit dat van voor met maar"
)
_NARRATIVE = frozenset(_SENTENCE_WORDS.split())
"""Words with which a sentence of a text begins, and hardly an item."""


def form_of(line: str) -> str:
    """The form of a line of text, whatever its length."""
    if line.rstrip().endswith(LEAD_IN):
        return LEAD
    if _LABEL.match(line):
        return LABEL
    return SENTENCE if ends_sentence(line) or width_of(line) > LONGEST_TITLE else SHORT


def pattern_of(line: str) -> str:
    """The marks and places of numbers in a line, whatever its words are: `a, 0 a` of `Ann Miller, 60 years`; empty if
    it consists of words alone, perhaps with marks at its ends."""
    pattern = _NUMBERS.sub("0", _WORDS.sub("a", line.strip()))
    return pattern if _MARKED.search(pattern) else ""


def is_like(line: str, items: Sequence[str]) -> bool:
    """Whether most items have the pattern of a line above them, which is then no title but the first of them."""
    pattern = pattern_of(line)
    return pattern != "" and sum(pattern_of(item) == pattern for item in items) >= LIKE * len(items)


def lists_among(lines: Sequence[str], is_text: Sequence[bool], are_apart: bool) -> Iterator[tuple[int, int, float]]:
    """Yield the first item of each list, the line after its last one, and how sure it is, among the blocks of a text.

    Blank lines part the blocks if `are_apart`; lines that touch may be cells, so short ones are not items.
    """
    forms = "".join(_form(line) if text else OTHER for line, text in zip(lines, is_text, strict=True))
    labels = Counter(_label(line) for line, form in zip(lines, forms, strict=True) if form == LABEL)
    at = 0
    while at < len(lines):
        if forms[at] == LEAD:
            at += 1
            end, confidence = _introduced(lines, forms, at, are_apart), 0.85
        else:
            end, confidence = _alone(lines, forms, at, labels, are_apart), 0.75
            if end and forms[at] == SHORT and not is_like(lines[at], lines[at + 1 : end]):
                at += 1  # the title
        if end:
            yield at, end, confidence
        elif forms[at : at + 1] != LEAD:
            end = at + 1
        at = max(at, end)


def _form(line: str) -> str:
    form = form_of(line)
    return PARAGRAPH if form not in (LEAD, LABEL) and width_of(line) > LONG else form


def _label(line: str) -> str:
    return line.partition(":")[0]


def _span(forms: str, start: int, kinds: str) -> int:
    """The line after the last one of a run of lines of these forms, from line `start` on."""
    end = start
    while end < len(forms) and forms[end] in kinds:
        end += 1
    return end


def _introduced(lines: Sequence[str], forms: str, start: int, are_apart: bool) -> int:
    """The line after the last item below a lead-in; 0 if none are sure."""
    form = forms[start : start + 1]
    if form and _is_log(lines[start - 1], lines[start : _span(forms, start, form)], form):
        return 0
    return _alike(lines, forms, start, are_apart) or _unlike(lines, forms, start)


def _unlike(lines: Sequence[str], forms: str, start: int) -> int:
    """The line after the last item of a list of titles, labels and sentences, none of which a text begins with."""
    end = start
    while end < len(forms) and forms[end] in SHORT + SENTENCE + LABEL and not _is_narrative(lines[end]):
        end += 1
    end = _without_title(forms, start, end) if forms[start:end].endswith(SHORT) else end
    return end if end - start >= FEWEST_ALONE else 0


def _alike(lines: Sequence[str], forms: str, start: int, are_apart: bool) -> int:
    """The line after the last of the items of one form below a lead-in; 0 if none are sure."""
    end = start
    while end < len(lines) and forms[end] not in LEAD + OTHER and lines[end].lstrip()[:1].islower():
        end += 1
    if end - start >= (FEWEST_ALONE if SHORT in forms[start:end] else FEWEST):
        return end
    form = forms[start : start + 1]
    if form == SHORT and are_apart:
        end = _without_title(forms, start, _span(forms, start, SHORT))
        return end if end - start >= FEWEST_ALONE else 0
    if form == LABEL:
        end = _span(forms, start, LABEL)
        return end if end - start >= FEWEST else 0
    if form not in (SENTENCE, PARAGRAPH):
        return 0
    end = _span(forms, start, SENTENCE + PARAGRAPH if _is_clause(lines[start - 1]) else SENTENCE)
    items = start + sum(1 for _ in takewhile(lambda at: not _is_narrative(lines[at]), range(start, end)))
    items = _without_paragraph(lines, start, items)
    if items - start >= FEWEST:
        return items
    end = _span(forms, start, SENTENCE)
    return end if end - start >= FEWEST_ALONE else 0


def _is_log(lead_in: str, run: Sequence[str], form: str) -> bool:
    """Whether a run is part of a log: it begins with numbers, as its lead-in does, or with labels that recur."""
    if _ENTRY.match(lead_in):
        return 2 * sum(_ENTRY.match(line) is not None for line in run) > len(run)
    return form == LABEL and len(set(map(_label, run))) <= RECURRENT * len(run)


def _alone(lines: Sequence[str], forms: str, start: int, labels: Counter[str], are_apart: bool) -> int:
    """The line after the last item of a list that nothing introduces but perhaps a title; 0 if there is none."""
    form = forms[start]
    if start and forms[start - 1] == form:
        return 0
    end = _span(forms, start, form)
    if form == SHORT and are_apart:
        end = _without_title(forms, start + 1, end)
        if _is_log(lines[start], lines[start + 1 : end], form):
            return 0
        widths = [width_of(line) for line in lines[start + 1 : end]]
        is_sure = len(widths) >= FEWEST_ALONE and sum(widths) >= WIDE * len(widths)
        return end if is_sure and all(" " in line and line[0].isalnum() for line in lines[start + 1 : end]) else 0
    if end - start < FEWEST_ALONE:
        return 0
    run = lines[start:end]
    if _is_log(run[0], run, form):
        return 0
    if form == LABEL:
        telling = sum(ends_sentence(line) or width_of(line) >= TELLING for line in run)
        is_sure = all(labels[_label(line)] == 1 for line in run) and telling >= TELL * len(run)
        return end if is_sure else 0
    if form == SENTENCE:
        is_sure = not any(
            width_of(line) > LONGEST_SENTENCE or _is_narrative(line) or not line.lstrip()[:1].isalnum() for line in run
        )
        return end if is_sure else 0
    return 0


def _without_title(forms: str, start: int, end: int) -> int:
    """The end of a run of short lines, without the title of the text below."""
    return end - 1 if end - start > FEWEST and forms[end : end + 1] not in ("", OTHER) else end


def _without_paragraph(lines: Sequence[str], start: int, end: int) -> int:
    """The end of a list, without the paragraph below it, which is wider than any item."""
    while end - start > FEWEST and width_of(lines[end - 1]) > LONGER * max(map(width_of, lines[start : end - 1])):
        end -= 1
    return end


def _is_clause(lead_in: str) -> bool:
    """Whether a lead-in says more than a salutation does, so that paragraphs below it may be items."""
    return len(lead_in.split()) >= CLAUSE


def _is_narrative(line: str) -> bool:
    """Whether a line begins as a sentence of a text may; true for scripts of which no such words are listed."""
    opening = _OPENING.match(line.lstrip())
    return opening is None or opening[0].lower() in _NARRATIVE or "LATIN" not in unicodedata.name(opening[0][0], "")
