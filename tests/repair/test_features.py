"""The features of lines, which the heading model was trained on: their sums over the documents of the cases.

After a change that is meant, `UPDATE_EXAMPLES=1` writes them anew; the model must be trained again then.
"""

from __future__ import annotations

import os
import string
from collections import Counter
from math import fsum

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from converter.repair.draft import Draft
from converter.repair.headings import features
from converter.repair.headings.block import Block
from converter.repair.headings.blocks import Page, pages_of
from converter.repair.headings.line import line_of, writing_by_expression, writing_by_table, writing_of
from converter.repair.headings.model import all_features
from converter.repair.headings.surroundings import Surroundings
from converter.repair.lines import ORDERED, TEXT
from tests.support.cases import load_cases
from tests.support.paths import CASE_FOLDER

CASES = CASE_FOLDER / "repair"
TOTALS = CASES / "documents" / "features.yaml"


def texts() -> list[str]:
    """Return the texts of the cases of whole documents and of the rules for headings."""
    paths = [CASES / "documents" / f"{name}.yaml" for name in ("damaged", "untouched")]
    documents = [case["text"] for path in paths for case in load_cases(path)]
    for name in ("bare_heading", "bold_heading"):
        cases = load_cases(CASES / f"{name}.yaml")
        documents += [case["damaged"] for case in cases["fires"]] + [case["text"] for case in cases["stays"]]
    return documents


def test_the_features_of_lines_are_those_that_the_model_was_trained_on() -> None:
    values: dict[str, list[float]] = {}
    counts: Counter[str] = Counter()
    for text in texts():
        for page in pages_of(Draft(lines := text.split("\n"), range(1, len(lines) + 1))):
            surroundings = Surroundings(page)
            for at in page.candidates:
                for name, value in all_features(page, surroundings, at).items():
                    values.setdefault(name, []).append(float(value))
                    counts[name] += value != 0
    # The order of the lines counts too: a feature of the line above is not that of the line below.
    totals = {
        name: [counts[name], round(fsum(value * (place + 1) for place, value in enumerate(values[name])), 3)]
        for name in sorted(values)
    }
    if os.environ.get("UPDATE_EXAMPLES"):
        lines = [f"{yaml.safe_dump(name).splitlines()[0]}: {total}" for name, total in totals.items()]
        TOTALS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert totals == load_cases(TOTALS)


LETTERS = st.text(alphabet="abXYZ019 \t.,:!?()[]/-@~\x1f\x7f'’_é²½ªßÀŠˆƒ“…\xa0", max_size=40)


@given(LETTERS | st.text(alphabet=string.printable, max_size=40))
@example("USA and NATO")
@example("iPhone 12 McDonald (re-read) 3rd A")
@example("it’s 3 o'clock, l’Été")
@example("Àˆ")
def test_a_line_is_read_by_tables_as_by_expressions(text: str) -> None:
    assert writing_of(text) == writing_by_expression(text)


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        ("The lock’s gate", True),
        ("Dönerstraße 3", True),
        ("the boys’ gate", False),
        ("'tis", False),
        ("a''b", False),
        ("snake_case", False),
        ("3 m²", False),
        ("½ cup", False),
        ("日本", False),
    ],
)
def test_tables_read_lines_without_odd_characters(text: str, is_read: bool) -> None:
    assert (writing_by_table(text) is not None) == is_read


@given(st.text(alphabet='aB IX.!?)"3。！؟第一§é ', max_size=16))
@example("Foo. )")
@example("一. B")
@example("end.A)  b")
@example("end.3)  b")
def test_a_sentence_within_a_line_is_looked_for_behind_cheap_questions(text: str) -> None:
    page = Page([Block(TEXT, 0, 0, text, 40, False, False, True)])
    ends = features._INNER_END.search(features._NUMBERED.sub("", text, count=1)) is not None
    assert ("two sentences" in features.features_of(page, 0)) == ends


@pytest.mark.parametrize(("text", "date"), [("Doors open at 9:30", 1), ("Gate 12", 0), ("12 May", 1), ("May", 0)])
def test_a_date_has_three_digits_or_a_month(text: str, date: int) -> None:
    assert line_of(Block(TEXT, 0, 0, text, len(text), False, False, True)).date == date


@pytest.mark.parametrize(
    ("title", "bold", "label"), [("**Tools**", 1, 0), ("**Tools** and tar", 0, 1), ("Tools", 0, 0), ("Tools **", 0, 0)]
)
def test_an_item_is_bold_as_a_whole_or_has_a_bold_label(title: str, bold: int, label: int) -> None:
    page = Page([Block(ORDERED, 0, 0, f"2. {title}", 20, False, False, True)])
    values = all_features(page, Surroundings(page), 0)
    assert (values["item, bold"], values["item, bold label"]) == (bold, label)


@pytest.mark.parametrize(("count", "again"), [(1, 0), (2, 1), (10, 9), (12, 9)])
def test_a_label_counts_up_to_nine_times_more(count: int, again: int) -> None:
    page = Page(
        [
            Block(TEXT, 2 * at, 2 * at, f"Boat: {name}", 9, False, False, True)
            for at, name in enumerate("abcdefghijkl"[:count])
        ]
    )
    assert all_features(page, Surroundings(page), 0).get("label again", 0) == again
