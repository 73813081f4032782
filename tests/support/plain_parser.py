"""markdown-it-py and its plugins as they come, without shortcuts: what both parsers are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any
from unittest.mock import patch

from markdown_it import MarkdownIt

from converter.parse import PARSERS
from converter.parse.blocks import Inline
from converter.parse.fast.dispatch import inline_parser
from converter.parse.fast.inlines import may_hold_autolink
from converter.parse.markdown_it import parsers
from converter.parse.markdown_it.inlines import read_with
from converter.parse.parsers import Parser

NUMBERS = list(range(1, 1000))
ENVIRONMENTS: tuple[dict[str, Any], ...] = (
    {},
    {"references": {"R": {"href": "/r", "title": "", "map": [0, 1]}}, "footnotes": {"refs": {":n": -1}, "list": {}}},
)


@cache
def plain_parsers() -> tuple[MarkdownIt, MarkdownIt]:
    """Return a block and an inline parser with the rules of markdown-it and its plugins alone."""
    with patch.object(parsers, "LINEAR_RULES", {}):
        return parsers.make_block_parser(), parsers.make_inline_parser()


def read_unchanged(content: str, env: dict[str, Any], numbers: Sequence[int]) -> Inline:
    """Read inline content with the rules of markdown-it and its plugins alone."""
    return read_with(plain_parsers()[1], content, env, numbers)


UNCHANGED = Parser(lambda: plain_parsers()[0], lambda lines, start: None, read_unchanged, lambda content: None)


def fresh(env: dict[str, Any]) -> dict[str, Any]:
    """Return a copy: reading footnote references counts them in `env`."""
    return {name: {key: dict(value) for key, value in part.items()} if name == "footnotes" else part
            for name, part in env.items()}  # fmt: skip


def check_inline(content: str, env: dict[str, Any]) -> None:
    expected = read_unchanged(content, fresh(env), NUMBERS)
    for parser in PARSERS.values():
        assert parser.read_inline(content, fresh(env), NUMBERS) == expected
        assert parser.read_plain(content) in (None, expected)
    for autolinks in (True, *([False] if not may_hold_autolink(content) else [])):
        assert read_with(inline_parser(autolinks), content, fresh(env), NUMBERS) == expected
