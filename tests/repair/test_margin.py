"""The margin of an indented text: which lines lose it, and which lines to its left are titles."""

from __future__ import annotations

import pytest

from converter.repair import repair

WORDS = "The net is spread over the railing of the quay, so that the sun dries it before noon and the holes show."


def repaired(*blocks: str) -> list[str]:
    """The blocks of a text after its repair; blank lines part them."""
    lines = "\n\n".join(blocks).split("\n")
    rules = frozenset(("bare_heading", "cut_sentence", "list_marks", "list_indent"))
    return "\n".join(repair(lines, range(1, len(lines) + 1), off=rules).lines).split("\n\n")


@pytest.mark.parametrize(
    ("indented", "others", "is_removed"), [(3, 0, True), (2, 0, False), (3, 2, True), (3, 3, False)]
)
def test_three_paragraphs_and_three_of_five_are_indented(indented: int, others: int, is_removed: bool) -> None:
    blocks = [f"   {WORDS}"] * indented + [WORDS] * others
    assert repaired(*blocks) == ([WORDS] * len(blocks) if is_removed else blocks)


@pytest.mark.parametrize(("indent", "is_removed"), [(1, False), (2, True), (4, True)])
def test_a_margin_has_two_columns(indent: int, is_removed: bool) -> None:
    blocks = [" " * indent + WORDS] * 3
    assert repaired("  Nets", *blocks)[1:] == ([WORDS] * 3 if is_removed else blocks)


@pytest.mark.parametrize(
    ("text", "is_removed"),
    [
        ("The net is spread over the railing of the quays so", True),
        ("The net is spread over the railing of the quay so.", True),
        ("The net is spread over the railing of the quay so", False),
        ("Spreading railings everywhere, sunshine dries nettings.", False),
        ("Spreading railings everywhere, sunshine dries it and they rot.", True),
        ("The net (f[0]) is spread over the railing of the quay, so it is", False),
    ],
)
def test_paragraphs_of_50_columns_and_8_words_without_code_show_a_margin(text: str, is_removed: bool) -> None:
    blocks = [f"   {text}"] * 3
    assert repaired(*blocks) == ([text] * 3 if is_removed else blocks)


@pytest.mark.parametrize(
    ("title", "result"),
    [
        ("Nets", "## Nets"),
        ("  Nets", "### Nets"),
        ("   Nets", "Nets"),
        ("x" * 120, "## " + "x" * 120),
        ("x" * 121, "x" * 121),
        ("12:45", "12:45"),
        ("Nets\nof hemp", "Nets\nof hemp"),
        ("- Nets", "- Nets"),
        ("<b>Nets</b>", "<b>Nets</b>"),
    ],
)
def test_a_line_to_the_left_of_all_paragraphs_is_a_title(title: str, result: str) -> None:
    assert repaired(title, *[f"   {WORDS}"] * 3)[0] == result


def test_no_line_is_a_title_beside_a_paragraph_without_margin() -> None:
    assert repaired("Nets", WORDS, *[f"   {WORDS}"] * 3)[0] == "Nets"


@pytest.mark.parametrize(
    ("block", "result"),
    [
        ("     - Nets\n       of hemp", "  - Nets\n    of hemp"),
        ("   - Nets\n\n     Of hemp.", "- Nets\n\n  Of hemp."),
        ("       int f(x) { return x[0]; }", "       int f(x) { return x[0]; }"),
        ("      Gull of Husum", "Gull of Husum"),
        (f"   {WORDS}\n      {WORDS}", f"{WORDS}\n{WORDS}"),
        (f"   {WORDS}\n   Boat  Built\n   Tern  1962", f"{WORDS}\nBoat  Built\nTern  1962"),
        ("   ```\n   x\n\n   y\n   ```", "   ```\n   x\n\n   y\n   ```"),
    ],
)
def test_items_and_paragraphs_lose_the_margin_and_code_stays_code(block: str, result: str) -> None:
    assert "\n\n".join(repaired(*[f"   {WORDS}"] * 3, block)[3:]) == result
