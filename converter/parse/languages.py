"""The language of a code block: what follows its fence (`python`, `{.python}`, `{code-cell} python`)."""

from __future__ import annotations

import re

LANGUAGE = re.compile(r"[.:#!]*+(?:lang(?:uage)?-(?=\w))?((?:[^\s{},;:=\"'()\[\]/]|/(?=[A-Za-z]))++)(=?)(\S?)")
NAMES = re.compile(r"[^\s,]+")
CODE_DIRECTIVES = frozenset({"code", "code-block", "code-cell", "sourcecode", "highlight", "code-example"})
"""MyST directives whose argument is a language."""
OTHER_DIRECTIVES = frozenset(
    {
        "admonition", "attention", "caution", "danger", "error", "hint", "important", "note", "seealso", "tip",
        "warning", "todo", "versionadded", "versionchanged", "deprecated", "figure", "image", "table", "list-table",
        "csv-table", "tab-set", "tab-item", "grid", "card", "dropdown", "toctree", "contents", "include",
        "literalinclude", "math", "margin", "sidebar", "topic", "epigraph", "glossary", "bibliography", "eval-rst",
        "only", "raw",
    }
)  # fmt: skip
"""MyST directives that name no language."""
STYLES = frozenset({"numberlines", "number-lines", "line-numbers", "linenums", "annotate", "copy", "no-copy", "wrap"})
"""Classes of code blocks that are not languages."""


def language_of(info: str) -> str | None:
    """Return the language that the info string of a code block names; None if it names none."""
    info = info.strip()
    if not info.startswith("{"):
        return _language(info)
    content, _, argument = info.strip("{").partition("}")
    names = NAMES.findall(content)
    if not names or (names[0][0] not in "#." and "=" not in names[0]):  # a program (knitr, Quarto), a directive (MyST)
        name = _language(names[0]) if names else None
        return language_of(argument) if name in CODE_DIRECTIVES else None if name in OTHER_DIRECTIVES else name
    classes = [name[1:] for name in names if name[0] in ".="]
    return next((_language(name) for name in classes if name.lower() not in STYLES), None)


def _language(text: str) -> str | None:
    match = LANGUAGE.match(text)
    if match is None or match[1].isdigit() or (match[2] and match[3]):  # `{1,3}`, `title="a"`
        return None
    return match[1]
