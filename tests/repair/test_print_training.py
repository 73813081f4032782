"""Texts that a PDF reader took from pages, and their documents: where the units are, and what the weights learn."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from converter.repair.node_roles import Model
from converter.repair.print_evidence import features_of, places_of
from converter.training import nodes, prints

Kinds = Sequence[tuple[str, Any]]
"""The units of a document in order: the kind of each, and its text, of a row those of its cells."""

LONG = "The nets of the quay are dry before noon."


def fields_of(units: Kinds) -> dict[str, Any]:
    fields: dict[str, Any] = {f"{kind}s": [] for kind in ("heading", "paragraph", "item", "row")}
    for kind, text in units:
        fields[f"{kind}s"].append(text)
    return fields | {"order": [kind for kind, _ in units]}


def roles(lines: Sequence[str], units: Kinds) -> str:
    """The roles of the lines that are not blank."""
    numbers, spots = places_of(lines)
    text, found = prints.Text([lines[at].strip() for at in numbers]), prints.units_of(fields_of(units))
    return prints.roles_of(text, [spot.gap for spot in spots], found, prints.places_in(text, found))


NETS: Kinds = [("heading", "Nets"), ("paragraph", LONG)]
OTHERS = ["Share this"]


@pytest.mark.parametrize(
    ("lines", "units", "expected"),
    [
        (["Loft", "Nets", "The nets of the quay", "are dry before noon.", "Imprint"], NETS, "XHPpZ"),
        (["Nets of the", "old quay", LONG, "Nets"], [("heading", "Nets of the old quay"), NETS[1]], "HhPZ"),
        (["Nets", *OTHERS, LONG, *OTHERS, "Tar"], [*NETS, ("paragraph", "Tar")], "HYPYP"),
        ([LONG, "• Twine", "• Tar for", "boats"], [NETS[1], ("item", "Twine"), ("item", "Tar for boats")], "PIIi"),
        ([LONG, "1. Twine", "b) Tar"], [NETS[1], ("item", "Twine"), ("item", "Tar")], "PII"),
        ([LONG, "1. Twine"], [NETS[1], ("paragraph", "Twine")], "PZ"),  # numbers are marks of items only
        ([LONG, "•", "Twine", "Tar"], [NETS[1], ("item", "Twine"), ("paragraph", "Tar")], "PIiP"),
        ([LONG, "•", "Twine"], [NETS[1], ("paragraph", "Twine")], "PYP"),
        ([LONG, "Twine", "Tar"], [NETS[1], ("paragraph", "Rope")], "PZZ"),
        ([LONG, "Tar"], [NETS[1], ("paragraph", "•"), ("paragraph", "Tar")], "PP"),  # no letters
        (["Nets", "The nets of the quay", *OTHERS, "are dry before noon.", "Tar"], [*NETS, ("item", "Tar")], "HPYYI"),
        (["Nets", "The nets of the quay", "* *", "are dry before noon."], NETS, "HPYP"),
        (["The nets of the quay", *OTHERS * 12, "are dry before noon."], NETS, "P" + 13 * "Z"),
        (["Nets", "The nets of the quay", *OTHERS * 13, "are dry before noon."], NETS, "H" + 15 * "Z"),
        ([], NETS, ""),
        (["Tar", "Rope"], [], "XX"),
    ],
)
def test_each_line_has_the_role_of_its_unit(lines: list[str], units: Kinds, expected: str) -> None:
    assert roles(lines, units) == expected


ROWS: Kinds = [("row", ["Boat", "Crew"]), ("row", ["Ann", "two"]), ("row", ["Eva", "three"])]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Boat", "Crew", "Ann", "two", "Eva", "three"], "ABRCRC"),
        (["Bo", "at", "Cr", "ew", "A", "nn", "two", "Eva", "th", "ree"], "AbBbRcCRCc"),
        (["Boat", "Crew", "two", "", "Ann", "Eva", "three"], "ABAARC"),  # a row is found in no order
        (["Boat", "Crew", "Ann", "two", "Share", "", "this", "Eva", "three"], "ABRCcCRC"),
    ],
)
def test_cells_of_rows_and_between_them(lines: list[str], expected: str) -> None:
    assert roles([LONG, *lines, "Tar"], [NETS[1], *ROWS, ("paragraph", "Tar")]) == f"P{expected}P"


def test_lines_between_rows_are_cells_unless_something_else_is_there() -> None:
    lines = [LONG, "Boat", "Crew", "Ann", "two", "Pia", "", "x", "Eva", "three"]
    missing = ("row", ["Pia", "six"])
    assert roles(lines, [NETS[1], *ROWS[:2], missing, ROWS[2]]) == "PABRCcCRC"
    assert roles(lines, [NETS[1], *ROWS[:2], missing, ("paragraph", "Rope"), ROWS[2]])[5:7] == "YY"
    assert roles([LONG, "x", "Boat", "Crew", "Rope"], [NETS[1], ROWS[0], ("item", "Rope")]) == "PYABI"


@pytest.mark.parametrize(("count", "role"), [(199, "c"), (200, "Y")])
def test_a_long_region_is_no_table(count: int, role: str) -> None:
    found = roles([LONG, "Boat", "Crew", "Ann", "two", *["x"] * count, "Eva", "three"], [NETS[1], *ROWS])
    assert found[5 : 5 + count] == role * count


def test_long_units_are_placed_first_and_others_between_them() -> None:
    other = LONG.replace("nets", "boats")
    units = [("heading", "Tar"), ("paragraph", LONG), ("heading", "Nets"), ("paragraph", other)]
    assert roles(["Nets", "Tar", LONG, "Nets", other, "Tar", LONG], units) == "XHPHPZZ"
    assert roles([other, "Tar", LONG, "Nets", "Nets", other], units) == "XHPHYP"


@pytest.mark.parametrize(("letters", "expected"), [(25, "PZ"), (24, "XP")])
def test_a_unit_of_some_letters_is_placed_before_those_above_it(letters: int, expected: str) -> None:
    text = "x" * letters
    assert roles([text, "Tar"], [("paragraph", "Tar"), ("paragraph", text)]) == expected


# -- the training

PAGE: list[tuple[str, str]] = [
    ("Nets", "H"), ("The nets of the old quay are dry before noon, when", "P"), ("nobody goes out.", "p"),
    ("", ""), ("• Twine", "I"), ("• Tar", "I"), ("", ""),
]  # fmt: skip
UNITS: Kinds = [
    ("heading", "Nets"),
    ("paragraph", "The nets of the old quay are dry before noon, when nobody goes out."),
    ("item", "Twine"),
    ("item", "Tar"),
]
TIMES = 9


def write_extract(folder: Path, extractor: str, lines: Sequence[str], fields: Mapping[str, Any]) -> None:
    (folder / extractor).mkdir(parents=True, exist_ok=True)
    (folder / extractor / "0.txt").write_text("\n".join(lines), encoding="utf-8")
    truth = {"source": "0.txt", "left": {extractor: ""}, **fields}
    (folder / "truth.jsonl").write_text(json.dumps(truth) + "\n", encoding="utf-8")


TEXT = ["\f", *[line for line, _ in PAGE] * TIMES]


@pytest.mark.parametrize(
    ("extractor", "lines", "missing", "count"),
    [
        ("pdftotext", TEXT, 0, 1),
        ("other", TEXT, 0, 0),
        ("pdftotext", TEXT[1:30], 0, 0),  # too short for a margin
        ("pdftotext", TEXT, 24, 1),  # 36 of 60 units
        ("pdftotext", TEXT, 25, 0),
    ],
)
def test_pages_are_texts_in_which_most_of_a_document_is(
    extractor: str, lines: list[str], missing: int, count: int, tmp_path: Path
) -> None:
    units = [*[*UNITS] * TIMES, *[("paragraph", "No such line")] * missing]
    write_extract(tmp_path / "site", extractor, lines, fields_of(units))
    pages = list(prints.pages_in([tmp_path]))
    assert [(page.source, page.roles) for page in pages] == [("site", "HPpII" * TIMES)] * count


def test_weights_come_from_texts_and_their_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("scipy.sparse")
    monkeypatch.setattr(nodes, "LEAST", 4)
    monkeypatch.setattr(prints, "FILE", tmp_path / "weights.json")
    for at in range(6):
        write_extract(tmp_path / f"s{at}", "pdftotext", TEXT, fields_of([*UNITS] * TIMES))
    monkeypatch.setattr(sys, "argv", ["prints", "--extracts", str(tmp_path), "--write"])
    prints.main()
    assert capsys.readouterr().out.splitlines()[0].endswith("right 1.000")
    fitted = Model(**json.loads(prints.FILE.read_text(encoding="utf-8")))
    numbers, places = places_of(TEXT)
    assert fitted.read(features_of([TEXT[at] for at in numbers], places, 62.0)).roles == "HPpII" * TIMES
