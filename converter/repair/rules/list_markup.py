"""List items that lost their marks in text that keeps the white space of the page's markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from converter.repair.draft import Draft
from converter.repair.item_runs import FEWEST_ITEMS, LABEL, LEAD, SENTENCE, SHORT, form_of
from converter.repair.lines import BLANK, BULLET, TEXT, width_of
from converter.repair.rule import FULL, rule

FEWEST_SHORT = 3
"""Adjacent short lines that are a list anywhere."""

WIDER = 2
"""A sentence this many times as wide as the line above it is a paragraph below its title."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Lines that touch: the first one, the line after the last one, and the forms of all."""

    start: int
    end: int
    forms: str


@rule("list_markup", FULL)
def list_markup(draft: Draft) -> None:
    """In text that keeps the white space of a page's markup, where paragraphs touch and blank lines are only around
    lists and tables, the lines between two blank lines are a list, unless they follow one."""
    if not draft.state.markup:
        return
    for run, confidence in _lists(draft, list(_runs(draft))):
        for at in range(run.start, run.end):
            draft.replace("list_markup", at, f"- {draft.lines[at].strip()}", confidence, BULLET)


def _runs(draft: Draft) -> Iterator[_Run]:
    at, kinds = 0, draft.kinds
    while at < len(kinds):
        start = at
        while at < len(kinds) and kinds[at] != BLANK:
            at += 1
        if at > start:
            is_text = all(kind == TEXT for kind in kinds[start:at])
            yield _Run(start, at, "".join(map(form_of, draft.lines[start:at])) if is_text else "")
        at += 1


def _lists(draft: Draft, runs: Sequence[_Run]) -> Iterator[tuple[_Run, float]]:
    """Yield the runs of lines that are lists, and how sure that is."""
    is_below_text = False
    for above, run in pairwise(runs):
        is_apart = run.start - above.end > 1  # a table, a figure or another part of the page
        if is_apart or not above.forms:
            is_below_text = False
        is_introduced = not is_apart and above.forms.endswith(LEAD)
        is_menu = len(run.forms) >= FEWEST_SHORT and {*run.forms} == {SHORT}
        is_list = is_menu or (bool(run.forms) and (is_introduced or is_below_text) and not _is_text(draft.lines, run))
        if is_list and len(run.forms) >= FEWEST_ITEMS:
            yield run, 0.9 if is_introduced else 0.8
        is_below_text = not is_list


def _is_text(lines: Sequence[str], run: _Run) -> bool:
    """Whether lines are titles and paragraphs: the last one introduces a list, or a long one is below a title."""
    return run.forms.endswith(LEAD) or any(
        upper == SHORT and lower in SENTENCE + LABEL and width_of(lines[at + 1]) > WIDER * width_of(lines[at])
        for at, (upper, lower) in enumerate(pairwise(run.forms), run.start)
        if at == run.start or run.forms[at - 1 - run.start] != SHORT
    )
