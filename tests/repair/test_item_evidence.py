"""Which runs of like lines are lists: what counts, in which direction, and what the rule makes of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from converter.repair import item_evidence, repair
from converter.repair.item_evidence import (
    BIAS,
    LEAST_CHANCE,
    Features,
    ItemRun,
    chance_of,
    chances_of,
    features_of,
    weights,
)
from converter.repair.paragraphs import Paragraph
from converter.training import lists

GOALS = ["Find the holes in a net.", "Choose twine of the right width.", "Tie a knot that holds."]
PRICES = ["Twine", "4 m", "12 €", "Needle", "8 cm"]
PROSE = (
    "The net is spread over the railing of the quay, so that the sun dries it before noon and the holes show against"
    " the light.",
    "Two people work on it, one from each end, and they meet in the middle when the church clock strikes four in the"
    " afternoon.",
    "In winter the nets hang in the loft above the boats, where no mouse gets at them and the wind keeps them dry"
    " until spring.",
)
COPY = f"Nets\n{PROSE[0]}\n\nWhat to learn\n{{}}\nTwine\n{PROSE[1]}\n\nLofts\n{PROSE[2]}\n"


def features(above: str, *lines: str, below: str = "", touch: bool = False, **place: bool) -> Features:
    """The features of some lines below another one, in a text that has them alone."""
    step = 1 if touch else 2
    texts = [above, *lines, *([below] if below else [])]
    blocks = [Paragraph(step * at, step * at + 1, text) for at, text in enumerate(texts)]
    run = ItemRun(1, len(lines) + 1, place.get("is_introduced", False), place.get("is_copied", False))
    return features_of(blocks, [run])[0]


COLON = "In the loft above the boats, where no mouse gets, we keep all this:"
VALUES = {
    "share of the text in runs": (features("Nets", *GOALS), 0.75),
    "share of runs with two lines": (features("Nets", "Twine", "Knots"), 1),
    "below a clause with a colon": (features(COLON, *GOALS), 1),
    "touches the line below": (features("Nets", *GOALS, below="Lofts", touch=True), 1),
    "introduced in a copy": (features("Nets:", *GOALS, is_introduced=True, is_copied=True), 1),
    "two lines in a copy": (features("Nets:", "Twine", "Knots", is_introduced=True, is_copied=True), 1),
    "two lines that nothing introduces": (features("Nets", "Twine", "Knots", is_copied=True), 1),
    "three lines": (features("Nets", *GOALS), 1),
    "spread of widths": (features("Nets", "abcd", "abcdefgh"), 8 / 13),
    "lines that recur in the text": (features("Nets", "Twine", "Twine", "Knots", below="Knots"), 1),
    "lines with several sentences": (features("Nets", "It rains. We wait.", "It is dry."), 0.5),
    "lines that are values": (features("Nets", "12 €", "8,5 cm", "Twine"), 2 / 3),
    "lines of one word": (features("Nets", "Twine", "Knots and needles"), 0.5),
    "lines in lower case": (features("Nets", "twine", "a knife", "Knots", "Needles"), 0.5),
    "lower and upper case": (features("Nets", "twine", "Knots"), 1),
    "lines that look like code": (features("Nets", "tie(net)", "Knots"), 0.5),
    "lines with a check box": (features("Nets", "[ ] twine", "[x] knots", "Needles", "Mesh"), 0.5),
    "each line has a label": (features("Nets", "Twine: tarred", "Knots: flat"), 1),
    "each line is one sentence that opens no story": (features("Nets", *GOALS), 1),
}
ABSENT = {
    "share of runs with two lines": features("Nets", *GOALS),
    "below a clause with a colon": features("Nets:", *GOALS),
    "touches the line below": features("Nets", *GOALS, below="Lofts"),
    "introduced in a copy": features("Nets:", *GOALS, is_introduced=True),
    "two lines in a copy": features("Nets:", "Twine", "Knots", is_introduced=True),
    "two lines that nothing introduces": features("Nets:", "Twine", "Knots", is_introduced=True, is_copied=True),
    "three lines": features("Nets", *GOALS, "Dry it."),
    "spread of widths": features("Nets", "Twine", "Knots"),
    "lines that recur in the text": features("Nets", *GOALS, below="Lofts"),
    "lines with several sentences": features("Nets", "By F. Miller", "Nets, twine etc."),
    "lines that are values": features("Nets", "12 knots", "Mesh 8"),
    "lines of one word": features("Nets", *GOALS),
    "lines in lower case": features("Nets", *GOALS),
    "lower and upper case": features("Nets", "twine", "knots"),
    "lines that look like code": features("Nets", *GOALS),
    "lines with a check box": features("Nets", "[1] Twine", "[2] Knots"),
    "each line has a label": features("Nets", "Twine: tarred", "Knots"),
    "each line is one sentence that opens no story": features("Nets", "Find it.", "The net is dry."),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_feature_has_its_value(name: str) -> None:
    found, expected = VALUES[name]
    assert found[name] == pytest.approx(expected)
    assert ABSENT.get(name, {name: 0})[name] == 0


def test_each_feature_has_a_weight() -> None:
    assert set(weights()) == {BIAS, *VALUES} == {BIAS, *features("Nets", *GOALS)}


def test_each_weight_counts() -> None:
    found = features("Nets", *GOALS)
    assert chance_of(found, dict.fromkeys(weights(), 0.0)) == 0.5
    for name, value in found.items():
        if value:
            more = dict.fromkeys(weights(), 0.0) | {name: 2.0}
            assert chance_of(found, more) > 0.6
    assert chance_of({}, {BIAS: 900.0}) <= 1
    assert chance_of({}, {BIAS: -900.0}) >= 0


def test_a_text_without_runs_has_no_chances() -> None:
    assert chances_of([], []) == []


@pytest.mark.parametrize(("lines", "are_items"), [(GOALS, True), (PRICES, False)], ids=["goals", "prices"])
def test_items_are_marked_and_other_lines_are_not(lines: list[str], are_items: bool) -> None:
    text = COPY.format("\n".join(lines)).split("\n")
    result = repair(text, range(1, len(text) + 1))
    marks = [row for row in result.repairs if row.after == f"- {row.before}"]
    assert [row.before for row in marks] == (lines if are_items else [])
    assert all(row.confidence >= LEAST_CHANCE for row in marks)


@pytest.mark.parametrize(("chance", "count"), [(LEAST_CHANCE, 3), (LEAST_CHANCE - 0.01, 0)])
def test_a_run_is_a_list_from_an_even_chance_on_and_never_titles(
    chance: float, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(item_evidence, "chance_of", lambda features, weights: chance)
    lines = ["Holes in a net", "Twine of the right width", "Knots that hold"]
    text = COPY.format("\n".join(lines)).split("\n")
    result = repair(text, range(1, len(text) + 1))
    marks = [row for row in result.repairs if row.after == f"- {row.before}"]
    assert len(marks) == count
    assert {row.confidence for row in marks} <= {chance}
    assert not {row.before for row in result.repairs if row.rule == "bare_heading"} & {*lines}


def test_weights_come_from_runs_of_pages_and_extracts(tmp_path: Path) -> None:
    """Runs of pages and of extracts are found with their truth; weights tell those that are lists."""
    pages, extracts = tmp_path / "pages", tmp_path / "extracts"
    (pages / "tool").mkdir(parents=True)
    fields = []
    for at in range(6):
        lines = (GOALS if at % 2 else PRICES)[:]
        text = COPY.format("\n".join(lines)).split("\n")
        (pages / "tool" / f"{at}.txt").write_text("\n".join(text), encoding="utf-8")
        items = [text.index(line) + 1 for line in lines] if at % 2 else []
        fields.append({"file": f"{at}.txt", "site": f"s{at}", "headings": [[1, 1]], "items": items, "either": []})
    (pages / "tool.jsonl").write_text("\n".join(map(json.dumps, fields)), encoding="utf-8")
    (extracts / "source" / "tool").mkdir(parents=True)
    (extracts / "source" / "tool" / "0.txt").write_text(COPY.format("\n".join(GOALS)), encoding="utf-8")
    truth = {"source": "0.txt", "left": {"tool": ""}, "items": GOALS, "paragraphs": [], "headings": ["Nets"]}
    truth |= {"rows": [], "chrome": ["Lofts"], "neutral": []}
    (extracts / "source" / "truth.jsonl").write_text(json.dumps(truth), encoding="utf-8")
    examples = [*lists.page_examples(pages), *lists.extract_examples(extracts)]
    found = [(row.is_page, row.items, row.others) for row in examples if row.items]
    assert found == [(True, 3, 0)] * 3 + [(False, 3, 0)]
    assert sum(row.others for row in examples) > 8
    table = lists.Table(examples)
    everything = table.lines > 0
    chances = table.chances(everything, table.fit(everything))
    assert all((chance > 0.5) == (row.items > 0) for chance, row in zip(chances, examples, strict=True))
    assert any(line.startswith("pages") for line in lists.report(table, table.chances_by_fold()))


def test_chances_are_corrected_by_what_unseen_sources_show() -> None:
    """Of the runs that seemed certain, one in four is no list."""
    name = features("Nets", *GOALS)
    table = lists.Table([lists.Example("site", "tool", True, name, row % 4 > 0, row % 4 == 0) for row in range(8)])
    sums = np.array([2.0, 2.5] * 4)
    factor, constant = table.calibration(1 / (1 + np.exp(-sums)))
    assert (1 / (1 + np.exp(-factor * sums - constant))).mean() == pytest.approx(0.75, abs=1e-4)
