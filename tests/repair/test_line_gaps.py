"""Which lines of a PDF's text go on below a blank line."""

from __future__ import annotations

import pytest

from converter.repair import repair
from converter.repair.draft import Draft
from converter.repair.ledger import Repair
from converter.repair.print_width import print_width_of
from converter.repair.rules.line_gaps import goes_on, line_gaps
from converter.repair.state import State
from tests.support.cases import load_cases
from tests.support.paths import CASE_FOLDER

LINE = "the guides lead their guests over the sand, past the beacon"


@pytest.mark.parametrize(
    ("above", "below", "share", "is_open"),
    [
        (LINE, "and the wreck", 1.0, True),
        (LINE, "and the wreck", 1.04, True),
        (LINE, "and the wreck", 1.06, False),  # outside of the text
        (LINE, "and the wreck", 0.76, True),
        (LINE, "and the wreck", 0.74, False),  # a column beside the text
        (LINE, "Helgoland lies north", 0.97, True),
        (LINE, "I saw it", 0.9, False),  # a title: the next word had room
        (f"{LINE}.", "Helgoland lies north", 0.99, False),
        (f"{LINE}.", "and the wreck", 0.99, False),
    ],
)
def test_a_line_goes_on_below(above: str, below: str, share: float, is_open: bool) -> None:
    assert goes_on(above, below, print_width_of(above) / share) == is_open


@pytest.mark.parametrize(("share", "is_full"), [(1.03, True), (1.015, False)])
def test_a_line_is_full_if_the_next_word_exceeds_the_margin(share: float, is_full: bool) -> None:
    above = f"{LINE} and the old inn at the dike"
    assert goes_on(above, "Helgoland lies north", print_width_of(f"{above} Helgoland") / share) == is_full


def draft_of(lines: list[str]) -> Draft:
    """Lines from a PDF, whose margin is as wide as `LINE`."""
    state = State(False, False, "unmarked", paged=True, print_margin=print_width_of(LINE))
    return Draft(lines, range(1, len(lines) + 1), state)


def test_a_gap_is_removed_and_recorded() -> None:
    draft = draft_of([LINE, "", "and the wreck of a ship"])
    line_gaps.apply(draft)
    result = draft.finish()
    assert result.lines == [LINE, "and the wreck of a ship"]
    assert result.repairs == [
        Repair("line_gaps", 1, 3, f"{LINE}\n\nand the wreck of a ship", f"{LINE}\nand the wreck of a ship", 0.85)
    ]


@pytest.mark.parametrize(
    "lines",
    [
        [LINE, "", "- and the wreck"],
        [f"- {LINE}", "", "and the wreck"],
        [LINE, "> a quote", "and the wreck"],
        [LINE, "", "", "and the wreck"],
        [LINE, "and the wreck", "of a ship"],
    ],
)
def test_other_gaps_stay(lines: list[str]) -> None:
    draft = draft_of(lines)
    line_gaps.apply(draft)
    assert draft.finish().lines == lines


def test_a_gap_of_a_text_without_pages_stays() -> None:
    """A margin in print alone proves too little: settings between long comments have one too."""
    cases = load_cases(CASE_FOLDER / "repair" / "list_inset.yaml")["fires"]
    lines = cases[0]["damaged"].split("\n")
    gapped = [*lines[:2], "", *lines[2:]]
    assert lines[2][0].islower()
    for form_feed, repaired in (("", False), ("\f", True)):
        text = [*gapped, "", f"{form_feed}Another page of the same report."]
        result = repair(text, range(1, len(text) + 1))
        assert ("line_gaps" in {row.rule for row in result.repairs}) == repaired
