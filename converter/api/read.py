"""Read one document (`read`)."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import Any, Unpack

from converter.api.arguments import SourcePath, kind_of, options_of
from converter.config import ReadingArguments
from converter.document.document import Document
from converter.document.drawing import drawers
from converter.document.rows import Rows
from converter.engine.conversion import read_document
from converter.errors import DecodingError, SourceError, UsageError
from converter.model.source import MARKDOWN, Source
from converter.sources.files import TEXT_SUFFIXES
from converter.sources.paths import read_file
from converter.text.office import SUFFIXES as OFFICE_SUFFIXES
from converter.text.office import format_by_content

UNNAMED = "<text>"
"""The key of a text that is passed without a name."""


def _draw_document(document: Document) -> str:
    from converter.inspect.notebook import document_html  # imports Jinja, 0.1 s that only a notebook needs

    return document_html(document)


def _draw_rows(rows: Rows[Any]) -> str:
    from converter.inspect.notebook import rows_html

    return rows_html(rows)


drawers |= {Document: _draw_document, Rows: _draw_rows}


def read(
    source: SourcePath | bytes,
    *,
    name: str | None = None,
    **reading: Unpack[ReadingArguments],
) -> Document:
    r"""Read one document.

    `source` is a path, the document's bytes, or its text. A `str` is text if it contains a line break or if `name`
    is passed. Otherwise it is a path if the file exists, if it ends like a document (`.md`, `.txt`, ...), or if it
    contains a slash and no white space; else it is text. Pass untrusted text with a name: then it is never opened as
    a file.

    `name` is the key of the document, from which its `doc_id` is derived: by default the path, or `<text>`.
    `reading` sets how it is read (see `ReadingArguments`): `repair`, `rules_off`, `hints`, `encoding`, and the limits
    `maximum_bytes`, `maximum_seconds` and `maximum_output_bytes`. `problems` of the document lists what could only be
    read with a caveat.

    Raises:
        SourceError: the file does not exist, could not be read, is too large, or takes too long.
        DecodingError: the bytes are not text.
        UsageError: a repair level, rule or type is unknown, or the source is neither path nor text.
    """
    options = options_of(reading)
    if not isinstance(source, str | bytes | os.PathLike):
        raise UsageError(f"a document is a path, a text or bytes, not {kind_of(source)}")
    if isinstance(source, bytes) or (isinstance(source, str) and (name is not None or not _names_file(source))):
        format = format_by_content(source) if isinstance(source, bytes) else MARKDOWN
        document = Source(name or UNNAMED, source, format=format)
    else:
        path = os.fsdecode(source)
        if os.path.isdir(path):
            raise SourceError("is a folder; converter.convert takes folders", source=path, code="unreadable")
        document = read_file(path, options.maximum_bytes)
        if name is not None:
            document = replace(document, key=name)
    context = read_document(document, options)
    if context.text is None:
        problem = context.problems[0]
        kind = DecodingError if problem.code in ("binary", DecodingError.code) else SourceError
        raise kind(problem.message, source=document.key, line=problem.line_start, code=problem.code)
    return Document(context, options)


def _names_file(source: str) -> bool:
    if not source or re.search(r"[\r\n\0]", source):
        return False
    if os.path.exists(source) or os.path.splitext(source)[1].lower() in (*TEXT_SUFFIXES, *OFFICE_SUFFIXES):
        return True
    return re.fullmatch(r"[^\s/\\]*+[/\\]\S*", source) is not None
