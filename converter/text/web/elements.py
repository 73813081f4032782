"""Elements of HTML: which are blocks, which hold some, and which no reader sees."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.etree import _Element as Element

BLOCK = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hgroup", "hr", "html", "legend", "li", "listing", "main", "menu", "nav", "ol", "p", "pre", "search", "section",
    "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul", "xmp",
})  # fmt: skip
"""Elements that begin and end a line; all others, including custom elements, are part of a line."""
INVISIBLE = frozenset({
    "area", "audio", "base", "button", "canvas", "datalist", "embed", "frame", "frameset", "head", "iframe", "link",
    "map", "meta", "noframes", "noscript", "object", "optgroup", "option", "param", "script", "select", "source",
    "style", "svg", "template", "textarea", "title", "track", "video",
})  # fmt: skip
"""Elements that show no text of the document: scripts, styles, controls and embedded content."""
WHITE_SPACE = re.compile(r"[ \t\n\r\f]+")
WORD = re.compile(r"\w+")


def classes(element: Element) -> list[str]:
    """Return the classes of an element, in lower case."""
    return (element.get("class") or "").lower().split()


def holders_of_blocks(root: Element) -> set[Element]:
    """Return the elements that contain a block."""
    holders: set[Element] = set()
    for element in root.iter("*"):
        if element.tag in BLOCK:
            for ancestor in element.iterancestors():
                if ancestor in holders:
                    break
                holders.add(ancestor)
    return holders


def text_within(element: Element) -> Iterator[str]:
    """Yield the visible text of an element, in reading order, without that of invisible elements."""
    if element.text:
        yield element.text
    for child in element:
        if child.tag not in INVISIBLE:
            yield from text_within(child)
        if child.tail:
            yield child.tail
