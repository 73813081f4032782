"""The main content of a page: trafilatura decides, and what it leaves out is removed from the page's own elements.

trafilatura's result is a copy without spans, languages of code and captions. So its text is aligned with the page's,
chunk by chunk (the text between two ends of blocks), and the page's elements are kept.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from lxml import etree, html
from lxml.etree import _Element as Element

from converter.text.web.elements import BLOCK, INVISIBLE, WORD

LINES = BLOCK | {"br"}
RESULT_INLINE = frozenset({"a", "code", "del", "graphic", "hi", "ref", "span"})
"""Inline elements of trafilatura's results, which are TEI."""
MEDIA = frozenset({"hr", "img", "math"})
"""Elements without words; they stay if the chunks around them stay."""
SHINGLE = 4
LEAST_SHARE = 0.5
"""Share of a chunk's shingles that the result must hold if it does not hold the chunk verbatim; share of a whole's
words that the result must hold for the rest to stay."""
WHOLES = frozenset({"blockquote", "dl", "table"})
"""Elements that are kept or removed whole: trafilatura loses lists in their cells, and who is quoted."""
PAGE_PARTS = frozenset({"article", "aside", "form", "h1", "h2", "h3", "main", "nav", "section", *WHOLES})
"""Elements that are in no whole: a table that holds them lays out a page."""

Words = tuple[str, ...]
NO_WORDS: Words = ()


@dataclass(slots=True)
class Chunk:
    """The text between two block boundaries: the elements whose `text` or `tail` it is, and the media in it."""

    texts: list[tuple[Element, str]] = field(default_factory=list)
    media: list[Element] = field(default_factory=list)
    words: Words = ()

    @property
    def text(self) -> str:
        """The text as it stands."""
        return "".join(getattr(element, place) for element, place in self.texts)

    def remove(self) -> None:
        """Remove the chunk from its page."""
        for element, place in self.texts:
            setattr(element, place, None)
        for element in self.media:
            parent = element.getparent()
            if parent is not None:
                element.clear(keep_tail=True)
                element.tag = "span"


def keep_main_content(page: Element, result: Element) -> bool:
    """Remove from a page what trafilatura's result leaves out, but nothing where the two do not fit together.

    Return whether the page shows the words of the result, which may be taken from data in a script.
    """
    chunks = list(chunks_of(page, LINES.__contains__, INVISIBLE))
    results = [chunk for chunk in chunks_of(result, lambda tag: tag not in RESULT_INLINE) if chunk.words]
    decisions = _complete(chunks, _fill(list(_decisions(chunks, results))))
    kept_words = sum(len(chunk.words) for chunk, is_kept in zip(chunks, decisions, strict=True) if is_kept)
    words = [word for chunk in results for word in chunk.words]
    if kept_words < LEAST_SHARE * len(words):
        shown_words = {word for chunk in chunks for word in chunk.words}
        return sum(word in shown_words for word in words) >= LEAST_SHARE * len(words)
    for chunk, is_kept in zip(chunks, decisions, strict=True):
        if not is_kept:
            chunk.remove()
    return True


def chunks_of(
    root: Element, is_line: Callable[[str], bool], invisible: frozenset[str] = frozenset()
) -> Iterator[Chunk]:
    """Yield the chunks of a tree that hold words or media, in reading order; `is_line` tells which elements end one."""
    chunk = Chunk()
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if is_line(element.tag) and (chunk.texts or chunk.media):
            if whole_chunk := _finish(chunk):
                yield whole_chunk
            chunk = Chunk()
        if event == "start" and element.tag in invisible:
            walk.skip_subtree()
        elif event == "start":
            if element.tag in MEDIA:
                chunk.media.append(element)
            if element.text:
                chunk.texts.append((element, "text"))
        if event == "end" and element.tail and element is not root:
            chunk.texts.append((element, "tail"))
    if whole_chunk := _finish(chunk):
        yield whole_chunk


def _finish(chunk: Chunk) -> Chunk | None:
    chunk.words = tuple(WORD.findall(chunk.text))
    return chunk if chunk.words or chunk.media else None


def paragraphs_of(result: Element) -> Element:
    """Return trafilatura's result as paragraphs of HTML."""
    page = html.Element("div")
    for chunk in chunks_of(result, lambda tag: tag not in RESULT_INLINE):
        etree.SubElement(page, "p").text = chunk.text
    return page


def _decisions(chunks: Sequence[Chunk], results: Sequence[Chunk]) -> Iterator[bool | None]:
    """Yield whether each chunk of the page is in the result; None if its neighbours decide."""
    pairs = align([chunk.words for chunk in chunks], [chunk.words for chunk in results])
    aligned = set(pairs.values())
    words = [word for index, chunk in enumerate(results) if index not in aligned for word in chunk.words]
    known = [set(_shingles(words, size)) for size in range(SHINGLE + 1)]
    last_words, next_words = _neighbours(chunks)
    for index, chunk in enumerate(chunks):
        size = len(chunk.words)
        if index in pairs:
            yield True
        elif not size:
            yield None
        elif size < SHINGLE:
            surroundings = (last_words[index] + chunk.words, chunk.words + next_words[index])
            is_inside = any(words in known[size + 1] for words in surroundings)
            yield is_inside or (None if chunk.words in known[size] else False)
        else:
            shingles = list(_shingles(chunk.words, SHINGLE))
            yield sum(shingle in known[SHINGLE] for shingle in shingles) >= LEAST_SHARE * len(shingles)


def _neighbours(chunks: Sequence[Chunk]) -> tuple[list[Words], list[Words]]:
    """Return the word before and the word after each chunk, if there are any."""
    before = accumulate((chunk.words[-1:] for chunk in chunks), _latest, initial=NO_WORDS)
    after = accumulate((chunk.words[:1] for chunk in reversed(chunks)), _latest, initial=NO_WORDS)
    return list(before)[:-1], list(after)[-2::-1]


def _latest(last: Words, words: Words) -> Words:
    return words or last


def _fill(decisions: Sequence[bool | None]) -> list[bool]:
    """Return the decisions; an open one is True if the nearest decided ones on both sides are."""
    before: list[bool | None] = []
    for decision in decisions:
        before.append(decision if decision is not None else before[-1] if before else False)
    result: list[bool] = []
    after: bool = False
    for decision, previous in zip(reversed(decisions), reversed(before), strict=True):
        after = after if decision is None else decision
        result.append(bool(previous) and after if decision is None else decision)
    return result[::-1]


def _complete(chunks: Sequence[Chunk], decisions: Sequence[bool]) -> list[bool]:
    """Return the decisions; a whole of whose words at least a share is kept loses nothing."""
    parts = [_part_of(chunk) for chunk in chunks]
    words: Counter[Element | None] = Counter()
    kept_words: Counter[Element | None] = Counter()
    for chunk, part, is_kept in zip(chunks, parts, decisions, strict=True):
        words[part] += len(chunk.words)
        kept_words[part] += is_kept * len(chunk.words)
    complete_parts = {part for part in words if _is_whole(part) and 0 < LEAST_SHARE * words[part] <= kept_words[part]}
    return [is_kept or part in complete_parts for part, is_kept in zip(parts, decisions, strict=True)]


def _part_of(chunk: Chunk) -> Element | None:
    """Return the innermost part of the page that a chunk is in, or None."""
    element, place = chunk.texts[0] if chunk.texts else (chunk.media[0], "tail")
    if place == "text" and element.tag in PAGE_PARTS:
        return element
    return next(element.iterancestors(*PAGE_PARTS), None)


def _is_whole(part: Element | None) -> bool:
    return part is not None and part.tag in WHOLES and next(part.iterdescendants(*PAGE_PARTS), None) is None


def _shingles(words: Sequence[str], size: int) -> Iterator[Words]:
    return zip(*(words[start:] for start in range(size)), strict=False)


def align(left: Sequence[Words], right: Sequence[Words]) -> dict[int, int]:
    """Return which items of two sequences are the same, in rising order: those that occur once in both, what touches
    these, and between them the first that come (patience diff, in linear time but for the search in a sorted list)."""
    pairs: dict[int, int] = {}
    places = [(-1, -1), *_anchors(left, right), (len(left), len(right))]
    for (start, other_start), (end, other_end) in pairwise(places):
        if start >= 0:
            pairs[start] = other_start
        low, other_low, high, other_high = start + 1, other_start + 1, end - 1, other_end - 1
        while low <= high and other_low <= other_high and left[low] == right[other_low]:
            pairs[low] = other_low
            low, other_low = low + 1, other_low + 1
        while low <= high and other_low <= other_high and left[high] == right[other_high]:
            pairs[high] = other_high
            high, other_high = high - 1, other_high - 1
        pairs.update(_in_order(left, low, high, right, other_low, other_high))
    return pairs


def _in_order(
    left: Sequence[Words], low: int, high: int, right: Sequence[Words], other_low: int, other_high: int
) -> Iterator[tuple[int, int]]:
    places: dict[Words, list[int]] = {}
    for other in range(other_high, other_low - 1, -1):
        places.setdefault(right[other], []).append(other)
    for index in range(low, high + 1):
        others = places.get(left[index], [])
        while others and others[-1] < other_low:
            others.pop()
        if others:
            yield index, others[-1]
            other_low = others.pop() + 1


def _anchors(left: Sequence[Words], right: Sequence[Words]) -> list[tuple[int, int]]:
    """Return the longest rising run of pairs of items that occur once in each sequence."""
    left_counts, right_counts = Counter(left), Counter(right)
    places = {item: index for index, item in enumerate(right) if right_counts[item] == 1}
    pairs = [(index, places[item]) for index, item in enumerate(left) if left_counts[item] == 1 and item in places]
    least_ends: list[int] = []
    last_pairs: list[int] = []
    previous: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(least_ends, place)
        least_ends[length : length + 1] = [place]
        last_pairs[length : length + 1] = [number]
        previous.append(last_pairs[length - 1] if length else -1)
    run: list[tuple[int, int]] = []
    number = last_pairs[-1] if last_pairs else -1
    while number >= 0:
        run.append(pairs[number])
        number = previous[number]
    return run[::-1]
