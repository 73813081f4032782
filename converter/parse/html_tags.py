"""HTML tags in Markdown: their names and attributes, and the gaps between words that they show as."""

from __future__ import annotations

import html
import re

BREAK = "\0"
"""The end of a line that an element begins or ends: several in a row are one, and none stands at an end of the text.
No text holds this character (CommonMark 0.31, section 2.3)."""

LINE_ELEMENTS = (
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hgroup", "hr", "legend", "li", "main", "menu", "nav", "ol", "optgroup", "option", "p", "pre", "search",
    "section", "summary", "table", "tbody", "textarea", "tfoot", "thead", "title", "tr", "ul",
)  # fmt: skip
GAPS = {**dict.fromkeys(LINE_ELEMENTS, BREAK), "br": "\n", "td": " ", "th": " "}
"""What the tags of an element show as; those of any other element leave no gap."""
INVISIBLE_ELEMENTS = ("script", "style", "template", "noscript")

NAME = re.compile(r"<(/?[A-Za-z][A-Za-z0-9-]*)")
# An unquoted value in braces is a program's (JSX), no address.
ATTRIBUTE = re.compile(r"""(?<=[\s"'/])([A-Za-z_:][\w:.-]*+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>{][^\s"'>]*+))""")


def tag_name(tag: str) -> str:
    """Return the name of a tag in lower case, with a slash before that of a closing tag; empty for a comment."""
    match = NAME.match(tag)
    return match[1].lower() if match else ""


def gap_of(name: str) -> str:
    """Return what a tag of this name shows as."""
    return GAPS.get(name.removeprefix("/"), "")


def plain_text(tag: str) -> str | None:
    """Return what a tag shows as; None if that depends on what is around it."""
    name = tag_name(tag)
    gap = gap_of(name)
    return None if name in ("a", "/a", "img") or gap not in ("", "\n") else gap


def attributes(tag: str) -> dict[str, str]:
    """Return the attributes of a tag that have a value; of several with the same name, the first one."""
    values: dict[str, str] = {}
    for name, *forms in ATTRIBUTE.findall(tag):
        values.setdefault(name.lower(), html.unescape("".join(forms)))
    return values


def tidy(text: str) -> str:
    """Return the text with one line break for each run of breaks."""
    if BREAK not in text:
        return text
    lines = (line.strip(" \t\n") for line in text.split(BREAK))
    return "\n".join(line for line in lines if line)
