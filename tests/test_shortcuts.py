"""The parser's shortcuts change nothing: each reading is held against markdown-it-py without any.

`parse/dispatch.py` tries only the rules that a character allows, `parse/simple.py` reads inline content by one regular
expression. Both must give what the rules of markdown-it-py and its plugins give by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

import converter.parse.markdown as parsers
from converter.parse import inline
from converter.parse.blocks import Inline
from converter.parse.simple import read_simple
from tests.specification import examples
from tests.test_nothing_lost import CORPORA, FRAGMENTS

NUMBERS = list(range(1, 1000))
INLINE = st.sampled_from(
    ["word", "Word", " ", " ", "\n", "a", "é", "日本", "1", ".", ",", ":", "(", ")", "\"", "'", "-", "/", "=", "#", "{",
     "}",
     "*", "**", "***", "_", "__", "`", "``", "`code`", "~~", "~", "[", "]", "[text]", "(url)", "[a](b)", "[a](b \"t\")",
     "![i](s)", "[`c`](u)", "**bold**", "*em*", "_em_", "snake_case", "<", ">", "<b>", "<br>", "<http://a.b>", "&",
     "&amp;",
     "&copy", "$", "$x$", "\\", "\\*", "\\\n", "  \n", "!", "@", "a@b.cd", "http://x.y/z", "www.a.bc", "mailto:", "x:y",
     "\u00a0", "\u2014", "€", "\u0301", "[^n]", "[r]", "[x][r]", "|"]
)  # fmt: skip
ENVIRONMENTS: tuple[dict[str, Any], ...] = (
    {},
    {"references": {"R": {"href": "/r", "title": "", "map": [0, 1]}}, "footnotes": {"refs": {":n": -1}, "list": {}}},
)


@cache
def without_shortcuts() -> tuple[MarkdownIt, MarkdownIt]:
    """Return the block and the inline parser as markdown-it and its plugins come."""
    with patch.object(parsers, "dispatch_blocks"), patch.object(parsers, "dispatch_inlines"):
        return parsers.block_parser.__wrapped__(), parsers.inline_parser.__wrapped__(True)


def reference_reading(content: str, env: dict[str, Any]) -> Inline:
    """Return the reading of markdown-it's own inline rules."""
    with patch.object(inline, "inline_parser", lambda autolinks: without_shortcuts()[1]):
        return inline.read_fully(content, fresh(env), NUMBERS)


def fresh(env: dict[str, Any]) -> dict[str, Any]:
    """Return a copy: reading footnote references counts them in `env`."""
    return {name: {key: dict(value) for key, value in part.items()} if name == "footnotes" else part
            for name, part in env.items()}  # fmt: skip


def block_tokens(md: MarkdownIt, source: str) -> tuple[list[Token], dict[str, Any]]:
    tokens: list[Token] = []
    env: dict[str, Any] = {}
    md.block.parse(source + "\n", md, env, tokens)
    return tokens, env


def check(source: str) -> None:
    """Both parsers see the same blocks, and every inline content reads the same in every way."""
    tokens, env = block_tokens(parsers.block_parser(), source)
    expected, expected_env = block_tokens(without_shortcuts()[0], source)
    assert [token.as_dict() for token in tokens] == [token.as_dict() for token in expected]
    assert env == expected_env
    for token in tokens:
        if token.type == "inline":
            check_inline(token.content, env)


def check_inline(content: str, env: dict[str, Any]) -> None:
    expected = reference_reading(content, env)
    assert inline.read_inline(content, fresh(env), NUMBERS) == expected
    assert inline.read_fully(content, fresh(env), NUMBERS) == expected


def test_specifications() -> None:
    for name in ("commonmark", "gfm"):
        for source in examples(name):
            check(source)


def documents(sampled: st.SearchStrategy[str], size: int) -> st.SearchStrategy[str]:
    return st.lists(sampled, max_size=size).map("".join)


@given(documents(FRAGMENTS, 30))
@settings(max_examples=300, deadline=None)
def test_generated_documents(source: str) -> None:
    check(source.replace("\r\n", "\n").replace("\0", ""))


@given(documents(INLINE, 12), st.sampled_from(ENVIRONMENTS))
@settings(max_examples=1500, deadline=None)
def test_generated_inlines(content: str, env: dict[str, Any]) -> None:
    check_inline(content.strip(), env)


@pytest.mark.slow  # 100,000 documents of each kind: some minutes
@pytest.mark.parametrize("kind", ["blocks", "inlines"])
def test_a_hundred_thousand_documents(kind: str) -> None:
    for source in random_documents(100_000, kind):
        if kind == "blocks":
            check(source)
        else:
            check_inline(source.strip(), ENVIRONMENTS[len(source) % 2])


def random_documents(count: int, kind: str) -> Iterator[str]:
    """Yield documents put together at random, with a fixed seed; Hypothesis would take an hour for as many."""
    import random

    chance = random.Random(0)
    parts: Any = (FRAGMENTS if kind == "blocks" else INLINE).elements  # type: ignore[attr-defined]
    for _ in range(count):
        yield "".join(chance.choices(parts, k=chance.randint(1, 14))).replace("\r\n", "\n").replace("\0", "")


@pytest.mark.slow  # 17 MB, read three times
@pytest.mark.skipif(not CORPORA.is_dir(), reason="../shared/corpora is not here; it holds other people's texts")
def test_corpora() -> None:
    paths = sorted(Path(CORPORA).rglob("*.md"))
    assert paths
    for path in paths:
        check(path.read_text(encoding="utf-8-sig"))


@pytest.mark.parametrize(
    "content", ["a `b` c", "**Label:** text", "see [this](http://x.y/z_(1)", "snake_case 2 * 3", "![alt](s.png)"]
)
def test_shortcut_is_taken(content: str) -> None:
    """The other tests would pass if nothing ever took the shortcut."""
    taken: Callable[..., Inline | None] = read_simple
    assert (taken(content, {}, NUMBERS) is None) == ("(1)" in content)
