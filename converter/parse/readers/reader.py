"""The state of a reading, and the steps that all kinds of blocks share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from textwrap import dedent
from typing import Any

from markdown_it.token import Token

from converter.limits import Allowance
from converter.parse.blocks import (
    MAXIMUM_INLINE_LENGTH,
    Block,
    Cell,
    Image,
    Inline,
    Item,
    Link,
    extend,
)
from converter.parse.fast.blocks import CommonBlock
from converter.parse.parsers import Parser
from converter.problems import Problem

QUOTE_MARKS = re.compile(r"\A(?:[ \t]*+>)+[ \t]?")
BLANKS = " \t\n"
"""White space in lines of Markdown; a no-break space does not belong to it."""
MINIMUM_EXPANSION = 100_000
"""Characters that link references may expand to, or the document's size if larger; cmark's limit."""


@dataclass(slots=True)
class Frame:
    """An open container. If it `gathers` its own text, paragraphs directly inside it go to `paragraphs`, their sources
    to `sources` and their lines to `starts`."""

    kind: str
    block: int
    item: Item | None = None
    item_index: int | None = None
    depth: int = 0
    ordered: bool = False
    number: int = 0
    gathers: bool = False
    paragraphs: list[Inline] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    children: list[int] = field(default_factory=list)


class Reader:
    """Reads the tokens and common blocks of one document."""

    def __init__(
        self,
        lines: list[str],
        numbers: Sequence[int],
        env: dict[str, Any],
        problems: list[Problem],
        allowance: Allowance,
        size: int,
        parser: Parser,
        ends: Mapping[int, int] | None = None,
    ) -> None:
        self.lines = lines
        self.numbers = numbers
        self.ends = ends or {}
        self.env = env
        self.problems = problems
        self.allowance = allowance
        self.expansion = Allowance(None, max(size, MINIMUM_EXPANSION))
        self.parser = parser
        self.blocks: list[Block] = []
        self.cells: dict[str, Cell] = {}
        self.stack: list[Frame] = []
        self.tokens: Iterator[Any] = iter(())
        self.open_link: tuple[Link, int] | None = None
        """An HTML link whose text is in later blocks, and the index of the first of those blocks."""

    def read(self, tokens: Iterable[Any], handlers: Mapping[str, Handler]) -> list[Block]:
        """Return the blocks of these tokens and common blocks; `handlers` has the function for each type of them."""
        self.tokens = iter(tokens)
        for token in self.tokens:
            handler = handlers.get(token.type)
            if handler is not None:
                handler(self, token)
        return self.blocks

    def span(self, token: Token) -> tuple[int, int]:
        """Return the first and the last non-blank original line of a token."""
        start, end = lines_of(token)
        return self.numbers[start], self.last_line(start, end)

    def last_line(self, start: int, end: int) -> int:
        """Return the original number of the last non-blank line before `end`, or that of `start`."""
        while end - 1 > start and not self.lines[end - 1].strip():
            end -= 1
        number = self.numbers[min(max(end - 1, start), len(self.numbers) - 1)]
        return self.ends.get(number, number)

    def add(self, kind: str, token: Token, **fields: Any) -> Block:
        """Append a block that `token` spans, inside the innermost open container."""
        start, end = self.span(token)
        frame = self.stack[-1] if self.stack else None
        block = Block(kind, start, end, **fields)
        if frame is not None:
            block.parent, block.item = frame.block, frame.item_index
            frame.children.append(len(self.blocks))
            if frame.item is not None and frame.item.unbroken is None:
                frame.item.unbroken = len(frame.paragraphs)
        self.blocks.append(block)
        return block

    def inline(self, content: str, start: int) -> Inline:
        """Read inline content that begins in line `start`."""
        if plain := self.parser.read_plain(content):
            return plain
        numbers = self.numbers[start : start + content.count("\n") + 1] or [self.numbers[-1]]
        if len(content) <= MAXIMUM_INLINE_LENGTH:
            inline = self.parser.read_inline(content, self.env, numbers)
            if "`" not in content:  # a mark at either end may hold white space; in code it counts
                inline.text = inline.text.strip(" \n")
                inline.span = inline.span and inline.span.lstrip(" \n")
            if (inline.links or inline.images) and "references" in self.env:
                self._bound_references(inline)
            return inline
        self.problems.append(
            Problem(
                "long_inline",
                f"{len(content)} characters without a break; inline marks are read only up to "
                f"{MAXIMUM_INLINE_LENGTH} characters, so the content is kept as plain text",
                numbers[0],
                numbers[-1],
            )
        )
        return Inline(content)

    def _bound_references(self, inline: Inline) -> None:
        """Drop the links and images whose addresses exceed the document's expansion limit."""
        inline.links = [link for link in inline.links if self._is_affordable(link, link.title, link.url)] or ()
        inline.images = [
            image for image in inline.images if self._is_affordable(image, image.title, image.url, image.link_url)
        ] or ()

    def _is_affordable(self, mark: Link | Image, title: str | None, *urls: str | None) -> bool:
        """Whether a link or image is within the expansion limit; addresses not from a definition always are."""
        defined_urls = [url for url in urls if url in self.targets]
        if not defined_urls or self.expansion.affords(len(title or "") + sum(map(len, defined_urls))):
            return True
        if self.expansion.output_bytes:
            message = (
                f"link definitions are used so often that they expand to over {self.expansion.output_bytes} "
                "characters, the limit for this document; from here on, links that use definitions are kept as text; "
                "split the document"
            )
            self.problems.append(Problem("reference_size", message, mark.line, mark.line))
            self.expansion = Allowance(None, 0)  # once the limit is exceeded, shorter addresses are text too
        return False

    @cached_property
    def targets(self) -> frozenset[str]:
        """The addresses of all link reference definitions."""
        return frozenset(reference["href"] for reference in self.env["references"].values())

    def next_content(self) -> tuple[str, int]:
        """Consume the inline token after an opening token; return its content and the line in which it begins."""
        token = next(self.tokens)
        return token.content, lines_of(token)[0]

    def add_common(
        self, kind: str, piece: CommonBlock, text: str = "", markdown: str = "", inline: Inline | None = None
    ) -> Block:
        """Append a common block, which stands in no container."""
        start = self.numbers[piece.start]
        block = Block(kind, start, self.last_line(piece.start, piece.end), text=text, markdown=markdown)
        if inline is not None:
            block.links, block.images = inline.links, inline.images
        self.blocks.append(block)
        return block

    def whole_source(self, token: Token) -> str:
        """Return the lines of a token, without the marks and the indentation of the containers around it."""
        start, end = lines_of(token)
        if not self.stack:
            return "\n".join(self.lines[start:end]).rstrip(BLANKS)
        first_line, _, rest = self.source(start, end).partition("\n")
        return f"{first_line}\n{dedent(rest)}".rstrip(BLANKS)

    def source(self, start: int, end: int) -> str:
        """Return lines without the marks of the quotes around them."""
        return "\n".join(QUOTE_MARKS.sub("", line, count=1) for line in self.lines[start:end]).strip(BLANKS)


def adopt(block: Block, inline: Inline) -> None:
    """Add the links and images of `inline` to a block."""
    if inline.links:
        block.links = extend(block.links, inline.links)
    if inline.images:
        block.images = extend(block.images, inline.images)


def lines_of(token: Token) -> tuple[int, int]:
    """Return the first line of a token, and the line after its last."""
    start, end = token.map or (0, 1)
    return start, end


Handler = Callable[[Reader, Any], None]
"""Reads a token or common block, and the tokens that belong to it, into blocks."""
