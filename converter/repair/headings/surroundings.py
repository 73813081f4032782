"""Features of what surrounds a line: its neighbours, lines of the same look, and the document's habits.

`features.py` reads a line and the two blocks that it touches. On a real page that is not enough: teasers, captions,
bylines and ingredients look like titles, and only what stands around them tells them apart. So each short line is
read once (`Line`), and each candidate is compared with all others: how many have its look, and does prose follow
those; how long is the run of short lines that it stands in; how much text is below it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from math import log

from converter.repair.headings.blocks import Page, is_item
from converter.repair.headings.features import Features, terms_of
from converter.repair.headings.line import LONGEST, Line
from converter.repair.lines import ITEMS, ROW, TEXT, VERBATIM

SHORT = 80
"""Columns up to which a block counts as short."""
NEAR = 3
"""The number of blocks on each side of a candidate that are looked at."""
_OF_BLOCKS = ("width", "closed", "kind", "candidate", "bold", "starts lower")
_OF_LINES = ("date", "author", "credit", "raised", "question", "colon")
_NEIGHBOURS = [
    (side * distance, [f"{distance} {name}: {feature}" for feature in (*_OF_BLOCKS, *_OF_LINES)])
    for distance in range(1, NEAR + 1)
    for name, side in (("above", -1), ("below", 1))
]
"""The distance of each neighbour, and the names of its features."""
_FAR = 2
"""This many features are read of the neighbours that are NEAR blocks away."""
_ABSENT = (-1.0, 0.0, -1.0)
"""The first features of a neighbour beyond the ends of the document."""


class Surroundings:
    """A page's short lines, its runs of blocks and its habits, computed once; `features_of` looks them up."""

    def __init__(self, page: Page) -> None:
        blocks = self._blocks = page.blocks
        self._page, self._end = page, len(blocks)
        self._is_prose = [block.prose and block.width > 60 for block in blocks]
        is_small = [
            block.width <= SHORT and (block.kind in ITEMS or (block.kind == TEXT and not block.prose))
            for block in blocks
        ]
        self._runs = {
            "short lines": _runs(page.is_short),
            "small blocks": _runs(is_small),
            "items": _runs([is_item(block) for block in blocks]),
            "prose": _runs(self._is_prose),
        }
        widths = [block.width for block in blocks]
        prose = [width if is_prose else 0 for width, is_prose in zip(widths, self._is_prose, strict=True)]
        self._prose = array("q", accumulate(prose, initial=0))
        self._columns = array("q", accumulate(widths, initial=0))
        self._prose_places = array("i", [at for at, is_prose in enumerate(self._is_prose) if is_prose])
        self._short_places = array("i", [at for at, is_short in enumerate(page.is_short) if is_short])
        self._first_words: dict[str, int] = defaultdict(int)
        self._last_words: dict[str, int] = defaultdict(int)
        self._patterns: dict[str, int] = defaultdict(int)
        looks: dict[object, array[int]] = defaultdict(lambda: array("i"))
        for at, block in enumerate(blocks):
            if block.width <= LONGEST:
                line = page.line(at)
                self._first_words[line.first_word] += 1
                self._last_words[line.last_word] += 1
                if block.candidate:
                    self._patterns[line.pattern] += 1
                    looks[line.look].append(at)
        candidates = sum(map(len, looks.values()))
        self._looks = {look: self._features_of_look(places, candidates) for look, places in looks.items()}
        self._raised, self._raised_in_paragraphs, self._short_width = 0.0, 0.0, 1.0
        self._habits = self._habits_of(len(looks))
        # Candidates come in order, and neighbours share their neighbours.
        self._neighbour = lru_cache(4 * NEAR)(lambda at: _neighbour_of(page, at))
        self._lowered = lru_cache(4 * NEAR)(lambda at: blocks[at].text[:2000].lower())

    def _features_of_look(self, places: Sequence[int], candidates: int) -> Features:
        """Of the lines that look alike: how many there are, where they stand, and what follows them."""
        count, end = len(places), self._end
        gaps = [below - above for above, below in pairwise(places)]
        texts = sorted(self._prose[below] - self._prose[above + 1] for above, below in pairwise([*places, end]))
        return {
            "its like": log(count),
            "its like among all": count / candidates,
            "its like, before prose": sum(at + 1 < end and self._is_prose[at + 1] for at in places) / count,
            "its like, after prose": sum(at > 0 and self._is_prose[at - 1] for at in places) / count,
            "its like, adjacent": gaps.count(1) / count,
            "its like, text below": log(1 + texts[count // 2]),
            "its like, at equal distances": max(Counter(gaps).values()) / count if gaps else 0.0,
            "its like, distance": sum(gaps) / len(gaps) if gaps else float(end),
        }

    def _habits_of(self, looks: int) -> Features:
        """Of the document: how its short lines are written, and how much of it is prose, items and short lines.

        How its paragraphs are written tells its language: German raises its nouns, other languages their titles.
        """
        page, lines = self._page, len(self._short_places)
        count = max(1, lines)
        blocks, prose = max(1, self._end), len(self._prose_places)
        starts_of_runs = sum(self._runs["short lines"][0][at] == 0 for at in self._short_places)
        raised, questions, colons, dates, names = (
            map(sum, zip(*map(_habit_of, map(page.line, self._short_places)), strict=True)) if lines else [0] * 5
        )
        words = page.words.items()
        total = sum(page.words.values()) or 1
        self._raised_in_paragraphs = sum(times for word, times in words if word[0].isupper()) / total
        self._raised = raised / count
        self._short_width = sum(page.blocks[at].width for at in self._short_places) / max(1, len(self._short_places))
        return {
            "document: blocks": log(1 + self._end),
            "document: candidates": len(page.candidates) / blocks,
            "document: short lines": lines / blocks,
            "document: prose": prose / blocks,
            "document: items": sum(map(is_item, page.blocks)) / blocks,
            "document: short lines to prose": lines / max(1, prose),
            "document: looks": looks / max(1, len(page.candidates)),
            "document: runs of short lines": starts_of_runs / count,
            "document: short lines before prose": self._share_of_short(1),
            "document: short lines after prose": self._share_of_short(-1),
            "document: raised words": self._raised,
            "document: width of short lines": self._short_width,
            "document: questions": questions / count,
            "document: colons": colons / count,
            "document: dates": dates / count,
            "document: names": names / count,
            "document: median paragraph": page.median_width,
            "document: closed paragraphs": page.sentence_share,
            "paragraphs: raised words": self._raised_in_paragraphs,
            "paragraphs: letters of a word": sum(len(word) * times for word, times in words) / total,
            "paragraphs: words beyond ASCII": sum(times for word, times in words if not word.isascii()) / total,
            "paragraphs: different words": len(words) / total,
        }

    def _share_of_short(self, distance: int) -> float:
        """The share of short lines that have prose at a distance."""
        places = [at + distance for at in self._short_places if 0 <= at + distance < self._end]
        return sum(map(self._is_prose.__getitem__, places)) / max(1, len(self._short_places))

    def features_of(self, at: int) -> Features:
        """What surrounds the candidate at block `at`."""
        block, line = self._blocks[at], self._page.line(at)
        features = self._habits | self._looks.get(line.look, {})
        features |= {
            "width": block.width,
            "words": line.words,
            "width of a word": block.width / max(1, line.words),
            "width to short lines": block.width / max(1.0, self._short_width),
            "width to median": block.width / self._page.median_width,
            "raised": line.raised,
            "raised, to the document": line.raised - self._raised,
            "raised, to the paragraphs": line.raised - self._raised_in_paragraphs,
            "letters": line.letters,
            "digits, share": line.digits,
            "date": line.date,
            "author": line.author,
            "credit": line.credit,
            "name": line.name,
            "pointer": line.pointer,
            "label, share": line.label,
            "ends with a bracket": line.bracket,
            "command": line.command,
            "separators": line.separators,
            "first word elsewhere": log(max(1, self._first_words.get(line.first_word, 0))),
            "last word elsewhere": log(max(1, self._last_words.get(line.last_word, 0))),
            "pattern elsewhere": log(max(1, self._patterns.get(line.pattern, 0))),
            "text elsewhere": self._page.texts[block.text],
        }
        self._add_place(features, at)
        self._add_neighbours(features, at, line)
        self._add_words_around(features, at, line)
        return features

    def _add_place(self, features: Features, at: int) -> None:
        """Where a line stands: in runs of like blocks, and how much text is above and below it."""
        end, prose, columns = self._end, self._prose, self._columns
        for name, (above, below) in self._runs.items():
            features[f"{name} above"] = above[at]
            features[f"{name} below"] = below[at + 1]
        index = bisect_left(self._short_places, at)
        last_short = self._short_places[index - 1] if index else -1
        index = bisect_right(self._short_places, at)
        next_short = self._short_places[index] if index < len(self._short_places) else end
        index = bisect_right(self._prose_places, at)
        next_prose = self._prose_places[index] - at if index < len(self._prose_places) else 99
        last_prose = at - self._prose_places[index - 1] if index else 99
        features |= {
            "place": at / end,
            "blocks above": log(1 + at),
            "blocks below": log(end - at),
            "share of prose above": prose[at] / max(1, prose[end]),
            "prose above": log(1 + prose[at]),
            "prose below": log(1 + prose[end] - prose[at]),
            "text to the next short line": log(1 + columns[next_short] - columns[at + 1]),
            "prose to the next short line": log(1 + prose[next_short] - prose[at + 1]),
            "blocks to the next short line": next_short - at,
            "text from the last short line": log(1 + columns[at] - columns[last_short + 1]),
            "prose from the last short line": log(1 + prose[at] - prose[last_short + 1]),
            "blocks from the last short line": at - last_short,
            "blocks to prose": next_prose,
            "blocks from prose": last_prose,
        }

    def _add_neighbours(self, features: Features, at: int, line: Line) -> None:
        for distance, names in _NEIGHBOURS:
            place = at + distance
            if not 0 <= place < self._end:
                features.update(zip(names, _ABSENT, strict=False))
            elif abs(distance) == NEAR:
                features.update(zip(names, self._neighbour(place)[:_FAR], strict=False))
            else:
                features.update(zip(names, self._neighbour(place), strict=False))
                if self._blocks[place].width <= LONGEST:
                    side, neighbour = names[0][: -len(_OF_BLOCKS[0])], self._page.line(place)
                    features[side + "same look"] = neighbour.look == line.look
                    features[side + "same pattern"] = neighbour.pattern == line.pattern

    def _add_words_around(self, features: Features, at: int, line: Line) -> None:
        """How many of a line's longer words occur in the text below and above it."""
        terms = terms_of(line.spelled)
        if not terms:
            return
        below = list(map(self._lowered, range(at + 1, min(at + 5, self._end))))
        next_text, later_text = " ".join(below[:2]), " ".join(below[2:])
        later_terms = [word for word in terms if word not in next_text]
        later = len([word for word in later_terms if word in later_text])
        features["its words in the next 2"] = 1 - len(later_terms) / len(terms)
        features["its words in the next 4"] = 1 - (len(later_terms) - later) / len(terms)
        text_above = " ".join(map(self._lowered, range(max(0, at - 2), at)))
        features["its words in the last 2"] = len([word for word in terms if word in text_above]) / len(terms)


def _habit_of(line: Line) -> tuple[float, ...]:
    return line.raised, line.question, line.colon, line.date, line.name


def _neighbour_of(page: Page, at: int) -> tuple[float, ...]:
    """The values of _OF_BLOCKS and, of a line that may be short, of _OF_LINES."""
    block = page.blocks[at]
    kind = 1.0 if is_item(block) else {TEXT: 0.0, ROW: 2.0, VERBATIM: 3.0}.get(block.kind, 4.0)
    starts_lower = block.text[:1].islower()
    of_block = (min(block.width, 600), block.ends_sentence, kind, block.candidate, block.bold, starts_lower)
    if block.width > LONGEST:
        return of_block
    line = page.line(at)
    return (*of_block, line.date, line.author, line.credit, line.raised, line.question, line.colon)


def _runs(flags: Sequence[bool]) -> tuple[Sequence[int], Sequence[int]]:
    """For each place, the number of blocks in an unbroken run that ends above it, and that begins at it."""
    above, below = array("i", [0]), array("i", [0])
    for flag in flags:
        above.append(above[-1] + 1 if flag else 0)
    for flag in reversed(flags):
        below.append(below[-1] + 1 if flag else 0)
    below.reverse()
    return above, below
