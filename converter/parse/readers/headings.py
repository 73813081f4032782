"""Headings: ATX and setext; an attribute list at the end is not text."""

from __future__ import annotations

from markdown_it.token import Token

from converter.parse.dialects.attributes import without_attributes
from converter.parse.fast.blocks import Heading
from converter.parse.readers.reader import Reader


def read_common_heading(reader: Reader, piece: Heading) -> None:
    """Add an ATX heading that was read from its line."""
    inline = reader.inline(without_attributes(piece.content), piece.start)
    block = reader.add_common("heading", piece, inline.text, piece.content, inline)
    block.level, block.style = piece.level, "atx"


def read_heading(reader: Reader, token: Token) -> None:
    """Add an ATX or setext heading."""
    content, start = reader.next_content()
    inline = reader.inline(without_attributes(content), start)
    style = "atx" if token.markup.startswith("#") else "setext"
    block = reader.add("heading", token, text=inline.text, markdown=content, style=style)
    block.level = int(token.tag[1])
    block.links, block.images = inline.links, inline.images
