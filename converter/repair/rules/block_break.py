"""Blocks that touch in wrapped text, as in text from a PDF: each joint of two lines is judged by itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from converter.repair.draft import Draft
from converter.repair.lines import BULLET, HEADING, INDENTED, ITEMS, ROW, TEXT, UNDERLINE, ends_sentence, width_of
from converter.repair.print_margin import with_next_word
from converter.repair.print_width import print_width_of
from converter.repair.rule import FULL, rule
from converter.repair.state import LONG, LONGEST_TITLE, NARROW

FEWEST_JOINTS = 5
"""Minimum number of wrapped lines, and of adjacent blocks, for any blocks to be separated."""

WRAPPED_SHARE = 0.15
"""Minimum share of adjacent lines that are wrapped, and of those between which a block ends."""

FIELDS = 0.2
"""Maximum share of blocks that begin like a field or a definition: a text with more is a record, not an article."""

ROOM = 0.85
"""A line that would still be this much shorter than the margin with the next word ends its block: proportional type
makes lines of equal width differ in their number of characters."""

ROOM_IN_PRINT = 0.92
"""The same for a PDF's text, in columns and in print; items are indented, so that their lines are shorter."""

ROOM_TO_MARGIN, ROOM_AT_STOP = 0.96, 1.02
"""The same where the margin in print is known, and at the end of a sentence: widths in print are estimates."""

FEWEST_FILLED, FILLED = 6, 0.9
"""Minimum number and share of lines continued in lower case that have no room at all for the next word: then a program
filled the lines."""

LONGER_SHARE = 0.03
"""Maximum share of these lines that may be longer, because a single word is."""

_OPEN_ENDS = (",", ";", "-", "–", "—", "(", "/", "&", " and", " or", " the", " of", " to")
_LEAD_ENDS = (":", "：")
_FIELD = re.compile(r"\w[\w-]*:(?:\s|$)|\( |[^{}$=<>]{0,99}[{}$=<>]|\w[\w ]{0,40}\d(?:\.\d{1,6}){3}")
"""Start of a field, or of a line of a definition: `Name: value`, `( cn $ name )`, `SYNTAX 1.3.6.1.4`."""
_ITEM_KINDS = frozenset((*ITEMS, INDENTED))
_MARKED_KINDS = frozenset((HEADING, BULLET, ROW, UNDERLINE))


@dataclass(frozen=True, slots=True)
class Margin:
    """The width of full lines, in columns and in print."""

    columns: float
    print_width: float
    """0 if no PDF reader broke the lines."""
    is_exact: bool = False
    """Whether a program filled the lines: then a line with any room for the next word ends its block."""


@rule("block_break", FULL)
def block_break(draft: Draft) -> None:
    """In wrapped text whose titles and paragraphs touch, a line that has room for the first word of the next one, which
    begins with a capital, ends its block."""
    kinds, lines, is_paged = draft.kinds, draft.lines, draft.state.paged
    if draft.state.print_margin:
        _part_print(draft, draft.state.print_margin)
        return
    if draft.state.copied or draft.state.markup:
        return
    is_marked = draft.state.headings == "marked" or (not is_paged and bool(_MARKED_KINDS.intersection(kinds)))
    if is_marked and (draft.state.spaced or is_paged):
        return
    is_text = [kind == TEXT and "  " not in line.strip() for line, kind in zip(lines, kinds, strict=True)]
    joints = [at for at in range(len(kinds) - 1) if is_text[at] and is_text[at + 1]]
    if len(joints) < 2 * FEWEST_JOINTS:
        return
    filled_width = 0 if draft.state.spaced or is_paged else _filled_width(lines, joints)
    if is_marked and not filled_width:
        return
    margin = Margin(
        filled_width or _ninth_decile(width_of(lines[at]) for at in joints),
        _ninth_decile(print_width_of(lines[at]) for at in joints) if is_paged else 0,
        filled_width > 0,
    )
    if not NARROW <= margin.columns <= LONG:
        return
    wrapped = sum(_is_wrapped(lines, at, margin) for at in joints)
    if wrapped < FEWEST_JOINTS or (wrapped < WRAPPED_SHARE * len(joints) and not is_paged):
        return
    ends = [at for at in joints if _ends_block(lines, at, margin)]
    if len(ends) < max(FEWEST_JOINTS, WRAPPED_SHARE * len(joints)):
        full_lines = {at for at in joints if not _has_room(lines, at, margin)} if is_paged else set()
        ends = [at for at in ends if _touches_paragraph(lines, at, full_lines)]
    fields = sum(_FIELD.match(lines[at + 1]) is not None for at in ends)
    if fields < FIELDS * len(ends):
        if margin.is_exact:
            ends += [at for at in range(len(kinds) - 1) if kinds[at + 1] == TEXT and _leaves_item(draft, at, margin)]
        for at in ends:
            draft.break_before("block_break", at + 1, 0.9 if ends_sentence(lines[at]) else 0.8)
        if is_paged or margin.is_exact:
            _part_titles(draft, joints)


def _part_titles(draft: Draft, joints: Iterable[int]) -> None:
    """Separate titles from the full lines above them that end a sentence, as the last line of a paragraph may."""
    for at in joints:
        above, title = draft.lines[at], draft.lines[at + 1].strip()
        if (
            at + 2 in draft.breaks
            and at + 1 not in draft.breaks
            and ends_sentence(above)
            and width_of(title) <= LONGEST_TITLE
            and not (ends_sentence(title) or title.endswith(_LEAD_ENDS) or _goes_on(above.rstrip(), title))
        ):
            draft.break_before("block_break", at + 1, 0.8)


def _part_print(draft: Draft, margin: float) -> None:
    """Separate the blocks of a text that a program filled to a margin in print."""
    lines = draft.lines
    is_text = [kind == TEXT and "  " not in line.strip() for line, kind in zip(lines, draft.kinds, strict=True)]
    joints = [at for at in range(len(lines) - 1) if is_text[at] and is_text[at + 1]]
    for at in joints:
        if _goes_on(lines[at].rstrip(), lines[at + 1].lstrip()):
            continue
        share, confidence = (ROOM_AT_STOP, 0.9) if ends_sentence(lines[at]) else (ROOM_TO_MARGIN, 0.8)
        if print_width_of(with_next_word(lines[at], lines[at + 1])) <= share * margin:
            draft.break_before("block_break", at + 1, confidence)
    _part_titles(draft, joints)


def _leaves_item(draft: Draft, at: int, margin: Margin) -> bool:
    """Whether an item ends above a line that is not indented: a program indents and fills all lines of an item."""
    lines = draft.lines
    is_outer = draft.kinds[at] in _ITEM_KINDS and not lines[at + 1].startswith(" ")
    return is_outer and (lines[at].startswith(" ") or _has_room(lines, at, margin))


def _ninth_decile(widths: Iterable[float]) -> float:
    """The width that nine lines in ten do not exceed."""
    in_order = sorted(widths)
    return in_order[int(0.9 * (len(in_order) - 1))]


def _filled_width(lines: Sequence[str], joints: Sequence[int]) -> int:
    """The columns to which a program filled the lines of a text, 0 if none did: people leave room at line ends."""
    open_joints = [at for at in joints if lines[at + 1].lstrip()[:1].islower() and not ends_sentence(lines[at])]
    if len(open_joints) < FEWEST_FILLED:
        return 0
    widths = sorted(width_of(lines[at]) for at in open_joints)
    width = widths[int((1 - LONGER_SHARE) * (len(widths) - 1))]
    filled = sum(width_of(lines[at]) + 1 + width_of(lines[at + 1].split(None, 1)[0]) > width for at in open_joints)
    return width if filled >= FILLED * len(open_joints) else 0


def _is_wrapped(lines: Sequence[str], at: int, margin: Margin) -> bool:
    """Whether a line is full, and its sentence continues in lower case."""
    return (
        lines[at + 1].lstrip()[:1].islower()
        and not ends_sentence(lines[at])
        and width_of(lines[at]) >= 0.75 * margin.columns
    )


def _ends_block(lines: Sequence[str], at: int, margin: Margin) -> bool:
    above, below = lines[at].rstrip(), lines[at + 1].lstrip()
    if _goes_on(above, below):
        return False
    if above.isupper() and below.isupper() and width_of(above) >= NARROW:
        return False  # in a paragraph of capitals, a capital begins nothing
    return _has_room(lines, at, margin)


def _goes_on(above: str, below: str) -> bool:
    """Whether the end of a line or the letter that follows shows that the line continues in the next one."""
    return below[:1].islower() or above.endswith(_OPEN_ENDS)


def _has_room(lines: Sequence[str], at: int, margin: Margin) -> bool:
    """Whether the first word of the next line would have fitted on a line."""
    line = f"{lines[at].rstrip()} {lines[at + 1].split(None, 1)[0]}"
    if not margin.print_width:
        return width_of(line) <= (1 if margin.is_exact else ROOM) * margin.columns
    return (
        width_of(line) <= ROOM_IN_PRINT * margin.columns and print_width_of(line) <= ROOM_IN_PRINT * margin.print_width
    )


def _touches_paragraph(lines: Sequence[str], at: int, full_lines: Set[int]) -> bool:
    """Whether the line above or below a joint is part of a paragraph: the lines of an address or a verse touch too."""
    return bool(full_lines) and (at - 1 in full_lines or at + 1 in full_lines or ends_sentence(lines[at + 1]))
