"""Lists that lost their marks, in texts in which each block is one line: only form and place reveal them."""

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

CHECK_BOXES = ("[ ]", "[x]", "[X]")
"""Starts of the items of a list of tasks."""

LEAD, SENTENCE, LABEL, SHORT, PARAGRAPH, OTHER = "ISLPW|"
"""Form of a line: it introduces a list, ends a sentence, begins with a label, looks like a title, is long, or is not
text."""

FEWEST_ITEMS, FEWEST_ALONE = 2, 3
"""Minimum number of items in a list below a lead-in, and in one without."""

LONGEST_SENTENCE = 100
"""Maximum columns of an item that nothing introduces; one-line paragraphs of news are longer."""

WIDER = 1.5
"""A last line this many times as wide as every item above it is a paragraph below the list."""

CLAUSE = 5
"""Minimum words of a lead-in to long items; a salutation has fewer."""

CLAUSE_WIDTH, LABEL_WIDTH = 60, 40
"""Columns from which on a lead-in is a whole clause, and columns in which a label ends."""

WIDE = 25
"""Minimum average columns of short lines below a title for them to be items: those of menus and cells are shorter."""

TELLING, TELL = 40, 0.6
"""Minimum columns of a labelled line that says something, and the minimum share of such items: the fields of forms and
configurations are shorter."""

LIKE = 0.75
"""Share of items with the same pattern as the line above them from which on that line is one of them."""

RECURRENT = 0.7
"""A run with at most this ratio of different labels to lines is part of a log or a talk: each item of a list has a
label of its own."""

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
"""Words that often begin the sentences of a text, but hardly ever an item."""

_NUMBER_WORDS = (
    "two zwei deux dos twee",
    "three drei trois tres drie",
    "four vier quatre cuatro",
    "five fünf cinq cinco vijf",
    "six sechs seis zes",
    "seven sieben siete zeven",
    "eight acht huit ocho",
    "nine neun neuf nueve negen",
)
_COUNTS = {word: count for count, words in enumerate(_NUMBER_WORDS, FEWEST_ITEMS) for word in words.split()}
"""Words of a lead-in that say how many items there are."""

_COMMON_OPENINGS = (
    "the a an this it he she they we i you and but or"
    " der die das ein eine er sie es wir ich und aber le la les un une il elle et mais el los las lo una y pero"
)
_COMMON = frozenset(_COMMON_OPENINGS.split())
"""Words with which several paragraphs of a text may begin in a row."""


def form_of(line: str) -> str:
    """The form of a line of text, regardless of its length."""
    if line.rstrip().endswith(LEAD_IN):
        return LEAD
    if _LABEL.match(line) or line.startswith(CHECK_BOXES):
        return LABEL
    return SENTENCE if ends_sentence(line) or width_of(line) > LONGEST_TITLE else SHORT


def has_label(line: str) -> bool:
    """Whether a line begins with a label, or with some words and a colon."""
    return ": " in line[:LABEL_WIDTH]


def pattern_of(line: str) -> str:
    """The marks and the places of numbers in a line, regardless of its words: `a, 0 a` for `Ann Miller, 60 years`.
    Empty if the line consists of words alone, perhaps with marks at its ends."""
    pattern = _NUMBERS.sub("0", _WORDS.sub("a", line.strip()))
    return pattern if _MARKED.search(pattern) else ""


def is_like(line: str, items: Sequence[str]) -> bool:
    """Whether most items have the pattern of the line above them, which is then the first item and not a title."""
    pattern = pattern_of(line)
    return pattern != "" and sum(pattern_of(item) == pattern for item in items) >= LIKE * len(items)


def lists_among(lines: Sequence[str], is_text: Sequence[bool], are_apart: bool) -> Iterator[tuple[int, int, bool]]:
    """Yield the first item of each list among the blocks of a text, the line after the last one, and whether a line
    above introduces it.

    Blank lines separate the blocks if `are_apart`; adjacent lines may be cells, so short ones are not items.
    """
    forms = "".join(_form(line) if text else OTHER for line, text in zip(lines, is_text, strict=True))
    labels = Counter(_label(line) for line, form in zip(lines, forms, strict=True) if form == LABEL)
    at = 0
    while at < len(lines):
        if forms[at] == LEAD:
            at += 1
            end, is_introduced = _end_below_lead_in(lines, forms, at, are_apart), True
        else:
            end, is_introduced = _end_without_lead_in(lines, forms, at, labels, are_apart), False
            if end and forms[at] == SHORT and not is_like(lines[at], lines[at + 1 : end]):
                at += 1  # the title
        if end:
            yield at, end, is_introduced
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


def _end_below_lead_in(lines: Sequence[str], forms: str, start: int, are_apart: bool) -> int:
    """The line after the last item below a lead-in; 0 if none are sure."""
    form = forms[start : start + 1]
    if form in LEAD + OTHER or _is_log(lines[start - 1], lines[start : _span(forms, start, form)], form):
        return 0
    return (
        _end_by_count(lines, forms, start)
        or _end_by_first_word(lines, forms, start)
        or _end_by_form(lines, forms, start, are_apart)
        or _end_of_mixed_items(lines, forms, start)
    )


def _end_by_count(lines: Sequence[str], forms: str, start: int) -> int:
    """The line after the last of as many items as the lead-in counts; 0 if these are not of one kind."""
    end = start + _count_in(lines[start - 1])
    return end if FEWEST_ITEMS <= end - start <= len(lines) - start and _are_of_one_kind(forms[start:end]) else 0


def _end_by_first_word(lines: Sequence[str], forms: str, start: int) -> int:
    """The line after the last of several items that begin with the same word, other than an article or a pronoun."""
    opening = _OPENING.match(lines[start]) if start < len(lines) else None
    if opening is None or opening[0].lower() in _COMMON:
        return 0
    end = start
    while end < len(lines) and forms[end] not in LEAD + OTHER and lines[end].startswith(f"{opening[0]} "):
        end += 1
    return end if end - start >= FEWEST_ITEMS and _are_of_one_kind(forms[start:end]) else 0


def _are_of_one_kind(forms: str) -> bool:
    """Whether lines are all like titles, or all sentences and paragraphs; labels go with both."""
    return set(forms) <= {SHORT, LABEL} or set(forms) <= {SENTENCE, LABEL, PARAGRAPH}


def _count_in(lead_in: str) -> int:
    """The number of items of which the last sentence of a lead-in speaks; 0 if it has no number, or several."""
    words = lead_in.lower().rstrip(": ").rpartition(". ")[2].split()
    counts = [_COUNTS[word] for word in words if word in _COUNTS]
    return counts[0] if len(counts) == 1 else 0


def _end_of_mixed_items(lines: Sequence[str], forms: str, start: int) -> int:
    """The line after the last item of a list of titles, labels and sentences, none of which begins like running
    text."""
    end = start
    while end < len(forms) and forms[end] in SHORT + SENTENCE + LABEL and not is_narrative(lines[end]):
        end += 1
    end = _without_title(forms, start, end) if forms[start:end].endswith(SHORT) else end
    return end if end - start >= FEWEST_ALONE else 0


def _end_by_form(lines: Sequence[str], forms: str, start: int, are_apart: bool) -> int:
    """The line after the last of the items of one form below a lead-in; 0 if none are sure."""
    end = start
    while end < len(lines) and forms[end] not in LEAD + OTHER and lines[end].lstrip()[:1].islower():
        end += 1
    if end - start >= (FEWEST_ALONE if SHORT in forms[start:end] else FEWEST_ITEMS):
        return end
    form = forms[start : start + 1]
    if form == SHORT and are_apart:
        end = _without_title(forms, start, _span(forms, start, SHORT))
        return end if end - start >= FEWEST_ALONE else 0
    if form == LABEL:
        end = _span(forms, start, LABEL)
        return end if end - start >= FEWEST_ITEMS else 0
    if form not in (SENTENCE, PARAGRAPH):
        return 0
    end = _span(forms, start, SENTENCE + PARAGRAPH if _is_clause(lines[start - 1]) else SENTENCE)
    items = start + sum(1 for _ in takewhile(lambda at: not is_narrative(lines[at]), range(start, end)))
    items = _without_paragraph(lines, start, items)
    if items - start >= FEWEST_ITEMS:
        return items
    end = _span(forms, start, SENTENCE)
    return end if end - start >= FEWEST_ALONE else 0


def _is_log(lead_in: str, run: Sequence[str], form: str) -> bool:
    """Whether a run is part of a log: it begins with numbers, as its lead-in does, or with labels that recur."""
    if _ENTRY.match(lead_in):
        return 2 * sum(_ENTRY.match(line) is not None for line in run) > len(run)
    return form == LABEL and len(set(map(_label, run))) <= RECURRENT * len(run)


def _end_without_lead_in(lines: Sequence[str], forms: str, start: int, labels: Counter[str], are_apart: bool) -> int:
    """The line after the last item of a list that nothing but perhaps a title introduces; 0 if there is none."""
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
            width_of(line) > LONGEST_SENTENCE or is_narrative(line) or not line.lstrip()[:1].isalnum() for line in run
        )
        return end if is_sure else 0
    return 0


def _without_title(forms: str, start: int, end: int) -> int:
    """The end of a run of short lines, without the title of the text below."""
    return end - 1 if end - start > FEWEST_ITEMS and forms[end : end + 1] not in ("", OTHER) else end


def _without_paragraph(lines: Sequence[str], start: int, end: int) -> int:
    """The end of a list, without the paragraph below it, which is wider than any item."""
    while end - start > FEWEST_ITEMS and width_of(lines[end - 1]) > WIDER * max(map(width_of, lines[start : end - 1])):
        end -= 1
    return end


def _is_clause(lead_in: str) -> bool:
    """Whether a lead-in says more than a salutation, so that the paragraphs below it may be items."""
    return len(lead_in.split()) >= CLAUSE


def is_narrative(line: str) -> bool:
    """Whether a line may begin as a sentence of a text; true for scripts without a list of such words."""
    opening = _OPENING.match(line.lstrip())
    return opening is None or opening[0].lower() in _NARRATIVE or "LATIN" not in unicodedata.name(opening[0][0], "")
