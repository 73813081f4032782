"""The registry of functions that draw documents and rows in notebooks; a room above this one fills it."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

drawers: dict[type, Callable[[Any], str]] = {}
"""The function that draws each class as HTML."""


def html(value: object) -> str:
    """Return a document or rows as HTML: the `repr` if no function is registered."""
    drawer = next((drawers[kind] for kind in type(value).__mro__ if kind in drawers), None)
    return f"<pre>{escape(repr(value))}</pre>" if drawer is None else drawer(value)
