"""What stands within a line of HTML -> Markdown: text, emphasis, code, links, images, math."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Callable, Iterable
from urllib.parse import urljoin

from lxml.etree import _Element as Element

from converter.text.web.elements import BLOCK, INVISIBLE, WHITE_SPACE, classes, text_within

BREAK = "\\\n"
"""A hard line break."""
SPECIAL = re.compile(
    r"(?P<url>(?<![^\W_])(?:https?://|www\.)[^\s<>]++)"
    r"|[\\`*\[\]]|(?<![^\W_])_|_(?![^\W_])|~(?=~)|<(?=[A-Za-z/!?])|&(?=#?\w++;)|\$(?=[^$]*+\$)"
    r"|\{(?=\s?[#.:%{<])"
)
"""Characters that Markdown, or a dialect that `parse` reads, could take for a mark; and addresses, in which a backslash
would be a part of the address."""
PLAIN_ADDRESS = re.compile(r"[\w:/.?=%#,;@+-]*[\w/]")
ADDRESS = re.compile(r".*[\w/]", re.DOTALL)
"""An address without trailing punctuation."""
LINE_START = re.compile(r"(#{1,6}|[-+])(?=\s|$)|(>|=+$|[-=:|+][-=:|+\s]*$|:|!!!|\?\?\?|[{|])")
LINE_START_NUMBER = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
EMPHASIS = {"b": "**", "strong": "**", "em": "*", "i": "*", "cite": "*", "dfn": "*", "var": "*", "del": "~~",
            "s": "~~", "strike": "~~"}  # fmt: skip
TAGS = {"**": "strong", "*": "em", "~~": "del"}
"""HTML tags with the meaning of a mark, for places in which CommonMark does not read the mark."""
CODE = frozenset({"code", "kbd", "samp", "tt"})
IMAGE_ADDRESSES = ("src", "data-src", "data-original", "data-lazy-src")
TEX = re.compile(r"[^$\n]+")
NOT_MARKED = re.compile(r"font-(?:weight|style)\s*:\s*(?:normal|400)")
"""A style that cancels the look of its element: Google Docs puts whole documents into one bold element."""


class Line:
    """Markdown that is written from left to right, with white space as browsers show it."""

    def __init__(self, base: str | None = None, open_elements: frozenset[str] = frozenset(), before: str = "") -> None:
        self.parts: list[str] = []
        self.base = base
        self._before = before
        self.open_elements = open_elements
        """The open marks and elements: none is nested in itself."""

    @property
    def text(self) -> str:
        """The Markdown written so far."""
        return "".join(self.parts)

    @property
    def last(self) -> str:
        """The last character, written here or before; empty at the start."""
        return self.parts[-1][-1] if self.parts else self._before

    def add(self, markdown: str) -> None:
        """Add Markdown."""
        if markdown:
            self.parts.append(markdown)

    def add_words(self, text: str) -> None:
        """Add text of the page."""
        text = WHITE_SPACE.sub(" ", text.replace("\xad", ""))
        self.add(escape(text[1:] if text[:1] == " " and self.last in ("", " ", "\n") else text))

    def add_nodes(self, nodes: Iterable[str | Element]) -> None:
        """Add the text and the child elements of an element, without their tails."""
        for node in nodes:
            if isinstance(node, str):
                self.add_words(node)
            else:
                self.add_element(node)

    def add_content(self, element: Element) -> None:
        """Add the content of an element."""
        if element.text:
            self.add_words(element.text)
        for child in element:
            self.add_element(child)
            if child.tail:
                self.add_words(child.tail)

    def add_element(self, element: Element) -> None:
        """Add an element, without its tail."""
        tag = element.tag
        if tag in EMPHASIS:
            self._add_emphasis(element, EMPHASIS[tag])
        elif tag in CODE:
            self._add_code(element)
        elif tag in ADDERS:
            ADDERS[tag](self, element)
        elif "katex" in classes(element) and (formula := element.find(".//math")) is not None:
            self._add_math(formula)
        elif tag in BLOCK:
            self.add_block(element)
        elif tag not in INVISIBLE:
            self.add_content(element)

    def inner(self, element: Element, name: str) -> str:
        """Return the Markdown of an element's content, inside this element or mark."""
        line = type(self)(self.base, self.open_elements | {name}, self.last)
        line.add_content(element)
        return line.text

    def add_block(self, element: Element) -> None:
        """Add a block where only inline content can stand, with white space around it."""
        self.add_words(" ")
        self.add_content(element)
        self.add_words(" ")

    def _add_break(self, element: Element) -> None:
        if self.parts and self.last == " ":
            self.parts[-1] = self.parts[-1][:-1]
        self.add(BREAK)

    def _add_emphasis(self, element: Element, mark: str) -> None:
        if mark in self.open_elements or NOT_MARKED.search(element.get("style") or ""):
            self.add_content(element)
            return
        content = self.inner(element, mark)
        words = content.strip(" ")
        if not words.replace("\\", "").strip():
            self.add(content)
            return
        is_read = self._is_read(words, element)
        marked_words = f"{mark}{words}{mark}" if is_read else f"<{TAGS[mark]}>{words}</{TAGS[mark]}>"
        self.add(content.replace(words, marked_words, 1))

    def _is_read(self, words: str, element: Element) -> bool:
        """Whether CommonMark reads marks around these words as emphasis (section 6.2, left- and right-flanking)."""
        before, after = self.last, _first_after(element)
        opens = before not in ("*", "~") and (not _is_mark(words[0]) or _is_apart(before))
        closes = not _is_mark(words[-1]) or _is_apart(after)
        return opens and closes

    def _add_code(self, element: Element) -> None:
        if "a" in self.open_elements or element.find(".//a[@href]") is None:
            self._add_code_span("".join(text_within(element)))
            return
        self._add_code_span(element.text or "")
        for child in element:
            if child.tag == "a":
                self._add_linked(child, code_span("".join(text_within(child))))
            else:
                self._add_code_span("".join(text_within(child)))
            self._add_code_span(child.tail or "")

    def _add_code_span(self, text: str) -> None:
        self.add_words(" " if text[:1].isspace() else "")
        self.add(code_span(text))
        self.add_words(" " if text.strip() and text[-1:].isspace() else "")

    def _add_link(self, element: Element) -> None:
        if "a" in self.open_elements:
            self.add_content(element)
            return
        content = self.inner(element, "a").replace(BREAK, " ")
        words = content.strip(" ")
        self.add_words(" " if content[:1] == " " else "")
        self._add_linked(element, words)
        self.add_words(" " if words and content[-1:] == " " else "")

    def _add_linked(self, element: Element, words: str) -> None:
        if words and self.parts and self.last == "!":
            self.parts[-1] = self.parts[-1][:-1] + "\\!"
        self.add(link_markdown(element, words, self.base))

    def _add_image(self, element: Element) -> None:
        if "mwe-math-fallback-image" in " ".join(classes(element)) or element.get("width") in ("0", "1"):
            return
        values = (element.get(name, "").strip() for name in IMAGE_ADDRESSES)
        urls = [value for value in values if value and not value.startswith("data:")]
        alt = WHITE_SPACE.sub(" ", element.get("alt") or "").strip()
        if urls or alt:
            url = address(urls[0], self.base) if urls else ""
            self.add(f"![{escape(alt)}]({url}{title_of(element)})")

    def _add_math(self, element: Element) -> None:
        annotation = element.find(".//annotation[@encoding='application/x-tex']")
        tex = annotation.text if annotation is not None else element.get("alttext")
        tex = WHITE_SPACE.sub(" ", tex or "").strip()
        if TEX.fullmatch(tex):
            self.add(f"${tex}$" if element.get("display") != "block" else f"$${tex}$$")
        else:
            self.add_words("".join(text_within(element)))

    def _add_raised(self, element: Element) -> None:
        if element.tag in self.open_elements:
            self.add_content(element)
            return
        content = self.inner(element, element.tag)
        self.add(f"<{element.tag}>{content}</{element.tag}>" if content.strip() else content)

    def _add_quotation(self, element: Element) -> None:
        self.add_words("“")
        self.add_content(element)
        self.add_words("”")

    def _add_ruby(self, element: Element) -> None:
        has_parentheses = element.getparent().find("rp") is not None
        self.add("" if has_parentheses else "(")
        self.add_content(element)
        self.add("" if has_parentheses else ")")

    def _add_control(self, element: Element) -> None:
        if (element.get("type") or "").lower() == "checkbox" and not self.parts:
            self.add("[x] " if element.get("checked") is not None else "[ ] ")


ADDERS: dict[str, Callable[[Line, Element], None]] = {
    "a": Line._add_link,
    "br": Line._add_break,
    "img": Line._add_image,
    "input": Line._add_control,
    "math": Line._add_math,
    "q": Line._add_quotation,
    "rt": Line._add_ruby,
    "sub": Line._add_raised,
    "sup": Line._add_raised,
}


def escape(text: str) -> str:
    """Return text with every character escaped that Markdown could take for a mark."""
    return SPECIAL.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    if not match["url"]:
        return "\\" + match[0]
    address = ADDRESS.match(match["url"])
    url = address[0] if address else ""
    end = escape(match["url"][len(url) :])
    if (
        PLAIN_ADDRESS.fullmatch(url)
        and "\\" not in end
        and match.string[match.end() : match.end() + 1] not in ("<", ">")
    ):
        return url + end
    return f"<{url}>{end}" if url.startswith("http") else "www\\." + escape(match["url"][4:])


def escape_start(line: str) -> str:
    """Return a line of a paragraph, escaped so that it begins no other block."""
    if LINE_START.match(line):
        return "\\" + line
    number = LINE_START_NUMBER.match(line)
    return f"{number[1]}\\{line[number.start(2) :]}" if number else line


def code_span(text: str) -> str:
    """Return text as a code span; the empty string for white space."""
    text = WHITE_SPACE.sub(" ", text).strip(" ")
    if not text:
        return ""
    fence = "`" * (max((len(run) for run in re.findall(r"`+", text)), default=0) + 1)
    pad = " " if text[0] == "`" or text[-1] == "`" else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def link_markdown(element: Element, words: str, base: str | None) -> str:
    """Return a link with these words; only the words if there is no target."""
    url = (element.get("href") or "").strip()
    if not words or not url or url.lower().startswith("javascript:"):
        return words
    return f"[{words}]({address(url, base)}{title_of(element)})"


def address(url: str, base: str | None) -> str:
    """Return the address of a link or image as Markdown writes it."""
    url = WHITE_SPACE.sub(" ", url)
    if base:
        with contextlib.suppress(ValueError):  # a broken address stays as it is
            url = urljoin(base, url)
    url = url.replace("<", "%3C").replace(">", "%3E").replace("\\", "%5C")
    return f"<{url}>" if re.search(r"[\s()]", url) or not url else url


def title_of(element: Element) -> str:
    """Return the title of a link or image with a space before it; the empty string without a title."""
    title = WHITE_SPACE.sub(" ", element.get("title") or "").strip()
    return ' "' + re.sub(r'(["\\&])', r"\\\1", title) + '"' if title else ""


def _first_after(element: Element) -> str:
    if element.tail:
        return str(element.tail[0])
    following: Element | None = element.getnext()
    return next((text[:1] for text in text_within(following)), "") if following is not None else ""


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _is_apart(character: str) -> bool:
    return not character or character.isspace() or _is_mark(character)
