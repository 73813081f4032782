"""Roles of the blocks of a PDF's text: their looks, the chances of sequences, and which blocks are items."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise, product
from math import exp
from pathlib import Path

import pytest
import yaml

from converter.repair.block_roles import END, ITEM, ROLES, START, Look, Model, blocks_of, is_set_in, model
from converter.repair.draft import Draft
from converter.repair.lines import BLANK
from converter.repair.print_width import print_width_of
from converter.repair.rules import list_inset
from converter.repair.rules.list_inset import LEAST_CHANCE, items_among, may_have_items
from converter.training import roles
from tests.support.paths import CASE_FOLDER

CASE = yaml.safe_load((CASE_FOLDER / "repair" / "list_inset.yaml").read_text(encoding="utf-8"))["fires"][0]
BLOCKS = [block for block in CASE["repaired"].split("\n\n") if block[0] not in "#-"]
PROSE = "\n\n".join([*BLOCKS, ""])


def looks_of(text: str) -> dict[str, Look]:
    """The look of each block below a page of prose, by its first line."""
    lines = f"{PROSE}{text}\n\f".split("\n")
    draft = Draft(lines, range(1, len(lines) + 1))
    assert draft.state.print_margin
    blocks, looks = blocks_of(draft)
    return {lines[block.start]: look for block, look in zip(blocks, looks, strict=True)}


@pytest.mark.parametrize(
    ("text", "look"),
    [
        ("Tar", ("text", "1 0", "P0", "A", "1", "11", "0")),
        ("Two people work on it:", ("text", "1 1", "I0", "A", "3", "11", "0")),
        ("The tar is black. It is hot. It smells.", ("text", "1 1", "S1", "n", "4", "11", "2")),
        ("Tool: a knife", ("text", "1 0", "L0", "A", "2", "11", "0")),
        ("tar and twine", ("text", "1 0", "P0", "a", "2", "11", "0")),
        ("2 knives", ("text", "1 0", "P0", "0", "2", "11", "0")),
        ("(a knife)", ("text", "1 0", "P0", "?", "2", "11", "0")),
        ("a   b", ("other",)),
        ("1. Tar", ("item",)),
    ],
)
def test_the_look_of_a_line(text: str, look: Look) -> None:
    assert looks_of(text)[text] == look


def test_a_label_that_recurs_makes_a_field_of_a_line() -> None:
    assert looks_of("Tool: a knife\n\nTool: a brush")["Tool: a brush"][2] == "R0"
    assert looks_of("Tool: a knife\n\nTime: a day")["Time: a day"][2] == "L0"
    assert looks_of("Tool: a knife\n\nTool: a brush\n\nTool")["Tool"][2] == "P0"


def test_only_blank_lines_of_the_source_are_gaps() -> None:
    lines = [*PROSE.split("\n"), "Tar", "", "Twine", "", "\f"]
    numbers = list(range(1, len(lines) + 1))
    draft = Draft(lines, numbers)
    assert [look[5] for look in blocks_of(draft)[1][-2:]] == ["11", "11"]
    at = len(lines) - 4
    assert draft.kinds[at] == BLANK
    numbers[at] = numbers[at - 1]  # as a rule inserts it
    assert [look[5] for look in blocks_of(Draft(lines, numbers))[1][-2:]] == ["10", "01"]


@pytest.mark.parametrize(("share", "is_in"), [(0.79, False), (0.81, True), (0.96, True), (0.99, True), (1.01, False)])
def test_a_block_that_breaks_its_lines_early_is_set_in(share: float, is_in: bool) -> None:
    """The share is that of the margin which its first line fills with the next word."""
    lines = [*PROSE.split("\n"), "tar and twine and knives and planks and paint", "and nets", "", "\f"]
    draft = Draft(lines, range(1, len(lines) + 1))
    width = print_width_of(f"{lines[-4]} and") / share
    draft.state = replace(draft.state, print_margin=width)
    assert is_set_in(blocks_of(draft)[1][-1]) == is_in
    draft.state = replace(draft.state, print_margin=print_width_of(lines[-4]) / 0.99)
    assert blocks_of(draft)[1][-1][1] == "2 beside"


def test_chances_are_those_of_all_sequences_of_roles() -> None:
    looks: list[Look] = [
        ("text", "1 1", "I0", "A", "4", "11", "0"),
        ("text", "2 3", "S1", "A", "5", "10", "0"),
        ("item",),
        ("text", "of no text", "S1", "A", "5", "10", "0"),
    ]
    shipped = model()
    totals = dict.fromkeys(range(len(looks)), 0.0)
    whole = 0.0
    for sequence in product(ROLES, repeat=len(looks)):
        bits = sum(shipped._follows[above][below] for above, below in pairwise((START, *sequence, END)))
        chance = exp(bits + sum(map(shipped._bits, looks, sequence)))
        whole += chance
        for at, role in enumerate(sequence):
            totals[at] += chance * (role == ITEM)
    assert shipped.chances(looks, ITEM) == pytest.approx([total / whole for total in totals.values()])
    assert shipped.chances([], ITEM) == []


def test_few_blocks_alone_are_items() -> None:
    text: Look = ("text", "1 1", "P0", "A", "4", "11", "0")
    inset: Look = ("text", "2 3", "P0", "A", "4", "11", "0")
    sure = LEAST_CHANCE
    cases: list[tuple[list[Look], list[str], list[float], list[int]]] = [
        ([text, text, text], ["Nets.", "Tar", "Twine"], [0, sure, sure], [1, 2]),
        ([text, text, text], ["Nets.", "Tar", "Twine"], [0, sure, sure - 0.01], []),
        ([text, inset, text], ["Nets:", "Tar", "Twine"], [0, sure, 0], [1]),
        ([text, inset, text], ["Nets.", "Tar", "Twine"], [0, sure, 0], []),
        ([text, text, text], ["Nets:", "Tar", "Twine"], [0, sure, 0], []),
        ([text, ("item",), text], ["Nets:", "Tar", "Twine"], [0, 1, sure], []),
    ]
    for looks, texts, chances, places in cases:
        assert [at for at, _ in items_among(looks, texts, chances)] == places


def test_a_text_with_bullets_has_no_lists_without_them() -> None:
    for end, may in (("1. Tar", True), ("- Tar", False), ("• Tar", False)):
        lines = f"{PROSE}{end}\n\f".split("\n")
        assert may_have_items(Draft(lines, range(len(lines)))) == may


def test_training_counts_what_the_truth_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paragraphs = [*(" ".join(block.split("\n")) for block in BLOCKS), "What they need:"]
    items = ["Tar that is hot", "Twine of hemp"]
    for source in ("quay", "slip"):
        folder = tmp_path / source
        (folder / "reader").mkdir(parents=True)
        (folder / "reader" / "0.txt").write_text(f"Nets\n\n{PROSE}{paragraphs[-1]}\n\n" + "\n\n".join(items) + "\n\f")
        truth = {"source": "0.txt", "left": {"reader": ""}, "headings": ["Nets"]}
        (folder / "truth.jsonl").write_text(json.dumps(truth | {"paragraphs": paragraphs, "items": items}) + "\n")
    file = tmp_path / "counts.json"
    monkeypatch.setattr(roles, "FILE", file)
    monkeypatch.setattr("sys.argv", ["roles", "--extracts", str(tmp_path), "--write"])
    roles.main()
    counts = json.loads(file.read_text())
    assert counts["follows"] == {
        "I": {"$": 2, "I": 2}, "L": {"I": 2}, "P": {"L": 2, "P": 2 * len(BLOCKS) - 2}, "T": {"P": 2}, "^": {"T": 2}
    }  # fmt: skip
    assert counts["looks"]["opening"]["I"] == {"A": 4} and sum(counts["looks"]["form"]["P"].values()) == 2 * len(BLOCKS)
    header, line = capsys.readouterr().out.splitlines()
    assert header.split() == ["items", *ROLES] and line.split() == ["reader", "4", "0", "0", "4", "0", "0"]
    assert Model(**counts).chances([("item",)], ITEM)


@pytest.mark.parametrize(("chance", "confidence"), [(0.51, 0.5), (0.7, 0.62), (0.91, 0.83), (0.99, 0.84)])
def test_an_item_is_as_sure_as_such_items_were_right(
    chance: float, confidence: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_inset, "items_among", lambda looks, texts, chances: [(0, chance)])
    lines = f"{PROSE}Tar\n\f".split("\n")
    draft = Draft(lines, range(1, len(lines) + 1))
    list_inset.list_inset.apply(draft)
    assert {repair.confidence for repair in draft.repairs} == {confidence}
