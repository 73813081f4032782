"""Standard input, and local files, folders and globs -> files, one at a time."""

from __future__ import annotations

import glob
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from converter.conversion import Source
from converter.errors import UsageError
from converter.limits import DEFAULT_MAXIMUM_BYTES
from converter.problems import Problem
from converter.source.files import File, Wanted, failed, read_document_file

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file by its path."""

    path: str
    spelling: str | None = None
    """How its key has the path, where that is not as it is."""

    @property
    def key(self) -> str:
        """The path with slashes, and bytes of a name that is no UTF-8 escaped."""
        return _key(self.path if self.spelling is None else self.spelling)

    @property
    def name(self) -> str:
        """The path."""
        return self.path

    @property
    def identity(self) -> str:
        """The path with its folder's links followed, so that a loop of links ends. A link to a file is a file of its
        own: stores that keep equal files once show them under several names."""
        folder, name = os.path.split(os.path.join(os.getcwd(), self.path))
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
    """Yield the file, whatever its suffix. What cannot be seen may be a folder as well, and so more than a document."""
    file = LocalFile(argument)
    try:
        os.stat(argument)
    except (OSError, ValueError) as error:
        yield Source(file.key, problem=file.explain(error))
    else:
        yield file


def files_of_pattern(argument: str, wanted: Wanted) -> Iterator[File | Source]:
    """Yield the files that a glob matches, sorted; `**` crosses folders."""
    names = sorted(name for name in glob.iglob(argument, recursive=True) if not os.path.isdir(name))
    yield from map(LocalFile, names)
    errors = list(errors_of_pattern(argument))
    for error in errors:
        yield Source(_key(str(error.filename)), problem=LocalFile(str(error.filename)).explain(error))
    if not names and not errors:
        yield failed(_key(argument), "no_documents", "no file matches this pattern; check it, and quote it in a shell")


def errors_of_pattern(pattern: str) -> Iterator[OSError]:
    """Yield why folders in which a glob looks cannot be read: it passes over them in silence."""
    names = pattern.split("/")
    places = [place for place, name in enumerate(names) if glob.has_magic(name)]
    if "**" in names:  # below which everything is looked through
        places = [place for place in places if place <= names.index("**")]
    for place in places:
        above = "/".join(names[:place]) or ("/" if place else os.curdir)
        for folder in glob.iglob(above, recursive=True) if glob.has_magic(above) else [above]:
            try:
                os.scandir(folder).close()
            except NotADirectoryError:
                continue
            except OSError as error:
                yield error
                continue
            if names[place] == "**":
                errors: list[OSError] = []
                for _, folders, _ in os.walk(folder, onerror=errors.append):
                    folders[:] = [name for name in folders if not name.startswith(".")]  # as a glob does
                yield from errors
            elif place == places[-1] and place + 1 < len(names):
                yield from _hidden_by_errors(folder, names[place], names[place + 1 :])


def _hidden_by_errors(folder: str, pattern: str, rest: list[str]) -> Iterator[OSError]:
    """Yield why it cannot be told whether folders in this one that fit a pattern hold a file of this path."""
    for name in os.listdir(folder):
        if fnmatchcase(name, pattern) and (pattern.startswith(".") or not name.startswith(".")):
            try:
                os.lstat(os.path.join(folder, name, *rest))
            except (FileNotFoundError, NotADirectoryError):
                pass
            except OSError as error:
                yield error


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
            _key(folder), "no_documents", f"the folder holds no document ({wanted}); name files, a glob, or --include"
        )


def read_file(path: str, maximum_bytes: int = DEFAULT_MAXIMUM_BYTES) -> Source:
    """Return the file as a source; what went wrong is its problem."""
    return read_document_file(LocalFile(path, spelling_of(path)), maximum_bytes)


def read_there(file: LocalFile, folder: str, maximum_bytes: int) -> Source:
    """Return the file as `read_file` does, where its path is relative to a folder other than the working one."""
    return replace(read_file(os.path.join(folder, file.path), maximum_bytes), key=file.key)


@lru_cache(maxsize=64)
def _real_folder(folder: str) -> str:
    return os.path.realpath(folder)


def spelling_of(path: str, root: str | None = None) -> str | None:
    """Return the path as a key has it, so that each file has one: relative to the root, or else without `..` but at its
    beginning, and there only where it leads out of the working folder. None where that is the path itself.

    Raises:
        UsageError: the path lies outside the root.
    """
    single = "/" + path.lstrip("/") if path.startswith("//") else path  # two slashes would be kept
    if root is not None:
        real = os.path.realpath(root)
        inside = _inside(_absolute(single), _absolute(root)) or _inside(_followed(path), real)
        inside = inside or _inside(os.path.realpath(path), real)
        if inside is None:
            raise UsageError(f"lies outside the root {root}; name sources in it, or another --root", source=_key(path))
        return inside
    if ".." not in path or ".." not in Path(path).parts:
        return None if single == path else single
    absolute = _absolute(single)
    return absolute if os.path.isabs(path) else os.path.relpath(absolute, os.path.realpath(os.getcwd()))


def _inside(path: str, root: str) -> str | None:
    """Return the path relative to the root, None where it is not in it."""
    if path == root:
        return "."
    return path.removeprefix(folder) if path.startswith(folder := root.rstrip("/") + "/") else None


def _absolute(path: str) -> str:
    """Return the absolute path without `..`: what stands before the last is followed, for it may be a link."""
    parts = Path(path).parts
    if ".." not in parts:
        return os.path.abspath(path)
    last = len(parts) - parts[::-1].index("..")
    return os.path.join(os.path.realpath(os.path.join(*parts[:last])), *parts[last:])


def _followed(path: str) -> str:
    """Return the absolute path with the links of its folder followed; a link to a file is a file of its own."""
    folder, name = os.path.split(_absolute(path))
    return os.path.join(os.path.realpath(folder), name)


def _key(path: str) -> str:
    """Return the path as records hold it: with slashes, and bytes of a name that is no UTF-8 escaped."""
    return os.fsencode(Path(path).as_posix()).decode("utf-8", "backslashreplace")
