"""Code and math: their text is verbatim."""

from __future__ import annotations

import html

from markdown_it.token import Token

from converter.parse.fast.blocks import Fence
from converter.parse.languages import language_of
from converter.parse.readers.reader import Reader


def read_common_fence(reader: Reader, piece: Fence) -> None:
    """Add a fence that was read from its lines."""
    block = reader.add_common("code", piece, piece.content)
    block.info = html.unescape(piece.info.strip())
    block.language = language_of(block.info)


def read_code(reader: Reader, token: Token) -> None:
    """Add a fenced or indented code block."""
    info = html.unescape(token.info.strip()) if token.type == "fence" else None
    language = language_of(info) if info else None
    reader.add("code", token, text=token.content.removesuffix("\n"), info=info, language=language)


def read_math(reader: Reader, token: Token) -> None:
    """Add a math block."""
    reader.add("math", token, text=token.content.strip("\n"), markdown=f"$$\n{token.content.strip(chr(10))}\n$$")
