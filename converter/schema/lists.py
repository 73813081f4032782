"""The items that a list field takes: those of a text, of a list, or of sections."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from converter.parse import Block
from converter.records import ParsedDocument
from converter.records.context import section_text

OPENING, CLOSING = "([{（", ")]}）"
SEPARATORS = (";；", ",，、")
"""Separators of the items of a text; the first one found outside brackets counts."""
LIST_MARK = re.compile(r"[(\[{（)\]}）;；,，、\n]")
CONJUNCTION = re.compile(r"(?:and|und|et|en|og|och|&)\s+")


def split_items(text: str, delimiter: str | None) -> list[str]:
    """Return the items of a text, split at the delimiter or else at line ends and at semicolons, or at commas if there
    are none of these.

    Text in brackets is not split. The word before the last item (`a, b, and c`) is left out.
    """
    if delimiter is not None:
        return [item.strip() for item in text.split(delimiter)]
    marks = list(_marks_outside_brackets(text))
    separators = next((kind for kind in SEPARATORS if any(text[mark] in kind for mark in marks)), "")
    ends = [mark for mark in marks if text[mark] in separators or text[mark] == "\n"]
    items = [
        text[start:end].strip() for start, end in zip([0, *(end + 1 for end in ends)], [*ends, len(text)], strict=True)
    ]
    if separators and (conjunction := CONJUNCTION.match(items[-1])):
        items[-1] = items[-1][conjunction.end() :]
    return items


def _marks_outside_brackets(text: str) -> Iterator[int]:
    depth = 0
    for match in LIST_MARK.finditer(text):
        if match[0] == "\n":
            depth = 0
        if match[0] in OPENING:
            depth += 1
        elif match[0] in CLOSING:
            depth = max(0, depth - 1)
        elif not depth:
            yield match.start()


def list_items(block: Block) -> list[str]:
    """Return the items of a list; an item that only introduces nested ones (`Guests:`) is replaced by those."""
    items: list[str] = []
    introducing: set[int | None] = {None}
    parents = {item.parent for item in block.items}
    for index, item in enumerate(block.items):
        if item.parent in introducing:
            text = item.text[len(item.task) :].strip()
            if index in parents and (not text or text.endswith((":", "："))):
                introducing.add(index)
            else:
                items.append(text)
    return items


def table_items(block: Block) -> list[str]:
    """Return the rows of a block's tables, each with its filled cells."""
    rows = (row for table in block.tables for row in table.rows)
    return [", ".join(cell.text.strip() for cell in row if cell.text.strip()) for row in rows]


def section_items(context: ParsedDocument, sections: Iterable[int]) -> list[str] | str:
    """Return the items of the lists in sections; without a list, the rows of the tables, or else the text."""
    blocks = [context.blocks[block] for section in sections for block in context.sections[section].blocks]
    items = [item for block in blocks for item in list_items(block)]
    if not items:
        items = [item for block in blocks for item in table_items(block)]
    texts = (section_text(context.sections[section], context.blocks, context.left_out) for section in sections)
    return [item for item in items if item] or "\n".join(filter(None, texts))
