"""List numbers in parentheses, `(1)`, which CommonMark does not recognize."""

from __future__ import annotations

import re
from collections.abc import Sequence

from converter.repair.draft import Draft
from converter.repair.lines import HEADING, ODD_ITEM, ORDERED, TEXT
from converter.repair.rule import FULL, rule

_NUMBERED = re.compile(r"([ \t]*)\((\d{1,3})\)[\s\xa0]+")
_ENDS = (".", ":", ";", ",", "!", "?", "。", "：", "；", "，")
"""Marks that end the block above an item without a blank line."""


@rule("odd_number", FULL, kinds=(ODD_ITEM,))
def odd_numbers(draft: Draft) -> None:
    """A run of lines `(1) ...`, `(2) ...` that counts up is read as an ordered list, `1) ...`, `2) ...`; as a whole, or
    not at all if a paragraph is between its items."""
    run: list[int] = []
    is_whole, is_interrupted = True, False
    for at, (kind, line) in enumerate(zip(draft.kinds, draft.lines, strict=True)):
        match = _NUMBERED.match(line) if kind == ODD_ITEM else None
        number = int(match[2]) if match and _begins_block(draft, at) else 0
        if number and number == len(run) + 1:
            is_whole = is_whole and not is_interrupted
            run.append(at)
        elif number == 1 or kind == HEADING:
            _close(draft, run, is_whole)
            run, is_whole, is_interrupted = [at] if number else [], True, False
        elif match:
            draft.set_kind(at, draft.plain_kind(at))
        elif run and kind == TEXT and draft.has_gap_above(at):
            is_interrupted = True
    _close(draft, run, is_whole)


def _begins_block(draft: Draft, at: int) -> bool:
    """Whether an item is not part of a paragraph; `(1)` inside a sentence may be at the start of a line."""
    return draft.has_gap_above(at) or draft.kinds[at - 1] != TEXT or draft.lines[at - 1].rstrip().endswith(_ENDS)


def _close(draft: Draft, run: Sequence[int], is_whole: bool) -> None:
    for at in run:
        if is_whole and len(run) > 1 and (match := _NUMBERED.match(draft.lines[at])):
            line = f"{match[1]}{match[2]}) {draft.lines[at][match.end() :]}"
            draft.replace("odd_number", at, line, 0.97, ORDERED)
        else:
            draft.set_kind(at, draft.plain_kind(at))
