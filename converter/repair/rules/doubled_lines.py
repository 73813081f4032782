"""Newlines that a scraper doubled: blank lines separate all lines of a wrapped paragraph, list or table."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from converter.repair.draft import TITLES, Draft
from converter.repair.lines import BLANK, DELIMITER, ITEMS, TEXT, VERBATIM, ends_sentence, width_of
from converter.repair.pipes import cells_in
from converter.repair.rule import FULL, rule
from converter.repair.state import LONG, NARROW

DOUBLED_SHARE = 0.9
"""Minimum share of lines followed by one blank line for blank lines not to mark the end of a block."""

_FEW = 4
"""With fewer joints, isolated lines of text do not show that they were wrapped."""

_MARGINS = ((0.9, 0.75), (0.75, 0.85), (0.6, 0.85))
"""Quantiles of the widths that may be the margin, each with the share of lines that must then be full."""

Joint = tuple[int, int]
"""A line and the next line that is not blank."""


@rule("doubled_lines", FULL, trigger=TITLES)
def doubled_lines(draft: Draft) -> None:
    """Where all newlines were doubled, every second one is removed; lines that were clearly wrapped are joined again.

    Two patterns show this. In the first, no two lines are adjacent and blank lines come in ones and threes, never in
    twos; the threes end blocks. In the second, only ones are left; two lines are then joined if the upper line is as
    full as wrapped lines are and its sentence continues below. Either needs proof: a table with separated rows, or
    text that repeatedly continues in lower case.
    """
    lines = draft.lines
    most_gaps = draft.signature.count(BLANK) + draft.signature.count(VERBATIM)
    if most_gaps < (2 * DOUBLED_SHARE - 1) * (len(lines) - most_gaps - 1):
        return  # as of most texts, which need not be counted line by line
    rows = array("i", (at for at, line in enumerate(lines) if line and not line.isspace()))
    if len(rows) < _FEW or (rows[-1] - rows[0] + 1 - len(rows)) < (2 * DOUBLED_SHARE - 1) * (len(rows) - 1):
        return
    gaps = {below - above - 1 for above, below in pairwise(rows)}
    upper_lines = array("i", (above for above, below in pairwise(rows) if below - above == 2))
    if all(gap % 2 for gap in gaps) and 1 in gaps and len(gaps) > 1:
        if _has_separate_rows(draft, upper_lines) or _margin(draft, upper_lines, cased=False):
            _halve(draft, list(pairwise(rows)))
    elif len(upper_lines) >= DOUBLED_SHARE * (len(rows) - 1) and not _has_touching_text(draft, rows):
        margin = _margin(draft, upper_lines, cased=True)
        if margin:
            _join(draft, [joint for joint in _joints(upper_lines) if _continues(draft, joint, margin)])


def _joints(upper_lines: Iterable[int]) -> Iterator[Joint]:
    """Yield the joints across one blank line; there may be many, so `upper_lines` keeps only their upper lines."""
    return ((above, above + 2) for above in upper_lines)


def is_doubled(draft: Draft) -> bool:
    """Whether exactly one blank line follows nearly every line of a document."""
    rows = array("i", (at for at, line in enumerate(draft.lines) if line and not line.isspace()))
    single_gaps = sum(below - above == 2 for above, below in pairwise(rows))
    return len(rows) > 2 and single_gaps >= DOUBLED_SHARE * (len(rows) - 1)


def _has_separate_rows(draft: Draft, upper_lines: Sequence[int]) -> bool:
    """Whether a blank line separates a delimiter row from its header, and no paragraph would be glued to another."""
    kinds, lines = draft.kinds, draft.lines
    if any(
        kinds[below] == TEXT and _takes_text(kinds[above]) and "|" not in lines[above]
        for above, below in _joints(upper_lines)
    ):
        return False
    return any(
        kinds[below] == DELIMITER and "|" in lines[above] and cells_in(lines[above]) == cells_in(lines[below])
        for above, below in _joints(upper_lines)
    )


def _margin(draft: Draft, upper_lines: Sequence[int], *, cased: bool) -> int:
    """The margin at which isolated lines of text were wrapped; 0 if they do not show that they were.

    Many wrapped lines continue in the next line, and most of those have no room for its first word; in a text with
    one line per paragraph hardly any do. If `cased`, only a lower-case letter shows that a sentence continues, and
    more such lines are required.
    """
    kinds, lines = draft.kinds, draft.lines
    texts = array("i", (above for above in upper_lines if kinds[above] == TEXT == kinds[above + 2]))
    open_joints = [joint for joint in _joints(texts) if _is_open(lines, joint, cased)]
    if len(open_joints) < (_FEW if cased else 2) or len(open_joints) < (0.4 if cased else 0.3) * len(texts):
        return 0
    long_lines = sum(width_of(lines[above]) > LONG for above in texts)
    return right_margin(lines, open_joints) if long_lines < len(open_joints) / 3 else 0


def right_margin(lines: Sequence[str], joints: Sequence[Joint]) -> int:
    """The margin at which nearly all upper lines are full; 0 if there is none at which people wrap.

    A few lines exceed it (links cannot be cut); if more do, a larger share of lines must be full.
    """
    widths = sorted(width_of(lines[above]) for above, _ in joints)
    for quantile, share in _MARGINS:
        margin = widths[int(quantile * (len(widths) - 0.5))]
        full_lines = sum(is_full(lines, joint, margin) for joint in joints)
        if NARROW <= margin <= LONG and full_lines >= share * len(joints):
            return margin
    return 0


def _is_open(lines: Sequence[str], joint: Joint, cased: bool) -> bool:
    letter = lines[joint[1]][:1]
    is_lower = letter.islower() if cased else letter.isalpha() and letter == letter.lower()
    return is_lower and not ends_sentence(lines[joint[0]])


def is_full(lines: Sequence[str], joint: Joint, margin: int) -> bool:
    """Whether the upper line is long and has no room for the lower line's first word."""
    width = width_of(lines[joint[0]])
    word = next(iter(lines[joint[1]].split(None, 1)), "")
    return width >= 0.7 * margin and width + 1 + width_of(word) > margin


def _has_touching_text(draft: Draft, rows: Sequence[int]) -> bool:
    kinds = draft.kinds
    return any(
        below - above == 1 and kinds[below] == TEXT and _takes_text(kinds[above]) for above, below in pairwise(rows)
    )


def _takes_text(kind: str) -> bool:
    return kind == TEXT or kind in ITEMS


def _continues(draft: Draft, joint: Joint, margin: int) -> bool:
    above, below = joint
    if draft.kinds[below] != TEXT or not _takes_text(draft.kinds[above]):
        return False
    is_ended = ends_sentence(draft.lines[above]) and not draft.lines[below][:1].islower()
    return not is_ended and width_of(draft.lines[below]) <= LONG and is_full(draft.lines, joint, margin)


def _halve(draft: Draft, joints: Sequence[Joint]) -> None:
    """Remove every second newline; between blocks that changes no reading, so only joined lines are recorded."""
    closed_joints = []
    for above, below in joints:
        for at in range(above + 1, above + 1 + (below - above) // 2):
            draft.drop(at)
        if below - above == 2 or draft.kinds[above + 1] == VERBATIM:
            closed_joints.append((above, below))
    _note(draft, closed_joints, 0.98)


def _join(draft: Draft, joints: Sequence[Joint]) -> None:
    for above, _ in joints:
        draft.drop(above + 1)
    _note(draft, joints, 0.95)


def _note(draft: Draft, joints: Sequence[Joint], confidence: float) -> None:
    """Add a row to the ledger for each run of joints."""
    start = 0
    for end in range(1, len(joints) + 1):
        if end == len(joints) or joints[end][0] != joints[end - 1][1]:
            upper, lower = joints[start][0], joints[end - 1][1]
            old_lines = draft.lines[upper : lower + 1]
            new_lines = _remaining_lines(draft, joints[start:end])
            draft.note("doubled_lines", upper, lower, "\n".join(old_lines), "\n".join(new_lines), confidence)
            start = end


def _remaining_lines(draft: Draft, joints: Sequence[Joint]) -> list[str]:
    lines = [draft.lines[joints[0][0]]]
    for above, below in joints:
        lines += draft.lines[above + 1 + (below - above) // 2 : below + 1]
    return lines
