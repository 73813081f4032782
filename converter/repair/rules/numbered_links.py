"""Links that a text browser numbers: `[12]` before their text, and a list of addresses at the end."""

from __future__ import annotations

import re
from collections.abc import Mapping

from converter.expressions import expression
from converter.repair.draft import LINES, Draft
from converter.repair.lines import BLANK, INDENTED, ORDERED, REFERENCE, TEXT, VERBATIM
from converter.repair.rule import FULL, rule

FEWEST_ADDRESSES = 3
"""Fewer addresses may be an ordinary list."""

MARKED = 0.5
"""Minimum share of the addresses whose number is in the text above."""

LEADING = 0.6
"""Minimum share of the numbers that are right before a text; the number of a citation follows its text."""

_ADDRESS = expression(r"[ \t]*(\d{1,4})\.[ \t]+([a-z][a-z0-9+.-]{1,15}:\S+)[ \t]*$", re.IGNORECASE)
_MARK = re.compile(r"\[(\d{1,4})\](?![\[(:])")
_MARK_BEFORE_TEXT = re.compile(r"(?<![^\s(*\"“'|])\[\d{1,4}\](?=[^\s\[(:.,;)\]])")
_LABEL = re.compile(r"\s*(?:(?:Visible|Hidden) links|References|Links):?\s*$", re.IGNORECASE)


@rule("numbered_links", FULL, signs=("[",), trigger=LINES)
def numbered_links(draft: Draft) -> None:
    """A number in brackets that refers to a list of addresses at the end is a link to its address, whose text is
    unknown; the addresses are definitions, not items."""
    addresses = _addresses(draft)
    if len(addresses) < FEWEST_ADDRESSES:
        return
    top = min(addresses)
    targets = {int(match[1]): match[2] for match in addresses.values()}
    marks = [int(mark) for line in draft.lines[:top] if "[" in line for mark in _MARK.findall(line)]
    leading_marks = sum(len(_MARK_BEFORE_TEXT.findall(line)) for line in draft.lines[:top] if "[" in line)
    if len(targets.keys() & set(marks)) < MARKED * len(targets) or leading_marks < LEADING * len(marks):
        return
    for at in range(top):
        line = draft.lines[at]
        if "[" in line and draft.kinds[at] != VERBATIM:
            linked = _MARK.sub(lambda match: _link(match, targets), line)
            if linked != line:
                draft.replace("numbered_links", at, linked, 0.95, _kind(draft, at))
    for at, match in addresses.items():
        draft.replace("numbered_links", at, f"[{match[1]}]: {match[2]}", 0.95, REFERENCE)
    draft.break_before("numbered_links", top, 0.95)


def _addresses(draft: Draft) -> Mapping[int, re.Match[str]]:
    """Return the lines of the list of addresses that ends a document, blank lines and labels between them aside."""
    addresses: dict[int, re.Match[str]] = {}
    for at in range(len(draft.lines) - 1, -1, -1):
        line = draft.lines[at]
        if match := _ADDRESS.match(line) if draft.kinds[at] in (ORDERED, INDENTED, VERBATIM) else None:
            addresses[at] = match
        elif draft.kinds[at] != BLANK and not _LABEL.match(line):
            break
    return addresses


def _link(match: re.Match[str], targets: Mapping[int, str]) -> str:
    target = targets.get(int(match[1]))
    return match[0] if target is None else f"[](<{target}>)"


def _kind(draft: Draft, at: int) -> str:
    return draft.kinds[at] if draft.kinds[at] != REFERENCE else TEXT
