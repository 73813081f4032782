"""Lines -> block structure: common blocks straight from their lines, all others by markdown-it's rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from converter.parse.dialects.fenced import set_marks
from converter.parse.dialects.marks import Marks
from converter.parse.fast.blocks import CommonBlock, Definition
from converter.parse.markdown_it.private import normalizeReference
from converter.parse.parsers import Parser

WINDOW_LINES = 2048
"""Lines of a large document that markdown-it sees at once. It needs the text as one string, with four bytes per
character if any is an emoji, and five numbers per line: for a document of 4 MB, as much memory as all of its blocks.
A block of more lines is read again, in a window of all remaining lines."""

LOOK_AHEAD = 8
"""A block in a window is sure to end where it ends in the whole document if a blank line and this many non-blank lines
follow. No rule looks at more than three lines, except the one for `$$`, which searches for another `$$` up to a blank
line; the rest is margin."""


def structure(
    lines: Sequence[str], env: dict[str, Any], parser: Parser, window_lines: int | None = None
) -> Iterator[Token | CommonBlock]:
    """Yield the block structure, inline content unparsed; link references and footnotes are added to `env`.

    markdown-it sees the whole document, or `window_lines` lines at a time: that takes less memory, but more time for
    each block of many lines.
    """
    at, end = 0, len(lines)
    marks = Marks.of(lines)
    size = window_lines or end
    window: Window | None = None
    while at < end:
        if not lines[at].strip(" \t"):
            at += 1
        elif block := None if marks.mdx or at in marks.closings else parser.read_block(lines, at):
            if isinstance(block, Definition):
                _define(env, {"references": {normalizeReference(block.label): {"title": "", "href": block.url}}})
            yield block
            at = block.end
        else:
            if window is None or at >= window.certain:
                window = Window(lines, at, size, parser, marks)
            while (tokens := window.read(at, env)) is None:
                window = Window(lines, at, end if at == window.start else size, parser, marks)
            yield from tokens
            at = window.line


class Window:
    """The lines of a document that markdown-it sees: all lines of most documents."""

    def __init__(self, lines: Sequence[str], start: int, size: int, parser: Parser, marks: Marks) -> None:
        """Take `size` lines from `start`, or as many as are left.

        A block that ends at or before line `certain` ends there in the document too.
        """
        end = self.certain = min(start + size, len(lines))
        if end < len(lines):
            lower_lines = islice(
                (at for at in range(end - 1, start, -1) if lines[at].strip(" \t")), LOOK_AHEAD - 1, None
            )
            last_line = next(lower_lines, start)
            self.certain = next((at for at in range(last_line, start, -1) if not lines[at].strip(" \t")), start)
        self.start = self.line = start
        md = parser.block_parser()
        self._state = StateBlock("\n".join(lines[start:end]) + "\n", md, {}, [])
        set_marks(self._state, marks, start)
        self._rules = md.block.ruler.getRules("")

    def read(self, at: int, env: dict[str, Any]) -> list[Token] | None:
        """Return the tokens of the block at line `at`, and set `line` to the next line; None if its end is uncertain.

        Definitions in the block are added to `env`.
        """
        state = self._state
        state.tokens, state.env = [], {}
        state.line = at - self.start
        any(rule(state, state.line, state.lineMax, False) for rule in self._rules)  # the last, for paragraphs, matches
        self.line = self.start + state.line
        if self.line > self.certain:
            return None
        if self.start:
            for token in state.tokens:
                if token.map:
                    token.map = [line + self.start for line in token.map]
        if state.env:
            _define(env, state.env)
        return state.tokens


def _define(env: dict[str, Any], block_env: dict[str, Any]) -> None:
    """Add the definitions of a block; the first definition of a label wins (CommonMark 0.31, section 4.7)."""
    for label, reference in block_env.get("references", {}).items():
        env.setdefault("references", {}).setdefault(label, reference)
    if notes := block_env.get("footnotes"):
        env.setdefault("footnotes", {"refs": {}, "list": {}})["refs"].update(notes["refs"])
