"""Text from a PDF that is a line for each line of print: what its lines look like, and what is written."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from converter.repair.draft import Draft
from converter.repair.node_roles import Reading
from converter.repair.print_evidence import Place, features_of, places_of
from converter.repair.rules import print_lines as rules
from converter.repair.rules.print_lines import margin_of, print_lines

# -- the margin


def ohs(count: int) -> str:
    """So many letters, each 1.25 columns of print wide."""
    return "o" * count


def margin(lines: Sequence[str], print_margin: float = 0.0) -> float:
    return margin_of(Draft([*lines], range(1, len(lines) + 1), print_margin=print_margin))


@pytest.mark.parametrize(("count", "width"), [(40, 50.0), (39, 0.0)])
def test_few_lines_show_no_margin(count: int, width: float) -> None:
    assert margin(["\f", *[ohs(40)] * count, "", ""]) == width


@pytest.mark.parametrize(
    ("print_margin", "width"), [(30.0, 30.0), (29.9, 0.0), (72.0, 72.0), (200.0, 200.0), (200.1, 0.0)]
)
def test_the_margin_of_an_earlier_pass_is_the_margin_unless_narrow_or_wide(print_margin: float, width: float) -> None:
    assert margin([ohs(40)] * 50, print_margin) == width


@pytest.mark.parametrize(("count", "width"), [(10, 50.0), (11, 125.0)])
def test_one_line_of_twenty_may_be_wider_than_the_margin(count: int, width: float) -> None:
    assert margin(["\f", *[ohs(100)] * count, *[ohs(40)] * (200 - count)]) == pytest.approx(width)


@pytest.mark.parametrize("line", [" oo", "\too", "oo  oo", "oo\too", "\f oo"])
def test_indented_lines_and_gaps_are_no_text_of_a_paragraph(line: str) -> None:
    assert margin(["\f", *[line] * 2, *[ohs(40)] * 98]) == 50.0
    assert margin(["\f", *[line] * 3, *[ohs(40)] * 97]) == 0.0


def test_a_form_feed_has_no_width() -> None:
    assert margin([f"\f{ohs(40)}"] * 50) == 50.0


@pytest.mark.parametrize(
    ("lines", "width"),
    [
        (["\f"], 50.0),
        ([""], 0.0),  # no PDF reader wrote it
        (["\f", "# Nets", "", ohs(40), "", "## Twine", ""], 0.0),
        (["\f", "", "| Boat | Crew |", "| --- | --- |", "| Ann | 2 |", ""], 0.0),
    ],
)
def test_only_the_text_of_a_pdf_without_other_marks_has_a_margin(lines: list[str], width: float) -> None:
    assert margin([*lines, *[ohs(40)] * 50]) == width


# -- what a line looks like

LINES = ["The nets of the", "quay are dry.", "", "• Twine", "12) Tar", "\f• ", "", "", "Ida", "9.", "Ann"]


def features(lines: Sequence[str], at: int, width: float = 125.0) -> set[str]:
    """The features of a line that is not blank."""
    numbers, places = places_of(lines)
    return set(list(features_of([lines[number].strip() for number in numbers], places, width))[at])


def test_places_are_blank_lines_and_pages() -> None:
    numbers, places = places_of(["", "\fa", "b", "", "c", "", "", "", "d", "\f", "e", "f"])
    assert numbers == [1, 2, 4, 8, 10, 11]
    assert places == [(1, True), (0, False), (1, False), (2, False), (1, True), (0, False)]
    assert places_of([]) == places_of([""]) == ([], [])


@pytest.mark.parametrize(
    ("at", "name"),
    [
        (0, "gap ^ A ^"),
        (2, "gap 1 . ."),
        (3, "gap 0 0 capital"),
        (4, "gap 0p . capital"),
        (5, "gap 2 A sign"),
        (1, "gap 0 a open"),
        (0, "room ^ A ^"),
        (2, "gap room 1 0 ."),
        (4, "gaps 0p 2 0 0"),
        (7, "gaps 0 $ 0 $"),
        (4, "gaps ends 0p 2 sign 0"),
        (6, "width 0 0 stop"),
        (0, "widths ^ 0 ^"),
        (5, "widths 0 0 2"),
        (4, "rooms 0 0 0p 2"),
        (0, "block 2 first 0"),
        (1, "block 2 last 0"),
        (4, "block 1 first 0"),
        (6, "block 3 amid 0 capital"),
        (7, "block 3 last A ."),
        (6, "widest 0 3 amid"),
        (6, "inner 0 0 0"),
        (0, "above ^ ^ A"),
        (4, "above number few capital 0p ."),
        (4, "gap whole 0p 2 word sign"),
        (0, "gaps ^ ^ 0 1"),
        (5, "gaps 0p 2 0 0"),
        (6, "gaps 2 0 0 $"),
        (7, "gaps 0 0 $ $"),
        (4, "edge 1 ."),
        (5, "edge 2 A"),
        (3, "edge below 1 capital"),
        (2, "edge below 2 capital"),
        (2, "mark bullet 1"),
        (4, "mark bullet alone 0p"),
        (3, "mark number 0"),
        (6, "mark number alone 0"),
        (5, "mark none 2"),
    ],
)
def test_what_a_line_looks_like(at: int, name: str) -> None:
    assert name in features(LINES, at)


@pytest.mark.parametrize(
    ("share", "number"),
    [
        (14, 0), (16, 1), (29, 1), (31, 2), (49, 2), (51, 3), (69, 3), (71, 4), (79, 4), (81, 5), (87, 5), (89, 6),
        (93, 6), (95, 7), (97, 7), (99, 8), (102, 8), (104, 9),
    ],
)  # fmt: skip
def test_widths_have_classes(share: int, number: int) -> None:
    """A line of as many letters as its percentage of the margin; a space and an `o` are as wide as 1.5 of them."""
    line = ohs(share)
    assert f"width {number} $ lower" in features([line], 0)
    assert f"gap room 0 {number} a" in features([ohs(share - 2), "o"], 1)
    assert f"widths {number} 0 0" in features([line, "oo"], 1)


@pytest.mark.parametrize(("size", "number"), [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (8, 4), (9, 5)])
def test_sizes_of_blocks_have_classes(size: int, number: int) -> None:
    assert f"block {number} first 0" in features(["Tar", "", *["oo"] * size, "", "Tar"], 1)


@pytest.mark.parametrize(("distance", "number"), [(0, 1), (1, 2), (2, 3), (3, 3), (4, 4), (9, 4)])
def test_distances_from_the_edges_of_a_page_have_classes(distance: int, number: int) -> None:
    lines = ["Tar", "\fTar", *["oo"] * 20, "\fTar"]
    assert f"edge {number} {'a' if distance else 'A'}" in features(lines, 1 + distance)
    assert f"edge below {number} lower" in features(lines, 21 - distance)


@pytest.mark.parametrize(("distance", "number"), [(3, 9), (4, 0)])
def test_the_widest_line_is_near_and_in_the_block(distance: int, number: int) -> None:
    lines = ["oo"] * 20
    for at in (10 - distance, 10 + distance):
        wide = [*lines[:at], ohs(120), *lines[at + 1 :]]
        assert f"widest {number} 5 amid" in features(wide, 10)
        assert f"inner {number if at < 10 else 0} 0 a" in features(wide, 10)
    assert "widest 0 3 first" in features([ohs(120), "", "oo", "oo", "oo", "", ohs(120)], 1)
    assert "inner 0 9 a" in features([ohs(120), "", "oo", "oo", "oo"], 1)
    assert "widest 0 3 last" in features(["oo", "oo", "oo", "", ohs(120)], 2)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("o Tar", "bullet"), ("oar Tar", "none"), ("•Tar", "none"),
        ("- Tar", "bullet"), ("x Tar", "none"), ("1. Tar", "number"), ("1) Tar", "number"),
        ("1: Tar", "none"), ("a. Tar", "none"), ("123. Tar", "number"), ("1234. Tar", "none"), (". Tar", "none"),
    ],
)  # fmt: skip
def test_marks_begin_lines(text: str, mark: str) -> None:
    assert f"mark {mark} ^" in features([text], 0)


# -- what is written

COPY = ["Nets", "The net of the", "quay is dry.", "Twine", "Tar"]


def written(
    monkeypatch: pytest.MonkeyPatch, lines: Sequence[str], roles: str, chances: Sequence[float] | float = 0.9
) -> list[str]:
    """The lines of a text of one page whose lines have some roles; blank lines have none."""
    return apply(monkeypatch, lines, roles, chances).finish().lines


def apply(
    monkeypatch: pytest.MonkeyPatch, lines: Sequence[str], roles: str, chances: Sequence[float] | float = 0.9
) -> Draft:
    class Known:
        def read(self, names: object) -> Reading:
            return Reading(roles, [chances] * len(roles) if isinstance(chances, float) else chances)

    monkeypatch.setattr(rules, "FEWEST_LINES", 1)
    monkeypatch.setattr(rules, "MOST_GAPS", 1)
    monkeypatch.setattr(rules, "model", lambda file: Known())
    draft = Draft([*lines], range(1, len(lines) + 1), print_margin=72.0)
    print_lines.apply(draft)
    return draft


def test_a_text_without_a_margin_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "WIDEST", 71)
    assert written(monkeypatch, COPY, "HPpII") == COPY


@pytest.mark.parametrize(("chance", "title", "item"), [(0.5, "# Nets", "- Tar"), (0.49, "Nets", "Tar")])
def test_titles_and_items_need_an_even_chance(
    chance: float, title: str, item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = written(monkeypatch, COPY, "HPpII", [chance, 0.9, 0.9, 0.9, chance])
    assert lines[:4] == [title, "", "The net of the quay is dry.", ""]
    assert lines[4:] == ["- Twine", *([""] if chance < 0.5 else []), item]


@pytest.mark.parametrize(("chance", "count"), [(0.5, 1), (0.49, 2)])
def test_a_line_that_hardly_continues_a_block_begins_one(
    chance: float, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = written(monkeypatch, COPY, "HPpII", [0.9, 0.9, chance, 0.9, 0.9])
    assert ("The net of the quay is dry." in lines) == (count == 1)
    assert ("quay is dry." in lines) == (count == 2)


@pytest.mark.parametrize(
    ("roles", "title"),
    [("HPHPP", "# Nets"), ("XHPpP", "# The net of the"), ("YHPpP", "# The net of the"), ("ZHPpP", "# The net of the"),
     ("PHPpP", "## The net of the"),
     ("IHPpP", "## The net of the")],
)  # fmt: skip
def test_the_title_of_the_document_has_nothing_of_the_article_above_it(
    roles: str, title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles = [line for line in written(monkeypatch, COPY, roles) if line.startswith("#")]
    assert titles[0] == title
    assert sum(line.startswith("# ") for line in titles) == title.startswith("# ")


@pytest.mark.parametrize(
    ("chance", "title", "item", "paragraph"),
    [(0.5, 0.45, 0.38, 0.2), (0.8, 0.68, 0.56, 0.51), (1.0, 0.84, 0.68, 0.72)],
)
def test_confidence_is_the_share_of_blocks_that_are_right(
    chance: float, title: float, item: float, paragraph: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    repairs = apply(monkeypatch, COPY, "HPpIi", chance).repairs
    assert [row.confidence for row in repairs] == [title, paragraph, item]


def test_the_least_likely_line_of_a_block_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    repairs = apply(monkeypatch, COPY, "HPpIi", [0.9, 0.1, 1.0, 1.0, 0.5]).repairs
    assert [row.confidence for row in repairs[1:]] == [0.72, 0.38]


def test_items_and_lines_amid_the_article_touch_and_other_blocks_are_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(monkeypatch, COPY, "IIIPP") == [
        *(f"- {line}" for line in COPY[:3]), "", "Twine", "", "Tar",
    ]  # fmt: skip
    assert written(monkeypatch, COPY, "PYYHY") == ["Nets", "", *COPY[1:3], "", "## Twine", "", "Tar"]
    assert written(monkeypatch, COPY, "XXPZZ") == [part for line in COPY for part in (line, "")][:-1]


def test_cells_that_are_no_table_are_a_paragraph_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(monkeypatch, COPY, "HPpRI")[-3:] == ["Twine", "", "- Tar"]
    assert written(monkeypatch, COPY, "HPpRY")[-3:] == ["Twine", "", "Tar"]


def test_a_text_may_have_no_article(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [line for line in written(monkeypatch, COPY, "XXXXX") if line] == COPY


def test_lines_of_a_block_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["A half-", "dry net and/", "or twine -", "not tar-", "(black) at 3-", "4 knots", "", "and more /", "less"]
    assert written(monkeypatch, ["Nets", *lines], "HPppppppp")[2:] == [
        "A half-dry net and/or twine - not tar- (black) at 3-4 knots and more / less",
    ]


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("• Tar", "- Tar"),
        ("–  Tar", "- Tar"),
        ("-Tar", "- -Tar"),
        ("•", "- •"),
        ("1. Tar", "- 1. Tar"),
        ("Tar", "- Tar"),
    ],
)
def test_an_item_has_one_mark(text: str, after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(monkeypatch, [*COPY, text], "HPpIII")[-1] == after
    assert written(monkeypatch, [*COPY, text], "HPpIIP")[-1] == text


@pytest.mark.parametrize(
    ("roles", "lines"),
    [
        ("HPpHI", ["# Nets", "", "The net of the quay is dry.", "", "\f", "## Twine", "", "- Tar"]),
        ("HPppI", ["# Nets", "", "The net of the quay is dry. Twine", "", "- Tar"]),
        ("HPpPI", ["# Nets", "", "The net of the quay is dry.", "", "\fTwine", "", "- Tar"]),
    ],
)
def test_a_page_ends_between_blocks(roles: str, lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(monkeypatch, [*COPY[:3], "\fTwine", "Tar"], roles) == lines


TOP = ["Nets", "The net of the", "quay is dry."]


def table(monkeypatch: pytest.MonkeyPatch, *rows: str, below: str = "Tar") -> list[str]:
    """What rows are written as: ROLES:cell,cell."""
    roles = "".join(row.partition(":")[0] for row in rows)
    cells = [cell for row in rows for cell in row.partition(":")[2].split(",")]
    lines = written(monkeypatch, [*TOP, *cells, below], f"HPp{roles}P")
    assert lines[:3] == ["# Nets", "", "The net of the quay is dry."]
    assert lines[-2:] == ["", below]
    return [line for line in lines[3:-1] if line]


def test_a_table_is_made_of_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    head, rule, ann, eva = "| Boat | Crew |", "| --- | --- |", "| Ann | 2 |", "| Eva | 3 |"
    assert table(monkeypatch, "AB:Boat,Crew", "RC:Ann,2", "RC:Eva,3") == [head, rule, ann, eva]
    assert table(monkeypatch, "AB:Boat,Crew", "RC:Ann,2") == [head, rule, ann]
    assert table(monkeypatch, "AB:Boat,Crew") == ["Boat Crew"]
    assert table(monkeypatch, "RC:Ann,2", "RC:Eva,3") == ["|  |  |", rule, ann, eva]
    assert table(monkeypatch, "CC:Ann,2", "RC:Eva,3") == ["|  |  |", rule, ann, eva]
    assert table(monkeypatch, "A:Boat", "R:Ann", "R:Eva") == ["Boat Ann Eva"]
    assert table(monkeypatch, "AbBb:Old,boat,Its,crew", "RCc:Ann,2,men") == [
        "| Old boat | Its crew |", rule, "| Ann | 2 men |",
    ]  # fmt: skip


def test_rows_with_other_numbers_of_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    head, rule = "| Boat | Crew | Place |", "| --- | --- | --- |"
    full = ["RCC:Ann,2,quay"] * 6
    lines = table(monkeypatch, "ABB:Boat,Crew,Place", *full, "RC:Eva,3", "RCCC:Ida,4,the,loft", "R:Pia")
    assert lines == [
        head,
        rule,
        *["| Ann | 2 | quay |"] * 6,
        "| Eva | 3 |  |",
        "| Ida | 4 | the loft |",
        "| Pia |  |  |",
    ]
    lines = table(monkeypatch, "ABB:Boat,Crew,Place", *full[1:], "RC:Eva,3", "RCCC:Ida,4,the,loft", "RC:Pia,5")
    assert lines[0].startswith("Boat Crew Place Ann 2 quay")


def test_indentation_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[str] = []
    monkeypatch.setattr(rules, "features_of", lambda lines, places, width: texts.extend(lines))
    lines = written(monkeypatch, [*TOP, "  Boat", "Crew ", "Ann", "2"], "HPpABRC")
    assert texts == [*TOP, "Boat", "Crew", "Ann", "2"]
    assert lines[4] == "| Boat | Crew |"


def test_unlikely_cells_are_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = written(monkeypatch, [*TOP, "Boat", "Crew", "Ann", "2"], "HPpABRC", [*[0.9] * 3, *[0.3] * 4])
    assert lines[-1] == "| Ann | 2 |"


def test_each_header_below_rows_begins_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    rule, rows = "| --- | --- |", ["RC:Ann,2", "RC:Eva,3"]
    assert table(monkeypatch, "AB:Boat,Crew", *rows, "AB:Net,Mesh", "RC:Tar,4") == [
        "| Boat | Crew |", rule, "| Ann | 2 |", "| Eva | 3 |", "| Net | Mesh |", rule, "| Tar | 4 |",
    ]  # fmt: skip
    assert table(monkeypatch, "AB:Boat,Crew", "AB:name,men", *rows) == [
        "| Boat | Crew |", rule, "| name | men |", "| Ann | 2 |", "| Eva | 3 |",
    ]  # fmt: skip
    assert table(monkeypatch, "A:Nets", "AB:Boat,Crew", *rows) == [
        "| Nets |  |", rule, "| Boat | Crew |", "| Ann | 2 |", "| Eva | 3 |",
    ]  # fmt: skip


def test_cells_whose_forms_repeat_are_a_table_whatever_begins_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = "Boat,Length,Crew,Ann,12 m,2,Eva,14 m,3,Ida,19 m,4"
    expected = ["| Boat | Length | Crew |", "| --- | --- | --- |", "| Ann | 12 m | 2 |", "| Eva | 14 m | 3 |"]
    assert table(monkeypatch, f"CCCCCCCCCCCC:{cells}") == [*expected, "| Ida | 19 m | 4 |"]
    assert table(monkeypatch, f"CCCCCCCCCCCCC:{cells},Twine is in the loft of the old quay") == [
        f"{cells.replace(',', ' ')} Twine is in the loft of the old quay"
    ]
    assert table(monkeypatch, f"CCCCCCCCCCCCC:Of our own boats.,{cells}") == [
        f"Of our own boats. {cells.replace(',', ' ')}"
    ]


def test_confidence_of_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = ["Boat", "Crew", "Ann", "2"]
    assert apply(monkeypatch, [*TOP, *cells], "HPpABRC").repairs[-1].confidence == 0.5
    repair = apply(monkeypatch, [*TOP, *cells], "HPpRRRc", [*[0.9] * 6, 0.75]).repairs[-1]
    assert (repair.after, repair.confidence) == ("Boat Crew Ann 2", 0.46)
    assert apply(monkeypatch, [*TOP, *cells], "HPpRRRR").repairs[-1].confidence == 0.72


def test_place_is_what_features_are_of() -> None:
    names = list(features_of(["oo", "oo"], [Place(0, True), Place(0, True)], 50.0))
    assert "edge 1 a" in names[1]
    assert "gap 0p a lower" in names[1]
