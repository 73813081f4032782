"""HTML blocks: their pieces, and links that begin in one block and end in another."""

from __future__ import annotations

from markdown_it.token import Token

from converter.parse.blocks import (
    Block,
)
from converter.parse.content import Content
from converter.parse.html_blocks import pieces_of
from converter.parse.readers.reader import Reader, adopt

MOST_LINKED_BLOCKS = 20
"""An HTML link without an end within this many blocks was never closed."""


def read_html(reader: Reader, token: Token) -> None:
    """Add the pieces of an HTML block."""
    start, end = token.map or (0, 1)
    numbers = reader.numbers[start:end]
    pieces = pieces_of(token.content, numbers)
    for piece in pieces:
        block = reader.add(piece.kind, token, text=piece.text, markdown=piece.source, level=piece.level)
        block.style = "html" if piece.level else None
        if len(pieces) > 1:
            block.line_start, block.line_end = numbers[piece.first_line], numbers[piece.last_line]
        _continue_link(reader, block, piece.content)
        adopt(block, piece.content.inline())


def _continue_link(reader: Reader, block: Block, content: Content) -> None:
    """Give an HTML link that begins in one block and ends in another the text of the blocks in between."""
    if reader.open_link is not None and len(reader.blocks) - reader.open_link[1] > MOST_LINKED_BLOCKS:
        reader.open_link = None
    if content.ends_link and reader.open_link is not None:
        link, start = reader.open_link
        blocks = [inner for inner in reader.blocks[start:-1] if inner.parent == block.parent]
        link.text = " ".join(inner.text for inner in blocks if inner.text)
        for image in [image for inner in blocks for image in inner.images]:
            image.link_url = image.link_url or link.url
        reader.open_link = None
    if next_link := content.open_link_without_text:
        reader.open_link = next_link, len(reader.blocks)
