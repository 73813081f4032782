"""Attributes in braces, which are no text: `{#id .class key=value}` (Pandoc, MyST), `{: .class}` (kramdown).

On a block they end it, or stand on a line above or below it; inline they follow an image, a link or code. The plugin
`attrs` of mdit-py-plugins copies the rest of the text for each brace.
"""

from __future__ import annotations

import re

from markdown_it.rules_inline import StateInline

VALUE = r"""(?:"[^"\n{}\[\]]*+"|'[^'\n{}\[\]]*+'|[\w./%#:+-]++)"""
ATTRIBUTE = rf"(?:#[\w:.-]++|\.[A-Za-z_][\w:-]*+|[A-Za-z][\w:-]*+={VALUE})"
ATTRIBUTES = re.compile(rf"\{{(?:[ \t]*+{ATTRIBUTE}(?:[ \t]++{ATTRIBUTE})*+[ \t]*+|:[^{{}}\[\]\n]++)\}}")
FIRST_LINE = re.compile(rf"(?:{ATTRIBUTES.pattern})[ \t]*+\n\s*+(?=\S)")
LAST_LINE = re.compile(rf"(?:\A|\n)[ \t]*+(?:{ATTRIBUTES.pattern})[ \t]*+\Z")
OWNERS = frozenset({"image", "link_close", "code_inline"})


def cut_attributes(content: str) -> tuple[str, int]:
    """Return the content of a paragraph without a first and a last line that hold nothing but attributes.

    The number is that of the lines cut at the start.
    """
    lines = 0
    if content.startswith("{") and (match := FIRST_LINE.match(content)):
        content, lines = content[match.end() :], 1
    if content.endswith("}") and (match := LAST_LINE.match(content, max(content.rfind("\n"), 0))):
        content = content[: match.start()].rstrip()
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
