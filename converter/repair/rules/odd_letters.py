"""List items marked with letters, `a.` or `a)`, which CommonMark does not know."""

from __future__ import annotations

from string import ascii_lowercase

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, BULLET, TEXT
from converter.repair.rule import FULL, rule

_MARKS = tuple(f"{letter}{mark} " for letter in ascii_lowercase for mark in ".)")


@rule("odd_letter", FULL)
def RULE(draft: Draft) -> None:
    """A run of lines `a. ...`, `b. ...` that counts on from `a` is read as list items; letters stay in their text."""
    run: list[int] = []
    for at, kind in enumerate(draft.kinds):
        line = draft.lines[at]
        if kind == TEXT and line.startswith(_MARKS) and line[0] == ascii_lowercase[len(run) % 26]:
            run.append(at)
        elif kind == TEXT and line.startswith(_MARKS[:2]):
            _close(draft, run)
            run = [at]
        elif kind != BLANK:
            _close(draft, run)
            run = []
    _close(draft, run)


def _close(draft: Draft, run: list[int]) -> None:
    if len(run) > 1:
        for at in run:
            draft.replace("odd_letter", at, f"- {draft.lines[at]}", 0.95, BULLET)
