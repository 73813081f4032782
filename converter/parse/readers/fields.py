"""Fields in a paragraph (`key:: value`): definitions of its block."""

from __future__ import annotations

from converter.parse.blocks import (
    Block,
    Definition,
    extend,
)
from converter.parse.dialects.fields import fields_of
from converter.parse.readers.reader import Reader


def add_fields(reader: Reader, block: Block, content: str, start: int, is_item: bool = False) -> None:
    """Add the fields in a paragraph to its block as definitions."""
    if "::" in content:
        for key, value, line in fields_of(content, is_item):
            number = reader.numbers[start + line]
            text = reader.inline(value, start + line).text
            block.definitions = extend(block.definitions, [Definition(key, text, number, number)])
