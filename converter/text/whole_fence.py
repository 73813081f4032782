"""A document that stands whole inside a fence for Markdown, as language models write their answers."""

from __future__ import annotations

import re
from collections.abc import Sequence

OPENING = re.compile(r"(`{3,}|~{3,})[ \t]*+\{?\.?(?:markdown|md|mdx|gfm|commonmark)\}?[ \t]*+$", re.IGNORECASE)
FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})[ \t]*+(.*)")


def fences_around(lines: Sequence[str]) -> tuple[int, ...]:
    """Return the indexes of the fences that hold all other lines of a document; none if there are no such fences.

    A document that breaks off has no closing fence. In CommonMark the fence of an inner code block may close the outer
    one, and the last line then opens a block without content: if instead all inner fences come in pairs, the last line
    closes the first.
    """
    start = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    opening = OPENING.match(lines[start]) if start < len(lines) else None
    if opening is None:
        return ()
    end = next(at for at in range(len(lines) - 1, -1, -1) if lines[at].strip())
    if end == start:
        return ()
    has_end = _closes(lines[end], opening[1])
    open_fence: str | None = opening[1]  # as CommonMark reads all lines
    inner_fence: str | None = None  # as it reads the lines between
    is_closed = False
    for line in lines[start + 1 : end if has_end else end + 1]:
        fence = FENCE.match(line) if line[:1] in ("`", "~", " ") else None
        if fence is None:
            continue
        if open_fence is None:
            open_fence = fence[1]
        elif _closes(line, open_fence):
            open_fence, is_closed = None, True
        if inner_fence is None:
            inner_fence = fence[1]
        elif _closes(line, inner_fence):
            inner_fence = None
    if is_closed and (open_fence is not None or inner_fence is not None or not has_end):
        return ()
    return (start, end) if has_end else (start,)


def _closes(line: str, opening: str) -> bool:
    """Whether a line closes the fence."""
    mark = line.strip()
    return len(line) - len(line.lstrip(" ")) < 4 and len(mark) >= len(opening) and not mark.strip(opening[0])
