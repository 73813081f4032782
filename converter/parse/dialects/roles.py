"""Roles of MyST and Sphinx: ``{ref}`words <target>` ``, ``{class}`~package.Class` ``, ``{math}`x^2` ``.

Only the names that MyST and Sphinx define are roles; before any other code, braces are text. A reference to a place is
a link, and the name of an object in a program is code.
"""

from __future__ import annotations

import re

from markdown_it.rules_inline import StateInline

from converter.parse.heights import height_of

ROLE = re.compile(r"\{([A-Za-z][\w:+-]{0,40}+)\}(`+)(?!`)((?:(?!\2)[\s\S]){1,400}?)\2(?!`)")
TITLE = re.compile(r"([\s\S]*\S)\s*<([^<>]+)>")
REFERENCES = frozenset(
    {"any", "cite", "cite:p", "cite:t", "doc", "download", "eq", "external", "numref", "ref", "term"}
)
"""Roles that refer to another place; their content is the place, or words for it."""
OBJECTS = frozenset({
    "attr", "class", "const", "data", "enum", "exc", "file", "func", "macro", "meth", "mod", "obj", "setting", "struct",
    "type", "var",
})  # fmt: skip
"""Roles of objects in programs: `~` before a dotted name shows its last part, `!` makes no link."""
CODE = frozenset({
    "bash", "code", "command", "console", "dfn", "envvar", "kbd", "keyword", "lib", "option", "program", "py", "regexp",
    "samp", "sh", "token",
})  # fmt: skip
TEXT_ROLES = {
    "abbr": "", "abbreviation": "", "emphasis": "", "guilabel": "", "mailheader": "", "menuselection": "",
    "pep": "PEP ", "rfc": "RFC ", "strong": "", "title": "",
}  # fmt: skip
"""Roles whose content is text, with the words that are shown before it."""
HEIGHTS = {"sub": "sub", "subscript": "sub", "sup": "sup", "superscript": "sup"}
"""Roles for raised and lowered text, with the HTML elements of the same meaning."""
NAMES = REFERENCES | OBJECTS | CODE | TEXT_ROLES.keys() | HEIGHTS.keys() | {"math"}


def role(state: StateInline, silent: bool) -> bool:
    """Inline rule at `{`: the name of a role and a code span."""
    match = ROLE.match(state.src, state.pos, state.posMax)
    if match is None:
        return False
    full_name = match[1].lower()
    name = full_name if full_name in REFERENCES else full_name.rpartition(":")[2]
    if name not in NAMES:
        return False
    if not silent:
        _push(state, name, " ".join(match[3].split()))
    state.pos = match.end()
    return True


def _push(state: StateInline, name: str, content: str) -> None:
    if name == "math":
        math = state.push("math_inline", "math", 0)
        math.content, math.markup = content, "$"
        return
    title = TITLE.fullmatch(content)
    words, target = (title[1], title[2]) if title else (content, content)
    if name in HEIGHTS:
        height = height_of(HEIGHTS[name], state.src[max(state.pos - 1, 0) : state.pos], words)
        words = words.translate(height or {})
    if name in OBJECTS:
        words = words.rpartition(".")[2] if words.startswith("~") else words.lstrip("!")
    is_code = name in OBJECTS or name in CODE
    is_link = not state.linkLevel and (name in REFERENCES or (name in OBJECTS and title is not None))
    if is_link:
        state.push("link_open", "a", 1).attrs = {"href": target}
    token = state.push("code_inline" if is_code else "text", "code" if is_code else "", 0)
    token.content = TEXT_ROLES.get(name, "") + words
    if is_link:
        state.push("link_close", "a", -1)
