"""Links whose text holds blank lines, headings or items, as converters write cards that are links as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, BULLET, HEADING, HTML, IMAGE, INDENTED, ORDERED, TEXT
from converter.repair.rule import FULL, rule

_END = re.compile(r"\n[^\[\]\n]*+\]\(|\)\]\(")
"""Sign of a line that may end such a link, to skip documents that have none."""
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


@rule("link_gaps", FULL)
def link_gaps(draft: Draft) -> None:
    """A link whose text goes over blank lines is one link; if the text holds headings or items, each of them is."""
    if not any(map(_END.search, draft.texts())):
        return
    next_line = 0
    for start, kind in enumerate(draft.kinds):
        if start >= next_line and kind in _DIVISIBLE and kind != BLANK and (end := _end_of_link(draft, start)):
            next_line = end + 1
            inner_lines = draft.lines[start : end + 1]
            has_inner_link = any(_LINK.search(_IMAGE.sub("", line)) for line in inner_lines[1:-1])
            if _PARAGRAPH.issuperset(draft.kinds[start + 1 : end + 1]) and kind != HEADING and not has_inner_link:
                _join(draft, start, end)
            else:
                _divide(draft, start, end)


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
    """Yield the places of the brackets that open or close without another, those that close first."""
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
            draft.drop_blank(at)
    text_after = "\n".join(line for line in lines if line.strip())
    draft.note("link_gaps", start, end, "\n".join(lines), text_after, _CONFIDENCE)


def _divide(draft: Draft, start: int, end: int) -> None:
    """Make each line a link of its own; a line that holds a link, or nothing but a bracket, stays without."""
    place = next(_open_brackets(draft.lines[end]))
    target = _TARGET.match(draft.lines[end], place)
    assert target is not None
    for at in range(start, end + 1):
        line = draft.lines[at]
        tail = ""
        if at == end:
            line, tail = line[:place], line[target.end() :]
        mark = _START.match(line)
        assert mark is not None
        content = line[mark.end() if at == start else mark.end(1) :].strip()
        if draft.kinds[at] == BLANK or _LINK.search(_IMAGE.sub("", content)):
            continue
        if content:
            draft.replace("link_gaps", at, f"{mark[1]}[{content}{target[0]}{tail}", _CONFIDENCE, draft.kinds[at])
        else:
            draft.replace("link_gaps", at, f"<!-- {draft.lines[at].strip()} -->", _CONFIDENCE, HTML)
