"""Inline content, read by markdown-it: its visible text, and the links and images in it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, takewhile
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from converter.parse.blocks import Image, Inline, Link
from converter.parse.content import Content
from converter.parse.heights import Heights
from converter.parse.html_tags import placeholders
from converter.parse.markdown_it.parsers import inline_parser

WHOLE = frozenset({"code_inline", "image", "math_inline"})
SPANS = {"strong_open": "strong_close", "em_open": "em_close", "link_open": "link_close"}


class LocatedState(StateInline):
    """An inline state that records where links, images and tags start; markdown-it's inline tokens have no position."""

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        """Push a token as markdown-it does; the map of a link, image or tag holds its position in the content."""
        token = super().push(ttype, tag, nesting)
        if ttype == "link_open" or ttype == "image" or ttype == "html_inline":
            token.map = [self.pos, self.pos]
        return token


def read_inline(content: str, env: dict[str, Any], lines: Sequence[int]) -> Inline:
    """Read the content of a paragraph, heading, item or cell.

    `env` holds the document's link reference definitions and footnotes; `lines` the original line of each
    line of `content`.
    """
    return read_with(inline_parser(), content, env, lines)


def read_with(md: MarkdownIt, content: str, env: dict[str, Any], lines: Sequence[int]) -> Inline:
    """Read content with an inline parser; other arguments as for `read_inline`."""
    state = LocatedState(content, md, env, [])
    md.inline.tokenize(state)
    for rule in md.inline.ruler2.getRules(""):
        rule(state)
    return _read_tokens(state.tokens, content, lines)


def _read_tokens(tokens: list[Token], content: str, lines: Sequence[int], opening: bool = True) -> Inline:
    """Return the content of the tokens; with `opening`, also the span that they open with, which is read again."""
    inner, heights = Content(), Heights()
    shown_tags = placeholders(token.content for token in tokens if token.type == "html_inline")
    whole: list[tuple[int, int]] = []  # as indexes of parts
    line = counted_end = 0

    def line_of(token: Token) -> int:
        nonlocal line, counted_end
        position = token.map[0] if token.map else 0
        line += content.count("\n", counted_end, position)  # counting from the beginning would be quadratic
        counted_end = position
        return lines[min(line, len(lines) - 1)]

    for token in tokens:
        kind = token.type
        if kind in WHOLE and not inner.is_in_link:
            whole.append((len(inner.parts), len(inner.parts) + 1))
        if kind == "text" or kind == "text_special" or kind == "code_inline":
            inner.add_text(token.content)
        elif kind == "softbreak":
            inner.add_gap(" ")
        elif kind == "hardbreak":
            inner.add_gap("\n")
        elif kind == "link_open":
            inner.open_link(Link("", str(token.attrs["href"]), _title(token), line_of(token)))
        elif kind == "link_close":
            start = inner.close_link()
            if token.info != "auto" and start is not None:
                whole.append((start, len(inner.parts)))
        elif kind == "image":
            alt = _read_tokens(token.children or [], token.content, [0], opening=False).text
            inner.add_image(Image(alt, str(token.attrs["src"]), _title(token), None, line_of(token)))
        elif kind == "math_inline":
            # The marks stay: without them TeX looks like words.
            inner.add_text(f"{token.markup}{token.content}{token.markup}")
        elif kind == "footnote_ref":
            inner.add_text(f"[^{token.meta['label']}]")
        elif kind == "html_inline" and token.content in shown_tags:
            inner.add_text(token.content)
        elif kind == "html_inline":
            heights.read(token.content, inner.parts)
            inner.add_tag(token.content, line_of(token))
    inline = inner.inline(_opening_span(tokens, content, lines) if opening else None)
    offsets = list(accumulate(map(len, inner.parts), initial=0)) if whole else [0]
    if whole and offsets[-1] == len(inline.text):
        inline.whole = [(offsets[start], offsets[end]) for start, end in whole]
    return inline


def _title(token: Token) -> str | None:
    title = token.attrs.get("title")
    return str(title) if title is not None else None


def _opening_span(tokens: list[Token], content: str, lines: Sequence[int]) -> str | None:
    """Return the text of the strong, emphasis, link or code span that the tokens open with, if any."""
    opening_index = next((index for index, token in enumerate(tokens) if token.type != "text" or token.content), None)
    if opening_index is None:
        return None
    opening = tokens[opening_index]
    if opening.type == "code_inline":
        return opening.content
    if opening.type not in SPANS:
        return None
    inner_tokens = takewhile(
        lambda token: token.type != SPANS[opening.type] or token.level != opening.level, tokens[opening_index + 1 :]
    )
    return _read_tokens(list(inner_tokens), content, lines, opening=False).text
