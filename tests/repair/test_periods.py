"""Cells that follow each other one by one: what they have in common, and which rows cost least."""

from __future__ import annotations

import pytest

from converter.repair.periods import ALPHABETS, MANY, NAME_SHARES, Signs, features_of, reading_below

CELLS = {
    # form, first mark, first character, width, words, end
    "12.5": (0, 0, 0, 1, 0, 0),
    "n/a": (1, 0, 2, 0, 0, 0),
    "\\-": (1, 0, 3, 0, 0, 0),
    "max_size": (2, 0, 2, 1, 0, 0),
    "HTTP": (2, 0, 1, 1, 0, 0),
    "USA": (4, 0, 1, 0, 0, 0),
    "Home": (4, 0, 1, 1, 0, 0),
    "`two words`": (3, 1, 2, 1, 1, 0),
    '"Two words"': (3, 4, 1, 1, 1, 0),
    "(three more words": (3, 6, 2, 2, 2, 0),
    "Ends here.": (3, 0, 1, 1, 1, 1),
    "東京": (4, 0, 3, 1, 0, 0),
    "x" * 12: (4, 0, 2, 1, 0, 0),
    "x" * 13: (4, 0, 2, 2, 0, 0),
    "x" * 30: (4, 0, 2, 2, 0, 0),
    "x" * 31: (4, 0, 2, 3, 0, 0),
    "x" * 70: (4, 0, 2, 3, 0, 0),
    "x" * 71: (4, 0, 2, 4, 0, 0),
    "a b c d e": (3, 0, 2, 1, 2, 0),
    "a b c d e f": (3, 0, 2, 1, 3, 0),
}


@pytest.mark.parametrize("text", CELLS)
def test_a_cell_has_the_features_of_its_form(text: str) -> None:
    assert features_of(text) == CELLS[text]
    assert all(0 <= value < count for value, count in zip(CELLS[text], ALPHABETS, strict=True))


def test_the_shares_of_the_values_of_a_feature_are_a_whole() -> None:
    assert [len(shares) for shares in NAME_SHARES] == [*ALPHABETS]
    assert all(abs(sum(shares) - 1) < 0.02 and min(shares) > 0 for shares in NAME_SHARES)


def rows_of(texts: list[str], columns: int) -> list[list[str]] | None:
    reading = reading_below([*map(features_of, texts)], columns, columns, MANY)
    return None if reading is None else [["" if at is None else texts[at] for at in row] for row in reading.rows]


PEOPLE = [f"Ann Smith {letter}" for letter in "abcdefgh"]


def test_a_row_with_one_empty_cell_is_read() -> None:
    texts = ["Name", "Born", "Note"]
    for number, name in enumerate(PEOPLE):
        texts += [
            name,
            str(1900 + number),
            *(["It was a long and quiet life in the town by the sea."] if number != 4 else []),
        ]
    rows = rows_of(texts, 3)
    assert rows is not None and [row[0] for row in rows] == PEOPLE and rows[4] == [PEOPLE[4], "1904", ""]


def test_two_empty_cells_end_a_row_of_four_columns_and_none_of_three() -> None:
    for columns, is_row in ((4, True), (3, False)):
        texts = ["Key", "Text", "Count", "State"][:columns]
        row = ["`a_b`", "A long sentence about what it does, with a full stop.", "12", "Done now"][:columns]
        texts += row * 40 + row[: columns - 2] + row * (40 if is_row else 0)
        rows = rows_of(texts, columns)
        assert rows is not None and (len(rows), [*row[: columns - 2], "", ""] in rows) == (81 if is_row else 40, is_row)


def test_two_rows_are_a_table() -> None:
    row = ["`a_b`", "A long sentence about what it does, with a full stop.", "12", "Done now"]
    assert rows_of(["Key", "Text", "Count", "State", *row, *row], 4) == [row, row]


def test_too_few_cells_are_not_a_table() -> None:
    assert rows_of(["Name", "Born", "Ann", "1900"], 2) is None


BOATS = [
    "Name",
    "Born",
    "Note",
    *(cell for name in PEOPLE for cell in (name, "1900", "It lies by the old quay, in the sun.")),
]


def signs_of(count: int, joint: float, **starts: float) -> Signs:
    """Signs of cells without any bits, but for the starts of those that are named after their places."""
    return Signs([starts.get(f"at_{at}", 0.0) for at in range(count)], [joint] * count)


@pytest.mark.parametrize(("joint", "rows"), [(0.0, 8), (99.0, 4)])
def test_a_cell_goes_on_in_a_second_line_if_it_costs_little(joint: float, rows: int) -> None:
    texts = [*BOATS[:15], "and in the rain, too.", *BOATS[15:]]
    cells = [*map(features_of, texts)]
    reading = reading_below(cells, 3, 3, MANY, signs_of(len(cells), joint))
    assert reading is not None and [row[0] for row in reading.rows] == [3, 6, 9, 12, 16, 19, 22, 25][:rows]


@pytest.mark.parametrize(("place", "rows"), [(3, 8), (6, 0), (24, 7)])
def test_no_row_but_the_first_begins_with_an_unlikely_cell(place: int, rows: int) -> None:
    cells = [*map(features_of, BOATS)]
    reading = reading_below(cells, 3, 3, MANY, signs_of(len(cells), 99.0, **{f"at_{place}": -4.1}))
    assert len(reading.rows if reading else ()) == rows


def test_a_row_saves_the_bits_of_its_start_and_loses_those_of_starts_inside() -> None:
    signs = Signs([1.0, 2.0, -3.0, 4.0, 8.0], [0.0] * 5)
    assert [signs.row(0, 4), signs.row(2, 4), signs.row(3, 4)] == [-5.0, -7.0, 4.0]
