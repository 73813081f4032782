"""Standard input, and local files, folders and globs -> files, one at a time."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from converter.addresses import public
from converter.conversion import Source
from converter.limits import DEFAULT_MAXIMUM_BYTES
from converter.problems import Problem
from converter.source.files import File, Wanted, failed, read_document_file

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file by its path."""

    path: str

    @property
    def key(self) -> str:
        """The path with slashes, and bytes of a name that is no UTF-8 escaped."""
        return _key(self.path)

    @property
    def name(self) -> str:
        """The path."""
        return self.path

    @property
    def identity(self) -> str:
        """The path with its folder's links followed, so that a loop of links ends. A link to a file is a file of its
        own: stores that keep equal files once show them under several names."""
        folder, name = os.path.split(os.path.abspath(self.path))
        return os.path.join(_real_folder(folder), name)

    def open(self) -> BinaryIO:
        """Open the file."""
        return open(self.path, "rb")

    def explain(self, error: Exception) -> Problem:
        """Tell why it cannot be read."""
        if isinstance(error, FileNotFoundError):
            return Problem("not_found", "no such file or folder; check the path")
        if reason := getattr(error, "strerror", None):
            return Problem("unreadable", f"{reason}; check its permissions")
        return Problem("unreadable", f"{error}; is the file whole?")


class StandardInput:
    """What comes in by the pipe."""

    key = name = identity = STANDARD_INPUT

    def open(self) -> AbstractContextManager[BinaryIO]:
        """Give standard input, which stays open: it is not ours."""
        return nullcontext(sys.stdin.buffer)

    def explain(self, error: Exception) -> Problem:
        """Tell why it cannot be read."""
        return Problem("unreadable", f"{getattr(error, 'strerror', None) or error}; check what it is connected to")


def is_standard_input(argument: str) -> bool:
    """Whether the argument is `-`."""
    return argument == STANDARD_INPUT


def is_pattern(argument: str) -> bool:
    """Whether the argument is a glob; a file of that name comes before it."""
    return glob.has_magic(argument) and not os.path.lexists(argument)


def standard_input(argument: str, wanted: Wanted) -> Iterator[File | Source]:
    """Yield standard input."""
    yield StandardInput()


def named_file(argument: str, wanted: Wanted) -> Iterator[File | Source]:
    """Yield the file, whatever its suffix; whether it exists turns out when it is opened."""
    yield LocalFile(argument)


def files_of_pattern(argument: str, wanted: Wanted) -> Iterator[File | Source]:
    """Yield the files that a glob matches, sorted; `**` crosses folders."""
    names = sorted(name for name in glob.iglob(argument, recursive=True) if not os.path.isdir(name))
    yield from map(LocalFile, names)
    if not names:
        yield failed(_key(argument), "no_documents", "no file matches this pattern; check it, and quote it in a shell")


def files_of_folder(folder: str, wanted: Wanted) -> Iterator[File | Source]:
    """Yield the wanted files below a folder, sorted, folder by folder."""
    errors: list[OSError] = []
    found = False
    for root, folders, names in os.walk(folder, onerror=errors.append):
        folders[:] = sorted(filter(wanted.shows, folders))
        names.sort()
        for name in names:
            path = os.path.join(root, name)
            if wanted.takes(os.path.relpath(path, folder).replace(os.sep, "/") if wanted.include else name):
                found = True
                yield LocalFile(path)
    for error in errors:
        yield failed(_key(str(error.filename)), "unreadable", f"{error.strerror}; check its permissions")
    if not found and not errors:
        yield failed(
            _key(folder), "no_documents", f"the folder holds no document ({wanted}); name files, a glob, or `include`"
        )


def read_file(path: str, maximum_bytes: int = DEFAULT_MAXIMUM_BYTES) -> Source:
    """Return the file as a source; what went wrong is its problem."""
    return read_document_file(LocalFile(path), maximum_bytes)


def read_there(file: LocalFile, folder: str, maximum_bytes: int) -> Source:
    """Return the file as `read_file` does, where its path is relative to a folder other than the working one."""
    return replace(read_file(os.path.join(folder, file.path), maximum_bytes), key=file.key)


@lru_cache(maxsize=64)
def _real_folder(folder: str) -> str:
    return os.path.realpath(folder)


def _key(path: str) -> str:
    """Return the path as records hold it: with slashes, and bytes of a name that is no UTF-8 escaped."""
    return public(os.fsencode(Path(path).as_posix()).decode("utf-8", "backslashreplace"))
