"""What a file is, wherever it lies: a name and a way to open it. A whole one is read into a Source here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, BinaryIO, Protocol, cast

import pyarrow as pa

from converter.conversion import Source
from converter.errors import SourceError
from converter.office import format_of
from converter.problems import Problem

TEXT_SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mkdn", ".mdx", ".qmd", ".rmd", ".txt", ".text"})
"""What a folder is searched for, upper case or lower, packed or not. A file that is named may have any suffix."""

CODECS = {".gz": "gzip", ".zst": "zstd"}
"""The suffixes of packed files, and what pyarrow calls the way they are packed."""

CHUNK = 256 * 1024


class File(Protocol):
    """A file that may be read."""

    @property
    def key(self) -> str:
        """Its name as records hold it."""

    @property
    def name(self) -> str:
        """Its path; the suffixes tell what is in it."""

    @property
    def identity(self) -> str:
        """The same for every spelling of the file's name."""

    def open(self) -> AbstractContextManager[BinaryIO]:
        """Open it; any error may be raised."""

    def explain(self, error: Exception) -> Problem:
        """Return what went wrong when it was opened or read, and what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a folder is searched for: names with these suffixes, packed or not, and names that fit a pattern.

    A pattern with a slash is held against the path below the folder. Names that begin with one of `hidden` are left
    out, and so are folders of such names.
    """

    suffixes: frozenset[str] = TEXT_SUFFIXES
    include: tuple[str, ...] = ()
    hidden: tuple[str, ...] = (".",)

    def shows(self, name: str) -> bool:
        """Whether a file or folder of this name is looked at."""
        return not name.startswith(self.hidden)

    def takes(self, path: str) -> bool:
        """Whether a file of this path below the folder is wanted."""
        name = path.rpartition("/")[2]
        included = any(fnmatchcase(path if "/" in pattern else name, pattern) for pattern in self.include)
        return self.shows(name) and (included or suffix_of(name) in self.suffixes)

    def __str__(self) -> str:
        return ", ".join([*sorted(self.suffixes), *self.include])


Find = Callable[[str, Wanted], Iterator[File | Source]]
"""A finder: an argument -> its files, and a source with a problem for what is not found."""


def bare_name(name: str) -> str:
    """Return a file's name without the suffix that says how it is packed."""
    stem, suffix = os.path.splitext(name)
    return stem if suffix.lower() in CODECS else name


def suffix_of(name: str) -> str:
    """Return the suffix that tells what is in the file, in lower case: `.md` for `a.MD.gz`."""
    return os.path.splitext(bare_name(name))[1].lower()


def failed(key: str, code: str, message: str) -> Source:
    """Return a source that is a problem."""
    return Source(key, problem=Problem(code, message))


def read_document_file(file: File, maximum_bytes: int) -> Source:
    """Read a whole document, unpacked if its name says that it is packed; what went wrong is its problem."""
    try:
        with file.open() as stream:
            data = read_bounded(unpacked(stream, file.name), maximum_bytes)
    except SourceError as error:
        return failed(file.key, error.code, error.message)
    except Exception as error:  # object stores raise errors of many libraries
        return Source(file.key, problem=file.explain(error))
    return Source(file.key, data, format=format_of(bare_name(file.name), TEXT_SUFFIXES, data))


def unpacked(stream: BinaryIO, name: str) -> BinaryIO:
    """Return the stream, or the one that unpacks it as it is read."""
    codec = CODECS.get(os.path.splitext(name)[1].lower())
    return stream if codec is None else cast(BinaryIO, pa.CompressedInputStream(stream, codec))


def read_bounded(stream: Any, maximum_bytes: int) -> bytes:
    """Read to the end of the stream, but hardly further than the limit: packed bytes may grow a thousandfold.

    Raises:
        SourceError: `too_large`.
    """
    chunks: list[bytes] = []
    left = maximum_bytes
    while chunk := stream.read(min(CHUNK, left + 1)):
        chunks.append(chunk)
        left -= len(chunk)
        if left < 0:
            raise SourceError(
                f"is too large, the limit is {maximum_bytes} bytes; raise `maximum_bytes` or split the document",
                code="too_large",
            )
    return b"".join(chunks)
