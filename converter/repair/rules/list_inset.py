"""List items of a PDF whose bullets are drawn: the look of blocks and the blocks around them reveal them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from converter.repair.block_roles import ITEM, Look, blocks_of, is_set_in, model
from converter.repair.draft import Draft
from converter.repair.item_runs import FEWEST_ITEMS, LEAD_IN
from converter.repair.lines import BULLET, ODD_ITEM
from converter.repair.paragraphs import mark_item
from converter.repair.rule import FULL, rule
from converter.repair.source_code import is_source_code

LEAST_CHANCE = 0.5
"""Minimum probability that a block is an item."""

OVERRATED, MOST_CONFIDENCE = 0.08, 0.84
"""How much the probability exceeds the share of items that were right, of 1,015 in texts of PDF readers, and this share
where it is highest: the model takes the parts of a look as independent."""


@rule("list_inset", FULL)
def list_inset(draft: Draft) -> None:
    """In text from a PDF without any bullets, blocks are list items if their form and place and the blocks around them
    make this likely: they break their lines before the margin, follow a line with a colon, or resemble each other."""
    if not may_have_items(draft):
        return
    blocks, looks = blocks_of(draft)
    texts = [block.text for block in blocks]
    for at, chance in items_among(looks, texts, model().chances(looks, ITEM)):
        confidence = min(max(chance - OVERRATED, LEAST_CHANCE), MOST_CONFIDENCE)
        mark_item(draft, "list_inset", blocks[at], round(confidence, 2))


def may_have_items(draft: Draft) -> bool:
    """Whether a text shows a margin of print, and its lists, if it has any, have lost their bullets."""
    state = draft.state
    return (
        state.print_margin > 0
        and state.spaced
        and not {BULLET, ODD_ITEM}.intersection(draft.kinds)
        and not is_source_code(draft.lines)
    )


def items_among(looks: Sequence[Look], texts: Sequence[str], chances: Sequence[float]) -> Iterator[tuple[int, float]]:
    """Yield the place and probability of each item; one alone is an item only below a line with a colon, if it is set
    in."""
    start = 0
    for at in range(len(looks) + 1):
        if at < len(looks) and looks[at][0] == "text" and chances[at] >= LEAST_CHANCE:
            continue
        is_introduced = start > 0 and texts[start - 1].endswith(LEAD_IN)
        if at - start >= FEWEST_ITEMS or (at > start and is_introduced and is_set_in(looks[start])):
            for place in range(start, at):
                yield place, chances[place]
        start = at + 1
