"""Talks and logs: texts whose lines begin with a speaker or a time. Such lines are neither titles nor items."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

TURNS = 3
"""From this number of blocks on, an opening is a speaker's if it occurs again."""

SPEAKER_SHARE = 0.4
"""Minimum share of a talk's blocks that begin with a speaker; the others are stage directions and narration."""

ENTRIES = 0.5
"""More than this share of the lines of a log begin with a moment."""

_TIME = r"[\[(]?\d{1,2}:[\d:.]{2,9}[\])]?"
_NAME = r"[^\W\d_]{1,20}+(?: [^\W\d_]{1,20}+){0,2}+"
_OPENING = re.compile(
    rf"(?:{_TIME} )?[*_\[<(]*+(?P<name>{_NAME})(?P<number>[ _]?\d{{1,3}})?(?: ?[(\[]{_TIME}[)\]]?)?"
    r"(?:\.?[*_\])]*(?:[:：>](?=[*_\s]|$)| [–—-] )|(?P<stop>\.[*_]*)(?=\s|$))"
)
"""A name, perhaps with a number, and a colon or a dash (`Speaker 2 (01:12): ...`), or a full stop if the name is in
capitals or emphasized, as in plays (`ANN. ...`, `_Ann._ ...`)."""
_ENTRY = re.compile(r"[\[(<]?(?:[^\W\d_]{3,9}\.? {1,2})?\d[\d.,:/\-TZ ]*\d")
"""Numbers at the start of a line, perhaps after a month."""
_MOMENT = re.compile(r"\d:\d\d:\d\d|[-/.]\d{1,4}[T ]{1,2}\d\d?:\d\d|[^\W\d_][^:]{0,16}\d:\d\d")


def opening_of(text: str) -> str | None:
    """Return the name, with its number, that a block begins with as a speaker's turn does."""
    match = _OPENING.match(text)
    if match is None:
        return None
    is_play = len(match["name"]) > 1 and (match["name"].isupper() or text[0] in "*_")
    return match["name"] + (match["number"] or "") if is_play or not match["stop"] else None


def speakers_among(texts: Sequence[str]) -> frozenset[str]:
    """Return the openings of the speakers if most blocks of a text are their turns; else none.

    Steps (`Step 1: ...`) count up and start again; speakers do not.
    """
    openings = [opening for text in texts if (opening := opening_of(text))]
    counts = Counter(openings)
    speakers = {opening for opening, count in counts.items() if count >= TURNS}
    turns = [opening for opening in openings if opening in speakers]
    if len(speakers) < 2 or len(turns) < SPEAKER_SHARE * len(texts) or _count_up(turns):
        return frozenset()
    return frozenset(speakers)


def are_turns(lines: Sequence[str], speakers: frozenset[str]) -> bool:
    """Whether most lines are turns of speakers, and these lines are among them."""
    openings = [opening for line in lines if (opening := opening_of(line))] if speakers else []
    return 2 * len(openings) > len(lines) and not speakers.isdisjoint(openings)


def _count_up(openings: Sequence[str]) -> bool:
    """Whether openings are numbered and count up to at least three, again and again."""
    numbers = [int(match[0]) if (match := re.search(r"(?<!\d)\d+$", opening)) else 0 for opening in openings]
    counts_up = all(below in (above + 1, numbers[0]) for above, below in pairwise(numbers))
    return counts_up and min(numbers) > 0 and max(numbers) > 2


def is_log(lines: Iterable[str]) -> bool:
    """Whether most lines begin with a time to the second or with a date and a time, as the entries of a log do.

    Lists of events have dates, programmes have times (`09:30 Opening`).
    """
    entries = [(match := _ENTRY.match(line)) is not None and _MOMENT.search(match[0]) is not None for line in lines]
    return sum(entries) > ENTRIES * len(entries)
