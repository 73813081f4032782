"""The lines that open and close something: `:::` fences, directives in code fences, shortcodes, components of MDX.

A line is a `Mark` by itself; which lines belong together, `pairs_of` finds in one pass over all lines, so that no rule
has to search for the end of what it opens.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from converter.parse.dialects.callouts import DIRECTIVE, Callout, callout_of, name_and_callout

FENCES = frozenset(":`~")
DIV = re.compile(r":++[ \t]++[A-Za-z][\w-]*+[ \t]*+:*+")
"""A div as Pandoc writes it, with one class: its content is Markdown, whatever the class."""
FENCE = re.compile(r"`{3,}+(?=[^`]*$)|~{3,}+")
LONGEST_LINE = 2000
"""A longer line is not a mark."""
STARTS = frozenset(":`~{<")
"""The first characters of marks."""
PREFIX = " \t>"
CLOSING = {"{{<": ">}}", "{{%": "%}}", "{%": "%}"}
"""The opening and closing signs of shortcodes in Hugo and in Liquid (Jekyll, GitBook)."""
TAG = re.compile(r"(/|end(?=\w))?[ \t]*+([A-Za-z][\w./-]*+)")
COMPONENT = re.compile(r"<(/?)([A-Z][\w.]*+)((?:\s[^<>]*+|/)?)>")
MODULE = re.compile(
    r"""import\s(?:[^\n"';]{1,300}\sfrom\s+)?["'][^"'\n]+["'];?\s*$|export\s+(?:const|default|function|let|async)\s"""
)
TEXT_DIRECTIVES = frozenset({
    "card", "container", "div", "exercise", "figure", "grid", "grid-item", "grid-item-card", "image", "proof",
    "solution", "tab-set", "tabs", "table",
})  # fmt: skip
"""Directives in code fences, besides callouts, whose content is Markdown (MyST)."""
CODE = frozenset({
    "code", "code-block", "code-cell", "codeblock", "highlight", "katex", "math", "mermaid", "plantuml",
    "prettify", "sourcecode",
})  # fmt: skip
"""Directives and shortcodes whose content is code."""
HIDDEN = frozenset({"comment"})
"""Shortcodes whose content is not shown."""
LISTINGS = frozenset({
    "contents", "currentmodule", "include", "index", "literalinclude", "module", "tableofcontents", "toctree",
})  # fmt: skip
"""Directives (MyST) whose content is not shown: options, and the names of other pages."""
LANGUAGES = frozenset({"katex", "math", "mermaid", "plantuml"})
"""Code directives whose name is itself the language."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A line that opens or closes something of the same `key`.

    What it opens is a callout, code, or neither: then only the lines of the marks are not text. A shortcode or
    component is a `tag`. A `braced` mark is a directive of MyST, which has options. The marks of what is not `known`,
    such as `:::several words`, stay text, although they have a pair.
    """

    key: str
    opens: bool
    name: str = ""
    arguments: str = ""
    callout: Callout | None = None
    code: bool = False
    tag: bool = False
    braced: bool = False
    known: bool = True


def mark_of(text: str, mdx: bool) -> Mark | None:
    """Return the mark that a line is, which begins with one of `STARTS`; None if it is text.

    White space and quote marks before it are left out.
    """
    if len(text) > LONGEST_LINE:
        return None
    first, text = text[0], text.rstrip()
    if first == ":":
        return _colons(text)
    if first == "{":
        return _shortcode(text)
    if first == "<":
        return _component(text) if mdx else None
    return _fence(text)


def _colons(text: str) -> Mark | None:
    info = text.lstrip(":")
    length = len(text) - len(info)
    if length < 3:
        return None
    info = info.strip()
    name = info.rstrip(":").rstrip()
    if name != info and " " in name and not name.startswith("{"):
        return None  # all of it on one line
    mark = _directive(f":{length}", name)
    return replace(mark, known=True) if DIV.fullmatch(text) else mark


def _fence(text: str) -> Mark | None:
    info = text.lstrip(text[0])
    length = len(text) - len(info)
    if length < 3 or (text[0] == "`" and "`" in info):  # code in a line, as in CommonMark
        return None
    directive = DIRECTIVE.match(info.strip())
    if not directive:
        return Mark(f"{text[0]}{length}", False) if not info.strip() else None
    name = directive[1].lower()
    mark = _directive(f"{text[0]}{length}", info.strip())
    return mark if mark.callout or name in TEXT_DIRECTIVES or name in LISTINGS else None


def _directive(key: str, info: str) -> Mark:
    if not info:
        return Mark(key, False)
    name, callout = name_and_callout(info)
    directive = DIRECTIVE.match(info)
    arguments = directive[2].strip() if directive else info[len(name) :].strip()
    name = name.lower()
    known = callout is not None or name in CODE or info.startswith("{")
    code = name in CODE or (directive is not None and name in LISTINGS)
    return Mark(key, True, name, arguments, callout, code, braced=directive is not None, known=known)


def _shortcode(text: str) -> Mark | None:
    tags = tags_of(text)
    if not tags:
        return None
    match = TAG.match(tags[0])
    if match is None or len(tags) > 1:
        return Mark("", False, tag=True)
    name, arguments = match[2].lower(), tags[0][match.end() :].strip()
    key, opens = f"{text[:2]}{name}", not match[1] and not arguments.endswith("/")
    callout = callout_of(name, arguments) if opens else None
    return Mark(key, opens, name, arguments, callout, opens and name in CODE | HIDDEN, tag=True)


def tags_of(text: str) -> list[str]:
    """Return the content of the shortcodes in a line; an empty list if the line holds anything else."""
    tags, at = [], 0
    while at < len(text):
        opening = next((mark for mark in CLOSING if text.startswith(mark, at)), None)
        end = text.find(CLOSING[opening], at + len(opening)) if opening else -1
        if opening is None or end < 0:
            return []
        tags.append(text[at + len(opening) : end].strip("- \t"))
        at = end + len(CLOSING[opening])
        at += len(text[at:]) - len(text[at:].lstrip())
    return tags


def _component(text: str) -> Mark | None:
    match = COMPONENT.fullmatch(text)
    if match is None:
        return None
    name, arguments = match[2], match[3].strip()
    opens = not match[1] and not arguments.endswith("/")
    return Mark(f"<{name}", opens, name, arguments, callout_of(name, arguments) if opens else None, tag=True)


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a document: whether it is MDX, and the closing line of each line that opens something."""

    mdx: bool
    pairs: Mapping[int, int]
    closings: frozenset[int]

    @classmethod
    def of(cls, lines: Sequence[str]) -> Marks:
        """Return the marks in these lines."""
        mdx = is_mdx(lines)
        pairs = pairs_of(lines, mdx)
        return cls(mdx, pairs, frozenset(pairs.values()))


def is_mdx(lines: Sequence[str]) -> bool:
    """Whether a line outside code imports or exports something, as in MDX only."""
    if not any(line.startswith(("import ", "export ")) and MODULE.match(line) for line in lines):
        return False
    fence = ""
    for line in lines:
        mark = FENCE.match(line.lstrip(PREFIX))
        if fence:
            fence = "" if mark and mark[0].startswith(fence) and not line.strip(f"{PREFIX}{fence[0]}") else fence
        elif mark:
            fence = mark[0]
        elif MODULE.match(line):
            return True
    return False


def pairs_of(lines: Sequence[str], mdx: bool) -> dict[int, int]:
    """Return the closing line of each line that opens something, by their indexes. Code holds no marks."""
    pairs: dict[int, int] = {}
    open_marks: defaultdict[str, list[tuple[Mark, int]]] = defaultdict(list)  # by family
    code: tuple[str, int | None] | None = None
    for number, line in enumerate(lines):
        text = line.lstrip(PREFIX)
        if text[:1] not in STARTS:
            continue
        mark = mark_of(text, mdx)
        if code is not None:
            if mark and not mark.opens and closes(mark.key, code[0]):
                if code[1] is not None:
                    pairs[code[1]] = number
                code = None
            continue
        if mark is None:
            if fence := FENCE.match(text):
                code = f"{text[0]}{len(fence[0])}", None
            continue
        stack = open_marks[mark.key[0] if mark.key[:1] in FENCES else mark.key]
        if mark.code:
            code = mark.key, number
        elif mark.opens:
            stack.append((mark, number))
        elif stack and (mark.key[0] == ":" or closes(mark.key, stack[-1][0].key)):  # Pandoc counts no colons
            opening, start = stack.pop()
            if opening.known:
                pairs[start] = number
        elif mark.key[:1] in ("`", "~"):
            code = mark.key, None
    return pairs


def closes(closing: str, opening: str) -> bool:
    """Whether a mark with one key closes a mark with another: a fence at least as long, or else the same key."""
    if opening[0] in FENCES:
        return closing[:1] == opening[0] and int(closing[1:]) >= int(opening[1:])
    return closing == opening
