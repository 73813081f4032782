"""Languages with a decimal comma, recognized by their words."""

from __future__ import annotations

import pytest

from converter.values import Hints, RawTable, infer_tables
from converter.values.column import Conventions
from converter.values.languages import FEWEST_WORDS, MOST_WORDS, writes_comma

COMMA = [
    "Die Preise gelten für ein Boot mit Segel und sind nicht auf dem neuesten Stand.",
    "Les prix sont ceux de la saison pour un bateau avec voile.",
    "Los precios son por barco y no incluyen la vela ni el remo.",
    "I prezzi sono per una barca con la vela e non comprendono il remo.",
    "De prijzen zijn voor een boot met het zeil en niet voor de riemen.",
    "Цены указаны за лодку с парусом.",
]
POINT = [
    "The prices are for a boat with a sail and do not include the oars.",
    "Boats, sails, oars",
    "The harbours of El Puerto de la Cruz, Las Palmas and Los Cristianos are open to all of the boats that we know.",
    "船の価格",
    "",
]


@pytest.mark.parametrize("text", COMMA)
def test_languages_with_a_decimal_comma(text: str) -> None:
    assert writes_comma([text])


@pytest.mark.parametrize("text", POINT)
def test_languages_with_a_decimal_point_and_none(text: str) -> None:
    assert not writes_comma([text])


def test_few_words_tell_nothing_and_many_are_enough() -> None:
    assert not writes_comma(["und " * (FEWEST_WORDS - 1)])
    assert writes_comma(["und " * FEWEST_WORDS])
    assert not writes_comma(["Boot " * 100 + "und " * 5])
    assert writes_comma(["Boot " * 95 + "und " * 5])
    assert not writes_comma(["und der die " + "the of and " * 2])
    assert writes_comma(["und der die the"])
    assert not writes_comma(["und der die the of"])
    assert writes_comma(["und der die mit bei von the of"])
    assert not writes_comma(["a" * 19_992 + " und die der"])
    assert writes_comma(["a" * 19_988 + " und die der"])
    assert not writes_comma(["boat " * 1000] * (MOST_WORDS // 1000) + ["und " * MOST_WORDS])


def test_proof_from_another_column_settles_what_the_language_leaves_open() -> None:
    tables = [RawTable(["a"], [["1.234"]], [3]), RawTable(["b"], [["0,5"]], [7])]
    language = Conventions(writes_comma=lambda: True)
    assert [str(columns[0].type) for columns in infer_tables(tables, Hints(), language)] == ["int64", "double"]
    assert str(infer_tables(tables[:1], Hints(), language)[0][0].type) == "string"


def test_the_language_is_asked_for_only_where_a_number_is_open() -> None:
    asked: list[bool] = []

    def language() -> bool:
        asked.append(True)
        return True

    for cells, times in ((["1", "2"], 0), (["1,5", "2"], 0), (["12.50", "x"], 0), (["1.234"], 1)):
        asked.clear()
        infer_tables([RawTable(["a"], [cells], [3])], Hints(), Conventions(writes_comma=language))
        assert bool(asked) is bool(times), cells
