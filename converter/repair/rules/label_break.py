"""Lines that begin with a label of their own, which CommonMark joins to the line above."""

from __future__ import annotations

import re
from collections.abc import Iterator

from converter.repair.draft import Draft
from converter.repair.lines import INDENTED, ITEMS, ORDERED, TEXT, ends_sentence, width_of
from converter.repair.rule import FULL, rule
from converter.repair.state import LONG

ROOM = 60
"""Columns that a wrapped line fills: where a shorter line has room for the next word, its author ended it."""
_LONGEST_TITLE = 40
_MOST_WORDS = 4
_LABEL = re.compile(
    r"(?P<bold>(?P<mark>\*\*|__)(?![\s*_])[^*_\n]{1,60}(?:[:：](?P=mark)|(?P=mark)[ \xa0]?[:：]|(?P=mark)[ \t]*+$))"
    r"|(?P<name>[^\W\d_][\w '’/()&.\-]{0,39})(?P<end>:(?=\s|$)|：)"
)
_NUMBERED = re.compile(r"\d{1,3}(?:\.\d{1,3})+\.?[ \t]+[^\W\d_]")
_TITLED_ITEM = re.compile(r"\d{1,9}[.)][ \t]+[^\W\d_].*")


@rule("label_break", FULL)
def label_break(draft: Draft) -> None:
    """A label (`Cons:`) under a list item is a block of its own, and so is each of several labelled lines (`Date: ...`)
    or numbered ones (`2.1 ...`) in a row; the sentences under numbered titles are no part of their item."""
    labels = {at for at, kind in enumerate(draft.kinds) if kind == TEXT and _has_label(draft.lines[at])}
    sentences = _sentences_under_titles(draft)
    for start, end in _paragraphs(draft):
        in_item = start > 0 and draft.kinds[start - 1] in ITEMS | {INDENTED}
        several = any(at in labels and at + 1 in labels for at in range(start, end - 1))
        for at in range(start, end):
            if at == start and (not in_item or draft.lines[at - 1].startswith(("    ", "\t"))):
                continue
            above, line = draft.lines[at - 1], draft.lines[at]
            if above.endswith(("  ", "\\")) or line[:1].isspace():
                continue
            if at in sentences or (at in labels and (several or (in_item and _is_apart(above, line)))):
                draft.break_before("label_break", at, 0.95)
                in_item = False


def _paragraphs(draft: Draft) -> Iterator[tuple[int, int]]:
    """Yield each run of lines of text, from and up to."""
    return ((match.start(), match.end()) for match in re.finditer(f"{TEXT}+", draft.signature))


def _has_label(line: str) -> bool:
    """Whether a line begins with a label: a few words up to a colon, or in bold; or with a number such as `2.1`."""
    match = _LABEL.match(line)
    if match is None or match["bold"]:
        return match is not None or _NUMBERED.match(line) is not None
    return not line[0].islower() and len(match["name"].split()) <= _MOST_WORDS and width_of(line) <= LONG


def _is_apart(above: str, line: str) -> bool:
    """Whether a label is alone on its line, in bold, or below a line that had room for it."""
    is_alone = line.startswith(("**", "__")) or line.rstrip().endswith((":", "："))
    return is_alone or ends_sentence(above) or _has_room(above, line)


def _has_room(above: str, line: str) -> bool:
    return width_of(above) + 1 + width_of(line.split(None, 1)[0]) <= ROOM


def _sentences_under_titles(draft: Draft) -> frozenset[int]:
    """The lines below the numbered titles of parts: `1. Opening`, then `The chair opened the meeting.`"""
    lines = draft.lines
    sentences = {
        match.start() + 1
        for match in re.finditer(f"{ORDERED}{TEXT}", draft.signature)
        if _is_title(lines[match.start()], lines[match.start() + 1])
    }
    return frozenset(sentences) if len(sentences) > 1 else frozenset()


def _is_title(item: str, line: str) -> bool:
    """Whether an item is a title that ended with its line, and a sentence or a numbered part begins below."""
    begins = line[:1].isupper() or _NUMBERED.match(line) is not None
    is_short = len(item) <= _LONGEST_TITLE and _TITLED_ITEM.fullmatch(item) is not None
    return is_short and begins and ends_sentence(line) and not item.rstrip().endswith((".", ",", ";", ":", "?", "!"))
