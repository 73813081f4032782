"""HTML, DOCX, PPTX, XLSX, PDF and EPUB -> Markdown, by markitdown, imported when the first such document comes."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import warnings
import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from converter.errors import SourceError
from converter.problems import Problem

MARKDOWN = "markdown"
READERS = {
    "html": "HtmlConverter",
    "docx": "DocxConverter",
    "pptx": "PptxConverter",
    "xlsx": "XlsxConverter",
    "pdf": "PdfConverter",
    "epub": "EpubConverter",
}
"""The formats that are no text for people, with the class of `markitdown.converters` that reads each."""

SUFFIXES = {f".{format}": format for format in READERS} | {".htm": "html", ".xhtml": "html"}

HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)[\s>]", re.I | re.S
)
# A member of an archive that tells what the archive is (ECMA-376, part 2; EPUB OCF 3).
MEMBERS = {
    "word/document.xml": "docx",
    "ppt/presentation.xml": "pptx",
    "xl/workbook.xml": "xlsx",
    "META-INF/container.xml": "epub",
}
BEGINNING = 4096
NOT_INSTALLED = "a reader for {} is not installed; pip install 'parquetry[office]', or convert it to Markdown first"


def format_of(name: str, text_suffixes: frozenset[str], data: bytes | str) -> str:
    """Return the format of a document: by its name's suffix, else, where that says nothing, by its first bytes."""
    suffix = os.path.splitext(name)[1].lower()
    if suffix in text_suffixes:
        return MARKDOWN
    return SUFFIXES.get(suffix) or format_by_content(data)


def format_by_content(data: bytes | str) -> str:
    """Return the format that the first bytes tell; Markdown where they tell nothing."""
    beginning = data[:BEGINNING]
    if isinstance(beginning, str):
        beginning = beginning.encode("utf-8", "replace")
    if HTML.match(beginning):
        return "html"
    if beginning.startswith(b"%PDF-"):
        return "pdf"
    if beginning.startswith(b"PK\x03\x04") and isinstance(data, bytes):
        try:
            names = set(zipfile.ZipFile(BytesIO(data)).namelist())
        except (zipfile.BadZipFile, ValueError, OSError):
            return MARKDOWN
        return next((format for member, format in MEMBERS.items() if member in names), MARKDOWN)
    return MARKDOWN


def to_markdown(raw: bytes, format: str, maximum_bytes: int) -> tuple[str, list[Problem]]:
    """Turn a document of one of the `READERS` into Markdown; what was read with a caveat is told beside it.

    Raises:
        SourceError: `no_reader`, markitdown or what it needs is not installed; `too_large`, an archive holds more
            than `maximum_bytes`; `unreadable`, the document is broken or locked.
    """
    try:
        import markitdown
        from markitdown import converters
    except ImportError as error:
        raise SourceError(NOT_INSTALLED.format(format.upper()), code="no_reader") from error
    try:
        if raw.startswith(b"PK"):
            _check_unpacked(raw, maximum_bytes)
        reader = getattr(converters, READERS[format])()
        with warnings.catch_warnings(record=True) as caught, _errors_only("pdfminer"):  # it warns of every odd colour
            # Word hardly ever says which row of a table is its header: it is the first, else none would have a name.
            kind = markitdown.StreamInfo(extension=f".{format}")
            made: Any = reader.convert(BytesIO(raw), kind, table_infer_header=True)
    except SourceError:
        raise
    except markitdown.MissingDependencyException as error:
        raise SourceError(NOT_INSTALLED.format(format.upper()), code="no_reader") from error
    except Exception as error:  # each format has a library of its own, with errors of its own
        reason = f"{type(error).__name__}: {_short(error)}"
        message = f"is no {format.upper()} that can be read ({reason}); is it whole, and without a password?"
        raise SourceError(message, code="unreadable") from error
    flattened = any("RecursionError" in str(warning.message) for warning in caught)
    problems = [Problem("nesting", "nested too deeply for its reader, which gave plain text")] if flattened else []
    return str(made.markdown), problems


@contextlib.contextmanager
def _errors_only(logger: str) -> Iterator[None]:
    """Have a logger pass on nothing but errors, for as long as this takes: it is not ours."""
    level = logging.getLogger(logger).level
    logging.getLogger(logger).setLevel(logging.ERROR)
    try:
        yield
    finally:
        logging.getLogger(logger).setLevel(level)


def _check_unpacked(raw: bytes, maximum_bytes: int) -> None:
    unpacked = sum(member.file_size for member in zipfile.ZipFile(BytesIO(raw)).infolist())
    if unpacked > maximum_bytes:
        raise SourceError(
            f"unpacks to {unpacked} bytes, the limit is {maximum_bytes}; raise `maximum_bytes`", code="too_large"
        )


def _short(error: Exception) -> str:
    first = str(error).strip().partition("\n")[0]
    return first if len(first) <= 120 else f"{first[:120]}..."
