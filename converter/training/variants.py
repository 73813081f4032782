"""More texts from those of real pages: the furniture of one page around the article of another, and texts with gaps.

What stands around the titles of a site is much alike in all of its pages, and sites are few. In a variant the title of
one site stands above the text of another, or without its neighbours.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from converter.training.folds import fold_of

LONG = 160
"""Characters from which on a line is a paragraph of an article: the first and the last one bound it."""
SHORTEST = 4, 20
"""Minimum number of lines of an article that changes its page, and of a text that gets gaps."""
GAPS = 0.3
"""The share of lines that a text with gaps has lost."""
_LITTLE_WORDS = {
    "de": ("der", "die", "und"),
    "en": ("the", "and", "of"),
    "es": ("los", "el", "y"),
    "fr": ("les", "des", "et"),
    "it": ("che", "di", "il"),
    "nl": ("het", "een", "van"),
    "pl": ("się", "na", "i"),
    "pt": ("que", "os", "e"),
}


@dataclass(frozen=True, slots=True)
class Text:
    """The text of a page: what each of its lines is."""

    source: str
    """The site: what is left out as a whole."""
    lines: Sequence[str]
    truth: dict[int, bool | None]
    """Line -> whether it is a heading; None for a line that may be one."""
    levels: dict[int, int]
    """Line of a heading -> its level."""


Part = tuple[Text, int, int]
"""Lines of a text: from one, up to another."""


def mixtures_of(texts: Sequence[Text], chance: random.Random) -> Iterator[Text]:
    """Each text with the article of another one, of the same language and the same fold."""
    groups: defaultdict[tuple[int, str], list[tuple[Text, int, int]]] = defaultdict(list)
    for text in texts:
        paragraphs = [at for at, line in enumerate(text.lines) if len(line) > LONG]
        if paragraphs and paragraphs[-1] - paragraphs[0] >= SHORTEST[0]:
            groups[fold_of(text.source), _language_of(text)].append((text, paragraphs[0], paragraphs[-1] + 1))
    for group in groups.values():
        for page, start, end in group:
            article = chance.choice(group)
            if article[0] is not page:
                yield _join(page.source, ((page, 0, start), article, (page, end, len(page.lines))))


def gapped_texts(texts: Sequence[Text], chance: random.Random) -> Iterator[Text]:
    """Each text without some of its lines, or one half of it."""
    for text in texts:
        count = len(text.lines)
        if count < SHORTEST[1]:
            continue
        if chance.random() < 0.5:
            kept = [at for at, line in enumerate(text.lines) if chance.random() > GAPS or not line.strip()]
            yield _join(text.source, [(text, at, at + 1) for at in kept])
        else:
            start = chance.randrange(count // 2)
            yield _join(text.source, [(text, start, start + count // 2)])


def _join(source: str, parts: Sequence[Part]) -> Text:
    lines: list[str] = []
    truth: dict[int, bool | None] = {}
    levels: dict[int, int] = {}
    for text, start, end in parts:
        shift = len(lines) - start
        lines += text.lines[start:end]
        truth |= {at + shift: text.truth[at] for at in range(start, end)}
        levels |= {at + shift: level for at, level in text.levels.items() if start <= at < end}
    return Text(source, lines, truth, levels)


def _language_of(text: Text) -> str:
    """The language whose little words are the most frequent."""
    counts = Counter(word for line in text.lines for word in line.lower().split())
    return max(_LITTLE_WORDS, key=lambda language: sum(counts[word] for word in _LITTLE_WORDS[language]))
