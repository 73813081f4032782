"""Code in HTML: its lines as they stand, and its language, which each highlighter writes in its own way."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.etree import _Element as Element

from converter.text.web.elements import BLOCK, INVISIBLE, classes

LANGUAGE_CLASS = re.compile(r"(?:language|lang|highlight-source|highlight-text|highlight|brush:?|code)[-:]([\w+#.-]+)")
LANGUAGE_ATTRIBUTES = ("data-lang", "data-language", "data-code-language", "lang", "language")
MARKERS = frozenset({"sourcecode", "hljs", "src", "prettyprint", "brush:", "chroma", "codehilite"})
"""Classes that accompany the class of a language: `sourceCode python`, `hljs python`, `src src-sh`."""
NO_LANGUAGE = frozenset({
    "code", "default", "highlight", "highlighter-rouge", "linenums", "line-numbers", "literal-block", "nohighlight",
    "none", "notranslate", "numberlines", "numbersource", "plain", "plaintext", "sourcecode", "text", "wrap",
    "hljs", "src", "prettyprint", "brush:", "chroma", "codehilite", "copyable", "undefined", "auto", "block",
})  # fmt: skip
LANGUAGE = re.compile(r"[a-z][\w+#.-]{0,29}")
LINE_NUMBERS = frozenset({
    "linenos", "lineno", "line-number", "line-numbers", "gutter", "rouge-gutter", "lntd-gutter", "hljs-ln-numbers",
    "blob-num", "ln",
})  # fmt: skip
HIGHEST = 3
"""Elements around `pre` that may name its language, as those of Sphinx, Rouge and GitHub do."""


def code_language(pre: Element) -> str:
    """Return the language of a block of code; empty if nothing names it."""
    elements = [pre, *pre.findall("code")[:1]]
    around = pre.getparent()
    while around is not None and len(elements) < HIGHEST + 2 and around.tag in ("div", "figure", "span", "td"):
        if len(around.findall(".//pre")) > 1:
            break
        elements.append(around)
        around = around.getparent()
    return next((language for element in elements if (language := _language_of(element))), "")


def _language_of(element: Element) -> str:
    for name in LANGUAGE_ATTRIBUTES:
        if (name != "lang" or element.tag in ("pre", "code")) and (value := element.get(name)):
            return _valid(value)
    names = classes(element)
    for name in names:
        if (match := LANGUAGE_CLASS.fullmatch(name)) and (language := _valid(match[1])):
            return language
    if MARKERS.intersection(names):
        return next((language for name in names if (language := _valid(name.removeprefix("src-")))), "")
    return ""


def _valid(name: str) -> str:
    name = name.strip().lower().rstrip(";")
    return name if LANGUAGE.fullmatch(name) and name not in NO_LANGUAGE else ""


def code_text(pre: Element) -> str:
    """Return the lines of a block of code, without line numbers."""
    text = "".join(_pieces(pre)).replace("\r\n", "\n").replace("\r", "\n")
    return text.removeprefix("\n").rstrip()


def _pieces(element: Element) -> Iterator[str]:
    if element.text:
        yield element.text
    for child in element:
        if child.tag not in INVISIBLE and not is_line_number(child):
            if child.tag == "br":
                yield "\n"
            yield from _pieces(child)
            is_line = child.tag in BLOCK and child.tag not in ("td", "pre")
            if is_line and not (child.tail or "").startswith("\n"):
                yield "\n"
        if child.tail:
            yield child.tail


def is_line_number(element: Element) -> bool:
    """Whether an element holds line numbers."""
    return bool(LINE_NUMBERS.intersection(classes(element))) and _is_numbers("".join(element.itertext()))


def code_in_table(table: Element) -> Element | None:
    """Return the code in a table that only sets line numbers beside it."""
    blocks = table.findall(".//pre")
    if len(blocks) == 2 and _is_numbers("".join(blocks[0].itertext())):
        return blocks[1]
    if len(blocks) == 1 and not "".join(table.itertext()).replace("".join(blocks[0].itertext()), "", 1).strip(
        " \t\n\r0123456789"
    ):
        return blocks[0]
    return None


def _is_numbers(text: str) -> bool:
    return not text.strip(" \t\n\r0123456789")


def fence_of(text: str) -> str:
    """Return a fence that no line of the code closes."""
    return "`" * max(3, max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
