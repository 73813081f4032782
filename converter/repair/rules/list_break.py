"""A paragraph glued to the list above it, which CommonMark reads as the last item's lazy continuation."""

from __future__ import annotations

from collections.abc import Container, Sequence

from converter.repair.draft import Draft
from converter.repair.lines import FOOTNOTE, IMAGE, INDENTED, ITEMS, REFERENCE, TEXT, ends_sentence, width_of
from converter.repair.rule import FULL, rule
from converter.repair.rules.doubled_lines import Joint, is_full, right_margin
from converter.repair.state import LONG

_JOINS = frozenset((TEXT, IMAGE, FOOTNOTE, REFERENCE))

_FEW = 3
"""Fewer items that continue in lower case below a full line do not show that items were wrapped."""


@rule("list_break", FULL)
def list_break(draft: Draft) -> None:
    """Where each paragraph is one line, a line of text right under a list item is a paragraph, not part of the item.

    In text that is or may be wrapped, the line stays as CommonMark reads it; so does the rest of an item that was
    wrapped although paragraphs were not.
    """
    if not draft.state.one_line:
        return
    in_list, wrapped_lines = False, wrapped_items(draft)
    for at, kind in enumerate(draft.kinds):
        if kind in _JOINS and in_list and at not in wrapped_lines and not draft.lines[at].startswith((" ", "\t")):
            above, line = draft.lines[at - 1], draft.lines[at]
            if not above.endswith(("  ", "\\")) and (not draft.state.spaced or _stands_alone(above, line)):
                draft.break_before("list_break", at, 0.97)
        in_list = kind in ITEMS or at in wrapped_lines or (in_list and kind == INDENTED)


def _stands_alone(above: str, line: str) -> bool:
    """Whether a line looks like a sentence after a finished item; needed where blank lines separate paragraphs."""
    return ends_sentence(above) and line[0].isalpha() and not line[0].islower() and width_of(line) > 60


def wrapped_items(draft: Draft) -> frozenset[int]:
    """The unindented lines onto which a list item was wrapped, in a text whose paragraphs are one line each."""
    kinds, lines = draft.kinds, draft.lines
    joints, in_item = [], False
    for at in range(1, len(kinds)):
        in_item = kinds[at - 1] in ITEMS or (in_item and kinds[at - 1] == TEXT)
        if in_item and kinds[at] == TEXT and not lines[at][:1].isspace():
            joints.append((at - 1, at))
    return continuations(draft, joints, ITEMS)


def continuations(draft: Draft, joints: Sequence[Joint], starts: Container[str]) -> frozenset[int]:
    """The lower lines of joints at which a block was wrapped that starts with a line of one of the kinds `starts`.

    The margin comes from the lines that continue in lower case: nearly all of them must be full. A full line then
    continues below if its sentence has not ended or the next line begins in lower case.
    """
    kinds, lines = draft.kinds, draft.lines
    lower_joints = [
        (above, at) for above, at in joints if lines[at].lstrip()[:1].islower() and not ends_sentence(lines[above])
    ]
    if len({at - 1 for above, at in lower_joints if kinds[above] in starts}) < _FEW:
        return frozenset()
    margin = right_margin(lines, lower_joints)
    if not margin:
        return frozenset()
    wrapped_lines: set[int] = set()
    for above, at in joints:
        is_inside = kinds[above] in starts or above in wrapped_lines
        if is_inside and is_full(lines, (above, at), margin) and _continues(lines[above], lines[at], margin):
            wrapped_lines.add(at)
    return frozenset(wrapped_lines)


def _continues(above: str, line: str, margin: int) -> bool:
    """Whether a line continues the sentence above it: with a capital only within the margin, and never as a label."""
    if _begins_lower(line):
        return width_of(line) <= LONG
    is_label = line.startswith("**") or line.endswith((":", ":**"))
    return not ends_sentence(above) and not is_label and max(width_of(above), width_of(line)) <= margin


def _begins_lower(line: str) -> bool:
    return line.lstrip()[:1].islower()
