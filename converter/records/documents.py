"""documents: one row for each source that was read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from converter.records.context import ParsedDocument
from converter.records.record import DOC_ID, INT32, INT64, STRING, Record, field
from converter.version import __version__


def rows(context: ParsedDocument) -> Iterator[tuple[Any, ...]]:
    """Yield the document's row, none if the source could not be read."""
    text = context.text
    if text is None:
        return
    metadata = text.front_matter.metadata if text.front_matter else None
    yield (
        context.doc_id,
        context.source,
        context.title,
        None if metadata is None else json.dumps(metadata, ensure_ascii=False),
        list(context.attributes.items()),
        text.sha256,
        text.encoding,
        text.size_bytes,
        text.line_count,
        __version__,
    )


DOCUMENTS = Record(
    "documents",
    "One row for each source that was read.",
    ("doc_id",),
    (
        DOC_ID,
        field("source", STRING, "The path, URI, or key of the row that the document came from."),
        field("title", STRING, "The front matter's title, else the first level-1 heading, else null.", nullable=True),
        field("metadata", STRING, "The front matter as JSON; null if there is none or it is broken.", nullable=True),
        field("attributes", pa.map_(STRING, STRING), "Columns passed through from a tabular source."),
        field("sha256", STRING, "The SHA-256 of the source's bytes, in hexadecimal."),
        field("encoding", STRING, "The encoding that the bytes were read in, by its Python name."),
        field("size_bytes", INT64, "The size of the source in bytes."),
        field("line_count", INT32, "The number of lines of the source, front matter included."),
        field("converter_version", STRING, "The version of Parquetry that made the rows."),
    ),
    rows,
)
