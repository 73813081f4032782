"""What a reader sees of each line of a text that is a line each text node: its form, and the lines around it."""

from __future__ import annotations

from array import array
from bisect import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

from converter.repair.item_runs import CHECK_BOXES, LEAD_IN, has_label, is_narrative
from converter.repair.joint_evidence import FEWEST_LABELS, Line, line_of, pairs_of, signs_of
from converter.repair.notation import is_value
from converter.repair.periods import ABSENT_VALUE

NEAR = 5
"""Lines above and below that are around a line."""

LAGS = range(2, 9)
"""Numbers of columns that a table may have."""

WORDS, COUNTS, PLACES = (1, 2, 4, 8, 14, 25), (0, 1, 2, 4, 7), (1, 3, 6, 12, 25, 50)
"""Limits of the classes of words of a line, of lines around it, and of lines above or below it."""

FARTHEST = 8
"""Lines below a line with a colon that are near it."""

LONG, SHORT = 90, 30
"""Columns above which a line is long, and up to which it is short."""

FEWEST_WORDS = 4
"""Minimum words of a line that may begin a story."""

_ENDS = {"stop": ".", "colon": ":", "open": ",", "open mark": ","}

VALUE, ABSENT, CUT = "value", "absent", "cut"
"""Form of a line that is a value, stands for a missing one, or continues a sentence."""


def features_of(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield the names of the features of each line."""
    counts = Counter(texts)
    known = {text: line_of(text) for text in counts}
    lines = [known[text] for text in texts]
    forms_by_text = {text: _form_of(line) for text, line in known.items()}
    forms = [forms_by_text[text] for text in texts]
    traits_by_text = {text: list(_traits_of(line)) for text, line in known.items()}
    periods = _periods_of(forms)
    around: list[Line | None] = [None, None, *lines, None, None]
    joints = _joints(around, counts)
    crowds = _crowds_of(lines, forms)
    seen: Counter[str] = Counter()
    lead = FARTHEST
    framed = ["^", "^", *forms, "$", "$"]
    openings = [text.split(None, 1)[0] for text in texts]
    for at, (line, joint, crowd) in enumerate(zip(lines, joints, crowds, strict=True)):
        names = [*joint, *traits_by_text[line.text], *crowd]
        names.append(f"forms {framed[at]} {framed[at + 1]} {forms[at]}")
        names.append(f"forms {framed[at + 1]} {forms[at]} {framed[at + 3]}")
        names.append(f"forms {forms[at]} {framed[at + 3]} {framed[at + 4]}")
        names.append(f"top {bisect(PLACES, at)}")
        names.append(f"bottom {bisect(PLACES, len(lines) - 1 - at)}")
        names.append(f"period {periods[at]} {forms[at] == VALUE}")
        names.append(f"lead {min(lead, FARTHEST)}")
        lead = 1 if line.text.endswith(LEAD_IN) else lead + 1
        seen[line.text] += 1
        if counts[line.text] > 1:
            names.append(f"recurs {seen[line.text] > 1} {seen[line.text] < counts[line.text]} {line.shape}")
        if openings[at] in openings[max(0, at - NEAR) : at] or openings[at] in openings[at + 1 : at + NEAR + 1]:
            names.append(f"opening recurs {line.shape}")
        yield names


def _joints(around: Sequence[Line | None], counts: Counter[str]) -> Iterator[list[str]]:
    yield ["first"]
    lines = [line for line in around if line]
    labels = sum(line.is_label for line in lines)
    labelled = "labels" if labels >= FEWEST_LABELS else "label"
    for before, above, line, after in zip(around[1:], lines, lines[1:], around[4:], strict=False):
        yield [*pairs_of(before, above, line, after), *signs_of(before, above, line, after, counts, labelled)]


def _form_of(line: Line) -> str:
    if ABSENT_VALUE.fullmatch(line.text):
        return ABSENT
    if is_value(line.text):
        return VALUE
    if line.start in ("mark", "open", "parenthesis", "lower", "colon"):
        return CUT
    return line.shape + _ENDS.get(line.end, "")


def _cue_of(text: str) -> str:
    from converter.repair.cues import cue_of  # its expressions compile in 26 ms, 4 % of a start

    return cue_of(text)


def _traits_of(line: Line) -> Iterator[str]:
    text = line.text
    words = text.count(" ") + 1
    yield f"words {bisect(WORDS, words)} {line.end}"
    yield f"whole {line.whole}"
    if cue := _cue_of(text):
        yield f"cue {cue}"
        yield "cue"
    if words >= FEWEST_WORDS:
        yield f"narrative {is_narrative(text)} {line.end == 'stop'}"
    if has_label(text):
        yield f"has label {line.shape}"
    if text.startswith(CHECK_BOXES):
        yield "check box"
    if text.istitle() and words > 1:
        yield "title case"
    if text.endswith("?"):
        yield "question"


def _crowds_of(lines: Sequence[Line], forms: Sequence[str]) -> Iterator[list[str]]:
    """Yield how many lines of some kinds stand around each line."""
    kinds: dict[str, Iterable[bool]] = {
        "long": (line.width > LONG for line in lines),
        "short": (line.width <= SHORT and form != CUT for line, form in zip(lines, forms, strict=True)),
        "values": (form in (VALUE, ABSENT) for form in forms),
        "cuts": (form == CUT for form in forms),
        "sentences": (line.end == "stop" for line in lines),
        "labels": (has_label(line.text) for line in lines),
        "cues": (bool(_cue_of(line.text)) for line in lines),
    }
    sums_by_name = {name: array("i", accumulate(flags, initial=0)) for name, flags in kinds.items()}
    for at in range(len(lines)):
        top, end = max(0, at - NEAR), min(len(lines), at + NEAR + 1)
        yield [
            f"{name} around {bisect(COUNTS, sums[at] - sums[top])} {bisect(COUNTS, sums[end] - sums[at + 1])}"
            for name, sums in sums_by_name.items()
        ]


def _periods_of(forms: Sequence[str]) -> list[str]:
    """How well the forms of the lines around each line repeat, at the distance at which they do so best."""
    size = len(forms)
    best = [(0.0, 0)] * size
    for lag in LAGS:
        same = [forms[at] == forms[at + lag] for at in range(size - lag)] if size > lag else []
        sums = [0]
        for flag in same:
            sums.append(sums[-1] + flag)
        for at in range(size):
            low, high = max(0, at - 2 * lag), min(len(same), at + lag)
            if high - low >= lag:
                score = (sums[high] - sums[low]) / (high - low)
                best[at] = max(best[at], (score, -lag))
    return [f"{min(4, int(score * 5))}{'s' if lag > -4 else 'l'}" for score, lag in best]
