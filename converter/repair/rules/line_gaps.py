"""Blank lines that a PDF reader puts between the lines of a paragraph."""

from __future__ import annotations

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, TEXT, ends_sentence
from converter.repair.print_margin import continues_below, with_next_word
from converter.repair.print_width import print_width_of
from converter.repair.rule import FULL, rule

PART = 0.75
"""Minimum width, as a share of the margin, of a line that continues in lower case: narrower ones may be in a cell or a
column beside the text."""

FULL_LINE = 1.02
"""Width, as a share of the margin, that a full line exceeds with the next word, if that word is capitalized."""

WIDEST_SHARE = 1.05
"""Maximum width of a line as a share of the margin: a wider one is outside the text."""


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
    """Whether a line is full, or most of the margin wide, and its sentence continues below."""
    width = print_width_of(above.strip())
    if ends_sentence(above) or width < PART * margin or width > WIDEST_SHARE * margin:
        return False
    return continues_below(above, below) or print_width_of(with_next_word(above, below)) > FULL_LINE * margin
