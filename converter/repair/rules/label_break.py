"""Lines that begin with a label, which CommonMark joins to the line above."""

from __future__ import annotations

import re
from collections import Counter

from converter.expressions import expression
from converter.repair.draft import Draft
from converter.repair.lines import BULLET, INDENTED, ODD_ITEM, ORDERED, TEXT, ends_sentence, width_of
from converter.repair.rule import FULL, rule

FULL_WIDTH = 60
"""Columns of a wrapped line: if a shorter line has room for the next word, its author ended it."""
_LONGEST_TITLE = 40
_MANY = 3
"""Minimum number of labelled lines that, if no line lacks a label, were not wrapped, whatever their length; and minimum
number of labelled paragraphs that show that a labelled line below another one begins a paragraph."""
_WORD = r"[\w'’/()&.\-]{1,30}"
_LABEL = expression(
    r"(?P<bold>(?P<mark>\*\*|__)(?![\s*_])[^*_\n]{1,60}(?:[:：](?P=mark)|(?P=mark)[ \xa0]?[:：]|(?P=mark)[ \t]*+$))"
    rf"|(?=[^\W\d_]){_WORD}(?: {_WORD}){{0,3}}[ \xa0]?(?::(?=\s|$)|：)"
)
_PARAGRAPH = re.compile(f"[{BULLET}{ORDERED}{ODD_ITEM}]{INDENTED}*+(?P<text>{TEXT}++)|(?P<lines>{TEXT}{{2,}}+)")
"""Lines of text with the item that they may be part of, or several lines."""
_BREAK = re.compile(r"(?:  |\\|<br ?/?>)$", re.IGNORECASE)
"""A line break that the author wanted: the paragraph continues."""
_NUMBERED = re.compile(r"\d{1,3}(?:\.\d{1,3})+\.?[ \t]+[^\W\d_]")
_CLOCK = r"\d{1,2}[:.h]\d\d"
_DATED = expression(
    r"(?:\d{4}-\d\d(?:-\d\d)?|\d{1,2}[./]\d{1,2}[./](?:\d\d){1,2}|(?:1[89]|20)\d\d)(?:[:：]| [-–—])[ \t]+\S"
    rf"|{_CLOCK}(?: ?[-–] ?{_CLOCK})?(?:[:：]| [-–—])?[ \t]+[^\W\d_]"
)
"""An entry of a history or a programme: `2021-03-01: begun`, `10:30 Coffee`."""
_MENTION = re.compile(r"@[\w.-]{1,39}[ \t]*+$")
"""A name alone on its line."""
_NUMBERED_LINES = (_NUMBERED, _DATED, _MENTION)
"""Beginnings by which lines without a label are alike."""
_TITLED_ITEM = re.compile(r"\d{1,9}[.)][ \t]+[^\W\d_].*")


@rule("label_break", FULL, kinds=(TEXT * 2, BULLET + TEXT, ORDERED + TEXT, ODD_ITEM + TEXT, INDENTED + TEXT))
def label_break(draft: Draft) -> None:
    """A label (`Cons:`) under a list item is a separate block, and so is each of several lines in a row with a label
    (`Date: ...`), number (`2.1 ...`), date (`2021-03-01: ...`) or name (`@ann`); the sentences under numbered titles
    are not part of their item."""
    sentences = _sentences_under_titles(draft)
    openings: frozenset[str] | None = None
    for paragraph in _PARAGRAPH.finditer(draft.signature):
        start, end = paragraph.span(paragraph.lastgroup or "text")
        labels = {at for at in range(start, end) if _has_label(draft.lines[at])}
        if not labels and not sentences:
            continue
        openings = _openings(draft) if openings is None else openings
        in_item = start > paragraph.start()
        several = any({at, at + 1} <= labels and _are_alike(*draft.lines[at : at + 2]) for at in range(start, end - 1))
        are_turns = not in_item and _label_of(draft.lines[start]) in openings
        all_labels = end - start >= _MANY and labels.issuperset(range(start, end))
        for at in range(start + (not in_item), end):
            above, line = draft.lines[at - 1], draft.lines[at]
            if (at not in labels and at not in sentences) or _BREAK.search(above):
                continue
            is_ended = _is_ended(above, line)
            if are_turns and _label_of(line) in openings:
                is_label = True
            elif line[0].islower():
                is_label = all_labels or (in_item and is_ended and _leads_in(draft, at))
            else:
                is_label = several and (all_labels or is_ended) and not above.endswith((",", "，"))
                is_label = is_label or (in_item and (is_ended or _is_alone(line)))
            if at in sentences or is_label:
                draft.break_before("label_break", at, 0.95)
                in_item = False


def _has_label(line: str) -> bool:
    """Whether a line begins with a label (a few words up to a colon, or in bold), or with a number, a date or a
    name."""
    first = line[:1]
    may_be_label = ":" in line or "：" in line or first in "*_"  # a third of the time of the expressions
    return (may_be_label and _LABEL.match(line) is not None) or (
        (first == "@" or first.isdigit()) and _number_of(line) is not None
    )


def _label_of(line: str) -> str:
    """Return the label that a line begins with; empty if it has none."""
    match = _LABEL.match(line)
    return match[0].strip(" *_:：") if match else ""


def _openings(draft: Draft) -> frozenset[str]:
    """The labels with which several paragraphs begin, as with speakers' names."""
    begins = (match.start() for match in re.finditer(f"(?<!{TEXT}){TEXT}", draft.signature))
    labels = Counter(_label_of(draft.lines[at]) for at in begins)
    return frozenset(label for label, count in labels.items() if label and count >= _MANY)


def _number_of(line: str) -> int | None:
    """Return the index of the pattern for numbers, dates and names with which a line begins; None if there is none."""
    return next((place for place, pattern in enumerate(_NUMBERED_LINES) if pattern.match(line)), None)


def _are_alike(line: str, next_line: str) -> bool:
    """Whether two lines have numbers, dates or names, or different labels; a bold title is not a label."""
    number, next_number = _number_of(line), _number_of(next_line)
    if number is not None or next_number is not None:
        return number == next_number
    labels = [match[0].rstrip() for match in map(_LABEL.match, (line, next_line)) if match]
    return len(set(labels)) == 2 and all(re.search("[:：]", label) for label in labels)


def _leads_in(draft: Draft, at: int) -> bool:
    """Whether a label is alone on its line, above a list."""
    return draft.lines[at].rstrip().endswith(":") and draft.kinds[at + 1 : at + 2] in ([BULLET], [ORDERED], [ODD_ITEM])


def _is_alone(line: str) -> bool:
    """Whether a label is in bold, or alone on its line."""
    return line.startswith(("**", "__")) or line.rstrip().endswith((":", "："))


def _is_ended(above: str, line: str) -> bool:
    """Whether a line ends a sentence, or had room for the next line's first word."""
    return ends_sentence(above) or width_of(above) + 1 + width_of(line.split(None, 1)[0]) <= FULL_WIDTH


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
    """Whether an item is a title that ended with its line, with a sentence or a numbered part below."""
    begins = line[:1].isupper() or _NUMBERED.match(line) is not None
    is_short = len(item) <= _LONGEST_TITLE and _TITLED_ITEM.fullmatch(item) is not None
    return is_short and begins and ends_sentence(line) and not item.rstrip().endswith((".", ",", ";", ":", "?", "!"))
