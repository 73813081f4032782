"""Links and embeds of Obsidian and of wikis: `[[page]]`, `[[page|words]]`, `![[image.png]]`.

`[[1]](address)`, `[[a][b]]` and what looks like a definition (`[[a]]: /address`) are read as CommonMark. Numbers in two
brackets are citations, and stay text; so do `x[[i]]` and an embed of one small word, an image without its reference.
"""

from __future__ import annotations

import re

from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from converter.parse.markdown_it.private import normalizeReference

LINK = re.compile(
    r"(?:(!)|(?<![\[!A-Za-z0-9_)]))\[\[(?=[^\s\[\]|^])([^\[\]|\n]{1,300})(?:\|([^\[\]\n]{1,300}))?\]\]"
    r"(?![(\[\]]|:[ \t]*(?:[</#]|https?:))"
)
SMALL_WORD = re.compile(r"[a-z]+")
LETTER = re.compile(r"[^\W\d_]")
IMAGE = re.compile(r"\.(?:avif|bmp|gif|jpe?g|png|svg|webp)$", re.IGNORECASE)
SIZE = re.compile(r"[ \t]*+(?:\d{1,5}(?:x\d{1,5})?|left|right|center|centre|inline)[ \t]*+")
"""Additions to the description of an image: its size or its side."""
MOST_SIZES = 3
CONTENTS = frozenset({"toc", "_toc_"})
"""Markers that GitLab and others replace with a table of contents."""


def without_size(alt: str) -> str:
    """Return the description of an image without its size: `![Alt|300](image.png)`."""
    for _ in range(MOST_SIZES):
        words, bar, size = alt.rpartition("|")
        if not bar or not SIZE.fullmatch(size):
            break
        alt = words
    return alt


def wikilink(state: StateInline, silent: bool) -> bool:
    """Inline rule at `[` and `!`."""
    match = LINK.match(state.src, state.pos, state.posMax)
    if match is None or not _is_target(state, match[2]) or (match[1] and SMALL_WORD.fullmatch(match[0][3:-2])):
        return False
    if not silent:
        target, words = match[2].rstrip("\\ "), (match[3] or "").strip()
        if match[1] and IMAGE.search(target):
            _push_image(state, target, without_size(f"|{words}").lstrip("|") or target)
        else:
            _push_link(state, target, words or target)
    state.pos = match.end()
    return True


def _is_target(state: StateInline, target: str) -> bool:
    if not LETTER.search(target) or target != target.strip() or target.lower() in CONTENTS or state.linkLevel:
        return False
    return normalizeReference(target) not in state.env.get("references", {})


def _push_link(state: StateInline, target: str, words: str) -> None:
    opening = state.push("link_open", "a", 1)
    opening.attrs = {"href": target}
    state.push("text", "", 0).content = words
    state.push("link_close", "a", -1)


def _push_image(state: StateInline, target: str, alt: str) -> None:
    image = state.push("image", "img", 0)
    image.attrs = {"src": target, "alt": ""}
    image.content = alt
    image.children = [Token("text", "", 0, content=alt)]
