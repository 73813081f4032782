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


@pytest.mark.parametrize(
    ("title", "is_menu"),
    [(["# Low tide"], True), (["Low tide", "========"], True), (["## Low tide"], False), ([], False)],
)
def test_a_list_above_the_title_of_a_page_is_a_menu(title: list[str], is_menu: bool) -> None:
    end = ["Share on Facebook", "", "© 2024 The Quay. All rights reserved", "", "Subscribe to our newsletter"]
    chrome = chrome_of(["- Home", "- Boats", "- Berths", "", *title, "", *BODY, *BODY, *end])
    assert {"- Home", "- Boats", "- Berths"} <= chrome if is_menu else "- Home" not in chrome


@pytest.mark.parametrize(
    ("page", "chrome"),
    [
        (["# Low tide", "", *BODY[:2], "Print", "", *BODY[2:], "Share on Facebook"], {"Print", "Share on Facebook"}),
        (["# Low tide", "", *BODY[:2], "Print", "", *BODY[2:]], set()),
        (["Print", "", "# Low tide", "", *BODY], {"Print"}),
        (["# Low tide", "", *BODY, "Print"], {"Print"}),
        (["", "Print", "", "# Low tide", "", *BODY], {"Print"}),
        (["# Low tide", "", *BODY, "Print", "", "![Boat](boat.jpg)"], {"Print"}),
    ],
)
def test_what_an_article_may_say_is_chrome_beside_its_text_or_a_sure_phrase(page: list[str], chrome: set[str]) -> None:
    assert chrome_of(page) == chrome


@pytest.mark.parametrize(
    ("cue", "most"),
    [
        ("Tags: boats, nets", 0),
        ("Read more »", 1),
        ("Subscribe to our newsletter", 2),
        ("We use cookies on this site", 2),
        ("Reading this, you give your consent to it", 2),
        ("Related posts", 3),
    ],
)
def test_some_cues_below_an_article_have_paragraphs_below_them(cue: str, most: int) -> None:
    for count in (most, most + 1):
        above = ["Skip to content", "", "# Low tide", "", "By Anna Berg", "", *BODY * 4]
        page = [*above, "Share on Facebook", "", "© 2024 The Quay", "", cue, "", *(BODY * 2)[: 2 * count]]
        assert ("© 2024 The Quay" in chrome_of(page)) == (count <= most), count


@pytest.mark.parametrize("below", [[], [""], ["", "![Six](https://quay.example/six-120x86.jpg)"]])
def test_all_thumbnails_below_the_text_are_teasers(below: list[str]) -> None:
    teaser = "![Ten](https://quay.example/ten-120x86.jpg)"
    assert teaser in chrome_of(["# Low tide", "", *BODY, "Share this on Facebook", "", teaser, *below])


@pytest.mark.parametrize("share", ["Share on Facebook", "**Share on Facebook**", "[Share on Facebook](/share)"])
def test_a_cue_may_be_marked(share: str) -> None:
    page = ["Skip to content", "", "# Low tide", "", "By Anna Berg", "", *BODY, *BODY, "© 2024 The Quay", "", share]
    assert chrome_of(page) == {"Skip to content", "By Anna Berg", "© 2024 The Quay", share}
