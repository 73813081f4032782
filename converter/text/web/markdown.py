"""Blocks of HTML -> lines of Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lxml.etree import _Element as Element

from converter.text.web.code import code_in_table, code_language, code_text, fence_of
from converter.text.web.elements import BLOCK, INVISIBLE, holders_of_blocks, text_within
from converter.text.web.inline import BREAK, Line, escape_start, link_markdown
from converter.text.web.tables import caption_of, cells_of, html_table, is_layout, pipe_table, rows_of

PARAGRAPH_BREAK = re.compile(r"(?:\\\n){2,}")
HEADINGS = {f"h{level}": level for level in range(1, 7)}
LISTS = {"ul": ("- ", "* "), "menu": ("- ", "* "), "dir": ("- ", "* "), "ol": (". ", ") ")}
"""The marks of lists; the second is for a list directly below another list of the same kind."""
DEEPEST = 60
"""Maximum nesting of lists and quotes; deeper ones are written without marks, because indentation grows with depth."""
PERMALINK = re.compile(r"[#¶§🔗\s]*")
CLOSING_MARKS = re.compile(r"(?<![^ ])(#+)$")


def markdown_of(root: Element, base: str | None = None) -> tuple[str, bool]:
    """Return the Markdown of an element's content, and whether it is nested too deeply for all its marks.

    `base` is the address to which relative ones belong.
    """
    writer = Writer(root, base)
    writer.write_content(root)
    return "\n".join([*writer.lines, ""]) if writer.lines else "", writer.is_flattened


class Writer:
    """Writes blocks as lines. `_prefix` begins each line of an open list or quote, and `_start` only the next line;
    `_gap` is the blank line before it, if there is one."""

    def __init__(self, root: Element, base: str | None) -> None:
        self.lines: list[str] = []
        self.is_flattened = False
        self._base = base
        self._holders = holders_of_blocks(root)
        self._prefix = ""
        self._start: str | None = None
        self._gap: str | None = None
        self._depth = 0
        self._last_list = ("", "")
        self._link: Element | None = None

    def write(self, text: str) -> None:
        """Write a block."""
        if self._gap is not None:
            self.lines.append(self._gap.rstrip())
        for line in text.split("\n"):
            start = self._prefix if self._start is None else self._start
            self.lines.append(start + line if line else start.rstrip())
            self._start = None
        self._gap = self._prefix
        self._last_list = ("", "")

    def write_content(self, element: Element) -> None:
        """Write the content of an element: paragraphs of its text and inline elements, and its blocks."""
        run: list[str | Element] = [element.text] if element.text else []
        for child in element:
            if child.tag not in INVISIBLE:
                if child.tag not in BLOCK and child not in self._holders:
                    run.append(child)
                else:
                    self._write_run(run)
                    run = []
                    self._write_block(child)
            if child.tail:
                run.append(child.tail)
        self._write_run(run)

    def _write_block(self, element: Element) -> None:
        WRITERS.get(element.tag, Writer.write_content)(self, element)

    def _write_run(self, run: list[str | Element]) -> None:
        """Write inline content as one paragraph, or as several separated by double line breaks."""
        line = Line(self._base)
        line.add_nodes(run)
        for paragraph in PARAGRAPH_BREAK.split(line.text):
            text = paragraph.removeprefix(BREAK).removesuffix(BREAK).strip()
            if text:
                self.write("\n".join(map(escape_start, self._add_link(text).split("\n"))))

    def _add_link(self, text: str) -> str:
        """Return text as the link around these blocks: the first text in them becomes the link."""
        if self._link is not None and "](" not in text:
            text = link_markdown(self._link, text.replace(BREAK, " "), self._base)
            self._link = None
        return text

    @contextmanager
    def _inside(self, mark: str, indentation: str) -> Iterator[None]:
        """Write blocks with a mark before the first line and indentation before the others."""
        prefix, start = self._prefix, self._start
        self._depth += 1
        if self._depth > DEEPEST:
            self.is_flattened = True
            mark = indentation = ""
        if mark:
            self._start = (prefix if start is None else start) + mark
        self._prefix += indentation
        written_lines = len(self.lines)
        yield
        self._depth -= 1
        self._prefix = prefix
        if len(self.lines) == written_lines:
            self._start = start
        elif self._gap is not None:
            self._gap = prefix

    def _write_heading(self, element: Element) -> None:
        for anchor in element.findall(".//a"):
            if PERMALINK.fullmatch("".join(text_within(anchor))) and (anchor.get("href") or "#").startswith("#"):
                anchor.text, anchor[:] = None, []
        line = Line(self._base)
        line.add_content(element)
        if text := self._add_link(_on_one_line(line)):
            text = CLOSING_MARKS.sub(r"\\\1", text)
            self.write(f"{'#' * HEADINGS[element.tag]} {text}")

    def _write_rule(self, element: Element) -> None:
        self.write("___")

    def _write_code(self, element: Element) -> None:
        text = code_text(element)
        if text.strip():
            fence = fence_of(text)
            self.write(f"{fence}{code_language(element)}\n{text}\n{fence}")

    def _write_quote(self, element: Element) -> None:
        with self._inside("> ", "> "):
            self.write_content(element)

    def _write_link(self, element: Element) -> None:
        self._link = element
        self.write_content(element)
        self._link = None

    def _write_list(self, element: Element) -> None:
        marks = LISTS[element.tag]
        is_ordered = element.tag == "ol"
        mark = marks[1] if self._last_list == (self._prefix, marks[0]) else marks[0]
        number = _number(element.get("start"), 1)
        gap, written_lines = self._gap, len(self.lines)
        parent = element.getparent()
        if parent is not None and parent.tag == "li" and (not is_ordered or number == 1):
            self._gap = None
        item_mark = ""
        for child in element:
            if child.tag in INVISIBLE:
                continue
            if child.tag == "li":
                number = _number(child.get("value"), number)
                item_mark = f"{number}{mark}" if is_ordered else mark
                self._write_item(child, item_mark)
                number += 1
            else:  # a list beside the item that it belongs to
                with self._inside("", " " * len(item_mark)):
                    self._write_block(child)
        if len(self.lines) == written_lines:
            self._gap = gap
        else:
            self._gap = self._prefix
            self._last_list = (self._prefix, mark)

    def _write_item(self, element: Element, mark: str = "- ") -> None:
        with self._inside(mark, " " * len(mark)):
            self.write_content(element)
        if all(child.tag in LISTS or child.tag not in BLOCK for child in element):
            following = element.getnext()
            self._gap = None if following is not None and following.tag == "li" else self._gap

    def _write_definitions(self, element: Element) -> None:
        terms: list[str] = []
        is_defined = False
        for entry in (entry for child in element for entry in (child if child.tag == "div" else [child])):
            if entry.tag == "dt":
                terms = [] if is_defined else terms
                is_defined = False
                line = Line(self._base)
                line.add_content(entry)
                terms += filter(None, [_on_one_line(line)])
            elif entry.tag not in INVISIBLE:
                self._write_definition(entry, [] if is_defined else terms)
                is_defined = True
        if terms and not is_defined:
            self.write(escape_start(", ".join(terms)))

    def _write_definition(self, element: Element, terms: list[str]) -> None:
        if terms:
            self.write(escape_start(", ".join(terms)))
        gap, self._gap = self._gap, None
        with self._inside(":   ", "    "):
            self.write_content(element)
        self._gap = gap if self._gap is None else self._gap

    def _write_table(self, element: Element) -> None:
        if (code := code_in_table(element)) is not None:
            self._write_code(code)
            return
        rows = [cells for row in rows_of(element) if (cells := cells_of(row))]
        if is_layout(element, rows):
            for cell in (cell for cells in rows for cell in cells):
                self.write_content(cell)
            return
        caption = caption_of(element, self._base)
        if table := pipe_table(element, rows, self._base):
            if caption:
                self.write(f"Table: {caption}")
            self.write(table)
        elif table := html_table(rows, caption, self._base):
            self.write(table)


def _on_one_line(line: Line) -> str:
    return " ".join(line.text.replace(BREAK, " ").split(" ")).strip()


def _number(text: str | None, default: int) -> int:
    digits = (text or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else default


WRITERS: dict[str, Callable[[Writer, Element], None]] = {
    **dict.fromkeys(HEADINGS, Writer._write_heading),
    **dict.fromkeys(LISTS, Writer._write_list),
    "a": Writer._write_link,
    "blockquote": Writer._write_quote,
    "dl": Writer._write_definitions,
    "hr": Writer._write_rule,
    "li": Writer._write_item,
    "listing": Writer._write_code,
    "pre": Writer._write_code,
    "table": Writer._write_table,
    "xmp": Writer._write_code,
}
