"""Lines that hold no text of their own: rules, link reference definitions, and what a site generator reads."""

from __future__ import annotations

from markdown_it.token import Token

from converter.parse.blocks import (
    Image,
    Link,
    extend,
)
from converter.parse.dialects.containers import DirectiveContent
from converter.parse.fast.blocks import Definition
from converter.parse.readers.reader import BLANKS, Reader, adopt, lines_of


def read_rule(reader: Reader, token: Token) -> None:
    """Add a thematic break."""
    reader.add("rule", token, markdown=reader.lines[token.map[0]].strip() if token.map else token.markup)


def read_link_reference(reader: Reader, token: Token) -> None:
    """Add a link reference definition."""
    markdown = reader.source(*lines_of(token))
    markdown = markdown[markdown.find("[") :]  # without the mark of the item that it stands in
    reader.add("link_reference", token, markdown=markdown, label=token.meta.get("label"))


def read_common_definition(reader: Reader, piece: Definition) -> None:
    """Add a link reference definition that was read from its line."""
    block = reader.add_common("link_reference", piece, markdown=reader.lines[piece.start].strip(BLANKS))
    block.label = piece.label


def read_directive(reader: Reader, token: Token) -> None:
    """Add lines that a site generator reads, with the image or link that they show."""
    start, end = lines_of(token)
    markdown = reader.source(start, end)
    shown: DirectiveContent = token.meta["shown"]
    is_text: bool = token.meta["is_text"]
    inline = reader.inline(markdown if is_text else shown.words or shown.alt, start)
    kind = "paragraph" if is_text else "image" if shown.image else "directive"
    block = reader.add(kind, token, text=inline.text, markdown=markdown)
    adopt(block, inline)
    if is_text:
        inline = reader.inline(shown.words or shown.alt, start)
    line = block.line_start
    if shown.image:
        title = inline.text if shown.words else None
        block.images = extend(
            block.images, [Image(shown.alt or inline.text, shown.image, title, shown.url or None, line)]
        )
    elif shown.url:
        block.links = extend(block.links, [Link(inline.text or shown.url, shown.url, None, line)])
