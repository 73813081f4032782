"""Tables whose rows the roles of lines show: where the header begins, and which cells are empty or go on."""

from __future__ import annotations

from itertools import count

import pytest

from converter.repair.node_tables import tables_by_roles
from converter.repair.role_blocks import Block

NAMES = ["Boat", "Built", "Where she lies"]
ROWS = [
    ["Ann", "1901", "By the old quay"],
    ["Eva Maria", "1911", "Behind the church"],
    ["Ida", "1921", "In the loft"],
    ["Pia", "1931", "At the new slipway"],
]
CHANCE = 0.97


def run_of(*lines: tuple[str, str, float]) -> list[Block]:
    return [Block(at, at + 1, role, chance, text, 0.9) for at, (role, text, chance) in zip(count(), lines)]


def header_of(names: list[str], chance: float = CHANCE) -> list[tuple[str, str, float]]:
    return [("A" if at == 0 else "B", name, chance) for at, name in enumerate(names)]


def rows_of(rows: list[list[str]], chance: float = CHANCE) -> list[tuple[str, str, float]]:
    return [("C" if at else "R", cell, chance) for row in rows for at, cell in enumerate(row)]


def tables_of(*lines: tuple[str, str, float]) -> list[tuple[list[str], list[list[str]]]]:
    return [([*table.header], [[*row.cells] for row in table.rows]) for table in tables_by_roles(run_of(*lines))]


def test_rows_begin_where_their_roles_say() -> None:
    assert tables_of(("P", "Some boats", 1.0), *header_of(NAMES), *rows_of(ROWS)) == [(NAMES, ROWS)]


def test_without_a_header_there_is_no_table() -> None:
    assert tables_of(*rows_of([NAMES, *ROWS])) == []


def test_rows_of_words_need_their_roles() -> None:
    rows = [["Nets", "Dry in the loft"], ["Twine", "Tarred by hand"], ["Hooks", "Kept in oil"]]
    names = ["Gear", "What becomes of it"]
    assert tables_of(*header_of(names), *rows_of(rows)) == [(names, rows)]
    assert tables_of(*header_of(names), *[("C", cell, CHANCE) for row in rows for cell in row]) == []


@pytest.mark.parametrize("place", [1, 2])
def test_a_cell_may_be_empty(place: int) -> None:
    short = [*ROWS[2][:place], *ROWS[2][place + 1 :]]
    whole = [*ROWS[2][:place], "", *ROWS[2][place + 1 :]]
    lines = rows_of([*ROWS[:2], short, *ROWS[3:], *ROWS[:2]])
    assert tables_of(*header_of(NAMES), *lines) == [(NAMES, [*ROWS[:2], whole, *ROWS[3:], *ROWS[:2]])]


@pytest.mark.parametrize(("role", "chance"), [("C", 0.5), ("C", 0.98), ("R", 0.5)])
def test_a_cell_may_go_on_in_a_line_that_begins_one_by_its_role(role: str, chance: float) -> None:
    lines = [*rows_of(ROWS[:2]), *rows_of([["Ida", "1921", "In the"]]), (role, "loft", chance), *rows_of(ROWS[3:])]
    assert tables_of(*header_of(NAMES), *lines) == [(NAMES, ROWS)]


def test_a_header_begins_below_a_title_whose_role_is_in_doubt() -> None:
    lines = [("A", "Boats", 0.6), *[("B", name, CHANCE) for name in NAMES], *rows_of(ROWS)]
    assert tables_of(*lines) == [(NAMES, ROWS)]


@pytest.mark.parametrize(("chance", "names"), [(0.98, [*NAMES, "State"]), (0.5, [*NAMES[1:], "State"])])
def test_a_header_that_is_certain_has_a_column_that_most_rows_lack(chance: float, names: list[str]) -> None:
    rows = [[*ROWS[0], "good"], *ROWS[1:], *ROWS[1:]]
    assert next(header for header, _ in tables_of(*header_of([*NAMES, "State"], chance), *rows_of(rows))) == names


def test_a_header_may_begin_a_line_above_its_role() -> None:
    lines = [("H", "Boat", 0.6), ("A", "Built", 0.6), ("B", "Where she lies", CHANCE), *rows_of(ROWS)]
    assert tables_of(*lines) == [(NAMES, ROWS)]


def test_a_header_is_no_part_of_the_table_above() -> None:
    lines = [*header_of(NAMES), *rows_of(ROWS), *header_of(NAMES), *rows_of(ROWS[::-1])]
    assert tables_of(*lines) == [(NAMES, ROWS), (NAMES, ROWS[::-1])]


def test_a_table_begins_below_the_one_above() -> None:
    lines = [*header_of(NAMES), *rows_of(ROWS), ("A", "Built", 0.5), ("B", "Where she lies", CHANCE), *rows_of(ROWS)]
    upper, lower = tables_by_roles(run_of(*lines))
    assert (upper.end, lower.start) == (15, 15)


def test_names_of_columns_are_unlike_each_other() -> None:
    assert tables_of(*header_of(["Boat", "Built", "Boat"]), *rows_of(ROWS)) != [(["Boat", "Built", "Boat"], ROWS)]


def test_other_blocks_end_a_table() -> None:
    lines = [*header_of(NAMES), *rows_of(ROWS[:3]), ("P", "Tar", 1.0), *rows_of(ROWS[3:])]
    assert tables_of(*lines) == [(NAMES, ROWS[:3])]


def test_code_may_be_a_cell() -> None:
    rows = [[name, year, f"`lie({at})`"] for at, (name, year, _) in enumerate(ROWS)]
    lines = [("K" if text.startswith("`") else role, text, chance) for role, text, chance in rows_of(rows)]
    assert tables_of(*header_of(NAMES), *lines) == [(NAMES, rows)]


def test_a_row_like_those_below_is_no_header() -> None:
    rows = [[f"{name} of twine", f"€{at}4.50", place] for at, (name, _, place) in enumerate(ROWS, 1)]
    assert tables_of(*header_of(rows[0]), *rows_of(rows[1:])) == [([], rows)]


@pytest.mark.parametrize("name", ["1899", "€10.00"])
def test_a_header_may_have_numbers(name: str) -> None:
    names = ["Boat", name, "Where she lies"]
    assert tables_of(*header_of(names), *rows_of(ROWS)) == [(names, ROWS)]
