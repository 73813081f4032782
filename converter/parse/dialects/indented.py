"""Admonitions and tabs of MkDocs: an opening line, and what is indented below it.

    !!! warning "Hot"
        Do not touch the lid.

The plugin `admon` of mdit-py-plugins takes any line that begins with `!!!`, ends an admonition at two blank lines, and
reads no tabs.
"""

from __future__ import annotations

import re

from markdown_it.rules_block import StateBlock

from converter.parse.dialects.callouts import Callout
from converter.parse.dialects.containers import read_callout

STARTS = frozenset("!?=")
OPENING = re.compile(
    r"""(?:!!!|\?\?\?\+?)[ \t]*+(?:(?P<kind>[A-Za-z][\w-]*+)(?:[ \t]++[\w-]++)*+[ \t]*+(?=["\s]|$)|(?="))"""
    r"""(?:"(?P<title>.*)")?[ \t]*|===[+!]{0,2}[ \t]*+"(?P<tab>.+)"[ \t]*"""
)
DEFAULT_KINDS = {"!": "note", "?": "details"}
INDENTATION = 4


def indented_callout(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Block rule for an admonition or a tab; without any indented content, the line is text."""
    position = state.bMarks[start] + state.tShift[start]
    if state.src[position : position + 1] not in STARTS or state.is_code_block(start):
        return False
    opening = OPENING.fullmatch(state.src, position, state.eMarks[start])
    indentation = state.sCount[start] + INDENTATION
    line = state.skipEmptyLines(start + 1)
    if opening is None or line >= end or state.sCount[line] < indentation:
        return False
    if silent:
        return True
    last = line
    while line < end and (state.isEmpty(line) or state.sCount[line] >= indentation):
        line += 1
        last = last if state.isEmpty(line - 1) else line
    kind = "tab" if opening["tab"] else opening["kind"] or DEFAULT_KINDS[state.src[position]]
    callout = Callout(kind.lower(), (opening["tab"] or opening["title"] or "").strip())
    read_callout(state, start, (start + 1, last), last, callout, indentation)
    return True
