"""Boilerplate of pages: it is flagged in `blocks`, and left out of sections' text on request."""

import json
from pathlib import Path

import pytest

import converter
from converter.repair.signs import LONGEST_PAGE
from tests.support.commands import invoke

PAGE = """Skip to content

- Home
- Boats

# Nets

By Anna Berg

The net is spread over the railing of the quay, so that the sun dries it before noon and the holes show.

## Twine

Two people work on it, one from each end, and they meet in the middle when the clock strikes four.

- hemp
- cotton

Advertisement

## Leave a reply

- Log in to reply
- Report comment

© 2024 Harbour Post. All rights reserved. Powered by Sails
"""


@pytest.mark.parametrize(("chrome", "texts"), [
    (True, ["Skip to content\n\nHome\nBoats", "By Anna Berg\n\nThe net", "Two people", "Log in to reply"]),
    (False, ["", "The net", "Two people", ""]),
])  # fmt: skip
def test_boilerplate_is_in_the_text_of_sections_unless_it_is_unwanted(chrome: bool, texts: list[str]) -> None:
    document = converter.read_text(PAGE, chrome=chrome)
    sections = [section.text for section in document.sections]
    assert all(section.startswith(text) for section, text in zip(sections, texts, strict=True))
    assert ("Advertisement" in sections[2]) is chrome
    assert sections[2].replace("\n\nAdvertisement", "").endswith("hemp\ncotton")
    assert ("rights" in sections[3]) is chrome
    assert [block.text for block in document.blocks if block.chrome] == [
        "Skip to content",
        "Home\nBoats",
        "By Anna Berg",
        "Advertisement",
        "Log in to reply\nReport comment",
        "© 2024 Harbour Post. All rights reserved. Powered by Sails",
    ]


BELOW = "Leave a reply\n\nShare this on Facebook\n\nAll rights reserved.\n"
PROSE = "The net is spread over the railing of the quay, so that the sun dries it before noon and the holes show."


@pytest.mark.parametrize("title", ["# Nets of the Harbour", "Nets of the Harbour\n===", "Nets of the Harbour"])
def test_a_menu_above_the_byline_is_boilerplate_however_the_title_is_marked(title: str) -> None:
    page = f"Skip to content\n\n{title}\n\n- Home\n- Boats\n\nBy Anna Berg\n\n{PROSE}\n\n{PROSE}\n\n{BELOW}"
    menu = next(block for block in converter.read_text(page).blocks if block.kind == "list")
    assert menu.chrome


@pytest.mark.parametrize("above", ["", f"{PROSE}\n\n", "## Twine\n"])
def test_a_phrase_right_below_a_heading_is_boilerplate(above: str) -> None:
    document = converter.read_text(f"# Nets\n\n{PROSE}\n\n{above}Sign up for our newsletter\n\n{PROSE}\n\n{PROSE}\n")
    assert [block.text for block in document.blocks if block.chrome] == ["Sign up for our newsletter"]


def test_a_gap_below_boilerplate_stays_if_none_is_above() -> None:
    below = f"{PROSE}\n\n{PROSE}\n"
    page = f"# Nets\n\n{PROSE}\n\n## Twine\nSign up for our newsletter\n\n{below}"
    assert converter.read_text(page, chrome=False).to_markdown() == f"# Nets\n\n{PROSE}\n\n## Twine\n\n{below}"


@pytest.mark.parametrize(("option", "is_shown"), [("--chrome", True), ("--no-chrome", False)])
def test_the_command_takes_the_option(tmp_path: Path, option: str, is_shown: bool) -> None:
    (tmp_path / "page.txt").write_text(PAGE)
    result = invoke("convert", str(tmp_path / "page.txt"), "--records", "sections", "--to", "json", option)
    assert any("Advertisement" in section["text"] for section in json.loads(result.stdout)) is is_shown


@pytest.mark.parametrize(("lines", "is_page"), [(LONGEST_PAGE, True), (LONGEST_PAGE + 1, False)])
def test_a_text_of_very_many_lines_is_not_a_page(lines: int, is_page: bool) -> None:
    padded = PAGE.replace("## Twine", "\n" * (lines - PAGE.count("\n")) + "## Twine")
    document = converter.read_text(padded)
    assert document.line_count == lines
    assert any(block.chrome and block.text == "Home\nBoats" for block in document.blocks) is is_page
