"""Markdown: one document, as it was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

import pyarrow as pa

from converter.errors import UsageError
from converter.records.document_markdown import MARKDOWN_TEXTS


class MarkdownWriter:
    """Writes the only document of a stream at its end, so that a second one is refused before anything is written."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._texts: list[str] = []

    def write(self, batches: Mapping[str, pa.Table]) -> None:
        """Take the documents of a batch.

        Raises:
            UsageError: there is more than one.
        """
        self._texts += batches[MARKDOWN_TEXTS]["markdown"].to_pylist()
        if len(self._texts) > 1:
            raise UsageError("a file of Markdown holds one document; name an output folder with `out`")

    def close(self) -> None:
        """Write the document, if there is one."""
        for text in self._texts:
            self._stream.write(encode(text))


def encode(text: str) -> bytes:
    """Return Markdown as the bytes of a file."""
    return text.encode("utf-8", "surrogatepass")
