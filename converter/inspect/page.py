"""Sources -> one HTML page: the overview, then each document, compressed until it is opened.

The page needs no server and no network, and its policy allows neither: only its own script and style run, identified
by their hashes. A document is compressed HTML in base64; the browser unpacks it when the reader opens it.
"""

from __future__ import annotations

import base64
import hashlib
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from converter.config import Options
from converter.document.document import Document
from converter.engine.conversion import read_document
from converter.inspect.overview import Overview
from converter.inspect.reading import DocumentView
from converter.inspect.rendering import asset, environment
from converter.model.source import Source
from converter.version import __version__


@dataclass(slots=True)
class PageContent:
    """The content of a page: the number of sources, of documents read and of bytes, and the rows of `problems`."""

    sources: int = 0
    documents: int = 0
    bytes: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)


def write_page(
    sources: Iterable[Source],
    stream: BinaryIO,
    options: Options,
    progress: Callable[[int, int], None] | None = None,
) -> PageContent:
    """Write the page that shows these documents; return what it contains.

    Memory holds one document and an overview entry for each of the others: drawn documents wait on disk. If no source
    can be read, nothing is written.

    Raises:
        OSError: the page could not be written.
    """
    content = PageContent()
    with tempfile.TemporaryFile() as packed, tempfile.TemporaryFile() as spool:
        overview = Overview(spool, options)
        draw = environment().get_template("document.html").render
        for source in sources:
            reading = DocumentView(Document(read_document(source, options), options), live=True)
            packed.write(pack(draw(reading=reading)) + b"\n")
            overview.add(reading)
            content.sources += 1
            content.documents += reading.document.doc_id is not None
            content.bytes += len(source.data)
            content.problems += reading.document.rows("problems")
            if progress is not None:
                progress(content.sources, content.bytes)
        if not content.documents:
            return content
        overview.close()
        packed.seek(0)
        for piece in pieces(overview, packed):
            stream.write(piece.encode())
    return content


def pieces(overview: Overview, packed: Iterable[bytes]) -> Iterator[str]:
    """Yield the page in pieces that fit in memory."""
    style = asset("records.css") + asset("page.css")
    script = asset("page.js")
    yield from (
        environment()
        .get_template("page.html")
        .generate(
            overview=overview,
            documents=(line.decode().rstrip() for line in packed),
            style=style,
            script=script,
            policy=f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}'; "
            "base-uri 'none'; form-action 'none'",
            version=__version__,
        )
    )


def pack(html: str) -> bytes:
    """Return HTML packed for the browser: base64 of the zlib format, which DecompressionStream calls `deflate`."""
    return base64.b64encode(zlib.compress(html.encode()))


def digest(text: str) -> str:
    """Return the hash that identifies an element with this text in a Content-Security-Policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
