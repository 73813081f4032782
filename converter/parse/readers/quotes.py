"""Quotes and callouts. The text of a quote is that of the blocks directly in it."""

from __future__ import annotations

from markdown_it.token import Token

from converter.parse.blocks import (
    CONTAINERS,
    Block,
)
from converter.parse.dialects.callouts import Callout
from converter.parse.readers.reader import Frame, Reader, adopt, lines_of


def open_quote(reader: Reader, token: Token) -> None:
    """Add a quote."""
    reader.add("quote", token)
    reader.stack.append(Frame("quote", len(reader.blocks) - 1))


def open_fenced_callout(reader: Reader, token: Token) -> None:
    """Add a callout that a fence, a shortcode or a component opens."""
    block = reader.add("quote", token, source=reader.whole_source(token))
    reader.stack.append(Frame("quote", len(reader.blocks) - 1))
    line = lines_of(token)[0]
    open_callout(reader, block, token.meta["callout"], reader.source(line, line + 1), token)


def open_callout(reader: Reader, block: Block, callout: Callout, source: str, token: Token) -> None:
    """Make a quote a callout. Its title is its first paragraph; without one, the line is a directive."""
    block.callout, line = callout.kind, lines_of(token)[0]
    inline = reader.inline(callout.title or callout.words, line)
    kind = "paragraph" if callout.title else "directive"
    opening = Token("", "", 0, map=[line, line + 1])
    adopt(reader.add(kind, opening, text=inline.text, markdown=source), inline)


def close_quote(reader: Reader, token: Token) -> None:
    """Set the text of a quote from its direct children."""
    frame = reader.stack.pop()
    block = reader.blocks[frame.block]
    children = [reader.blocks[index] for index in frame.children if reader.blocks[index].kind not in CONTAINERS]
    block.text = "\n\n".join(child.text for child in children if child.text)
