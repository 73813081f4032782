"""No-break spaces and zero-width characters around a line's mark."""

from __future__ import annotations

import re

from converter.expressions import expression
from converter.repair.draft import LINES, Draft
from converter.repair.lines import VERBATIM
from converter.repair.rule import SAFE, rule

_ZERO_WIDTH = "\u200b\ufeff\u2060\u200e\u200f"
_LEAD = expression(rf"([\s{_ZERO_WIDTH}]*)((?:#{{1,6}}|[-*+]|\d{{1,9}}[.)])(?=[\s{_ZERO_WIDTH}]))?([\s{_ZERO_WIDTH}]*)")
_ZERO_WIDTH_MARK = re.compile(f"[{_ZERO_WIDTH}]")


@rule("invisible", SAFE, trigger=LINES)
def invisible(draft: Draft) -> None:
    """No-break spaces and zero-width characters that hide a line's mark are read as spaces or removed.

    Only before a line's first visible character and right after a list or heading mark, where CommonMark
    requires a plain space; inside the text they stay, because they may be intended (Persian, emoji, numbers).
    """
    if all(map(str.isascii, draft.texts())):
        return
    for at, line in enumerate(draft.lines):
        if line.isascii() or line[:12].isascii() or draft.kinds[at] == VERBATIM:
            continue
        match = _LEAD.match(line)
        if match is None or match[0].isascii():
            continue
        indent, mark, gap = (part or "" for part in match.groups())
        # Without a mark, indentation by no-break or ideographic spaces is typography, not structure.
        lead = _plain_spaces(indent) + mark + _plain_spaces(gap) if mark else _ZERO_WIDTH_MARK.sub("", match[0])
        if lead != match[0]:
            draft.replace("invisible", at, lead + line[match.end() :])


def _plain_spaces(spaces: str) -> str:
    return "".join(" " if space not in " \t" else space for space in _ZERO_WIDTH_MARK.sub("", spaces))
