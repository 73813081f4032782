"""Lists right below a paragraph that CommonMark reads as part of it."""

from __future__ import annotations

import re

from converter.repair.draft import Draft
from converter.repair.headings.blocks import number_of
from converter.repair.lines import BLANK, BULLET, HEADING, INDENTED, ORDERED, TEXT, VERBATIM
from converter.repair.rule import FULL, rule

CODE_INDENT = 4
"""Indentation in columns from which on a line under a paragraph is part of it, whatever its first characters are."""
_UNDER_TEXT = re.compile(
    f"(?:(?<=[{BLANK}{HEADING}])|^){TEXT}++(?P<items>{BULLET}(?=[{INDENTED}]*+{BULLET})[{BULLET}{INDENTED}]++)"
)
"""A paragraph with two bullets or more under it."""
_UNDER_HEADING = re.compile(f"(?<={HEADING})(?P<items>[{BULLET}{VERBATIM}][{BULLET}{INDENTED}{VERBATIM}]++)")
_BULLET = re.compile(r"[-+*][ \t]+\S")


@rule("list_start", FULL, kinds=(TEXT + BULLET, HEADING + BULLET, HEADING + VERBATIM, TEXT + ORDERED))
def list_start(draft: Draft) -> None:
    """Only a list that starts with 1 may interrupt a paragraph (CommonMark 5.3); in a glued document where each
    paragraph is one line, a list that continues after an interruption may too. Bullets in a row right under a
    paragraph are a list however far they are indented."""
    _outdent_items(draft)
    if draft.state.one_line and not draft.state.spaced:
        for at, kind in enumerate(draft.kinds):
            is_glued = kind == ORDERED and at > 0 and draft.kinds[at - 1] == TEXT
            if is_glued and number_of(draft.lines[at]) != 1 and _counts_on(draft, at):
                draft.break_before("list_start", at, 0.95)


def _outdent_items(draft: Draft) -> None:
    """Remove the common indentation of the bullets under a paragraph or a heading, if it hides them."""
    for match in _UNDER_TEXT.finditer(draft.signature):
        if not draft.lines[match.start()][:1].isspace():
            _outdent(draft, *match.span("items"))
    for match in _UNDER_HEADING.finditer(draft.signature):
        start, end = match.span("items")
        first_indent = _indent(draft.lines[start])
        outer_lines = [line for line in draft.lines[start:end] if _indent(line) <= first_indent]
        if len(outer_lines) > 1 and all(_BULLET.match(line.lstrip()) for line in outer_lines):
            _outdent(draft, start, end)


def _outdent(draft: Draft, start: int, end: int) -> None:
    """Remove the first line's indentation from these lines, if none has less and it would make them code."""
    indents = [_indent(line) for line in draft.lines[start:end]]
    if indents[0] == min(indents) >= CODE_INDENT:
        for at in range(start, end):
            line = draft.lines[at].expandtabs(CODE_INDENT)[indents[0] :]
            draft.replace("list_start", at, line, 0.95)


def _indent(line: str) -> int:
    expanded = line.expandtabs(CODE_INDENT)
    return len(expanded) - len(expanded.lstrip(" "))


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
