"""A cheap sign of a page with boilerplate: parts of what pages say, anywhere in the text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

SIGNS = (
    *("©", "related", "cookie", "published", "previous", "share on", "updated", "subscribe", " comments", "advertis"),
    *("facebook", "privacy", "skip to", "tags", "posted", "log in", "menu", "leave a", "topics", "read more"),
    *("newsletter", "jump to", "share this", "all rights", "built with", "sign up", "helpful", "of contents"),
    *("sponsored", "powered by", "sign in", "in this article", "edit this page", "back to top", "edit on", "made with"),
    *("min read", "on this page", "teilen", "kommentare", "datenschutz", "compartir", "impressum", "comentarios"),
    *("partager", "commentaires"),
)
"""Parts of phrases, in lower case, the most frequent first: a text with a few of them may be a page."""

FEWEST_SIGNS = 4
"""A text with fewer parts of phrases is not a page."""

LONGEST_PAGE = 10_000
"""A text with this many lines is not a page."""

LONGEST_CUE = 320
"""A line with more characters is not a cue."""


def may_be_page(lines: Sequence[str]) -> bool:
    """Whether a text may be a page, so that its blocks are worth a look."""
    if len(lines) > LONGEST_PAGE:
        return False
    text = "\n".join([line for line in lines if len(line) <= LONGEST_CUE]).lower()
    signs = filter(text.__contains__, SIGNS)
    return len([*islice(signs, FEWEST_SIGNS)]) == FEWEST_SIGNS
