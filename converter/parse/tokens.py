"""markdown-it's block tokens -> Blocks, in one pass with a stack of open containers."""

from __future__ import annotations

import html
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from operator import attrgetter
from typing import Any

from markdown_it.token import Token

from converter.limits import Allowance
from converter.parse.attributes import language_of, without_attributes
from converter.parse.blocks import (
    CELL_BYTES,
    COPY_BYTES,
    MAXIMUM_COLUMNS,
    MAXIMUM_INLINE_LENGTH,
    Block,
    Cell,
    Definition,
    Image,
    Inline,
    Item,
    Link,
    Table,
    extend,
)
from converter.parse.content import Content
from converter.parse.dialects.alerts import cut_alert
from converter.parse.dialects.attributes import cut_attributes
from converter.parse.dialects.callouts import Callout
from converter.parse.dialects.containers import Shown
from converter.parse.dialects.fields import fields_of
from converter.parse.fast.blocks import CommonBlock, Fence, Heading, Items, Paragraph, Rows, table_cells
from converter.parse.heights import TAG as HEIGHT_TAG
from converter.parse.html_blocks import LONE_HEADING, pieces_of
from converter.parse.markdown_it.inlines import read_raised, read_raised_cell
from converter.parse.markdown_it.private import escapedSplit
from converter.parse.parsers import PARSERS, Parser, ReadInline
from converter.parse.structure import structure
from converter.problems import Problem

QUOTE_MARKS = re.compile(r"(?<![ \t])(?:[ \t]*+>)+[ \t]?")
MARKS_BEFORE = re.compile(r"\A(?:[ \t]*+>)+[ \t]?")
TASK = re.compile(r"\[[ xX]\][ \t]+(?=\S)")
# Blocks whose text is that of their children; any other block has its own text.
CONTAINERS = frozenset({"quote", "footnote"})
# Cells up to this length often repeat: up to this many per document are cached.
REPEATED_LENGTH, REPEATED_CELLS = 32, 4096

MOST_LINKED_BLOCKS = 20
"""An HTML link that does not end within this many blocks was never closed."""

INDENTATION = "    "
MINIMUM_EXPANSION = 100_000
"""Characters that link references may expand to, or the document's size if larger; cmark's limit."""

# Table rows joined at a time: as a string, each takes fifty bytes beyond its text.
JOINED_ROWS = 1024
TEXT, MARKDOWN = attrgetter("text"), attrgetter("markdown")

# From this many characters on, a document's structure is not held, but read twice if there are link references: it
# takes three times the text.
WINDOW_CHARACTERS = 1024 * 1024


def parse(
    lines: list[str],
    numbers: Sequence[int],
    problems: list[Problem],
    release: bool = False,
    allowance: Allowance | None = None,
    parser: str = "fast",
    ends: Mapping[int, int] | None = None,
) -> list[Block]:
    """Parse the lines of a document's body into blocks in reading order.

    `numbers` holds the original line number of each line. Content that cannot be read as intended is reported in
    `problems`; its text is kept. With `release`, lines may be emptied once they are read: the lines of a large document
    take half as much memory as all of its blocks. `allowance` limits how much text blocks may repeat, as cells that
    span several positions do: a table beyond it stays text. `parser` is `fast` or `reference`; see `PARSERS`. `ends`
    holds, by its number, the last line of the source that was joined to a line.

    Raises:
        TooMuchOutput: the terms of definitions or the indentation of lists exceed the allowance.
    """
    allowance = allowance or Allowance()
    reading = PARSERS[parser]
    if any("\0" in line for line in lines):
        lines = [line.replace("\0", "\ufffd") for line in lines]  # CommonMark 0.31, section 2.3
    env: dict[str, Any] = {}
    pieces: Iterable[Any]
    size = sum(map(len, lines))
    if size < WINDOW_CHARACTERS:
        pieces = list(structure(lines, env, reading))
    else:
        if any("]:" in line for line in lines):  # a definition may follow its references
            deque(structure(lines, env, reading, large=True), 0)
        pieces = structure(lines, env, reading, large=True, release=release)
    blocks = Reader(lines, numbers, env, problems, allowance, size, reading, ends).read(pieces)
    if any(block.kind == "html" for block in blocks):
        from converter.parse.html_tables import add_html_tables  # imports Python's HTML parser, which is slow

        add_html_tables(blocks, problems, allowance)
    return blocks


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
    """Reads one document's tokens. `HANDLERS` maps each type of token to its method."""

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
        """An HTML link whose text is in the blocks below, and the index of the first of them."""

    def read(self, tokens: Iterable[Any]) -> list[Block]:
        """Return the blocks of these tokens and common blocks."""
        self.tokens = iter(tokens)
        for token in self.tokens:
            handler = HANDLERS.get(token.type)
            if handler is not None:
                handler(self, token)
        return self.blocks

    # -- shared steps

    def _span(self, token: Token) -> tuple[int, int]:
        """Return the first and the last non-blank original line of a token."""
        start, end = lines_of(token)
        return self.numbers[start], self._last_line(start, end)

    def _last_line(self, start: int, end: int) -> int:
        """Return the original number of the last non-blank line before `end`, or that of `start`."""
        while end - 1 > start and not self.lines[end - 1].strip():
            end -= 1
        number = self.numbers[min(max(end - 1, start), len(self.numbers) - 1)]
        return self.ends.get(number, number)

    def _add(self, kind: str, token: Token, **fields: Any) -> Block:
        """Append a block that `token` spans, inside the innermost open container."""
        start, end = self._span(token)
        frame = self.stack[-1] if self.stack else None
        block = Block(kind, start, end, **fields)
        if frame is not None:
            block.parent, block.item = frame.block, frame.item_index
            frame.children.append(len(self.blocks))
            if frame.item is not None and frame.item.unbroken is None:
                frame.item.unbroken = len(frame.paragraphs)
        self.blocks.append(block)
        return block

    def _inline(self, content: str, start: int, read_heights: ReadInline = read_raised) -> Inline:
        """Read inline content that begins in line `start`, with `read_heights` if it holds raised or lowered signs."""
        if plain := self.parser.read_plain(content):
            return plain
        numbers = self.numbers[start : start + content.count("\n") + 1] or [self.numbers[-1]]
        if len(content) <= MAXIMUM_INLINE_LENGTH:
            read = read_heights if "<" in content and HEIGHT_TAG.search(content) else self.parser.read_inline
            inline = read(content, self.env, numbers)
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

    def _next_content(self) -> tuple[str, int]:
        """Consume the inline token after an opening token; return its content and the line in which it begins."""
        token = next(self.tokens)
        return token.content, lines_of(token)[0]

    # -- common blocks, read without tokens

    def _common_paragraph(self, piece: Paragraph) -> None:
        if LONE_HEADING.fullmatch(piece.content):
            self._html(Token("html_block", "", 0, map=[piece.start, piece.end], content=piece.content))
            return
        content, lines_cut = cut_attributes(piece.content)
        if not content:
            self._add_common("directive", piece, "", piece.content)
            return
        inline = self._inline(content, piece.start + lines_cut)
        kind = "image" if inline.image_only else "paragraph"
        block = self._add_common(kind, piece, inline.text, piece.content, inline)
        self._add_fields(block, content, piece.start + lines_cut)

    def _common_heading(self, piece: Heading) -> None:
        inline = self._inline(without_attributes(piece.content), piece.start)
        block = self._add_common("heading", piece, inline.text, piece.content, inline)
        block.level, block.style = piece.level, "atx"

    def _common_fence(self, piece: Fence) -> None:
        block = self._add_common("code", piece, piece.content)
        block.info = html.unescape(piece.info.strip())
        block.language = language_of(block.info)

    def _common_table(self, piece: Rows) -> None:
        block = self._add_common("table", piece)
        header = [self._cell(block, cell, piece.start) for cell in piece.header]
        columns = len(header)
        rows = []
        for at in range(piece.start + 2, piece.end):
            row = table_cells(self.lines[at])
            cells = [self._cell(block, cell, at) for cell in row[:columns]]
            if len(row) > columns:
                cells += self._surplus_cells(block, at, columns)
            cells += [Cell("", "")] * (columns - len(row))
            rows.append(tuple(cells))
        self._set_table(block, Table(header, rows, self.numbers[piece.start + 2 : piece.end]), piece.start, piece.end)

    def _common_list(self, piece: Items) -> None:
        block = self._add_common("list", piece)
        block.items = piece.items
        for item in piece.items:
            item.line_end = self._last_line(item.line_start, item.line_end)
            item.line_start = self.numbers[item.line_start]
        for item, start, source in piece.paragraphs:
            source = source if item.markdown else self._cut_box(item, source)
            content, lines_cut = cut_attributes(source)
            content = content or source
            inline = self._inline(content, start + lines_cut)
            if item.markdown:
                item.breaks = extend(item.breaks, [(len(item.text) + 2, self.numbers[start])])
                item.text += "\n\n" + inline.text
                item.markdown += "\n\n" + source
            else:
                item.text, item.markdown = item.task + inline.text, item.task + source
                item.span, item.whole = inline.span, inline.whole
            self._adopt(block, inline)
            self._add_fields(block, content, start + lines_cut, is_item=True)
        self._set_list_text(block)

    def _add_common(
        self, kind: str, piece: CommonBlock, text: str = "", markdown: str = "", inline: Inline | None = None
    ) -> Block:
        start = self.numbers[piece.start]
        end = start if piece.end == piece.start + 1 else self._last_line(piece.start, piece.end)
        block = Block(kind, start, end, text=text, markdown=markdown)
        if inline is not None:
            block.links, block.images = inline.links, inline.images
        self.blocks.append(block)
        return block

    # -- leaf blocks

    def _heading(self, token: Token) -> None:
        content, start = self._next_content()
        inline = self._inline(without_attributes(content), start)
        style = "atx" if token.markup.startswith("#") else "setext"
        block = self._add("heading", token, text=inline.text, markdown=content, style=style)
        block.level = int(token.tag[1])
        block.links, block.images = inline.links, inline.images

    def _paragraph(self, token: Token) -> None:
        frame = self.stack[-1] if self.stack else None
        source = self._next_source(token, frame)
        if not source:
            return
        if not (frame and frame.gathers) and LONE_HEADING.fullmatch(source):
            self._html(Token("html_block", "", 0, map=token.map, content=source))
            return
        content, lines_cut = cut_attributes(source)
        if not content and (frame is None or not frame.gathers):
            self._add("directive", token, markdown=source)
            return
        content, start = content or source, lines_of(token)[0] + lines_cut
        inline = self._inline(content, start)
        if frame is not None and frame.gathers:
            frame.paragraphs.append(inline)
            frame.sources.append(source)
            frame.starts.append(self._span(token)[0])
            if frame.kind != "footnote":
                self._adopt(self.blocks[frame.block], inline)
                if frame.item is not None:
                    self._add_fields(self.blocks[frame.block], content, start, is_item=True)
                return
        text, markdown = inline.text, source
        if frame is not None and frame.kind == "footnote" and len(frame.paragraphs) == 1:
            # Readers see the mark before the note, even where footnotes are not supported.
            mark = f"[^{self.blocks[frame.block].label}]: "
            text, markdown = mark + text, mark + markdown
        block = self._add("image" if inline.image_only else "paragraph", token, text=text, markdown=markdown)
        self._adopt(block, inline)
        self._add_fields(block, content, start)

    def _next_source(self, token: Token, frame: Frame | None) -> str:
        """Consume the inline token of a paragraph, without what goes to the item or the callout that it opens."""
        source: str = next(self.tokens).content
        if frame is not None and frame.item is not None and not frame.paragraphs:
            return self._cut_box(frame.item, source)
        if frame is not None and frame.kind == "quote" and not frame.children and (alert := cut_alert(source)):
            callout, mark, content = alert
            self._open_callout(self.blocks[frame.block], callout, mark, token)
            start = lines_of(token)[0] + source.count("\n") - content.count("\n")
            token.map = [start, max(start + 1, lines_of(token)[1])]
            return content
        return source

    def _add_fields(self, block: Block, content: str, start: int, is_item: bool = False) -> None:
        """Add the fields in a paragraph to its block as definitions."""
        if "::" in content:
            for key, value, line in fields_of(content, is_item):
                number = self.numbers[start + line]
                text = self._inline(value, start + line).text
                block.definitions = extend(block.definitions, [Definition(key, text, number, number)])

    def _cut_box(self, item: Item, content: str) -> str:
        """Move the box of a task list item (GFM, section 5.3) to `item.task`; return the remainder."""
        box = TASK.match(content)
        if box is None:
            return content
        item.task = box.group()
        return content[box.end() :]

    def _adopt(self, block: Block, inline: Inline) -> None:
        """Add the links and images of `inline` to a block."""
        if inline.links:
            block.links = extend(block.links, inline.links)
        if inline.images:
            block.images = extend(block.images, inline.images)

    def _code(self, token: Token) -> None:
        info = html.unescape(token.info.strip()) if token.type == "fence" else None
        language = language_of(info) if info else None
        self._add("code", token, text=token.content.removesuffix("\n"), info=info, language=language)

    def _html(self, token: Token) -> None:
        start, end = token.map or (0, 1)
        numbers = self.numbers[start:end]
        pieces = pieces_of(token.content, numbers)
        for piece in pieces:
            block = self._add(piece.kind, token, text=piece.text, markdown=piece.source, level=piece.level)
            block.style = "html" if piece.level else None
            if len(pieces) > 1:
                block.line_start, block.line_end = numbers[piece.first_line], numbers[piece.last_line]
            self._continue_link(block, piece.content)
            self._adopt(block, piece.content.inline())

    def _continue_link(self, block: Block, content: Content) -> None:
        """Let an HTML link that begins in one block and ends in another have the blocks between as its text."""
        if self.open_link is not None and len(self.blocks) - self.open_link[1] > MOST_LINKED_BLOCKS:
            self.open_link = None
        if content.ends_link and self.open_link is not None:
            link, start = self.open_link
            blocks = [inner for inner in self.blocks[start:-1] if inner.parent == block.parent]
            link.text = " ".join(inner.text for inner in blocks if inner.text)
            for image in [image for inner in blocks for image in inner.images]:
                image.link_url = image.link_url or link.url
            self.open_link = None
        if next_link := content.open_link_without_text:
            self.open_link = next_link, len(self.blocks)

    def _math(self, token: Token) -> None:
        self._add("math", token, text=token.content.strip("\n"), markdown=f"$$\n{token.content.strip(chr(10))}\n$$")

    def _rule(self, token: Token) -> None:
        self._add("rule", token, markdown=self.lines[token.map[0]].strip() if token.map else token.markup)

    def _link_reference(self, token: Token) -> None:
        start, end = lines_of(token)
        markdown = "\n".join(QUOTE_MARKS.sub("", line, count=1) for line in self.lines[start:end])
        self._add("link_reference", token, markdown=markdown.strip(), label=token.meta.get("label"))

    def _too_deep(self, token: Token) -> None:
        block = self._add("paragraph", token, text=token.content.strip(), markdown=token.content.strip())
        self.problems.append(
            Problem(
                "nesting", "the block is nested too deeply; it is kept as plain text", block.line_start, block.line_end
            )
        )

    # -- containers

    def _open_quote(self, token: Token) -> None:
        self._add("quote", token)
        self.stack.append(Frame("quote", len(self.blocks) - 1))

    def _callout(self, token: Token) -> None:
        block = self._add("quote", token)
        self.stack.append(Frame("quote", len(self.blocks) - 1))
        line = lines_of(token)[0]
        self._open_callout(block, token.meta["callout"], self._source(line, line + 1), token)

    def _open_callout(self, block: Block, callout: Callout, source: str, token: Token) -> None:
        """Make a quote a callout. Its title is its first paragraph; without one, the line is a directive."""
        block.callout, line = callout.kind, lines_of(token)[0]
        inline = self._inline(callout.title or callout.words, line)
        kind = "paragraph" if callout.title else "directive"
        opening = Token("", "", 0, map=[line, line + 1])
        self._adopt(self._add(kind, opening, text=inline.text, markdown=source), inline)

    def _directive(self, token: Token) -> None:
        start, end = lines_of(token)
        markdown = self._source(start, end)
        shown: Shown = token.meta["shown"]
        is_text: bool = token.meta["is_text"]
        inline = self._inline(markdown if is_text else shown.words or shown.alt, start)
        kind = "paragraph" if is_text else "image" if shown.image else "directive"
        block = self._add(kind, token, text=inline.text, markdown=markdown)
        self._adopt(block, inline)
        if is_text:
            inline = self._inline(shown.words or shown.alt, start)
        line = block.line_start
        if shown.image:
            title = inline.text if shown.words else None
            block.images = extend(
                block.images, [Image(shown.alt or inline.text, shown.image, title, shown.url or None, line)]
            )
        elif shown.url:
            block.links = extend(block.links, [Link(inline.text or shown.url, shown.url, None, line)])

    def _source(self, start: int, end: int) -> str:
        """Return lines without the marks of the quotes around them."""
        return "\n".join(MARKS_BEFORE.sub("", line, count=1) for line in self.lines[start:end]).strip()

    def _open_footnote(self, token: Token) -> None:
        self._add("footnote", token, label=token.meta["label"])
        self.stack.append(Frame("footnote", len(self.blocks) - 1, gathers=True))

    def _close_container(self, token: Token) -> None:
        """Set the text of a quote or footnote from its direct children."""
        frame = self.stack.pop()
        block = self.blocks[frame.block]
        if frame.kind == "footnote":
            block.text = "\n\n".join(inline.text for inline in frame.paragraphs)
            block.markdown = "\n\n".join(frame.sources)
            return
        children = [self.blocks[index] for index in frame.children if self.blocks[index].kind not in CONTAINERS]
        block.text = "\n\n".join(child.text for child in children if child.text)
        block.markdown = "\n\n".join(child.markdown for child in children if child.markdown)

    def _open_list(self, token: Token) -> None:
        ordered = token.type == "ordered_list_open"
        start = int(token.attrs.get("start", 1)) if ordered else 0
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.kind == "item":
            self.stack.append(
                Frame(
                    "list",
                    frame.block,
                    item_index=frame.item_index,
                    depth=frame.depth + 1,
                    ordered=ordered,
                    number=start,
                )
            )
            return
        self._add("list", token)
        self.stack.append(Frame("list", len(self.blocks) - 1, ordered=ordered, number=start))

    def _close_list(self, token: Token) -> None:
        frame = self.stack.pop()
        if frame.depth == 0:
            self._set_list_text(self.blocks[frame.block])

    def _set_list_text(self, block: Block) -> None:
        """Set the text of a list from its items."""
        self.allowance.take(sum([len(INDENTATION) * item.depth for item in block.items]))
        block.text = "\n".join([item.text for item in block.items])
        block.markdown = "\n".join([f"{INDENTATION * item.depth}{item.marker} {item.markdown}" for item in block.items])

    def _open_item(self, token: Token) -> None:
        outer_frame = self.stack[-1]
        start, end = self._span(token)
        item = Item(
            parent=outer_frame.item_index,
            depth=outer_frame.depth,
            ordered=outer_frame.ordered,
            number=outer_frame.number if outer_frame.ordered else None,
            line_start=start,
            line_end=end,
            marker=token.info + token.markup,
        )
        outer_frame.number += 1
        block = self.blocks[outer_frame.block]
        block.items = items = extend(block.items, [item])
        self.stack.append(Frame("item", outer_frame.block, item, len(items) - 1, outer_frame.depth, gathers=True))

    def _close_item(self, token: Token) -> None:
        frame = self.stack.pop()
        item = frame.item
        assert item is not None
        item.text = item.task + "\n\n".join(inline.text for inline in frame.paragraphs)
        item.markdown = item.task + "\n\n".join(frame.sources)
        if frame.paragraphs:
            item.span, item.whole = frame.paragraphs[0].span, frame.paragraphs[0].whole
        if len(frame.paragraphs) > 1:
            ends = accumulate((len(inline.text) + 2 for inline in frame.paragraphs[:-1]), initial=len(item.task))
            item.breaks = list(zip(ends, frame.starts, strict=True))[1:]

    def _open_definitions(self, token: Token) -> None:
        self._add("definition", token)
        self.stack.append(Frame("definitions", len(self.blocks) - 1))

    def _close_definitions(self, token: Token) -> None:
        frame = self.stack.pop()
        block = self.blocks[frame.block]
        self.allowance.take(sum(len(entry.term) for entry in block.definitions))
        block.text = "\n".join(f"{entry.term}: {entry.text}" for entry in block.definitions)
        block.markdown = "\n".join(frame.sources)

    def _term(self, token: Token) -> None:
        content, start = self._next_content()
        inline = self._inline(content, start)
        frame = self.stack[-1]
        frame.sources.append(content)
        frame.paragraphs = [inline]
        frame.number = self.numbers[token.map[0]] if token.map else self.blocks[frame.block].line_start
        self._adopt(self.blocks[frame.block], inline)

    def _open_definition(self, token: Token) -> None:
        _, end = self._span(token)
        self.stack.append(Frame("definition", self.stack[-1].block, number=end, gathers=True))

    def _close_definition(self, token: Token) -> None:
        frame = self.stack.pop()
        outer_frame = self.stack[-1]
        text = "\n\n".join(inline.text for inline in frame.paragraphs)
        definition = Definition(outer_frame.paragraphs[0].text, text, outer_frame.number, frame.number)
        block = self.blocks[outer_frame.block]
        block.definitions = extend(block.definitions, [definition])
        outer_frame.sources.append(": " + "\n\n".join(frame.sources))

    # -- tables

    def _table(self, token: Token) -> None:
        """Read a whole table. GFM drops the surplus cells of a row; here they are read from its line."""
        block = self._add("table", token)
        header: list[Cell] = []
        rows: list[tuple[Cell, ...]] = []
        lines: list[int] = []
        cells: list[Cell] = []
        line = 0
        for part in self.tokens:
            if part.type == "tr_open":
                cells = []
            elif part.type == "inline":
                line = part.map[0]
                cells.append(self._cell(block, part.content, line))
            elif part.type == "tr_close" and not header:
                header = cells
            elif part.type == "tr_close":
                cells += self._surplus_cells(block, line, len(header))
                rows.append(tuple(cells))
                lines.append(self.numbers[line])
            elif part.type == "table_close":
                break
        start, end = lines_of(token)
        self._set_table(block, Table(header, rows, lines), start, end)

    def _set_table(self, block: Block, table: Table, start: int, end: int) -> None:
        """Add the table of these lines to its block; if it is too large, the block becomes a paragraph."""
        if reason := refusal(table, sum(map(len, self.lines[start:end])), self.allowance):
            block.kind = "paragraph"
            block.text = block.markdown = "\n".join(
                QUOTE_MARKS.sub("", line, count=1) for line in self.lines[start:end]
            )
            self.problems.append(Problem("table_size", reason, block.line_start, block.line_end))
            return
        block.tables = [table]
        self._set_table_text(block)

    def _set_table_text(self, block: Block) -> None:
        """Set the text of a table from its rows."""
        rows = [block.tables[0].header, *block.tables[0].rows]
        chunks = [rows[at : at + JOINED_ROWS] for at in range(0, len(rows), JOINED_ROWS)]
        text, markdown = (
            "\n".join(["\n".join([" | ".join(map(attribute, row)) for row in chunk]) for chunk in chunks])
            for attribute in (TEXT, MARKDOWN)
        )
        block.text, block.markdown = text, text if markdown == text else markdown

    def _cell(self, block: Block, content: str, line: int) -> Cell:
        """Return a cell; short content that the document's tables repeat shares one cell."""
        if shared_cell := self.cells.get(content):
            return shared_cell
        inline = self._inline(content, line, read_raised_cell)
        cell = Cell(content if inline.text == content else inline.text, content)
        if inline.links or inline.images:
            self._adopt(block, inline)
        elif len(content) <= REPEATED_LENGTH and len(self.cells) < REPEATED_CELLS:
            self.cells[content] = cell
        return cell

    def _surplus_cells(self, block: Block, index: int, columns: int) -> list[Cell]:
        """Return the cells of a row's line beyond the header's columns, and report them."""
        line = self.lines[index]
        if line.count("|") < columns:
            return []
        if self.stack:
            line = QUOTE_MARKS.sub("", line, count=1)
        parts = escapedSplit(line.strip())
        if parts and parts[0] == "":
            parts.pop(0)
        if parts and parts[-1] == "":
            parts.pop()
        surplus = [part.strip() for part in parts[columns:]]
        if not surplus:
            return []
        number = self.numbers[index]
        self.problems.append(
            Problem(
                "ragged_row",
                f"the row has {len(parts)} cells, the header {columns}; the surplus cells are kept",
                number,
                number,
                raw=line,
            )
        )
        return [self._cell(block, part, index) for part in surplus]


def lines_of(token: Token) -> tuple[int, int]:
    """Return the first line of a token, and the line after its last."""
    start, end = token.map or (0, 1)
    return start, end


def refusal(table: Table, characters: int, allowance: Allowance) -> str | None:
    """Return why a table of this many characters is too large; None if the allowance affords it."""
    columns = max(map(len, table.rows), default=0)
    if max(columns, len(table.header)) > MAXIMUM_COLUMNS:
        return f"a row of the table has over {MAXIMUM_COLUMNS:,} cells, the limit; the table is kept as text; split it"
    cells = sum(map(len, table.rows))
    if not allowance.affords(CELL_BYTES * cells + COPY_BYTES * max(0, cells - characters)):
        return too_many_cells(allowance)
    return None


def too_many_cells(allowance: Allowance) -> str:
    """Return the message for a table whose cells exceed the allowance."""
    return (
        f"the cells of the tables up to here, spans included, would take over {allowance.output_bytes:.0f} bytes, "
        "the limit for this document; the table is kept as text; raise `maximum_output_bytes` or split the document"
    )


HANDLERS: dict[str, Callable[[Reader, Any], None]] = {
    "common_paragraph": Reader._common_paragraph,
    "common_heading": Reader._common_heading,
    "common_fence": Reader._common_fence,
    "common_table": Reader._common_table,
    "common_list": Reader._common_list,
    "heading_open": Reader._heading,
    "paragraph_open": Reader._paragraph,
    "fence": Reader._code,
    "code_block": Reader._code,
    "html_block": Reader._html,
    "math_block": Reader._math,
    "hr": Reader._rule,
    "definition": Reader._link_reference,
    "too_deep": Reader._too_deep,
    "directive": Reader._directive,
    "callout_open": Reader._callout,
    "callout_close": Reader._close_container,
    "blockquote_open": Reader._open_quote,
    "blockquote_close": Reader._close_container,
    "footnote_reference_open": Reader._open_footnote,
    "footnote_reference_close": Reader._close_container,
    "bullet_list_open": Reader._open_list,
    "ordered_list_open": Reader._open_list,
    "bullet_list_close": Reader._close_list,
    "ordered_list_close": Reader._close_list,
    "list_item_open": Reader._open_item,
    "list_item_close": Reader._close_item,
    "dl_open": Reader._open_definitions,
    "dl_close": Reader._close_definitions,
    "dt_open": Reader._term,
    "dd_open": Reader._open_definition,
    "dd_close": Reader._close_definition,
    "table_open": Reader._table,
}
