"""Attributes, anchors and comments, which are no text: `{#id .class key=value}` (Pandoc, MyST), `{: .class}`
(kramdown), `(name)=` (MyST), `^name` and `%% comment %%` (Obsidian).

On a block they end it, or stand on a line above or below it; inline they follow an image, a link or code. The plugin
`attrs` of mdit-py-plugins copies the rest of the text for each brace.
"""

from __future__ import annotations

import re

from markdown_it.rules_inline import StateInline

VALUE = r"""(?:"[^"\n{}\[\]]*+"|'[^'\n{}\[\]]*+'|[\w./%#:+-]++)"""
ATTRIBUTE = rf"(?:#[\w:.-]++|\.[A-Za-z_][\w:-]*+|[A-Za-z][\w:-]*+={VALUE})"
ATTRIBUTES = re.compile(rf"\{{(?:[ \t]*+{ATTRIBUTE}(?:[ \t]++{ATTRIBUTE})*+[ \t]*+|:[^{{}}\[\]\n]++)\}}")
TARGET = r"\([A-Za-z_][\w.:/+-]*+(?:[ ][\w.:/+-]++)*+\)="
BLOCK_NAME = r"\^(?:[0-9a-f]{6}|[A-Za-z][A-Za-z0-9-]{2,}+)"
ANCHOR = r"\([A-Za-z_][\w.:/+-]*+(?:[ ][\w.:/+-]++)*+\)=|\^(?:[0-9a-f]{6}|[A-Za-z][A-Za-z0-9-]{2,}+)(?=[ \t]*+\Z)"
FIRST_LINE = re.compile(rf"(?:{ATTRIBUTES.pattern}|{ANCHOR})[ \t]*+\n\s*+(?=\S)")
LAST_LINE = re.compile(rf"(?:\A|\n)[ \t]*+(?:{ATTRIBUTES.pattern}|{ANCHOR})[ \t]*+\Z")
LAST_WORD = re.compile(r"(?<=\S)[ \t]++\^[0-9a-f]{6}\Z")
"""The name that Obsidian itself gives a block."""
COMMENT = "%%"
CAPTION = re.compile(rf"(?:[Tt]able)?:[ \t][^\n]*\S(?P<end>[ \t]++(?:{ATTRIBUTES.pattern}))\Z")
OWNERS = frozenset({"image", "link_close", "code_inline"})


def cut_attributes(content: str) -> tuple[str, int]:
    """Return the content of a paragraph without a first and a last line that hold nothing but attributes or an anchor.

    The number is that of the lines cut at the start.
    """
    if content.startswith(COMMENT) and content.endswith(COMMENT) and content.count(COMMENT) == 2:
        return "", 0
    lines = 0
    if content.startswith(("{", "(")) and (match := FIRST_LINE.match(content)):
        content, lines = content[match.end() :], 1
    last_line = max(content.rfind("\n"), 0)
    if content.endswith(("}", ")=")) or content.find("^", last_line) >= 0:
        start = len(content) - len(" ^123456")
        if match := LAST_LINE.match(content, last_line) or LAST_WORD.search(content, max(start, 0)):
            content = content[: match.start()].rstrip()
        elif match := CAPTION.match(content):
            content = content[: match.start("end")]
    return content, lines


def inline_attributes(state: StateInline, silent: bool) -> bool:
    """Inline rule at `{`: attributes right after an image, a link or code."""
    if state.pending or not state.tokens or state.tokens[-1].type not in OWNERS:
        return False
    match = ATTRIBUTES.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    state.pos = match.end()
    return True
