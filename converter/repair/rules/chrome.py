"""Site chrome: text of the page around an article, not of the article."""

from __future__ import annotations

import re

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, BULLET, IMAGE, TEXT
from converter.repair.rule import FULL, rule

LONGEST = 120
"""A line of this many characters or more is not a phrase of the page's chrome."""

_THUMBNAIL = re.compile(r"-(\d{2,4})x(\d{2,4})\.(?:jpe?g|png|webp|gif|avif)\b", re.I)
_PHRASE = re.compile(
    "|".join(
        (
            r"share (?:this|on|via)\b.{0,40}",
            r"share|tweet|pin it|print|advertise?ment|sponsored",
            r"(?:click (?:here )?to )?(?:share|tweet) (?:this|on) .{0,30}",
            r"read more(?: »| …|\.\.\.|…)?|continue reading.{0,30}",
            r"skip to (?:main )?content|back to top|accept (?:all )?cookies",
            r"(?:we use|this (?:web)?site uses) cookies\b.{0,120}",
            r"(?:subscribe|sign up) (?:to|for) (?:our|the) .{0,40}newsletter.{0,30}",
            r"follow us on \w{0,20}|leave a (?:comment|reply)|all rights reserved\.?",
            r"you may also like.{0,10}|more stories you may like.{0,20}",
            r"teilen auf .{0,30}|weiterlesen.{0,5}|anzeige",
            r"partager sur .{0,30}|lire la suite.{0,5}|compartir en .{0,30}|leer más.{0,5}",
        )
    ),
    re.I,
)
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_BEGINNINGS = (
    "share tweet pin print advertisement advertisment sponsored click read continue skip back accept we this"
    " subscribe sign follow leave all you more teilen weiterlesen anzeige partager lire compartir leer"
)
_FIRST_WORDS = frozenset(_BEGINNINGS.split())
"""First words of the phrases in `_PHRASE`, to skip other lines cheaply."""
_ANY_LINE = re.compile(f"[{TEXT}{IMAGE}{BULLET}]")
_LONE_LINE = re.compile(f"(?<![^{BLANK}]){TEXT}(?!{TEXT})|[{IMAGE}{BULLET}]")
"""Lines that may be chrome, by kind: `_ANY_LINE` anywhere, `_LONE_LINE` only outside wrapped paragraphs."""
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


@rule("chrome", FULL)
def chrome(draft: Draft) -> None:
    """Share links, cookie lines, thumbnails of related posts and `Read more` lines are marked as chrome but kept."""
    signature = draft.signature
    last_text = len(signature.rstrip(BLANK + IMAGE)) - 1
    pattern = _LONE_LINE if draft.state.spaced else _ANY_LINE
    lone_lines = {at for at in draft.breaks if signature[at] == TEXT != signature[at + 1 : at + 2]}
    for at in sorted(lone_lines.union(match.start() for match in pattern.finditer(signature))):
        kind, line = signature[at], draft.lines[at]
        if (kind == IMAGE and _is_teaser(draft, at, last_text)) or (
            kind != IMAGE and len(line) < LONGEST and _is_phrase(line)
        ):
            draft.note("chrome", at, at, line, line, 0.95)
            draft.chrome.add(at)


def _is_teaser(draft: Draft, at: int, last_text: int) -> bool:
    """Whether an image below all text is a thumbnail or follows three blank lines."""
    if at < last_text:
        return False
    size = _THUMBNAIL.search(draft.lines[at])
    is_small = size is not None and int(size[1]) <= 400
    return is_small or (at >= 3 and all(draft.kinds[above] == BLANK for above in range(at - 3, at)))


def _is_phrase(line: str) -> bool:
    if line[:1].isspace():
        return False
    word = _FIRST_WORD.search(line)
    if word is None or word[0].lower() not in _FIRST_WORDS:
        return False
    return _PHRASE.fullmatch(_LINK.sub(r"\1", line).strip(" \t-*_»>•[]")) is not None
