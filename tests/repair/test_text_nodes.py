"""Text with a line for each text node: what its lines look like, which roles are likeliest, and what is written."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from math import exp
from types import SimpleNamespace

import pytest

from converter.repair import node_roles, repair
from converter.repair.node_evidence import features_of
from converter.repair.node_roles import NODES, ROLES, Model, Reading, may_follow, may_start, model
from converter.repair.rules import text_nodes
from converter.training import nodes

SIZE = len(ROLES)


def model_of(**weights: str) -> Model:
    """A model whose features each favour some roles."""
    features = {name.replace("_", " "): [20.0 * (role in roles) for role in ROLES] for name, roles in weights.items()}
    return Model(features, [0.0] * SIZE, [[0.0] * SIZE for _ in ROLES])


def features(texts: Sequence[str], at: int) -> set[str]:
    """The features of a line."""
    return set(list(features_of(texts))[at])


@pytest.mark.parametrize(
    ("texts", "at", "name"),
    [
        (["Nets"], 0, "first"),
        (["Nets", "of the quay"], 1, "capital > open"),
        (["Nets", "n/a"], 1, "forms ^ word absent"),
        (["12", "Nets"], 0, "forms value word $"),
        (["Nets", "12"], 1, "values around 1 1"),
        (["12", "14", "Nets"], 2, "values around 3 1"),
        (["You need:", "Nets"], 1, "lead 1"),
        (["You need:", "Nets", "Twine"], 2, "lead 2"),
        (["Nets"], 0, "lead 8"),
        (["Nets", "Twine", "Nets"], 0, "recurs False True word"),
        (["Nets", "Twine", "Nets"], 2, "recurs True False word"),
        (["Dry nets", "Dry twine"], 0, "opening recurs few"),
        (["Home", "Leave a comment"], 1, "cue"),
        (["[ ] Mend it"], 0, "check box"),
        (["Mesh: fine"], 0, "has label few"),
        (["Who mends it?"], 0, "question"),
        (["The Old Quay"], 0, "title case"),
        (["The old quay is dry."], 0, "narrative True True"),
        (["Nets"], 0, "top 0"),
        (["Nets", *["a"] * 4], 0, "bottom 2"),
        (["Ann", "12"] * 6, 5, "period 4s True"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_line_looks_like(texts: Sequence[str], at: int, name: str) -> None:
    assert name in features(texts, at)


def test_the_likeliest_roles_are_those_of_all_sequences() -> None:
    texts = ["Nets of the", "quay", "Nets"]
    weights = {name: [float(7 * at + place) % 23 for place in range(SIZE)] for at, name in enumerate(names_of(texts))}
    follows = [[float((3 * row + 5 * column) % 11) for column in range(SIZE)] for row in range(SIZE)]
    shipped = Model(weights, [2.0] * SIZE, follows)
    totals: dict[str, float] = {}
    for sequence in product(range(SIZE), repeat=len(texts)):
        pairs = list(pairwise(sequence))
        if may_start(ROLES[sequence[0]]) and all(may_follow(ROLES[above], ROLES[role]) for above, role in pairs):
            total = 2.0 + sum(follows[above][role] for above, role in pairs)
            for names, role in zip(features_of(texts), sequence, strict=True):
                total += sum(weights[name][role] for name in names)
            totals["".join(ROLES[role] for role in sequence)] = total / 10
    reading = shipped.read(features_of(texts))
    assert totals[reading.roles] == pytest.approx(max(totals.values()))
    whole = sum(map(exp, totals.values()))
    for at, letter in enumerate(reading.roles):
        alike = "pihbc" if letter in "pihbc" else letter
        chance = sum(exp(total) for letters, total in totals.items() if letters[at] in alike) / whole
        assert reading.chances[at] == pytest.approx(chance)


def names_of(texts: Sequence[str]) -> list[str]:
    """All features of a text."""
    return sorted({name for names in features_of(texts) for name in names})


@pytest.mark.parametrize(
    ("above", "role", "is_allowed"),
    [
        ("P", "p", True), ("I", "p", False), ("H", "i", False), ("A", "B", True), ("R", "B", False), ("B", "R", True),
        ("P", "R", False), ("C", "c", True), ("X", "P", True), ("P", "X", False), ("Y", "P", True), ("X", "Y", False),
        ("P", "Z", True), ("Z", "P", False), ("Z", "Y", False),
    ],
)  # fmt: skip
def test_which_role_may_follow_another_one(above: str, role: str, is_allowed: bool) -> None:
    assert may_follow(above, role) == is_allowed


PAGE = ["Nets", "The net of the", "quay", ", which is dry", ". Both hold the", "twine", ", too.", "Twine"]


def blocks_of(monkeypatch: pytest.MonkeyPatch, lines: list[str], reading: Reading) -> list[str]:
    """The lines of a text that is read in a way."""
    monkeypatch.setattr(text_nodes, "FEWEST_LINES", len(lines))

    class Known:
        def read(self, texts: Sequence[str]) -> Reading:
            assert list(texts) == lines
            return reading

    monkeypatch.setattr(text_nodes, "features_of", list)
    monkeypatch.setattr(text_nodes, "model", lambda file: Known())
    result = repair([*lines], range(1, len(lines) + 1))
    assert {row.rule for row in result.repairs} >= {"text_nodes"}
    return result.lines


@pytest.mark.parametrize(("chance", "title", "item"), [(0.5, "# Nets", "- Twine"), (0.49, "Nets", "Twine")])
def test_titles_and_items_need_an_even_chance(
    chance: float, title: str, item: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = blocks_of(monkeypatch, PAGE, Reading("HPpppppI", [chance, *[0.9] * 6, chance]))
    assert [line for line in lines if line][1:-1] == ["The net of the quay, which is dry. Both hold the twine, too."]
    assert lines[0] == title
    assert lines[-1] == item


def test_a_line_that_hardly_continues_a_block_begins_one(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = blocks_of(monkeypatch, PAGE, Reading("HPpppppI", [*[0.9] * 4, 0.49, 0.5, 0.9, 0.9]))
    assert [line for line in lines if line][1:3] == ["The net of the quay, which is dry", ". Both hold the twine, too."]


@pytest.mark.parametrize(
    ("roles", "title"),
    [("HPpppppHP", "# Nets"), ("XHPppppYP", "# The net of the"), ("PPpppppHP", "## Twine"), ("IPpppppHP", "## Twine")],
)
def test_the_title_of_the_document_has_nothing_of_the_article_above_it(
    roles: str, title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = blocks_of(monkeypatch, [*PAGE, "Tar"], Reading(roles, [0.9] * 9))
    assert next(line for line in lines if line.startswith("#")) == title
    assert sum(line.startswith("# ") for line in lines) == title.startswith("# ")


@pytest.mark.parametrize(("chance", "title", "item"), [(0.5, 0.5, 0.35), (0.9, 0.84, 0.55), (1.0, 0.99, 0.6)])
def test_confidence_is_how_often_blocks_are_right_in_texts_of_unknown_sources(
    chance: float, title: float, item: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_nodes, "FEWEST_LINES", len(PAGE))
    reading = Reading("HPpppppI", [chance] * len(PAGE))
    monkeypatch.setattr(text_nodes, "model", lambda file: SimpleNamespace(read=lambda texts: reading))
    repairs = [row for row in repair(PAGE, range(1, len(PAGE) + 1)).repairs if row.rule == "text_nodes"]
    assert [row.confidence for row in repairs if row.before in ("Nets", "Twine")] == [title, item]


def test_items_touch_and_other_blocks_are_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = blocks_of(monkeypatch, [*PAGE, "Tar"], Reading("HPpppppII", [0.9] * 9))
    assert lines[1:2] == lines[3:4] == [""]
    assert lines[-2:] == ["- Twine", "- Tar"]


@pytest.mark.parametrize(("roles", "has_table"), [("ABRCRCRC", True), ("ABRCRPPP", True), ("ABRCPPPP", False)])
def test_a_table_is_made_of_cells(roles: str, has_table: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = ["Boat", "Length", "Ann", "12", "Eva", "14", "Ida", "19"]
    rows = [*cells, "Pia", "21"]
    lines = blocks_of(monkeypatch, [*PAGE[:7], *rows], Reading("HPppppp" + roles + "YY", [0.9] * 17))
    assert ("| Ann | 12 |" in lines) == has_table


@pytest.mark.parametrize(("chance", "row"), [(0.49, "| Ida | the | 19 |"), (0.5, "| Ida the | 19 |")])
def test_a_line_that_hardly_continues_a_cell_is_one(chance: float, row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = ["Boat", "Place", "Length", "Ann", "quay", "12", "Eva", "loft", "14", "Ida", "the", "19"]
    if chance >= 0.5:
        cells = [cell for cell in cells if cell not in ("Place", "quay", "loft")]
    roles = {"Boat": "A", "Place": "B", "Length": "B", "Ann": "R", "Eva": "R", "Ida": "R", "the": "c"}
    reading = Reading(
        "HPppppp" + "".join(roles.get(cell, "C") for cell in cells),
        [*[0.9] * 7, *[chance if cell == "the" else 0.9 for cell in cells]],
    )
    assert row in blocks_of(monkeypatch, [*PAGE[:7], *cells], reading)


def test_shorter_and_other_texts_are_left_to_other_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    for lines, fewest in ((PAGE, len(PAGE) + 1), (["## Nets", *PAGE], 1), (["```", "x", "```", *PAGE], 1)):
        monkeypatch.setattr(text_nodes, "FEWEST_LINES", fewest)
        assert "text_nodes" not in {row.rule for row in repair([*lines], range(1, len(lines) + 1)).repairs}


def test_a_long_text_is_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_roles, "LINES_AT_ONCE", len(PAGE))
    reading = model(NODES).read(features_of(PAGE * 3))
    assert len(reading.roles) == len(reading.chances) == 3 * len(PAGE)
    assert "p" in reading.roles[-len(PAGE) :]
    features = {
        "bottom 0": [100.0 * (role == "Z") for role in ROLES],
        "top 2": [100.0 * (role == "p") for role in ROLES],
    }
    monkeypatch.setattr(node_roles, "LINES_AT_ONCE", 4)
    rules = [[0.0] * SIZE for _ in ROLES]
    assert Model(features, [0.0] * SIZE, rules).read(features_of(["Nets"] * 12)).roles[4] == "p"


def test_lines_that_contradict_hundreds_above_them_have_a_probability() -> None:
    """A share is a product over all lines above, or below: it would be zero, and so would the sum that divides it."""
    features = {"values around 4 4": [100.0 * (role == "Z") for role in ROLES]}
    features["values around 1 1"] = [200.0 * (role == "P") for role in ROLES]
    reading = Model(features, [0.0] * SIZE, [[0.0] * SIZE for _ in ROLES]).read(
        features_of(["12"] * 600 + ["Nets"] * 600)
    )
    assert reading.roles[-1] == "P"
    assert all(0 <= chance <= 1 for chance in reading.chances)


def test_shipped_weights_name_every_role() -> None:
    reading = model(NODES).read(features_of(PAGE))
    assert len(reading.roles) == len(reading.chances) == len(PAGE)
    assert "p" in reading.roles


HTML = """<html><head><title>Loft</title></head><body><nav><ul><li>Home</li></ul></nav><h1>Nets</h1>
<div data-body><p>The net of the <a>quay</a>, dry.</p><ul><li><p>Twine <b>a</b></p></li></ul><pre>x
y</pre></div><div>Advertisement</div>
<table data-body><tr><th>Boat</th><th>Crew</th></tr><tr><td>Ann <b>B</b></td><td></td></tr><tr><td>Eva</td><td>2</td>
</tr></table><table data-body><tr><td>Old</td></tr></table><footer>Imprint</footer></body></html>"""


def test_elements_of_a_page_say_what_its_lines_are() -> None:
    pytest.importorskip("lxml.html")
    assert nodes.lines_of(HTML) == [
        ("Loft", "X"), ("Home", "X"), ("Nets", "H"), ("The net of the", "P"), ("quay", "p"), (", dry.", "p"),
        ("Twine", "I"), ("a", "i"), ("x", "K"), ("y", "K"), ("Advertisement", "Y"), ("Boat", "A"), ("Crew", "B"),
        ("Ann", "R"), ("B", "c"), ("Eva", "R"), ("2", "C"), ("Old", "P"), ("Imprint", "Z"),
    ]  # fmt: skip


def test_weights_come_from_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("lxml.html")
    pytest.importorskip("scipy.sparse")
    monkeypatch.setattr(nodes, "LEAST", 4)
    body = "<h2>Nets</h2><p>Over the <a>quay</a>, of <b>the</b> boats.</p><ul><li>twine</li><li>tar</li></ul>" * 2
    table = nodes.Table(nodes.page_of(f"s{at}", f"<body><div data-body>{body}</div></body>") for at in range(8))
    fitted = Model(**nodes.fields_of(table, nodes.fit(table)))
    texts = [text for text, _ in nodes.lines_of(f"<body><div data-body>{body}</div></body>")]
    assert fitted.read(features_of(texts)).roles == "HPpppp" + "II" + "HPpppp" + "II"
    assert next(nodes.report(table)).endswith("right 1.000")
