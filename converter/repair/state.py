"""The state of a document, determined from its whole text before any rule runs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from converter.printable import amount
from converter.repair.lines import (
    BLANK,
    BULLET,
    DELIMITER,
    HEADING,
    IMAGE,
    ODD_ITEM,
    ROW,
    TEXT,
    UNDERLINE,
    VERBATIM,
    ends_sentence,
    width_of,
)
from converter.repair.print_margin import print_margin_of

LONG = 120
"""Maximum columns of a hand-wrapped line: hard-wrapped text has 72 to 100 columns."""

NARROW = 50
"""Minimum columns of wrapped text: shorter lines are verse, addresses or labels."""

STRAY = 0.1
"""Maximum share of a glued document's blocks with a stray run of blank lines (before an image, say)."""

MARK_SHARE = 0.02
"""Maximum share of lines with a Markdown mark in a browser's copy: it has lost all marks but those in code."""

FEWEST_TITLES, FEWEST_BLOCKS = 2, 8
"""Minimum number of short lines that touch a long paragraph below them or, with fewer of those, that touch any line
below: a letter has fewer."""

FEWEST_AMID = 3
"""Minimum adjacent lines between two long paragraphs: fewer may be an address or a verse."""

PARAGRAPHS_END = 0.8
"""Minimum share of long paragraphs with a blank line below that shows that adjacent lines are not paragraphs."""

SENTENCES_TOUCH, SENTENCES_TOUCH_AMID_GAPS, MANY_GAPS = 0.65, 0.5, 4
"""Minimum share of sentences that touch the line below, which shows that blank lines stand where tags stood alone; a
lower share suffices if this many runs of several blank lines separate other lines."""

DISTINCT = 0.4
"""Minimum share of different first words among adjacent lines: with fewer, a text is a log, not a page."""

LONGEST_TITLE = 80
"""Columns up to which a line that touches the next may be a title, an item or a caption."""

_MARKED_KINDS = frozenset((HEADING, BULLET, ODD_ITEM, ROW, DELIMITER, UNDERLINE))
_TAIL = BLANK + IMAGE
"""Blank lines and images below the text: what remains of the page's footer."""
_SETEXT = re.compile(r"(?<!t)t[=_]")
_HTML_HEADING = re.compile(r"\s*<h[1-6][\s>]", re.I)
_GAP = re.compile("(?<=[^ ]) +(?=[^ ])")
_WIDE_GAP = re.compile("(?<=[^ ])  +(?=[^ ])")
_TABLE = re.compile("(?<! ) *[|:]+[|: ]*")
"""A table, and the blank lines around it: some texts have them although their other blocks touch."""
_BLOCK = re.compile(r"t|#|!|>+|[|:]+|v+|[-1oi]+")

_MARKUP = "blank lines only around lists and tables, one line per paragraph, as a page's markup is spaced"
_COPIED = "blank lines only below paragraphs, one line per paragraph, as a browser copies text"
_PROGRAM = "a program or its configuration, left as it is"
_LAYOUT = {
    (True, True): "spaced, one line per paragraph",
    (True, False): "spaced, paragraphs over several lines",
    (False, True): "glued, one line per paragraph",
    (False, False): "glued, unknown paragraph layout",
}


@dataclass(frozen=True, slots=True)
class State:
    """The layout of a document, and the evidence for it in words."""

    spaced: bool
    """Blank lines separate the blocks."""
    one_line: bool
    """Each paragraph is one line: two adjacent lines of text are separate paragraphs, the second perhaps glued on."""
    headings: str
    """`marked` (ATX or setext), or `unmarked`."""
    evidence: tuple[str, ...] = field(default=(), compare=False)
    copied: bool = False
    """Blank lines follow only paragraphs, as in a browser's copy: lines that touch are titles, items or rows."""
    markup: bool = False
    """Blank lines stand where tags of lists and tables stood alone on a line, as `textContent` leaves them: other
    blocks touch."""
    paged: bool = False
    """Form feeds end its pages, as a PDF reader writes them: a program broke its lines, where the next word had no
    room."""
    print_margin: float = 0.0
    """The columns of print to which a program filled its lines, as a PDF reader takes them; 0 if none did."""

    is_narrowed: bool = False
    """`cut_sentence` has left blank lines only where the markup of a page has them."""

    program: bool = False
    """Most lines look like code: a program or its configuration, which is left whole."""

    @property
    def is_print(self) -> bool:
        """Whether a PDF reader extracted the text from pages."""
        return self.paged or self.print_margin > 0

    @property
    def layout(self) -> str:
        """The layout in words."""
        if self.program:
            return _PROGRAM
        if self.markup:
            return _MARKUP
        return _COPIED if self.copied else _LAYOUT[self.spaced, self.one_line]


def state_of(lines: Sequence[str], kinds: Sequence[str], print_margin: float = 0.0, is_narrowed: bool = False) -> State:
    """The state of a document, from its lines and their kinds, and what earlier passes know of its layout.

    Wrapped text has a margin: no line exceeds it, and hardly any has room for the next line's first word. A glued
    document has no blank lines between its blocks, apart from a few strays.
    """
    signature = "".join(kinds).lstrip(BLANK)
    start = len(kinds) - len(signature)
    signature = signature.rstrip(_TAIL)
    texts = signature.count(TEXT)
    touching_lines = [start + at for at in _pairs(signature, TEXT + TEXT)]
    is_marked = _is_marked(lines, kinds, "".join(kinds))

    widths = [width_of(lines[at]) for at in touching_lines]
    long_lines = sum(_is_long(line) for line, kind in zip(lines, kinds, strict=True) if kind == TEXT)
    full_share = _full_share(lines, touching_lines, widths)
    sizable_lines = [at for at, width in zip(touching_lines, widths, strict=True) if width > 40]
    sentence_ends = sum(ends_sentence(lines[at]) for at in sizable_lines)
    is_wrapped = (
        full_share >= 0.5
        and len(touching_lines) > long_lines
        and sentence_ends < 0.5 * len(sizable_lines)
        and not _have_same_label(lines, touching_lines)
    )

    blocks_only = re.sub("t+", TEXT, signature) if is_wrapped else signature
    parts = [part for part in _TABLE.split(blocks_only) if part] if ROW in signature else [blocks_only]
    gaps = sum(len(_GAP.findall(part)) for part in parts)
    blocks = sum(len(_BLOCK.findall(part)) for part in parts)
    places = blocks - len(parts)  # where a gap may be
    spaced = texts == 0 or places == 0 or gaps > STRAY * places or len(_BLOCK.findall(blocks_only)) < 3
    pages = sum(line.startswith("\f") for line in lines)
    if not print_margin and (pages or not spaced or not gaps):
        joints = [(at, at + 1) for at in touching_lines]
        if pages:
            joints += [(start + at, start + at + 2) for at in _pairs(signature, TEXT + BLANK + TEXT)]
        print_margin = print_margin_of(lines, joints)
    is_wrapped = is_wrapped or print_margin > 0
    is_marked = is_marked and not print_margin
    has_room = not is_wrapped and spaced and not is_marked and long_lines > 0 and not _has_marks(lines, kinds)
    markup = (is_narrowed and not is_wrapped and not is_marked) or (has_room and _is_spaced_by_markup(lines, kinds))
    copied = has_room and not markup and _is_copied(lines, kinds, touching_lines)
    if is_wrapped:
        one_line = False
    elif copied or markup:
        spaced, one_line = False, True
    elif spaced:
        one_line = long_lines > 0 and (not touching_lines or (long_lines >= 3 and len(touching_lines) * 20 < texts))
    else:
        one_line = long_lines > 0 or (len(sizable_lines) >= 3 and sentence_ends >= 0.7 * len(sizable_lines))
    evidence: tuple[str, ...] = (
        f"{amount(gaps, 'run')} of blank lines among {amount(blocks, 'block')}"
        + (", tables aside" if ROW in signature else ""),
        f"{len(touching_lines)} of {texts} lines of text touch the next; "
        f"{full_share:.0%} of these are as full as wrapped lines",
        f"{sentence_ends} of {len(sizable_lines)} touching lines end a sentence",
        f"{long_lines} of {texts} lines of text are wider than {LONG} columns",
        "headings are marked" if is_marked else "no heading is marked",
    )
    if print_margin:
        evidence += (f"lines are filled to {print_margin:.0f} columns of print",)
    if pages:
        evidence += (f"pages end with {amount(pages, 'form feed')}",)
    headings = "marked" if is_marked else "unmarked"
    return State(spaced, one_line, headings, evidence, copied, markup, pages > 0, print_margin, is_narrowed)


def _has_marks(lines: Sequence[str], kinds: Sequence[str]) -> bool:
    """Whether lines have more marks of Markdown than code in a copy may hold."""
    marks = sum(
        (kind in _MARKED_KINDS and len(line) > 1) or "](" in line or "**" in line or "```" in line
        for line, kind in zip(lines, kinds, strict=True)
    )
    return marks > MARK_SHARE * len(kinds)


def _is_spaced_by_markup(lines: Sequence[str], kinds: Sequence[str]) -> bool:
    """Whether most sentences and long paragraphs touch the line below, and several blank lines in a row part lines.

    Where many do, those among the sentences that are last cells of rows touch nothing.
    """
    signature = "".join(kinds)
    gaps = len(_WIDE_GAP.findall(signature))
    texts = [at for at, kind in enumerate(kinds) if kind == TEXT and width_of(lines[at]) >= NARROW]
    sentences = [signature[at + 1 : at + 2] == TEXT for at in texts if ends_sentence(lines[at])]
    long_lines = [signature[at + 1 : at + 2] == TEXT for at in texts if _is_long(lines[at])]
    if not gaps or len(sentences) < FEWEST_TITLES:
        return False
    if gaps >= MANY_GAPS:
        return sum(sentences) >= SENTENCES_TOUCH_AMID_GAPS * len(sentences)
    return sum(sentences) >= SENTENCES_TOUCH * len(sentences) and sum(long_lines) >= SENTENCES_TOUCH * len(long_lines)


def _is_copied(lines: Sequence[str], kinds: Sequence[str], touching_lines: Sequence[int]) -> bool:
    """Whether a text has the blank lines of a browser's copy: only below paragraphs, not below titles, items or rows.

    Its lines are whole blocks; where two touch, the upper one is mostly a title or an item, and hardly any sentence
    continues below.
    """
    # Rows of a table touch in any text.
    places = [at for at in touching_lines if "\t" not in lines[at] and "  " not in lines[at]]
    words = {next(iter(lines[at].split(None, 1)), "") for at in places}
    if len(words) < DISTINCT * len(places):
        return False  # a log, or a list of records
    touching_blocks = [at for at in places if _is_block(lines[at], lines[at + 1].lstrip())]
    titles = sum(_is_long(lines[at + 1]) for at in touching_blocks)
    continuations = sum(
        lines[at + 1].lstrip()[:1].islower() and not ends_sentence(lines[at]) and width_of(lines[at]) >= NARROW
        for at in places
    )
    if continuations > 0.2 * max(len(touching_blocks), len(places) / 2):
        return False
    if titles >= FEWEST_TITLES or len(touching_blocks) >= FEWEST_BLOCKS:
        return len(touching_blocks) >= max(3, 0.2 * len(places))
    return _has_lists_amid_paragraphs(lines, kinds, places)


def _is_block(line: str, below: str) -> bool:
    """Whether a line that touches the one below is a title or an item."""
    is_open = line.rstrip().endswith((",", ";", "-")) or below[:1].islower()
    return width_of(line) <= LONGEST_TITLE and not (ends_sentence(line) or is_open)


def _has_lists_amid_paragraphs(lines: Sequence[str], kinds: Sequence[str], places: Sequence[int]) -> bool:
    """Whether blank lines follow most long paragraphs, and sentences touch, or other lines between two of those: the
    other lines of a letter touch at its head and its end."""
    long_lines = [at for at, kind in enumerate(kinds) if kind == TEXT and _is_long(lines[at])]
    ended = sum(at + 1 == len(kinds) or kinds[at + 1] == BLANK for at in long_lines)
    if len(long_lines) < FEWEST_TITLES or ended < PARAGRAPHS_END * len(long_lines):
        return False
    amid = [at for at in places if long_lines[0] < at < long_lines[-1] or ends_sentence(lines[at])]
    return len(amid) >= FEWEST_AMID


def has_heading(lines: Sequence[str], kinds: Sequence[str]) -> bool:
    """Whether any line is a heading with a title; press releases end with a bare `###`."""
    return HEADING in kinds and any(
        kind == HEADING and line.strip("# \t") for line, kind in zip(lines, kinds, strict=True)
    )


def has_title_alone(lines: Sequence[str], kinds: Sequence[str]) -> bool:
    """Whether a single heading is marked, of level 1: the mark of a title survives more often than others."""
    places = [at for at, kind in enumerate(kinds) if kind == HEADING and lines[at].strip("# \t")]
    if len(places) != 1 or not lines[places[0]].lstrip().startswith("# "):
        return False
    other_kinds = [*kinds[: places[0]], TEXT, *kinds[places[0] + 1 :]]
    return not _is_marked(lines, other_kinds, "".join(other_kinds))


def _is_long(line: str) -> bool:
    """Whether a line is wider than LONG; its width is measured only if the number of characters does not decide."""
    return len(line) > LONG or (2 * len(line) > LONG and width_of(line) > LONG)


def _pairs(signature: str, pair: str) -> list[int]:
    positions, at = [], signature.find(pair)
    while at >= 0:
        positions.append(at)
        at = signature.find(pair, at + 1)
    return positions


def _is_marked(lines: Sequence[str], kinds: Sequence[str], signature: str) -> bool:
    """Whether any heading is marked: `#`, a line of `===` or `---` under one line of text, or an HTML tag."""
    if has_heading(lines, kinds):
        return True
    for match in _SETEXT.finditer(signature):
        title, underline = lines[match.start()], lines[match.start() + 1].strip()
        if underline[0] in "-=" and width_of(title) <= LONG:
            return True
    return VERBATIM in kinds and any(
        kind == VERBATIM and _HTML_HEADING.match(line) for line, kind in zip(lines, kinds, strict=True)
    )


def _full_share(lines: Sequence[str], touching_lines: Sequence[int], widths: Sequence[int]) -> float:
    """The share of lines that have no room, within the text's margin, for the next line's first word.

    0 if people do not wrap at that margin.
    """
    if not touching_lines:
        return 0.0
    margin = sorted(widths)[int(0.9 * (len(widths) - 0.5))]
    if not NARROW <= margin <= LONG:
        return 0.0
    full_lines = 0
    for at, width in zip(touching_lines, widths, strict=True):
        word = next(iter(lines[at + 1].split(None, 1)), "")
        full_lines += width + 1 + width_of(word) > margin
    return full_lines / len(touching_lines)


def _have_same_label(lines: Sequence[str], touching_lines: Sequence[int]) -> bool:
    """Whether most lines begin with the same word, such as a repeated `Date: ...`; those of wrapped text do not."""
    words = Counter(next(iter(lines[at].split(None, 1)), "") for at in touching_lines)
    return len(touching_lines) > 3 and words.most_common(1)[0][1] > 0.6 * len(touching_lines)
