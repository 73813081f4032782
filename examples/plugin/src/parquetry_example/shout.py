"""A reader of another format: `.shout` files, whose lines are upper case; those that end with `!` are headings."""

from __future__ import annotations


def read(data: bytes) -> str:
    """Return the Markdown of a document."""
    lines = data.decode().splitlines()
    if any(line != line.upper() for line in lines):
        raise ValueError("not every line is upper case")
    return "\n".join(f"\n## {line[:-1].title()}\n" if line.endswith("!") else line.capitalize() for line in lines)
