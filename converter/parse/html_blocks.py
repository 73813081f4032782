"""HTML blocks: their visible text, links and images, and the headings that stand in them.

A heading element is a piece of its own, and so is the HTML above and below it. An image alone in its block is an image,
as in Markdown. White space is shown as in browsers.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from converter.expressions import expression
from converter.parse.content import Content
from converter.parse.heights import Heights
from converter.parse.html_tags import BREAK, INVISIBLE_ELEMENTS, tag_name
from converter.parse.markdown_it.tags import is_html_block

# No quoted value of a tag holds `<` here, so that a tag whose quotes never close is read in linear time.
TOKEN = expression(
    r"<!--(?:.*?-->|.*)"
    rf"|<(?P<element>{'|'.join(INVISIBLE_ELEMENTS)})(?=[\s/>])(?:.*?</(?P=element)\s*+>|.*)"
    r"|<\?(?:.*?\?>|.*)|<![A-Za-z\[][^>]*+>?"
    r"""|(?P<tag></?[A-Za-z](?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+>|</?[A-Za-z][^<>]*+>)"""
    r"|(?P<text>[^<]++|<)",
    re.DOTALL | re.IGNORECASE,
)
WHITE_SPACE = " \t\n\r\f"
"""White space of HTML; a no-break space does not belong to it."""
WHITE_SPACES = re.compile(f"[{WHITE_SPACE}]+")
HEADING = re.compile(r"h[1-6]")
HEADING_TAG = re.compile(r"<(/?)h[1-6](?=[\s/>])", re.IGNORECASE)
LONE_HEADING = expression(
    r"(?:<(?!h[1-6])[^<>]*+>\s*+)++<h[1-6](?:\s[^<>]*+)?>(?:[^<]|<(?!/?h[1-6]))*+</h[1-6]\s*+>\s*+(?:<[^<>]*+>\s*+)*+",
    re.IGNORECASE,
)
"""A paragraph of nothing but tags and a heading, as in `<a name="use"></a><h2>Use</h2>`."""
LONE_IMAGE = re.compile(r"\s*+(?:<a\s[^<>]*+>\s*+<img\s[^<>]*+>\s*+</a>|<img\s[^<>]*+>)\s*+", re.IGNORECASE)
ENCLOSING = frozenset({"table", "ul", "ol", "dl", "blockquote"})
"""Elements that keep their headings, as lists and quotes do in Markdown."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a block: its `kind` is heading, image or html. Its lines count from the block's first one, 0."""

    kind: str
    source: str
    first_line: int
    last_line: int
    level: int
    text: str
    content: Content


def pieces_of(source: str, numbers: Sequence[int]) -> list[Piece]:
    """Return the pieces of an HTML block; `numbers` holds the original number of each of its lines."""
    return HtmlReader(source, numbers).read()


def html_text(source: str) -> str:
    """Return the visible text of raw HTML."""
    pieces = pieces_of(source, range(source.count("\n") + 1))
    return "\n\n".join(piece.text for piece in pieces if piece.text)


class HtmlReader:
    """Reads an HTML block from its start to its end."""

    def __init__(self, source: str, numbers: Sequence[int]) -> None:
        self.source = source
        self.numbers = numbers
        self.pieces: list[Piece] = []
        self.content, self.heights = Content(), Heights()
        self.start = self.start_line = self.level = self.enclosing = self.verbatim = 0
        self._line = self._counted_end = 0

    def read(self) -> list[Piece]:
        """Return the pieces."""
        for token in TOKEN.finditer(self.source):
            if token["tag"]:
                self._add_tag(token)
            elif token["text"]:
                self._add_text(token["text"])
        self._cut(len(self.source))
        return self.pieces

    def _add_text(self, text: str) -> None:
        if not self.verbatim:
            text = WHITE_SPACES.sub(" ", text)
            if text[0] == " " and self.content.ends_word:
                text = text[1:]
        if text:
            self.content.add_text(html.unescape(text))

    def _add_tag(self, token: re.Match[str]) -> None:
        name = tag_name(token[0])
        change = -1 if name[0] == "/" else 1
        element = name.removeprefix("/")
        if element in ENCLOSING:
            self.enclosing = max(0, self.enclosing + change)
        elif element == "pre":
            self.verbatim = max(0, self.verbatim + change)
        elif HEADING.fullmatch(element) and change > 0 and self._opens_heading(token.end()):
            self._cut(token.start(), self.content.begin())
            self.level = int(element[1])
        self.heights.read(token[0], self.content.parts)
        if element == "br":
            self.content.add_gap(BREAK)
        else:
            self.content.add_tag(token[0], self.numbers[min(self._line_at(token.start()), len(self.numbers) - 1)])
        if self.level and change < 0 and HEADING.fullmatch(element):
            self._cut(token.end())

    def _opens_heading(self, position: int) -> bool:
        """Whether a heading may begin here, and closes before another one opens."""
        next_tag = None if self.level or self.enclosing else HEADING_TAG.search(self.source, position)
        return next_tag is not None and next_tag[1] == "/"

    def _line_at(self, position: int) -> int:
        self._line += self.source.count("\n", self._counted_end, position)
        self._counted_end = position
        return self._line

    def _cut(self, end: int, next_content: Content | None = None) -> None:
        """End the current piece, if it holds anything."""
        source, line = self.source[self.start : end], self.start_line
        if source.strip():
            first_line = line + source.count("\n", 0, len(source) - len(source.lstrip(WHITE_SPACE)))
            last_line = line + source.rstrip(WHITE_SPACE).count("\n")
            piece = source.rstrip(WHITE_SPACE).lstrip("\n")
            is_image = not self.level and LONE_IMAGE.fullmatch(piece) and bool(self.content.images)
            text = self.content.title if self.level else self.content.text.strip(None if is_image else " \n")
            level = self.level if text else 0
            kind = "heading" if level else "image" if is_image else "html"
            if kind == "html" and not is_html_block(piece):
                piece = f"<p>{piece.lstrip(WHITE_SPACE)}"  # alone, it would be a paragraph, a list or code in part
            self.pieces.append(Piece(kind, piece, first_line, last_line, level, text, self.content))
        self.content, self.heights, self.level = next_content or Content(), Heights(), 0
        self.start, self.start_line = end, line + source.count("\n")
