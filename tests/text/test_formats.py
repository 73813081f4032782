"""The format of a document: by the suffix of its name, else by its first bytes."""

from __future__ import annotations

import io
import zipfile

import pytest

from converter.text.office import document_format

TEXT_SUFFIXES = frozenset({".md", ".txt"})
HTML = b"<!doctype html><title>Nets</title>"
PDF = b"%PDF-1.7\n1 0 obj\n"


def archive(*members: str) -> bytes:
    """Return a zip with these members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for member in members:
            file.writestr(member, "")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "format"),
    [
        ("a.md", HTML, "markdown"),
        ("a.TXT", PDF, "markdown"),
        ("a.html", b"Nets", "html"),
        ("a.HTM", b"Nets", "html"),
        ("a.xhtml", b"Nets", "html"),
        *((f"a.{format}", b"Nets", format) for format in ("docx", "pptx", "xlsx", "pdf", "epub")),
        ("a", HTML, "html"),
        ("a.page", HTML.decode(), "html"),
        ("a", PDF, "pdf"),
        ("a", b"Begins with %PDF-", "markdown"),
        ("a", archive("word/document.xml", "x"), "docx"),
        ("a", archive("ppt/presentation.xml"), "pptx"),
        ("a", archive("xl/workbook.xml"), "xlsx"),
        ("a", archive("META-INF/container.xml"), "epub"),
        ("a", archive("notes.md"), "markdown"),
        ("a", b"PK\x03\x04", "markdown"),
        ("a", b"Nets", "markdown"),
        ("a", "Nets", "markdown"),
    ],
)
def test_the_suffix_decides_else_the_first_bytes(name: str, data: bytes | str, format: str) -> None:
    assert document_format(name, TEXT_SUFFIXES, data) == format
