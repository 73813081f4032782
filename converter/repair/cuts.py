"""Whether sentences of a text were cut where links and emphasis begin and end, and how their parts are joined."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from converter.repair.draft import Draft
from converter.repair.joint_evidence import CONTINUES, OPEN_WORDS, OPENS
from converter.repair.lines import TEXT
from converter.repair.state import State

FEWEST_CUTS = 3
"""Minimum number of lines that begin with a mark that only continues a sentence, for any lines to be joined."""

CONTINUING_MARKS = (",", ".", ":")
"""Marks that begin a line only if a sentence was cut there."""

FEWEST_NO_DEFINITIONS = 2
"""Minimum of these that are not a colon, where blank lines part blocks: a colon begins a definition there."""

OPEN_END = "the"
"""Evidence from a line that ends with an article or a preposition, which the line of a whole paragraph never does."""

KINDS = 2
"""Minimum number of different marks that begin lines (in SQL, a comma does); such an end counts as one."""

_CONTINUED = re.compile(r"[,.:] \w")
_IS_OPEN = re.compile(r"[\w)”\]]")
_CUT = re.compile(r"\n[,.:]")


def has_gaps(state: State) -> bool:
    """Whether blank lines part blocks, as they do not where a few are stray."""
    return state.spaced or state.copied or state.markup


def has_cuts(draft: Draft) -> bool:
    """Whether enough lines begin or end as only a cut leaves them."""
    are_apart = has_gaps(draft.state)
    if are_apart and len(_CUT.findall(draft.marks)) < FEWEST_CUTS:
        return False
    lines = [line for line in draft.lines if line] if are_apart else draft.lines
    marks = [
        line[0]
        for above, line in pairwise(lines)
        if line[:1] in CONTINUING_MARKS and (len(line) == 1 or _CONTINUED.match(line)) and _IS_OPEN.search(above[-1:])
    ]
    if draft.state.one_line:
        marks += [
            OPEN_END
            for (above, line), kind in zip(pairwise(draft.lines), draft.kinds, strict=False)
            if kind == TEXT and line and " " in above and above.rsplit(None, 1)[-1] in OPEN_WORDS
        ]
    if are_apart and sum(mark != ":" for mark in marks) < FEWEST_NO_DEFINITIONS:
        return False
    return len(marks) >= FEWEST_CUTS and len({*marks}) >= KINDS


def join(texts: Sequence[str]) -> str:
    """The parts of a sentence as one text, with a space where none of them shows that there was none."""
    parts = [texts[0]]
    for above, text in pairwise(texts):
        is_tight = CONTINUES.match(text) or (OPENS.search(above) and above[-1] not in ",、，&+=—–")
        parts += ["" if is_tight else " ", text]
    return "".join(parts)
