"""Texts of pages in the shapes of letters, lists and other scripts: what a line is, and that nothing of it is lost."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from converter.repair import repair
from converter.repair.cuts import has_cuts
from converter.repair.draft import Draft
from converter.repair.node_roles import ITEM, Reading
from converter.repair.role_blocks import Block, write_blocks
from converter.repair.rules import print_lines
from converter.repair.rules.print_lines import margin_of

CHINESE = [
    "码头上的渔网在春天修补那时船只停在滑道上木匠修理它们的木板在议会数完之前没有人出海",
    "夏天向导带领客人走过中午干涸的浅滩并在傍晚之前把他们带回来独自行走的人必须告诉灯塔",
    "看守人他想去哪里。",
]
ARABIC = [
    "تصلح شباك الميناء على الرصيف في الربيع عندما ترسو القوارب على المنحدر ويعمل النجار",
    "على ألواحها ولا يخرج أحد قبل أن يعدها المجلس كلها ويدفع ثمن طلاء تلك التي ما زالت",
    "تصطاد في الخليج.",
]
ENGLISH = [
    "The nets of the harbour are mended on the quay in spring, when the boats lie on the",
    "slip and the carpenter works on their planks, and nobody goes out before noon.",
]


def pages_of(paragraph: list[str]) -> list[str]:
    page = [*[line for _ in range(6) for line in (*paragraph, "")], "\f"]
    return page * 4


def rules_of(lines: list[str]) -> set[str]:
    return {entry.rule for entry in repair([*lines], range(1, len(lines) + 1)).repairs}


@pytest.mark.parametrize("paragraph", [CHINESE, ARABIC])
def test_scripts_without_cases_are_left(paragraph: list[str]) -> None:
    lines = pages_of(paragraph)
    assert margin_of(Draft(lines, range(1, len(lines) + 1))) == 0
    assert "print_lines" not in rules_of(lines)


def test_names_in_other_scripts_are_no_hindrance() -> None:
    lines = [*pages_of(ENGLISH), CHINESE[2], ARABIC[2]]
    assert margin_of(Draft(lines, range(1, len(lines) + 1))) > 0


def test_a_line_that_is_already_an_item_is_no_repair() -> None:
    draft = Draft(["- Twine", "- Nets"], range(1, 3))
    blocks = [Block(0, 1, ITEM, 1.0, "Twine", 0.5), Block(1, 2, ITEM, 1.0, "Nets", 0.5)]
    write_blocks(draft, "print_lines", blocks, None)
    assert not draft.repairs


def test_only_the_first_mark_of_an_item_is_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [*["• The quay is open Monday – Friday, 8 - 12, when the boats lie on the slip for the paint"] * 40, "\f"]
    reading = Reading("I" * 40, [1.0] * 40)
    monkeypatch.setattr(print_lines, "model", lambda file: SimpleNamespace(read=lambda features: reading))
    draft = Draft(lines, range(1, len(lines) + 1))
    print_lines.print_lines.apply(draft)
    item = "- The quay is open Monday – Friday, 8 - 12, when the boats lie on the slip for the paint"
    assert draft.written_lines.count(item) == 40


def test_text_with_a_line_for_each_text_node_is_no_print() -> None:
    ferry = "the ferry that leaves the quay at noon and comes back before the evening in spring"
    nodes = [
        "The boats of the",
        "harbour",
        ", which are dry, lie at",
        "the quay",
        ". " + ferry,
        "Standings",
        "Pts",
        "12",
    ]
    lines = nodes * 30
    draft = Draft(lines, range(1, len(lines) + 1), print_margin=82.0)
    assert has_cuts(draft)
    assert margin_of(draft) == 0
