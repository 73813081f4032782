"""Callouts that are quotes: `> [!NOTE]` (GitHub), `> [!tip]- Title` (Obsidian)."""

from __future__ import annotations

import re

from converter.parse.dialects.callouts import Callout

LONGEST_TITLE = 60
WRAPPED = 40
"""Minimum characters of a line that may have been wrapped."""
HEADING_MARK = re.compile(r"#{1,6}[ \t]++")
"""Obsidian shows a title like this as a heading."""
ALERT = re.compile(r"\[!([A-Za-z][\w-]*+)(?:\|[^\]\n]*+)?\][+-]?(?:[ \t]++([^\n]*+))?[ \t]*+(?:\n|\Z)")


def cut_alert(content: str) -> tuple[Callout, str, str] | None:
    """Return the callout that a quote's first paragraph opens, its source, and the rest of the paragraph.

    A long line, or a sentence that continues in the next line, is not a title.
    """
    match = ALERT.match(content)
    if match is None:
        return None
    kind, title, rest = match[1].lower(), match[2] or "", content[match.end() :].lstrip(" \t")
    if len(title) > (WRAPPED if rest[:1].islower() else LONGEST_TITLE):
        return Callout(kind), content[: match.start(2)].rstrip(), content[match.start(2) :].lstrip(" \t")
    return Callout(kind, HEADING_MARK.sub("", title).strip()), match[0].rstrip(), rest
