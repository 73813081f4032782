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
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import accumulate, chain, pairwise
from math import log
from operator import attrgetter, mul

from converter.repair.headings.blocks import Page
from converter.repair.headings.features import Features
from converter.repair.headings.line import LONGEST_LINE, Line
from converter.repair.lines import ITEMS, ROW, TEXT, VERBATIM

SHORT = 80
"""Columns up to which a block counts as short."""
NEAR = 3
"""Number of blocks on each side of a candidate that are examined."""
_OF_LOOK = (
    "its like",
    "its like among all",
    "its like, before prose",
    "its like, after prose",
    "its like, adjacent",
    "its like, text below",
    "its like, at equal distances",
    "its like, distance",
)
_OF_DOCUMENT = (
    "document: blocks",
    "document: candidates",
    "document: short lines",
    "document: prose",
    "document: items",
    "document: short lines to prose",
    "document: looks",
    "document: runs of short lines",
    "document: short lines before prose",
    "document: short lines after prose",
    "document: raised words",
    "document: width of short lines",
    "document: questions",
    "document: colons",
    "document: dates",
    "document: names",
    "document: median paragraph",
    "document: closed paragraphs",
    "paragraphs: raised words",
    "paragraphs: letters of a word",
    "paragraphs: words beyond ASCII",
    "paragraphs: different words",
)
_OF_LINE = {
    "words": "words",
    "raised": "raised",
    "letters": "letters",
    "digits, share": "digits",
    "date": "date",
    "author": "author",
    "credit": "credit",
    "name": "name",
    "pointer": "pointer",
    "label, share": "label",
    "ends with a bracket": "bracket",
    "command": "command",
    "separators": "separators",
}
"""Feature -> the attribute of a line that holds it."""
_COMPARED = (
    "width",
    "width of a word",
    "width to short lines",
    "width to median",
    "raised, to the document",
    "raised, to the paragraphs",
    "first word elsewhere",
    "last word elsewhere",
    "pattern elsewhere",
    "text elsewhere",
)
_RUNS = ("short lines", "small blocks", "items", "prose")
_OF_PLACE = (
    *(f"{run} {side}" for run in _RUNS for side in ("above", "below")),
    "place",
    "blocks above",
    "blocks below",
    "share of prose above",
    "prose above",
    "prose below",
    "text to the next short line",
    "prose to the next short line",
    "blocks to the next short line",
    "text from the last short line",
    "prose from the last short line",
    "blocks from the last short line",
    "blocks to prose",
    "blocks from prose",
)
_OF_BLOCKS = ("width", "closed", "kind", "candidate", "bold", "starts lower")
_OF_LINES = ("date", "author", "credit", "raised", "question", "colon")
_OF_FAR_BLOCKS = ("width", "closed", "kind")
"""Features of the blocks that are NEAR blocks away: for their kind, only whether they exist."""
_SIDES = [(f"{distance} {side}: ", distance) for distance in range(1, NEAR + 1) for side in ("above", "below")]
_LIKENESS = ("same look", "same pattern")
_OF_NEIGHBOURS = (
    *(side + name for side, distance in _SIDES if distance < NEAR for name in (*_OF_BLOCKS, *_OF_LINES, *_LIKENESS)),
    *(side + name for side, distance in _SIDES if distance == NEAR for name in _OF_FAR_BLOCKS),
)
_NEIGHBOURS = [side * distance for distance in range(1, NEAR) for side in (-1, 1)]
"""The relative places of the blocks that are read in full."""
_KINDS = {TEXT: 0.0, ROW: 2.0, VERBATIM: 3.0}
_UNREAD = (0.0,) * len(_OF_LINES)
"""The features of a neighbour that is not a short line."""
_OF_WORDS = ("its words in the next 2", "its words in the next 4", "its words in the last 2")

NAMES = (*_OF_DOCUMENT, *_OF_LOOK, *_OF_LINE, *_COMPARED, *_OF_PLACE, *_OF_NEIGHBOURS, *_OF_WORDS)
"""The features of `Surroundings`, in the order of their values; these are floats: other numbers take twice as long to
compare with a float."""

Values = tuple[float, ...]
Neighbour = tuple[Values, tuple[object, ...] | None, str | None]
"""The values of _OF_BLOCKS and _OF_LINES, the look and the pattern."""
_BEYOND: Neighbour = (-1.0, 0.0, -1.0, *[0.0] * (len(_OF_BLOCKS) - 3), *_UNREAD), None, None
"""A neighbour beyond the ends of the document."""
_values_of_line = attrgetter(*_OF_LINE.values())
_values_of_neighbour = attrgetter(*_OF_LINES)


class Surroundings:
    """A page's short lines, its runs of blocks and its habits, computed once; `values_of` looks them up."""

    def __init__(self, page: Page) -> None:
        blocks = self._blocks = page.blocks
        self._page, self._end = page, len(blocks)
        self._is_prose = [is_prose and block.width > 60 for block, is_prose in zip(blocks, page.is_prose, strict=True)]
        kinds = [block.kind for block in blocks]
        widths = [block.width for block in blocks]
        items = [kind in ITEMS for kind in kinds]
        is_small = [
            width <= SHORT and (item or (kind == TEXT and not is_prose))
            for width, kind, item, is_prose in zip(widths, kinds, items, page.is_prose, strict=True)
        ]
        runs = [_runs(flags) for flags in (page.is_short, is_small, items, self._is_prose)]
        self._runs = list(zip(*chain.from_iterable(runs), strict=True))
        prose = [width if is_prose else 0 for width, is_prose in zip(widths, self._is_prose, strict=True)]
        self._prose = array("d", accumulate(prose, initial=0))
        self._columns = array("d", accumulate(widths, initial=0))
        self._prose_places = array("i", [at for at, is_prose in enumerate(self._is_prose) if is_prose])
        self._short_places = array("i", [at for at, is_short in enumerate(page.is_short) if is_short])
        self._first_words: dict[str, int] = defaultdict(int)
        self._last_words: dict[str, int] = defaultdict(int)
        self._patterns: dict[str, int] = defaultdict(int)
        looks: dict[object, array[int]] = defaultdict(lambda: array("i"))
        neighbours = [_BEYOND] * NEAR
        for at, block in enumerate(blocks):
            of_block = (
                float(min(block.width, 600)),
                1.0 if block.ends_sentence else 0.0,
                1.0 if items[at] else _KINDS.get(block.kind, 4.0),
                1.0 if block.candidate else 0.0,
                1.0 if block.bold else 0.0,
                1.0 if block.text[:1].islower() else 0.0,
            )
            if block.width > LONGEST_LINE:
                neighbours.append((of_block + _UNREAD, None, None))
                continue
            line = page.line(at)
            self._first_words[line.first_word] += 1
            self._last_words[line.last_word] += 1
            neighbours.append((of_block + _values_of_neighbour(line), line.look, line.pattern))
            if block.candidate:
                self._patterns[line.pattern] += 1
                looks[line.look].append(at)
        self._neighbours = neighbours + [_BEYOND] * NEAR
        candidates = sum(map(len, looks.values()))
        self._looks = {look: self._features_of_look(places, candidates) for look, places in looks.items()}
        self._raised, self._raised_in_paragraphs, self._short_width = 0.0, 0.0, 1.0
        self._habits = tuple(map(float, self._habits_of(len(looks), sum(items))))
        # Candidates come in order, and neighbours share their neighbours.
        self._lowered = lru_cache(4 * NEAR)(
            lambda at: "\n".join(block.text[:2000] for block in blocks[at : at + 2]).lower()
        )

    def _features_of_look(self, places: Sequence[int], candidates: int) -> Values:
        """Of the lines that look alike: how many there are, where they stand, and what follows them."""
        count, end = len(places), self._end
        gaps = [below - above for above, below in pairwise(places)]
        texts = sorted(self._prose[below] - self._prose[above + 1] for above, below in pairwise([*places, end]))
        return (
            log(count),
            count / candidates,
            sum(at + 1 < end and self._is_prose[at + 1] for at in places) / count,
            sum(at > 0 and self._is_prose[at - 1] for at in places) / count,
            gaps.count(1) / count,
            log(1 + texts[count // 2]),
            max(Counter(gaps).values()) / count if gaps else 0.0,
            sum(gaps) / len(gaps) if gaps else float(end),
        )

    def _habits_of(self, looks: int, items: int) -> Values:
        """Of the document: how its short lines are written, and how much of it is prose, items and short lines.

        How its paragraphs are written tells its language: German raises its nouns, other languages their titles.
        """
        page, lines = self._page, len(self._short_places)
        count = max(1, lines)
        blocks, prose = max(1, self._end), len(self._prose_places)
        starts_of_runs = sum(self._runs[at][0] == 0 for at in self._short_places)
        raised, questions, colons, dates, names = (
            map(sum, zip(*map(_habit_of, map(page.line, self._short_places)), strict=True)) if lines else [0] * 5
        )
        words, times = page.words.keys(), page.words.values()
        total = sum(times) or 1
        self._raised_in_paragraphs = sum(count for word, count in page.words.items() if word[0].isupper()) / total
        self._raised = raised / count
        self._short_width = sum(page.blocks[at].width for at in self._short_places) / max(1, len(self._short_places))
        return (
            log(1 + self._end),
            len(page.candidates) / blocks,
            lines / blocks,
            prose / blocks,
            items / blocks,
            lines / max(1, prose),
            looks / max(1, len(page.candidates)),
            starts_of_runs / count,
            self._share_of_short(1),
            self._share_of_short(-1),
            self._raised,
            self._short_width,
            questions / count,
            colons / count,
            dates / count,
            names / count,
            page.median_width,
            page.sentence_share,
            self._raised_in_paragraphs,
            sum(map(mul, map(len, words), times)) / total,
            (sum(times) - sum(map(mul, map(str.isascii, words), times))) / total,
            len(words) / total,
        )

    def _share_of_short(self, distance: int) -> float:
        """The share of short lines that have prose at a distance."""
        places = [at + distance for at in self._short_places if 0 <= at + distance < self._end]
        return sum(map(self._is_prose.__getitem__, places)) / max(1, len(self._short_places))

    def features_of(self, at: int) -> Features:
        """What surrounds the candidate at block `at`."""
        return dict(zip(NAMES, self.values_of(at), strict=True))

    def values_of(self, at: int) -> Values:
        """The values of NAMES for the candidate at block `at`."""
        line = self._page.line(at)
        return (
            *self._habits,
            *self._looks[line.look],
            *_values_of_line(line),
            *self._comparisons_of(at, line),
            *self._place_of(at),
            *self._neighbours_of(at, line),
            *self._words_around(at, line),
        )

    def _comparisons_of(self, at: int, line: Line) -> Values:
        """Of a line: its width and case, compared with those of the document, and how often its parts occur."""
        width, page = self._blocks[at].width, self._page
        return (
            float(width),
            width / max(1, line.words),
            width / max(1.0, self._short_width),
            width / page.median_width,
            line.raised - self._raised,
            line.raised - self._raised_in_paragraphs,
            log(max(1, self._first_words.get(line.first_word, 0))),
            log(max(1, self._last_words.get(line.last_word, 0))),
            log(max(1, self._patterns.get(line.pattern, 0))),
            float(page.texts[self._blocks[at].text]),
        )

    def _place_of(self, at: int) -> Values:
        """Where a line stands: in runs of like blocks, and how much text is above and below it."""
        end, prose, columns = self._end, self._prose, self._columns
        index = bisect_left(self._short_places, at)
        last_short = self._short_places[index - 1] if index else -1
        index = bisect_right(self._short_places, at, index)
        next_short = self._short_places[index] if index < len(self._short_places) else end
        index = bisect_right(self._prose_places, at)
        next_prose = self._prose_places[index] - at if index < len(self._prose_places) else 99
        last_prose = at - self._prose_places[index - 1] if index else 99
        return (
            *self._runs[at],
            at / end,
            log(1 + at),
            log(end - at),
            prose[at] / max(1, prose[end]),
            log(1 + prose[at]),
            log(1 + prose[end] - prose[at]),
            log(1 + columns[next_short] - columns[at + 1]),
            log(1 + prose[next_short] - prose[at + 1]),
            float(next_short - at),
            log(1 + columns[at] - columns[last_short + 1]),
            log(1 + prose[at] - prose[last_short + 1]),
            float(at - last_short),
            float(next_prose),
            float(last_prose),
        )

    def _neighbours_of(self, at: int, line: Line) -> list[float]:
        """What stands above and below a line, the nearest first."""
        values: list[float] = []
        for distance in _NEIGHBOURS:
            features, look, pattern = self._neighbours[at + NEAR + distance]
            values += features
            values.append(1.0 if look == line.look else 0.0)
            values.append(1.0 if pattern == line.pattern else 0.0)
        for place in (at, at + 2 * NEAR):
            neighbour = self._neighbours[place]
            values += neighbour[0][:2]
            values.append(-1.0 if neighbour is _BEYOND else 0.0)
        return values

    def _words_around(self, at: int, line: Line) -> Values:
        """How many of a line's longer words occur in the text below and above it."""
        terms, lowered, count = line.terms, self._lowered, len(line.terms)
        if not terms:
            return 0.0, 0.0, 0.0
        later_terms = _terms_beyond(terms, lowered(at + 1))
        last_terms = _terms_beyond(later_terms, lowered(at + 3)) if later_terms else later_terms
        above = lowered(at - 2) if at > 1 else self._blocks[0].text[:2000].lower() if at else ""
        terms_above = _terms_beyond(terms, above)
        return 1 - len(later_terms) / count, 1 - len(last_terms) / count, (count - len(terms_above)) / count


def _terms_beyond(terms: Collection[str], text: str) -> Collection[str]:
    """The terms that do not occur in a text."""
    return [term for term in terms if term not in text]


def _habit_of(line: Line) -> tuple[float, ...]:
    return line.raised, line.question, line.colon, line.date, line.name


def _runs(flags: Sequence[bool]) -> tuple[Sequence[float], Sequence[float]]:
    """For each place, the number of blocks in the unbroken run above it, and in the one below it."""
    return _counts(flags), _counts(flags[::-1])[::-1]


def _counts(flags: Sequence[bool]) -> list[float]:
    """For each place, the number of flags in the unbroken run before it."""
    counts = []
    count = 0.0
    for flag in flags:
        counts.append(count)
        count = count + 1 if flag else 0.0
    return counts
