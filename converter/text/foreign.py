"""Formats that are not read, but known by their first bytes: a message says what to do."""

from __future__ import annotations

import re

from converter.expressions import expression

BEGINNING = 16 * 1024
SIGNATURES = (
    (
        re.compile(rb"\A\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        "an Office file from before 2007, or one with a password; save it as DOCX, PPTX or XLSX without a password",
    ),
    (re.compile(rb"\A\s*+\{\\rtf"), "Rich Text (RTF); save it as DOCX or as text"),
    (
        re.compile(rb"\APK\x03\x04.{26}mimetypeapplication/vnd\.oasis\.opendocument", re.DOTALL),
        "an OpenDocument file; save it as DOCX, PPTX, XLSX or PDF",
    ),
    (
        expression(
            rb"\A(?:[!-9;-~]++:[^\n]*+\n(?:[ \t][^\n]*+\n)*+){0,100}?content-type:\s*+multipart/", re.IGNORECASE
        ),
        "a mail or web page of several parts (EML, MHTML); save the page as HTML, or its text and attachments as files",
    ),
)
"""How the bytes of a format begin, and what it is."""


def foreign_format(raw: bytes) -> str | None:
    """Return what a document is if its format is known but not read, and what to do."""
    beginning = raw[:BEGINNING]
    return next((kind for pattern, kind in SIGNATURES if pattern.match(beginning)), None)
