"""What each line of a case shows: which rules change a damaged text that lacks one of its lines.

`lines.yaml` names, for each case, the lines without which other rules fire than in the whole text, and those rules; all
other lines are no evidence. After a change that is meant, `UPDATE_EXAMPLES=1` writes it anew.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from converter.repair import repair
from tests.support.cases import LEARNED, load_cases
from tests.support.paths import CASE_FOLDER

FOLDER = CASE_FOLDER / "repair"
SHOWN = FOLDER / "documents" / "lines.yaml"
LONGEST_CASE = 40
"""Lines; each is left out in turn."""
PATHS = [path for path in sorted(FOLDER.glob("*.yaml")) if path.stem not in LEARNED]


def rules_of(lines: Sequence[str]) -> str:
    """The rules that change a text, apart from those with learned weights, which change with each training."""
    names = {entry.rule for entry in repair([*lines], range(1, len(lines) + 1)).repairs}
    return " ".join(sorted(names - LEARNED)) or "none"


def lines_that_show(text: str) -> dict[int, str]:
    """Line -> the rules that change the text without it, where these are others than those of the whole text."""
    lines = text.split("\n")
    of_all = rules_of(lines)
    without = {at + 1: rules_of(lines[:at] + lines[at + 1 :]) for at, line in enumerate(lines) if line.strip()}
    return {number: rules for number, rules in without.items() if rules != of_all}


def test_each_case_rests_on_its_lines() -> None:
    shown = {
        path.stem: {
            case["name"]: lines_that_show(case["damaged"])
            for case in load_cases(path)["fires"]
            if case["damaged"].count("\n") < LONGEST_CASE
        }
        for path in PATHS
    }
    if os.environ.get("UPDATE_EXAMPLES"):
        rows = []
        for rule, cases in shown.items():
            rows.append(f"{rule}:")
            for name, lines in cases.items():
                rows.append(f'  "{name}": {{{", ".join(f"{at}: {rules}" for at, rules in lines.items())}}}')
        SHOWN.write_text("\n".join(rows) + "\n", encoding="utf-8")
    assert shown == load_cases(SHOWN)
