"""blocks: everything that a document is made of, in reading order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from converter.parse import Block
from converter.records.block_markdown import block_markdown
from converter.records.context import ParsedDocument, chrome_blocks
from converter.records.record import BOOL, DOC_ID, INT32, LINE_END, LINE_START, SECTION_ID, STRING, Record, field


def rows(context: ParsedDocument) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each block."""
    chrome = chrome_blocks(context.blocks, context.repairs)
    markdown = block_markdown(context.blocks, context.allowance.anew())
    blocks = zip(context.blocks, context.section_of, item_ids(context.blocks), markdown, strict=True)
    for block_id, (block, section_id, item_id, source) in enumerate(blocks):
        yield (
            context.doc_id,
            block_id,
            section_id,
            block.parent,
            item_id,
            block.kind,
            block.text,
            source,
            block.language,
            block.callout,
            block_id in chrome,
            block.line_start,
            block.line_end,
        )


def item_ids(blocks: Sequence[Block]) -> list[int | None]:
    """Return the list item that contains each block, also for blocks inside a quote in an item."""
    first_item_id, first_ids = 0, {}
    ids: list[int | None] = []
    for index, block in enumerate(blocks):
        if block.kind == "list":
            first_ids[index] = first_item_id
            first_item_id += len(block.items)
        if block.parent is None:
            ids.append(None)
        else:
            ids.append(ids[block.parent] if block.item is None else first_ids[block.parent] + block.item)
    return ids


BLOCKS = Record(
    "blocks",
    "Everything that a document is made of, in reading order: each non-blank line of the source lies in a block.",
    ("doc_id", "block_id"),
    (
        DOC_ID,
        field("block_id", INT32, "Counts the blocks in reading order, from 0."),
        SECTION_ID,
        field(
            "parent_id",
            INT32,
            "The enclosing quote, list, footnote or definition block (blocks.block_id), else null.",
            nullable=True,
        ),
        field("item_id", INT32, "The list item that contains it (list_items.item_id), else null.", nullable=True),
        field(
            "kind",
            STRING,
            "heading, paragraph, list, table, code, quote, math, html, image, rule, footnote, definition, "
            "front_matter, directive (lines that only a site generator reads) or link_reference.",
        ),
        field(
            "text", STRING, "The text as a reader sees it: no inline marks, soft breaks as spaces, entities decoded."
        ),
        field(
            "markdown",
            STRING,
            "The block as Markdown that stands by itself: a heading with its mark, code with its fence, a table with "
            "its delimiter row, a list with its bullets and content.",
        ),
        field("language", STRING, "The language of a fenced code block.", nullable=True),
        field(
            "callout",
            STRING,
            "The kind of a quote that is a callout: note, warning, tab ...; else null.",
            nullable=True,
        ),
        field(
            "chrome",
            BOOL,
            "Whether it belongs to the site (share links, cookie lines, related posts), not to the text.",
        ),
        LINE_START,
        LINE_END,
    ),
    rows,
    (
        ("section_id", "sections", "section_id"),
        ("parent_id", "blocks", "block_id"),
        ("item_id", "list_items", "item_id"),
    ),
)
