"""A repair rule: `~> text` lines, which some sites write for lists."""

from __future__ import annotations

import re

from converter.extension import FULL, Draft, rule

ARROW = re.compile(r"( {0,3})(?:~>|=>) ++(?=\S)")


@rule("arrow_lists", FULL, before="odd_bullet")
def arrow_lists(draft: Draft) -> None:
    """Lines that begin with an arrow are list items, if at least two of them follow each other."""
    marked = [ARROW.match(line) if kind == "t" else None for line, kind in zip(draft.lines, draft.kinds, strict=True)]
    for at, match in enumerate(marked):
        neighbours = (marked[max(at - 1, 0)] if at else None, marked[at + 1] if at + 1 < len(marked) else None)
        if match and any(neighbours):
            draft.replace("arrow_lists", at, f"{match[1]}- {draft.lines[at][match.end() :]}", 0.9)
