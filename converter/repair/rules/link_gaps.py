"""Links whose text contains blank lines, headings or items, as converters write cards that are one link."""

from __future__ import annotations

import re
from collections.abc import Iterator

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, BULLET, HEADING, HTML, IMAGE, INDENTED, ORDERED, TEXT
from converter.repair.rule import FULL, rule

_END = re.compile(r"\n[^\[\]\n]*+\]\(")
"""Above the end of such a link no bracket opens in its line, unless the link is an image's too."""
_START = re.compile(r"([ \t]*+(?:(?:[-*+]|\d{1,9}[.)]|\#{1,6})[ \t]++)?+)(\[)?")
_BRACKET = re.compile(r"\\.|`[^`]*+`|[\[\]]")
_TARGET = re.compile(
    r"""\]\((?:<[^<>]*+>|[^\s()<>]*+(?:\([^\s()<>]*+\)[^\s()<>]*+)*+)(?:[ \t]++(?:"[^"]*+"|'[^']*+'))?[ \t]*+\)"""
)
_LINK = re.compile(r"(?<!!)\[[^\[\]]*+\]\(")
_IMAGE = re.compile(r"!\[[^\[\]]*+\]\([^()]*+\)")
_MOST_LINES = 40
_PARAGRAPH = frozenset((TEXT, IMAGE, INDENTED, BLANK))
_DIVISIBLE = _PARAGRAPH | {HEADING, BULLET, ORDERED}
_CONFIDENCE = 0.95


@rule("link_gaps", FULL, signs=("](",))
def link_gaps(draft: Draft) -> None:
    """A link whose text goes over blank lines is one link; if the text holds headings or items, each of them is."""
    if ")](" not in draft.marks and not _END.search(draft.marks):
        return
    next_line = 0
    for start, kind in enumerate(draft.kinds):
        may_start = kind in _DIVISIBLE and kind != BLANK and "[" in draft.lines[start]
        if start >= next_line and may_start and (end := _end_of_link(draft, start)):
            next_line = end + 1
            is_paragraph = _PARAGRAPH.issuperset(draft.kinds[start + 1 : end + 1]) and kind != HEADING
            is_divided = not is_paragraph or any(map(_holds_link, draft.lines[start + 1 : end]))
            (_divide if is_divided else _join)(draft, start, end)


def _end_of_link(draft: Draft, start: int) -> int | None:
    """The last line of a link that begins at the start of this line, if CommonMark does not read it as a link."""
    match = _START.match(draft.lines[start])
    if match is None or match[2] is None or list(_open_brackets(draft.lines[start])) != [match.start(2)]:
        return None
    is_apart = False
    for at in range(start + 1, min(start + _MOST_LINES, len(draft.lines))):
        kind, line = draft.kinds[at], draft.lines[at]
        if kind not in _DIVISIBLE:
            return None
        is_apart = is_apart or kind not in (TEXT, IMAGE, INDENTED)
        brackets = list(_open_brackets(line))
        if brackets:
            return at if is_apart and len(brackets) == 1 and _TARGET.match(line, brackets[0]) else None
    return None


def _open_brackets(line: str) -> Iterator[int]:
    """Yield the places of unmatched opening or closing brackets, those of closing ones first."""
    places: list[int] = []
    for bracket in _BRACKET.finditer(line) if "[" in line or "]" in line else ():
        if bracket[0] == "[":
            places.append(bracket.start())
        elif bracket[0] == "]" and places:
            places.pop()
        elif bracket[0] == "]":
            yield bracket.start()
    yield from places


def _join(draft: Draft, start: int, end: int) -> None:
    lines = draft.lines[start : end + 1]
    for at in range(start, end + 1):
        if draft.kinds[at] == BLANK:
            draft.drop(at)
    text_after = "\n".join(line for line in lines if line.strip())
    draft.note("link_gaps", start, end, "\n".join(lines), text_after, _CONFIDENCE)


def _divide(draft: Draft, start: int, end: int) -> None:
    """Make each line a link, except one that holds a link; a bracket alone on its line becomes a comment."""
    place = next(_open_brackets(draft.lines[end]))
    target = _TARGET.match(draft.lines[end], place)
    assert target is not None
    heading_mark = ""
    for at in range(start, end + 1):
        if draft.kinds[at] == BLANK:
            continue
        line = draft.lines[at][:place] if at == end else draft.lines[at]
        tail = draft.lines[at][target.end() :] if at == end else ""
        mark, content, kind = *_parts(line, at == start), draft.kinds[at]
        if content:
            text = content if _holds_link(content) else f"[{content}{target[0]}"
            new_line, heading_mark = f"{heading_mark or mark}{text}{tail}", ""
        elif kind == HEADING:
            heading_mark, mark, kind = mark, "", HTML
            new_line = f"<!-- {line.strip()} -->"
        else:
            new_line = f"{mark}{tail.strip() or f'<!-- {draft.lines[at][len(mark) :].strip()} -->'}"
        if new_line != draft.lines[at]:
            draft.replace("link_gaps", at, new_line, _CONFIDENCE, kind)


def _parts(line: str, is_start: bool) -> tuple[str, str]:
    """The indentation and mark of a line, and its content, without the bracket that opens the link."""
    match = _START.match(line)
    assert match is not None
    return match[1], line[match.end() if is_start else match.end(1) :].strip()


def _holds_link(text: str) -> bool:
    return _LINK.search(_IMAGE.sub("", text)) is not None
