"""Lists and their items. One list is one block; what its items hold besides paragraphs is blocks of their own."""

from __future__ import annotations

import re
from itertools import accumulate

from markdown_it.token import Token

from converter.parse.blocks import (
    Block,
    Item,
    extend,
)
from converter.parse.dialects.attributes import cut_attributes
from converter.parse.fast.blocks import Items
from converter.parse.readers.fields import add_fields
from converter.parse.readers.reader import Frame, Reader, adopt

TASK = re.compile(r"\[[ xX]\][ \t]+(?=\S)")


def read_common_list(reader: Reader, piece: Items) -> None:
    """Add a list that was read from its lines."""
    block = reader.add_common("list", piece)
    block.items = piece.items
    for item in piece.items:
        item.line_end = reader.last_line(item.line_start, item.line_end)
        item.line_start = reader.numbers[item.line_start]
    for item, start, source in piece.paragraphs:
        source = source if item.markdown else cut_box(item, source)
        content, lines_cut = cut_attributes(source)
        content = content or source
        inline = reader.inline(content, start + lines_cut)
        if item.markdown:
            item.breaks = extend(item.breaks, [(len(item.text) + 2, reader.numbers[start])])
            item.text += "\n\n" + inline.text
            item.markdown += "\n\n" + source
        else:
            item.text, item.markdown = item.task + inline.text, item.task + source
            item.span, item.whole = inline.span, inline.whole
        adopt(block, inline)
        add_fields(reader, block, content, start + lines_cut, is_item=True)
    _set_text(block)


def open_list(reader: Reader, token: Token) -> None:
    """Add a list, or go one level deeper in the list around it."""
    ordered = token.type == "ordered_list_open"
    start = int(token.attrs.get("start", 1)) if ordered else 0
    frame = reader.stack[-1] if reader.stack else None
    if frame is not None and frame.kind == "item":
        reader.stack.append(
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
    reader.add("list", token)
    reader.stack.append(Frame("list", len(reader.blocks) - 1, ordered=ordered, number=start))


def close_list(reader: Reader, token: Token) -> None:
    """Set the text of a list at the end of its outermost level."""
    frame = reader.stack.pop()
    if frame.depth == 0:
        _set_text(reader.blocks[frame.block])


def _set_text(block: Block) -> None:
    """Set the text of a list from its items."""
    block.text = "\n".join([item.text for item in block.items])


def open_item(reader: Reader, token: Token) -> None:
    """Add an item to its list and gather its paragraphs."""
    outer_frame = reader.stack[-1]
    start, end = reader.span(token)
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
    block = reader.blocks[outer_frame.block]
    block.items = items = extend(block.items, [item])
    reader.stack.append(Frame("item", outer_frame.block, item, len(items) - 1, outer_frame.depth, gathers=True))


def close_item(reader: Reader, token: Token) -> None:
    """Set the text of an item from its paragraphs."""
    frame = reader.stack.pop()
    item = frame.item
    assert item is not None
    item.text = item.task + "\n\n".join(inline.text for inline in frame.paragraphs)
    item.markdown = item.task + "\n\n".join(frame.sources)
    if frame.paragraphs:
        item.span, item.whole = frame.paragraphs[0].span, frame.paragraphs[0].whole
        item.text_start = frame.starts[0] if frame.starts[0] != item.line_start else None
    if len(frame.paragraphs) > 1:
        ends = accumulate((len(inline.text) + 2 for inline in frame.paragraphs[:-1]), initial=len(item.task))
        item.breaks = list(zip(ends, frame.starts, strict=True))[1:]


def cut_box(item: Item, content: str) -> str:
    """Move the box of a task list item (GFM, section 5.3) to `item.task`; return the remainder."""
    box = TASK.match(content)
    if box is None:
        return content
    item.task = box.group()
    return content[box.end() :]
