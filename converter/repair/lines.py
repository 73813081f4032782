"""The kind of each line of a document, one character per line.

`kind_of` classifies a single line; `verbatim.classify` classifies all lines of a document, whose kinds in order are
its signature. Every rule and the document's state read the signature instead of the text, so that a document is
scanned once. The kinds follow CommonMark 0.31 (https://spec.commonmark.org) and GFM's tables.
"""

from __future__ import annotations

import re

from converter.expressions import expression

BLANK = " "
TEXT = "t"
HEADING = "#"
UNDERLINE = "="
RULE = "_"
BULLET = "-"
ORDERED = "1"
ODD_ITEM = "o"
ROW = "|"
DELIMITER = ":"
QUOTE = ">"
IMAGE = "!"
REFERENCE = "r"
FOOTNOTE = "f"
DEFINITION = "d"
"""The `: text` of a definition list."""
INDENTED = "i"
"""Indented, but not an item: the continuation of a list item, or an indented code block."""
HTML = "<"
FENCE = "`"
VERBATIM = "v"
"""Inside a fence, an HTML block, a math block or indented code: never changed."""

ITEMS = frozenset((BULLET, ORDERED, ODD_ITEM))

BULLETS = "•‣◦∙⁃▪▫■□●○◆◇➢➤►▸▶➔→✓✔✅☑✗✘❌⭐★☆👉🔹🔸🔷🔶▹❖✦✨·–—"
"""Marks that serve as a bullet at the start of a line, if a space follows."""
TIGHT_BULLET = "・"
"""The Japanese bullet, which needs no space after it."""

_MARKED = re.compile(
    rf"""
    (?P<indent>[ \t]*+)
    (?=[-`~$\#*_|:+\d(=>\[!<{BULLETS}{TIGHT_BULLET}])  # nearly all lines of code end here
    (?:
      (?P<fence>`{{3,}}[^`]*$|~{{3,}}|\$\$\s*$)
    | (?P<heading>\#{{1,6}}(?:[ \t]|$))
    | (?P<rule>(?:-[ \t]*){{3,}}$|(?:\*[ \t]*){{3,}}$|(?:_[ \t]*){{3,}}$)
    | (?P<delimiter>\|?[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)++\|?[ \t]*+$|\|[ \t]*+:?-++:?[ \t]*+\|[ \t]*+$)
    | (?P<bullet>[-*+](?:[ \t]|$))
    | (?P<ordered>\d{{1,9}}[.)](?:[ \t]|$))
    | (?P<odd>[{BULLETS}]\ufe0f?[\s\xa0]+(?=\S)|{TIGHT_BULLET}\s*(?=[^\s{TIGHT_BULLET}])
      |\(\d{{1,3}}\)[\s\xa0]|[-*+]\xa0|\d{{1,3}}[.)]\xa0)
    | (?P<row>\|)
    | (?P<underline>=+[ \t]*$)
    | (?P<quote>>)
    | (?P<footnote>\[\^[^\]\n]+\]:)
    | (?P<reference>\[[^\]\n]+\]:[ \t]*\S)
    | (?P<definition>:[ \t]+\S)
    | (?P<image>(?=[^\n]{{0,4000}}$)\[?!\[(?:(?>[^\n]*\]\()[^)\n]*+\)|(?>[^\n]*\]\[)[^\]\n]*+\])[ \t]*+$)
    | (?P<html></?[a-zA-Z][^>\n]*>|<!--|<\?|<![A-Z])
    )
    """,
    re.VERBOSE,
)
_KIND_OF_GROUP = {
    "fence": FENCE,
    "heading": HEADING,
    "rule": RULE,
    "delimiter": DELIMITER,
    "bullet": BULLET,
    "ordered": ORDERED,
    "odd": ODD_ITEM,
    "row": ROW,
    "underline": UNDERLINE,
    "quote": QUOTE,
    "footnote": FOOTNOTE,
    "reference": REFERENCE,
    "definition": DEFINITION,
    "image": IMAGE,
    "html": HTML,
}
_OF_DELIMITERS = "|:- \t"
"""All characters that a delimiter row may have."""
_ITEMS_ANYWHERE = frozenset(("bullet", "ordered", "odd"))
"""Groups that mean the same at any depth of indentation."""


def kind_of(line: str) -> str:
    """The kind of a single line, without its context."""
    first = line[:1]
    if first.isalpha():
        return TEXT
    if first == "|" and line.strip(_OF_DELIMITERS):  # nearly all rows: a sixth of the expression's time
        return ROW
    if not line or line.isspace():
        return BLANK
    match = _MARKED.match(line)
    if match is None:
        return INDENTED if line[0] == "\t" or line.startswith("  ") else TEXT
    group = str(match.lastgroup)
    if group not in _ITEMS_ANYWHERE and (match["indent"].startswith("\t") or len(match["indent"]) > 3):
        return FENCE if group == "fence" else INDENTED
    return _KIND_OF_GROUP[group]


_WIDE = expression(
    "[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf"
    "\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]"
)


def width_of(line: str) -> int:
    """Width of a line in columns: East Asian wide characters count as two (each says as much as two Latin letters)."""
    return len(line) if line.isascii() else len(line) + len(_WIDE.findall(line))


FILLER = "\x00"


def widen(line: str) -> str:
    """The line with a filler after each wide character, so that an index is a column."""
    return line if line.isascii() else _WIDE.sub(rf"\g<0>{FILLER}", line)


SENTENCE_END = frozenset(".!?。！？…．｡।॥؟۔።။։")
"""Marks that end a sentence, in the scripts that have them."""
CLOSING = "\"'”’»›)]）】」』*_`~ \xa0\u202f"
"""Characters that may follow the end mark of a sentence; French puts a space before a closing quote."""


def ends_sentence(line: str) -> bool:
    """Whether a line ends a sentence, ignoring closing quotes, brackets and emphasis marks."""
    return line.rstrip().rstrip(CLOSING)[-1:] in SENTENCE_END if line else False
