"""Common blocks, read straight from their lines if these have only one reading.

Paragraphs, ATX headings, fences, tables and lists are nearly all that documents consist of. `common_block` reads one at
the top level and returns it, or returns None at the first line that it is not certain about (a quote in a list, a
setext underline, a tab in the indentation): then markdown-it reads that block instead. A reader gives up no later than
the end of markdown-it's block, so no line is read more than twice.

A differential test compares both readings on the specifications, the corpora and generated documents. Measured on
`../shared/corpora`: block structure is read in 0.24 of the time that markdown-it's rules take.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from converter.expressions import expression
from converter.parse.blocks import Item
from converter.parse.dialects.marks import mark_of
from converter.parse.markdown_it.private import MAX_AUTOCOMPLETED_CELLS, MD_TRIM_CHARS, escapedSplit, mdTrim

# The start of a line that can only start a paragraph, and that continues any: a character that starts no block, or one
# that does, followed by something that rules that block out (such as no space after a list marker).
OPEN_BRACKET = r"\[(?!\^)"
PLAIN_START = (
    r"(?:[^\s`~>*+\-_0-9\[<#$|:=!?{]|!{1,2}(?!!)|\?{1,2}(?!\?)|\{(?![%{])"
    r"|\*{1,2}[^\s*]|_{1,2}[^\s_]|`{1,2}[^\s`]|~{1,2}[^\s~]|\+[^\s]|-+[^\s|:-]|:[^\s|:-]|=+[^\s=]|\#{1,6}[^\s#]|\$[^$]"
    r"|[0-9]+(?:[.)][^\s]|[^0-9.)]|$)|" + OPEN_BRACKET + r"[^\[\]\\]*\](?!:))"
)
PLAIN_LINE = expression(rf"([ \t]*){PLAIN_START}")
CONTINUATION = expression(rf"([ \t]*)(?:{PLAIN_START}|{OPEN_BRACKET})")
ITEM = re.compile(rf"( *)(?:([-+*])|([0-9]{{1,9}})([.)]))( {{1,4}})(?={PLAIN_START})")
MARKER = re.compile(r"(?:[-+*]|[0-9]+[.)])(?:\s|$)")
# A line at the margin that ends a paragraph and its list: heading, fence, quote.
INTERRUPTION = re.compile(r"\#{1,6}[ \t]|`{3,}[^`]*$|~{3,}|>")
INTERRUPTING_ITEM = re.compile(r"(?:[-+*]|1[.)]) {1,4}[^\s]")
HEADING = re.compile(r"(\#{1,6})(?:[ \t]|$)")
FENCE = re.compile(r"(`{3,})([^`|]*)$|(~{3,}+)([^|]*)$")
DELIMITER_ROW = re.compile(r" {0,3}\|[ \t]*+:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+\|?[ \t]*+$")
DEFINITION = re.compile(r"\[(?!\^)(\s*+[^\[\]\\|\s][^\[\]\\|]*+)\]:[ \t]*+([^\s\x00-\x1f\x7f<>()\\&|]++)[ \t]*+$")
TITLE_STARTS = frozenset("\"'(")
"""The first characters of a title, which may stand on the line below a definition; an empty line has none."""
BLANKS = " \t"
DEEPEST = 50
"""Items nested deeper go to markdown-it, which limits nesting."""


@dataclass(slots=True)
class Paragraph:
    """A paragraph: its lines are `start` up to (excluding) `end`, as indexes into the document's lines."""

    start: int
    end: int
    content: str
    type: str = "common_paragraph"


@dataclass(slots=True)
class Heading:
    """An ATX heading."""

    start: int
    end: int
    content: str
    level: int
    type: str = "common_heading"


@dataclass(slots=True)
class Fence:
    """A fenced code block at the margin."""

    start: int
    end: int
    content: str
    info: str
    type: str = "common_fence"


@dataclass(slots=True)
class Rows:
    """A table with its header cells. Each line from the third on is a row."""

    start: int
    end: int
    header: list[str]
    type: str = "common_table"


@dataclass(slots=True)
class Items:
    """A list with all of its nested lists.

    The lines of each item are indexes, like those of the list. `paragraphs` holds the item, first line and content of
    each paragraph, in reading order.
    """

    start: int
    end: int
    items: list[Item] = field(default_factory=list)
    paragraphs: list[tuple[Item, int, str]] = field(default_factory=list)
    type: str = "common_list"


@dataclass(slots=True)
class Definition:
    """A link reference definition on one line, without a title."""

    start: int
    end: int
    label: str
    url: str
    type: str = "common_definition"


CommonBlock = Paragraph | Heading | Fence | Rows | Items | Definition


def common_block(lines: Sequence[str], start: int) -> CommonBlock | None:
    """Return the top-level block that starts in the non-blank line `start`; None if that is not certain."""
    return READERS.get(lines[start][0], _paragraph)(lines, start)


def _heading(lines: Sequence[str], start: int) -> CommonBlock | None:
    line = lines[start]
    if "|" in line:  # with a delimiter row below, this is a table header
        return None
    mark = HEADING.match(line)
    if mark is None:
        return _paragraph(lines, start)
    level = len(mark[1])
    content = line[level:].rstrip(BLANKS)
    title = content.rstrip("#")
    if title and title[-1] in BLANKS:
        content = title
    return Heading(start, start + 1, mdTrim(content), level)


def _fence(lines: Sequence[str], start: int) -> CommonBlock | None:
    mark = FENCE.match(lines[start])
    if mark is None:
        return _paragraph(lines, start)
    if (directive := mark_of(lines[start], False)) and directive.opens:
        return None
    fence = mark[1] or mark[3]
    closing = re.compile(rf" {{0,3}}{fence}{fence[0]}*[ \t]*$")
    closing_at = next(
        (at for at in range(start + 1, len(lines)) if fence in lines[at] and closing.match(lines[at])), None
    )
    end = len(lines) if closing_at is None else closing_at + 1
    return Fence(start, end, "\n".join(lines[start + 1 : closing_at]), mark[2] or mark[4] or "")


def _table(lines: Sequence[str], start: int) -> CommonBlock | None:
    if start + 1 >= len(lines) or not DELIMITER_ROW.match(lines[start + 1]):
        return None
    header = table_cells(lines[start])
    columns = len([part for part in lines[start + 1].split("|") if part.strip(BLANKS)])
    if not header or len(header) != columns:
        return None
    shortfall = 0
    end = len(lines)
    for at in range(start + 2, end):
        line = lines[at]
        if line[:1] != "|":
            if not line.strip(BLANKS) or INTERRUPTION.match(line):
                end = at
                break
            return None
        shortfall += columns - (len(table_cells(line)) if "\\" in line else line.count("|") - (mdTrim(line)[-1] == "|"))
        if shortfall > MAX_AUTOCOMPLETED_CELLS:
            return None
    return Rows(start, end, header)


def table_cells(line: str) -> list[str]:
    """Return the cells of a table's row that begins with `|`, split as by markdown-it."""
    line = mdTrim(line)
    cells = (escapedSplit(line) if "\\" in line else line.split("|"))[1:]
    if cells[-1] == "":
        del cells[-1]
    return [cell.strip(MD_TRIM_CHARS) for cell in cells]


def _paragraph(lines: Sequence[str], start: int) -> CommonBlock | None:
    plain = PLAIN_LINE.match(lines[start])
    if plain is None or plain[1]:
        return None
    end = start + 1
    while end < len(lines):
        line = lines[end]
        if not CONTINUATION.match(line):
            if not line.strip(BLANKS):
                if end == start + 1 and _defines(lines, end + 1):
                    return None
                break
            if not (INTERRUPTION.match(line) or INTERRUPTING_ITEM.match(line)):
                return None
            break
        end += 1
    return Paragraph(start, end, mdTrim("\n".join(lines[start:end])))


def _definition(lines: Sequence[str], start: int) -> CommonBlock | None:
    definition = DEFINITION.match(lines[start])
    if definition is None:
        return _paragraph(lines, start)
    if start + 1 < len(lines) and lines[start + 1].lstrip()[:1] in TITLE_STARTS:
        return None
    return Definition(start, start + 1, definition[1], definition[2])


def _defines(lines: Sequence[str], at: int) -> bool:
    """Whether this line, after a blank line, can make the line above that a term (Pandoc's definition lists)."""
    return at < len(lines) and lines[at].lstrip(BLANKS)[:1] in (":", "~")


@dataclass(slots=True)
class _OpenList:
    """A list that can still grow: whether it is ordered, the character that ends each marker, and the next number."""

    ordered: bool
    mark: str
    number: int


@dataclass(slots=True)
class _OpenItem:
    """An open item whose content starts at column `indent`."""

    indent: int
    index: int
    list: _OpenList


_Outcome = Literal["read", "end", "uncertain"]


class _ListReader:
    """A list as it is read, line by line: its open items, outermost first, and the lines of the open paragraph."""

    def __init__(self, lines: Sequence[str], start: int) -> None:
        self.block = Items(start, len(lines))
        self._lines = lines
        self._items: list[_OpenItem] = []
        self._text: list[str] = []
        self._text_start = start

    def read(self, at: int) -> _Outcome:
        """Add a line, unless the list ends before it or it needs the reference."""
        line = self._lines[at]
        if marker := ITEM.match(line):
            return self._read_item(marker, line, at)
        if plain := (CONTINUATION if self._text else PLAIN_LINE).match(line):
            return self._read_plain(plain[1], line, at)
        if not line.strip(BLANKS):
            self.end_paragraph()
            return "read"
        if line[0] in BLANKS or (not INTERRUPTION.match(line) if self._text else MARKER.match(line)):
            return "uncertain"
        self.end_paragraph()
        self._close_items(0, at)
        return "end"

    def end_paragraph(self) -> None:
        """Add the open paragraph to the innermost item."""
        if self._text:
            text = mdTrim("\n".join(self._text))
            self.block.paragraphs.append((self.block.items[self._items[-1].index], self._text_start, text))
            self._text.clear()

    def _read_item(self, marker: re.Match[str], line: str, at: int) -> _Outcome:
        """Open an item, or add a line to a paragraph that its marker cannot end."""
        indent = marker.end(1)
        inner_indent = self._items[-1].indent if self._items else 0
        ordered = marker[2] is None
        if indent - inner_indent >= 4 or (self._text and ordered and indent >= inner_indent and int(marker[3]) != 1):
            if not self._text:
                return "uncertain"
            self._text.append(line[inner_indent:])
            return "read"
        self.end_paragraph()
        open_list = self._close_items(indent, at)
        inner_indent = self._items[-1].indent if self._items else 0
        if indent - inner_indent >= 4 or len(self._items) > DEEPEST:
            return "uncertain"
        mark = marker[4] if ordered else marker[2]
        if open_list is None or open_list.ordered != ordered or open_list.mark != mark:
            if at > self.block.start and not self._items:
                return "end"
            open_list = _OpenList(ordered, mark, int(marker[3]) if ordered else 0)
        parent = self._items[-1].index if self._items else None
        number = open_list.number if ordered else None
        open_list.number += 1
        item_marker = marker[3] + marker[4] if ordered else mark
        items = self.block.items
        self._items.append(_OpenItem(marker.end(), len(items), open_list))
        items.append(Item(parent, len(self._items) - 1, ordered, number, at, len(self._lines), item_marker))
        self._text.append(line[marker.end() :])
        self._text_start = at
        return "read"

    def _read_plain(self, indentation: str, line: str, at: int) -> _Outcome:
        """Add a line without a marker to the open paragraph, or begin one of the item that it is indented to."""
        if "\t" in indentation:
            return "uncertain"
        indent = len(indentation)
        if not self._text:
            self._close_items(indent, at)
            if not self._items:
                return "end"
            if indent - self._items[-1].indent >= 4:
                return "uncertain"
            self._text_start = at
        self._text.append(line[min(indent, self._items[-1].indent) :])
        return "read"

    def _close_items(self, indent: int, at: int) -> _OpenList | None:
        """Close the items that a line at this indentation does not belong to; return the outermost one's list."""
        outermost_list = None
        while self._items and indent < self._items[-1].indent:
            item = self._items.pop()
            self.block.items[item.index].line_end = at
            outermost_list = item.list
        return outermost_list


def _list(lines: Sequence[str], start: int) -> CommonBlock | None:
    marker = ITEM.match(lines[start])
    if marker is None or marker.end(1) > 3:
        return _paragraph(lines, start)
    reader = _ListReader(lines, start)
    for at in range(start, len(lines)):
        outcome = reader.read(at)
        if outcome == "uncertain":
            return None
        if outcome == "end":
            reader.block.end = at
            return reader.block
    reader.end_paragraph()
    return reader.block


READERS: dict[str, Callable[[Sequence[str], int], CommonBlock | None]] = {
    "#": _heading,
    "`": _fence,
    "~": _fence,
    "|": _table,
    "[": _definition,
    **dict.fromkeys(" *+-0123456789", _list),
}
"""The reader of a block by its first character; any other character starts a paragraph."""
