"""What sites and note-takers add to Markdown leaves CommonMark and GFM as they are."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.parse import PARSERS, Block, parse
from converter.parse.dialects.marks import mark_of, pairs_of
from converter.parse.markdown_it import parsers
from converter.parse.parsers import Parser
from tests.specification import examples


def read(text: str, parser: str = "reference") -> list[Block]:
    lines = text.split("\n")
    return parse(lines, range(1, len(lines) + 1), [], parser=parser)


def plain_parser() -> Parser:
    """Return the reference without any rule of a dialect."""
    with patch.object(parsers, "BLOCK_DIALECTS", {}), patch.object(parsers, "INLINE_DIALECTS", {}):
        block_parser, inline_parser = parsers.make_block_parser(), parsers.make_inline_parser()
    reference = PARSERS["reference"]
    from converter.parse.markdown_it.inlines import read_with

    return Parser(
        lambda: block_parser,
        reference.read_block,
        lambda content, env, lines: read_with(inline_parser, content, env, lines),
        reference.read_plain,
    )


@pytest.mark.parametrize("name", ["commonmark", "gfm"])
def test_the_specifications_read_as_without_dialects(name: str) -> None:
    plain = {"plain": plain_parser()}
    for source in examples(name):
        with patch.dict("converter.parse.tokens.PARSERS", plain):
            expected = read(source, "plain")
        assert read(source) == expected, source
