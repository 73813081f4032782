"""Lists whose marks are gone: which lines are their items, whatever the rest of a document shows."""

from __future__ import annotations

import pytest

from converter.repair.item_runs import lists_among, pattern_of

WIDE = ["Keep the deck of the boat dry", "Coil all of the ropes by hand", "Close every hatch at night"]
LABELS = ["Mast", "Keel", "Oars"]
LIKE_LINES = [
    f"{name} of seasoned wood, {feet} feet" for name, feet in (("Keel", 2), ("Mast", 4), ("Oars", 6), ("Deck", 8))
]
CASES = {
    "two sentences below a lead-in": (["Do this first:", "Paint the boat.", "Dry sails often.", "-"], [(1, 3)]),
    "two sentences of a text": (["Do this first:", "The boat is old.", "He paints it.", "-"], []),
    "three sentences of a text": (["Do this first:", "The boat is old.", "He paints it.", "It floats.", "-"], [(1, 4)]),
    "a sentence half as wide again as the items": (
        ["Do this first:", "Paint the boat.", "Dry sails often.", "Carry twine to the loft.", "-"],
        [(1, 4)],
    ),
    "a wider sentence below the items": (
        ["Do this first:", "Paint the boat.", "Dry sails often.", "Carry twine to the lofts.", "-"],
        [(1, 3)],
    ),
    "three titles at the end of a text": (["Keep in mind:", *WIDE], [(1, 4)]),
    "three titles above another block": (["Keep in mind:", *WIDE, "-", "Then they left the harbour."], [(1, 4)]),
    "two titles": (["Keep in mind:", *WIDE[:2]], []),
    "a title below the items": (["Keep in mind:", *WIDE, "Harbour news", "The harbour is open to all."], [(1, 4)]),
    "a title above three wide lines": (["Before the storm", *WIDE], [(1, 4)]),
    "a line above three like it and one unlike it": ([*LIKE_LINES, "Rope of hemp and a tarred sail", "-"], [(0, 5)]),
    "a line above two like it and one unlike it": ([*LIKE_LINES[:3], "Rope of hemp and a tarred sail", "-"], [(1, 4)]),
    "a title above two wide lines": (["Before the storm", *WIDE[:2]], []),
    "a title above three lines of a menu": (["Harbour", "Our boats", "Our berths", "Our news"], []),
    "a title above single words": (["Harbour", *["Extraordinarilylongsinglewords"] * 3], []),
    "a title above lines in quotation marks": (["Harbour", *[f"“{line}”" for line in WIDE]], []),
    "a title above lines with marks": (["Harbour", *[f"> {line}" for line in WIDE]], []),
    "entries of a log below a date": (
        ["2024-01-01 begun", *[f"2024-01-0{day} berth was closed again" for day in "234"]],
        [],
    ),
    "entries of a log with a time behind a name": (
        [
            f"pier 2024-01-01 09:12:{second} berth {second} of the harbour was closed, and the quay as well"
            for second in (10, 11, 12)
        ],
        [],
    ),
    "sentences of the same length without a time": (
        [
            f"pier 2024-01-01 09:12 {second} berth {second} of the harbour was closed, and the quay as well"
            for second in (10, 11, 12)
        ],
        [(0, 3)],
    ),
    "items half of which begin with a number, below a number": (
        ["3 of the rules are these:", "2 boats stay out.", "Nobody swims.", "4 boats come in.", "Dogs stay away.", "-"],
        [(1, 5)],
    ),
    "more items with a number, below a number": (
        ["3 of the rules are these:", "2 boats stay out.", "5 swim.", "4 boats come in.", "Dogs stay away.", "-"],
        [],
    ),
    "three entries of five below a number": (
        [
            "3 of the rules are these:",
            "2 boats stay out.",
            "5 swim.",
            "4 boats come in.",
            "Dogs stay.",
            "Cats go.",
            "-",
        ],
        [],
    ),
    "labels that say something": ([f"{name}: the boats of the harbour and slips" for name in LABELS], [(0, 3)]),
    "labels that say little": ([f"{name}: the boats of the harbour and slip" for name in LABELS], []),
    "two labels": ([f"{name}: the boats of the harbour and slips" for name in LABELS[:2]], []),
    "three labels of five that say something": (
        [*(f"{name}: the boats of the harbour and slips" for name in LABELS), "Gate: open", "Door: shut"],
        [(0, 5)],
    ),
    "two labels of four that say something": (
        [*(f"{name}: the boats of the harbour and slips" for name in LABELS[:2]), "Gate: open", "Door: shut"],
        [],
    ),
    "a label that recurs in the text": (
        [*(f"{name}: the boats of the harbour and slips" for name in LABELS), "-", "Mast: all of them"],
        [],
    ),
    "a label that is a line of the text": (
        ["Mast", "-", *(f"{name}: the boats of the harbour and slips" for name in LABELS)],
        [(2, 5)],
    ),
    "sentences with space before them": ([" Paint boats.", " Dry sails.", " Coil ropes."], [(0, 3)]),
    "two sentences that nothing introduces": (["Paint boats.", "Dry sails."], []),
    "sentences of 100 columns": ([f"{'Paint boats and ' * 5}sail {place * 14}." for place in "abc"], [(0, 3)]),
    "sentences of 101 columns": ([f"{'Paint boats and ' * 5}sail {place * 15}." for place in "abc"], []),
    "sentences that nothing introduces": (["Paint boats.", "Dry sails.", "Coil ropes."], [(0, 3)]),
    "quotes that nothing introduces": (["“Paint boats.”", "“Dry sails.”", "“Coil ropes.”"], []),
    "long sentences that nothing introduces": ([f"{'Paint boats and ' * 6}sails {place}." for place in "abc"], []),
    "two labels below a lead-in": (["Prices:", "Berth: ten", "Slip: twelve", "-"], [(1, 3)]),
    "labels that recur below a lead-in": (["Talk:", "Ann: yes", "Bob: no", "Ann: yes", "Bob: no"], []),
    "lower case below a lead-in": (
        ["We need to", "We need:", "paint the boat;", "dry the sails;", "coil ropes.", "-"],
        [(2, 5)],
    ),
    "a paragraph below the items": (
        [
            "The rules of the harbour are these:",
            "Paint boats.",
            "Dry sails.",
            f"Nobody {'swims or rows or ' * 8}sails.",
        ],
        [(1, 3)],
    ),
}
"""Blocks of a text, `-` for one that is not text; and the first item of each list, and the line below its last one."""


@pytest.mark.parametrize("name", CASES)
def test_items_are_found_among_lines(name: str) -> None:
    lines, expected = CASES[name]
    lists = [*lists_among(lines, [line != "-" for line in lines], are_apart=True)]
    assert [(start, end) for start, end, _ in lists] == expected
    assert all(is_introduced == lines[start - 1].endswith(":") for start, _, is_introduced in lists)


def test_short_lines_that_touch_below_a_title_may_be_cells() -> None:
    assert not [*lists_among(["Before the storm", *WIDE], [True] * 4, are_apart=False)]


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ("Ann Miller, 60, of Bridge-town", "a, 0, a"),
        ("Lamp United 2 - 12 Council Town", "a 0 - 0 a"),
        ("Open the gate: slowly", "a: a"),
        ("boat ... gate, lock", "a ... a, a"),
        ("The keeper's boat", ""),
        ("Why?", ""),
        ("“Who is there?”", ""),
        ("12", "0"),
    ],
)
def test_pattern_of_a_line_is_that_of_its_marks_and_numbers(line: str, pattern: str) -> None:
    assert pattern_of(line) == pattern
