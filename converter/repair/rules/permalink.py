"""Marks that sites put behind their titles, to link to them: `¶`, `#`, `[#](#usage "Permanent link")`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, HEADING, ORDERED, RULE, TEXT, UNDERLINE, ends_sentence, width_of
from converter.repair.rule import FULL, rule

WIDEST = 180
"""Columns beyond which no line is a title."""

FEWEST = 3
"""Fewer marks may belong to the text of their lines, as in `Why C#`."""

PROSE = 100
"""Columns beyond which a line is a paragraph."""

_LINK = re.compile(
    r"\[(?:\\?#|[¶§🔗⚓∞]\ufe0f?)?\]\((?=[^()\s#]*+#)[^()\s]++(?:[ \t]++\"[^\"]*+\")?\)"
    r"(?:\{\.[^{}]*+\})?+(?P<attributes>[ \t]++\{[^{}]*+\})?+$"
)
"""Attributes that touch the link, `{.headerlink}`, are the link's; those that stand apart are the title's."""
_MARK = re.compile(r"(?<=[\w).?!:’'\"”\]`])[ \xa0]?(?:(?P<sign>[¶🔗])\ufe0f?|(?P<hash>(?<=\w{3})#))[ \t]*$")

_ALONE = {"¶": "sign", "🔗": "sign", "#": "hash"}
"""Marks on a line of their own, as programs leave them that write each text of a page on a line."""


def _is_heading(draft: Draft, at: int) -> bool:
    """Whether a line is an ATX heading, or the title of a setext heading."""
    if draft.kinds[at] == TEXT:
        return draft.kinds[at + 1 : at + 2] in ([UNDERLINE], [RULE]) and draft.has_gap_above(at)
    return draft.kinds[at] == HEADING


def _title_above(draft: Draft, at: int) -> int | None:
    """The line that a mark on line `at`, which has no other text, belongs to: the nearest one above, if it is plain.

    A `#` below a blank line is an empty heading.
    """
    distance = 1 if draft.kinds[at] == HEADING else 2
    places = range(at - 1, max(-1, at - 1 - distance), -1)
    above = next((index for index in places if draft.kinds[index] != BLANK), None)
    is_plain = above is not None and draft.kinds[above] in (TEXT, ORDERED) and width_of(draft.lines[above]) <= WIDEST
    return above if is_plain else None


def _has_comments(draft: Draft) -> bool:
    """Whether lines begin with a `#`, as headings and comments do: a lone `#` is one of these then."""
    return any(line.lstrip().startswith("#") and line.strip() != "#" for line in draft.lines)


@rule("permalink", FULL)
def permalink(draft: Draft) -> None:
    """The link to itself behind a title is not part of the title: `[#](#usage)` behind a heading. Several short lines
    with a `¶` or `#` behind them, or on the line below, are titles."""
    marks: dict[str, dict[int, int]] = {"sign": {}, "hash": {}}
    for at, kind in enumerate(draft.kinds):
        line = draft.lines[at]
        if line.rstrip().endswith((")", "}")) and _is_heading(draft, at):
            start = line.rfind("[")
            title = line[: max(start, 0)].rstrip()
            match = _LINK.match(line.rstrip(), start) if start > 0 and title.strip("# \t") else None
            if match:
                draft.replace("permalink", at, title + (match["attributes"] or ""), 0.99, kind)
        elif kind in (HEADING, TEXT, ORDERED) and line.rstrip().endswith(("¶", "#", "🔗")) and width_of(line) <= WIDEST:
            match = _MARK.search(line)
            if match and match.lastgroup:
                marks[match.lastgroup][at] = at
            elif (name := _ALONE.get(line.lstrip())) and (above := _title_above(draft, at)) is not None:
                marks[name][above] = at
    lone_hashes = [at for at, mark in marks["hash"].items() if at != mark]
    if lone_hashes and _has_comments(draft):
        marks["hash"] = {at: mark for at, mark in marks["hash"].items() if at == mark}
    for places in marks.values():
        if len(places) >= FEWEST:
            _take_off(draft, places)


def _take_off(draft: Draft, places: Mapping[int, int]) -> None:
    """Take marks away from their lines, which are titles if most of them are no sentences.

    The first is the title of the document, if no paragraph stands above it.
    """
    lines = {at: _MARK.sub("", draft.lines[at]) for at in places}
    are_titles = 2 * sum(map(ends_sentence, lines.values())) < len(lines)
    for at, line in lines.items():
        kind, mark = draft.kinds[at], places[at]
        if are_titles and not _is_heading(draft, at):
            draft.titles[at] = 2 if draft.titles or _has_prose(draft, at) else 1
        if mark == at:
            draft.replace("permalink", at, line, 0.95, kind)
        elif are_titles:
            draft.replace("permalink", mark, "", 0.95, BLANK)


def _has_prose(draft: Draft, end: int) -> bool:
    """Whether a paragraph stands above a line."""
    above = zip(draft.kinds[:end], draft.lines[:end], strict=True)
    return any(kind == TEXT and width_of(line) > PROSE for kind, line in above)
