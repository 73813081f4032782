"""Which lines of a PDF's text go on below a blank line."""

from __future__ import annotations

import pytest
import yaml

from converter.repair import repair
from converter.repair.print_width import print_width_of
from converter.repair.rules.line_gaps import goes_on
from tests.support.paths import CASE_FOLDER

LINE = "the guides lead their guests over the sand, past the beacon"


@pytest.mark.parametrize(
    ("above", "below", "share", "is_open"),
    [
        (LINE, "and the wreck", 1.0, True),
        (LINE, "and the wreck", 0.8, True),
        (LINE, "and the wreck", 0.7, False),  # a column beside the text
        (LINE, "and the wreck", 1.1, False),  # outside of the text
        (LINE, "Helgoland lies north", 0.97, True),
        (LINE, "I saw it", 0.9, False),  # a title: the next word had room
        (f"{LINE}.", "Helgoland lies north", 0.99, False),
        (f"{LINE}.", "and the wreck", 0.99, False),
    ],
)
def test_a_line_goes_on_below(above: str, below: str, share: float, is_open: bool) -> None:
    assert goes_on(above, below, print_width_of(above) / share) == is_open


def test_a_gap_of_a_text_without_pages_stays() -> None:
    """A margin in print alone proves too little: settings between long comments have one too."""
    cases = yaml.safe_load((CASE_FOLDER / "repair" / "list_inset.yaml").read_text(encoding="utf-8"))["fires"]
    lines = cases[0]["damaged"].split("\n")
    gapped = [*lines[:2], "", *lines[2:]]
    assert lines[2][0].islower()
    for form_feed, repaired in (("", False), ("\f", True)):
        text = [*gapped, "", f"{form_feed}Another page of the same report."]
        result = repair(text, range(1, len(text) + 1))
        assert ("line_gaps" in {row.rule for row in result.repairs}) == repaired
