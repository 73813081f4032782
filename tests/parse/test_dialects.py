"""What sites and note-takers add to Markdown leaves CommonMark and GFM as they are."""

from __future__ import annotations

from collections.abc import Callable
from unittest.mock import patch

import pytest

from converter.parse import PARSERS, Block, parse
from converter.parse.dialects.marks import pairs_of
from converter.parse.markdown_it import parsers
from converter.parse.markdown_it.inlines import read_with
from converter.parse.parsers import Parser
from tests.support.growth import steep
from tests.support.specification import examples


def read(text: str, parser: str = "fast") -> list[Block]:
    lines = text.split("\n")
    return parse(lines, list(range(1, len(lines) + 1)), [], parser=parser)


def plain_parser() -> Parser:
    """Return the reference without any rule of a dialect."""
    with patch.object(parsers, "BLOCK_DIALECTS", {}), patch.object(parsers, "INLINE_DIALECTS", {}):
        block_parser, inline_parser = parsers.make_block_parser(), parsers.make_inline_parser()
    reference = PARSERS["reference"]
    return Parser(
        lambda: block_parser,
        reference.read_block,
        lambda content, env, lines: read_with(inline_parser, content, env, lines),
        reference.read_plain,
    )


@pytest.mark.parametrize("name", ["commonmark", "gfm"])
def test_the_specifications_read_as_without_dialects(name: str) -> None:
    with patch.dict("converter.parse.document.PARSERS", {"plain": plain_parser()}):
        for source in examples(name):
            assert read(source) == read(source, "plain"), source


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("::: note\n:::", {0: 1}),
        (":::: a\n::: note\n:::\n::::", {1: 2, 0: 3}),
        ("~~~\n::: note\n~~~\n:::", {}),
        (":::: two words\n::: note\n:::\n::::", {1: 2}),
        ("::::a\n::: note\n:::\n::::", {1: 2}),
        (":::: a ::::\n::: note\n:::\n::::", {1: 2, 0: 3}),
        (":::: a:b\n::: note\n:::\n::::", {1: 2}),
        (":::: {.a}\n::: note\n:::\n::::", {0: 3, 1: 2}),
        ("::: note\n:::X\n:::", {}),
        ("{% if a %} {% b %}\n{% endif %}", {}),
        ("::: note\n::: tip\n:::", {1: 2}),
        ("```{note}\n```py\n```\n```", {0: 3}),
        ("````{note}\n```{tip}\n```\n````", {0: 3, 1: 2}),
        ("```\n::: note\n```\n:::", {}),
        ("{% if a %}\n{% include b %}\n{% endif %}", {0: 2}),
        ("{{< tab >}}\n{{< /tabs >}}\n{{< /tab >}}", {0: 2}),
        ("{% highlight md %}\n::: note\n{% endhighlight %}\n:::", {0: 2}),
        ("> ::: note\n> :::", {0: 1}),
    ],
)
def test_marks_are_paired(text: str, pairs: dict[int, int]) -> None:
    assert pairs_of(text.split("\n"), False) == pairs


@pytest.mark.parametrize(
    "unit",
    [
        "::: note\n", "::: note\n\n", "::: {.a}\n", ":::\n", "```{note}\n\n", "{% a\n", "{% a %}\n\n",
        "{{< note >}}\n\n",
        "!!! note\n    a\n", "`a`{.b ", "`a`{", "{.a ", "[[a|", "![[a", "[a:: b] ", "> [!NOTE]\n",
        "- \"a: (b: ", "- a\n\n  b\n\n",
        "{ref}`a", "{ref}``a` ", "==a ", "==a== ", "(a)=\n", "![a|1", "![[a.png|1|1|", "12<sup>1", "a ^abcdef\n",
        ": a {.b ", "```{toctree}\n", "```{note}\n---\n",
    ],
)  # fmt: skip
def test_hostile_marks_take_linear_time(unit: str) -> None:
    work: Callable[[int], object] = lambda size: read(unit * (size // len(unit)))  # noqa: E731
    assert steep(work, 48_000) is None


DIRECTIVES = "card container div exercise figure grid grid-item grid-item-card image proof solution tab-set tabs table"
ELEMENTS = (
    "abbr acronym applet area audio b base basefont bdi bdo big blink button canvas cite code col colgroup data "
    "datalist del details dfn em embed font frame frameset head html i iframe input ins kbd label link map mark "
    "marquee math meta meter nobr noframes object output param picture progress q rb rp rt rtc ruby s samp select "
    "slot small source span strike strong svg td th time track tt u var video wbr"
)


@pytest.mark.parametrize("name", DIRECTIVES.split())
def test_the_content_of_these_directives_is_markdown(name: str) -> None:
    assert [(block.kind, block.text) for block in read(f"```{{{name}}}\nSome *text*.\n```")][1] == (
        "paragraph", "Some text."
    )  # fmt: skip
    assert [block.kind for block in read(f"```{{{name}s-of-ours}}\nSome *text*.\n```")] == ["code"]


@pytest.mark.parametrize("name", ELEMENTS.split())
def test_a_tag_of_html_is_no_text_even_if_it_never_ends(name: str) -> None:
    assert [block.text.split() for block in read(f"x <{name}> z")] == [["x", "z"]]
    assert [block.text for block in read(f"x <{name}-of-ours> z")] == [f"x <{name}-of-ours> z"]


@pytest.mark.parametrize("image", ['"quay.png" "At the quay"', "'quay.png' 'At the quay'", "quay.png 'At the quay'"])
def test_arguments_of_a_shortcode_are_in_quotes_of_either_kind_or_bare(image: str) -> None:
    (block,) = read(f"{{{{< img {image} >}}}}")
    assert [(shown.alt, shown.url) for shown in block.images] == [("At the quay", "quay.png")]
