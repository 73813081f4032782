"""A record: what remains to be done, one row for each paragraph that begins with TODO."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from converter.extension import BLOCK_ID, DOC_ID, LINE_END, LINE_START, ParsedDocument, Record, field


def rows(context: ParsedDocument) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each paragraph that begins with TODO."""
    todo_id = 0
    for block_id, block in enumerate(context.blocks):
        if block.kind == "paragraph" and block.text.startswith("TODO"):
            text = block.text.removeprefix("TODO").lstrip(": ")
            yield context.doc_id, todo_id, block_id, text, block.line_start, block.line_end
            todo_id += 1


TODOS = Record(
    "todos",
    "Every paragraph that begins with TODO.",
    ("doc_id", "todo_id"),
    (
        DOC_ID,
        field("todo_id", pa.int32(), "Counts the rows in reading order, from 0."),
        BLOCK_ID,
        field("text", pa.string(), "What remains to be done."),
        LINE_START,
        LINE_END,
    ),
    rows,
    (("block_id", "blocks", "block_id"),),
)
