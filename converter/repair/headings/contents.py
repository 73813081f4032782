"""Tables of contents: lines that recur further down, in the same order, each above text of its own.

Extractors keep the list and lose the marks of the titles. The lines that it names are titles; its entries are not.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from converter.repair.headings.block import SENTENCES, Block
from converter.repair.headings.blocks import Page, is_item
from converter.repair.headings.model import POSSIBLE

FEWEST_ENTRIES = 3
"""Minimum number of entries; so few name titles only if the model takes most of these for possible ones, since a list
of names may stand again above paragraphs, as the cast of a play does."""

LEAST_SHARE = 0.5
"""Minimum share of a list's entries that recur, from the first to the last; and of titles with text below them."""

STOPS = (".", "。", "।", "۔")
"""Marks that end a sentence, which no entry is; dots before a page number do not count."""

_LEADER = re.compile(r"(?:(?<![\s.·…_])[\s.·…_]{2,}+\d{0,4}|:)$")
"""Dots or blanks and a page number behind an entry; a colon behind other lines."""
_NUMBER = "-*+•·(0123456789.) \t\xa0"
"""Letters of the mark or the number before an entry or a title."""


def titles_in_contents(page: Page, chances: Mapping[int, float]) -> dict[int, int]:
    """Title -> its entry in a table of contents; `chances` are the model's probabilities of the candidates."""
    keys = [_key_of(block) for block in page.blocks]
    names = [*filter(None, keys)]
    if len({*names}) == len(names):
        return {}  # no line stands again
    places: defaultdict[str, list[int]] = defaultdict(list)
    for at in page.candidates:
        places[keys[at]].append(at)
    titles: dict[int, int] = {}
    for start, end in _lists(keys):
        pairs = list(_pairs(keys, places, start, end))
        possible = sum(chances.get(title, 0) >= POSSIBLE for _, title in pairs)
        is_likely = len(pairs) > FEWEST_ENTRIES or (len(pairs) == FEWEST_ENTRIES and 2 * possible > FEWEST_ENTRIES)
        if is_likely and _is_contents(page, pairs):
            titles |= {title: entry for entry, title in pairs}
    return titles


def _key_of(block: Block) -> str:
    """The text of a line that may be an entry or a title, without its number; empty for others."""
    if block.width > SENTENCES or not (block.candidate or is_item(block)):
        return ""
    key = block.text.lstrip(_NUMBER)
    if not key[-1:].isalpha():
        key = _LEADER.sub("", key)
    return key.casefold() if any(map(str.isalpha, key)) and not key.endswith(STOPS) else ""


def _lists(keys: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each run of different lines that may be entries."""
    start = 0
    texts: set[str] = set()
    for at, key in enumerate([*keys, ""]):
        if not key or key in texts:
            if at - start >= FEWEST_ENTRIES:
                yield start, at
            start = at if key else at + 1
            texts.clear()
        texts.add(key)


def _pairs(keys: Sequence[str], places: dict[str, list[int]], start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the entries of a list that recur exactly once below it, in their order, with the places where they do."""
    last = end - 1
    for entry in range(start, end):
        copies = places.get(keys[entry], [])
        if len(copies) - bisect_left(copies, end) == 1 and copies[-1] > last:
            last = copies[-1]
            yield entry, last


def _is_contents(page: Page, pairs: Sequence[tuple[int, int]]) -> bool:
    """Whether most entries of a list recur, and most of these have a paragraph below them."""
    entries, titles = zip(*pairs, strict=True)
    parts = sum(any(page.is_prose[upper + 1 : lower]) for upper, lower in pairwise(titles))
    length = entries[-1] - entries[0] + 1
    return len(pairs) >= LEAST_SHARE * length and parts >= LEAST_SHARE * (len(pairs) - 1)
