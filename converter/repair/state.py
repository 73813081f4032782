"""The state of a document, determined from its whole text before any rule runs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from converter.repair.lines import (
    BLANK,
    HEADING,
    IMAGE,
    TEXT,
    VERBATIM,
    ends_sentence,
    width_of,
)

LONG = 120
"""Columns beyond which a line is unlikely to be hand-wrapped: hard-wrapped text has 72 to 100 columns."""

NARROW = 50
"""Columns below which nobody wraps text: shorter lines are verse, addresses or labels."""

STRAY = 0.1
"""In a glued document, runs of blank lines for at most this share of the blocks are strays (before an image, say)."""

_TAIL = BLANK + IMAGE
"""Blank lines and images below the text: the remains of the page's footer."""
_SETEXT = re.compile(r"(?<!t)t[=_]")
_HTML_HEADING = re.compile(r"\s*<h[1-6][\s>]", re.I)
_GAP = re.compile("(?<=[^ ]) +(?=[^ ])")
_BLOCK = re.compile(r"t|#|!|>+|[|:]+|v+|[-1oi]+")

_LAYOUT = {
    (True, True): "spaced, one line a paragraph",
    (True, False): "spaced, paragraphs over several lines",
    (False, True): "glued, one line a paragraph",
    (False, False): "glued, lines of unknown make",
}


@dataclass(frozen=True, slots=True)
class State:
    """The layout of a document, and the evidence for it in words."""

    spaced: bool
    """Blank lines separate its blocks."""
    one_line: bool
    """Each paragraph is one line: two adjacent lines of text are separate paragraphs, the second perhaps glued on."""
    headings: str
    """`marked` (ATX or setext), or `unmarked`."""
    evidence: tuple[str, ...] = ()

    @property
    def layout(self) -> str:
        """The layout in words."""
        return _LAYOUT[self.spaced, self.one_line]


def tell(lines: Sequence[str], kinds: Sequence[str]) -> State:
    """The state of a document, from its lines and their kinds.

    Wrapped text has a margin: no line exceeds it, and hardly any has room for the next line's first word. A glued
    document has no blank lines between its blocks, apart from a few strays.
    """
    signature = "".join(kinds).lstrip(BLANK)
    start = len(kinds) - len(signature)
    signature = signature.rstrip(_TAIL)
    texts = signature.count(TEXT)
    touching = [start + at for at in _pairs(signature, TEXT + TEXT)]
    marked = _is_marked(lines, kinds, "".join(kinds))

    widths = [width_of(lines[at]) for at in touching]
    longs = sum(_is_long(line) for line, kind in zip(lines, kinds, strict=True) if kind == TEXT)
    full = _share_full(lines, touching, widths)
    sizable = [at for at, width in zip(touching, widths, strict=True) if width > 40]
    closed = sum(ends_sentence(lines[at]) for at in sizable)
    wrapped = full >= 0.5 and len(touching) > longs and closed < 0.5 * len(sizable) and not _labelled(lines, touching)

    gaps = len(_GAP.findall(signature))
    blocks = len(_BLOCK.findall(re.sub("t+", TEXT, signature) if wrapped else signature))
    spaced = texts == 0 or gaps > STRAY * (blocks - 1) or blocks < 3
    if wrapped:
        one_line = False
    elif spaced:
        one_line = longs > 0 and (not touching or (longs >= 3 and len(touching) * 20 < texts))
    else:
        one_line = longs > 0 or (len(sizable) >= 3 and closed >= 0.7 * len(sizable))
    evidence = (
        f"{gaps} runs of blank lines among {blocks} blocks",
        f"{len(touching)} of {texts} lines of text touch the next, {full:.0%} of these as full as a wrapped line is",
        f"{closed} of {len(sizable)} touching lines end a sentence",
        f"{longs} of {texts} are longer than {LONG} columns",
        "headings are marked" if marked else "no heading is marked",
    )
    return State(spaced, one_line, "marked" if marked else "unmarked", evidence)


def holds_heading(lines: Sequence[str], kinds: Sequence[str]) -> bool:
    """Whether any line is a heading with a title; press releases end with a bare `###`."""
    return HEADING in kinds and any(
        kind == HEADING and line.strip("# \t") for line, kind in zip(lines, kinds, strict=True)
    )


def _is_long(line: str) -> bool:
    """Whether a line is wider than LONG; its width is measured only if the number of characters does not decide."""
    return len(line) > LONG or (2 * len(line) > LONG and width_of(line) > LONG)


def _pairs(signature: str, pair: str) -> list[int]:
    found, at = [], signature.find(pair)
    while at >= 0:
        found.append(at)
        at = signature.find(pair, at + 1)
    return found


def _is_marked(lines: Sequence[str], kinds: Sequence[str], signature: str) -> bool:
    """Whether any heading is marked: `#`, a line of `===` or `---` under one line of text, or an HTML tag."""
    if holds_heading(lines, kinds):
        return True
    for match in _SETEXT.finditer(signature):
        title, underline = lines[match.start()], lines[match.start() + 1].strip()
        if underline[0] in "-=" and width_of(title) <= LONG:
            return True
    return VERBATIM in kinds and any(
        kind == VERBATIM and _HTML_HEADING.match(line) for line, kind in zip(lines, kinds, strict=True)
    )


def _share_full(lines: Sequence[str], touching: Sequence[int], widths: Sequence[int]) -> float:
    """The share of lines that have no room, within the text's margin, for the next line's first word.

    0 if people do not wrap at that margin.
    """
    if not touching:
        return 0.0
    margin = sorted(widths)[int(0.9 * (len(widths) - 0.5))]
    if not NARROW <= margin <= LONG:
        return 0.0
    full = 0
    for at, width in zip(touching, widths, strict=True):
        word = next(iter(lines[at + 1].split(None, 1)), "")
        full += width + 1 + width_of(word) > margin
    return full / len(touching)


def _labelled(lines: Sequence[str], touching: Sequence[int]) -> bool:
    """Whether most lines begin with the same word, such as a repeated `Date: ...`; those of wrapped text do not."""
    words = Counter(next(iter(lines[at].split(None, 1)), "") for at in touching)
    return len(touching) > 3 and words.most_common(1)[0][1] > 0.6 * len(touching)
