"""Text -> Blocks: the only room that imports markdown-it.

`markdown_it/` is the reference, `fast/` the shortcuts, which read the same; `dialects/` has the rules for what sites
and note-takers add to Markdown. `structure.py` splits the lines into blocks, and `tokens.py` makes our blocks of them.
"""

from converter.parse.blocks import Block, Cell, Definition, Image, Item, Link, Table
from converter.parse.parsers import PARSERS
from converter.parse.tokens import parse

__all__ = ["PARSERS", "Block", "Cell", "Definition", "Image", "Item", "Link", "Table", "parse"]
