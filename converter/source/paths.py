"""Paths, folders, globs and standard input -> Sources, one at a time."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from converter.conversion import Source
from converter.problems import Problem

STANDARD_INPUT = "-"
SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".mkd", ".mkdn", ".mdx", ".qmd", ".rmd", ".txt", ".text"})
"""What a folder is searched for, upper case or lower. A file that is named itself may have any suffix."""


def find_sources(arguments: Iterable[str | os.PathLike[str]]) -> Iterator[Source]:
    """Yield the documents that the arguments name, each once, read when its turn comes.

    An argument is a file, a folder (searched for `SUFFIXES`, hidden folders left out), a glob (`**` crosses
    folders), or `-` for standard input. What cannot be found or read is yielded as a source with a problem.
    """
    seen: set[str] = set()
    for argument in arguments:
        for source in _expand(os.fspath(argument)):
            if source.key not in seen:
                seen.add(source.key)
                yield source


def _expand(argument: str) -> Iterator[Source]:
    if argument == STANDARD_INPUT:
        yield _standard_input()
    elif os.path.isdir(argument):
        yield from _folder(argument)
    elif os.path.exists(argument) or not glob.has_magic(argument):
        yield read_file(argument)
    else:
        names = sorted(name for name in glob.iglob(argument, recursive=True) if not os.path.isdir(name))
        yield from map(read_file, names)
        if not names:
            yield _failed(argument, "no_documents", "no file matches this pattern; check it, and quote it in a shell")


def _folder(folder: str) -> Iterator[Source]:
    errors: list[OSError] = []
    found = False
    for root, folders, names in os.walk(folder, onerror=errors.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES:
                found = True
                yield read_file(os.path.join(root, name))
    for error in errors:
        yield _failed(str(error.filename), "unreadable", f"{error.strerror}; check its permissions")
    if not found and not errors:
        kinds = ", ".join(sorted(SUFFIXES))
        yield _failed(folder, "no_documents", f"the folder holds no document ({kinds}); name files or a glob instead")


def read_file(path: str) -> Source:
    """Return the file as a source; what went wrong is its problem."""
    try:
        with open(path, "rb") as file:
            return Source(_key(path), file.read())
    except FileNotFoundError:
        return _failed(path, "not_found", "no such file or folder; check the path")
    except (OSError, ValueError) as error:  # a path that holds NUL is a ValueError
        return _failed(path, "unreadable", f"{getattr(error, 'strerror', None) or error}; check its permissions")


def _standard_input() -> Source:
    try:
        return Source(STANDARD_INPUT, sys.stdin.buffer.read())
    except OSError as error:
        return _failed(STANDARD_INPUT, "unreadable", f"{error.strerror or error}; check what it is connected to")


def _failed(path: str, code: str, message: str) -> Source:
    return Source(_key(path), problem=Problem(code, message))


def _key(path: str) -> str:
    """Return the path as records hold it: with slashes, and bytes of a name that is no UTF-8 escaped."""
    return os.fsencode(Path(path).as_posix()).decode("utf-8", "backslashreplace")
