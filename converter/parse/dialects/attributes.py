"""Attributes, anchors and comments, which are not text: `{#id .class key=value}` (Pandoc, MyST), `{: .class}`
(kramdown), `(name)=` (MyST), `^name` and `%% comment %%` (Obsidian).

They end a heading or a caption, stand on a line above or below a block, or follow an image, a link or code. The plugin
`attrs` of mdit-py-plugins copies the rest of the text for each brace.
"""

from __future__ import annotations

import re

from markdown_it.rules_inline import StateInline

from converter.expressions import expression

NAME = r"#[\w:.-]++|\.[^\W\d][\w:.-]*+"
KEY = r"[A-Za-z][\w:-]*+="
QUOTED = r"""(?:"[^"\n{}]*+"|'[^'\n{}]*+')"""
ATTRIBUTE = rf"(?:{NAME}|{KEY}(?:{QUOTED}|[\w./%#:+-]++))"
BRACES = re.compile(rf"\{{(?:[ \t]*+{ATTRIBUTE}(?:[ \t]++{ATTRIBUTE})*+[ \t]*+|:[^{{}}\[\]\n]++)\}}")
ANCHOR = r"\([A-Za-z_][\w.:/+-]*+(?:[ ][\w.:/+-]++)*+\)=|\^(?:[0-9a-f]{6}|[A-Za-z][A-Za-z0-9-]{2,}+)(?=[ \t]*+\Z)"
FIRST_LINE = expression(rf"(?:{BRACES.pattern}|{ANCHOR})[ \t]*+\n\s*+(?=\S)")
LAST_LINE = expression(rf"(?:\A|\n)[ \t]*+(?:{BRACES.pattern}|{ANCHOR})[ \t]*+\Z")
LAST_WORD = re.compile(r"(?<=\S)[ \t]++\^[0-9a-f]{6}\Z")
"""The name that Obsidian itself gives a block."""
COMMENT = "%%"
CAPTION = re.compile(r"(?:[Tt]able)?:[ \t]")
OWNERS = frozenset({"image", "link_close", "code_inline"})

TITLE_ATTRIBUTE = rf"""(?:{NAME}|-|{KEY}(?:{QUOTED}|[^\s"'{{}}=]++))"""
TITLE_BRACES = expression(
    rf"\{{(?:[ \t]*+{TITLE_ATTRIBUTE}|:[ \t]*+(?:{TITLE_ATTRIBUTE}|[a-z_-]++))(?:[ \t]++{TITLE_ATTRIBUTE})*+[ \t]*+\}}"
)
"""Attributes after the words of a title, where braces may also be text: `{-}` is Pandoc's for a heading without a
number, `{:toc}` is kramdown's."""
SURE_ATTRIBUTE = re.compile(r"""(?<=[{\s:])(?:[#.]|-[\s}])|=["']""")
"""Evidence that braces after words hold attributes: `{a=1}` alone may be a formula."""
CLOSING_MARKS = re.compile(r"(?<=[ \t])#+$")


def without_attributes(title: str) -> str:
    """Return a heading's content without attributes at its end, and without closing marks."""
    words = cut_title(title)
    return title if words == title else CLOSING_MARKS.sub("", words).rstrip() or title


def cut_title(title: str) -> str:
    """Return the words of a heading or caption without attributes at their end."""
    start = title.rfind("{") if title.endswith("}") else -1
    if start < 1 or not TITLE_BRACES.fullmatch(title, start) or not _is_sure(title, start):
        return title
    return title[:start].rstrip()


def _is_sure(title: str, start: int) -> bool:
    mark = title[start + 1 :].lstrip()[0]
    is_apart = title[start - 1] in " \t" or (mark in "#:" and title[start - 1] != "\\")
    return is_apart and (mark == ":" or SURE_ATTRIBUTE.search(title, start) is not None)


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
        elif CAPTION.match(content):
            content = cut_title(content)
    return content, lines


def inline_attributes(state: StateInline, silent: bool) -> bool:
    """Inline rule at `{`: attributes right after an image, a link or code.

    Brackets in a quoted value rule it out: the search for the end of a link's text tries this rule too, and must see
    every bracket.
    """
    if state.pending or not state.tokens or state.tokens[-1].type not in OWNERS:
        return False
    match = BRACES.match(state.src, state.pos, state.posMax)
    if match is None or "[" in match[0] or "]" in match[0]:
        return False
    state.pos = match.end()
    return True
