"""Highlighted words, whose marks are not text: `==words==` (Obsidian, Quarto, markdown-it-mark)."""

from __future__ import annotations

import re

from markdown_it.rules_inline import StateInline

HIGHLIGHT_MARK = "=="
HIGHLIGHT = re.compile(r"(?<![\w=])==(?=[^\s=])((?:[^=]|=(?!=)){1,600}?)(?<=[^\s=])==(?![\w=])")
"""Comparisons have white space beside their signs, or a word: `a == b`, `a==b`."""


def highlight(state: StateInline, silent: bool) -> bool:
    """Inline rule at `=`: the marks vanish, and what they hold is read."""
    match = HIGHLIGHT.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    if not silent:
        end = state.posMax
        state.pos, state.posMax = match.start(1), match.end(1)
        state.md.inline.tokenize(state)
        state.posMax = end
    state.pos = match.end()
    return True
