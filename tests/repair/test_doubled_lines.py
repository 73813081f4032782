"""Doubled newlines: which lines are joined again, on each side of what shows that they were wrapped."""

from __future__ import annotations

import pytest

from converter.repair import repair

NAMES = ["Anchors", "Boats", "Cranes", "Docks", "Eddies", "Ferries", "Gates", "Harbours", "Islands", "Jetties"]
PADDING = (
    "of the old harbour are counted by the keeper in spring and in autumn when all boats lie on the slip for paint"
)


def joined(widths: list[int], capitals: set[int], gaps: dict[int, int] | None = None) -> str:
    """The lines of a text after its repair: `-` between two that touch, a space between others.

    The text has lines of these widths with a blank line between two, or as many as `gaps` says. The first one and
    `capitals` begin with a capital.
    """
    lines: list[str] = []
    for at, width in enumerate(widths):
        line = f"{NAMES[at % 10] if at in {0, *capitals} else 'and'} {PADDING} and tar for rope"[:width]
        lines += [f"{line[:-1]}e", *[""] * (gaps or {}).get(at, 1)]
    result = repair(lines[:-1], range(1, len(lines)), off=frozenset(("list_marks", "bare_heading", "line_gaps")))
    is_text = [bool(line) for line in result.lines]
    return (
        "".join("x" if is_line else " " for at, is_line in enumerate(is_text) if is_line or is_text[at - 1])
        .replace("xx", "x-x")
        .replace("xx", "x-x")
    )


@pytest.mark.parametrize(("width", "is_joined"), [(49, False), (50, True), (120, True), (121, False)])
def test_people_wrap_at_50_to_120_columns(width: int, is_joined: bool) -> None:
    assert joined([width] * 5, set()) == ("x-x-x-x-x" if is_joined else "x x x x x")


@pytest.mark.parametrize(
    ("count", "capitals", "is_joined"),
    [
        (5, set(), True),
        (5, {4}, False),
        (11, {5, 6, 7, 8, 9, 10}, True),
        (12, {5, 6, 7, 8, 9, 10, 11}, False),
    ],
)
def test_four_lines_and_two_of_five_go_on_in_lower_case(count: int, capitals: set[int], is_joined: bool) -> None:
    assert ("-" in joined([70] * count, capitals)) == is_joined


@pytest.mark.parametrize(
    ("widths", "result"),
    [
        # Three of four lines are full: one that has room for the next word ends a paragraph
        ([70, 70, 70, 70, 70, 70, 60, 60, 70], "x-x-x-x-x-x-x x x"),
        ([70, 70, 70, 70, 70, 60, 60, 60, 70], "x x x x x x x x x"),
        # The word `and` has room in 66 columns of 70, not in 67
        ([70, 70, 70, 67, 70], "x-x-x-x-x"),
        ([70, 70, 70, 66, 70], "x-x-x-x x"),
        # Fewer than a third are wider than 120 columns
        ([70, 121, 70, 70, 70], "x x-x-x-x"),
        ([70, 121, 121, 70, 70], "x x x x x"),
    ],
)
def test_full_lines_are_joined_with_the_next(widths: list[int], result: str) -> None:
    assert joined(widths, set()) == result


@pytest.mark.parametrize(("gaps", "is_joined"), [({}, True), ({4: 2}, True), ({4: 2, 7: 2}, False), ({4: 0}, False)])
def test_one_of_ten_gaps_may_be_wider_and_none_is_missing(gaps: dict[int, int], is_joined: bool) -> None:
    text = joined([70] * 11, set(), gaps)
    assert (text.count("-") > 2) == is_joined


@pytest.mark.parametrize(
    ("capitals", "result"),
    [
        ({3}, "x-x-x x-x-x"),
        ({1, 3}, "x-x-x x-x-x"),
        ({1, 2, 3, 4}, "x x x x x x"),
    ],
)
def test_three_blank_lines_end_a_paragraph_of_doubled_lines(capitals: set[int], result: str) -> None:
    assert joined([70] * 6, capitals, {2: 3}) == result
