"""Lists of a PDF of which only the indentation remains: on each side of what makes indented lines a list."""

from __future__ import annotations

import pytest

from converter.repair.draft import Draft
from converter.repair.rules.list_indent import list_indent
from converter.repair.state import State

WRAPPED = [
    "The net is spread over the railing of the quay, so that the sun dries it well",
    "before noon and the holes show against the light, which is what the two who do",
    "the mending need to see, for they meet in the middle when the church clock strikes",
    "four in the afternoon.",
]
"""Three lines that are continued show the margin."""
WIDE = "Needles of boxwood and of bone for the twine of hemp"

CASES = {
    # Indentation from 3 to 40 columns, and at least two items
    "   Needles of wood.|   Twine of hemp.": "- Needles of wood.|- Twine of hemp.",
    "  Needles of wood.|  Twine of hemp.": "",
    f"{' ' * 40}Needles of wood.|{' ' * 40}Twine of hemp.": "- Needles of wood.|- Twine of hemp.",
    f"{' ' * 41}Needles of wood.|{' ' * 41}Twine of hemp.": "",
    "    Needles of wood.": "",
    # Lines of an address are no items, unless a colon introduces them or one is wide
    "    Needles|    Twine": "",
    "They need:|    Needles|    Twine": "- Needles|- Twine",
    f"    {WIDE[:50]}|    Twine": f"- {WIDE[:50]}|- Twine",
    f"    {WIDE[:49]}|    Twine": "",
    # Between blank lines, two items need a colon
    "|    Needles of wood.||    Twine of hemp.": "",
    "|    Needles of wood.||    Twine of hemp.||    Tar.": "- Needles of wood.|- Twine of hemp.|- Tar.",
    "They need:||    Needles of wood.||    Twine of hemp.": "- Needles of wood.|- Twine of hemp.",
    # Another depth begins 3 columns further; there are four at most
    "    Needles.|       Old ones.|    Twine.": "- Needles.|  - Old ones.|- Twine.",
    "    Needles.|      Old ones.|    Twine.": "- Needles.|- Old ones.|- Twine.",
    "    One.|       Two.|          Three.|             Four.": "- One.|  - Two.|    - Three.|      - Four.",
    "    One.|       Two.|          Three.|             Four.|                Five.": "",
    "       Needles.|    Twine.|    Tar.": "- Needles.|- Twine.|- Tar.",
    # A line goes on where the next word had no room; below a sentence, or with room, an item begins
    "    Needles of boxwood or of bone, as the old men of the harbour use them when|    they mend.|    Twine.": (
        "- Needles of boxwood or of bone, as the old men of the harbour use them when|  they mend.|- Twine."
    ),
    "    Needles of boxwood or of bone, as the old men of the harbour use them when|    Ann mends.|    Twine.": (
        "- Needles of boxwood or of bone, as the old men of the harbour use them when|  Ann mends.|- Twine."
    ),
    "    Needles of boxwood or of bone, as the old men of the harbour use them whole.|    Ann mends.": (
        "- Needles of boxwood or of bone, as the old men of the harbour use them whole.|- Ann mends."
    ),
    # Verse ends lines with commas; rows, entries of contents and code are no items
    "    Needles,|    Twine.|    Tar.|    Oars.": "- Needles,|- Twine.|- Tar.|- Oars.",
    "    Needles,|    Twine,|    Tar.|    Oars.": "",
    "    Needles  4.|    Twine  5.": "",
    "    Needles ... 4|    Twine ... 5.": "",
    "    Needles = {4}|    Twine = 5.": "",
}


def marked(lines: list[str]) -> list[str]:
    """The lines that are items, or belong to one."""
    draft = Draft(lines, range(1, len(lines) + 1), State(False, False, "unmarked", paged=True, print_margin=80))
    list_indent.apply(draft)
    return [line for line in draft.finish().lines if line.lstrip()[:2] == "- " or line[:2] == "  "]


@pytest.mark.parametrize("items", CASES)
def test_indented_lines_are_items(items: str) -> None:
    lines = [*WRAPPED, *items.split("|")]
    assert marked(lines) == (CASES[items].split("|") if CASES[items] else [line for line in lines if line[:2] == "  "])


def test_two_wrapped_lines_show_no_margin() -> None:
    lines = [*WRAPPED[1:], "   Needles of wood.", "   Twine of hemp."]
    assert marked(lines) == lines[-2:]
