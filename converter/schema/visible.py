"""Finds the part of a block's visible text that each of its Markdown lines and marks stands for."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from converter.parse import Block

LINK_TARGET = re.compile(r"\]\([^()\n]{0,2000}\)|\]\[[^\[\]]{0,200}\]|<[^<>]{0,200}>")
MARKUP_SIGN = re.compile(r"[*_`\\]")


def visible_text(markdown: str) -> str:
    """Return Markdown without marks and link targets: its letters and digits are those of the visible text."""
    return html.unescape(MARKUP_SIGN.sub("", LINK_TARGET.sub("]", markdown)))


def cut(text: str, start: int, markdown: str) -> int | None:
    """Return the end of the visible text of this Markdown, which begins at `start` of a text; None if it is not there.

    Only letters and digits are compared. Signs that follow without a space, such as a question mark, belong to it.
    """
    end = start
    for character in visible_text(markdown):
        if not character.isalnum():
            continue
        while end < len(text) and not text[end].isalnum():
            end += 1
        if end == len(text) or text[end] != character:
            return None
        end += 1
    while end < len(text) and not (text[end].isalnum() or text[end].isspace()):
        end += 1
    return end


def visible_lines(block: Block) -> Iterator[tuple[int, str, str]]:
    """Yield the line, visible text and Markdown of each line of a paragraph."""
    lines = block.markdown.split("\n")
    position: int | None = 0
    for at, markdown in enumerate(lines):
        number = min(block.line_start + at, block.line_end)
        start, is_last = position, at == len(lines) - 1
        position = None if start is None else len(block.text) if is_last else cut(block.text, start, markdown)
        text = visible_text(markdown) if start is None or position is None else block.text[start:position]
        if text.strip():
            yield number, text.strip(), markdown
