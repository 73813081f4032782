"""Lists of a PDF whose marks are drawn instead of written: only the indentation remains."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from converter.repair.draft import Draft
from converter.repair.item_runs import FEWEST_ITEMS, LEAD_IN
from converter.repair.lines import BLANK, INDENTED, TEXT, VERBATIM, ends_sentence, width_of
from converter.repair.print_width import print_width_of
from converter.repair.rule import FULL, rule
from converter.repair.source_code import is_source_code
from converter.repair.state import NARROW

FEWEST_WRAPPED = 3
"""Minimum wrapped lines at the margin for indented lines to be compared with them."""

LEAST_INDENT, MOST_INDENT = 3, 40
"""Minimum and maximum columns of an item's indentation."""

STEP = 3
"""Columns by which items of another depth differ at least; a PDF reader places the lines of one depth a column or two
apart."""

MOST_DEPTHS = 4

FEWEST_LOOSE = 3
"""Minimum number of items in a list that nothing introduces and whose items are between blank lines."""

ROOM, ROOM_IN_SENTENCE = 0.03, 0.2
"""A line that would still be this much shorter than the margin with the next word ends its item: more is needed where
the next line begins in lower case. The end of a sentence above a capital ends it too: few items have several."""

MOST_COMMAS, MOST_CUTS = 0.25, 0.25
"""Maximum share of items that end with a comma, as lines of verse do, and of items that begin in lower case below an
unfinished line, as the lines of a quotation do."""

_NO_ITEM = re.compile(r"\.{3}|(?:\. ){3}|\S {2}|[{}]|[=(]$|^[^\w\"'“‘(\[$€£@#/~.*_`<-]")
"""A row, an entry of a table of contents, or code."""
_KINDS = frozenset((INDENTED, VERBATIM))


@dataclass(slots=True)
class Item:
    """An item: its first line, the line after its last one, its indentation and depth."""

    start: int
    end: int
    indent: int
    depth: int


@rule("list_indent", FULL)
def list_indent(draft: Draft) -> None:
    """In a PDF's text whose wrapped lines show its margin, indented lines below a paragraph or a title are list items;
    an item ends where the next word had room. Verse, quotations, addresses and rows are not."""
    state = draft.state
    if not state.is_print or state.headings == "marked" or is_source_code(draft.lines):
        return
    margin = _margin(draft)
    if not margin:
        return
    runs = [(start, end, _items(draft, start, end, margin)) for start, end in _runs(draft)]
    lists = [(start, end, items) for start, end, items in runs if items and _is_list(draft, items, start)]
    indents = {items[0].indent for start, _, items in lists if _is_sure(draft, items, start)}
    for start, end, items in lists:
        if indents.intersection(range(items[0].indent - 1, items[0].indent + 2)):
            _mark(draft, start, end, items)


def _mark(draft: Draft, start: int, end: int, items: Sequence[Item]) -> None:
    lines: dict[int, Sequence[str]] = {}
    for item in items:
        indent = "  " * item.depth
        lines[item.start] = [f"{indent}- {draft.lines[item.start].strip()}"]
        for at in range(item.start + 1, item.end):
            lines[at] = [f"{indent}  {draft.lines[at].strip()}"]
    draft.rewrite("list_indent", start, end, lines, 0.85)
    draft.set_apart(start, end)


def _margin(draft: Draft) -> float:
    """The width in print of full lines of the text that is not indented; 0 if too few are wrapped."""
    lines, kinds = draft.lines, draft.kinds
    widths = sorted(
        print_width_of(lines[at])
        for at in range(len(lines) - 1)
        if kinds[at] == TEXT == kinds[at + 1] and lines[at + 1][:1].islower() and "  " not in lines[at]
    )
    return widths[int(0.9 * (len(widths) - 1))] if len(widths) >= FEWEST_WRAPPED else 0


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _runs(draft: Draft) -> Iterator[tuple[int, int]]:
    """Yield the first line of each run of indented lines, blank ones among them, and the line after its last one."""
    kinds, lines = draft.kinds, draft.lines
    at = 0
    while at < len(kinds):
        start = end = at
        while at < len(kinds) and (kinds[at] == BLANK or (kinds[at] in _KINDS and _indent(lines[at]) >= LEAST_INDENT)):
            at += 1
            if kinds[at - 1] != BLANK:
                end = at
            elif end == start:
                start = end = at
        if end > start:
            yield start, end
        at = max(at, start + 1)


def _items(draft: Draft, start: int, end: int, margin: float) -> list[Item]:
    """Return the items of a run of indented lines; none if a line is not part of an item."""
    lines = draft.lines
    items: list[Item] = []
    depths: list[int] = []
    for at in range(start, end):
        text = lines[at].strip()
        if not text:
            continue
        indent = _indent(lines[at])
        if _NO_ITEM.search(text) or indent > MOST_INDENT:
            return []
        if items and items[-1].end == at and _continues(lines, items[-1], at, margin):
            items[-1].end = at + 1
            continue
        while depths and indent <= depths[-1] - STEP:
            depths.pop()
        if not depths or indent >= depths[-1] + STEP:
            depths.append(indent)
        if len(depths) > MOST_DEPTHS:
            return []
        items.append(Item(at, at + 1, indent, len(depths) - 1))
    return items


def _continues(lines: Sequence[str], item: Item, at: int, margin: float) -> bool:
    """Whether a line belongs to the item above: it is indented alike, and its first word had no room there."""
    above, below = lines[at - 1].rstrip(), lines[at]
    if abs(_indent(below) - item.indent) >= STEP:
        return False
    room = 1 - (_indent(above) + print_width_of(f"{above.strip()} {below.split(None, 1)[0]}")) / margin
    if below.lstrip()[:1].islower():
        return room <= ROOM_IN_SENTENCE
    return room <= ROOM and not ends_sentence(above)


def _line_above(draft: Draft, start: int) -> str:
    return next((draft.lines[at].strip() for at in range(start - 1, -1, -1) if draft.lines[at].strip()), "")


def _is_list(draft: Draft, items: Sequence[Item], start: int) -> bool:
    """Whether items may be a list: enough of them, and no verse or quotation."""
    lines, above = draft.lines, _line_above(draft, start)
    touch = any(upper.end == lower.start for upper, lower in pairwise(items))
    if not above or len(items) < (FEWEST_ITEMS if touch or above.endswith(LEAD_IN) else FEWEST_LOOSE):
        return False
    ends = [lines[item.end - 1].rstrip() for item in items]
    if sum(line.endswith(",") for line in ends[:-1]) > MOST_COMMAS * len(ends):
        return False
    if lines[items[0].start].strip()[0].islower():
        return True
    # Below a capital, a line with room that continues in lower case is cut, not ended.
    cuts = sum(
        lines[item.start].strip()[:1].islower() and not ends_sentence(line) and width_of(line) >= NARROW
        for item, line in zip(items[1:], ends, strict=False)
    )
    return cuts <= MOST_CUTS * len(items)


def _is_sure(draft: Draft, items: Sequence[Item], start: int) -> bool:
    """Whether a list is introduced, or an item is wrapped, a sentence or long; lines of an address are none of
    these."""
    lines = [draft.lines[item.end - 1] for item in items]
    return (
        _line_above(draft, start).endswith(LEAD_IN)
        or any(item.end > item.start + 1 for item in items)
        or any(ends_sentence(line) or width_of(line.strip()) >= NARROW for line in lines)
    )
