"""Inline content whose marks have only one reading, read by a regular expression instead of the inline parser.

Most paragraphs, items and cells hold nothing but words, code spans, links and emphasis. `PIECE` splits this content
from left to right, and the content of emphasis and links in the same way; if anything else appears, the whole content
goes to markdown-it. A differential test compares both readings on the specifications, the corpora and generated
content. Measured on `../shared/corpora`: with this module, documents are parsed in 0.52 of the time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from converter.expressions import expression
from converter.parse.blocks import MAXIMUM_INLINE_LENGTH, Image, Inline, Link
from converter.parse.dialects.highlights import HIGHLIGHT_MARK as HIGHLIGHT
from converter.parse.dialects.wikilinks import without_size
from converter.parse.fast.dispatch import inline_parser
from converter.parse.html_tags import plain_text
from converter.parse.markdown_it.autolinks import BEFORE as BEFORE_ADDRESS
from converter.parse.markdown_it.autolinks import WEB, web_address
from converter.parse.markdown_it.inlines import read_with
from converter.parse.markdown_it.private import entities, normalizeReference
from converter.parse.markdown_it.tags import CLOSE_TAG, OPEN_TAG

# What can start an inline mark, with the extensions of `markdown_it/parsers.py`. A search for single characters is
# several times faster than one that includes bare addresses: these are rare, and searched for separately.
MARKUP = re.compile(r"[\\`*_~\[<&$@]")
ADDRESS = re.compile(r"https?://|www\.|mailto:|xmpp:")
"""The start of GFM's bare autolinks, except plain e-mail addresses."""
LOCAL_PART = r"(?<=[A-Za-z0-9.+_-])@"
LINE_BREAK = re.compile(r"(?:(?<! )( ++))?\n[ \t]*")

# No PLAIN_CHARACTER starts or ends a mark. An underscore between letters is plain too, and so is an asterisk
# between spaces (CommonMark 0.31, section 6.2: neither left- nor right-flanking).
PLAIN_CHARACTER = r"[^\\`*_~\[\]<&$@!\n]"
LETTER = r"[^\W_]"
# A link's destination and title without escapes, entities, brackets or white space.
DESTINATION = r'\((?P<{0}_url>[^\s\x00-\x1f\x7f\\<>()&`]*)(?: "(?P<{0}_title>[^"\\&`\n]+)")?\)'
# Brackets in an image's description, which are not those of a link, a footnote, a wikilink or a span.
BRACKETS = rf"(?:\[(?!\^){PLAIN_CHARACTER}*+\](?![(\[\]{{]){PLAIN_CHARACTER}*+)"
# Emphasis with white space, punctuation or nothing outside, or with a letter beside each asterisk, has only one reading
# if it contains no other run of its mark: runs are matched in pairs, one after the other, and the lengths of no pair
# add up to a multiple of three (rules 9 and 10).
WHITE_SPACE = r" \t-\r\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
"""As CommonMark defines it (section 2.1); Python's `\\s` has some more control characters."""
BEFORE_EMPHASIS = rf"(?<![^{WHITE_SPACE}(\"'/,.:;\-“‘«–—])"
AFTER_EMPHASIS = rf"(?![^{WHITE_SPACE})\"'/,.:;!?\-”’»–—…])"


def _emphasis(name: str, mark: str, beside_letters: bool = True) -> str:
    marks, character = re.escape(mark), re.escape(mark[0])
    left_side = rf"(?:{BEFORE_EMPHASIS}|(?={marks}{LETTER}))" if beside_letters else BEFORE_EMPHASIS
    right_side = rf"(?:{AFTER_EMPHASIS}|(?<={LETTER}{marks}))" if beside_letters else AFTER_EMPHASIS
    content = rf"(?P<{name}_text>[^\s{character}](?:[^{character}]*[^\s{character}])?)"
    return rf"(?P<{name}>(?<!{character}){left_side}{marks}{content}{marks}(?!{character}){right_side})"


PIECE = expression(
    rf"(?P<text>(?:{PLAIN_CHARACTER}++|(?<={LETTER})_(?={LETTER})|(?<= )\*(?= )|!(?!\[)|&(?![#a-zA-Z])|\n|\]"
    rf"|<(?![a-zA-Z/!?]|[^\s@<>]+@)|(?!{LOCAL_PART})@)+)"
    r"|(?P<code>(?<!`)`(?P<code_text>[^`]+)`(?!`))"
    rf"|(?P<link>\[(?P<link_text>[^\[\]]*)\]{DESTINATION.format('link')})"
    rf"|(?P<image>!\[(?P<image_text>{PLAIN_CHARACTER}*+{BRACKETS}*+)\]{DESTINATION.format('image')})"
    rf"|{_emphasis('strong', '**')}|{_emphasis('star', '*')}|{_emphasis('underscore', '_', beside_letters=False)}"
    r"|(?P<bracket>\[(?P<bracket_text>[^\[\]]*)\](?!\())"
    r"|(?P<escape>\\(?P<escape_text>[!-/:-@\[-`{-~]))"
    r"|(?P<entity>&(?P<entity_text>[a-zA-Z][a-zA-Z0-9]{1,31});)"
    rf"|(?P<tag>{OPEN_TAG}|{CLOSE_TAG})"
)
LABEL = re.compile(r"\[([^\[\]\\`<]*)\]")
SPANS = frozenset({"code", "link", "strong", "star", "underscore"})
WHOLE = frozenset({"code", "link", "image"})
LITERALS = frozenset({"code", "entity", "tag", "escape"})


def read_inline(content: str, env: dict[str, Any], lines: Sequence[int]) -> Inline:
    """Read the content of a paragraph, heading, item or cell, without markdown-it if it can.

    `env` holds the document's link reference definitions and footnotes; `lines` the original line of each
    line of `content`.
    """
    return read_simple(content, env, lines) or read_with(inline_parser(may_hold_autolink(content)), content, env, lines)


def read_plain(content: str) -> Inline | None:
    """Return content that can hold no mark as parsed, None for any other content.

    In real documents that is more than half of all paragraphs, items and cells. Measured on `../shared/corpora`:
    with this function, documents are parsed in 0.94 of the time.
    """
    if len(content) > MAXIMUM_INLINE_LENGTH or MARKUP.search(content) or HIGHLIGHT in content:
        return None
    if may_hold_address(content):
        return None
    return Inline(break_lines(content))


def read_simple(
    content: str, env: dict[str, Any], lines: Sequence[int], line: int = 0, linked: bool = False
) -> Inline | None:
    """Return `content` as parsed, or None if it needs the inline parser.

    `env` holds the document's link reference definitions and footnotes; `lines` the original line of each
    line of the whole content. Inside a mark, `line` is the index of its first line, and `linked` states that the mark
    is a link, which holds no bare autolinks.
    """
    parts: list[str] = []
    links: list[Link] = []
    images: list[Image] = []
    whole: list[tuple[int, int]] = []
    span: str | None = None
    has_prose = False
    length = 0
    is_wrapped = "\n" in content
    position = 0
    if HIGHLIGHT in content:
        return None
    while match := PIECE.match(content, position):
        kind = match.lastgroup
        end = match.end()
        text = match[0] if kind == "text" or kind == "tag" else match[f"{kind}_text"]
        if kind == "text":
            if not linked and may_hold_address(text):
                addresses = _addresses(content, position, end, lines, line)
                if addresses is None:
                    return None
                linked_addresses, end = addresses
                text = content[position:end]
                links += linked_addresses
                if position == 0 and text.startswith(linked_addresses[0].text):
                    span = linked_addresses[0].text
            text = break_lines(text)
        elif kind == "image":
            if "[" in text and env.get("references"):
                return None
            text = without_size(text)
            number = lines[min(line, len(lines) - 1)]
            images.append(Image(text, match["image_url"], match["image_title"], None, number))
        elif kind in LITERALS:
            literal = _literal_text(kind, text, content[position - 1 : position])
            if literal is None:
                return None
            text = literal
        else:
            target: tuple[str, str | None] | None = None
            if kind == "link":
                target = match["link_url"], match["link_title"]
            elif kind == "bracket" and env.get("references"):
                reference = _reference(content, end, text, env["references"])
                if reference is None:
                    return None
                target, end = reference
            inline = _read_nested(text, env, lines, line, linked or target is not None)
            if inline is None or inline.images or (inline.links and (linked or target)):
                return None
            text = inline.text
            if target:
                links.append(Link(text.strip(" \n"), *target, lines[min(line, len(lines) - 1)]))
                kind = "link"
            elif kind == "bracket":
                text = f"[{text}]"
            links += inline.links
            if not target:
                shift = length + (kind == "bracket")
                whole += [(start + shift, stop + shift) for start, stop in inline.whole]
        has_prose = has_prose or not (kind == "image" or text.isspace() or not text)
        if position == 0 and kind in SPANS:
            span = text
        if kind in WHOLE:
            if content.startswith("{", end):  # attributes
                return None
            whole.append((length, length + len(text)))
        parts.append(text)
        length += len(text)
        if is_wrapped:
            line += content.count("\n", position, end)
        position = end
    if position != len(content):
        return None
    return Inline("".join(parts), links or (), images or (), span, bool(images) and not has_prose, whole or ())


def _literal_text(kind: str | None, text: str, before: str) -> str | None:
    """Return the text of a code span, an entity, a tag or an escape; None if it needs the inline parser."""
    if kind == "code":
        return None if before == "}" else code_text(text)  # after a brace, the content of a role
    if kind == "entity":
        return entities.get(text)
    return plain_text(text) if kind == "tag" else text


def _reference(
    content: str, end: int, text: str, references: Mapping[str, Mapping[str, str]]
) -> tuple[tuple[str, str | None] | None, int] | None:
    """Return what brackets refer to, with the end of their label; None if they need the inline parser."""
    label = LABEL.match(content, end)
    if label is None and content.startswith("[", end):
        return None
    reference = references.get(normalizeReference((label and label[1]) or text))
    if not reference:
        return None, end
    return (reference["href"], reference["title"] or None), label.end() if label else end


def _addresses(content: str, position: int, end: int, lines: Sequence[int], line: int) -> tuple[list[Link], int] | None:
    """Return the bare addresses in a piece of text, and its end including the last of them; None if uncertain."""
    links: list[Link] = []
    host = None
    while match := ADDRESS.search(content, position, end):
        start = match.start()
        if match[0] not in WEB or (start and content[start - 1] not in BEFORE_ADDRESS):
            return None
        stop, host = web_address(content, start, len(content), host)
        if stop is None:
            return None
        line += content.count("\n", position, start)
        url = content[start:stop]
        links.append(Link(url, f"http://{url}" if match[0] == "www." else url, None, lines[min(line, len(lines) - 1)]))
        position = stop
    return links, max(position, end)


def _read_nested(content: str, env: dict[str, Any], lines: Sequence[int], line: int, linked: bool) -> Inline | None:
    """Read the content of emphasis or brackets, mostly plain words; None if it may hold a bare address."""
    if not linked and may_hold_address(content):
        return None
    if MARKUP.search(content) or "\n" in content:
        return read_simple(content, env, lines, line, linked)
    return Inline(content)


def may_hold_address(text: str) -> bool:
    """Whether a text without `@` can hold a bare address that GFM links."""
    return (":" in text or "www." in text) and ADDRESS.search(text) is not None


def may_hold_autolink(content: str) -> bool:
    """Whether the content can hold a bare address."""
    return may_hold_address(content) or re.search(LOCAL_PART, content) is not None


def break_lines(text: str) -> str:
    """Return plain text with a line break for each hard break (section 6.7), a space for each soft one."""
    if "\n" not in text:
        return text
    if not ("\n " in text or " \n" in text or "\n\t" in text):
        return text.replace("\n", " ")
    return LINE_BREAK.sub(lambda match: "\n" if len(match[1] or "") > 1 else " ", text)


def code_text(source: str) -> str:
    """Return the text of a code span: line endings are spaces, one space is stripped from both ends (section 6.1)."""
    text = source.replace("\n", " ")
    if text[0] == text[-1] == " " and text.strip(" "):
        return text[1:-1]
    return text
