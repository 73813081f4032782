"""Tables of a cell a line below marked titles, whoever marked them."""

from __future__ import annotations

import pytest

from converter import read_text
from converter.repair import repair
from converter.repair.draft import Draft
from converter.repair.rules import table_cells
from converter.repair.rules.table_cells import BITS_OF_EVEN_CELL, EVEN_ROWS, WIDEST_WORD, WORD_LIST

TEXT = (
    "The boats of the harbour are counted every spring, and the council pays for the paint of those that still go out"
    " to fish in summer."
)
NAMES = ["Task", "Tool", "What it does"]
ROWS = [
    ["`mend`", "Needle", "It holds the twine for an hour of work."],
    ["`measure`", "Stick", "It keeps the meshes as wide as the law demands."],
    ["`cut`", "Knife", "It cuts the old twine away from the net."],
    ["`tar`", "Brush", "It brings the tar to each knot of the twine."],
]


LONG_CELL = f"{TEXT} {TEXT}"


def tables_of(rows: list[list[str]]) -> int:
    """The number of tables in a text with marked titles."""
    cells = [cell for row in [NAMES, *rows] for cell in row]
    lines = "\n\n".join(["# Boats", TEXT, *cells, TEXT]).split("\n")
    draft = Draft(lines, range(len(lines)))
    table_cells.table_cells.apply(draft)
    return len(draft.repairs)


def test_a_paragraph_is_a_cell_only_among_many_even_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    few, long_row = ROWS[: EVEN_ROWS - 1], ["`row`", "Oar", LONG_CELL]
    assert (tables_of(few), tables_of([*few[1:], long_row])) == (1, 0)
    assert tables_of([*ROWS, long_row]) == 1
    assert tables_of([*ROWS, ["`oil`", "Can"], *ROWS]) == 1
    monkeypatch.setattr(table_cells, "BITS_OF_EVEN_CELL", 5 * BITS_OF_EVEN_CELL)
    assert (tables_of(ROWS), tables_of([*ROWS, long_row])) == (1, 0)


def words(count: int) -> list[str]:
    """So many different words; every fifth of the first ones is a number, as in a table of five columns."""
    syllables = [first + last for first in "bdfgklmnprstvz" for last in "aeiou"]
    names = [first + second for first in syllables for second in syllables][:count]
    return [str(1900 + at) if at in (15, 20, 25, 30) else name for at, name in enumerate(names)]


@pytest.mark.parametrize(
    ("lines", "are_rows"),
    [
        (words(WORD_LIST - 1), True),
        (words(WORD_LIST), False),
        ([*words(WORD_LIST), *["two words"] * 5], False),
        ([*words(WORD_LIST), *["two words"] * 6], True),
        ([*words(WORD_LIST), *["x" * (WIDEST_WORD + 1)] * 6], True),
        ([*words(WORD_LIST), *["x" * WIDEST_WORD] * 6], False),
    ],
)
def test_a_word_list_has_no_rows(lines: list[str], are_rows: bool) -> None:
    rules = {entry.rule for entry in repair(lines, range(len(lines))).repairs}
    assert ("table_cells" in rules) == are_rows


def test_many_rows_of_single_words_and_numbers_are_a_table() -> None:
    names = [f"{first}{second}" for first in "ABCD" for second in "ABCDEFGHIJ"]
    rows = [cell for at, name in enumerate(names) for cell in (f"TK{name}", f"{at + 1}.5", str(7 * at + 100))]
    assert len(rows) > WORD_LIST
    lines = [TEXT[:90], "", "Ticker", "Price", "Volume", *rows]
    result = repair(lines, range(1, len(lines) + 1))
    assert sum(line.startswith("| T") for line in result.lines) == len(names) + 1


FOOT = (
    "Travel", "Video", "World", "Health", "Culture", "Education", "Careers", "Cookie Policy", "About us",
    "Do not sell my personal information", "Contact", "RSS", "Imprint", "© Harbour Post 2022",
    "This website uses cookies to ensure you get the best experience on our website.",
)  # fmt: skip


def test_the_foot_of_a_page_is_no_table() -> None:
    """Read again, a text whose titles were repaired had a table of its menu: its titles are marked then."""
    text = f"# Boats\n\n{TEXT}\n\n## More\n\n{TEXT}\n\n"
    assert not read_text(text + "\n\n".join(FOOT)).tables


@pytest.mark.parametrize(
    ("cells", "rows"),
    [
        ("Boat|Built|Tern|1962|Gull|1951", ""),
        ("Boat|Built|Tern|1962|Gull|1951|Skua|1970", ""),
        (
            "Boat|Built|Tern|1962|Gull|1951|Skua|1970|Auk|1975",
            "Boat|Built / Tern|1962 / Gull|1951 / Skua|1970 / Auk|1975",
        ),
        (
            "Boat|Built|Tern|1962|Gull|1951|Skua|1970|Auk|1975|Crake",
            "Boat|Built / Tern|1962 / Gull|1951 / Skua|1970 / Auk|1975",
        ),
        (
            "Harbour|Boat|Built|Tern|1962|Gull|1951|Skua|1970|Auk|1975",
            "Boat|Built / Tern|1962 / Gull|1951 / Skua|1970 / Auk|1975",
        ),
        ("Boat|Built|Crew|Tern|1962|4|Gull|1951|6", "Boat|Built|Crew / Tern|1962|4 / Gull|1951|6"),
        ("Boat|Built|Crew|Tern|1962|4", ""),
        (
            "Boat|Owner|Built|Tern|Ann|1962|Gull|Bo|1951|Skua|Cy|1970",
            "Boat|Owner|Built / Tern|Ann|1962 / Gull|Bo|1951 / Skua|Cy|1970",
        ),
        ("Boat|Owner|Built|Tern|Ann|1962|Gull|Bo|1951", ""),
        (
            "Harbour|Boat|Owner|Built|Tern|Ann|1962|Gull|Bo|1951|Skua|Cy|1970",
            "Boat|Owner|Built / Tern|Ann|1962 / Gull|Bo|1951 / Skua|Cy|1970",
        ),
        (
            "Boat|Built|Owner|Tern|1962|Ann|Gull|1951|Bo|Skua|1970|Cy",
            "Boat|Built|Owner / Tern|1962|Ann / Gull|1951|Bo / Skua|1970|Cy",
        ),
        (
            "Boat|Built|Owner|Tern|1962|Ann|Gull|1951|Bo|Skua|1970",
            "Boat|Built|Owner / Tern|1962|Ann / Gull|1951|Bo / Skua|1970|",
        ),
        (
            "Boat|Built|Owner|Port|Tern|1962|Ann|Ely|Gull|1951|Skua|1970|Cy|Rye",
            "Boat|Built|Owner|Port / Tern|1962|Ann|Ely / Gull|1951|| / Skua|1970|Cy|Rye",
        ),
        (
            "Boat|Built|Owner|Port|Tern|1962|Ann|Ely|Gull|1951|Bo|Skua|1970|Cy|Rye",
            "Boat|Built|Owner|Port / Tern|1962|Ann|Ely / Gull|1951|Bo| / Skua|1970|Cy|Rye",
        ),
        (
            "Boat|Built|Owner|Port|Kin|Tern|1962|Ann|Ely|Ma|Gull|1951|Skua|1970|Cy|Rye|Pa",
            "Boat|Built|Owner|Port|Kin / Tern|1962|Ann|Ely|Ma / Gull|1951||| / Skua|1970|Cy|Rye|Pa",
        ),
        ("Year|Boat|1951|Tern|1962|Gull|1970|Skua", ""),
        (
            "Year|Boat|1951|Tern|1962|Gull|1970|Skua|1975|Auk",
            "Year|Boat / 1951|Tern / 1962|Gull / 1970|Skua / 1975|Auk",
        ),
        ("Year|Boat|1951|Tern|1962|Gull|1962|Skua|1975|Auk", ""),
        ("Year|Boat|1951|Tern|1962|Gull|1960|Skua|1975|Auk", ""),
        ("Nr|Boat|1|Tern|2|Gull|3|Skua|4|Auk", "Nr|Boat / 1|Tern / 2|Gull / 3|Skua / 4|Auk"),
        ("Nr|Boat|1.|Tern|2.|Gull|3.|Skua|4.|Auk", "Nr|Boat / 1.|Tern / 2.|Gull / 3.|Skua / 4.|Auk"),
        ("Nr|Boat|1)|Tern|2)|Gull|3)|Skua|4)|Auk", "Nr|Boat / 1)|Tern / 2)|Gull / 3)|Skua / 4)|Auk"),
        ("Nr|Boat|1|Tern|3|Gull|4|Skua|5|Auk", ""),
        ("Nr|Boat|0|Tern|1|Gull|2|Skua|3|Auk", ""),
        (
            "Stop|Time|9:05|Quay|9:10|Pier|9:20|Mole|9:30|Slip",
            "Stop|Time / 9:05|Quay / 9:10|Pier / 9:20|Mole / 9:30|Slip",
        ),
        ("Boat|Built|Crew|Tern|1962|-|Gull|1951|6", ""),
        ("Boat|Built|Crew|Tern|-|-|Gull|1951|6", "Boat|Built|Crew / Tern|-|- / Gull|1951|6"),
        ("Boat|Built|Crew|Tern|-|-|Gull|-|6", ""),
        ("Boat|Boat|Tern|1962|Gull|1951|Skua|1970|Auk|1975", ""),
        ("Boat|Built.|Tern|1962|Gull|1951|Skua|1970|Auk|1975", ""),
        (
            "Boat|Tern|Tern|1962|Gull|1951|Skua|1970|Auk|1975",
            "Boat|Tern / Tern|1962 / Gull|1951 / Skua|1970 / Auk|1975",
        ),
        (
            "The boats are these.|Boat|Built|Tern|1962|Gull|1951|Skua|1970|Auk|1975",
            "Boat|Built / Tern|1962 / Gull|1951 / Skua|1970 / Auk|1975",
        ),
        ("Boat|Built|Tern|1962|Gull|1951|Skua|1970|Auk|1975|Port|Depth|Ely|5|Rye|4|Bray|3|Cove|6", ""),
        ("Boat|Built|Tern|1962|Gull|1951|Skua|1970|Auk|1975|They are old.|Port|Depth|Ely|5|Rye|4|Bray|3|Cove|6", ""),
        (
            "*Boat*|[Built](x)|Tern|1962|Gull|1951|Skua|1970|Auk|1975",
            "*Boat*|[Built](x) / Tern|1962 / Gull|1951 / Skua|1970 / Auk|1975",
        ),
        ("Boat|12|Tern|1962|Gull|1951|Skua|1970|Auk|1975", ""),
        ("Boat|The year in which they built it, if known|Tern|1962|Gull|1951|Skua|1970|Auk|1975", ""),
        (
            "Boat|The year in which they built it, if knew|Tern|1962|Gull|1951|Skua|1970|Auk|1975",
            "Boat|The year in which they built it, if knew / Tern|1962 / Gull|1951 / Skua|1970 / Auk|1975",
        ),
    ],
)
def test_rows_among_cells_of_a_text(cells: str, rows: str) -> None:
    """The cells of a text, one by one, and the rows of the table among them, its names first."""
    texts = cells.split("|")
    tables = [
        " / ".join("|".join(row) for row in (table.header, *(row.cells for row in table.rows)))
        for table in table_cells.tables_among(texts)
    ]
    assert tables == ([rows] if rows else [])
