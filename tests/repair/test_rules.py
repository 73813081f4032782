"""The repair room: cases of each rule as data, and properties that hold for any text."""

from __future__ import annotations

import random
import re
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from converter.repair import LEVELS, RULES, RepairedLines, repair
from converter.repair.draft import Draft
from converter.repair.rule import SAFE
from tests.support.accounting import INVISIBLE
from tests.support.cases import LEARNED, load_cases
from tests.support.combinations import ALL
from tests.support.growth import steep
from tests.support.paths import CASE_FOLDER

CASES = CASE_FOLDER / "repair"


def repaired(text: str, **options: Any) -> RepairedLines:
    lines = text.split("\n")
    return repair(lines, list(range(1, len(lines) + 1)), **options)


def cases(kind: str) -> list[Any]:
    parameters = []
    for path in sorted(CASES.glob("*.yaml")):
        for case in load_cases(path)[kind]:
            parameters.append(pytest.param(path.stem, case, id=f"{path.stem}: {case['name']}"))
    return parameters


@pytest.mark.parametrize(("rule", "case"), cases("fires"))
def test_rule_fires(rule: str, case: dict[str, Any]) -> None:
    result = repaired(case["damaged"])
    assert "\n".join(result.lines) == case["repaired"]
    assert sorted({repair.rule for repair in result.repairs}) == sorted(case["rules"])
    # Their blocks are right that seldom where the weights do not know the source.
    least = {"text_nodes": 0.35, "print_lines": 0.2}.get(rule, 0.5)
    assert all(least <= repair.confidence <= 1 for repair in result.repairs)
    assert rule in case["rules"]
    # The model is retrained, so only cases of other rules say how sure each of their repairs is.
    for name, confidences in case.get("confidences", {}).items():
        assert sorted({repair.confidence for repair in result.repairs if repair.rule == name}) == confidences


@pytest.mark.parametrize(("rule", "case"), cases("fires"))
def test_a_document_searched_in_pieces_has_the_same_repairs(rule: str, case: dict[str, Any]) -> None:
    with patch("converter.repair.draft.TEXT_LINES", 1):
        assert "\n".join(repaired(case["damaged"]).lines) == case["repaired"]


@pytest.mark.parametrize(("rule", "case"), cases("stays"))
def test_rule_leaves_correct_text_unchanged(rule: str, case: dict[str, Any]) -> None:
    lines = case["text"].split("\n")
    numbers = list(range(1, len(lines) + 1))
    result = repair(lines, numbers)
    assert result.repairs == []
    assert result.lines is lines and result.numbers is numbers


def test_every_rule_has_cases() -> None:
    assert {path.stem for path in CASES.glob("*.yaml")} == {rule.name for rule in RULES}


def test_every_rule_has_a_unique_name_a_description_and_a_level() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert all(rule.description.endswith(".") and rule.level in LEVELS for rule in RULES)


@pytest.mark.parametrize(("rule", "case"), cases("fires"))
def test_level_and_off_disable_rules(rule: str, case: dict[str, Any]) -> None:
    assert repaired(case["damaged"], level="off").repairs == []
    assert rule not in {repair.rule for repair in repaired(case["damaged"], off=frozenset({rule})).repairs}
    safe = {safe_rule.name for safe_rule in RULES if safe_rule.level == SAFE}
    assert {repair.rule for repair in repaired(case["damaged"], level="safe").repairs} <= safe


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="repair level"):
        repaired("text", level="everything")


def test_a_title_keeps_a_trailing_hash() -> None:
    body = "The note explains how the tuning fork is struck and how long the tone may ring before it is damped by hand."
    text = "\n\n".join(["**Notes in F #**", body * 2, "**Notes in C**", body * 2])
    lines = repaired(text).lines
    assert lines[0] == r"# Notes in F \#"


def test_consecutive_short_sentences_are_not_titles() -> None:
    chance = random.Random(1)
    words = ["after", "before", "every", "harbour", "measure", "paper", "pump", "reader", "stone", "water", "which"]
    sentences = [" ".join(chance.choices(words, k=chance.randint(3, 9))).capitalize() + "." for _ in range(500)]
    result = repaired("\n\n".join(sentences))
    assert len(result.repairs) < 10


@pytest.mark.parametrize(
    "titles",
    [("Title {}.", "Chapter 1.", "Article 3."), ("{}. Provisions.", "{}.1. Scope.", "{}.1.1. Persons concerned.")],
)
def test_consecutive_numbered_titles_with_stops_are_headings(titles: tuple[str, ...]) -> None:
    body = (
        "This is a paragraph of prose that goes on for a while, so that nobody could take it for a title. It ends here."
    )
    text = "\n\n".join("\n\n".join([*titles, body, body]).format(*[number] * 3) for number in range(1, 6))
    assert len(repaired(text).repairs) == 15


@pytest.mark.parametrize("gap", [[], [""]])
def test_blank_lines_around_tables_part_no_other_blocks(gap: list[str]) -> None:
    sentence = (
        "The boats of the harbour are counted every spring, and the council pays for the paint of those that go out."
    )
    table = ["", "| Boat | Built |", "| --- | --- |", "| Tern | 1951 |", ""]
    blocks = [sentence, *gap, sentence, *gap, sentence]
    lines = [*blocks, *table, *blocks, *table, *blocks]
    assert Draft(lines, range(len(lines))).state.spaced == bool(gap)


def test_the_state_includes_its_evidence() -> None:
    state = repaired("One line.\n\nAnother line.").state
    assert state is not None and state.spaced and state.evidence


# ---- properties that hold for any text ----------------------------------------------------------------------

VOCABULARY = "the harbour lamp Rope 12 (a) **bold** `code` [x](u) | -- : 渡し船 مرسى &amp;amp; x. End! # \xa0 \u200b"
WORDS = st.sampled_from(VOCABULARY.split(" "))
SENTENCES = st.lists(WORDS, min_size=1, max_size=30).map(" ".join)
MARKS = st.sampled_from(
    [
        "",
        "",
        "",
        "",
        "- ",
        "* ",
        "1. ",
        "2) ",
        "# ",
        "##",
        "> ",
        "| ",
        "• ",
        "– ",
        "(1) ",
        "    ",
        "  ",
        "[^1]: ",
        "[a]: ",
        ": ",
    ]
)
LINES = st.one_of(
    st.builds(str.__add__, MARKS, SENTENCES),
    st.sampled_from(["", "", "", "---", "===", "```", "~~~", "<div>", "</div>", "$$", "\u200b", "<!-- x", "-->"]),
    st.sampled_from(["| a | b |", "| --- | --- |", "a | b", "--- | ---", "|---+---|"]),
    st.sampled_from(["+---+---+", "+===+===+", "|   +---+", "| a | b |", "| a     |", "| c     | d |"]),
    st.sampled_from(["-----------", "┌───┬───┐", "│ a │ b │", "├───┼───┤", "└───┴───┘"]),
    st.sampled_from(["a   b", "--- ---", "=== ===", "a   b c", " a | b", "---+---"]),
    st.sampled_from(["a\tb\tc", "a\t1", "d\t\te", "a,b,c", "a,1,2"]),
    st.sampled_from(["(1 row)", "| `a|b` | c |", "Cons:", "Date: x", "2.1 A"]),
    st.sampled_from(["![x](y-120x86.jpg)", "Share this", "**Title**", "Title words", "- \xa0item"]),
    st.sampled_from(["a. x", "b. y", "a. x\nb. y", "(i) x\n\n(ii) y", "1. x\n   a) y\n   b) z"]),
    st.text(alphabet=st.characters(exclude_characters="\n\r", codec="utf-8"), max_size=30),
)  # fmt: skip
TEXTS = st.lists(LINES, min_size=1, max_size=25).map(lambda lines: "\n".join(lines).split("\n"))

VISIBLE = re.compile(r"\w+")


@example(["the", "\u200b (a) the"])
@settings(max_examples=400 if ALL else 150, deadline=None)
@given(TEXTS)
def test_no_word_is_lost_and_line_numbers_stay_in_order(lines: list[str]) -> None:
    numbers = list(range(11, 11 + len(lines)))
    previous_lines = lines.copy()
    result = repair(lines, numbers)
    assert lines == previous_lines
    assert len(result.lines) == len(result.numbers)
    assert result.numbers == sorted(result.numbers) and set(result.numbers) <= set(numbers)
    lost_words = words(lines) - words(result.lines)
    assert not lost_words
    for repair_row in result.repairs:
        assert (
            repair_row.line_start in numbers
            and repair_row.line_end in numbers
            and repair_row.line_start <= repair_row.line_end
        )
        assert 0 < repair_row.confidence <= 1


LIST_MARK = re.compile(r"^\s*(?:[^\W\d_]|[ivx]{1,5}|\d{1,9})[.)]\s+|^\s*\((?:[a-zA-Z]|[ivx]{1,5}|\d{1,3})\)\s+")


def words(lines: list[str]) -> Counter[str]:
    # An entity escaped twice loses an `amp` on purpose, and list markers change.
    visible = [INVISIBLE.sub(" ", line) for line in lines]
    plain = [re.sub("(?:&amp;|&)(?:amp;)*", "&", LIST_MARK.sub("", line)) for line in visible]
    return Counter(word for line in plain for word in VISIBLE.findall(line))


@settings(max_examples=400 if ALL else 150, deadline=None)
@given(TEXTS)
def test_repairing_twice_changes_nothing(lines: list[str]) -> None:
    once = repair(lines, list(range(len(lines))))
    twice = repair(once.lines, once.numbers)
    assert twice.lines == once.lines
    assert twice.numbers == once.numbers


NOUNS = ["harbour", "lamp", "rope", "boat", "tide", "quay", "winter"]
PLAIN = st.lists(st.sampled_from(NOUNS), min_size=3, max_size=40).map(lambda some: " ".join(some).capitalize() + ".")


def table(cells: list[str]) -> str:
    return "| a | b |\n| --- | --- |\n" + "\n".join(f"| {cell} | 1 |" for cell in cells)


WELL_FORMED = st.lists(
    st.one_of(
        PLAIN,
        PLAIN.map(lambda text: textwrap.fill(text, 60)),
        st.lists(PLAIN, min_size=1, max_size=4).map(lambda items: "\n".join(f"- {item}" for item in items)),
        st.lists(PLAIN, min_size=1, max_size=4).map(table),
        PLAIN.map(lambda text: f"```\n{text}\n\n# {text}\n```"),
        PLAIN.map(lambda text: f"> {text}"),
        PLAIN.map(lambda text: f"## {text[:30].strip()}"),
    ),
    min_size=1,
    max_size=15,
).map(lambda blocks: "# Title\n\n" + "\n\n".join(blocks))


@settings(max_examples=300 if ALL else 100, deadline=None)
@given(WELL_FORMED)
def test_a_well_formed_document_is_left_alone(text: str) -> None:
    lines = text.split("\n")
    numbers = list(range(len(lines)))
    result = repair(lines, numbers)
    assert result.lines is lines and result.numbers is numbers and result.repairs == []


HOSTILE = (
    "](",
    "![",
    "[",
    "**",
    "- ",
    "-  ",
    "<a ",
    "| ",
    " ",
    "![](",
    "1. ",
    ".",
    "\u200b",
    "&amp;",
    "# ",
    "|-",
    "(1) ",
)


@pytest.mark.parametrize("part", HOSTILE)
def test_a_hostile_line_takes_linear_time(part: str) -> None:
    def work(count: int) -> None:
        line = part * count
        repaired(f"{line}x\n{line}\n\n{line}")

    assert steep(work, 15_000) is None


@pytest.mark.parametrize(
    "first, last",
    [
        ([""], "x"),
        (["$$", "x"], "$$"),
        (["1 x  y", ""], "z"),
        (["Name  Value  State", ""], "x"),
        (["<!-- x"], "x"),
        (["|", ""], "x"),
        (["Name  City", ""], "x"),
        (["lower case  and more", "", "other words  as well", ""], "x"),
    ],
)
def test_many_lines_take_linear_time(first: list[str], last: str) -> None:
    def work(count: int) -> None:
        lines = [*first * count, last]
        repair(lines, list(range(len(lines))))

    assert steep(work, 10_000) is None


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_cases_of_a_rule_say_how_sure_it_is(path: Path) -> None:
    fires = load_cases(path)["fires"]
    is_learned = path.stem in LEARNED
    assert is_learned or any(path.stem in case.get("confidences", {}) for case in fires)


def test_the_ledger_holds_the_lines_of_doubled_newlines_without_the_blank_ones() -> None:
    first = [
        "The gate is of oak and was renewed in the year of the flood by two men who",
        "lived in the tower above the lock and kept the books of all the boats that",
        "passed it in the night, which were few in summer and none in winter, when",
        "the ice was thick.",
    ]
    second = [
        "Boats wait below the gate until the bell rings, and then they go up one by",
        "one, the smallest first, while the keeper counts them and his son holds the",
        "lamp over the wall.",
    ]
    text = "\n\n\n\n".join("\n\n".join(lines) for lines in (["# Tides"], first, second)).split("\n")
    entries = repair(text, range(1, len(text) + 1)).repairs
    assert [entry.after for entry in entries] == ["\n".join(first), "\n".join(second)]
    assert [entry.before for entry in entries] == ["\n\n".join(first), "\n\n".join(second)]
    assert [(entry.line_start, entry.line_end, entry.confidence) for entry in entries] == [
        (5, 11, 0.98),
        (15, 19, 0.98),
    ]


@pytest.mark.parametrize(
    "case", load_cases(CASE_FOLDER / "repair" / "list_marks.yaml")["fires"], ids=lambda case: case["name"]
)
def test_a_text_with_a_marked_item_has_lost_no_marks(case: dict[str, Any]) -> None:
    text = f"{case['damaged'].rstrip()}\n\n- Rope\n".split("\n")
    assert all(entry.rule != "list_marks" for entry in repair(text, range(1, len(text) + 1)).repairs)
