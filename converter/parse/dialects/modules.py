"""MDX: what is neither text nor a component: imports, exports and comments."""

from __future__ import annotations

from markdown_it.rules_block import StateBlock

from converter.parse.dialects.containers import push_directive
from converter.parse.dialects.fenced import marks_of

COMMENT = ("{/*", "*/}")
LONGEST_COMMENT = 200
"""Maximum number of lines of a comment."""


def module_code(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Block rule for an import or export, up to a blank line, and for a comment."""
    position = state.bMarks[start]
    is_comment = state.src.startswith(COMMENT[0], position + state.tShift[start])
    if silent or not (is_comment or state.src.startswith(("import ", "export "), position)):
        return False
    if not marks_of(state)[0].mdx:
        return False
    line = start + 1
    if is_comment:
        lines = range(start, min(end, start + LONGEST_COMMENT))
        last = next((at for at in lines if COMMENT[1] in state.src[state.bMarks[at] : state.eMarks[at]]), None)
        if last is None:
            return False
        line = last + 1
    else:
        while line < end and not state.isEmpty(line):
            line += 1
    push_directive(state, start, line)
    return True
