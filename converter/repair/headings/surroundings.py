"""Features of what surrounds a line: its neighbours, lines of the same look, and the document's habits.

`features.py` reads a line and the two blocks that it touches. On a real page that is not enough: teasers, captions,
bylines and ingredients look like titles, and only what stands around them tells them apart. So each short line is
read once (`Line`), and each candidate is compared with all others: how many have its look, and does prose follow
those; how long is the run of short lines that it stands in; how much text is below it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import accumulate, pairwise
from math import log
from typing import NamedTuple

from converter.repair.headings.block import Block
from converter.repair.headings.blocks import Page, is_item
from converter.repair.headings.features import Features
from converter.repair.lines import ITEMS, ROW, TEXT, VERBATIM

_MONTHS_BY_LANGUAGE = {
    "en": "january february march april may june july august september october november december"
    " jan feb mar apr jun jul aug sep sept oct nov dec",
    "de": "januar jänner februar märz mai juni juli oktober dezember okt dez",
    "fr": "janvier février mars avril juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre",
    "pt": "janeiro fevereiro março maio junho julho setembro outubro novembro dezembro",
    "nl": "januari februari maart mei augustus",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
}
_MONTHS = frozenset(word for words in _MONTHS_BY_LANGUAGE.values() for word in words.split())
_AUTHORS_BY_LANGUAGE = {
    "en": "by author written posted published",
    "de": "von text autor autorin",
    "fr": "par auteur",
    "es": "por",
    "it": "di",
    "nl": "door",
    "sv": "av",
    "ru": "от",
}
_AUTHORS = frozenset(word for words in _AUTHORS_BY_LANGUAGE.values() for word in words.split())
"""Words before the name of a text's author, in a few languages."""
_POINTERS_BY_LANGUAGE = {
    "en": "related read see more also watch click get sign subscribe share follow",
    "de": "siehe lesen mehr dazu passend auch jetzt hier anmelden teilen",
    "fr": "lire voir aussi également",
    "es": "lea lee vea ver leer nota también relacionada",
    "it": "leggi vedi anche guarda",
    "pt": "leia veja saiba também",
    "nl": "lees zie ook bekijk",
    "ru": "читайте смотрите также",
}
_POINTERS = frozenset(word for words in _POINTERS_BY_LANGUAGE.values() for word in words.split())
"""Words that open a line that leads away from its text (`Read more: ...`), in a few languages."""
_OPENING_LABEL = re.compile(r"[^:：]{1,40}[:：](?=\s*\w)")
_CREDIT = re.compile(
    r"\b(?:photo|foto|image|bild|picture|video|graphic|grafik|credit|quelle|source|courtesy|copyright)s?\b|©",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\b(?:\d{1,2}[./]\s?\d{1,2}[./]\s?\d{2}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b|\d{1,2}[:.]\d{2}\b|(?:19|20)\d\d\b)"
)
"""A date, a time of day or a year."""
_WORD = re.compile(r"\w+(?:['’]\w+)*")
_TOKEN = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
_SEPARATORS = frozenset("|·•»›→←«‹–—/…")

LONGEST = 200
"""Characters of a line that are read: no longer line is a title."""
SHORT = 80
"""Columns up to which a block counts as short."""
NEAR = 3
"""The number of blocks on each side of a candidate that are looked at."""
_ABSENT = -1.0
"""The value of a neighbour's features beyond the ends of the document."""


class Line(NamedTuple):
    """What a short block shows by itself."""

    words: int
    raised: float
    """The share of its words that begin in upper case."""
    digits: float
    letters: float
    date: bool
    author: bool
    credit: bool
    name: bool
    """It is two to four raised words and nothing else."""
    question: bool
    colon: bool
    pointer: int
    """The number of its first three words that point elsewhere."""
    label: float
    """The share of it that stands before a colon."""
    bracket: bool
    """It ends with a bracket."""
    command: bool
    """It begins as a line in a terminal does."""
    separators: int
    first_word: str
    last_word: str
    pattern: str
    """Its words, numbers and marks by kind: `X9.9.9` for `On 3.4.2024`."""
    look: tuple[object, ...]
    """What titles of one document share: bold, last mark, kind of first letter, capitals, length."""


def line_of(block: Block) -> Line:
    """Read a short block."""
    text = block.text[:LONGEST]
    words = _WORD.findall(text)
    initials = [word[0] for word in words if word[0].isalpha()]
    words = list(map(str.lower, words))
    raised = sum(map(str.isupper, initials)) / len(initials) if initials else 0.0
    length = len(text) or 1
    digits = sum(map(str.isdigit, text)) / length
    letters = sum(map(str.isalpha, text)) / length
    core, start = text.rstrip("*_ \"'”’»)"), text.lstrip("*_\"'“‘«„([¿¡")[:1]
    end = core[-1:]
    capitals = text.isupper()
    first = "digit" if start.isdigit() else "lower" if start.islower() else "letter" if start.isalpha() else start
    return Line(
        words=len(words),
        raised=raised,
        digits=digits,
        letters=letters,
        date=digits > 0 and (_DATE.search(text) is not None or not _MONTHS.isdisjoint(words)),
        author=bool(words) and words[0] in _AUTHORS,
        credit=_CREDIT.search(text) is not None,
        name=2 <= len(words) <= 4 and raised == 1.0 and not digits and letters > 0.8,
        question=end in ("?", "？", "؟"),
        colon=text.rstrip("*_ ")[-1:] in (":", "："),
        pointer=len(_POINTERS.intersection(words[:3])),
        label=len(label[0]) / length if (label := _OPENING_LABEL.match(text)) else 0.0,
        bracket=text.endswith((")", "]", "）")),
        command=text.startswith(("$ ", "% ", "# ", "> ", ">>> ")),
        separators=sum(map(_SEPARATORS.__contains__, text)),
        first_word=words[0] if words else "",
        last_word=words[-1] if words else "",
        pattern="".join(map(_kind_of_token, _TOKEN.findall(text)[:12])),
        look=(block.bold, "" if end.isalnum() else end, first, capitals, bisect_left((18, 45, 80), block.width)),
    )


def _kind_of_token(token: str) -> str:
    letter = token[0]
    if letter.isdigit():
        return "9"
    if not letter.isalpha():
        return letter
    return "a" if not letter.isupper() else "A" if len(token) > 1 and token.isupper() else "X"


class Surroundings:
    """A page's short lines, its runs of blocks and its habits, computed once; `features_of` looks them up."""

    def __init__(self, page: Page) -> None:
        blocks = self._blocks = page.blocks
        self._page, self._end = page, len(blocks)
        self._lines = [line_of(block) if block.width <= LONGEST else None for block in blocks]
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
        self._prose = list(
            accumulate(
                (block.width if is_prose else 0 for block, is_prose in zip(blocks, self._is_prose, strict=True)),
                initial=0,
            )
        )
        self._columns = list(accumulate((block.width for block in blocks), initial=0))
        self._prose_places = [at for at, is_prose in enumerate(self._is_prose) if is_prose]
        self._short_places = [at for at, is_short in enumerate(page.is_short) if is_short]
        candidates = [(at, line) for at in page.candidates if (line := self._lines[at])]
        lines = [line for line in self._lines if line]
        self._first_words = Counter(line.first_word for line in lines)
        self._last_words = Counter(line.last_word for line in lines)
        self._patterns = Counter(line.pattern for _, line in candidates)
        looks: dict[object, list[int]] = defaultdict(list)
        for at, line in candidates:
            looks[line.look].append(at)
        self._looks = {look: self._features_of_look(places, len(candidates)) for look, places in looks.items()}
        self._raised, self._short_width = 0.0, 1.0
        self._habits = self._habits_of([line for at, line in candidates if page.is_short[at]], len(looks))

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

    def _habits_of(self, lines: Sequence[Line], looks: int) -> Features:
        """Of the document: how its short lines are written, and how much of it is prose, items and short lines."""
        page, count = self._page, max(1, len(lines))
        blocks, prose = max(1, self._end), len(self._prose_places)
        starts_of_runs = sum(self._runs["short lines"][0][at] == 0 for at in self._short_places)
        self._raised = sum(line.raised for line in lines) / count
        self._short_width = sum(page.blocks[at].width for at in self._short_places) / max(1, len(self._short_places))
        return {
            "document: blocks": log(1 + self._end),
            "document: candidates": len(page.candidates) / blocks,
            "document: short lines": len(lines) / blocks,
            "document: prose": prose / blocks,
            "document: items": sum(map(is_item, page.blocks)) / blocks,
            "document: short lines to prose": len(lines) / max(1, prose),
            "document: looks": looks / max(1, len(page.candidates)),
            "document: runs of short lines": starts_of_runs / count,
            "document: short lines before prose": self._share_of_short(1),
            "document: short lines after prose": self._share_of_short(-1),
            "document: raised words": self._raised,
            "document: width of short lines": self._short_width,
            "document: questions": sum(line.question for line in lines) / count,
            "document: colons": sum(line.colon for line in lines) / count,
            "document: dates": sum(line.date for line in lines) / count,
            "document: names": sum(line.name for line in lines) / count,
            "document: median paragraph": page.median_width,
            "document: closed paragraphs": page.sentence_share,
        }

    def _share_of_short(self, distance: int) -> float:
        """The share of short lines that have prose at a distance."""
        places = [at + distance for at in self._short_places if 0 <= at + distance < self._end]
        return sum(map(self._is_prose.__getitem__, places)) / max(1, len(self._short_places))

    def line(self, at: int) -> Line:
        """What block `at` shows by itself."""
        return self._lines[at] or line_of(self._blocks[at])

    def features_of(self, at: int) -> Features:
        """What surrounds the candidate at block `at`."""
        block, line = self._blocks[at], self.line(at)
        features = self._habits | self._looks.get(line.look, {})
        features |= {
            "width": block.width,
            "words": line.words,
            "width of a word": block.width / max(1, line.words),
            "width to short lines": block.width / max(1.0, self._short_width),
            "width to median": block.width / self._page.median_width,
            "raised": line.raised,
            "raised, to the document": line.raised - self._raised,
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
            "first word elsewhere": log(max(1, self._first_words[line.first_word])),
            "last word elsewhere": log(max(1, self._last_words[line.last_word])),
            "pattern elsewhere": log(max(1, self._patterns[line.pattern])),
            "text elsewhere": self._page.texts[block.text],
        }
        self._add_place(features, at)
        for distance in range(1, NEAR + 1):
            self._add_neighbour(features, f"{distance} above: ", at - distance, line, distance)
            self._add_neighbour(features, f"{distance} below: ", at + distance, line, distance)
        self._add_words_around(features, at)
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

    def _add_neighbour(self, features: Features, side: str, at: int, own: Line, distance: int) -> None:
        block = self._page.neighbour(at)
        if block is None:
            features[side + "width"] = features[side + "kind"] = _ABSENT
            return
        features[side + "width"] = min(block.width, 600)
        features[side + "closed"] = block.ends_sentence
        if distance == NEAR:
            return
        features[side + "kind"] = 1.0 if is_item(block) else {TEXT: 0.0, ROW: 2.0, VERBATIM: 3.0}.get(block.kind, 4.0)
        features[side + "candidate"] = block.candidate
        features[side + "bold"] = block.bold
        features[side + "starts lower"] = block.text[:1].islower()
        line = self._lines[at]
        if line is not None:
            features[side + "date"] = line.date
            features[side + "author"] = line.author
            features[side + "credit"] = line.credit
            features[side + "raised"] = line.raised
            features[side + "question"] = line.question
            features[side + "colon"] = line.colon
            features[side + "same look"] = line.look == own.look
            features[side + "same pattern"] = line.pattern == own.pattern

    def _add_words_around(self, features: Features, at: int) -> None:
        """How many of a line's longer words occur in the text below and above it."""
        terms = {word for word in map(str.lower, _WORD.findall(self._blocks[at].text)) if len(word) > 3}
        if not terms:
            return
        texts = [block.text[:2000] for block in self._blocks[at + 1 : at + 5]]
        next_text, later_text = " ".join(texts[:2]).lower(), " ".join(texts[2:]).lower()
        later_terms = {word for word in terms if word not in next_text}
        later = sum(word in later_text for word in later_terms)
        features["its words in the next 2"] = 1 - len(later_terms) / len(terms)
        features["its words in the next 4"] = 1 - (len(later_terms) - later) / len(terms)
        text_above = " ".join(block.text[:2000] for block in self._blocks[max(0, at - 2) : at]).lower()
        features["its words in the last 2"] = sum(word in text_above for word in terms) / len(terms)


def _runs(flags: Sequence[bool]) -> tuple[list[int], list[int]]:
    """For each place, the number of blocks in an unbroken run that ends above it, and that begins at it."""
    above, below = [0], [0]
    for flag in flags:
        above.append(above[-1] + 1 if flag else 0)
    for flag in reversed(flags):
        below.append(below[-1] + 1 if flag else 0)
    return above, below[::-1]
