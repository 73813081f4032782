"""A cheap test for pages with boilerplate: it searches for parts of their typical phrases."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice
from typing import NamedTuple

SIGNS = (
    *("©", "related", "cookie", "published", "previous", "share on", "updated", "subscribe", " comments", "advertis"),
    *("facebook", "privacy", "skip to", "tags", "posted", "log in", "menu", "leave a", "topics", "read more"),
    *("newsletter", "jump to", "share this", "all rights", "built with", "sign up", "helpful", "of contents"),
    *("sponsored", "powered by", "sign in", "in this article", "edit this page", "back to top", "edit on", "made with"),
    *("min read", "on this page", "teilen", "kommentare", "datenschutz", "compartir", "impressum", "comentarios"),
    *("partager", "commentaires"),
)
"""Parts of phrases in lower case, the most frequent first. A text with several of them may be a page."""

FEWEST_SIGNS = 4
"""A text with fewer parts of phrases is not a page."""

LONGEST_PAGE = 10_000
"""A text with this many lines is not a page."""

LONGEST_CUE = 320
"""A line with more characters is not a cue."""


class Signs(NamedTuple):
    """The signs of a text: all of them if they are fewer than FEWEST_SIGNS, else as many."""

    lines: Sequence[str]
    signs: Sequence[str]

    @property
    def may_be_page(self) -> bool:
        """Whether the text may be a page, so that its blocks are worth examining."""
        return len(self.signs) >= FEWEST_SIGNS


def signs_of(lines: Sequence[str], earlier: Signs | None = None) -> Signs:
    """The signs of a text; `earlier` are those of the pass before, whose lines are not searched for others again."""
    lines = tuple(lines)  # later rules change the lines of a draft
    if len(lines) > LONGEST_PAGE:
        return Signs(lines, ())
    text = _text_of(lines)
    if earlier is None or len(earlier.lines) > LONGEST_PAGE:
        return Signs(lines, (*islice(filter(text.__contains__, SIGNS), FEWEST_SIGNS),))
    known_lines = () if earlier.may_be_page else frozenset(earlier.lines)
    new_text = _text_of([line for line in lines if line not in known_lines])
    known_signs = filter(text.__contains__, earlier.signs)
    new_signs = (sign for sign in SIGNS if sign not in earlier.signs and sign in new_text)
    return Signs(lines, (*islice(chain(known_signs, new_signs), FEWEST_SIGNS),))


def _text_of(lines: Sequence[str]) -> str:
    """The lines that may be cues, in lower case."""
    return "\n".join([line for line in lines if len(line) <= LONGEST_CUE]).lower()
