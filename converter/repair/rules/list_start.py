"""An ordered list that continues with 2, 3, ... right under a paragraph."""

from __future__ import annotations

from converter.repair.draft import Draft
from converter.repair.headings.blocks import number_of
from converter.repair.lines import ORDERED, TEXT
from converter.repair.rule import FULL, rule


@rule("list_start", FULL)
def list_start(draft: Draft) -> None:
    """Only a list that starts with 1 may interrupt a paragraph (CommonMark 5.3); in a glued document where each
    paragraph is one line, a list that continues after an interruption may too."""
    if draft.state.one_line and not draft.state.spaced:
        for at, kind in enumerate(draft.kinds):
            is_glued = kind == ORDERED and at > 0 and draft.kinds[at - 1] == TEXT
            if is_glued and number_of(draft.lines[at]) != 1 and _counts_on(draft, at):
                draft.break_before("list_start", at, 0.95)


def _counts_on(draft: Draft, at: int) -> bool:
    """Whether a neighbouring item has the preceding or the following number."""
    number = number_of(draft.lines[at]) or 0
    below = at + 1 < len(draft.lines) and number_of(draft.lines[at + 1]) == number + 1
    if below:
        return True
    for above in range(at - 2, -1, -1):
        if draft.kinds[above] == ORDERED:
            return number_of(draft.lines[above]) == number - 1
    return False
