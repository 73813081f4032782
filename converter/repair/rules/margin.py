"""Text that is indented as a whole, as text browsers, `man` and printers indent it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from converter.repair.draft import Draft
from converter.repair.lines import FENCE, HEADING, HTML, ITEMS, ROW, kind_of, width_of
from converter.repair.rule import FULL, rule
from converter.repair.source_code import is_source_code

FEWEST_PARAGRAPHS = 3
"""Fewer indented paragraphs may be code, quotations or the content of list items."""

INDENTED_SHARE = 0.6
"""The share of a text's paragraphs that must be indented."""

CODE_INDENT = 4
"""Columns beyond the margin from which an indented block is code (CommonMark 4.4)."""

LEAST_WORDS, LEAST_WIDTH = 8, 50
"""Minimum words and columns of a paragraph that shows where the margin is."""

FEWEST_ALIGNED = 2
"""Lines with a gap inside from which on lines may be the rows of a table."""

_WORD = re.compile(r"[^\W\d_]{2,}")
_CODE = re.compile(r"[{}()\[\]=;<>$|\\*/+&%#]")
_GAP = re.compile(r"(?<=\S) {2,}")
_MARK = re.compile(r"(?:[-+*•◦▪○●]|\d{1,3}[.)])[ \t]+")


@dataclass(slots=True)
class Passage:
    """Lines without a blank line between them: `start` up to (excluding) `end`."""

    start: int
    end: int
    indent: int
    """Columns of indentation that all lines share."""
    is_item: bool
    in_list: bool
    """Whether it is the content of an item above."""
    is_fixed: bool
    """Whether it holds unmistakable marks of Markdown: a fence, a heading, HTML, a row of a table."""


@rule("margin", FULL)
def margin(draft: Draft) -> None:
    """Where most paragraphs of a text are indented, its margin is not code: it is removed, and lines that begin to the
    left of all paragraphs are headings."""
    if draft.state.headings == "marked" or not any(line.startswith(("  ", "\t")) for line in draft.lines):
        return
    if sum(line[:1].isspace() for line in draft.lines) < FEWEST_PARAGRAPHS or is_source_code(draft.lines):
        return
    passages = list(_passages(draft.lines))
    paragraphs = [passage for passage in passages if not (passage.is_item or passage.in_list)]
    if sum(_is_indented(draft.lines, passage) for passage in paragraphs) < FEWEST_PARAGRAPHS:
        return
    prose = [passage for passage in paragraphs if _is_prose(draft.lines, passage)]
    indented = [passage for passage in prose if _is_indented(draft.lines, passage)]
    if len(indented) < FEWEST_PARAGRAPHS or len(indented) < INDENTED_SHARE * len(prose):
        return
    columns = Counter(passage.indent for passage in indented).most_common(1)[0][0]
    has_titles = columns >= 2 and all(passage.indent >= columns for passage in prose)
    for passage in passages:
        if has_titles and _is_title(draft.lines, passage, columns):
            level = 2 if passage.indent == 0 else 3
            title = draft.lines[passage.start].strip()
            draft.replace("margin", passage.start, f"{'#' * level} {title}", 0.9, HEADING)
        elif not passage.is_fixed:
            _unindent(draft, passage, columns)


def _passages(lines: Sequence[str]) -> Iterator[Passage]:
    content = None  # the column from which lines belong to the item above
    at, end = 0, len(lines)
    while at < end:
        if not lines[at].strip():
            at += 1
            continue
        start = at
        is_fixed = False
        while at < end and lines[at].strip():
            kind = kind_of(lines[at].lstrip())
            is_fixed = is_fixed or kind in (FENCE, HEADING, HTML, ROW)
            at += 1
            if kind == FENCE:
                fence = lines[at - 1].strip()[:3]
                at = next((below + 1 for below in range(at, end) if lines[below].strip().startswith(fence)), end)
        indents = [_indent(lines[index]) for index in range(start, at) if lines[index].strip()]
        stripped = lines[start].lstrip()
        is_item = kind_of(stripped) in ITEMS
        in_list = not is_item and content is not None and indents[0] >= content
        if is_item:
            mark = _MARK.match(stripped)
            content = indents[0] + (mark.end() if mark else 2)
        elif not in_list:
            content = None
        yield Passage(start, at, min(indents), is_item, in_list, is_fixed)


def _indent(line: str) -> int:
    expanded = line.expandtabs(4) if "\t" in line else line
    return len(expanded) - len(expanded.lstrip())


def _is_prose(lines: Sequence[str], passage: Passage) -> bool:
    """Whether a passage is a paragraph, long enough to show where the margin is, and not code."""
    text = " ".join([line.strip() for line in lines[passage.start : passage.end]])
    if width_of(text) < LEAST_WIDTH or (text.isascii() and len(_WORD.findall(text)) < LEAST_WORDS):
        return False
    return len(_CODE.findall(text)) < 0.06 * len(text)


def _is_indented(lines: Sequence[str], passage: Passage) -> bool:
    """Whether all lines of a paragraph are indented, or its first line is as code would be."""
    return passage.indent >= 2 or _indent(lines[passage.start]) >= CODE_INDENT


def _is_title(lines: Sequence[str], passage: Passage, columns: int) -> bool:
    line = lines[passage.start]
    return (
        passage.end == passage.start + 1
        and passage.indent < columns
        and not (passage.is_item or passage.is_fixed or passage.in_list)
        and any(map(str.isalpha, line))
        and width_of(line) <= 120
    )


def _unindent(draft: Draft, passage: Passage, columns: int) -> None:
    """Remove the margin; a paragraph with more indentation loses all of it, code only the margin."""
    start, end = passage.start, passage.end
    lines = draft.lines[start:end]
    if passage.is_item or passage.in_list:
        remove = min(passage.indent, columns)
    elif passage.indent <= columns and any(kind_of(line.lstrip()) in ITEMS for line in lines):
        remove = passage.indent  # a list below its lead-in, whatever signs it has
    elif _is_prose(draft.lines, passage):
        has_items = any(kind_of(line.lstrip()) in ITEMS for line in lines)
        remove = passage.indent if has_items or _is_aligned(lines) else max(map(_indent, lines))
    elif len(_CODE.findall("".join(lines))) >= 0.06 * len("".join(lines)):
        remove = min(passage.indent, max(columns - CODE_INDENT, 0))
    else:
        remove = passage.indent
    if not remove:
        return
    new_lines = [_cut(line, remove) for line in lines]
    if new_lines != lines:
        draft.rewrite("margin", start, end, {start + at: [line] for at, line in enumerate(new_lines)}, 0.95)


def _is_aligned(lines: Sequence[str]) -> bool:
    """Whether lines may be the rows of a table, in which the indentation of a line says to which column it belongs:
    some have a gap inside, or others begin where a column of one does."""
    gapped = [line for line in lines if "  " in line.strip()]
    if len(gapped) >= FEWEST_ALIGNED:
        return True
    edges = {match.end() for line in gapped for match in _GAP.finditer(line)}
    return any(_indent(line) in edges for line in lines)


def _cut(line: str, columns: int) -> str:
    expanded = line.expandtabs(4)
    return expanded[min(columns, len(expanded) - len(expanded.lstrip())) :]
