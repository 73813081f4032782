"""Talks and logs: whose turns lines begin with, and which texts are neither."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from converter.repair import repair
from converter.repair.talk import is_log, opening_of, speakers_among

PROSE = (
    "The keeper of the lock opens the upper gate at six, when the first barges come down from the quarries.",
    "In a dry summer the water stands so low that only every second boat can pass, and the others wait.",
    "Most of the traffic is gravel and grain, though on Sundays a few families come up from the town.",
)


@pytest.mark.parametrize(
    ("line", "opening"),
    [
        ("Speaker 2: Why?", "Speaker 2"),
        ("SPEAKER_02: Why?", "SPEAKER_02"),
        ("**Speaker 2:** Why?", "Speaker 2"),
        ("**Speaker 2**: Why?", "Speaker 2"),
        ("Speaker 2 (00:01:12): Why?", "Speaker 2"),
        ("[00:01:12] Speaker 2: Why?", "Speaker 2"),
        ("<Ann> Why?", "Ann"),
        ("Ann – Why?", "Ann"),
        ("Ann – (silence)", "Ann"),
        ("_Ann._ Why?", "Ann"),
        ("*Ann.* Why?", "Ann"),
        ("ANN. Why?", "ANN"),
        ("ANN.", "ANN"),
        ("A. Paris", None),
        ("A: Paris", "A"),
        ("QUEEN ANNE THIRD. Why?", "QUEEN ANNE THIRD"),
        ("QUEEN ANNE THE THIRD. Why?", None),
        ("Ann. Why?", None),
        ("Ann", None),
        ("ANN.com: Why?", None),
        ("Ann-Marie is here", None),
        ("http://ann", None),
        ("12:30 Why?", None),
        ("Speaker 2000: Why?", None),
    ],
)
def test_opening_of_a_turn(line: str, opening: str | None) -> None:
    assert opening_of(line) == opening


def turns(count: int, *names: str) -> list[str]:
    return [f"{name}: Is gate {number} open?" for number in range(count) for name in names]


def test_speakers_have_three_turns_each() -> None:
    assert speakers_among([*turns(3, "Speaker 1", "Speaker 2"), "Speaker 4: No."]) == {"Speaker 1", "Speaker 2"}
    assert speakers_among(turns(2, "Speaker 1", "Speaker 2")) == frozenset()


def test_one_who_speaks_alone_is_none() -> None:
    assert speakers_among(turns(6, "Speaker 1")) == frozenset()


def test_two_in_five_blocks_of_a_talk_are_turns() -> None:
    talk = turns(3, "Ann", "Bob")
    assert speakers_among([*talk, *["The wind rose."] * 9]) == {"Ann", "Bob"}
    assert speakers_among([*talk, *["The wind rose."] * 10]) == frozenset()


def test_steps_that_count_up_are_no_speakers() -> None:
    assert speakers_among(turns(3, "Step 1", "Step 2", "Step 3")) == frozenset()
    assert speakers_among(turns(3, "Part 2", "Part 3", "Part 4")) == frozenset()
    assert speakers_among(turns(3, "Voice 3", "Voice 2", "Voice 1")) == {"Voice 1", "Voice 2", "Voice 3"}
    assert speakers_among(turns(3, "Voice 1", "Voice 2")) == {"Voice 1", "Voice 2"}
    assert speakers_among(turns(3, "Voice", "Voice 1", "Voice 2", "Voice 3")) != frozenset()
    assert speakers_among(turns(3, "Voice 0", "Voice 1", "Voice 2", "Voice 3")) != frozenset()


TALKS = ("Speaker {}: {}", "_{0}._ {1}", "GUEST {}: {}", "Sprecher {} (01:12): {}")
ANSWERS = ("Why?", "Anything new?", "All right", "The pier then", "Next item", "Is that so?", "Sounds good.")


@pytest.mark.parametrize("form", TALKS)
def test_turns_of_numbered_speakers_are_not_headings(form: str) -> None:
    names = ("Ann", "Bob") if form[0] == "_" else ("1", "2")
    lines = [form.format(names[0], PROSE[0])]
    for number, answer in enumerate(ANSWERS):
        lines += [form.format(names[1], answer), form.format(names[0], PROSE[number % len(PROSE)])]
    spaced = [line for text in lines for line in (text, "")]
    assert not [row for row in repair(spaced, range(1, len(spaced) + 1)).repairs if row.rule == "bare_heading"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["Jan  3 10:00:01 gate open", "Jan  3 10:00:02 gate shut", "  at the lock"], True),
        (["[2024-01-03 10:00] open", "[2024-01-03 10:01] shut", "at the lock"], True),
        (["10:00 open", "at the lock"], False),
        (["09:30 Opening by Ann", "10:00 The lock", "11:15 The gate"], False),
        (["3:16 of the book", "3:17 of the book"], False),
        (["10:00:01 open", "10:00:02 shut"], True),
        (["Jan 13 10:00 open", "Jan 13 10:01 shut"], True),
        (["2024-01-03 open", "2024-01-04 shut", "at the lock"], False),
        (["Gate 3 open", "Gate 4 shut"], False),
        (["3 gates open", "4 gates shut"], False),
        (["Thirteenth 10:00:01 open", "Thirteenth 10:00:02 shut"], False),
        ([], False),
    ],
)
def test_entries_of_a_log_begin_with_a_time(lines: list[str], expected: bool) -> None:
    assert is_log(lines) is expected


LONG = "the keeper of the upper lock opened both gates for the barge of the salt office and asks for two days of toll"
SHORT = "shut the lower gate after a barge passed with salt for the town"


@pytest.mark.parametrize("form", ["Jan 13 10:{0:02}:01 lock {2}, says {1}", "{1} – {2}, he says"], ids=["log", "talk"])
def test_lines_of_a_log_or_a_talk_are_no_items(form: str) -> None:
    lines = [form.format(at, "Ann" if at % 2 else "Bob", SHORT if at % 6 else LONG) for at in range(24)]
    repairs = repair(lines, range(1, len(lines) + 1)).repairs
    assert {row.rule for row in repairs} == {"paragraph_break"}


def test_a_programme_below_its_lead_in_is_a_list() -> None:
    lines = ["Agenda:", "", "09:30 Opening by Ann Miller.", "", "10:00 The state of the lock.", "", "11:15 Lunch."]
    repairs = repair(lines, range(1, len(lines) + 1)).repairs
    assert [row.rule for row in repairs] == ["list_marks"] * 3


def test_speakers_are_looked_for_once_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time takes as long as the text is."""
    counts: list[int] = []

    def count(texts: Sequence[str]) -> frozenset[str]:
        counts.append(len(texts))
        return frozenset()

    monkeypatch.setattr("converter.repair.rules.list_marks.speakers_among", count)
    names = [name for letter in "abcdefgh" for name in ("The lock", *(f"{letter}{end}: open." for end in "xyz"))]
    lines = [line for name in names for line in (name, "")]
    assert sum(row.rule == "list_marks" for row in repair(lines, range(1, len(lines) + 1)).repairs) > 2
    assert len(counts) <= 2  # one for each pass
