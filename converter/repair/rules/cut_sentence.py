"""Sentences that were cut where a link, emphasis or code begins and ends, as `get_text` cuts them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import mode

from converter.repair.cuts import has_cuts, has_gaps, join
from converter.repair.draft import Draft
from converter.repair.joint_evidence import chances_of
from converter.repair.lines import BLANK, DEFINITION, QUOTE, TEXT
from converter.repair.rule import FULL, rule

LEAST_CHANCE = 0.5
"""Minimum probability that a line continues the one above."""

TOUCHING = 20.0
"""Factor of the odds of two lines that touch, where blank lines part the blocks."""

_KINDS = frozenset((TEXT, DEFINITION, QUOTE))


@rule("cut_sentence", FULL)
def cut_sentence(draft: Draft) -> None:
    """In a text in which lines begin with a comma, a full stop or another mark that only continues a sentence, or end
    with an article or a preposition, each line is joined to the sentence that it belongs to: learned weights say
    whether it continues the line above. Where blank lines part the blocks of such a text, only lines that touch are
    joined, and where they part all lines, any."""
    state = draft.state
    if state.headings == "marked" or state.is_print or state.is_narrowed or not has_cuts(draft):
        return
    places = [at for at, kind in enumerate(draft.kinds) if kind != BLANK]
    touching = sum(below == above + 1 for above, below in pairwise(places))
    is_apart = has_gaps(state) and 0 < touching < len(places) - 1
    factor = TOUCHING if is_apart else 1.0
    repair_count = len(draft.repairs)
    for run in _runs(draft, places):
        texts = [draft.lines[at].strip() for at in run]
        chances = [
            chance * factor / (1 - chance + chance * factor) if below == above + 1 or not touching else 0.0
            for chance, (above, below) in zip(chances_of(texts), pairwise(run), strict=True)
        ]
        _join_lines(draft, run, texts, chances)
    if is_apart and len(draft.repairs) > repair_count:
        _narrow_gaps(draft, places)


def _narrow_gaps(draft: Draft, places: Sequence[int]) -> None:
    """Leave blank lines only where several texts of white space stand between two lines.

    Each of these is as many blank lines as most gaps have, because a paragraph has one around it.
    """
    gaps = [(above, below) for above, below in pairwise(places) if below > above + 1]
    lines_of_text = mode(below - above - 1 for above, below in gaps)
    for above, below in gaps:
        rest = max(0, (below - above - 1) // lines_of_text - 1)
        before, after = draft.lines[above], draft.lines[below]
        draft.note(
            "cut_sentence",
            above,
            below,
            "\n".join(draft.lines[above : below + 1]),
            before + "\n" * (rest + 1) + after,
            0.9,
        )
        for at in range(above + 1 + rest, below):
            draft.drop(at)
    draft.state = replace(draft.state, is_narrowed=True)


def _runs(draft: Draft, places: Sequence[int]) -> Iterator[list[int]]:
    """Yield the lines of each stretch of text."""
    run: list[int] = []
    for at in places:
        if draft.kinds[at] in _KINDS:
            run.append(at)
            continue
        if len(run) > 1:
            yield run
        run = []
    if len(run) > 1:
        yield run


def _join_lines(draft: Draft, run: Sequence[int], texts: Sequence[str], chances: Sequence[float]) -> None:
    """Join each line of a run to the one above if it is likely to continue it."""
    start = 0
    for end in range(1, len(run) + 1):
        if end < len(run) and chances[end - 1] >= LEAST_CHANCE:
            continue
        if end - start > 1:
            confidence = round(min(chances[start : end - 1]), 2)
            new_lines = {run[start]: [join(texts[start:end])]}
            draft.rewrite("cut_sentence", run[start], run[end - 1] + 1, new_lines, confidence)
        start = end
