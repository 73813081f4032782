"""Marks that sites put behind their titles, to link to them: `¶`, `#`, `[#](#usage "Permanent link")`."""

from __future__ import annotations

import re

from converter.repair.draft import Draft
from converter.repair.lines import HEADING, ORDERED, RULE, TEXT, UNDERLINE, width_of
from converter.repair.rule import FULL, rule

WIDEST = 180
"""Columns beyond which no line is a title."""

FEWEST = 3
"""A mark behind fewer plain lines may belong to their text, as in `Why C#`."""

_LINK = re.compile(
    r"\[(?:\\?#|[¶§🔗⚓∞]\ufe0f?)?\]\((?=[^()\s#]*+#)[^()\s]++(?:[ \t]++\"[^\"]*+\")?\)"
    r"(?:\{\.[^{}]*+\})?+(?P<attributes>[ \t]++\{[^{}]*+\})?+$"
)
"""Attributes that touch the link, `{.headerlink}`, are the link's; those that stand apart are the title's."""
_MARK = re.compile(r"(?<=[\w).?!:’'\"”\]`])[ \xa0]?(?:(?P<sign>[¶🔗])\ufe0f?|(?P<hash>(?<=\w{3})#))[ \t]*$")


def _is_heading(draft: Draft, at: int) -> bool:
    """Whether a line is an ATX heading, or the title of a setext heading."""
    if draft.kinds[at] == TEXT:
        return draft.kinds[at + 1 : at + 2] in ([UNDERLINE], [RULE]) and draft.has_gap_above(at)
    return draft.kinds[at] == HEADING


@rule("permalink", FULL)
def permalink(draft: Draft) -> None:
    """The link to itself behind a title is not part of the title: `[#](#usage)` behind a heading, and a `¶` or `#`
    behind several short lines."""
    marked_lines: dict[str, list[int]] = {"sign": [], "hash": []}
    for at, kind in enumerate(draft.kinds):
        line = draft.lines[at]
        if line.rstrip().endswith((")", "}")) and _is_heading(draft, at):
            start = line.rfind("[")
            title = line[: max(start, 0)].rstrip()
            match = _LINK.match(line.rstrip(), start) if start > 0 and title.strip("# \t") else None
            if match:
                draft.replace("permalink", at, title + (match["attributes"] or ""), 0.99, kind)
        elif kind in (HEADING, TEXT, ORDERED) and line.rstrip().endswith(("¶", "#", "🔗")) and width_of(line) <= WIDEST:
            match = _MARK.search(line)
            if match and match.lastgroup:
                marked_lines[match.lastgroup].append(at)
    for lines in marked_lines.values():
        if len(lines) >= FEWEST:
            for at in lines:
                draft.replace("permalink", at, _MARK.sub("", draft.lines[at]), 0.95, draft.kinds[at])
