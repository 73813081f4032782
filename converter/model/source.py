"""A document as it was found, before anything of it is read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from converter.problems import Problem

MARKDOWN = "markdown"

NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"
"""What Hive, and whoever reads its folders, takes for null in the name of a folder (`lang=...`)."""


@dataclass(frozen=True, slots=True)
class Source:
    """One document to convert: its key (path, URI or row key) and its bytes, or the problem in their place.

    `format` is how they are written: Markdown, or one of `office.READERS`. Those are read where the document is
    converted, not where it is found, for that takes long. One that is not `listed` stands for documents of unknown
    number and keys, because a folder, store or table could not be listed to its end.
    """

    key: str
    data: bytes | str = b""
    problem: Problem | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    format: str = MARKDOWN
    listed: bool = True


def document_id(key: str) -> str:
    """Return the `doc_id` of a source: 32 hexadecimal digits, the same for the same key in every run."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:32]
