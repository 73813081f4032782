"""Raw HTML in Markdown: the words that a reader sees of it."""

from __future__ import annotations

import pytest

from converter.parse.html_blocks import html_text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<h2>a</h2><p></p><h2></h2><h2>b</h2>", "a\n\nb"),
        ("<h2></h2><p>a</p>", "a"),
        ("<h2></h2>", ""),
        ("<div>a</div>\n<hr>\n<p></p><div>b</div>", "a\nb"),
    ],
)
def test_an_empty_heading_leaves_no_gap(source: str, text: str) -> None:
    assert html_text(source) == text
