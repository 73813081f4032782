"""Blocks -> Markdown that stands by itself: joined by blank lines, the top-level blocks are the document again."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from operator import attrgetter

from converter.expressions import expression
from converter.limits import Allowance
from converter.parse import Block, Item, Table
from converter.parse.blocks import Cell, join_lines
from converter.parse.dialects.marks import mark_of
from converter.parse.html_blocks import LONE_IMAGE
from converter.parse.markdown_it.tags import starts_html_block

FENCES = re.compile("`{3,}|~{3,}")
LINE_BREAK = re.compile(r"\n(?!\n|\Z)")
LAZY_MARK = re.compile(
    r"\n[ ]{0,3}(?:(?=[-+*][ \t]++\S|-++[ \t]*+$|=++[ \t]*+$|>|\#{1,6}(?:\s|$)|`{3}|~{3})|1(?=[.)]\s))", re.MULTILINE
)
"""Signs in a continuation line of a paragraph that start no block where they are, because the line lies outside the
paragraph's container or far to the right, but would start one inside it."""
BLOCK_MARK = expression(
    r"[-+*](?=[ \t]|$)|>|\#{1,6}(?=[ \t]|$)|\d{1,9}(?=[.)](?:[ \t]|$))|~{3}|`{3}(?!.*`|\{)"
    r"|([-_*])(?:[ \t]*+\1){2}(?:[ \t]|\1)*+$",
    re.MULTILINE,
)
"""Signs at the start of a paragraph that start no block, because white space that CommonMark does not strip precedes
them."""
MARK_STARTS = tuple("-+*>#~`_0123456789")
"""The first characters of these signs."""
NO_BREAK_SPACE = "\xa0"
"""White space that keeps a paragraph that begins like another block from being one, where no escape does. It was in the
source, and reading strips it."""
NOTE = expression(r"\[\^[^\s\]]++\]:")
"""The start of a footnote."""
BAR = "\\|"
PARAGRAPH, BLOCK, ITEM = range(3)
"""The kinds of parts of a list item, in the order in which parts on the same line are read."""


@dataclass(slots=True)
class Part:
    """A part of a list item: a paragraph, or the block or nested item at `index`."""

    line: int
    kind: int
    index: int = 0
    text: str = ""
    markdown: str = ""


@dataclass(slots=True)
class Tree:
    """A top-level block with its content: `start` is its index, `end` the index after its last inner block.

    `inner` holds the indexes of the blocks directly in each block, `markdown` each block's Markdown; for each list,
    `parts` holds the content of each item, and `items` its Markdown.
    """

    blocks: Sequence[Block]
    start: int
    end: int
    allowance: Allowance
    inner: dict[int, list[int]] = field(default_factory=dict)
    markdown: dict[int, str] = field(default_factory=dict)
    parts: dict[int, list[list[Part]]] = field(default_factory=dict)
    items: dict[int, list[str]] = field(default_factory=dict)


def block_markdown(blocks: Sequence[Block], allowance: Allowance) -> Iterator[str]:
    """Yield the Markdown of each block; one top-level block at a time is in memory.

    Raises:
        TooMuchOutput: the indentation of nested items exceeds the allowance.
    """
    leaf = Tree(blocks, 0, 0, allowance)  # blocks that hold no others: a tree takes longer to make than to write
    for start, end in _spans(blocks):
        kind = blocks[start].kind
        if end == start + 1 and kind != "list":
            yield WRITERS.get(kind, _source)(leaf, start)
        else:
            tree = _tree(blocks, start, end, allowance)
            yield from (tree.markdown[index] for index in range(start, end))


def trees(blocks: Sequence[Block], allowance: Allowance) -> Iterator[Tree]:
    """Yield the top-level blocks, each with its content.

    Raises:
        TooMuchOutput: the indentation of nested items exceeds the allowance.
    """
    return (_tree(blocks, start, end, allowance) for start, end in _spans(blocks))


def _spans(blocks: Sequence[Block]) -> Iterator[tuple[int, int]]:
    """Yield the index of each top-level block, and the index after its last inner block."""
    starts = [index for index, block in enumerate(blocks) if block.parent is None]
    return pairwise([*starts, len(blocks)])


def _tree(blocks: Sequence[Block], start: int, end: int, allowance: Allowance) -> Tree:
    tree = Tree(blocks, start, end, allowance)
    for index in range(start + 1, end):
        parent = blocks[index].parent
        assert parent is not None
        tree.inner.setdefault(parent, []).append(index)
    for index in reversed(range(start, end)):
        tree.markdown[index] = WRITERS.get(blocks[index].kind, _source)(tree, index)
    return tree


def indent(text: str, indentation: str) -> str:
    """Return a text with its lines indented, except for the first one and blank ones."""
    return LINE_BREAK.sub("\n" + indentation, text)


def inside(paragraph: str) -> str:
    """Return the source of a paragraph for a line inside a container, with an escape before signs that would start a
    block."""
    return LAZY_MARK.sub(r"\g<0>\\", paragraph) if "\n" in paragraph else paragraph


def as_paragraph(markdown: str) -> str:
    """Return the source of a paragraph, with an escape or a space before a sign at its start that would start another
    block."""
    if markdown.startswith(MARK_STARTS) and (mark := BLOCK_MARK.match(markdown)):
        at = mark.end() if mark[0].isdigit() else 0
        return f"{markdown[:at]}\\{markdown[at:]}"
    if markdown.startswith("<") and starts_html_block(markdown.partition("\n")[0]):
        return f"{NO_BREAK_SPACE}{markdown}"
    if markdown.startswith("[^") and NOTE.match(markdown):
        return f"{NO_BREAK_SPACE}{markdown}"
    return markdown


def quote(text: str) -> str:
    """Return a text as a quote."""
    return "\n".join([f"> {line}" if line else ">" for line in text.split("\n")])


def fence(block: Block) -> tuple[str, str]:
    """Return the opening and the closing line of a code block, which are not part of its code."""
    info = block.info or ""
    if "&" in info and html.unescape(info) != info:
        info = info.replace("&", "&amp;")
    if info.startswith("{") and mark_of(f"```{info}", mdx=False) is not None:  # closed, it would be a directive
        info = info.replace("{", "&#123;", 1)
    mark = "~" if "`" in info else "`"
    longest = max((len(run) for run in FENCES.findall(block.text) if run[0] == mark), default=2)
    return mark * (longest + 1) + info, mark * (longest + 1)


def table_row(cells: Sequence[Cell]) -> str:
    """Return a row of a table."""
    return f"| {' | '.join([cell.markdown.replace('|', BAR) for cell in cells])} |"


def table_head(table: Table) -> str:
    """Return the header of a table and its delimiter row."""
    cells = [cell.strip() for cell in table.delimiter.split("|") if cell.strip()]
    return f"{table_row(table.header)}\n|{'|'.join(cells)}|"


def _heading(tree: Tree, index: int) -> str:
    block = tree.blocks[index]
    if block.style == "html":
        return block.markdown
    if block.style == "setext":
        return f"{as_paragraph(block.markdown) or NO_BREAK_SPACE}\n{'===' if block.level == 1 else '---'}"
    marks = "#" * block.level
    closing = f" {marks}" if block.markdown.endswith("#") else ""
    return f"{marks} {block.markdown}{closing}".rstrip()


def _code(tree: Tree, index: int) -> str:
    opening, closing = fence(tree.blocks[index])
    code = tree.blocks[index].text
    return f"{opening}\n{code}\n{closing}" if code else f"{opening}\n{closing}"


def _table(tree: Tree, index: int) -> str:
    table = tree.blocks[index].tables[0]
    return join_lines(chain([table_head(table)], map(table_row, table.rows)))


def _quote(tree: Tree, index: int) -> str:
    if source := tree.blocks[index].source:
        return source
    return quote("\n\n".join([tree.markdown[inner] for inner in tree.inner.get(index, ())]))


def _footnote(tree: Tree, index: int) -> str:
    mark = f"[^{tree.blocks[index].label}]:"
    parts = [tree.markdown[inner] for inner in tree.inner.get(index, ())]
    if not parts or not parts[0].startswith(mark):
        parts.insert(0, mark)
    return indent("\n\n".join(parts), " " * 4)


def _list(tree: Tree, index: int) -> str:
    items = tree.blocks[index].items
    parts = tree.parts[index] = item_parts(tree, index)
    markdown = tree.items[index] = [""] * len(items)
    for at in reversed(range(len(items))):
        markdown[at] = _item(tree, index, items[at], parts[at])
    return "\n".join([text for item, text in zip(items, markdown, strict=True) if item.parent is None])


def _paragraph(tree: Tree, index: int) -> str:
    block = tree.blocks[index]
    if block.parent is None:
        return as_paragraph(block.markdown)
    if tree.blocks[block.parent].kind == "footnote" and block.markdown.startswith("[^"):
        return inside(block.markdown)  # the mark of the note
    return as_paragraph(inside(block.markdown))


def _image(tree: Tree, index: int) -> str:
    markdown = tree.blocks[index].markdown
    return markdown if LONE_IMAGE.fullmatch(markdown) else as_paragraph(markdown)


def _rule(tree: Tree, index: int) -> str:
    block = tree.blocks[index]
    return block.markdown if block.parent is None else "***"


def _source(tree: Tree, index: int) -> str:
    return tree.blocks[index].source or tree.blocks[index].markdown


def item_parts(tree: Tree, index: int) -> list[list[Part]]:
    """Return the parts of each item of a list, in reading order."""
    items = tree.blocks[index].items
    parts = [_paragraphs(item) for item in items]
    for inner in tree.inner.get(index, ()):
        block = tree.blocks[inner]
        parts[block.item or 0].append(Part(block.line_start, BLOCK, inner))
    for at, item in enumerate(items):
        if item.parent is not None:
            parts[item.parent].append(Part(item.line_start, ITEM, at))
    for entries in parts:
        entries.sort(key=attrgetter("line", "kind"))
    return parts


def _paragraphs(item: Item) -> list[Part]:
    if not item.markdown:
        return []
    sources = item.markdown.split("\n\n")
    if len(sources) != len(item.breaks) + 1:
        return [Part(item.text_start or item.line_start, PARAGRAPH, 0, item.text, as_paragraph(inside(item.markdown)))]
    starts = [(0, item.text_start or item.line_start), *item.breaks]
    ends = [*(start - 2 for start, _ in item.breaks), len(item.text)]
    return [
        Part(line, PARAGRAPH, 0, item.text[start:end], as_paragraph(inside(source)))
        for (start, line), end, source in zip(starts, ends, sources, strict=True)
    ]


def _item(tree: Tree, index: int, item: Item, parts: Sequence[Part]) -> str:
    items, markdown = tree.blocks[index].items, tree.items[index]
    text = ""
    for at, part in enumerate(parts):
        if at:
            text += "\n" if part.kind == ITEM and _interrupts(items[part.index], parts[at - 1]) else "\n\n"
        elif part.kind == BLOCK and tree.blocks[part.index].kind == "rule":
            text = "\n"  # beside the mark of the item, it would be a rule without an item
        text += part.markdown or (markdown if part.kind == ITEM else tree.markdown)[part.index]
    width = len(item.marker) + 1
    if "\n" in text:
        tree.allowance.take(width * text.count("\n"))
        text = indent(text, " " * width)
    return f"{item.marker} {text}" if text[:1] not in ("", "\n") else item.marker + text


def _interrupts(item: Item, above: Part) -> bool:
    """Whether a nested item can begin right below this part: below a paragraph, an item without text, or whose number
    is not 1, starts no list."""
    return above.kind == ITEM or bool(item.markdown and item.number in (None, 1))


WRITERS: dict[str, Callable[[Tree, int], str]] = {
    "heading": _heading,
    "code": _code,
    "table": _table,
    "quote": _quote,
    "footnote": _footnote,
    "list": _list,
    "paragraph": _paragraph,
    "image": _image,
    "rule": _rule,
}
"""How blocks of each kind are written; all other blocks are written as their source."""
