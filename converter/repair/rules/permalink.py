"""Marks that sites put behind titles to link to them: `¶`, `#`, `[#](#usage "Permanent link")`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from converter.repair.draft import Draft
from converter.repair.headings.candidates import WIDEST_TITLE
from converter.repair.lines import BLANK, HEADING, ORDERED, RULE, TEXT, UNDERLINE, ends_sentence, width_of
from converter.repair.rule import FULL, rule
from converter.repair.state import has_heading

FEWEST_MARKS = 3
"""Fewer marks may belong to the text of their lines, as in `Why C#`."""

PROSE = 100
"""Columns beyond which a line above a title is a paragraph, so that the title is not the document's."""

BELOW = 60
"""Columns beyond which a line below a title is text."""

_LINK = re.compile(
    r"\[(?:\\?#|[¶§🔗⚓∞]\ufe0f?)?\]\((?=[^()\s#]*+#)[^()\s]++(?:[ \t]++\"[^\"]*+\")?\)"
    r"(?:\{\.[^{}]*+\})?+(?P<attributes>[ \t]++\{[^{}]*+\})?+$"
)
"""Attributes that touch the link, `{.headerlink}`, are the link's; those after a space are the title's."""
_MARK = re.compile(r"(?<=[\w).?!:’'\"”\]`])[ \xa0]?(?:(?P<sign>[¶🔗])\ufe0f?|(?P<hash>(?<=[^\W\d_]{3})#))[ \t]*$")
"""A `#` behind two letters or a digit is part of the text: `C#`, `Qxf7#`, `*123#`."""

_SIGNS = ("[](", "#](", "¶", "§", "🔗", "⚓", "∞")
_HASH = re.compile(r"#[ \t]*+$", re.MULTILINE)
"""Characters in every text with such a link or mark."""

_ALONE = {"¶": "sign", "🔗": "sign", "#": "hash"}
"""Marks alone on a line, as written by programs that put each text of a page on a line."""


def _is_heading(draft: Draft, at: int) -> bool:
    """Whether a line is an ATX heading, or the title of a setext heading."""
    if draft.kinds[at] == TEXT:
        return draft.kinds[at + 1 : at + 2] in ([UNDERLINE], [RULE]) and draft.has_gap_above(at)
    return draft.kinds[at] == HEADING


def _title_above(draft: Draft, at: int) -> int | None:
    """The line that a mark on line `at`, which has no other text, belongs to: the nearest one above, if it is plain
    and has words.

    A `#` below a blank line is an empty heading.
    """
    distance = 1 if draft.kinds[at] == HEADING else 2
    places = range(at - 1, max(-1, at - 1 - distance), -1)
    above = next((index for index in places if draft.kinds[index] != BLANK), None)
    if above is None or draft.kinds[above] not in (TEXT, ORDERED):
        return None
    line = draft.lines[above]
    return above if any(map(str.isalpha, line)) and width_of(line) <= WIDEST_TITLE else None


def _has_comments(draft: Draft) -> bool:
    """Whether lines begin with a `#`, as headings and comments do: then a lone `#` is one of these."""
    return any(line.lstrip().startswith("#") and line.strip() != "#" for line in draft.lines)


@rule("permalink", FULL)
def permalink(draft: Draft) -> None:
    """The link to itself behind a heading is not part of it: `[#](#usage)`, or `¶`, `🔗` or `#` behind several lines of
    a page. Plain lines with such a sign behind them or below them are titles, if most have text below them: they lose
    the sign, and become headings in a document without marked headings. Other lines keep the sign, except sentences in
    a page whose sentences have it."""
    if not any(map(draft.marks.__contains__, _SIGNS)) and not any(map(_HASH.search, draft.texts())):
        return
    marks: dict[str, dict[int, int]] = {"sign": {}, "hash": {}}
    for at, kind in enumerate(draft.kinds):
        line = draft.lines[at]
        if line.rstrip().endswith((")", "}")) and _is_heading(draft, at):
            start = line.rfind("[")
            title = line[: max(start, 0)].rstrip()
            match = _LINK.match(line.rstrip(), start) if start > 0 and title.strip("# \t") else None
            if match:
                draft.replace("permalink", at, title + (match["attributes"] or ""), 0.99, kind)
        elif (
            kind in (HEADING, TEXT, ORDERED)
            and line.rstrip().endswith(("¶", "#", "🔗"))
            and width_of(line) <= WIDEST_TITLE
        ):
            match = _MARK.search(line)
            if match and match.lastgroup:
                marks[match.lastgroup][at] = at
            elif (name := _ALONE.get(line.lstrip())) and (above := _title_above(draft, at)) is not None:
                marks[name][above] = at
    lone_hashes = [at for at, mark in marks["hash"].items() if at != mark]
    if lone_hashes and _has_comments(draft):
        marks["hash"] = {at: mark for at, mark in marks["hash"].items() if at == mark}
    for places in marks.values():
        if len(places) >= FEWEST_MARKS:
            _remove_marks(draft, places)


def _remove_marks(draft: Draft, places: Mapping[int, int]) -> None:
    """Remove marks from headings, from titles and, if most lines with a mark are sentences, from sentences.

    The first title is the title of the document, if no paragraph is above it.
    """
    lines = {at: _MARK.sub("", draft.lines[at]) for at in places}
    plain = [at for at in places if not _is_heading(draft, at)]
    sentences = [at for at, line in lines.items() if ends_sentence(line)]
    has_sentences = 2 * len(sentences) >= len(lines)
    are_titles = not has_sentences and _have_text(draft, places, plain)
    if are_titles and not (draft.state.headings == "marked" or has_heading(draft.lines, draft.kinds)):
        for at in plain:
            draft.titles[at] = 2 if draft.titles or _has_prose(draft, at) else 1
    kept = set() if are_titles else {*plain}.difference(sentences if has_sentences else ())
    for at, mark in places.items():
        if mark == at and at not in kept:
            draft.replace("permalink", at, lines[at], 0.95, draft.kinds[at])
        elif mark != at and are_titles:
            draft.absorb("permalink", mark, at, 0.95)


def _have_text(draft: Draft, places: Mapping[int, int], plain: Sequence[int]) -> bool:
    """Whether most plain lines with a mark have text below them, before the next such line; items and cells do not.

    If most of them have a number and the mark on one line, they are items, as in a list of links.
    """
    if 2 * sum(draft.kinds[at] == ORDERED and places[at] == at for at in plain) > len(plain):
        return False
    starts = [*sorted(places), len(draft.lines)]
    ends = dict(pairwise(starts))
    return 2 * sum(_has_text(draft, places[at] + 1, ends[at]) for at in plain) > len(plain)


def _has_text(draft: Draft, start: int, end: int) -> bool:
    """Whether any of these lines is wide or ends a sentence, and the first does not continue in the middle of one."""
    lines = [draft.lines[at].strip() for at in range(start, end) if draft.kinds[at] != BLANK]
    if not lines or (draft.kinds[start] == TEXT and (lines[0][0].islower() or lines[0][0].isdigit())):
        return False
    return any(ends_sentence(line) or width_of(line) > BELOW for line in lines)


def _has_prose(draft: Draft, end: int) -> bool:
    """Whether a paragraph is above a line."""
    above = zip(draft.kinds[:end], draft.lines[:end], strict=True)
    return any(kind == TEXT and width_of(line) > PROSE for kind, line in above)
