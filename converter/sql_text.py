"""Identifiers and strings as SQL text (ISO/IEC 9075-2, 5.2 and 5.3)."""

from __future__ import annotations


def quote_name(name: str) -> str:
    """Return an identifier in double quotes."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Return a string in single quotes."""
    return "'" + text.replace("'", "''") + "'"
