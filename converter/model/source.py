"""A document as found, before parsing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from converter.problems import Problem

MARKDOWN = "markdown"

NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"
"""The value that stands for null in Hive's partition folders (`lang=...`)."""


@dataclass(frozen=True, slots=True)
class FileOnDisk:
    """A regular local file that is not yet read: its absolute path, its size when it was found, whether a search found
    it, and the limits of reading."""

    path: str
    size: int
    searched: bool
    maximum_bytes: int
    maximum_seconds: float | None


@dataclass(frozen=True, slots=True)
class Source:
    """One document to convert: its key (path, URI or row key) and its bytes, or a problem instead of them.

    `format` is the format of the bytes: Markdown, or one of `office_reader.READERS`. The process that converts the
    document reads office formats, not the process that finds it, because reading them is slow. A source that is not
    `listed` stands for an unknown number of documents with unknown keys, because a folder, store or table could not be
    listed completely. If `file` is set, the process that converts the document reads its bytes from there.
    """

    key: str
    data: bytes | str = b""
    problem: Problem | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    format: str = MARKDOWN
    listed: bool = True
    file: FileOnDisk | None = None

    @property
    def size(self) -> int:
        """The number of bytes, or of characters; of a file that is not yet read, when it was found."""
        return len(self.data) if self.file is None else self.file.size


def document_id(key: str) -> str:
    """Return the `doc_id` of a source: 32 hexadecimal digits, the same for the same key in every run."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:32]
