"""`##Heading` without the space that CommonMark requires."""

from __future__ import annotations

import re

from converter.repair.draft import Draft
from converter.repair.lines import HEADING, TEXT
from converter.repair.rule import FULL, rule

_TIGHT_START = re.compile(r"\n {0,3}#+[^# \t\n]")
"""Start of such a line, to skip documents that have none."""
_TIGHT_HEADING = re.compile(r" {0,3}(#{1,6})(?=[^\W_]|[*_`\[\"“«（「])(.*\S)")
_HASHTAG = re.compile(r"(?:^|\s)#[^\W\d]\w*")


@rule("heading_space", FULL)
def heading_space(draft: Draft) -> None:
    """`##Heading` is read as `## Heading`, below a line of text only if it begins with no small letter (`##x` is a
    comment there); a single `#` only before a title of several words that are not hashtags."""
    if not any(map(_TIGHT_START.search, draft.texts())):
        return
    for at, kind in enumerate(draft.kinds):
        if kind != TEXT or "#" not in draft.lines[at][:4] or (match := _TIGHT_HEADING.match(draft.lines[at])) is None:
            continue
        marks, title = match.groups()
        is_alone = draft.has_gap_above(at) and (at + 1 == len(draft.lines) or draft.kinds[at + 1] != TEXT)
        if len(marks) == 1 and not (is_alone and _is_title(title, draft.lines[at])):
            continue
        if title[0].islower() and at and draft.kinds[at - 1] == TEXT:
            continue
        draft.replace("heading_space", at, f"{marks} {title}", 0.97 if len(marks) > 1 else 0.8, HEADING)


def _is_title(title: str, line: str) -> bool:
    return " " in title and not title[0].isdigit() and not title[0].islower() and len(_HASHTAG.findall(line)) < 2
