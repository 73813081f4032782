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
        (":::: two words\n::: note\n:::\n::::", {1: 2}),
        ("::::a\n::: note\n:::\n::::", {1: 2}),
        (":::: a ::::\n::: note\n:::\n::::", {1: 2, 0: 3}),
        (":::: a:b\n::: note\n:::\n::::", {1: 2}),
        (":::: {.a}\n::: note\n:::\n::::", {0: 3, 1: 2}),
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
