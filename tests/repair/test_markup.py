"""Lists and tables of texts that keep the white space of a page's markup: each limit from both sides."""

from __future__ import annotations

import pytest

from converter.repair.draft import Draft
from converter.repair.lines import BULLET
from converter.repair.rules.list_markup import list_markup
from converter.repair.rules.table_markup import table_markup
from converter.repair.state import State

MARKUP = State(spaced=True, one_line=True, headings="unmarked", markup=True)

TEXT = ["The boats of the harbour are old."]
ITEMS = ["The paint of the boat is dry.", "The ropes are long enough."]
BELOW = "The quay is as old as the boats."
LISTS: dict[str, tuple[list[list[str]], dict[int, float]]] = {
    "below a paragraph": ([TEXT, TEXT, ITEMS], {2: 0.8}),
    "below the first lines": ([TEXT, ITEMS], {}),
    "below a list": ([TEXT, TEXT, ITEMS, ITEMS, ITEMS], {2: 0.8, 4: 0.8}),
    "below a lead-in": ([[*TEXT, "Bring these:"], ITEMS], {1: 0.9}),
    "apart from a lead-in": ([["Bring these:"], [], ITEMS], {}),
    "apart from a paragraph": ([TEXT, TEXT, [], ITEMS], {}),
    "below an item": ([TEXT, TEXT, ["- Paint"], ITEMS], {}),
    "an item amid lines": ([TEXT, TEXT, [*ITEMS, "- Paint"]], {}),
    "indented lines": ([TEXT, TEXT, [f" {line}" for line in ITEMS]], {2: 0.8}),
    "one line": ([TEXT, TEXT, ITEMS[:1]], {}),
    "three short lines anywhere": ([TEXT, [], ["Boats", "Slips", "Berths"]], {2: 0.8}),
    "two short lines": ([TEXT, [], ["Boats", "Slips"]], {}),
    "two short lines and a sentence": ([TEXT, [], ["Boats", "Slips", *TEXT]], {}),
    "a title and its text": ([TEXT, TEXT, ["The quay", BELOW]], {}),
    "a title and its label": ([TEXT, TEXT, ["The quay", "Berths: all of them"]], {}),
    "a title and a text twice as wide": ([TEXT, TEXT, ["Boats of the day", BELOW]], {2: 0.8}),
    "a title and a wider text": ([TEXT, TEXT, ["Boats on a quay", BELOW]], {}),
    "a title and a text nearly three times as wide": ([TEXT, TEXT, ["Slips of it", BELOW]], {}),
    "a sentence and a wider one": ([TEXT, TEXT, ["It is old.", BELOW]], {2: 0.8}),
    "two short lines and a sentence below text": ([TEXT, TEXT, ["Old slips", "The quay", BELOW]], {2: 0.8}),
    "a title with its text below a sentence": ([TEXT, TEXT, [*ITEMS, "The quay", BELOW]], {}),
    "a lead-in at the end": ([TEXT, TEXT, [*ITEMS, "Bring these:"]], {}),
}
"""Groups of lines that touch, one blank line apart; and the groups that are lists, with how sure that is."""


@pytest.mark.parametrize("name", LISTS)
def test_a_group_of_lines_is_a_list(name: str) -> None:
    groups, lists = LISTS[name]
    lines = [line for group in groups for line in [*group, ""]]
    draft = Draft(lines, range(len(lines)), MARKUP)
    list_markup.apply(draft)
    expected = [
        line
        for at, group in enumerate(groups)
        for line in [*(f"- {text.strip()}" if at in lists else text for text in group), ""]
    ]
    assert draft.lines == expected
    assert [repair.confidence for repair in draft.repairs] == [lists[at] for at in lists for _ in groups[at]]
    assert all(draft.kinds[repair.line_start] == BULLET for repair in draft.repairs)


def test_lines_of_another_layout_are_not_a_list() -> None:
    lines = [*TEXT, "", *TEXT, "", *ITEMS]
    draft = Draft(lines, range(len(lines)), State(spaced=True, one_line=True, headings="unmarked"))
    list_markup.apply(draft)
    assert draft.repairs == []


def page(header: list[str], rows: list[list[str]], step: int = 1, head_gap: int = 4, gap: int = 2) -> list[str]:
    """The lines of a table: cells every `step` lines, and so many blank lines below the header and between rows."""
    lines: list[str] = []
    for place, (row, below) in enumerate([(header, head_gap), *((row, gap) for row in rows)]):
        for cell in row:
            lines += [cell, *[""] * (step - 1)]
        lines += [""] * ((below if place < len(rows) else max(gap, 6)) - step + 1)
    return lines


def tables_of(*pages: list[str]) -> list[str]:
    """The lines of the tables that are read."""
    above, below = "The boats of the harbour are counted every spring.", "All of them lie on the slip."
    lines = [above, "", "", "", *(line for page in pages for line in page), below]
    draft = Draft(lines, range(len(lines)))
    table_markup.apply(draft)
    assert all(repair.confidence == 0.9 for repair in draft.repairs)
    text = [line for line in draft.finish().lines if line]
    assert text[0] == above and text[-1] == below
    return [line for line in text if line.startswith("|")]


def table(header: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *rows]]


NAMES = ["Boat", "Built of", "Owner"]
BOATS = [["Seagull", "Larch", "Hansen"], ["Tern", "", "Olsen"], ["Puffin", "Steel", "Berg"]]
VALUES = [["Seagull", "Larch", "12"], ["Tern", "Oak", "9"], ["Puffin", "Steel", "10"]]
FIVE = ["Boat", "Length", "Width", "Depth", "Owner"]
TABLES: dict[str, tuple[list[str], list[list[str]], dict[str, int]]] = {
    "cells that touch": (NAMES, BOATS, {}),
    "rows two blank lines apart": (NAMES, BOATS, {"gap": 2, "head_gap": 3}),
    "rows twelve blank lines apart": (NAMES, BOATS, {"gap": 12, "head_gap": 13}),
    "cells three lines apart": (NAMES, BOATS, {"step": 3, "gap": 4, "head_gap": 6}),
    "names of values as far away as rows": (NAMES, VALUES, {"gap": 3, "head_gap": 3}),
    "sixteen columns": ([f"n{at}" for at in range(16)], [[f"{row}c{at}" for at in range(16)] for row in "ab"], {}),
    "three cells of five": (FIVE, [["Tern", "", "2 m", "", "Olsen"], ["Puffin", "", "3 m", "", "Berg"]], {}),
    "a row with a value": (NAMES, VALUES[:1], {}),
    "a row with a sentence": (NAMES, [["Seagull is new.", "It is of larch.", "It is Hansen's."]], {}),
    "a name of 40 columns": (["Boat", "N" * 40], [["Tern", "Oak"], ["Puffin", "Steel"]], {}),
}
"""Tables that are read: header, rows and spacing."""
TEXTS: dict[str, tuple[list[str], list[list[str]], dict[str, int]]] = {
    "names as far away as rows": (NAMES, BOATS, {"gap": 3, "head_gap": 3}),
    "names nearer than rows": (NAMES, [["12", "", "12"], ["9", "", "9"]], {"gap": 4, "head_gap": 3}),
    "rows one blank line apart": (NAMES, BOATS, {"gap": 1}),
    "rows thirteen blank lines apart": (NAMES, BOATS, {"gap": 13, "head_gap": 14}),
    "rows as near as cells": (NAMES, BOATS, {"step": 3, "gap": 2, "head_gap": 6}),
    "seventeen columns": ([f"n{at}" for at in range(17)], [[f"{row}c{at}" for at in range(17)] for row in "ab"], {}),
    "two cells of five": (FIVE, [["Tern", "", "", "", "Olsen"], ["Puffin", "", "", "", "Berg"]], {}),
    "a row with a value and an empty cell": (NAMES, [["Seagull", "", "12"]], {}),
    "a row of names": (NAMES, [["Seagull", "Larch", "Hansen"]], {}),
    "a row with a name and sentences": (NAMES, [["Seagull", "It is of larch.", "It is Hansen's."]], {}),
    "a name of 41 columns": (["Boat", "N" * 41], [["Tern", "Oak"], ["Puffin", "Steel"]], {}),
    "a name that is a sentence": (["Boat", "It is of oak."], [["Tern", "Oak"], ["Puffin", "Steel"]], {}),
    "two names alike": (["Boat", "Boat"], [["Tern", "Oak"], ["Puffin", "Steel"]], {}),
    "one column": (["Boat"], [["Tern"], ["Puffin"], ["Seagull"]], {}),
    "code in the rows": (NAMES, [["Seagull", "```", "Hansen"], ["Tern", "```", "Olsen"]], {}),
}
"""Texts that are not tables."""


@pytest.mark.parametrize("name", TABLES)
def test_groups_of_lines_are_a_table(name: str) -> None:
    header, rows, spacing = TABLES[name]
    assert tables_of(page(header, rows, **spacing)) == table(header, rows)


@pytest.mark.parametrize("name", TEXTS)
def test_groups_of_lines_are_a_text(name: str) -> None:
    header, rows, spacing = TEXTS[name]
    assert tables_of(page(header, rows, **spacing)) == []


def test_a_table_stands_below_a_table_and_at_the_end_of_a_text() -> None:
    lines = [*page(NAMES, BOATS), *page(["Slip", "Length"], [["North", "20"], ["South", "30"]])]
    while not lines[-1]:
        lines.pop()
    draft = Draft(lines, range(len(lines)))
    table_markup.apply(draft)
    assert [line for line in draft.finish().lines if line] == [
        *table(NAMES, BOATS),
        *table(["Slip", "Length"], [["North", "20"], ["South", "30"]]),
    ]


def test_a_row_ends_above_lines_that_do_not_belong_to_it() -> None:
    lines = page(NAMES, [*BOATS, ["Old boats", "of oak", "of larch", "or steel"]])
    assert tables_of(lines)[:4] == table(NAMES, BOATS)[:4]


def test_a_row_that_has_only_a_first_cell_ends_the_table() -> None:
    assert tables_of(page(NAMES, [BOATS[0], BOATS[2], ["Photograph", "", ""]])) == table(NAMES, [BOATS[0], BOATS[2]])
