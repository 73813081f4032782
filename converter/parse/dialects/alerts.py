"""Callouts that are quotes: `> [!NOTE]` (GitHub), `> [!tip]- Title` (Obsidian)."""

from __future__ import annotations

import re

from converter.parse.dialects.callouts import Callout

ALERT = re.compile(r"\[!([A-Za-z][\w-]*+)(?:\|[^\]\n]*+)?\][+-]?(?:[ \t]++([^\n]*+))?[ \t]*+(?:\n|\Z)")


def cut_alert(content: str) -> tuple[Callout, str, str] | None:
    """Return the callout that a quote's first paragraph opens, its first line, and the rest of the paragraph."""
    match = ALERT.match(content)
    if match is None:
        return None
    return Callout.named(match[1], match[2] or ""), match[0].rstrip(), content[match.end() :]
