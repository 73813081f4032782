"""Which lines continue a sentence: what counts, in which direction, and what the rule makes of it."""

from __future__ import annotations

import pytest

from converter.repair import joint_evidence, repair
from converter.repair.joint_evidence import BIAS, chances_of, features_of, weights
from converter.repair.rules.cut_sentence import LEAST_CHANCE
from converter.training import joints

START = {
    ", as ever": "mark",
    ": as ever": "colon",
    "(as ever) it": "parenthesis",
    "(a) rent": "sign",
    "of the boats": "open",
    "net_size()": "code",
    "12 boats": "number",
    "The boats": "open capital",
    "Boats": "capital",
    "boats": "lower",
    "網を張る": "uncased",
    "→ boats": "sign",
}
END = {
    "It is dry.": "stop",
    "Note:": "colon",
    "Dry it, mend it,": "comma",
    "It holds (": "open mark",
    "the keeper of the": "open",
    "We paint. The": "open",
    "Vitamin A": "capital",
    "mesh of 12": "number",
    "the old quay": "lower",
    "call net_size()": "code",
    "it (is dry)": "close",
    "干した網": "uncased",
    "rows →": "sign",
}
SHAPE = {"Nets": "word", "The old quay": "few", "The net is spread over the old quay": "line", "net " * 30: "long"}


def features(*texts: str, at: int = 0) -> set[str]:
    """The features of the joint below line `at`."""
    return set(list(features_of(texts))[at])


@pytest.mark.parametrize(("text", "start"), START.items(), ids=START.values())
def test_how_a_line_begins(text: str, start: str) -> None:
    assert f"lower > {start}" in features("Over the old quay", text)


@pytest.mark.parametrize(("text", "end"), END.items(), ids=END)
def test_how_a_line_ends(text: str, end: str) -> None:
    assert f"{end} > open" in features(text, "of the boats")


@pytest.mark.parametrize(("text", "shape"), SHAPE.items(), ids=SHAPE.values())
def test_the_shape_of_a_line(text: str, shape: str) -> None:
    assert f"lower > {shape} > none" in features("Over the old quay", text)


def test_edges_of_shapes() -> None:
    assert [joint_evidence.line_of(text).shape for text in ("a" * 30, "a" * 31)] == ["word", "few"]
    assert [joint_evidence.line_of(text).shape for text in ("a b c d", "a b c d e")] == ["few", "line"]
    assert [joint_evidence.line_of(text).shape for text in ("a " + "b" * 38, "a " + "b" * 39)] == ["few", "line"]
    assert [joint_evidence.line_of(text).shape for text in ("a " + "b" * 78, "a " + "b" * 79)] == ["line", "long"]


def test_lines_around_a_joint_count() -> None:
    texts = ("The keeper of the", "upper lock", "opens the gate.")
    assert "open > lower few" in features(*texts, at=1)
    assert "below few lower > lower" in features(*texts)
    assert "lower > line stop" not in features(*texts)
    assert "lower > few stop" in features(*texts)
    assert {"none > lower few", "lower > none"} <= features("upper lock", "opens")


SIGNS = {
    "open bracket": (features("The net (of the", "quay"), features("The net (of) the", "quay")),
    "sentences lower > ": (features("It is dry. We rest", "noon"), features("We rest", "noon")),
    "lower > sentences": (features("for", "upper noon", "It is dry. We wait", at=1), features("for noon", "We wait")),
    "above recurs": (features("Nets", "dry", "Nets"), features("Nets", "dry", "Twine")),
    "below recurs": (features("dry", "Nets", "Nets"), features("dry", "Nets", "Twine")),
    "alike word True False": (features("Nets", "Twine"), features("Nets", "dry")),
    "alternate few word": (features("Nets", "Old twine", "Knots", at=1), features("nets", "Old twine", "Knots", at=1)),
    "wide lower": (features("a " * 22 + "nt", "dry"), features("a " * 21 + "nt", "dry")),
    "none > label > long": (features("Why:", "dry " * 30), features("Why it is so very dry in the loft:", "dry " * 30)),
}


@pytest.mark.parametrize(("name", "sets"), SIGNS.items(), ids=SIGNS)
def test_signs(name: str, sets: tuple[set[str], set[str]]) -> None:
    present, absent = sets
    assert name in present and name not in absent


def test_three_labels_in_a_text_are_a_pattern() -> None:
    texts = ["Why:", "dry " * 30] * 3
    assert "none > labels > long" in features(*texts)
    assert "none > label > long" in features(*texts[2:])


def test_each_weight_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joint_evidence, "weights", lambda: {BIAS: 0.0})
    assert chances_of(["Over the quay", "of the boats"]) == [0.5]
    monkeypatch.setattr(joint_evidence, "weights", lambda: {BIAS: -1.0, "lower > open": 2.0, "open > lower": 9.0})
    assert chances_of(["Over the quay", "of the boats"]) == [pytest.approx(0.731, abs=0.001)]
    monkeypatch.setattr(joint_evidence, "weights", lambda: {BIAS: 900.0})
    assert chances_of(["Nets", "Twine"])[0] <= 1


def test_weights_tell_a_cut_sentence_from_titles_and_paragraphs() -> None:
    texts = [
        "Nets",
        "The net is spread over the railing of the",
        "old quay",
        ", so that it dries.",
        "Twine",
        "We tar it.",
    ]
    joined = [chance >= LEAST_CHANCE for chance in chances_of(texts)]
    assert joined == [False, True, True, False, False]
    assert set(weights()) > {BIAS, "open > lower", "lower > mark"}
    assert chances_of([]) == chances_of(["Nets"]) == []


CUTS = ["The net of the", "quay", ", which is dry", ". Both hold the", "twine", ", too."]


@pytest.mark.parametrize(("chance", "lines"), [(LEAST_CHANCE, 1), (LEAST_CHANCE - 0.01, 6)])
def test_lines_are_joined_from_an_even_chance_on(chance: float, lines: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("converter.repair.rules.cut_sentence.chances_of", lambda texts: [chance] * (len(texts) - 1))
    result = repair([*CUTS], range(1, 7))
    joined = [row for row in result.repairs if row.rule == "cut_sentence"]
    assert [row.confidence for row in joined] == [chance] * (lines == 1)
    assert (result.lines == ["The net of the quay, which is dry. Both hold the twine, too."]) == (lines == 1)


PAGE = """<html><head><title>Nets</title><script>x</script></head><body><h1>Nets</h1>
<p>The net of the <a>quay</a>, which <em>is <b>dry</b></em>.<br>Both</p>
<ul><li><p>Twine <code>a()</code></p> tail</li></ul>
<div><span>By</span> <b>Ann</b></div><p>Old <img alt="x"> nets</p></body></html>"""


def test_joints_of_a_page_are_those_within_a_block() -> None:
    pytest.importorskip("lxml.html")
    nodes = joints.nodes_of(PAGE)
    texts = ["Nets", "Nets", "The net of the", "quay", ", which", "is", "dry", ".", "Both", "Twine", "a()", "tail"]
    assert [node.text for node in nodes] == [*texts, "By", "Ann", "Old", "nets"]
    joined = [False, False, True, True, True, True, True, False, False, True, False, False, None, False, True]
    assert joints.joints_of(nodes) == joined


def test_weights_come_from_pages_and_from_their_sources_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("lxml.html")
    monkeypatch.setattr(joints, "LEAST", 8)
    page = "<body>" + "<h2>Nets</h2><p>Over the <a>quay</a>, of <b>the</b> boats.</p><p>It is dry.</p>" * 4 + "</body>"
    table = joints.Table(iter([(f"s{at}", page) for at in range(8)]))
    chances = table.chances(table.fit(table.weights))
    assert all((chance > 0.5) == bool(joined) for chance, joined in zip(chances, table.joined, strict=True))
    assert all(
        (chance > 0.5) == bool(joined) for chance, joined in zip(table.chances_by_fold(), table.joined, strict=True)
    )
    assert next(joints.report(table, chances)).endswith("right 1.000, found 1.000")
