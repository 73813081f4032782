"""The tokens of what holds other blocks or is not text: callouts, and the lines that only a site generator reads."""

from __future__ import annotations

from dataclasses import dataclass

from markdown_it.rules_block import StateBlock

from converter.parse.dialects.callouts import Callout


@dataclass(frozen=True, slots=True)
class DirectiveContent:
    """What a directive shows: words, an image and a link, each possibly empty."""

    words: str = ""
    image: str = ""
    alt: str = ""
    url: str = ""


NOTHING = DirectiveContent()


def read_callout(
    state: StateBlock, start: int, content: tuple[int, int], end: int, callout: Callout, indentation: int
) -> None:
    """Push a callout that spans the lines from `start` up to `end`, with the blocks in its content.

    Lines between the opening one and the content, and below it, are directives.
    """
    opening = state.push("callout_open", "", 1)
    opening.map, opening.meta = [start, end], {"callout": callout}
    if content[0] > start + 1:
        push_directive(state, start + 1, content[0])
    outer = state.parentType, state.lineMax, state.blkIndent
    state.parentType, state.lineMax, state.blkIndent = "callout", content[1], indentation
    state.md.block.tokenize(state, *content)
    state.parentType, state.lineMax, state.blkIndent = outer
    if end > content[1]:
        push_directive(state, content[1], end)
    state.push("callout_close", "", -1)
    state.line = end


def push_directive(
    state: StateBlock, start: int, end: int, shown: DirectiveContent = NOTHING, is_text: bool = False
) -> None:
    """Push lines that a site generator reads; with `is_text`, they are text too."""
    token = state.push("directive", "", 0)
    token.map, token.meta = [start, end], {"shown": shown, "is_text": is_text}
    state.line = end
