"""Text -> Blocks: the only room that imports markdown-it.

`markdown_it/` is the reference, `fast/` the shortcuts, which read the same; `dialects/` has the rules for what sites
and note-takers add to Markdown. `structure.py` splits the lines into blocks, and `readers/` makes our blocks of them,
one file a kind.
"""

from converter.parse.blocks import Block, Cell, Definition, Image, Item, Link, Table
from converter.parse.document import parse
from converter.parse.parsers import PARSERS

__all__ = ["PARSERS", "Block", "Cell", "Definition", "Image", "Item", "Link", "Table", "parse"]
