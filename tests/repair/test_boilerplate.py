"""Which lines of a page are marked as none of the article's."""

from __future__ import annotations

import pytest

from converter.repair import repair

BODY = [
    "The boats of the harbour are counted every spring, and the council pays for the paint of those that still go out.",
    "",
    "Two people work on each net, from both ends, and they meet in the middle when the church clock strikes four.",
    "",
]
BYLINE = ["By Anna Berg and Peter Hansen", "Posted on 20 October 2020"]


def chrome_of(lines: list[str]) -> set[str]:
    """The lines that are marked as chrome."""
    result = repair(lines, range(len(lines)))
    return {lines[entry.line_start].strip() for entry in result.repairs if entry.rule == "chrome"}


@pytest.mark.parametrize(
    ("lines", "are_chrome"),
    [
        (BYLINE, True),
        ([*BYLINE, "12 Comments", "5 min read"], True),
        ([*BYLINE, "12 Comments", "5 min read", "Written by Ole Berg"], False),
        ([*BYLINE, "of the harbour of Husum"], False),
        ([BYLINE[0] + " and his brother" * 20, BYLINE[1]], False),
    ],
)
def test_lines_that_touch_are_a_byline_if_each_is_a_cue(lines: list[str], are_chrome: bool) -> None:
    page = ["Skip to content", "", "# Low tide", "", *lines, "", *BODY, "Share on Facebook", "", "© 2024 The Quay"]
    chrome = chrome_of(page)
    assert "Skip to content" in chrome
    assert set(lines) <= chrome if are_chrome else chrome.isdisjoint(map(str.strip, lines))


@pytest.mark.parametrize(
    ("line", "is_chrome"),
    [
        (". https://quay.example/boats", True),
        ("Visible links", True),
        ("Hidden links:", True),
        ("Visible links . https://quay.example/boats", True),
        ("Visible links between the boats are made of brass", False),
        (". The end", False),
    ],
)
def test_addresses_that_a_text_browser_lists_are_none_of_the_article(line: str, is_chrome: bool) -> None:
    share = ["Share on Facebook", "", "© 2024 The Quay"]
    page = ["Skip to content", "", "# Low tide", "", "By Anna Berg", "", *BODY, *BODY, line, "", *share]
    assert (line in chrome_of(page)) == is_chrome
