"""What each block of a PDF's text is, by its form and place and by the blocks around it: a hidden Markov model.

`role_counts.json`, written by `python -m converter.training.roles`, says how often a role follows another one, and how
often blocks of each role have each form and place.
"""

from __future__ import annotations

import json
import re
from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import pairwise
from math import exp, log

from converter.repair.draft import Draft
from converter.repair.item_runs import LABEL, form_of, is_narrative
from converter.repair.lines import BLANK, ITEMS, TEXT, ends_sentence
from converter.repair.paragraphs import Paragraph, paragraphs_of
from converter.repair.print_margin import with_next_word
from converter.repair.print_width import print_width_of

PARAGRAPH, LEAD_IN, ITEM, TITLE, OTHER = ROLES = "PLITO"
"""Roles of blocks; a lead-in is a paragraph that ends with a colon, and cells and menus are something else."""
START, END = "^", "$"

WIDEST, FULL = (0.3, 0.5, 0.7, 0.85, 0.92, 0.95, 0.98, 1.01), (0.8, 0.92, 0.95, 0.97, 0.985, 1.0)
"""Limits of the classes of widths as shares of the margin: of a single line, and of the narrowest line of several with
the next word, which had no room there."""

BESIDE = 0.98
"""Share of the margin from which on a line is as wide as the text: its block is not set in."""

SIZES, WORDS = (2, 3, 5), (1, 2, 4, 7, 12, 20, 40)
"""Limits of the classes of lines and words of a block."""

WEIGHT = 0.7
"""Weight of a block's form and place: they depend on each other, so that all together say less than each by itself."""

SMOOTHING = 0.5
"""Added to each count."""

RECURRENT = "R"
"""Form of a line whose label recurs in the text: a field, not an item."""

_SENTENCES = re.compile(r"[^\W\d_)][.!?] [^\W\d_]")

Look = tuple[str, ...]
"""The form and place of a block: its kind, and for text its place, form, opening, words, gaps and sentences."""

Counts = Mapping[str, int]


def blocks_of(draft: Draft) -> tuple[list[Paragraph], list[Look]]:
    """The blocks of a draft whose margin is known, and the look of each."""
    blocks = list(paragraphs_of(draft))
    labels = Counter(_label(block.text) for block in blocks if form_of(block.text) == LABEL)
    gaps = [*(_has_gap_above(draft, block.start) for block in blocks), True]
    looks = [_look(draft, block, labels, *pair) for block, pair in zip(blocks, pairwise(gaps), strict=True)]
    return blocks, looks


def _label(text: str) -> str:
    return text.partition(":")[0]


def _has_gap_above(draft: Draft, at: int) -> bool:
    """Whether a block has a blank line above it that no rule inserted: that one has the number of the line above."""
    return at < 2 or (draft.kinds[at - 1] == BLANK and draft.numbers[at - 1] != draft.numbers[at - 2])


def _look(draft: Draft, block: Paragraph, labels: Mapping[str, int], gap_above: bool, gap_below: bool) -> Look:
    text, kind = block.text, draft.kinds[block.start]
    if kind in ITEMS:
        return ("item",)
    if kind != TEXT or "  " in text:
        return ("other",)
    form = form_of(text)
    if form == LABEL and labels[_label(text)] > 1:
        form = RECURRENT
    first = text[:1]
    opening = "?"
    if first.isalpha():
        opening = "a" if first.islower() else "n" if is_narrative(text) else "A"
    elif first.isdigit():
        opening = "0"
    return (
        "text",
        _place([line.strip() for line in draft.lines[block.start : block.end]], draft.state.print_margin),
        f"{form}{int(ends_sentence(text))}",
        opening,
        str(bisect(WORDS, text.count(" ") + 1)),
        f"{int(gap_above)}{int(gap_below)}",
        str(min(2, len(_SENTENCES.findall(text)))),
    )


def _place(lines: Sequence[str], margin: float) -> str:
    """How wide a block is, and whether it breaks its lines before the margin."""
    width = max(map(print_width_of, lines)) / margin
    if len(lines) == 1:
        return f"1 {bisect(WIDEST, width)}"
    size = bisect(SIZES, len(lines))
    if width > BESIDE:
        return f"{size + 1} beside"
    return f"{size + 1} {bisect(FULL, _narrowest(lines) / margin)}"


def _narrowest(lines: Sequence[str]) -> float:
    """The least width of a line together with the first word of the next one, which had no room on it."""
    return min(print_width_of(with_next_word(above, below)) for above, below in pairwise(lines))


def is_set_in(look: Look) -> bool:
    """Whether a block breaks its lines before the margin, though the next word had room."""
    return look[0] == "text" and look[1][0] != "1" and look[1][2:] in ("1", "2", "3", "4", "5")


class Model:
    """The logarithms of how likely looks and sequences of roles are."""

    def __init__(self, follows: Mapping[str, Counts], looks: Mapping[str, Mapping[str, Counts]]) -> None:
        self._follows = {above: _logarithms(follows.get(above, {}), (*ROLES, END)) for above in (START, *ROLES)}
        self._tables: list[dict[str, dict[str, float]]] = []
        for table in looks.values():
            values = sorted({value for counts in table.values() for value in counts} | {""})
            self._tables.append({role: _logarithms(table.get(role, {}), values) for role in ROLES})

    def _bits(self, look: Look, role: str) -> float:
        kind, *signs = (
            table[role].get(value, table[role][""]) for table, value in zip(self._tables, look, strict=False)
        )
        return kind + WEIGHT * sum(signs)

    def chances(self, looks: Sequence[Look], role: str) -> list[float]:
        """The probability of a role for each block, given all blocks."""
        if not looks:
            return []
        signs = [[self._bits(look, each) for each in ROLES] for look in looks]
        ahead = [[self._follows[START][each] + sign for each, sign in zip(ROLES, signs[0], strict=True)]]
        for row in signs[1:]:
            above = ahead[-1]
            ahead.append(
                [
                    sign + _sum(total + self._follows[upper][each] for upper, total in zip(ROLES, above, strict=True))
                    for each, sign in zip(ROLES, row, strict=True)
                ]
            )
        behind = [[self._follows[each][END] for each in ROLES]]
        for row in reversed(signs[1:]):
            totals = [sign + total for sign, total in zip(row, behind[-1], strict=True)]
            behind.append(
                [
                    _sum(self._follows[each][lower] + total for lower, total in zip(ROLES, totals, strict=True))
                    for each in ROLES
                ]
            )
        place = ROLES.index(role)
        chances = []
        for upper, lower in zip(ahead, reversed(behind), strict=True):
            totals = [each + other for each, other in zip(upper, lower, strict=True)]
            chances.append(exp(totals[place] - _sum(totals)))
        return chances


def _logarithms(counts: Counts, values: Sequence[str]) -> dict[str, float]:
    total = sum(counts.values()) + SMOOTHING * len(values)
    return {value: log((counts.get(value, 0) + SMOOTHING) / total) for value in values}


def _sum(terms: Iterator[float] | Sequence[float]) -> float:
    """The logarithm of a sum of terms, each given by its logarithm."""
    terms = list(terms)
    most = max(terms)
    return most + log(sum(exp(term - most) for term in terms))


@cache
def model() -> Model:
    """The model that is shipped."""
    text = resources.files(__package__).joinpath("role_counts.json").read_text(encoding="utf-8")
    return Model(**json.loads(text))
