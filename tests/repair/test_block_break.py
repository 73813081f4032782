"""Which joints of touching lines end a block: each limit from both sides, in texts made to measure."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from converter.repair.draft import Draft
from converter.repair.print_width import print_width_of
from converter.repair.rules.block_break import block_break
from converter.repair.state import State

Breaks = dict[int, float]


def breaks(lines: list[str], spaced: bool = False, headings: str = "unmarked", **state: object) -> Breaks:
    """The lines before which a block begins, and how sure that is."""
    draft = Draft(lines, range(len(lines)), State(spaced, False, headings, **state))  # type: ignore[arg-type]
    block_break.apply(draft)
    assert draft.breaks == {repair.line_end for repair in draft.repairs}
    return {repair.line_end: repair.confidence for repair in draft.repairs}


def line(columns: int, start: str = "the", end: str = "") -> str:
    """A line of so many columns, of words with four letters."""
    text = f"{start} " + "oats " * columns
    return text[: columns - len(end) - 2] + "so" + end


def paragraph(lines: int = 4, columns: int = 70, end: str = ".") -> list[str]:
    """A paragraph of full lines, the last of which is half as wide."""
    first, last = line(columns, "The"), line(columns // 2, end=end)
    return [first, *[line(columns)] * (lines - 2), last]


def text(*paragraphs: list[str]) -> list[str]:
    return [line for part in paragraphs for line in part]


def starts(*paragraphs: list[str]) -> Breaks:
    """The lines at which the paragraphs begin, but for the first one."""
    return {sum(map(len, paragraphs[:count])): 0.9 for count in range(1, len(paragraphs))}


SIX = [paragraph()] * 6
RAGGED = [[line(70, "The"), line(60), line(70), line(60), line(35, end=".")]] * 6
"""Paragraphs as a person breaks them: lines have room for the next word."""


def test_a_paragraph_of_a_text_filled_by_a_program_begins_a_block() -> None:
    assert breaks(text(*SIX)) == starts(*SIX)
    assert breaks(text(*RAGGED)) == starts(*RAGGED)
    assert breaks(text(*RAGGED), spaced=True) == starts(*RAGGED)


def test_five_blocks_must_end() -> None:
    assert breaks(text(*SIX[:5])) == {}


def test_a_block_without_a_stop_is_less_sure() -> None:
    titled = [*SIX, ["Boats of the day"], paragraph()]
    assert breaks(text(*titled)) == {**starts(*titled), len(text(*SIX)) + 1: 0.8}


@pytest.mark.parametrize(("lines", "expected"), [(29, True), (30, False)])
def test_so_large_a_share_of_the_joints_must_end_a_block(lines: int, expected: bool) -> None:
    paragraphs = [*SIX[:5], paragraph(lines - 20 + 5)]  # 5 ends of 33 or 34 joints
    assert bool(breaks(text(*paragraphs))) == expected


@pytest.mark.parametrize(("titles", "expected"), [(34, True), (35, False)])
def test_so_large_a_share_of_the_joints_must_be_wrapped(titles: int, expected: bool) -> None:
    lines = text(paragraph(7), ["Boats of the day"] * titles)  # 6 wrapped lines of 40 or 41 joints
    assert bool(breaks(lines)) == expected
    assert breaks(lines, paged=True)


@pytest.mark.parametrize(("wrapped", "expected"), [(5, True), (4, False)])
def test_five_lines_must_be_wrapped(wrapped: int, expected: bool) -> None:
    lines = text(paragraph(wrapped + 1), [line(30, "Boats") for _ in range(8)])
    assert bool(breaks(lines)) == expected


@pytest.mark.parametrize(("count", "expected"), [(1, True), (2, False)])
def test_a_record_of_fields_is_not_a_text(count: int, expected: bool) -> None:
    fields = [["Berth: ten", *paragraph()[1:]]] * count
    paragraphs = [paragraph(), *fields, *SIX[: 6 - count]]  # of six ends
    assert (breaks(text(*paragraphs)) == starts(*paragraphs)) == expected
    assert bool(breaks(text(*paragraphs))) == expected
    assert breaks(text(*paragraphs[:-1])) == {}  # one or two of five


@pytest.mark.parametrize(("columns", "expected"), [(49, False), (50, True), (120, True), (121, False)])
def test_a_text_is_neither_narrow_nor_unwrapped(columns: int, expected: bool) -> None:
    paragraphs = [paragraph(columns=columns)] * 6
    assert bool(breaks(text(*paragraphs))) == expected


def test_rows_with_gaps_are_not_text() -> None:
    paragraphs = [[part.replace(" ", "  ", 1) for part in lines] for lines in SIX]
    assert breaks(text(*paragraphs)) == {}


@pytest.mark.parametrize("layout", ["copied", "markup"])
def test_a_text_of_lines_that_are_blocks_stays(layout: str) -> None:
    layouts: dict[str, Any] = {layout: True}
    assert breaks(text(*RAGGED), **layouts) == {}


def test_a_marked_text_is_parted_only_if_a_program_filled_it_without_blank_lines() -> None:
    for lines in (["- an item", *text(*SIX)], ["# A title", *text(*SIX)]):
        assert len(breaks(lines)) >= 5
        assert breaks(lines, spaced=True) == {}
    assert breaks(["- an item", *text(*RAGGED)]) == {}
    assert breaks(text(*RAGGED), headings="marked") == {}
    assert breaks(text(*SIX), headings="marked") != {}
    assert breaks(text(*SIX), headings="marked", paged=True) == {}
    assert len(breaks(["- an item", *text(*RAGGED)], paged=True)) == 5


@pytest.mark.parametrize(("columns", "expected"), [(54, True), (55, False)])
def test_a_line_with_room_for_the_next_word_ends_a_block(columns: int, expected: bool) -> None:
    """85 % of 70 columns are 59; the next word has three letters and a space."""
    assert 0.85 * 70 == 59.5
    paragraphs = [[*part[:-1], line(columns + 1, end=".")] for part in RAGGED]
    assert (breaks(text(*paragraphs)) == starts(*paragraphs)) == expected


@pytest.mark.parametrize(("columns", "expected"), [(66, True), (67, False)])
def test_a_line_that_a_program_filled_has_room_for_no_word(columns: int, expected: bool) -> None:
    paragraphs = [[*part[:-1], line(columns, end=".")] for part in SIX]
    assert (breaks(text(*paragraphs)) == starts(*paragraphs)) == expected


@pytest.mark.parametrize(
    "end", [",", ";", "-", "–", "—", " (", " /", " &", " and", " or", " the", " of", " to"]
)  # fmt: skip
def test_a_line_that_goes_on_ends_no_block(end: str) -> None:
    paragraphs = [*SIX[:5], paragraph(end=f"{end}   "), paragraph()]
    assert breaks(text(*paragraphs)) == {
        at: confidence for at, confidence in starts(*paragraphs).items() if at != len(text(*paragraphs[:6]))
    }


def test_a_capital_begins_nothing_in_capitals() -> None:
    mixed = text(*SIX, [line(50, end="!").upper()], [line(30, "THE", ".")], paragraph())
    assert len(text(*SIX)) + 1 in breaks(mixed)
    for columns, expected in ((50, False), (49, True)):
        loud = [line(columns, end="!").upper(), *paragraph()]
        lines = text(*SIX, [loud[0]], [line(30, "THE", ".").upper()], paragraph())
        assert (len(text(*SIX)) + 1 in breaks(lines)) == expected


# -- the width to which a program filled a text


def margins(*open_lines: str) -> list[str]:
    """Titles, and lines that go on: six blocks end at the titles."""
    return text(*([["Boats of the day"]] * 6), *([part, line(20, end=".")] for part in open_lines))


@pytest.mark.parametrize(("count", "is_filled"), [(6, True), (5, False)])
def test_six_lines_show_that_a_program_filled_a_text(count: int, is_filled: bool) -> None:
    lines = ["- an item", *margins(*[line(70, "The")] * count)]
    assert bool(breaks(lines)) == is_filled


@pytest.mark.parametrize(("ragged", "is_filled"), [(2, True), (3, False)])
def test_nine_lines_in_ten_are_full(ragged: int, is_filled: bool) -> None:
    lines = ["- an item", *margins(*[line(70, "The")] * (20 - ragged), *[line(66, "The")] * ragged)]
    assert bool(breaks(lines)) == is_filled


def test_a_line_is_full_if_the_next_word_has_no_room() -> None:
    full, ragged = line(67, "The"), line(66, "The")  # and a space and three letters
    assert breaks(["- an item", *margins(*[line(70, "The")] * 10, *[full] * 10)])
    assert not breaks(["- an item", *margins(*[line(70, "The")] * 10, *[ragged] * 10)])


@pytest.mark.parametrize(("longer", "is_filled"), [(1, True), (3, False)])
def test_few_lines_may_be_longer(longer: int, is_filled: bool) -> None:
    lines = ["- an item", *margins(*[line(70, "The")] * (40 - longer), *[line(90, "The")] * longer)]
    assert bool(breaks(lines)) == is_filled


def test_the_margin_of_ragged_lines_is_what_nine_in_ten_do_not_exceed() -> None:
    """A line with its next word is as wide as 85 % of 70 columns, but not of 60."""
    ends = [[*part[:-1], line(54, end=".")] for part in RAGGED]
    joints = len(text(*ends)) - 1
    long_lines = sum(len(part) == 70 for part in text(*ends))
    assert long_lines > 0.1 * joints
    assert breaks(text(*ends)) == starts(*ends)
    few = [[line(60, "The"), *[line(60)] * 4, line(54, end=".")]] * 6
    assert breaks(text(*few), spaced=True) == {}
    assert breaks(text(*few, *[[line(70, "The"), line(60, end=".")]] * 2), spaced=True) == {}


# -- items


def test_an_item_ends_above_a_line_that_is_not_indented() -> None:
    lines = ["1. The first of the rules of the slip", "   is that no boat stays.", "the rest of the text is here."]
    result = breaks([*text(*SIX), *lines])
    assert result[len(text(*SIX)) + 2] == 0.9
    with_room = ["1. The first rule", "the rest of the text is here."]
    assert breaks([*text(*SIX), *with_room])[len(text(*SIX)) + 1] == 0.8
    full = [f"1. {line(66)}", "the rest of the text is here."]
    assert len(text(*SIX)) + 1 not in breaks([*text(*SIX), *full])
    filled = ["1. The first of the rules of the slip", f"   {line(67)}", "the rest of the text is here."]
    assert breaks([*text(*SIX), *filled])[len(text(*SIX)) + 2] == 0.8
    indented = ["1. The first rule", "   the rest of the text is here."]
    assert len(text(*SIX)) + 1 not in breaks([*text(*SIX), *indented])
    assert len(text(*RAGGED)) + 1 not in breaks([*text(*RAGGED), *with_room])


# -- text from pages


def test_a_page_is_measured_in_columns_and_in_print() -> None:
    """92 % of 70 columns are 64; of the print of a full line, likewise."""
    full = print_width_of(RAGGED[0][0])
    for end, expected in (
        (line(60, end="."), True),
        ("it lifts its little hill till it is ill, which fills the stills.", False),  # 65 columns of narrow letters
        ("the mammoth swam among women and some oats swam.", False),  # 48 columns of wide letters
    ):
        joined = f"{end} The"
        assert (len(joined) <= 64 and print_width_of(joined) <= 0.92 * full) == expected
        assert len(joined) <= 64 or print_width_of(joined) <= 0.92 * full
        assert print_width_of(joined) < full
        paragraphs = [[*part[:-1], end] for part in RAGGED]
        assert (breaks(text(*paragraphs), paged=True) == starts(*paragraphs)) == expected, end


def test_few_blocks_of_a_page_end_beside_a_paragraph() -> None:
    body = paragraph(7)
    assert breaks(text(body, body), paged=True) == {7: 0.9}
    address = ["Harbour office", "Slip of the north", "Quay ten"]
    result = breaks(text(body, body, address), paged=True)
    assert result == {7: 0.9, 14: 0.9}
    assert breaks(text(body, ["Boats of the day"], body), paged=True) == {7: 0.9, 8: 0.8}


@pytest.mark.parametrize(("joints", "expected"), [(10, True), (9, False)])
def test_ten_lines_of_a_page_must_touch(joints: int, expected: bool) -> None:
    lines = text(paragraph(6), paragraph(joints - 5))
    assert bool(breaks(lines, paged=True)) == expected


# -- a margin in print

PRINT = print_width_of(line(70, "The"))


@pytest.mark.parametrize(
    ("above", "below", "share", "confidence"),
    [
        ("Boats of the day", "The boats", 0.95, 0.8),
        ("Boats of the day", "The boats", 0.97, None),
        ("Boats of the day.", "The boats", 1.01, 0.9),
        ("Boats of the day.", "The boats", 1.03, None),
        ("Boats of the day", "the boats", 0.5, None),
        ("Boats of the day,", "The boats", 0.5, None),
        ("Boats of  the day", "The boats", 0.5, None),
        ("Boats of the day", "The  boats", 0.5, None),
        ("- Boats of the day", "The boats", 0.5, None),
        ("Boats of the day", "- The boats", 0.5, None),
        ("Boats of the day", " the boats", 0.5, None),
    ],
)
def test_a_line_with_room_in_print_ends_a_block(above: str, below: str, share: float, confidence: float | None) -> None:
    margin = print_width_of(f"{above} The") / share
    result = breaks([above, below], print_margin=margin)
    assert result == ({} if confidence is None else {1: confidence})


@pytest.mark.parametrize("is_paged", [True, False])
@pytest.mark.parametrize(
    ("above", "title", "is_parted"),
    [
        ("tears the new nets.", "The quay in winter", True),
        ("tears the net anew", "The quay in winter", False),
        ("tears the new nets.", "The quay in winter is swept.", False),
        ("tears the new nets.", "The quay in winter holds:", False),
        ("tears the new nets.", "the quay in winter", False),
    ],
)
def test_a_title_below_a_full_line_is_parted_from_it(above: str, title: str, is_parted: bool, is_paged: bool) -> None:
    sentence = "the nets of the harbour are mended on the quay in spring, when the boats lie on the slip and are dry. "
    text = textwrap.wrap(f"It is said that {sentence * 2}and that is all", 84)
    full = f"Two of the men who live there sweep the quay, so that no stone {above}"
    lines = ["\f" if is_paged else "", *text * 6, *text[:-1], full, title, *text]
    draft = Draft(lines, range(len(lines)), print_margin=0.0 if is_paged else print_width_of(full))
    block_break.apply(draft)
    assert draft.breaks
    assert (lines.index(title) in draft.breaks) == is_parted
