"""Titles between signs: `== History ==`, as wikis write them, and `***** History *****`, as html2text does."""

from __future__ import annotations

import re
from collections import Counter

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, HEADING, TEXT
from converter.repair.rule import FULL, rule

FEWEST_PEERS = 2
"""Minimum number of such lines that show that a document marks its titles this way; fewer must be between blank
lines."""

WIDEST_TITLE = 160
"""Columns beyond which no line is a title."""

SURE_STARS = 4
"""Some title of the document must have this many `*`: two or three may also set off a remark or the end of a text."""

HIGHER = 2
"""If another title in `*` is this many levels above the first one, the lines are notices about a file."""

_SIGNED_START = re.compile(r"\n(?:==|\*\*)[=*]* ")
"""Start of such a line, to skip documents that have none."""
_SIGNED = re.compile(r"(={2,6}|\*{2,6})[ \t]++(?=[^=*\s]*[^\W_])((?:[^=*]++|[=*](?![=*]))+)(?<=[ \t])\1[ \t]*+")


@rule("heading_signs", FULL)
def heading_signs(draft: Draft) -> None:
    """`== Title ==` (MediaWiki) and `***** Title *****` (html2text) are headings. More `=` are a lower level, as in
    wikis: `==` is level 2. More `*` are a higher one: six are level 1."""
    if not any(map(_SIGNED_START.search, draft.texts())):
        return
    titles = {
        at: match.groups()
        for at, kind in enumerate(draft.kinds)
        if kind == TEXT
        and draft.lines[at].startswith(("==", "**"))
        and len(draft.lines[at]) <= WIDEST_TITLE
        and (match := _SIGNED.fullmatch(draft.lines[at]))
    }
    if not any(signs[0] == "=" or len(signs) >= SURE_STARS for signs, _ in titles.values()):
        return
    stars = [len(signs) for signs, _ in titles.values() if signs[0] == "*"]
    if stars and max(stars) >= stars[0] + HIGHER:
        titles = {at: title for at, title in titles.items() if title[0][0] == "="}
    counts = Counter(signs[0] for signs, _ in titles.values())
    for at, (signs, title) in titles.items():
        peers = counts[signs[0]]
        if peers < FEWEST_PEERS and not (draft.has_gap_above(at) and draft.kinds[at + 1 : at + 2] in ([], [BLANK])):
            continue
        level = len(signs) if signs[0] == "=" else 7 - len(signs)
        confidence = 0.97 if peers >= FEWEST_PEERS else 0.9
        draft.replace("heading_signs", at, f"{'#' * level} {title.rstrip()}", confidence, HEADING)
