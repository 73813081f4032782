"""code_blocks: fenced and indented code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from converter.records.context import ParsedDocument
from converter.records.record import BLOCK_ID, DOC_ID, LINE_END, LINE_START, SECTION_ID, STRING, Record, field


def rows(context: ParsedDocument) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each code block."""
    for block_id, block in enumerate(context.blocks):
        if block.kind == "code":
            yield (
                context.doc_id,
                block_id,
                context.section_of[block_id],
                block.language,
                block.info,
                block.text,
                block.line_start,
                block.line_end,
            )


CODE_BLOCKS = Record(
    "code_blocks",
    "Every fenced or indented code block.",
    ("doc_id", "block_id"),
    (
        DOC_ID,
        BLOCK_ID,
        SECTION_ID,
        field("language", STRING, "The language that the info string names; null if it names none.", nullable=True),
        field("info", STRING, "The whole info string; null for indented code.", nullable=True),
        field("code", STRING, "The code, verbatim, without its last newline."),
        LINE_START,
        LINE_END,
    ),
    rows,
    (("block_id", "blocks", "block_id"), ("section_id", "sections", "section_id")),
)
