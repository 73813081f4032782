"""Lines of one paragraph that a PDF reader parts by blank lines."""

from __future__ import annotations

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, TEXT, ends_sentence
from converter.repair.print_margin import is_open, with_next_word
from converter.repair.print_width import print_width_of
from converter.repair.rule import FULL, rule

PART = 0.75
"""The share of the margin from which on a line whose sentence goes on in lower case is no cell or column beside it."""

FULL_LINE = 1.02
"""The share of the margin that a full line exceeds with the next word on it, where that begins with a capital."""

WIDEST = 1.05
"""A line that is wider than this share of the margin stands outside of the text."""


@rule("line_gaps", FULL)
def line_gaps(draft: Draft) -> None:
    """In text from a PDF, a blank line between two lines is removed if the upper one is full and its sentence goes
    on below."""
    margin = draft.state.print_margin
    if not margin or not draft.state.paged:
        return
    for at in range(len(draft.lines) - 2):
        if draft.kinds[at] == TEXT == draft.kinds[at + 2] and draft.kinds[at + 1] == BLANK:
            above, below = draft.lines[at], draft.lines[at + 2]
            if goes_on(above, below, margin):
                draft.note("line_gaps", at, at + 2, f"{above}\n\n{below}", f"{above}\n{below}", 0.85)
                draft.drop(at + 1)


def goes_on(above: str, below: str, margin: float) -> bool:
    """Whether a line is full, or most of the margin wide, and its sentence goes on below."""
    width = print_width_of(above.strip())
    if ends_sentence(above) or width < PART * margin or width > WIDEST * margin:
        return False
    return is_open(above, below) or print_width_of(with_next_word(above, below)) > FULL_LINE * margin
