"""A cheap sign of a page with boilerplate: parts of what pages say, anywhere in the text."""

from __future__ import annotations

from collections.abc import Sequence

SIGNS = (
    *("©", "cookie", "newsletter", "advertis", "sponsored", "helpful", "impressum", "datenschutz", "subscribe"),
    *(
        "skip to",
        "jump to",
        "back to top",
        "all rights",
        "powered by",
        "built with",
        "made with",
        "min read",
        "read more",
    ),
    *(
        "on this page",
        "in this article",
        "of contents",
        "edit this page",
        "edit on",
        "share on",
        "share this",
        "facebook",
    ),
    *("leave a", " comments", "kommentare", "commentaires", "comentarios", "teilen", "partager", "compartir", "menu"),
    *(
        "log in",
        "sign in",
        "sign up",
        "previous",
        "privacy",
        "related",
        "posted",
        "published",
        "updated",
        "tags",
        "topics",
    ),
)
"""Parts of phrases, in lower case: a text with a few of them may be a page."""

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
    return sum(map(text.__contains__, SIGNS)) >= FEWEST_SIGNS
