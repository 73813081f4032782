"""What a PDF holds beside the words that its reader finds: text that runs sideways, form fields, pages without text.

markitdown reads the words of pages. pdfium, which it brings, turns pages so that their text runs from left to right,
and says what else there is.
"""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import groupby
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from converter.text.cells import cell, counted, table

RIGHT_ANGLE = math.pi / 2
SAMPLE = 400
"""Characters of a page whose direction is examined."""
NOTES = frozenset({
    pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_HIGHLIGHT, pdfium.FPDF_ANNOT_UNDERLINE,
    pdfium.FPDF_ANNOT_STRIKEOUT, pdfium.FPDF_ANNOT_STAMP, pdfium.FPDF_ANNOT_CARET,
})  # fmt: skip
"""Annotations whose contents somebody wrote."""
NO_VALUE = frozenset({pdfium.FPDF_FORMFIELD_UNKNOWN, pdfium.FPDF_FORMFIELD_PUSHBUTTON, pdfium.FPDF_FORMFIELD_SIGNATURE})


@dataclass(slots=True)
class Pages:
    """A PDF that is ready to be read, and what its reader does not find."""

    raw: bytes
    fields: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The label and the value of each filled form field, by its name: several fields may have one label."""
    notes: int = 0
    """Annotations with words."""
    attachments: int = 0
    has_form_program: bool = False
    """Whether a form is drawn by XFA, which only Adobe's programs read."""
    without_text: list[int] = field(default_factory=list)
    """Numbers of pages that hold only pictures."""

    def left_out(self) -> Iterator[str]:
        """Yield what is not in the text."""
        if self.without_text:
            yield f"{_page_numbers(self.without_text)} (only pictures; recognize their text by OCR first)"
        if self.notes:
            yield counted(self.notes, "note on a page", "notes on pages")
        if self.attachments:
            yield counted(self.attachments, "attached file", "attached files")
        if self.has_form_program:
            yield "a form that only its program (XFA) draws"

    def field_table(self) -> str:
        """Return the form fields as a table with its caption; empty without any."""
        if not self.fields:
            return ""
        rows = [{0: "Field", 1: "Value"}, *({0: cell(label), 1: cell(value)} for label, value in self.fields.values())]
        return f"\n\nForm fields:\n\n{table(rows)}\n"


def prepare(raw: bytes) -> Pages:
    """Return a PDF with its pages turned so that their text runs from left to right; as it is if pdfium cannot read it:
    the reader then says why."""
    pages = Pages(raw)
    try:
        document = pypdfium2.PdfDocument(BytesIO(raw))
    except pypdfium2.PdfiumError:
        return pages
    document.init_forms()
    form = None if document.formenv is None else document.formenv.raw
    pages.attachments = document.count_attachments()
    pages.has_form_program = document.get_formtype() == pdfium.FORMTYPE_XFA_FULL
    is_turned = False
    for number in range(len(document)):
        try:
            page = document[number]
        except pypdfium2.PdfiumError:
            continue
        is_turned = _examine(page, number + 1, pages, form) or is_turned
        page.close()
    if is_turned:
        turned = BytesIO()
        document.save(turned)
        pages.raw = turned.getvalue()
    document.close()
    return pages


def _examine(page: Any, number: int, pages: Pages, form: Any) -> bool:
    """Note what is on a page, and turn it if most of its text runs another way; return whether it was turned."""
    text = page.get_textpage()
    count = text.count_chars()
    rotation = _rotation(text, count) if count else page.get_rotation()
    text.close()
    if not count and next(page.get_objects(max_depth=1), None) is not None:
        pages.without_text.append(number)
    for place in range(pdfium.FPDFPage_GetAnnotCount(page.raw)):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, place)
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        if kind == pdfium.FPDF_ANNOT_WIDGET and form is not None:
            _note_field(annotation, form, pages)
        elif kind in NOTES and _string(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents"):
            pages.notes += 1
        pdfium.FPDFPage_CloseAnnot(annotation)
    if rotation == page.get_rotation():
        return False
    page.set_rotation(rotation)
    return True


def _rotation(text: Any, count: int) -> int:
    """Return the rotation of the page, in degrees, with which most of its characters stand upright."""
    places = range(0, count, max(1, count // SAMPLE))
    turns: Counter[int] = Counter(
        round(pdfium.FPDFText_GetCharAngle(text.raw, place) / RIGHT_ANGLE) % 4 for place in places
    )
    turn: int = max(turns, key=turns.__getitem__)
    return -90 * turn % 360


def _note_field(annotation: Any, form: Any, pages: Pages) -> None:
    if pdfium.FPDFAnnot_GetFormFieldType(form, annotation) in NO_VALUE:
        return
    value = _string(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation)
    if value:
        name = _string(pdfium.FPDFAnnot_GetFormFieldName, form, annotation)
        label = _string(pdfium.FPDFAnnot_GetFormFieldAlternateName, form, annotation)
        pages.fields.setdefault(name, (label or name, value))


def _string(function: Callable[..., int], *arguments: Any) -> str:
    """Return a text that pdfium writes into a buffer."""
    size = function(*arguments, None, 0)
    buffer = ctypes.create_string_buffer(size)
    function(*arguments, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return buffer.raw.decode("utf-16-le", "replace").rstrip("\0").strip()


def _page_numbers(numbers: Sequence[int]) -> str:
    """Return page numbers as words: `page 2`, `pages 1-3, 7`."""
    runs = [[number for _, number in run] for _, run in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])]
    words = [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
    return f"page{'s' * (len(numbers) > 1)} {', '.join(words)}"
