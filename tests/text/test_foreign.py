"""Formats that are not read: the message says which it is, and what to do."""

from __future__ import annotations

import pytest

import converter
from converter.errors import DecodingError, SourceError
from converter.text.foreign import foreign_format
from tests.support.growth import steep

OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
MAIL = b"From: a@example.org\r\nSubject: x\r\n"
PARTS = b'Content-Type: multipart/mixed;\r\n\tboundary="b"\r\n\r\n--b\r\n\r\nwords\r\n--b--\r\n'

FOREIGN = {
    "DOC": (OLD, "from before 2007"),
    "RTF": (rb"{\rtf1\ansi words}", "Rich Text"),
    "ODT": (b"PK\x03\x04" + bytes(26) + b"mimetypeapplication/vnd.oasis.opendocument.textPK", "OpenDocument"),
    "EML": (MAIL + PARTS, "of several parts"),
    "MHTML": (b"From: <Saved>\nSubject: x\n  and more\n" + PARTS, "of several parts"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_format_that_is_not_read_is_named(name: str) -> None:
    raw, words = FOREIGN[name]
    with pytest.raises(DecodingError, match=f"not text but .*{words}.*; save it|{words}.*; save the page") as raised:
        converter.read(raw)
    assert raised.value.code == "binary"


@pytest.mark.parametrize("format", ["docx", "pptx", "xlsx", "epub"])
def test_a_document_with_a_password_is_named(format: str) -> None:
    pytest.importorskip("markitdown", reason="the extra office is not installed")
    with pytest.raises(SourceError, match=f"not a readable {format.upper()} file but .*with a password") as raised:
        converter.read(OLD, input_format=format)
    assert raised.value.code == "unreadable"


@pytest.mark.parametrize(
    "raw",
    [
        MAIL + b"\r\nThe words of a mail.\r\n",
        MAIL + b"Content-Type: text/plain\r\n\r\nContent-Type: multipart/mixed\r\n",
        b"A mail begins with\nContent-Type: multipart/mixed\n",
        rb"Write {\rtf1} first.",
        b"PK",
    ],
)
def test_text_about_such_formats_is_text(raw: bytes) -> None:
    assert foreign_format(raw) is None
    assert converter.read(raw).blocks


@pytest.mark.parametrize("part", [b"a:\n", b"a: b\n c\n", b" ", b"a:a:", b"content-type: multipart", b"{\\rt"])
def test_formats_are_told_in_linear_time(part: bytes) -> None:
    assert steep(lambda count: foreign_format(part * count), 4000) is None
