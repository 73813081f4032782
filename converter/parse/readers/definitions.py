"""Definition lists (Pandoc's): terms, each with one or more definitions."""

from __future__ import annotations

from markdown_it.token import Token

from converter.parse.blocks import (
    Definition,
    extend,
)
from converter.parse.readers.reader import Frame, Reader, adopt


def open_definitions(reader: Reader, token: Token) -> None:
    """Add a definition list."""
    reader.add("definition", token, source=reader.whole_source(token))
    reader.stack.append(Frame("definitions", len(reader.blocks) - 1))


def close_definitions(reader: Reader, token: Token) -> None:
    """Set the text of a definition list."""
    frame = reader.stack.pop()
    block = reader.blocks[frame.block]
    reader.allowance.take(sum(len(entry.term) for entry in block.definitions))
    block.text = "\n".join(f"{entry.term}: {entry.text}" for entry in block.definitions)


def read_term(reader: Reader, token: Token) -> None:
    """Keep a term for the definitions that follow."""
    content, start = reader.next_content()
    inline = reader.inline(content, start)
    frame = reader.stack[-1]
    frame.paragraphs = [inline]
    frame.number = reader.numbers[token.map[0]] if token.map else reader.blocks[frame.block].line_start
    adopt(reader.blocks[frame.block], inline)


def open_definition(reader: Reader, token: Token) -> None:
    """Gather the paragraphs of a definition."""
    _, end = reader.span(token)
    reader.stack.append(Frame("definition", reader.stack[-1].block, number=end, gathers=True))


def close_definition(reader: Reader, token: Token) -> None:
    """Add a definition of the last term to its list."""
    frame = reader.stack.pop()
    outer_frame = reader.stack[-1]
    text = "\n\n".join(inline.text for inline in frame.paragraphs)
    definition = Definition(outer_frame.paragraphs[0].text, text, outer_frame.number, frame.number)
    block = reader.blocks[outer_frame.block]
    block.definitions = extend(block.definitions, [definition])
