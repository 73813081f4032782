"""How notebooks draw what is read: a room above this one knows, and says so here."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

drawers: dict[type, Callable[[Any], str]] = {}
"""What makes HTML of each class."""


def html(value: object) -> str:
    """Return a document or rows as HTML: what `repr` says of them where no room draws them."""
    drawer = next((drawers[kind] for kind in type(value).__mro__ if kind in drawers), None)
    return f"<pre>{escape(repr(value))}</pre>" if drawer is None else drawer(value)
