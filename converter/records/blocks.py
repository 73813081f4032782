"""blocks: everything that a document is made of, in reading order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from converter.records.context import ParsedDocument
from converter.records.record import BOOL, DOC_ID, INT32, LINE_END, LINE_START, SECTION_ID, STRING, Record, field


def rows(context: ParsedDocument) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each block."""
    chrome = {
        line
        for repair in context.repairs
        if repair.rule == "chrome"
        for line in range(repair.line_start, repair.line_end + 1)
    }
    for block_id, (block, section_id) in enumerate(zip(context.blocks, context.section_of, strict=True)):
        yield (
            context.doc_id,
            block_id,
            section_id,
            block.parent,
            block.kind,
            block.text,
            block.markdown,
            block.language,
            bool(chrome) and block.line_start in chrome and block.line_end in chrome,
            block.line_start,
            block.line_end,
        )


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
        field(
            "kind",
            STRING,
            "heading, paragraph, list, table, code, quote, math, html, image, rule, footnote, definition, "
            "front_matter or link_reference.",
        ),
        field(
            "text", STRING, "The text as a reader sees it: no inline marks, soft breaks as spaces, entities decoded."
        ),
        field("markdown", STRING, "The block's own inline source, marks kept."),
        field("language", STRING, "The language of a fenced code block.", nullable=True),
        field(
            "chrome",
            BOOL,
            "Whether it belongs to the site (share links, cookie lines, related posts), not to the text.",
        ),
        LINE_START,
        LINE_END,
    ),
    rows,
    (("section_id", "sections", "section_id"), ("parent_id", "blocks", "block_id")),
)
