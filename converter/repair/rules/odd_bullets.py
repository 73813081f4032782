"""Bullets that CommonMark does not know: `•`, `‣`, `–`, emoji and the like."""

from __future__ import annotations

import re

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, BULLET, BULLETS, INDENTED, ODD_ITEM
from converter.repair.rule import FULL, rule

_ODD = re.compile(rf"([ \t]*)([{BULLETS}]\ufe0f?)[\s\xa0]+(?=\S)")
_SURE = frozenset("•‣◦∙⁃▪▫■□●○◆◇➢➤►▸▶➔")
"""These open a list item even where they stand alone; a dash or an emoji must come twice."""


@rule("odd_bullet", FULL)
def RULE(draft: Draft) -> None:
    """A line that begins with a bullet sign is read as a list item; an emoji or a check mark stays in its text."""
    if ODD_ITEM not in draft.kinds:
        return
    for at, kind in enumerate(draft.kinds):
        if kind != ODD_ITEM or (match := _ODD.match(draft.lines[at])) is None:
            continue
        mark = match[2]
        if _separates(draft, at, mark) or (mark not in _SURE and not _has_company(draft, at, mark)):
            draft.kinds[at] = draft.plain_kind(at)
            continue
        text = draft.lines[at][match.end() :] if mark in _SURE or mark in "·–—" else draft.lines[at][match.end(1) :]
        draft.replace("odd_bullet", at, f"{match[1]}- {text}", 0.99 if mark in _SURE else 0.95, BULLET)


def _separates(draft: Draft, at: int, mark: str) -> bool:
    """Whether the mark stands between words at the end of the line or in the line above: a wrapped `one • two`."""
    return any(f" {mark} " in f"{draft.original(row).strip()} " for row in (at - 1, at) if row >= 0)


def _has_company(draft: Draft, at: int, mark: str) -> bool:
    """Whether the next or the last line that is not blank begins with the same mark, or did before it was read anew."""
    for step in (-1, 1):
        near = at + step
        while 0 <= near < len(draft.lines) and draft.kinds[near] in (BLANK, INDENTED):
            near += step
        if 0 <= near < len(draft.lines) and draft.original(near).lstrip().startswith(mark):
            return True
    return False
