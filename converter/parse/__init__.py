"""Text -> Blocks: the only room that imports markdown-it."""

from converter.parse.blocks import Block, Cell, Definition, Image, Item, Link, Table
from converter.parse.tokens import parse

__all__ = ["Block", "Cell", "Definition", "Image", "Item", "Link", "Table", "parse"]
