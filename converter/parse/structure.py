"""Lines -> block structure: common blocks straight from their lines, all others by markdown-it's rules."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from converter.parse.common import CommonBlock, common_block
from converter.parse.markdown import block_parser

WINDOW_LINES = 2048
"""So many lines of a large document are shown to markdown-it at once. It needs the text in one piece, with four bytes a
character where one is an emoji, and five numbers a line: of a document of 4 MB, as much memory as all of its blocks
take. A block of more lines is read again, in a window of all the rest."""

LOOK_AHEAD = 8
"""A blank line and so many others have to stand below a block in its window, to be sure that it would end there in the
whole document too. No rule looks at more than three, but that for `$$`, which seeks its like up to a blank line; the
rest is margin."""


def structure(
    lines: list[str], env: dict[str, Any], large: bool = False, release: bool = False
) -> Iterator[Token | CommonBlock]:
    """Yield the block structure, inline content unread; `env` takes the link references and footnotes on the way.

    A `large` document takes less memory, and more time for each block of many lines. With `release`, lines above the
    block that is asked for are emptied now and then.
    """
    at, end = 0, len(lines)
    size = WINDOW_LINES if large else end
    released = 0
    window: Window | None = None
    while at < end:
        if release and at - released >= WINDOW_LINES:
            lines[released:at] = [""] * (at - released)
            released = at
        if not lines[at].strip(" \t"):
            at += 1
        elif block := common_block(lines, at):
            yield block
            at = block.end
        else:
            if window is None or at >= window.certain:
                window = Window(lines, at, size)
            while (tokens := window.read(at, env)) is None:
                window = Window(lines, at, end if at == window.start else size)
            yield from tokens
            at = window.line


class Window:
    """Some lines of a document, as markdown-it sees them; of most documents all."""

    def __init__(self, lines: list[str], start: int, size: int) -> None:
        """Take `size` lines from `start` on, or as many as are left.

        A block that ends in line `certain` or before ends there in the document too.
        """
        end = self.certain = min(start + size, len(lines))
        if end < len(lines):
            below = islice((at for at in range(end - 1, start, -1) if lines[at].strip(" \t")), LOOK_AHEAD - 1, None)
            last = next(below, start)
            self.certain = next((at for at in range(last, start, -1) if not lines[at].strip(" \t")), start)
        self.start = self.line = start
        self._state = StateBlock("\n".join(lines[start:end]) + "\n", block_parser(), {}, [])
        self._rules = block_parser().block.ruler.getRules("")

    def read(self, at: int, env: dict[str, Any]) -> list[Token] | None:
        """Return the tokens of the block in line `at`, after which `line` is the next one; None if that is not certain.

        `env` takes what the block defines.
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


def _define(env: dict[str, Any], more: dict[str, Any]) -> None:
    """Add what a block defines; the first definition of a label stands (CommonMark 0.31, section 4.7)."""
    for label, reference in more.get("references", {}).items():
        env.setdefault("references", {}).setdefault(label, reference)
    if notes := more.get("footnotes"):
        env.setdefault("footnotes", {"refs": {}, "list": {}})["refs"].update(notes["refs"])
