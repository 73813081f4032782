"""XLSX -> Markdown: a heading for each sheet, and one table of its cells, read by openpyxl row by row.

A cell is what the file stores, as a reader of the sheet sees it: all digits of a number, no text for an empty cell.
"""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from typing import Any

import openpyxl
from openpyxl.styles.numbers import is_datetime
from openpyxl.utils.escape import unescape

from converter.text.cells import cell, counted, on_one_line, paragraph, table

DIGITS = 15
"""The significant digits of a number in Excel; the file stores two more, which only say how it rounds."""
LARGEST = 1e21
"""Whole numbers below are written without an exponent."""

WORKBOOK = "xl/workbook.xml"
STRICT = b"http://purl.oclc.org/ooxml/"
"""What the names of a workbook begin with that was saved as *Strict Open XML* (ISO 29500-1)."""
STRICT_NAME = re.compile(STRICT + rb"(spreadsheetml|officeDocument|drawingml)(/[^\"']*)")
NAMES = {
    b"spreadsheetml": b"http://schemas.openxmlformats.org/spreadsheetml/2006",
    b"officeDocument": b"http://schemas.openxmlformats.org/officeDocument/2006",
    b"drawingml": b"http://schemas.openxmlformats.org/drawingml/2006",
}
SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
NO_RESULT = re.compile(rb"<f\b[^<>]*+>(?:[^<]*+</f>)?+\s*+(?:<v\s*+/>|<v>\s*+</v>)?+\s*+</c>")
"""A formula without a result: programs other than spreadsheets store none."""

Row = dict[int, str]
"""The filled cells of a row, by the number of their column: one far cell takes no memory for those before it."""


def read_workbook(raw: bytes, left_out: list[str]) -> str:
    """Return the Markdown of a workbook; formulas are their last results. What it lacks is added to `left_out`."""
    raw = _prepare(raw, left_out)
    book = openpyxl.load_workbook(BytesIO(raw), read_only=True, data_only=True, keep_links=False)
    try:
        return "\n\n".join(part for sheet in book.worksheets for part in _sheet(sheet))
    finally:
        book.close()


def _prepare(raw: bytes, left_out: list[str]) -> bytes:
    """Return a workbook with the names of namespaces that openpyxl knows, and count the formulas without results."""
    with zipfile.ZipFile(BytesIO(raw)) as archive:
        is_strict = WORKBOOK in archive.namelist() and STRICT in archive.read(WORKBOOK)
        members = {name: archive.read(name) for name in archive.namelist() if is_strict or SHEET.fullmatch(name)}
    count = sum(len(NO_RESULT.findall(data)) for name, data in members.items() if SHEET.fullmatch(name))
    if count:
        formulas = counted(count, "formula", "formulas")
        left_out.append(f"the results of {formulas}, which its program did not store (open and save it in Excel)")
    if not is_strict:
        return raw
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as prepared:
        for name, data in members.items():
            prepared.writestr(name, STRICT_NAME.sub(lambda match: NAMES[match[1]] + match[2], data))
    return stream.getvalue()


def _sheet(sheet: Any) -> Iterator[str]:
    """Yield the blocks of a sheet: its name, the lines of a title above the table, and the table."""
    yield f"## {on_one_line(sheet.title)}"
    sheet.reset_dimensions()  # some programs write false ones
    rows = [row for cells in sheet.iter_rows() if (row := _row(cells))]
    start = next((at for at, row in enumerate(rows) if len(row) > 1), 0)
    if start > sum(len(row) > 1 for row in rows):  # a list, of which some items have a remark
        start = 0
    yield from (paragraph(text) for row in rows[:start] for text in row.values())
    if rows:
        yield table([{at: cell(text) for at, text in row.items()} for row in rows[start:]])


def _row(cells: Any) -> Row:
    return {at: text for at, cell in enumerate(cells) if cell.value is not None and (text := _text(cell).strip())}


def _text(cell: Any) -> str:
    """Return the value of a cell as text."""
    value = cell.value
    if isinstance(value, str):
        return str(unescape(value)).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        text = f"{value:.{DIGITS}g}"
        return f"{Decimal(text) + 0:f}" if value.is_integer() and abs(value) < LARGEST else text
    if isinstance(value, datetime.datetime):
        is_day = value.time() == datetime.time() and is_datetime(cell.number_format) == "date"
        return value.date().isoformat() if is_day else value.isoformat(" ")
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(abs(round(value.total_seconds())), 60)
        sign = "-" * (value.total_seconds() < 0)
        return f"{sign}{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return str(value)
