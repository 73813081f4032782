"""list_items: every item of every list, nested ones included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from converter.records.context import ParsedDocument
from converter.records.label import label_of
from converter.records.record import (
    BOOL,
    DOC_ID,
    INT8,
    INT32,
    LINE_END,
    LINE_START,
    SECTION_ID,
    STRING,
    Record,
    field,
)


def rows(context: ParsedDocument) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each item; a list and the lists nested in its items count as one."""
    first_item_id, list_id = 0, 0
    for block_id, block in enumerate(context.blocks):
        if block.kind != "list":
            continue
        for item_id, item in enumerate(block.items, first_item_id):
            label, value = label_of(item)
            yield (
                context.doc_id,
                item_id,
                list_id,
                block_id,
                context.section_of[block_id],
                None if item.parent is None else first_item_id + item.parent,
                item.depth,
                item.ordered,
                item.number,
                item.checked,
                label,
                value,
                item.text,
                item.line_start,
                item.line_end,
            )
        first_item_id += len(block.items)
        list_id += 1


LIST_ITEMS = Record(
    "list_items",
    "Every item of every list; a list and the lists nested in it count as one, told apart by depth.",
    ("doc_id", "item_id"),
    (
        DOC_ID,
        field("item_id", INT32, "Counts the items in reading order, from 0."),
        field("list_id", INT32, "Counts the lists in reading order, from 0."),
        field("block_id", INT32, "The list's block (blocks.block_id)."),
        SECTION_ID,
        field("parent_item_id", INT32, "The item that it is nested in (list_items.item_id), else null.", nullable=True),
        field("depth", INT8, "How deep it is nested, from 0."),
        field("ordered", BOOL, "Whether its list is numbered."),
        field("number", INT32, "Its number as a reader sees it, in a numbered list.", nullable=True),
        field("checked", BOOL, "Whether the box is ticked, in a task list; else null.", nullable=True),
        field("label", STRING, "The text before the colon or dash in `Label: text` and similar forms.", nullable=True),
        field("value", STRING, "The text after it.", nullable=True),
        field("text", STRING, "The text of its own paragraphs, label included, nested items left out."),
        LINE_START,
        LINE_END,
    ),
    rows,
    (
        ("section_id", "sections", "section_id"),
        ("block_id", "blocks", "block_id"),
        ("parent_item_id", "list_items", "item_id"),
    ),
)
