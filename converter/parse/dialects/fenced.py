"""Fences, directives, shortcodes and components: a callout with its content, code, or lines that are not text."""

from __future__ import annotations

import re

from markdown_it.rules_block import StateBlock

from converter.parse.dialects.arguments import content_of
from converter.parse.dialects.containers import push_directive, read_callout
from converter.parse.dialects.marks import CLOSING, HIDDEN, LANGUAGES, LISTINGS, STARTS, Mark, Marks, mark_of
from converter.parse.markdown_it.private import forbid_indented_code

OPTION = re.compile(r":[A-Za-z][\w-]*+:(?:[ \t]|$)")
"""An option of a MyST directive, below the opening line."""
NO_TEXT = re.compile(r"\[[^\]\n]++\]:|\{%|\{\{[<%]")
"""The start of a definition or a shortcode."""
MOST_OPTIONS = 30
"""Maximum number of lines of a directive's options."""
LONGEST_TAG = 20
"""Maximum number of lines of a shortcode."""


def fenced_block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Block rule for a line that opens or closes something.

    A callout and code reach to the closing line. Otherwise only the lines of the marks are not text: the blocks between
    them are read as if the marks were not there. A shortcode without a closing line stays text, but what it shows and
    the definitions below it are read.
    """
    position = state.bMarks[start] + state.tShift[start]
    if state.src[position : position + 1] not in STARTS or state.is_code_block(start):
        return False
    marks, offset = marks_of(state)
    mark, line = _mark_at(state, start, end, marks.mdx)
    if mark is None:
        return False
    last = marks.pairs.get(start + offset, -1) - offset
    if last >= end and state.level == 0:  # beyond the end of a window of a large document
        state.line = start if silent else end
        return True
    is_paired = last > start and last < end and _stays_inside(state, start, last)
    is_part = is_paired or (not mark.opens and start + offset in marks.closings)
    is_text = not is_part and mark.key[:1] != "<"
    if is_text and (silent or not mark.tag or state.level or _goes_on(state, line, end)):
        return False
    if silent:
        return True
    if is_paired and mark.callout:
        first = _skip_options(state, start + 1, last) if mark.braced else start + 1
        indentation = _indentation(state, first, last) if mark.tag else state.blkIndent
        read_callout(state, start, (first, last), last + 1, mark.callout, indentation)
    elif is_paired and mark.name in (LISTINGS if mark.braced else HIDDEN):
        push_directive(state, start, last + 1)
    elif is_paired and mark.code:
        _push_code(state, start, last, mark)
    else:
        line = _skip_options(state, line, end) if mark.braced else line
        push_directive(state, start, line, content_of(mark), is_text)
    return True


def set_marks(state: StateBlock, marks: Marks, start: int) -> None:
    """Attach the marks of the document to a state, and the line of the document at which the state begins."""
    vars(state)["marks"] = marks, start
    if marks.mdx:
        forbid_indented_code(state)


def marks_of(state: StateBlock) -> tuple[Marks, int]:
    """Return the marks of the document, and the line of the document at which the state begins."""
    if "marks" not in vars(state):
        set_marks(state, Marks.of(state.src.split("\n")), 0)
    marks: tuple[Marks, int] = vars(state)["marks"]
    return marks


def _mark_at(state: StateBlock, start: int, end: int, mdx: bool) -> tuple[Mark | None, int]:
    """Return the mark that begins in a line, and the line below the mark: a shortcode may take several lines."""
    position = state.bMarks[start] + state.tShift[start]
    text = state.src[position : state.eMarks[start]]
    closing = next((CLOSING[mark] for mark in CLOSING if text.startswith(mark)), None)
    line = start + 1
    if closing and closing not in text:
        while line < min(end, start + LONGEST_TAG) and not state.isEmpty(line):
            text += " " + state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
            line += 1
            if closing in text:
                break
    return mark_of(text, mdx), line


def _goes_on(state: StateBlock, line: int, end: int) -> bool:
    """Whether a line of text follows directly, so that the shortcode above belongs to a paragraph."""
    if line >= end or state.isEmpty(line):
        return False
    return not NO_TEXT.match(state.src, state.bMarks[line] + state.tShift[line], state.eMarks[line])


def _push_code(state: StateBlock, start: int, last: int, mark: Mark) -> None:
    """Push the code between two marks; the marks are part of it, except for shortcodes."""
    if mark.tag:
        push_directive(state, start, start + 1)
    if not mark.tag or last > start + 1:
        code = state.push("fence", "code", 0)
        code.map = [start + 1, last] if mark.tag else [start, last + 1]
        code.info = mark.arguments if mark.name not in LANGUAGES else mark.name
        code.content = state.getLines(start + 1, last, state.sCount[start], True)
    if mark.tag:
        push_directive(state, last, last + 1)
    state.line = last + 1


def _stays_inside(state: StateBlock, start: int, last: int) -> bool:
    """Whether all lines up to the closing line belong to the same list item or quote as the opening line."""
    return not state.level or all(
        state.isEmpty(line) or state.sCount[line] >= state.blkIndent for line in range(start, last + 1)
    )


def _indentation(state: StateBlock, start: int, end: int) -> int:
    """Return the indentation that all lines share: in shortcodes it has no meaning."""
    counts = [state.sCount[line] for line in range(start, end) if not state.isEmpty(line)]
    return max(state.blkIndent, min(counts, default=0))


def _skip_options(state: StateBlock, line: int, end: int) -> int:
    """Return the line below the options of a directive: `:key: value` on each line, or YAML between two rules."""
    if line < end and _is_rule(state, line):
        return next(
            (below + 1 for below in range(line + 1, min(end, line + MOST_OPTIONS)) if _is_rule(state, below)), line
        )
    while line < end and OPTION.match(state.src, state.bMarks[line] + state.tShift[line], state.eMarks[line]):
        line += 1
    return line


def _is_rule(state: StateBlock, line: int) -> bool:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip() == "---"
