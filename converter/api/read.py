"""Read one document: `read`, `read_text`, `read_file`."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import IO, Any, Unpack

from converter.addresses import expand_home
from converter.api.arguments import SourcePath, options_of, type_name_of
from converter.config import Options, ReadingArguments
from converter.document.document import Document
from converter.document.drawing import drawers
from converter.document.rows import Rows
from converter.engine.conversion import read_document
from converter.errors import DecodingError, SourceError, UsageError
from converter.model.source import MARKDOWN, Source
from converter.sources import find_sources
from converter.sources.files import TEXT_SUFFIXES
from converter.sources.paths import read_local_file
from converter.sources.urls import is_url
from converter.text.office import format_by_content, is_suffix

UNNAMED = "<text>"
"""The key of a text that is passed without a name."""
HINT = "`read_many` takes data frames, tables and many documents"


def _draw_document(document: Document) -> str:
    from converter.inspect.notebook import document_html  # imports Jinja, 0.1 s that only a notebook needs

    return document_html(document)


def _draw_rows(rows: Rows[Any]) -> str:
    from converter.inspect.notebook import rows_html

    return rows_html(rows)


drawers |= {Document: _draw_document, Rows: _draw_rows}


def read(
    source: SourcePath | bytes | IO[str] | IO[bytes],
    *,
    name: str | None = None,
    **reading: Unpack[ReadingArguments],
) -> Document:
    r"""Read one document.

    `source` is a path, an address, a file object, the document's bytes, or its text. A `str` is text if it contains a
    line break or if `name` is passed. Otherwise it is an address if it begins like one (`https://`, `s3://`), and a
    path if the file exists, if it ends like a document (`.md`, `.txt`, ...), or if it contains a slash and no white
    space; else it is text. Pass texts of others to `read_text`: it opens nothing.

    `name` is the key of the document, from which its `doc_id` is derived: by default the path, or `<text>`.
    `reading` sets how it is read (see `ReadingArguments`): `repair`, `rules_off`, `hints`, `encoding`, and the limits
    `maximum_bytes`, `maximum_seconds` and `maximum_output_bytes`. `problems` of the document lists what could only be
    read with a caveat.

    Raises:
        SourceError: the file does not exist, could not be read, is too large, or takes too long.
        DecodingError: the bytes are not text.
        UsageError: a repair level, rule or type is unknown, or the source is neither path nor text.
    """
    if not isinstance(source, str | bytes | os.PathLike) and not hasattr(source, "read"):
        raise UsageError(f"a document is a path, a file object, a text or bytes, not {type_name_of(source)}; {HINT}")
    if isinstance(source, bytes) or (isinstance(source, str) and (name is not None or not _names_file(source))):
        return read_text(source, name=name or UNNAMED, **reading)
    return read_file(source, name=name, **reading)


def read_text(text: str | bytes, *, name: str = UNNAMED, **reading: Unpack[ReadingArguments]) -> Document:
    """Read a document from its text or its bytes; they are never taken for a path. Arguments are those of `read`.

    Raises:
        SourceError, DecodingError, UsageError: as for `read`.
    """
    if not isinstance(text, str | bytes):
        raise UsageError(f"a text is a str or bytes, not {type_name_of(text)}; {HINT}")
    format = format_by_content(text) if isinstance(text, bytes) else MARKDOWN
    return document_of(Source(name, text, format=format), options_of(reading, (), read_text))


def read_file(
    file: SourcePath | IO[str] | IO[bytes], *, name: str | None = None, **reading: Unpack[ReadingArguments]
) -> Document:
    """Read a document from a file: a path, an address as on the command line (`https://`, `s3://`), or a file object.

    Other arguments are those of `read`.

    Raises:
        SourceError, DecodingError, UsageError: as for `read`.
    """
    options = options_of(reading, (), read_file)
    if not isinstance(file, str | os.PathLike):
        if not hasattr(file, "read"):
            raise UsageError(f"a file is a path, an address or a file object, not {type_name_of(file)}; {HINT}")
        data = file.read()
        path = getattr(file, "name", None)
        return read_text(data, name=name or (path if isinstance(path, str) else UNNAMED), **reading)
    path = expand_home(os.fsdecode(file))
    if os.path.isdir(path):
        raise SourceError("is a folder; `read_many` and `convert` take folders", source=path, code="unreadable")
    if is_url(path):
        document = next(
            find_sources([path], maximum_bytes=options.maximum_bytes, maximum_seconds=options.maximum_seconds)
        )
    else:
        document = read_local_file(path, options.maximum_bytes, options.maximum_seconds)
    return document_of(document if name is None else replace(document, key=name), options)


def document_of(document: Source, options: Options) -> Document:
    """Return a source as a document.

    Raises:
        SourceError, DecodingError: it could not be read.
    """
    context = read_document(document, options)
    if context.text is None:
        problem = context.problems[0]
        kind = DecodingError if problem.code in ("binary", DecodingError.code) else SourceError
        raise kind(problem.message, source=document.key, line=problem.line_start, code=problem.code)
    return Document(context, options)


def _names_file(source: str) -> bool:
    if not source or re.search(r"[\r\n\0]", source):
        return False
    suffix = os.path.splitext(source)[1].lower()
    if is_url(source) or os.path.exists(source) or suffix in TEXT_SUFFIXES or is_suffix(suffix):
        return True
    return re.fullmatch(r"[^\s/\\]*+[/\\]\S*", source) is not None
