"""Programs and configuration are left as they are; documents with code in them are not."""

from __future__ import annotations

import pytest

from converter.repair import Rule, repair
from converter.repair.draft import Draft
from converter.repair.explanation import explain

LONG = f"int boats_return_to_the_harbour_before_the_tide_turns({'struct boat *, ' * 6});"
HEADER = [
    "#define BOATS 12",
    "struct boat;",
    "BOATS_BEGIN_DECLS",
    "int boats_leave(struct boat *boat);",
    LONG,
    "BOATS_END",
]
UNIT = [
    "[Unit]",
    "Description=Boats of the harbour",
    "After=network.target",
    "[Service]",
    f"ExecStart=/usr/bin/{'b' * 120}",
    "x",
]
PROSE = "The boat crosses the sound every hour, and the bakery on the pier opens at six, so come early"


def _repair(lines: list[str], added: tuple[Rule, ...] = ()) -> tuple[list[str], str]:
    result = repair(lines, range(1, len(lines) + 1), added=added)
    assert result.state is not None
    return [entry.rule for entry in result.repairs], result.state.layout


@pytest.mark.parametrize("lines", [HEADER, UNIT])
def test_a_program_is_left_as_it_is(lines: list[str]) -> None:
    assert _repair(lines) == ([], "a program or its configuration, left as it is")


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (HEADER[:5], "five lines are too few to tell"),
        ([*HEADER, *["boats and harbours"] * 5], "4 of 11 lines are code"),
        ([*HEADER, f"{PROSE} in My."], "a sentence of 100 columns is a paragraph"),
        ([f"* {line}" for line in HEADER] + [LONG.rstrip(";")] * 2, "items may end in a semicolon"),
        ([f"Ann Moor of berth {at} <ann@harbour.example>" for at in range(7)] + [LONG[:-1]], "addresses are no tags"),
    ],
)
def test_a_document_with_code_is_repaired(lines: list[str], why: str) -> None:
    rules, layout = _repair(lines)
    assert rules, why
    assert "program" not in layout


ITEMS = ["", "• berth", "• quay", "• slip", "• pier"]


@pytest.mark.parametrize(
    "line",
    [
        *("## Nets {#nets}", "Nets {#nets}", "Nets {.wide}", "Nets {: .wide}", "{: .wide}", "{#nets}", "{% tab %}"),
        *("{{< tab >}}", "{{% tab %}}", "under the sun<br>", "under the sun<BR />", "<https://a.example>"),
        *("map: <https://a.example>", "#Nets of hemp", "#Über uns"),
    ],
)
def test_marks_of_markdown_are_no_code(line: str) -> None:
    rules, layout = _repair([line, "", line, "", line, *ITEMS])
    assert "odd_bullet" in rules and "program" not in layout


@pytest.mark.parametrize(
    "lines",
    [
        ["x <boat>", "y <berth:quay a>", "    z {"],
        ["#Port of 22", "#Listen Address", "", "boats()"],
        ["#define Boats 12", "", "#Berth", "", "boats()"],
        ["boats()", "", "boats()", "#Nets of hemp"],
        ["boats()", "", "#Nets of hemp", "boats()"],
    ],
)
def test_three_lines_of_code_of_seven_are_a_program(lines: list[str]) -> None:
    assert _repair([*lines, *ITEMS]) == ([], "a program or its configuration, left as it is")


@pytest.mark.parametrize("lines", [[*HEADER, *["boats and harbours"] * 4], [*HEADER, f"{PROSE} in M."]])
def test_some_other_lines_do_not_make_a_document(lines: list[str]) -> None:
    assert _repair(lines)[0] == []


def test_rules_of_the_caller_run_on_programs_too() -> None:
    def mark(draft: Draft) -> None:
        if draft.lines[0] == HEADER[0]:
            draft.replace("mark", 0, "#define BOATS 13")

    assert _repair(HEADER, (Rule("mark", "full", mark),))[0] == ["mark"]


def test_the_explanation_of_a_line_says_that_the_text_is_a_program() -> None:
    explanation = explain(HEADER, range(1, 7), 3, [], "full", frozenset())
    assert explanation.verdict == "it is not searched: the text is a program or its configuration"
