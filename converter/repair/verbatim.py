"""The kinds of a document's lines; lines inside code, HTML and math are VERBATIM and never changed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from converter.expressions import expression
from converter.repair.lines import (
    BLANK,
    BULLET,
    FENCE,
    HEADING,
    HTML,
    INDENTED,
    ITEMS,
    ORDERED,
    TEXT,
    VERBATIM,
    kind_of,
)

_FENCE_MARK = re.compile(r"[ \t]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++)*+(`{3,}(?=[^`]*$)|~{3,}|\$\$\s*$)")
_HTML_UNTIL = (
    (
        re.compile(r"[ ]{0,3}<(?:script|pre|style|textarea)(?:\s|>|$)", re.I),
        re.compile(r"</(?:script|pre|style|textarea)>", re.I),
    ),
    (re.compile(r"[ ]{0,3}<!--"), re.compile(r"-->")),
    (re.compile(r"[ ]{0,3}<\?"), re.compile(r"\?>")),
)
_HTML_BLOCK = expression(
    r"[ ]{0,3}(?:</?(?:address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details"
    r"|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|legend|li"
    r"|link|main|menu|menuitem|nav|noframes|ol|optgroup|option|p|param|search|section|summary|table|tbody|td|tfoot|th"
    r"|thead|title|tr|track|ul)(?:\s|/?>|$)|<![A-Za-z])",
    re.I,
)
_HTML_TAG_ALONE = re.compile(
    r"""[ ]{0,3}(?:</[a-zA-Z][a-zA-Z0-9-]*+\s*+>|<[a-zA-Z][a-zA-Z0-9-]*+"""
    r"""(?:\s++[a-zA-Z_:][a-zA-Z0-9_.:-]*+(?:\s*+=\s*+(?:[^\s"'=<>`\x00-\x20]++|'[^']*+'|"[^"]*+"))?)*+\s*+/?>)\s*+$"""
)


def classify(lines: Sequence[str]) -> list[str]:
    """The kind of each line; VERBATIM inside fences, HTML, math and indented code."""
    kinds = [TEXT if line[:1].isalpha() else kind_of(line) if line else BLANK for line in lines]
    if (
        FENCE in kinds
        or HTML in kinds
        or INDENTED in kinds
        or any("```" in lines[at] or "~~~" in lines[at] for at, kind in enumerate(kinds) if kind in (BULLET, ORDERED))
    ):
        _mark_verbatim(lines, kinds)
    return kinds


def _mark_verbatim(lines: Sequence[str], kinds: list[str]) -> None:
    at, in_list, total = 0, False, len(lines)
    # Without blank lines nothing would end an HTML block; it then ends where a line does not begin with a tag.
    is_glued = kinds.count(BLANK) * 20 < total
    while at < total:
        kind = kinds[at]
        if kind in (BLANK, TEXT):
            in_list = in_list and (kind == BLANK or lines[at][:1] == " ")
            at += 1
            continue
        end = at
        if kind in (FENCE, BULLET, ORDERED) and (fence := _FENCE_MARK.match(lines[at])):
            end = _fence_end(lines, at, fence[1])
        elif kind == HTML:
            end = _html_end(lines, kinds, at, is_glued)
        elif kind == INDENTED and not in_list and (at == 0 or kinds[at - 1] in (BLANK, VERBATIM, HEADING)):
            end = at + 1 if lines[at].startswith(("    ", "\t")) else at
        in_list = kind in ITEMS or (in_list and kind in (INDENTED, FENCE)) or (in_list and lines[at][:1] == " ")
        if end > at:
            kinds[at:end] = [VERBATIM] * (end - at)
        elif kind in (HTML, FENCE):
            kinds[at] = TEXT
        at = max(end, at + 1)


def _fence_end(lines: Sequence[str], start: int, mark: str) -> int:
    """The line after the closing fence; an unclosed fence runs to the end (CommonMark 4.5)."""
    if mark.startswith("$$"):
        return next((at + 1 for at in range(start + 1, len(lines)) if lines[at].rstrip().endswith("$$")), start)
    closing = re.compile(rf"\s*{re.escape(mark[0])}{{{len(mark)},}}\s*$")
    return next((at + 1 for at in range(start + 1, len(lines)) if closing.match(lines[at])), len(lines))


def _html_end(lines: Sequence[str], kinds: Sequence[str], start: int, is_glued: bool) -> int:
    """The line after an HTML block (CommonMark 4.6); `start` if the block is a paragraph that begins with a tag."""
    for opening, closing in _HTML_UNTIL:
        if opening.match(lines[start]):
            return next((at + 1 for at in range(start, len(lines)) if closing.search(lines[at])), len(lines))
    may_interrupt = kinds[start - 1] != TEXT if start else True
    if _HTML_BLOCK.match(lines[start]) or (may_interrupt and _HTML_TAG_ALONE.match(lines[start])):
        ends = (BLANK, TEXT, HEADING, BULLET, ORDERED) if is_glued else (BLANK,)
        return next((at for at in range(start, len(lines)) if kinds[at] in ends), len(lines))
    return start
