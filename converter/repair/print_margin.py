"""The margin of text that a program set in proportional type, as a PDF reader takes it from a page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from converter.repair.lines import ends_sentence, width_of
from converter.repair.print_width import print_width_of

FEWEST_VOTES = 5
"""Minimum number of lines continued in lower case that are full at one margin."""

FULL_SHARE = 0.5
"""Minimum share of such lines that are full at the margin, not counting narrow columns beside the text."""

IN_COLUMNS, BETTER = 0.9, 0.09
"""The share of them that is full at a number of columns where a person or a terminal wrapped lines, or how much larger
it is than the share at a width of print."""

NARROWEST, NARROW_COLUMN = 40, 0.75
"""Columns of print below which a line shows no margin, and the share of the margin below which it is in a column
beside the text."""

WIDER, WIDER_SHARE = 1.25, 0.05
"""Ratio of a line's width to the margin from which on the line stands outside the text, and the maximum share of such
lines."""

FEWEST_WORDS = 4
"""Minimum words of a line of prose at this width; keys and addresses have fewer."""

ERROR = 0.015
"""The share by which the estimate of a line's printed width may be too high, because fonts differ."""


def print_margin_of(lines: Sequence[str], joints: Sequence[tuple[int, int]]) -> float:
    """The margin in columns of print, 0 if lines and those below them, maybe after a blank line, show none.

    A line that continues below in lower case lies within the margin, and its next word exceeds it: each such line votes
    for the widths between.
    """
    joints = [joint for joint in joints if _is_prose(lines[joint[0]])]
    open_joints = [
        (lines[above], lines[below]) for above, below in joints if continues_below(lines[above], lines[below])
    ]
    if len(open_joints) < FEWEST_VOTES:
        return 0.0
    votes, margin, share = _vote(open_joints, print_width_of)
    wider = sum(print_width_of(lines[above]) > WIDER * margin for above, _ in joints)
    if votes < FEWEST_VOTES or share < FULL_SHARE or wider > WIDER_SHARE * len(joints):
        return 0.0
    share_in_columns = _vote(open_joints, width_of)[2]
    is_in_columns = share_in_columns >= max(share, IN_COLUMNS) or share_in_columns >= share + BETTER
    return 0.0 if is_in_columns else margin


def _is_prose(line: str) -> bool:
    """Whether a line is neither indented nor a row with gaps, and has some words."""
    return line[:1] != " " and "  " not in line and line.count(" ") >= FEWEST_WORDS - 1


def continues_below(above: str, below: str) -> bool:
    """Whether a sentence continues below a line, in lower case."""
    return below.lstrip()[:1].islower() and not ends_sentence(above)


def _vote(joints: Sequence[tuple[str, str]], width: Callable[[str], float]) -> tuple[int, float, float]:
    """Return the number of lines that are full at the margin, the margin, and their share."""
    spans = [(width(above.strip()), width(with_next_word(above, below))) for above, below in joints]
    spans = [span for span in spans if span[0] >= NARROWEST]
    edges = sorted([(start * (1 - ERROR), 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    votes = most = 0
    margin = 0.0
    for (edge, vote), (next_edge, _) in pairwise(edges):
        votes += vote
        if votes >= most:
            most, margin = votes, (edge + next_edge) / 2
    full_lines = sum(start >= NARROW_COLUMN * margin for start, _ in spans)
    return most, margin, most / max(full_lines, 1)


def with_next_word(above: str, below: str) -> str:
    """A line with the first word of the line below appended, which may have had room there."""
    return f"{above.strip()} {below.split(None, 1)[0]}"
