"""The two readings of a document, which give the same blocks: one by markdown-it alone, one with shortcuts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt

from converter.parse.blocks import Inline
from converter.parse.fast import blocks as fast_blocks
from converter.parse.fast import dispatch
from converter.parse.fast import inlines as fast_inlines
from converter.parse.markdown_it import inlines, parsers

ReadInline = Callable[[str, dict[str, Any], Sequence[int]], Inline]
"""Reads inline content with the references and notes of its document and the lines on which it stands."""


@dataclass(frozen=True, slots=True)
class Parser:
    """The functions of one way of reading.

    `read_block` reads the block that begins in a line, `read_plain` inline content without marks. Both return None for
    anything that they leave to `block_parser` and `read_inline`, which read everything.
    """

    block_parser: Callable[[], MarkdownIt]
    read_block: Callable[[Sequence[str], int], fast_blocks.CommonBlock | None]
    read_inline: ReadInline
    read_plain: Callable[[str], Inline | None]


PARSERS: Mapping[str, Parser] = {
    "fast": Parser(dispatch.block_parser, fast_blocks.common_block, fast_inlines.read_inline, fast_inlines.read_plain),
    "reference": Parser(parsers.block_parser, lambda lines, start: None, inlines.read_inline, lambda content: None),
}
"""Parsers by name. The reference serves to check the shortcuts, and to rule them out when one is suspected."""
