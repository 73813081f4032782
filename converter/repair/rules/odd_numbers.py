"""List numbers in parentheses, `(1)`, which CommonMark does not recognize."""

from __future__ import annotations

import re

from converter.repair.draft import Draft
from converter.repair.lines import ODD_ITEM, ORDERED
from converter.repair.rule import FULL, rule

_NUMBERED = re.compile(r"([ \t]*)\((\d{1,3})\)[\s\xa0]+")


@rule("odd_number", FULL)
def odd_numbers(draft: Draft) -> None:
    """A run of lines `(1) ...`, `(2) ...` that counts up is read as an ordered list, `1) ...`, `2) ...`."""
    if ODD_ITEM not in draft.kinds:
        return
    run: list[int] = []
    for at in range(len(draft.lines) + 1):
        match = _NUMBERED.match(draft.lines[at]) if at < len(draft.lines) and draft.kinds[at] == ODD_ITEM else None
        if match and int(match[2]) == (len(run) + 1):
            run.append(at)
            continue
        if at < len(draft.lines) and run and not draft.lines[at].strip():
            continue
        _close(draft, run)
        run = [at] if match and match[2] == "1" else []
        if match and not run:
            draft.kinds[at] = draft.plain_kind(at)


def _close(draft: Draft, run: list[int]) -> None:
    for at in run:
        if len(run) > 1 and (match := _NUMBERED.match(draft.lines[at])):
            line = f"{match[1]}{match[2]}) {draft.lines[at][match.end() :]}"
            draft.replace("odd_number", at, line, 0.97, ORDERED)
        else:
            draft.kinds[at] = draft.plain_kind(at)
