"""Text -> Blocks: the only room that imports markdown-it.

`markdown_it/` is the reference, `fast/` the shortcuts, which read the same; `dialects/` has the rules for what sites
and note-takers add to Markdown. `structure.py` splits the lines into blocks, and `readers/` makes our blocks of them,
one file a kind.

The parser is imported when it is first used: only the process that converts documents needs it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from converter.parse.blocks import Block, Cell, Definition, Image, Item, Link, Table

if TYPE_CHECKING:
    from converter.parse.document import parse
    from converter.parse.parsers import PARSERS

__all__ = ["PARSERS", "Block", "Cell", "Definition", "Image", "Item", "Link", "Table", "parse"]

_MODULES = {"parse": "document", "PARSERS": "parsers"}
"""The module of each name that is imported at its first use."""


def __getattr__(name: str) -> Any:
    """Import the parser (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
