"""Blocks that touch in wrapped text, as in text from a PDF: each joint of two lines is judged by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

from converter.repair.draft import Draft
from converter.repair.lines import BULLET, HEADING, ROW, TEXT, UNDERLINE, ends_sentence, width_of
from converter.repair.rule import FULL, rule
from converter.repair.state import LONG, NARROW

FEWEST = 5
"""So many lines must be wrapped, and so many blocks touch, before any of them is parted."""

SHARE = 0.15
"""The share of the touching lines that must be wrapped, and the share between which a block must end."""

FIELDS = 0.2
"""The share of the blocks that may begin like a field or a definition: more of them are a record, not an article."""

ROOM = 0.85
"""A line that would still be this much shorter than the margin with the next word ends its block: proportional type
makes lines of equal width differ in their number of characters."""

_OPEN_ENDS = (",", ";", "-", "–", "—", "(", "/", "&", " and", " or", " the", " of", " to")
_FIELD = re.compile(r"\w[\w-]*:(?:\s|$)|\( |[^{}$=<>]{0,99}[{}$=<>]|\w[\w ]{0,40}\d(?:\.\d{1,6}){3}")
"""Start of a field, or of a line of a definition: `Name: value`, `( cn $ name )`, `SYNTAX 1.3.6.1.4`."""
_MARKED_KINDS = frozenset((HEADING, BULLET, ROW, UNDERLINE))


@rule("block_break", FULL)
def block_break(draft: Draft) -> None:
    """In wrapped text whose titles and paragraphs touch, a line that has room for the first word of the next one, which
    begins with a capital, ends its block."""
    kinds, lines = draft.kinds, draft.lines
    if draft.state.headings == "marked" or draft.state.copied or _MARKED_KINDS.intersection(kinds):
        return
    is_text = [kind == TEXT and "  " not in line.strip() for line, kind in zip(lines, kinds, strict=True)]
    joints = [at for at in range(len(kinds) - 1) if is_text[at] and is_text[at + 1]]
    if len(joints) < 2 * FEWEST:
        return
    margin = sorted(width_of(lines[at]) for at in joints)[int(0.9 * (len(joints) - 1))]
    if not NARROW <= margin <= LONG:
        return
    wrapped = sum(_is_wrapped(lines, at, margin) for at in joints)
    ends = [at for at in joints if _ends_block(lines, at, margin)]
    fields = sum(_FIELD.match(lines[at + 1]) is not None for at in ends)
    if fields < FIELDS * len(ends) and min(wrapped, len(ends)) >= max(FEWEST, SHARE * len(joints)):
        for at in ends:
            draft.break_before("block_break", at + 1, 0.9 if ends_sentence(lines[at]) else 0.8)


def _is_wrapped(lines: Sequence[str], at: int, margin: int) -> bool:
    """Whether a line is full, and its sentence continues in lower case."""
    return (
        lines[at + 1].lstrip()[:1].islower() and not ends_sentence(lines[at]) and width_of(lines[at]) >= 0.75 * margin
    )


def _ends_block(lines: Sequence[str], at: int, margin: int) -> bool:
    above, below = lines[at].rstrip(), lines[at + 1].lstrip()
    if below[:1].islower() or above.endswith(_OPEN_ENDS):
        return False
    if above.isupper() and below.isupper() and width_of(above) >= NARROW:
        return False  # in a paragraph of capitals, a capital begins nothing
    return width_of(above) + 1 + width_of(below.split(None, 1)[0]) <= ROOM * margin
