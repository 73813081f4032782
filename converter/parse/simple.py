"""Inline content whose marks allow one reading only, read by one regular expression instead of the inline parser.

Most paragraphs, items and cells hold nothing but words, code spans, inline links and emphasis around whole words.
Such content is cut into the pieces of `PIECE` from left to right; where anything else comes up, the whole of it goes to
markdown-it. A differential test holds both readings against each other, over the specifications, the corpora and
generated content.
"""

from __future__ import annotations

import re
from typing import Any

from converter.parse.blocks import Image, Inline, Link

AUTOLINK = re.compile(r"@|https?:|www\.|mailto:|xmpp:")
"""What GFM's bare autolinks need somewhere in the content."""
SOFT_BREAK = re.compile(r" ?\n[ \t]*")

# No character of PLAIN starts or ends a mark. An underscore between letters is plain too, and so is an asterisk
# between spaces (CommonMark 0.31, section 6.2: neither left- nor right-flanking).
PLAIN = r"[^\\`*_~\[\]<&$@!\n]"
LETTER = r"[^\W_]"
# A link's destination and title without escapes, entities, brackets or white space.
DESTINATION = r'\((?P<{0}_url>[^\s\x00-\x1f\x7f\\<>()&`]*)(?: "(?P<{0}_title>[^"\\&`\n]+)")?\)'
# Emphasis with white space, ASCII punctuation or nothing outside can be read in one way: its runs are matched in pairs,
# one after the other, and none is a multiple of three long together (rules 9 and 10).
OUTSIDE_BEFORE = r"(?<![^\s(\"'/,.:;-])"
OUTSIDE_AFTER = r"(?![^\s)\"'/,.:;!?-])"
INSIDE = rf"[\"'(]?{LETTER}(?:[^\\`*_~\[\]<&$@!]*{LETTER})?[.,:;?)\"']?"

PIECE = re.compile(
    rf"(?P<text>(?:{PLAIN}++|(?<={LETTER})_(?={LETTER})|(?<= )\*(?= )|!(?!\[)|&(?![#a-zA-Z])|<(?![a-zA-Z/!?])|\n|\])+)"
    r"|(?P<code>(?<!`)`(?P<code_text>[^`]+)`(?!`))"
    rf"|(?P<link>\[(?:(?P<link_text>(?!\^){PLAIN}*)|`(?P<link_code>[^`\[\]]+)`)\]{DESTINATION.format('link')})"
    rf"|(?P<image>!\[(?P<image_text>{PLAIN}*)\]{DESTINATION.format('image')})"
    rf"|(?P<strong>{OUTSIDE_BEFORE}\*\*(?P<strong_text>{INSIDE})\*\*{OUTSIDE_AFTER})"
    rf"|(?P<star>{OUTSIDE_BEFORE}\*(?P<star_text>{INSIDE})\*{OUTSIDE_AFTER})"
    rf"|(?P<underscore>{OUTSIDE_BEFORE}_(?P<underscore_text>{INSIDE})_{OUTSIDE_AFTER})"
    rf"|(?P<bracket>\[(?P<bracket_text>(?!\^){PLAIN}*)\](?!\())"
    r"|(?P<escape>\\(?P<escape_text>[!-/:-@\[-`{-~]))"
)
SPANS = frozenset({"code", "link", "strong", "star", "underscore"})
TEXTUAL = frozenset({"strong", "star", "underscore", "bracket"})  # what a bare autolink can stand in


def read_simple(content: str, env: dict[str, Any], lines: list[int]) -> Inline | None:
    """Return the reading of `content`, or None where it takes the inline parser.

    `env` holds the document's link reference definitions and footnotes; `lines` the original line of each
    line of `content`.
    """
    if "  \n" in content:  # a hard break
        return None
    parts: list[str] = []
    links: list[Link] = []
    images: list[Image] = []
    span: str | None = None
    prose = False
    position = 0
    while match := PIECE.match(content, position):
        kind = match.lastgroup
        if kind == "text":
            inner = match[0]
            if AUTOLINK.search(inner):
                return None
            prose = prose or not inner.isspace()
        else:
            inner = match[f"{kind}_text"]
            prose = prose or kind != "image"
            if kind in TEXTUAL and AUTOLINK.search(inner):
                return None
            if kind == "code":
                inner = code_text(inner)
            elif kind == "bracket":
                if env:  # it may refer to a link or footnote that is defined elsewhere
                    return None
                inner = match[0]
            elif kind == "link" or kind == "image":
                line = lines[min(content.count("\n", 0, position), len(lines) - 1)]
                target = match[f"{kind}_url"], match[f"{kind}_title"]
                if kind == "link":
                    inner = code_text(match["link_code"]) if inner is None else inner
                    links.append(Link(inner, *target, line))
                else:
                    images.append(Image(inner, *target, None, line))
        if "\n" in inner:
            inner = SOFT_BREAK.sub(" ", inner)
        if position == 0 and kind in SPANS:
            span = inner
        parts.append(inner)
        position = match.end()
    if position != len(content):
        return None
    return Inline("".join(parts), links, images, span, bool(images) and not prose)


def code_text(source: str) -> str:
    """Return the text of a code span: line endings are spaces, one space is stripped from both ends (section 6.1)."""
    text = source.replace("\n", " ")
    if text[0] == text[-1] == " " and text.strip(" "):
        return text[1:-1]
    return text
