"""Rows over several lines: which lines of aligned cells belong together."""

from __future__ import annotations

import pytest

from converter.repair.print_width import print_width_of
from converter.repair.row_lines import rows_among

CASES = [
    # What it shows, cells of each line, widths of the columns, line of the header, slack, rows
    (
        "cells centred in a row",
        "Boat|Paid;Gull|;Spring boat|;twine needle|Loft;and of Owner|",
        (12, 4),
        0,
        0,
        "0-1 1-2 2-5",
    ),
    (
        "cells from the first line on",
        "Boat|Paid;Of (Knot,|Owner;2020)|;Paid|The Council;|net Council;|mesh",
        (9, 11),
        0,
        0,
        "0-1 1-3 3-6",
    ),
    ("words that need not belong together are rows", "Boat|Paid;In|45.3;Quay|", (4, 4), 0, 0, "0-1 1-2 2-3"),
    (
        "a row begins with its first cell",
        "Boat|Paid;Ann|(Paid,;|2014);Gull|Mesh Gull;|Harbour",
        (4, 9),
        0,
        0,
        "0-1 1-3 3-5",
    ),
    ("an open bracket goes on with a number", "Boat|Paid;Gull|99.3;(Twine,|53.5;2018)|", (7, 4), 0, 0, "0-1 1-2 2-4"),
    (
        "a number is a cell",
        "Boat|Paid|Made of|By;Gull|41.4|97.3|(Of, 2023);Quay|26.7||",
        (4, 4, 7, 10),
        0,
        0,
        "0-1 1-2 2-3",
    ),
    (
        "two columns without room show a row",
        "Boat|Paid;Net the paid the|Twine Harbour;Harbour the Gull|(Needle, 2022);Council|",
        (16, 14),
        0,
        0,
        "0-1 1-3 3-4",
    ),
    (
        "a row is not cut where its cells go on",
        "Boat|Paid;Knot|And Harbour;Loft mesh|Net in and paid;mesh|(Mesh, 2023)",
        (9, 15),
        0,
        0,
        "0-1 1-2 2-4",
    ),
    (
        "a cell has no gap",
        "Boat|Paid|Made of;Knot|Needle Loft the|Tar Council;||of;Gull||",
        (4, 15, 11),
        0,
        0,
        "0-1 1-3 3-4",
    ),
    ("a header over several lines, a year among them", "|Paid;Boat|2013;Gull|99.3", (4, 4), 1, 0, "0-2 2-3"),
    ("a header that has room is none", "Boat|Paid;Gull|1;Tern|2", (12, 12), 1, 0, ""),
    ("a blank line parts rows", "Boat|Paid;;(Knot,|12;;2018)|13", (6, 4), 0, 0, "0-1 2-3 4-5"),
    (
        "where no cell is empty, a lack of room shows no row",
        "Boat|Paid;Net the paid the|Twine Harbour;Harbour the Gull|Needle Twine",
        (16, 14),
        0,
        0,
        "0-1 1-2 2-3",
    ),
    (
        "four lines without an empty cell are rows, even if one goes on in lower case",
        "Boat|Paid;Knot|And Harbour;Loft mesh|Net in and paid;mesh|Net in the loft;Gull|Twine",
        (9, 15),
        0,
        0,
        "0-1 1-2 2-3 3-4 4-5",
    ),
    (
        "lines with one empty cell among them may go on",
        "Boat|Paid;Knot|And Harbour;Loft mesh|Net in and paid;mesh|in the loft;Gull|",
        (9, 15),
        0,
        0,
        "0-1 1-2 2-4 4-5",
    ),
    (
        "cells of one width are rows, for their columns have room",
        "Boat name|Owner;Gull of Husum|Harbour master;Tern|;Skua of Husum|Harbour pilots;Crake of Sylt|Harbour net",
        (25, 25),
        0,
        0,
        "0-1 1-2 2-3 3-4 4-5",
    ),
    ("a cell with room ends", "Boat|Paid;Maria|12;of Husum|", (20, 4), 0, 0, "0-1 1-2 2-3"),
    ("a cell with little room in print goes on", "Boat|Paid;Maria Luise|12;of Husum|", (15, 4), 0, 0.2, "0-1 1-3"),
    ("addresses and dashes end", "Boat|Page;Gull|//a.b/c/;Tern|-;Skua|//a.b/d/", (4, 8), 0, 0, "0-1 1-2 2-3 3-4"),
]


@pytest.mark.parametrize(("name", "cells", "widths", "header", "slack", "rows"), CASES)
def test_lines_of_rows(name: str, cells: str, widths: tuple[int, ...], header: int, slack: float, rows: str) -> None:
    lines = [line.split("|") if line else [] for line in cells.split(";")]
    spans = rows_among(lines, widths, header, slack)
    assert " ".join(f"{start}-{end}" for start, end in spans) == rows, name


def test_letters_differ_in_print() -> None:
    assert print_width_of("illicit till") < 12 < print_width_of("MOMWMWMOMWMW")
    text = "the nets of the harbour are mended on the quay in spring, when the boats lie on the slip"
    assert abs(print_width_of(text) - len(text)) < 0.1 * len(text)
