"""The margin of text that a PDF reader takes from a page: letters of different widths, lines of one width in print."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.repair.block_roles import blocks_of, is_set_in
from converter.repair.draft import Draft
from converter.repair.lines import width_of
from converter.repair.print_margin import print_margin_of
from converter.repair.print_width import print_width_of
from converter.repair.rules.block_break import block_break

NARROW, WIDE, USUAL = "little", "mammoth", "sound"
WORDS = [NARROW, WIDE, USUAL, "it", "woman", "of", "hill", "summit", "and", "a"]


def filled(margin: float, count: int, seed: int = 7, width=print_width_of) -> list[str]:  # type: ignore[no-untyped-def]
    """So many lines of words, narrow and wide ones in turns, filled to a margin."""
    lines: list[str] = []
    line, at = "", seed
    while len(lines) < count:
        at = (at * 5 + 3) % 1013
        # A stretch of narrow words, then one of wide ones, so that lines differ in their columns.
        word = WORDS[at % len(WORDS)] if len(lines) % 3 else (NARROW if len(lines) % 2 else WIDE)
        if line and width(f"{line} {word}") > margin:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return lines


def margin_of(lines: list[str]) -> float:
    return print_margin_of(lines, [(at, at + 1) for at in range(len(lines) - 1)])


@given(margin=st.integers(55, 120), seed=st.integers(0, 1000))
def test_the_margin_of_print_is_found(margin: int, seed: int) -> None:
    assert margin_of(filled(margin, 40, seed)) == pytest.approx(margin, rel=0.06)


@given(columns=st.integers(55, 120), seed=st.integers(0, 1000))
def test_lines_filled_by_columns_have_no_margin_of_print(columns: int, seed: int) -> None:
    assert margin_of(filled(columns, 40, seed, len)) == 0


def test_few_lines_show_no_margin() -> None:
    lines = filled(70, 6, seed=1)
    assert margin_of(lines) > 0
    assert margin_of(lines[:-1]) == 0


def test_most_lines_must_be_full_at_one_margin() -> None:
    ragged = [line for width in (50, 60, 70, 80, 90) for line in filled(width, 10)]
    assert margin_of(ragged) == 0
    assert margin_of([*ragged[:40], *filled(70, 30)]) == pytest.approx(70, rel=0.05)


@pytest.mark.parametrize("change", [lambda line: f" {line}", lambda line: line.replace(" ", "  ", 1)])
def test_indented_lines_and_rows_show_no_margin(change) -> None:  # type: ignore[no-untyped-def]
    assert margin_of(list(map(change, filled(70, 40)))) == 0


def test_lines_that_end_a_sentence_or_stand_above_a_capital_do_not_vote() -> None:
    lines = filled(70, 40)
    assert margin_of([f"{line}." for line in lines]) == 0
    assert margin_of([line.capitalize() for line in lines]) == 0


def test_narrow_columns_beside_the_text_do_not_count() -> None:
    assert margin_of([*filled(70, 20), *filled(30, 40)]) == pytest.approx(70, rel=0.05)
    assert margin_of([*filled(70, 26), *filled(43, 16), *filled(50, 16)]) == pytest.approx(70, rel=0.05)
    assert margin_of(filled(38, 40)) == 0


def test_a_text_with_longer_lines_was_not_filled() -> None:
    lines = filled(70, 100)
    long_line = "of the sound of it " * 6
    few = 4
    assert 1.25 * 70 < print_width_of(long_line) < 3 * 70
    assert margin_of([*[long_line.capitalize()] * few, *lines]) > 0
    assert margin_of([*[long_line.capitalize()] * (few + 4), *lines]) == 0


def test_keys_and_addresses_show_no_margin() -> None:
    lines = ["".join(line.split()) for line in filled(70, 40)]
    assert margin_of(lines) == 0


# -- lines made to measure: each with its width in print and in columns


def letters(width: float, columns: int, words: int = 1) -> str:
    """So many columns, and words, of narrow, usual and wide letters, in print as wide as the given width."""
    missing = round(width * 44 / 5) - 11 * columns  # in twentieths of an em: i and space have 5, o has 11, m has 18
    _, narrow, wide = min(
        (abs(7 * wide - 6 * narrow - missing), narrow, wide)
        for narrow in range(words - 1, columns)
        for wide in range(columns - narrow)
    )
    rest = "i" * (narrow - words + 1) + "m" * (wide - 1) + "o" * (columns - narrow - wide)
    return " ".join([*rest[: words - 1], rest[words - 1 :] + "m" * min(wide, 1)])


def joints_margin(*groups: tuple[int, tuple[float, float], tuple[int, int]], words: int = 4) -> float:
    """The margin of groups of joints: how many, the line's width in print without and with the next word, and in
    columns."""
    lines: list[str] = []
    for count, (start, end), (start_columns, end_columns) in groups:
        above = letters(start, start_columns, words)
        below = letters(end - start - 25 / 44, end_columns - start_columns - 1)
        assert (width_of(above), width_of(f"{above} {below}")) == (start_columns, end_columns)
        assert print_width_of(above) == pytest.approx(start, abs=0.1)
        assert print_width_of(f"{above} {below}") == pytest.approx(end, abs=0.4)
        lines += [above, below] * count
    return print_margin_of(lines, [(at, at + 1) for at in range(0, len(lines), 2)])


MARGIN, BEFORE, BEYOND = (68.0, 76.0), (55.0, 63.0), (78.0, 86.0)
"""Spans of a line in print that lie at the margin, before it, and beyond it."""
COLUMNS, OTHER_COLUMNS = (52, 60), (43, 51)


@pytest.mark.parametrize(
    ("groups", "is_filled"),
    [
        ([(4, MARGIN, COLUMNS), (1, MARGIN, OTHER_COLUMNS)], True),
        ([(3, MARGIN, COLUMNS), (1, MARGIN, OTHER_COLUMNS)], False),  # few lines
        ([(5, MARGIN, COLUMNS), (3, BEFORE, OTHER_COLUMNS), (2, BEYOND, (61, 68))], True),
        (
            [(5, MARGIN, COLUMNS), (3, BEFORE, OTHER_COLUMNS), (3, BEYOND, (61, 68))],
            False,
        ),  # most lines are full at no margin
        ([(8, MARGIN, COLUMNS), (1, BEFORE, COLUMNS), (1, BEFORE, OTHER_COLUMNS)], False),  # nine in ten by columns
        ([(6, MARGIN, COLUMNS), (1, MARGIN, OTHER_COLUMNS), (1, BEFORE, COLUMNS), (2, BEFORE, OTHER_COLUMNS)], True),
        ([(7, MARGIN, COLUMNS), (1, BEFORE, COLUMNS), (2, BEFORE, OTHER_COLUMNS)], False),  # better by columns
        ([(14, MARGIN, COLUMNS), (1, BEFORE, COLUMNS), (5, BEFORE, OTHER_COLUMNS)], True),  # hardly better
        ([(3, (70.6, 82.0), COLUMNS), (3, (58.0, 70.2), OTHER_COLUMNS)], True),  # an estimate may be too high
        ([(3, (72.0, 82.0), COLUMNS), (3, (58.0, 70.2), OTHER_COLUMNS)], False),
    ],
)
def test_lines_vote_for_a_margin(
    groups: list[tuple[int, tuple[float, float], tuple[int, int]]], is_filled: bool
) -> None:
    assert (joints_margin(*groups) > 0) == is_filled


def test_the_margin_is_amid_the_spans_of_its_lines() -> None:
    spans = ((3, (66.0, 74.0), COLUMNS), (3, (68.0, 78.0), OTHER_COLUMNS))
    assert joints_margin(*spans) == pytest.approx((68 * 0.985 + 74) / 2, abs=0.3)


@pytest.mark.parametrize(("words", "is_prose"), [(4, True), (3, False)])
def test_lines_of_fewer_than_four_words_are_not_prose(words: int, is_prose: bool) -> None:
    groups = ((5, MARGIN, COLUMNS), (2, MARGIN, OTHER_COLUMNS))
    assert (joints_margin(*groups, words=words) > 0) == is_prose


@given(st.text(st.characters(max_codepoint=0x7F)))
def test_a_text_is_as_wide_alone_as_before_another_letter(text: str) -> None:
    """ASCII is measured by a table, other text letter by letter."""
    assert print_width_of(text) == pytest.approx(print_width_of(f"{text}—") - print_width_of("—"))


def test_columns_beside_the_text_do_not_count_though_they_outnumber_it() -> None:
    beside = [line for width in (44, 50, 56, 62) for line in filled(width, 10)]
    assert margin_of([*filled(90, 20), *beside]) == pytest.approx(90, rel=0.05)


def line_of(width: float) -> str:
    """A line of short words that is just narrower than a width of print."""
    line = "so"
    while print_width_of(f"{line} it") < width:
        line += " it"
    return line


def draft_of(lines: list[str], margin: float) -> Draft:
    draft = Draft(lines, range(1, len(lines) + 1), print_margin=margin)
    draft.state = replace(draft.state, spaced=True, print_margin=margin)
    return draft


@pytest.mark.parametrize(
    ("share", "end", "breaks"),
    [(0.85, "", {1}), (0.93, "", {1}), (0.99, "", set()), (1.0, ".", {1}), (1.06, ".", set())],
)
def test_a_line_with_room_to_the_margin_ends_its_block(share: float, end: str, breaks: set[int]) -> None:
    room = print_width_of(" Summits" + end)
    draft = draft_of([line_of(90 * share - room) + end, "Summits are wide."], 90)
    block_break.apply(draft)
    assert draft.breaks == breaks


def test_paragraphs_that_reach_the_margin_once_are_not_set_in() -> None:
    inset, full = f"So {line_of(70)}", f"So {line_of(87)}"
    items, paragraphs = [inset, inset, "mammoth."], [full, inset, "mammoth."]
    for block, is_in in ((items, True), (paragraphs, False)):
        _, looks = blocks_of(draft_of([*block, "", *block], 90))
        assert list(map(is_set_in, looks)) == [is_in, is_in]
