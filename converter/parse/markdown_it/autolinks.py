"""GFM's bare autolinks and footnote references, read in linear time.

The rules of `mdit_py_plugins` copy or search the rest of the paragraph at each `w`, `:`, `@` and `[^`: 100 KB of
`a@b.c` take seconds. These rules read the same links, but look at each character a bounded number of times: if an
address fails, its host is kept for the next address inside it. Differential tests compare them with the plugin's rules.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

from markdown_it.rules_inline import StateInline

WEB = ("www.", "http://", "https://")
"""The prefixes of a web address."""
BEFORE = frozenset(" \t\r\n*_~(")
"""Characters allowed before a bare address, besides the start of the content."""
ADDRESS_END = re.compile(r"[ \t\r\n\0\x0b\x0c<]")
HOST = re.compile(r"[A-Za-z0-9._-]*")
LOCAL_PART = re.compile(r"[A-Za-z0-9.+_-]*")
LOCAL = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.+-_")
DOMAIN = re.compile(r"(?:[A-Za-z0-9_-]+|\.(?=[A-Za-z0-9]))*+")
XMPP_DOMAIN = re.compile(r"(?:[A-Za-z0-9_@-]+|\.(?=[A-Za-z0-9]))*+(?:/(?:[A-Za-z0-9_@-]+|\.(?=[A-Za-z0-9]))*+)?")
LABEL_END = re.compile(r"[ \n\]]")
MAXIMUM_DOTS = 10
"""With more dots, a host may hold underscores (as in cmark-gfm)."""
CLOSING = frozenset("?!.,:*_~'\"[]")
"""Characters that never end an address."""


@dataclass(frozen=True, slots=True)
class Host:
    """The text after the prefix of a web address: `start` up to (excluding) `end` may be a host.

    `open` states that the content ends there. `dots` are its last dots, the last one first; `underscore` is its last
    underscore, `inner` the last one before its last dot, both -1 if there is none.
    """

    start: int
    end: int
    open: bool
    dots: tuple[int, ...]
    underscore: int
    inner: int

    def holds(self, start: int, short: bool) -> bool:
        """Whether a host begins at `start`; a `short` host needs no dot."""
        if self.open and start == self.end:
            return False
        dots = [dot for dot in self.dots if dot >= start]
        last_dot = dots[0] if dots else start - 1
        previous_dot = dots[1] if len(dots) > 1 else start - 1
        has_underscore = self.underscore > last_dot or (bool(dots) and self.inner > previous_dot)
        if has_underscore and not (self.open and len(dots) > MAXIMUM_DOTS):
            return False
        return short or bool(dots)


def host_at(text: str, start: int, limit: int) -> Host:
    """Return the host that could begin at `start` in a text that ends at `limit`."""
    end = start
    while True:
        end = HOST.match(text, end, limit).end()  # type: ignore[union-attr] # may match ""
        if end == limit or text[end].isspace() or unicodedata.category(text[end])[0] == "P":
            break
        end += 1
    dots: list[int] = []
    while len(dots) <= MAXIMUM_DOTS and (dot := text.rfind(".", start, dots[-1] if dots else end)) >= 0:
        dots.append(dot)
    inner = text.rfind("_", start, dots[0]) if dots else -1
    return Host(start, end, end == limit, tuple(dots), text.rfind("_", start, end), inner)


def web_address(text: str, start: int, limit: int, host: Host | None) -> tuple[int | None, Host]:
    """Return the end of the web address that begins at `start` with one of `WEB`; None if there is no address.

    `host` is the last host examined in the same text, if any; the second result replaces it.
    """
    prefix = next(prefix for prefix in WEB if text.startswith(prefix, start))
    host_start = start + len(prefix)
    if host is None or not host.start <= host_start <= host.end:
        host = host_at(text, host_start, limit)
    if not host.holds(host_start, short=prefix != WEB[0]):
        return None, host
    stop = ADDRESS_END.search(text, start, limit)
    return _without_closing(text, start, stop.start() if stop else limit), host


def _without_closing(text: str, start: int, end: int) -> int:
    """Return the end of an address without trailing punctuation."""
    surplus: int | None = None
    while end > start:
        character = text[end - 1]
        if character in CLOSING:
            end -= 1
        elif character == ";":
            entity_start = end - 2
            while entity_start > start and text[entity_start].isalpha():
                entity_start -= 1
            end = entity_start if entity_start < end - 2 and text[entity_start] == "&" else end - 1
        elif character == ")":
            if surplus is None:
                surplus = text.count(")", start, end) - text.count("(", start, end)
            if surplus <= 0:
                break
            surplus -= 1
            end -= 1
        else:
            break
    return end


def link_www(state: StateInline, silent: bool) -> bool:
    """Inline rule at `w`: `www.example.org`."""
    return not silent and state.src.startswith("www.", state.pos, state.posMax) and _link_web(state, 0)


def link_protocol(state: StateInline, silent: bool) -> bool:
    """Inline rule at `:`: `http://...`, `https://...`, `mailto:a@b.c` and `xmpp:a@b.c`."""
    text, colon = state.src, state.pos
    if silent or state.linkLevel > 0 or state.posMax - colon < 4 or text[colon] != ":":
        return False
    for name in ("http", "https", "mailto", "xmpp"):
        if text.endswith(name, 0, colon) and state.pending.endswith(name):
            break
    else:
        return False
    if name.startswith("http"):
        return text.startswith("//", colon + 1) and _link_web(state, len(name))
    start = colon - len(name)
    at = LOCAL_PART.match(text, colon + 1, state.posMax).end()  # type: ignore[union-attr] # may match ""
    if not _may_follow(text, start) or at == colon + 1 or not text.startswith("@", at, state.posMax):
        return False
    end = (XMPP_DOMAIN if name == "xmpp" else DOMAIN).match(text, at + 1, state.posMax).end()  # type: ignore[union-attr]
    if name == "mailto" and text.startswith("@", end, state.posMax):
        return False
    if text.find(".", at + 1, end) < 0 or not (text[end - 1].isascii() and text[end - 1].isalpha()):
        return False
    return _link(state, start, end, text[start:end])


def link_email(state: StateInline, silent: bool) -> bool:
    """Inline rule at `@`: `someone@example.org`."""
    text, at = state.src, state.pos
    if silent or state.linkLevel > 0 or text[at] != "@":
        return False
    end = DOMAIN.match(text, at + 1, state.posMax).end()  # type: ignore[union-attr] # may match ""
    if text.startswith("@", end, state.posMax) or text.find(".", at + 1, end) < 0:
        return False
    if text[end - 1] in "-_":
        return False
    start, pending_start = at, at - len(state.pending)
    while start > pending_start and text[start - 1] in LOCAL:
        start -= 1
    if start == at or not _may_follow(text, start):
        return False
    return _link(state, start, end, f"mailto:{text[start:end]}")


def _may_follow(text: str, start: int) -> bool:
    return start <= 0 or text[start - 1] in BEFORE


def _link_web(state: StateInline, back: int) -> bool:
    """Link the web address that begins `back` characters before the current one."""
    start = state.pos - back
    if state.linkLevel > 0 or not _may_follow(state.src, start):
        return False
    memory = vars(state)
    end, memory["host"] = web_address(state.src, start, state.posMax, memory.get("host"))
    if end is None:
        return False
    address = state.src[start:end]
    return _link(state, start, end, address if back else f"http://{address}")


def _link(state: StateInline, start: int, end: int, url: str) -> bool:
    """Push the tokens of a link whose text is the source from `start` to `end`."""
    if back := state.pos - start:
        state.pending = state.pending[:-back]
    opening = state.push("link_open", "a", 1)
    opening.attrs = {"href": url}
    text = state.push("text", "", 0)
    text.content = state.src[start:end]
    closing = state.push("link_close", "a", -1)
    for token in (opening, closing):
        token.markup, token.info = "autolink", "auto"
    state.pos = end
    return True


def refer_to_footnote(state: StateInline, silent: bool) -> bool:
    """Inline rule at `[`: `[^label]` of a footnote that the document defines."""
    start, text = state.pos, state.src
    notes: dict[str, Any] = state.env.get("footnotes") or {}
    if not notes.get("refs") or not text.startswith("[^", start, state.posMax):
        return False
    memory = vars(state)
    end: int = memory.get("label_end", -1)
    if end < start + 2 or start < memory["label_start"]:
        match = LABEL_END.search(text, start + 2)
        end = memory["label_end"] = match.start() if match else len(text)
        memory["label_start"] = start
    if end >= state.posMax or text[end] != "]" or end - start - 2 not in _lengths(state.env, notes["refs"]):
        return False
    label = text[start + 2 : end]
    number = notes["refs"].get(f":{label}")
    if number is None:
        return False
    if not silent:
        if number < 0:
            number = notes["refs"][f":{label}"] = len(notes["list"])
            notes["list"][number] = {"label": label, "count": 0}
        note = notes["list"][number]
        token = state.push("footnote_ref", "", 0)
        token.meta = {"id": number, "subId": note["count"], "label": label}
        note["count"] += 1
    state.pos = end + 1
    return True


def _lengths(env: MutableMapping[str, Any], labels: dict[str, int]) -> frozenset[int]:
    """The lengths of all footnote labels: text of any other length is not a label, whatever prefix it shares."""
    cache: tuple[int, frozenset[int]] = env.get("footnote_lengths", (0, frozenset()))
    if cache[0] != len(labels):
        cache = env["footnote_lengths"] = len(labels), frozenset(len(label) - 1 for label in labels)
    return cache[1]
