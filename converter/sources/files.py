"""Files, local or remote: a name and a way to open it. This module reads a whole file into a Source."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, BinaryIO, Protocol, cast

import pyarrow as pa

from converter.errors import SourceError
from converter.limits import DEFAULT_MAXIMUM_SECONDS
from converter.model.source import Source
from converter.problems import OUT_OF_MEMORY, Problem
from converter.sources.clock import Clock
from converter.sources.ignore import LeftOut, Pattern, is_excluded
from converter.text.office import document_format, is_suffix

TEXT_SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mkdn", ".mdx", ".qmd", ".rmd", ".txt", ".text"})
"""The suffixes that a folder search accepts, in any case, compressed or not. A named file may have any suffix."""

DATA_SUFFIXES = {
    ".ipynb": "a notebook; turn it into Markdown with jupyter nbconvert",
    ".json": "JSON; name Markdown or text files",
    **dict.fromkeys(
        (".jsonl", ".ndjson", ".parquet", ".pq", ".feather", ".arrow", ".arrows", ".ipc"),
        "a table; set `text_column` to the column that holds documents",
    ),
}
"""Suffixes of files that hold data, not prose, each with the advice for it. CSV can be read as a document with a
table."""

CODECS = {".gz": "gzip", ".zst": "zstd"}
"""The suffixes of compressed files, and pyarrow's names of their codecs."""

CHUNK = 256 * 1024


class File(Protocol):
    """A readable file."""

    @property
    def key(self) -> str:
        """The file's key in records."""

    @property
    def name(self) -> str:
        """The file's path; its suffixes state the format."""

    def identity(self, real_folder: Callable[[str], str]) -> str:
        """Return the same value for every spelling of the file's name; `real_folder` resolves the links of a path."""

    def open(self, clock: Clock) -> AbstractContextManager[BinaryIO]:
        """Open the file, to be read within the time that the clock allows; may raise any error."""

    def explain(self, error: Exception) -> Problem:
        """Return what went wrong when the file was opened or read, and what to do."""


@dataclass(frozen=True, slots=True)
class Search:
    """The criteria of a folder search: names with these suffixes, compressed or not, and names that match `include`.

    A pattern with a slash applies to the path below the folder. The search skips files and folders whose names begin
    with one of `hidden`, paths that match `exclude`, and, with `ignore`, paths that git ignores; `left_out` counts the
    latter two. A store has `maximum_seconds` to answer.
    """

    suffixes: frozenset[str] = TEXT_SUFFIXES
    include: tuple[str, ...] = ()
    hidden: tuple[str, ...] = (".",)
    exclude: tuple[Pattern, ...] = ()
    ignore: bool = False
    left_out: LeftOut = field(default_factory=LeftOut, compare=False)
    maximum_seconds: float | None = DEFAULT_MAXIMUM_SECONDS

    def shows(self, name: str) -> bool:
        """Whether a file or folder of this name is visible to the search."""
        return not name.startswith(self.hidden)

    def takes(self, path: str) -> bool:
        """Whether the search accepts a file of this path below the folder."""
        name = path.rpartition("/")[2]
        is_included = any(fnmatchcase(path if "/" in pattern else name, pattern) for pattern in self.include)
        return self.shows(name) and (is_included or suffix_of(name) in self.suffixes)

    def is_other_format(self, path: str) -> bool:
        """Whether a file of this path below the folder is a document that only `include` makes the search accept."""
        name = path.rpartition("/")[2]
        if not self.shows(name) or not is_suffix(suffix_of(name)) or self.takes(path):
            return False
        return not (self.exclude and is_excluded(self.exclude, path.split("/")))

    def excludes(self, path: str) -> bool:
        """Whether `exclude` matches a file of this path below the folder; if so, count the file."""
        is_match = bool(self.exclude) and is_excluded(self.exclude, path.replace(os.sep, "/").split("/"))
        if is_match:
            self.left_out.add(path)
        return is_match

    @property
    def advice(self) -> str:
        """Return the words that a message adds if nothing was found but something was left out."""
        text = (
            f"; {self.left_out.count} left out by `exclude` or .gitignore (pass `ignore=False` to disregard .gitignore)"
        )
        return text if self.left_out.count else ""

    def __str__(self) -> str:
        return ", ".join([*sorted(self.suffixes), *self.include])


Find = Callable[[str, Search], Iterator[File | Source]]
"""A finder: an argument -> its files, and sources with a problem for files that are not found."""


def bare_name(name: str) -> str:
    """Return a file's name without the suffix of its compression."""
    stem, suffix = os.path.splitext(name)
    return stem if suffix.lower() in CODECS else name


def is_compressed(name: str) -> bool:
    """Whether a file's name has the suffix of a codec, so that its size says nothing about the document's."""
    return bare_name(name) != name


def suffix_of(name: str) -> str:
    """Return the suffix of the file's format, in lower case: `.md` for `a.MD.gz`."""
    return os.path.splitext(bare_name(name))[1].lower()


LOOKS_ESCAPED = re.compile(r"\\(?:x[89a-f][0-9a-f]|\\)")


def printable_name(name: bytes) -> str:
    r"""Return bytes as text, with bytes that are not UTF-8 as `\xff`. Different names give different texts.

    In such a name, and in a name that already looks escaped, backslashes are doubled; other names stay unchanged.
    """
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return name.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")
    return text.replace("\\", "\\\\") if LOOKS_ESCAPED.search(text) else text


def escape_surrogates(text: str) -> str:
    """Return the text with lone surrogates, which no record can hold, escaped."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def source_of_problem(key: str, code: str, message: str) -> Source:
    """Return a source that consists of a problem."""
    return Source(escape_surrogates(key), problem=Problem(code, escape_surrogates(message)))


def explain_error(error: Exception) -> str:
    """Return why a local file cannot be read, and what to do."""
    if reason := getattr(error, "strerror", None):
        return f"{reason}; check its permissions"
    return f"{error}; is the file complete?"


def source_of_error(file: File, error: Exception) -> Source:
    """Return a source with the reason why a file could not be read."""
    if isinstance(error, SourceError):
        return source_of_problem(file.key, error.code, error.message)
    problem = OUT_OF_MEMORY if isinstance(error, MemoryError) else file.explain(error)
    return source_of_problem(file.key, problem.code, problem.message)


def read_document_file(file: File, maximum_bytes: int, maximum_seconds: float | None) -> Source:
    """Read a whole document, decompressed if its suffix names a codec; an error becomes its problem."""
    try:
        if kind := DATA_SUFFIXES.get(suffix_of(file.name)):
            return source_of_problem(file.key, "not_markdown", f"not a document but {kind}")
        with file.open(Clock(maximum_seconds)) as stream:
            data = read_bounded(unpack(stream, file.name), maximum_bytes)
        return Source(file.key, data, format=document_format(bare_name(file.name), TEXT_SUFFIXES, data))
    except Exception as error:  # object stores raise errors from many libraries
        return source_of_error(file, error)


def unpack(stream: BinaryIO, name: str) -> BinaryIO:
    """Return the stream, or a stream that decompresses it during reading."""
    codec = CODECS.get(os.path.splitext(name)[1].lower())
    return stream if codec is None else cast(BinaryIO, pa.CompressedInputStream(stream, codec))


def read_bounded(stream: Any, maximum_bytes: int) -> bytes:
    """Read to the end of the stream, but hardly past the limit: compressed bytes may grow a thousandfold.

    Raises:
        SourceError: `too_large`.
    """
    chunks: list[bytes] = []
    bytes_left = maximum_bytes
    while chunk := stream.read(min(CHUNK, bytes_left + 1)):
        chunks.append(chunk)
        bytes_left -= len(chunk)
        if bytes_left < 0:
            raise SourceError(
                f"is too large, the limit is {maximum_bytes} bytes; raise `maximum_bytes` or split the document",
                code="too_large",
            )
    return b"".join(chunks)
