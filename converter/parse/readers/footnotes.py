"""Footnotes: their text is that of their paragraphs."""

from __future__ import annotations

from markdown_it.token import Token

from converter.parse.readers.reader import Frame, Reader


def open_footnote(reader: Reader, token: Token) -> None:
    """Add a footnote and gather its paragraphs."""
    reader.add("footnote", token, label=token.meta["label"])
    reader.stack.append(Frame("footnote", len(reader.blocks) - 1, gathers=True))


def close_footnote(reader: Reader, token: Token) -> None:
    """Set the text of a footnote from its paragraphs."""
    frame = reader.stack.pop()
    block = reader.blocks[frame.block]
    block.text = "\n\n".join(inline.text for inline in frame.paragraphs)
    block.markdown = "\n\n".join(frame.sources)
