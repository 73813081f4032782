"""A paragraph glued to the list above it, which CommonMark reads as the last item's lazy continuation."""

from __future__ import annotations

from converter.repair.draft import Draft
from converter.repair.lines import FOOTNOTE, IMAGE, INDENTED, ITEMS, REFERENCE, TEXT, ends_sentence, width_of
from converter.repair.rule import FULL, rule

_JOINS = frozenset((TEXT, IMAGE, FOOTNOTE, REFERENCE))


@rule("list_break", FULL)
def RULE(draft: Draft) -> None:
    """Where each paragraph is one line, a line of text right under a list item is a paragraph, not part of the item.

    In text that is wrapped, or that may be, the line stays what CommonMark makes of it.
    """
    if not draft.state.one_line:
        return
    in_list = False
    for at, kind in enumerate(draft.kinds):
        if kind in _JOINS and in_list and not draft.lines[at].startswith((" ", "\t")):
            above, line = draft.lines[at - 1], draft.lines[at]
            if not above.endswith(("  ", "\\")) and (not draft.state.spaced or _stands_alone(above, line)):
                draft.break_before("list_break", at, 0.97)
        in_list = kind in ITEMS or (in_list and kind == INDENTED)


def _stands_alone(above: str, line: str) -> bool:
    """Where blank lines part other paragraphs, a glued one must look like a sentence after a finished item."""
    return ends_sentence(above) and line[0].isalpha() and not line[0].islower() and width_of(line) > 60
