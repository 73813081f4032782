"""PDFs of people and programs that do not do what a reader expects: what they hold is read, or said to be left out."""

from __future__ import annotations

import re

import pytest

import converter
from converter.document.document import Document
from converter.errors import SourceError
from tests.support.pdf import FONT, lines, pdf_of_objects, pdf_of_pages, stream

pytest.importorskip("markitdown", reason="the extra office is not installed")

from converter.text.direction import in_reading_order
from converter.text.pdf import prepare

SENTENCES = ["The ferry leaves the pier at seven.", "It comes back before the market opens."]
PICTURE = stream(
    b"\x80", b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray"
)
SHOW_PICTURE = b"q 500 0 0 500 50 50 cm /I Do Q"
MATRICES = {0: "1 0 0 1 72 720", 90: "0 1 -1 0 300 72", 180: "-1 0 0 -1 540 72", 270: "0 -1 1 0 300 720"}
"""Where text begins that is turned by an angle against the clock."""


def words_of(document: Document) -> str:
    return " ".join(block.text for block in document.blocks)


def left_out(document: Document) -> list[str]:
    return [problem.message for problem in document.problems if problem.code == "left_out"]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("angle", MATRICES)
def test_a_page_is_read_however_its_text_and_the_page_are_turned(angle: int, rotation: int) -> None:
    raw = pdf_of_pages([lines(SENTENCES, MATRICES[angle])], page=b"/Rotate %d" % rotation)
    document = converter.read(raw)
    assert words_of(document) == " ".join(SENTENCES)
    assert not document.problems


def test_a_note_at_the_margin_does_not_turn_its_page() -> None:
    content = lines(SENTENCES) + b" " + lines(["sideways"], MATRICES[90])
    raw = pdf_of_pages([content])
    assert prepare(raw).raw is raw


def test_pages_of_pictures_are_named() -> None:
    contents = [SHOW_PICTURE, lines(SENTENCES), SHOW_PICTURE, SHOW_PICTURE, b"", SHOW_PICTURE]
    document = converter.read(pdf_of_pages(contents, resources=FONT + b" /XObject << /I 3 0 R >>", objects=[PICTURE]))
    assert left_out(document) == ["its text lacks pages 1, 3-4, 6 (only pictures; recognize their text by OCR first)"]
    assert words_of(document) == " ".join(SENTENCES)


def form(*widgets: bytes) -> bytes:
    numbers = b" ".join(b"%d 0 R" % (3 + number) for number in range(len(widgets)))
    objects = [b"<< /Type /Annot /Subtype /Widget /Rect [9 9 99 29] %s >>" % widget for widget in widgets]
    return pdf_of_pages(
        [lines(SENTENCES)], page=b"/Annots [%s]" % numbers, catalog=b"/AcroForm << /Fields [%s] >>" % numbers,
        objects=objects,
    )  # fmt: skip


def test_the_filled_fields_of_a_form_are_a_table() -> None:
    document = converter.read(
        form(
            b"/FT /Tx /T (name) /TU (Name | of the ship) /V (Ada *L*)",
            b"/FT /Tx /T (empty) /V ()",
            b"/FT /Tx /T (empty too)",
            b"/FT /Btn /T (agreed) /V /Yes /AS /Yes /AP << /N << /Yes << >> /Off << >> >> >>",
            b"/FT /Btn /Ff 65536 /T (send) /V (Send)",
            b"/FT /Ch /T (town) /V (Ulm) /Opt [(Bonn) (Ulm)]",
        )
    )
    (table,) = document.tables
    assert (table.headers, table.caption) == (["Field", "Value"], "Form fields:")
    assert table.rows == [["Name | of the ship", "Ada *L*"], ["agreed", "Yes"], ["town", "Ulm"]]
    assert not document.problems


def test_fields_with_one_label_are_all_kept() -> None:
    document = converter.read(form(b"/FT /Tx /T (a) /TU (Name) /V (Ada)", b"/FT /Tx /T (b) /TU (Name) /V (Eva)"))
    assert document.tables[0].rows == [["Name", "Ada"], ["Name", "Eva"]]


def test_a_form_without_values_is_no_table() -> None:
    assert not converter.read(form(b"/FT /Tx /T (name)")).tables


ANNOTATIONS = b"/Annots [<< /Type /Annot /Subtype /%s /Rect [9 9 99 99] /Contents (%s) >>]"


@pytest.mark.parametrize(
    ("page", "catalog", "message"),
    [
        (ANNOTATIONS % (b"Text", b"check this"), b"", "its text lacks 1 note on a page"),
        (ANNOTATIONS % (b"FreeText", b"typed on it"), b"", "its text lacks 1 note on a page"),
        (ANNOTATIONS % (b"Highlight", b""), b"", None),
        (ANNOTATIONS % (b"Link", b"a link"), b"", None),
        (
            b"",
            b"/Names << /EmbeddedFiles << /Names [(a.txt) << /Type /Filespec /F (a.txt) /EF << /F 3 0 R >> >>] >> >>",
            "its text lacks 1 attached file",
        ),
    ],
)
def test_what_stands_beside_the_text_is_counted(page: bytes, catalog: bytes, message: str | None) -> None:
    raw = pdf_of_pages([lines(SENTENCES)], page=page, catalog=catalog, objects=[stream(b"x", b"/Type /EmbeddedFile")])
    assert left_out(converter.read(raw)) == [message] * (message is not None)


def test_characters_that_a_font_does_not_name_are_replaced_and_counted() -> None:
    document = converter.read(pdf_of_pages([lines([r"a\000b\001c", *SENTENCES])]))
    assert document.blocks[0].text.startswith("a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c")
    (message,) = left_out(document)
    assert "the letters of 2 characters" in message


# A program draws the glyphs from left to right: the last letter of a line comes first.
DRAWN = {
    "Hebrew": ("ךורא ךמסמ הז", "זה מסמך ארוך"),
    "numbers and words": (
        "םיעסונ 120 ללוכ ,ברעב Saturday ינפל תרזוחו (4 ףיצר) 07:30 העשב",
        "בשעה 07:30 (רציף 4) וחוזרת לפני Saturday בערב, כולל 120 נוסעים",
    ),
    "numbers one after another": ("30.5 ,7 ףיצר ,ףיצר", "רציף, רציף 7, 30.5"),
    "Arabic, in its shapes": ("ﻢﻟﺎﻌﻟﺎﺑ ﺎﺒﺣﺮﻣ", "مرحبا بالعالم"),
    "a line of another script": ("The word ךמסמ (document) has ףוס", "The word מסמך (document) has סוף"),
    "cells": ("| ךמסמ 1 | ףוס |", "| 1 מסמך | סוף |"),
}


@pytest.mark.parametrize("name", DRAWN)
def test_text_that_is_read_from_right_to_left_stands_in_reading_order(name: str) -> None:
    drawn, text = DRAWN[name]
    assert in_reading_order(drawn) == text
    assert in_reading_order(text) == text


@pytest.mark.parametrize("text", ["The ferry (7)\nשלום", "שלו גדי (7)", "(a) b", "ם"])
def test_text_keeps_its_order_without_evidence(text: str) -> None:
    assert in_reading_order(text) == text


# -- damage


def tree_of_pages(depth: int) -> bytes:
    kids = [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (number + 3) for number in range(depth)]
    page = b"<< /Type /Page /MediaBox [0 0 612 792] /Contents %d 0 R /Resources << %s >> >>" % (depth + 3, FONT)
    return pdf_of_objects([b"<< /Type /Catalog /Pages 2 0 R >>", *kids, page, stream(lines(SENTENCES))])


def test_a_deep_tree_of_pages_is_read() -> None:
    assert words_of(converter.read(tree_of_pages(500))) == " ".join(SENTENCES)


@pytest.mark.parametrize(
    "pages", [b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>", b"<< /Type /Pages /Kids [] /Count 0 >>"]
)
def test_a_tree_without_pages_has_no_text(pages: bytes) -> None:
    document = converter.read(pdf_of_objects([b"<< /Type /Catalog /Pages 2 0 R >>", pages]))
    assert [problem.code for problem in document.problems] == ["empty"]


@pytest.mark.parametrize("percent", range(0, 100, 5))
def test_a_pdf_that_is_cut_off_is_a_problem_of_its_own(percent: int) -> None:
    raw = pdf_of_pages([lines(SENTENCES)])
    with pytest.raises(SourceError, match="is not a readable PDF file") as raised:
        converter.read(raw[: len(raw) * percent // 100], input_format="pdf")
    assert re.search(r"\(\w+(: [^\n]+)?\); is it complete, and without a password\?$", str(raised.value))
