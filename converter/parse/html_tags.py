"""HTML tags in Markdown: their names and attributes, and the gaps between words that they show as."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

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
"""The gap that each element's tags leave between words; all other elements leave none."""
INVISIBLE_ELEMENTS = ("script", "style", "template", "noscript")
INLINE_ELEMENTS = (
    "a", "abbr", "acronym", "applet", "area", "audio", "b", "base", "basefont", "bdi", "bdo", "big", "blink", "br",
    "button", "canvas", "cite", "code", "col", "colgroup", "data", "datalist", "del", "details", "dfn", "em", "embed",
    "font", "frame", "frameset", "head", "html", "i", "iframe", "img", "input", "ins", "kbd", "label", "link", "map",
    "mark", "marquee", "math", "meta", "meter", "nobr", "noframes", "object", "output", "param", "picture", "progress",
    "q", "rb", "rp", "rt", "rtc", "ruby", "s", "samp", "select", "slot", "small", "source", "span", "strike", "strong",
    "sub", "sup", "svg", "td", "th", "time", "track", "tt", "u", "var", "video", "wbr",
)  # fmt: skip
SHOWN_ELEMENTS = frozenset((*LINE_ELEMENTS, *INLINE_ELEMENTS))
"""All elements of HTML, except those that show nothing."""
COMPONENT = re.compile(r"</?[A-Z][A-Za-z0-9]*[a-z]")
"""The name of a component in a program, such as `<Note>`, whose end may be paragraphs below."""
HEIGHTS = frozenset({"sub", "/sub", "sup", "/sup"})

NAME = re.compile(r"<(/?[A-Za-z][A-Za-z0-9-]*)")
# An unquoted value in braces is a program's (JSX), no address.
ATTRIBUTE = re.compile(r"""(?<=[\s"'/])([A-Za-z_:][\w:.-]*+)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>{][^\s"'>]*+))""")


def tag_name(tag: str) -> str:
    """Return the name of a tag in lower case, with a slash before that of a closing tag; empty for a comment."""
    match = NAME.match(tag)
    return match[1].lower() if match else ""


def gap_of(name: str) -> str:
    """Return the gap that a tag of this name leaves."""
    return GAPS.get(name.removeprefix("/"), "")


def plain_text(tag: str) -> str | None:
    """Return the gap that a tag leaves; None if that depends on its surroundings."""
    name = tag_name(tag)
    gap = gap_of(name)
    if name in ("a", "/a", "img") or name in HEIGHTS or gap not in ("", "\n") or may_be_placeholder(tag):
        return None
    return gap


def may_be_placeholder(tag: str) -> bool:
    """Whether a tag counts only if its element both begins and ends: `<name>` and `<script>` in prose are text."""
    name = tag_name(tag).removeprefix("/")
    is_tag = not name or name in SHOWN_ELEMENTS or tag.endswith("/>")
    return not is_tag and not COMPONENT.match(tag)


def placeholders(tags: Iterable[str]) -> frozenset[str]:
    """Return the tags in a text that are text themselves, because their element never begins or never ends."""
    candidates = {tag for tag in tags if may_be_placeholder(tag)}
    names = {tag_name(tag) for tag in candidates}
    return frozenset(
        tag for tag in candidates
        if (name := tag_name(tag)).removeprefix("/") not in names or f"/{name.removeprefix('/')}" not in names
    )  # fmt: skip


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
