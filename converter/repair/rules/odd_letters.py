"""List items numbered with letters or Roman numerals, `a.`, `B)`, `(iv)`, which CommonMark does not recognize."""

from __future__ import annotations

import re
from string import ascii_lowercase

from converter.repair.draft import LINES, Draft
from converter.repair.lines import BLANK, INDENTED, ITEMS, ORDERED, TEXT
from converter.repair.rule import FULL, rule

_MARK = re.compile(r"([ ]*+)(\(?)([a-z]{1,5}|[A-Z]{1,5})([.)])[ \t\xa0]+(?=\S)")
_FIRST_MARK = re.compile(r"\n[ ]*+\(?[aAiI][.)][ \t\xa0]")
"""First mark of every run, to skip documents that have none."""
_ITEM = re.compile(r"([ ]*+)(?:[-*+]|\d{1,9}([.)]))[ \t]")
_ROMAN = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"
_COUNTS = {
    numerals[0]: tuple(numerals)
    for numerals in (ascii_lowercase, ascii_lowercase.upper(), _ROMAN.split(), _ROMAN.upper().split())
}
"""First mark of a run -> all its marks in order."""

_PROOF, _PROOF_OF_CAPITALS = 2, 3
"""Minimum number of lines in a run. Two paragraphs may well begin with the initials `A.` and `B.`."""

Run = list[tuple[int, re.Match[str]]]


@rule("odd_letter", FULL, trigger=LINES)
def odd_letters(draft: Draft) -> None:
    """Lines `a. ...`, `b. ...` or `(i) ...`, `(ii) ...` that count up from the first are read as an ordered list."""
    if not any(map(_FIRST_MARK.search, draft.texts())):
        return
    runs: dict[int, Run] = {}
    outline: list[tuple[int, int]] = []
    """Stack of (indentation, index): each entry is the nearest line above the next entry with less indentation."""
    for at, kind in enumerate(draft.kinds):
        line = draft.lines[at]
        outer_line: int | None = None
        if kind != BLANK:
            indent = len(line) - len(line.lstrip(" "))
            while outline and outline[-1][0] >= indent:
                outline.pop()
            outer_line = outline[-1][1] if outline else None
            outline.append((indent, at))
        match = _MARK.match(line) if kind in (TEXT, INDENTED) else None
        if match and (match[2] == "" or match[4] == ")"):
            depth = len(match[1])
            _close(draft, runs, depth + 1)
            if not _counts_on(runs.get(depth, []), match):
                _close(draft, runs, depth)
                if match[3] not in _COUNTS or (depth and not _lies_in_item(draft, runs, outer_line, depth)):
                    continue
            runs.setdefault(depth, []).append((at, match))
        elif kind != BLANK and not line.startswith((" ", "\t")) and not _is_wrapped(draft, at):
            _close(draft, runs, 0)
    _close(draft, runs, 0)


def _counts_on(run: Run, match: re.Match[str]) -> bool:
    if not run:
        return False
    first_match = run[0][1]
    marks = _COUNTS[first_match[3]]
    return (first_match[2], first_match[4]) == (match[2], match[4]) and marks[len(run) : len(run) + 1] == (match[3],)


def _lies_in_item(draft: Draft, runs: dict[int, Run], outer_line: int | None, depth: int) -> bool:
    """Whether `outer_line`, the nearest line above with less indentation, is an item whose content contains `depth`."""
    if outer_line is None:
        return False
    line = draft.lines[outer_line]
    # A run has one indentation, so `outer_line` is its last line.
    is_lettered = any(run[-1][0] == outer_line for run in runs.values())
    item = _MARK.match(line) if is_lettered else _ITEM.match(line) if draft.kinds[outer_line] in ITEMS else None
    return item is not None and item.end() <= depth < item.end() + 4


def _is_wrapped(draft: Draft, at: int) -> bool:
    """Whether an unindented line continues the paragraph above it."""
    return draft.state.spaced and draft.kinds[at] == TEXT and not draft.has_gap_above(at)


def _close(draft: Draft, runs: dict[int, Run], depth: int) -> None:
    """Turn the runs that are indented by `depth` or more into lists, if they are long enough."""
    for run in [runs.pop(indentation) for indentation in sorted(runs) if indentation >= depth]:
        first_match = run[0][1]
        capitals = first_match[4] == "." and first_match[3].isupper()
        if len(run) < (_PROOF_OF_CAPITALS if capitals else _PROOF):
            continue
        stop = first_match[4]
        above = _ITEM.match(draft.lines[run[0][0] - 1]) if run[0][0] else None
        if above and (above[1], above[2]) == (first_match[1], stop):
            stop = ".)"[stop == "."]  # a separate list, not a continuation of the one above
        for number, (at, match) in enumerate(run, 1):
            line = f"{match[1]}{number}{stop} {draft.lines[at][match.end() :]}"
            draft.replace("odd_letter", at, line, 0.95, ORDERED)
