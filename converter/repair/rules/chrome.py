"""Site chrome: text of the page around an article, not of the article."""

from __future__ import annotations

import re

from converter.repair.draft import Draft
from converter.repair.lines import BLANK, BULLET, HEADING, IMAGE, TEXT, ends_sentence
from converter.repair.lines import RULE as THEMATIC_BREAK
from converter.repair.rule import FULL, rule
from converter.repair.signs import signs_of

LONGEST_PHRASE = 120
"""A line of this many characters or more is not a phrase of the page's chrome."""

_LONG_LINE = 60
_SHORT_ITEM = 3
"""Maximum words of an item, bullet included, that an article may contain too, as `- Pin it`."""
_THUMBNAIL = re.compile(r"-(\d{2,4})x(\d{2,4})\.(?:jpe?g|png|webp|gif|avif)\b", re.I)
_NETWORK = r"(?:facebook|twitter|x|linkedin|whatsapp|telegram|pinterest|reddit|mastodon|bluesky|xing|instagram|e-?mail)"
_SURE = (
    rf"(?:click (?:here )?to )?share (?:this )?(?:(?:article|post|page|story) )?(?:on|via) {_NETWORK}\b.{{0,40}}",
    r"share this(?: article| post| page| story)?:?|sponsored",
    r"tweet(?: (?:this|on) .{0,30})?|pin it|advertise?ment",
    r"read more(?: »| …|\.\.\.|…)?|continue reading.{0,30}",
    r"skip to (?:main )?content|back to top|accept (?:all )?cookies",
    r"(?:we use|this (?:web)?site uses) cookies\b.{0,120}",
    r"(?:subscribe|sign up) (?:to|for) (?:our|the) .{0,40}newsletter.{0,30}",
    r"follow us on \w{0,20}|all rights reserved\.?",
    r"you may also like.{0,10}|more stories you may like.{0,20}",
    r"teilen auf .{0,30}|weiterlesen.{0,5}|anzeige",
    r"partager sur .{0,30}|lire la suite.{0,5}|compartir en .{0,30}|leer más.{0,5}",
)
_OPEN = (
    r"(?:click (?:here )?to )?share(?: (?:this|on|via)\b.{0,40})?|print",
    r"leave a (?:comment|reply)",
)
"""Phrases that an article may contain too: they need a sure phrase on the page, or a place above or below the article's
text. None is a sentence."""
_SURE_PHRASE, _OPEN_PHRASE = (re.compile("|".join(phrases), re.I) for phrases in (_SURE, _OPEN))
_FIRST_WORD = re.compile(r"[^\W\d_]+")
_BEGINNINGS = (
    "share tweet pin print advertisement advertisment sponsored click read continue skip back accept we this"
    " subscribe sign follow leave all you more teilen weiterlesen anzeige partager lire compartir leer"
)
_FIRST_WORDS = frozenset(_BEGINNINGS.split())
"""First words of the phrases, to skip other lines cheaply."""
_ANY_LINE = re.compile(f"[{TEXT}{IMAGE}{BULLET}]")
_LONE_LINE = re.compile(f"(?<![^{BLANK}{HEADING}]){TEXT}(?!{TEXT})|[{IMAGE}{BULLET}]")
"""Lines that may be chrome, by kind: `_ANY_LINE` anywhere, `_LONE_LINE` only outside wrapped paragraphs."""
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")

SURE, OPEN = 2, 1


@rule("chrome", FULL)
def chrome(draft: Draft) -> None:
    """Menus, bylines, share links, cookie lines, comments, related posts and their like are marked as chrome but kept:
    by their words, and by their place above or below the article of a page that has such words in several places.

    A phrase that an article may contain (`Print`) is chrome only on a page with phrases that no article contains, or
    above or below the text; an item only beside others.
    """
    signature = draft.signature
    last_text = len(signature.rstrip(BLANK + IMAGE)) - 1
    pattern = _LONE_LINE if draft.state.spaced else _ANY_LINE
    lone_lines = {at for at in draft.breaks if signature[at] == TEXT != signature[at + 1 : at + 2]}
    phrases: dict[int, int] = {}
    for at in sorted(lone_lines.union(match.start() for match in pattern.finditer(signature))):
        if signature[at] != IMAGE:
            if certainty := _certainty(draft.lines[at]):
                phrases[at] = certainty
        elif _is_teaser(draft, at, last_text):
            _mark(draft, at)
    if phrases:
        lines = _lines_of_chrome(draft, phrases)
        for at in phrases:
            if at in lines:
                _mark(draft, at)
            draft.chrome.add(at)  # not a heading in any case
    draft.signs = signs_of(draft.lines, draft.signs)
    if not draft.signs.may_be_page:
        return
    from converter.repair.boilerplate import boilerplate  # its expressions compile in 26 ms, 4 % of a start

    for start, end, confidence in boilerplate(draft):
        for at in range(start, end):
            if draft.kinds[at] != BLANK and at not in draft.chrome:
                draft.note("chrome", at, at, draft.lines[at], draft.lines[at], confidence)
        draft.chrome.update(range(start, end))


def _mark(draft: Draft, at: int) -> None:
    draft.note("chrome", at, at, draft.lines[at], draft.lines[at], 0.95)
    draft.chrome.add(at)


def _lines_of_chrome(draft: Draft, phrases: dict[int, int]) -> set[int]:
    """The phrases that are chrome where they stand."""
    kinds = draft.kinds
    chrome_lines = {at for at, certainty in phrases.items() if certainty == SURE and kinds[at] != BULLET}
    for run in re.finditer(f"{BULLET}+", draft.signature):
        chrome_lines.update(_items_of_chrome(draft, range(run.start(), run.end()), phrases))
    content = [at for at in range(len(kinds)) if at not in phrases and _is_content(draft, at)]
    title = next((at for at in content if kinds[at] == HEADING), None)
    first_content = next((at for at in content if at != title), len(kinds))
    last_content = content[-1] if content else -1
    return chrome_lines.union(
        at for at in phrases if kinds[at] != BULLET and (chrome_lines or not first_content < at < last_content)
    )


def _items_of_chrome(draft: Draft, run: range, phrases: dict[int, int]) -> list[int]:
    """The items of a list that are chrome: all phrases, if one of several words is sure or there are only phrases."""
    items = [at for at in run if at in phrases]
    sure_items = [at for at in items if phrases[at] == SURE]
    is_sure = any(len(draft.lines[at].split()) > _SHORT_ITEM for at in sure_items)
    return items if is_sure or (sure_items and len(items) == len(run)) else []


def _is_content(draft: Draft, at: int) -> bool:
    """Whether a line certainly belongs to the article: a heading, a row, code, a sentence, or a long line."""
    kind, line = draft.kinds[at], draft.lines[at]
    if kind in (BLANK, IMAGE, THEMATIC_BREAK):
        return False
    return kind not in (TEXT, BULLET) or ends_sentence(line) or len(line) > _LONG_LINE


def _is_teaser(draft: Draft, at: int, last_text: int) -> bool:
    """Whether an image below all text is a thumbnail or follows three blank lines."""
    if at < last_text:
        return False
    size = _THUMBNAIL.search(draft.lines[at])
    is_small = size is not None and int(size[1]) <= 400
    return is_small or (at >= 3 and all(draft.kinds[above] == BLANK for above in range(at - 3, at)))


def _certainty(line: str) -> int:
    """Whether a line is a phrase of the page's chrome: SURE, OPEN or 0."""
    if line[:1].isspace() or len(line) >= LONGEST_PHRASE:
        return 0
    word = _FIRST_WORD.search(line)
    if word is None or word[0].lower() not in _FIRST_WORDS:
        return 0
    phrase = _LINK.sub(r"\1", line).strip(" \t-*_»>•[]")
    if _SURE_PHRASE.fullmatch(phrase):
        return SURE
    return OPEN if _OPEN_PHRASE.fullmatch(phrase) and not ends_sentence(phrase) else 0
