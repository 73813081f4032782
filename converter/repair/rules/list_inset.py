"""List items of a PDF whose bullets are drawn: their lines break before the margin of the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from converter.repair.draft import Draft
from converter.repair.item_runs import LEAD, SHORT, form_of
from converter.repair.lines import TEXT
from converter.repair.paragraphs import Paragraph, mark_item, paragraphs_of
from converter.repair.print_margin import with_next_word
from converter.repair.print_width import print_width_of
from converter.repair.rule import FULL, rule

FEWEST, FEWEST_INTRODUCED = 2, 1
"""So many blocks of a list must be set in; below a line that ends with a colon fewer suffice."""

INSET, DEEPEST = 0.98, 0.8
"""The shares of the margin between which a block that is set in must break a line, with the next word on it."""

BESIDE, INSIDE, ONE_LINE, OTHER = "|>.x"
"""Places of a block: at the margin, set in, unknown since it is a single line, no text."""


@rule("list_inset", FULL)
def list_inset(draft: Draft) -> None:
    """In text from a PDF, paragraphs that break their lines before the margin, though the next word had room, are list
    items, if several follow each other or a line with a colon introduces them."""
    margin = draft.state.print_margin
    if not margin:
        return
    blocks = list(paragraphs_of(draft))
    places = "".join(_place(draft, block, margin) for block in blocks)
    forms = "".join(form_of(block.text) for block in blocks)
    for start, end, introduced in _runs(places, forms):
        if places.count(INSIDE, start, end) >= (FEWEST_INTRODUCED if introduced else FEWEST):
            for block in blocks[start:end]:
                mark_item(draft, "list_inset", block, 0.85 if introduced else 0.75)


def _place(draft: Draft, block: Paragraph, margin: float) -> str:
    lines = draft.lines[block.start : block.end]
    if draft.kinds[block.start] != TEXT or any("  " in line.strip() for line in lines):
        return OTHER
    widths = [print_width_of(line.strip()) for line in lines]
    if max(widths) > INSET * margin:
        return BESIDE
    if len(lines) == 1:
        return ONE_LINE
    return INSIDE if DEEPEST * margin < _narrowest(lines) <= INSET * margin else BESIDE


def _narrowest(lines: Sequence[str]) -> float:
    """The least width of a line with the first word of the next one, which had no room on it."""
    return min(print_width_of(with_next_word(above, below)) for above, below in pairwise(lines))


def _runs(places: str, forms: str) -> Iterator[tuple[int, int, bool]]:
    """Yield the first block of each run of blocks that may be items, the block after its last one, and whether a line
    with a colon introduces it. A short line is a title, unless it is amid items."""
    start = 0
    for at in range(len(places) + 1):
        if at == len(places) or places[at] in BESIDE + OTHER or forms[at] == LEAD or _is_title(places, forms, at):
            introduced = start > 0 and forms[start - 1] == LEAD
            if start < at:
                yield start, at, introduced
            start = at + 1


def _is_title(places: str, forms: str, at: int) -> bool:
    return places[at] == ONE_LINE and forms[at] == SHORT
