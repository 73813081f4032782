"""`blocks.markdown` stands by itself: joined by blank lines, the top-level blocks are the document again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from converter.config import Options
from converter.engine.conversion import read_document
from converter.limits import Allowance, TooMuchOutput
from converter.model.source import Source
from converter.parse import Block
from converter.records.block_markdown import block_markdown
from tests.benchmarks.documents import generate_articles
from tests.support.documents import EVERY_KIND, FRAGMENTS
from tests.support.specification import examples


def blocks_of(text: str, repair: str = "full") -> Sequence[Block]:
    return read_document(Source("a", text), Options(repair=repair)).blocks


def content(block: Block) -> Any:
    """Return a block without its lines and its own spelling."""
    return (
        (block.kind, block.parent, block.item, block.text, block.level, block.style in ("setext", "html")),
        (block.language, block.label, block.callout),
        [(item.parent, item.depth, item.number, item.marker, item.text, item.task) for item in block.items],
        [(entry.term, entry.text) for entry in block.definitions],
        [(table.header, [*map(list, table.rows)]) for table in block.tables],
        [(link.text, link.url, link.title) for link in block.links],
        [(image.alt, image.url, image.link_url) for image in block.images],
    )


def check_rebuilt(text: str) -> None:
    blocks = blocks_of(text)
    sources = zip(block_markdown(blocks, Allowance()), blocks, strict=True)
    rebuilt = blocks_of("\n\n".join(markdown for markdown, block in sources if block.parent is None), "off")
    assert [*map(content, rebuilt)] == [*map(content, blocks)]


@example("<b>\xa0")
@example("\xa0[^1]: note")
@given(st.lists(FRAGMENTS, max_size=30).map("".join))
@example("```{note}```{note}\n\n    # ")  # code in a line opens nothing
def test_a_document_is_rebuilt_from_its_blocks(text: str) -> None:
    check_rebuilt(text)


HTML = st.sampled_from(
    ["<h2>a</h2>", "<p>", "<div>", "</div>", "<br>", "<b>", "</b>", "<i>", "x", "\n", " ", "\xa0", "- ", "# ", "&nbsp;"]
)


@given(st.lists(HTML, max_size=12).map("".join))
def test_headings_of_html_are_rebuilt(text: str) -> None:
    check_rebuilt(text)


@pytest.mark.parametrize("text", [EVERY_KIND, *generate_articles(20)])
def test_whole_documents_are_rebuilt(text: str) -> None:
    check_rebuilt(text)


def test_every_example_of_the_specification_is_rebuilt() -> None:
    for text in examples("gfm"):
        check_rebuilt(text)


MARKDOWN = {
    "## Title ##\n": ["## Title"],
    "# C #\\#\n": ["# C #\\# #"],
    "#\n": ["#"],
    "A\nB\n===\n": ["A\nB\n==="],
    "<h2>Five</h2>\n": ["<h2>Five</h2>"],
    "<h2>Five</h2>\n\xa0\n": ["<h2>Five</h2>"],
    "<h2>a</h2>\xa0<p>b</p>": ["<h2>a</h2>", "<p>\xa0<p>b</p>"],
    "<h2>a</h2>\xa0<img src='i'>": ["<h2>a</h2>", "\xa0<img src='i'>"],
    "- a\n\n  \xa0<b>\n\n  \xa0> c\n\n  \xa0~~~ d\n": ["- a\n\n  \xa0<b>\n\n  \\> c\n\n  \\~~~ d"],
    "- - \xa0<i>": ["- - \xa0<i>"],
    "\xa0\n- ": ["\xa0\n---"],
    "\xa0>\n-": ["\\>\n---"],
    "\xa0<p><img src='i'>": ["\xa0<p><img src='i'>"],
    "<img src='i'>": ["<img src='i'>"],
    "<h2>a</h2>\n    # b\nc": ["<h2>a</h2>", "<p># b\nc"],
    "<h2>a</h2><b>\nb</b>": ["<h2>a</h2>", "<b>\nb</b>"],
    "<h2>a</h2><!-- c -->\n# b": ["<h2>a</h2>", "<p><!-- c -->\n# b"],
    "<h2>a</h2><pre>c</pre>\n- b": ["<h2>a</h2>", "<p><pre>c</pre>\n- b"],
    "<h2>a</h2><!-- c -->b": ["<h2>a</h2>", "<!-- c -->b"],
    "- <h2>a</h2>- b": ["- <h2>a</h2>\n\n  <p>- b", "<h2>a</h2>", "<p>- b"],
    "\xa0<div>a\n\n\xa0<b>a</b>\n\n\xa0<b>\na": ["\xa0<div>a", "<b>a</b>", "\xa0<b>\na"],
    "<div>\na\n</div>\xa0 \n": ["<div>\na\n</div>\xa0"],
    "> <div>\n> a\xa0 \n": ["> <div>\n> a\xa0", "<div>\na\xa0"],
    "- <b>\n  a\xa0\n": ["- <b>\n  a\xa0", "<b>\na\xa0"],
    "T\n: d\n\n  <b>\n  a\xa0\n": ["T\n: d\n\n  <b>\n  a\xa0", "<b>\na\xa0"],
    "~~~\n```\n~~~\n": ["````\n```\n````"],
    "    indented\n": ["```\nindented\n```"],
    "~~~ a`b\nx\n~~~\n": ["~~~a`b\nx\n~~~"],
    "```{note}\nnever closed": ["```&#123;note}\nnever closed\n```"],
    "```{note}`a`\n\n    c": ["```{note}`a`", "```\nc\n```"],
    "```{r}\nx\n```": ["```{r}\nx\n```"],
    "\x0c# A\n\n\x0c- b\n\n\x0c> c": ["\\# A", "\\- b", "\\> c"],
    "\x0c1. a\n\n\x0c2)\n\n\x0c3.\tb\n\n\x0c4.c": ["1\\. a", "2\\)", "3\\.\tb", "4.c"],
    "\xa0```\n\n\xa0~~~ a\n\n\xa0***\n\n\xa0_ _ _\n\n\xa0```a```": ["\\```", "\\~~~ a", "\\***", "\\_ _ _", "```a```"],
    "``` &amp;lt;\n```\n": ["```&amp;lt;\n```"],
    "a | b\n:-- | --\n1 | x \\| y | z\n2 |\n": ["| a | b |\n|:--|--|\n| 1 | x \\| y | z |\n| 2 |  |"],
    "-\n  ***\n": ["-\n  ***", "***"],
    "* - a\n  - b\n": ["* - a\n  - b"],
    "~~~\n~~\n````\n~~~\n": ["`````\n~~\n````\n`````"],
    "- a\n\n  2. b\n": ["- a\n\n  2. b"],
    "- a\n  - b\n": ["- a\n  - b"],
    "- a\n\n  ```\n  c\n  ```\n\n  b\n": ["- a\n\n  ```\n  c\n  ```\n\n  b", "```\nc\n```"],
    "- a\n\n  -\n": ["- a\n\n  -"],
    "9. [x] a\n   b\n\n   ```\n\n   c\n   ```\n": ["9. [x] a\n   b\n\n   ```\n\n   c\n   ```", "```\n\nc\n```"],
    "- ```\n  c\n  ```\n\n  a\n": ["- ```\n  c\n  ```\n\n  a", "```\nc\n```"],
    "> a\n===\n": ["> a\n> \\===", "a\n\\==="],
    "> a\n1. b\n": ["> a", "a", "1. b"],
    "> > a\n": ["> > a", "> a", "a"],
    "> [!NOTE]\n> a\n": ["> [!NOTE]\n>\n> a", "[!NOTE]", "a"],
    ":::note\n- a\n:::\n": [":::note\n- a\n:::", ":::note", "- a", ":::"],
    "T\n:   d\n\n    e\n": ["T\n:   d\n\n    e"],
    "[^n]: a\n\n    b\n": ["[^n]: a\n\n    b", "[^n]: a", "b"],
}
"""A document, and the Markdown of each of its blocks."""


@pytest.mark.parametrize("text", MARKDOWN)
def test_each_block_is_written_with_its_marks(text: str) -> None:
    assert [*block_markdown(blocks_of(text, "safe"), Allowance())] == MARKDOWN[text]
    check_rebuilt(text)


def test_indentation_is_charged() -> None:
    blocks = blocks_of("- " * 20 + "a\n" + "b\n" * 1000)
    with pytest.raises(TooMuchOutput):
        [*block_markdown(blocks, Allowance(None, 20_000))]
