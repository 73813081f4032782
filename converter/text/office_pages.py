"""The HTML that markitdown makes of office formats -> Markdown, by the writer of web pages.

markitdown's own writer leaves `|` in a cell and `<` in a text as they are, so that cells shift and words become tags.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any, BinaryIO

from lxml.etree import Element as new_element
from lxml.etree import _Element as Element
from markitdown import DocumentConverterResult, StreamInfo
from markitdown.converters import HtmlConverter

from converter.errors import DecodingError
from converter.text.reading import decode
from converter.text.web.charset import declared_encoding
from converter.text.web.page import read_part
from converter.text.web.tables import rows_of
from converter.text.word import DOLLAR

FORMULA = re.compile(r"\$\$(?P<block>[^$]+)\$\$|\$(?P<inline>(?![\s$])[^$\n]*[^\s$])\$(?!\d)")
"""A formula of a Word document, which markitdown writes as TeX between the words."""
DOLLAR_IN_FORMULA = r"\char36{}"


class PageReader(HtmlConverter):
    """What markitdown's converters call for the HTML of a document, or of a part of it."""

    def __init__(self, is_word: bool) -> None:
        super().__init__()
        self.is_flattened = False
        """Whether any HTML was nested too deeply to keep all of its marks."""
        self._is_word = is_word

    def convert(self, file_stream: BinaryIO, stream_info: StreamInfo, **options: Any) -> DocumentConverterResult:
        """Return the Markdown of HTML."""
        source = _decode(file_stream.read(), stream_info.charset)
        markdown, is_flattened = read_part(source, self._prepare)
        self.is_flattened = self.is_flattened or is_flattened
        return DocumentConverterResult(markdown=markdown.strip())

    def _prepare(self, root: Element) -> None:
        if self._is_word:
            _part_tables(root)
            _mark_formulas(root)
            _restore_dollars(root)
        _name_columns(root)


def _decode(raw: bytes, encoding: str | None) -> str:
    """Return HTML as text: a chapter of an EPUB is read in the encoding that it declares, as a page is."""
    try:
        return decode(raw, "", [], encoding or declared_encoding(raw))[0]
    except DecodingError:
        return raw.decode("utf-8", "replace")


def _name_columns(root: Element) -> None:
    """Make the first of several rows of a table its header if none is: Word files hardly ever mark it."""
    for table in [*root.iter("table")]:
        rows = [*islice(table.iter("tr"), 2)]
        if len(rows) > 1 and next(table.iter("th"), None) is None:
            for cell in rows[0].findall("td"):
                cell.tag = "th"


def _part_tables(root: Element) -> None:
    """Put a table in a cell below the table around it, if that holds data: a few of its rows hold tables."""
    nested: dict[Element, list[Element]] = {}
    for table in root.iter("table"):
        if (outer := next(table.iterancestors("table"), None)) is not None:
            nested.setdefault(outer, []).append(table)
    for outer, tables in nested.items():
        rows = [*rows_of(outer)]
        rows_with_tables = {next(table.iterancestors("tr")) for table in tables}
        if max(map(len, rows)) > 1 and len(rows_with_tables) * 2 < len(rows):
            for table in reversed(tables):
                gap = new_element("span")
                gap.tail, table.tail = table.tail, None
                table.getparent().replace(table, gap)
                outer.addnext(table)


def _restore_dollars(root: Element) -> None:
    """Write dollar signs again; in a formula as TeX writes them."""
    for element in root.iter("*"):
        element.text, element.tail = _with_dollars(element.text), _with_dollars(element.tail)
        for name, value in element.attrib.items():
            element.set(name, value.replace(DOLLAR, DOLLAR_IN_FORMULA if element.tag == "math" else "$"))


def _with_dollars(text: str | None) -> str | None:
    return text and text.replace(DOLLAR, "$")


def _mark_formulas(root: Element) -> None:
    """Put each formula into an element of its own, in which nothing is escaped."""
    for element in [*root.iter("*")]:
        if element.tail:
            element.tail, formulas = _split(element.tail)
            for formula in reversed(formulas):
                element.addnext(formula)
        if element.text:
            element.text, element[:0] = _split(element.text)


def _split(text: str) -> tuple[str, list[Element]]:
    """Return a text up to its first formula, and an element for each formula, with the text that follows it."""
    formulas = []
    end = len(text)
    matches = [*FORMULA.finditer(text)]
    for match in reversed(matches):
        is_block = match["block"] is not None
        formula = new_element("math", alttext=match["block"] or match["inline"], display="block" if is_block else "")
        formula.tail, end = text[match.end() : end], match.start()
        formulas.append(formula)
    return text[:end], formulas[::-1]
