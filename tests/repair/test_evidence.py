"""The evidence of rules: a rule that is not given a text, as it lacks the rule's signs, would have changed nothing."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from converter.repair import RULES, repair
from converter.repair.draft import GAPS, LINES, TITLES, Draft, marks_of
from converter.repair.lines import BULLET, ODD_ITEM, TEXT
from converter.repair.rule import Rule
from tests.support.cases import load_cases
from tests.support.paths import CASE_FOLDER

CASES = sorted((CASE_FOLDER / "repair").glob("*.yaml"))
EVIDENCE = sorted({sign for rule in RULES for sign in rule.signs})
PIECES = (
    *("a", "B c", "1", " ", "  ", "\t", "|", "-", "---", "=", "#", "*", "**", "`", "```", "[", "](", ")", ".", ":"),
    *("1. ", "- ", "> ", "| a | b |", "|---|---|", "(a) ", "¶", "\n", "\n", "\n\n", "\f", "&amp;", "https://a.b"),
    *("<p>", "• "),
)


def texts_of(path: Path) -> list[str]:
    """Return the texts of a file of cases."""
    cases = load_cases(path)
    return [case["damaged"] for case in cases["fires"]] + [case["text"] for case in cases["stays"]]


def assert_same_without_gate(text: str) -> None:
    lines = text.split("\n")
    numbers = list(range(1, len(lines) + 1))
    result = repair(lines, numbers)
    with patch.object(Rule, "may_change", lambda rule, draft: True):
        every_rule = repair(lines, numbers)
    with patch.object(Rule, "may_change_after", lambda rule, draft: True):
        every_pass = repair(lines, numbers)
    assert result == every_rule
    assert result == every_pass


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_cases_are_repaired_alike_if_every_rule_runs(path: Path) -> None:
    for text in texts_of(path):
        assert_same_without_gate(text)


def test_joined_and_shuffled_cases_are_repaired_alike_if_every_rule_runs() -> None:
    order = random.Random(20)
    texts = [text for path in CASES for text in texts_of(path)]
    for _ in range(60):
        lines = "\n\n".join(order.sample(texts, 3)).split("\n")
        start = order.randrange(len(lines))
        assert_same_without_gate("\n".join(lines[start : start + 60]))


@given(st.lists(st.sampled_from([*PIECES, *EVIDENCE]), max_size=60).map("".join))
def test_generated_texts_are_repaired_alike_if_every_rule_runs(text: str) -> None:
    assert_same_without_gate(text)


def test_a_text_of_words_is_given_to_few_rules() -> None:
    draft = Draft(["Words and words.", "", "Others."], [1, 2, 3])
    assert [rule.name for rule in RULES if rule.signs + rule.kinds and rule.may_change(draft)] == []


def test_a_row_that_was_inserted_is_evidence_of_a_table() -> None:
    draft = Draft(["a | b", "1 | 2"], [1, 2])
    rule = Rule("name", "safe", lambda draft: None, kinds=("|",))
    assert not rule.may_change(draft)
    draft.insert_after("name", 0, "--- | ---")
    assert rule.may_change(draft)


@given(st.text())
def test_marks_are_what_is_no_letter_digit_or_space_of_ascii(text: str) -> None:
    kept = [character for character in text if not (character.isascii() and character.isalnum()) and character != " "]
    assert marks_of(text) == "".join(kept)


def test_marks_and_signature_are_those_of_the_current_lines() -> None:
    draft = Draft(["• one", "two!"], [1, 2])
    assert (draft.marks, draft.signature) == ("\n•\n!", ODD_ITEM + TEXT)
    draft.replace("name", 0, "- one?")
    assert (draft.marks, draft.signature) == ("\n-?\n!", BULLET + TEXT)
    draft.set_kind(0, TEXT)
    assert draft.signature == TEXT + TEXT


@pytest.mark.parametrize(
    ("change", "extent"),
    [
        (lambda draft: draft.break_before("name", 1), GAPS),
        (lambda draft: draft.note("name", 0, 0, "one", "one"), GAPS),
        (lambda draft: draft.mark_title("name", 0, "# one", 1.0), TITLES),
        (lambda draft: draft.replace("name", 0, "# one"), LINES),
        (lambda draft: draft.insert_after("name", 0, "1"), LINES),
        (lambda draft: draft.drop(1), LINES),
        (lambda draft: draft.rewrite("name", 0, 1, {0: ["1"]}, 1.0), LINES),
    ],
)
def test_a_draft_knows_what_was_written(change: Callable[[Draft], None], extent: int) -> None:
    draft = Draft(["one", "two"], [1, 2])
    change(draft)
    draft.break_before("name", 1)
    if extent == LINES:
        draft.mark_title("name", 1, "# two", 1.0)
    assert draft.extent == extent


NETS = "The net is spread over the railing of the quay, so that the sun dries it before noon and the holes show."


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("- nets\n- ropes\n\nBoats:\n- oars\n- sails", [1, 1, 1]),
        ("- oars\n- sails\nNets: red", [2, 1, 1]),
        ("\n\n".join(["How a Net Is Mended", NETS, "Where a Net Is Dried", *[NETS] * 3]), [2, 2, 1]),
        ("• nets\n• ropes\n• oars", [2, 2, 2]),
    ],
)
def test_a_rule_gets_a_repaired_text_if_something_is_new_to_it(text: str, passes: list[int]) -> None:
    calls: Counter[str] = Counter()
    rules = [
        Rule(f"from {trigger}", "safe", lambda draft, trigger=trigger: calls.update([str(trigger)]), trigger=trigger)  # type: ignore[misc]
        for trigger in (GAPS, TITLES, LINES)
    ]
    lines = text.split("\n")
    repair(lines, range(1, len(lines) + 1), added=tuple(rules))
    assert [calls[str(trigger)] for trigger in (GAPS, TITLES, LINES)] == passes
