"""Standard input, and local files, folders and globs -> files, one at a time."""

from __future__ import annotations

import glob
import os
import re
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase, translate
from pathlib import Path
from typing import BinaryIO

from converter.addresses import public
from converter.errors import SourceError, UsageError
from converter.model.source import FileOnDisk, Source
from converter.problems import Problem
from converter.sources.clock import Clock
from converter.sources.files import (
    File,
    Search,
    explain_error,
    is_compressed,
    printable_name,
    read_document_file,
    source_of_problem,
    suffix_of,
)
from converter.sources.folders import walk
from converter.sources.ignore import GitIgnore, exclusion, match_names
from converter.sources.opening import open_path

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A local file. A file that a search found (`searched`) is read only if it is a regular file."""

    path: str
    searched: bool = False
    spelling: str | None = None
    """The path as its key spells it, if different from `path`."""

    @property
    def key(self) -> str:
        """The path with slashes; bytes that are not UTF-8 are escaped."""
        return _key(self.path if self.spelling is None else self.spelling)

    @property
    def name(self) -> str:
        """The path."""
        return self.path

    def identity(self, real_folder: Callable[[str], str]) -> str:
        """The path with its folder's links resolved, so that a loop of links ends. A link to a file is a separate file:
        deduplicating stores show one file under several names."""
        folder, name = os.path.split(self.path)
        return os.path.join(real_folder(folder), name)  # of a relative folder, the path from the working folder

    def open(self, clock: Clock) -> BinaryIO:
        """Open the file; wait for a named pipe or device as long as the clock allows."""
        return open_path(self.path, clock, self.searched)

    def explain(self, error: Exception) -> Problem:
        """Return why the file cannot be read."""
        if isinstance(error, FileNotFoundError):
            return Problem("not_found", "no such file or folder; check the path")
        return Problem("unreadable", explain_error(error))


class StandardInput:
    """Standard input as a file."""

    key = name = STANDARD_INPUT

    def identity(self, real_folder: Callable[[str], str]) -> str:
        """The same for every call: a process has one standard input."""
        return STANDARD_INPUT

    def open(self, clock: Clock) -> AbstractContextManager[BinaryIO]:
        """Return standard input, which stays open because Parquetry does not own it; the writer has no time limit."""
        if sys.stdin is None:
            raise SourceError("standard input is closed; name a file, or connect standard input", code="unreadable")
        return nullcontext(sys.stdin.buffer)

    def explain(self, error: Exception) -> Problem:
        """Return why standard input cannot be read."""
        return Problem("unreadable", f"{getattr(error, 'strerror', None) or error}; check what it is connected to")


def is_standard_input(argument: str) -> bool:
    """Whether the argument is `-`."""
    return argument == STANDARD_INPUT


def is_pattern(argument: str) -> bool:
    """Whether the argument is a glob; an existing file of that name takes precedence."""
    return glob.has_magic(argument) and not os.path.lexists(argument)


def standard_input(argument: str, search: Search) -> Iterator[File | Source]:
    """Yield standard input."""
    yield StandardInput()


def named_file(argument: str, search: Search) -> Iterator[File | Source]:
    """Yield the file, whatever its suffix. An inaccessible path may be a folder, and so hide several documents."""
    file = LocalFile(argument)
    try:
        os.stat(argument)
    except (OSError, ValueError) as error:
        yield Source(file.key, problem=file.explain(error))
    else:
        yield file


def files_of_pattern(argument: str, search: Search) -> Iterator[File | Source]:
    """Yield the files that a glob matches, sorted; `**` crosses folders, but follows no links."""
    problems: list[Source] = []
    names = sorted(set(_matches(argument, search, problems)))
    yield from (LocalFile(name, searched=True) for name in names)
    problems += [
        Source(_key(str(error.filename)), problem=LocalFile(str(error.filename)).explain(error))
        for error in _errors_of_pattern(argument)
    ]
    yield from problems
    if not names and not problems:
        message = f"no file matches this pattern; check the pattern, and quote it in a shell{search.advice}"
        yield source_of_problem(_key(argument), "no_documents", message)


def _matches(pattern: str, search: Search, problems: list[Source]) -> Iterator[str]:
    prefix, tail = _split_pattern(pattern)
    if tail is None:
        base = os.path.dirname(pattern[: MAGIC.search(pattern).start()])  # type: ignore[union-attr]
        for name in glob.iglob(pattern):
            if not os.path.isdir(name) and not search.excludes(os.path.relpath(name, base or os.curdir)):
                yield name
        return
    components = [None if name == ANY_FOLDERS else _component(name) for name in tail]
    # Hidden folders are searched only if the pattern may name one.
    tail_search = (
        replace(search, hidden=()) if any(name.startswith(".") for name in tail) else replace(search, hidden=(".",))
    )
    for folder in glob.iglob(prefix) if prefix else [""]:
        yield from _search(folder, tail_search, problems, lambda names: match_names(components, names, _is_shown))


ANY_FOLDERS = "**"
MAGIC = re.compile(r"[*?\[]")


def _split_pattern(pattern: str) -> tuple[str, list[str] | None]:
    """Split a glob before its first `**`: return the part before, and the names from there on (None without `**`)."""
    names = pattern.replace(os.altsep or "/", "/").split("/")
    if ANY_FOLDERS not in names:
        return pattern, None
    position = names.index(ANY_FOLDERS)
    return "/".join(names[:position]) or ("/" if position else ""), names[position:]


def _component(name: str) -> re.Pattern[str]:
    """Return a regular expression for the glob of one name. Hidden names match only if the glob begins with a dot."""
    return re.compile(("" if name.startswith(".") else r"(?!\.)") + translate(name))


def _is_shown(name: str) -> bool:
    return not name.startswith(".")


def _errors_of_pattern(pattern: str) -> Iterator[OSError]:
    """Yield the errors of unreadable folders that a glob searches before `**`: `glob` skips them silently."""
    names = pattern.split("/")
    places = [place for place, name in enumerate(names) if glob.has_magic(name)]
    if ANY_FOLDERS in names:  # from there on, the search reports them
        places = [place for place in places if place < names.index(ANY_FOLDERS)]
    for place in places:
        parent = "/".join(names[:place]) or ("/" if place else os.curdir)
        for folder in glob.iglob(parent) if glob.has_magic(parent) else [parent]:
            try:
                os.scandir(folder).close()
            except NotADirectoryError:
                continue
            except OSError as error:
                yield error
                continue
            if place == places[-1] and place + 1 < len(names):
                yield from _hidden_by_errors(folder, names[place], names[place + 1 :])


def _hidden_by_errors(folder: str, pattern: str, tail: list[str]) -> Iterator[OSError]:
    """Yield the errors that prevent checking whether subfolders that match a pattern contain the path `tail`."""
    for name in os.listdir(folder):
        if fnmatchcase(name, pattern) and (pattern.startswith(".") or not name.startswith(".")):
            try:
                os.lstat(os.path.join(folder, name, *tail))
            except (FileNotFoundError, NotADirectoryError):
                pass
            except OSError as error:
                yield error


def files_of_folder(folder: str, search: Search) -> Iterator[File | Source]:
    """Yield the files below a folder that the search accepts, sorted, folder by folder."""
    problems: list[Source] = []
    has_files = False
    for path in _search(folder, search, problems, lambda names: search.takes("/".join(names)), True):
        has_files = True
        yield LocalFile(path, searched=True)
    yield from problems
    if not has_files and not problems:
        message = f"the folder holds no document ({search}); name files, a glob, or `include`{search.advice}"
        yield source_of_problem(_key(folder), "no_documents", message)


def _search(
    folder: str,
    search: Search,
    problems: list[Source],
    takes: Callable[[Sequence[str]], bool],
    is_whole: bool = False,
) -> Iterator[str]:
    """Yield the files below a folder whose relative names `takes` accepts, and that are not excluded.

    If the folder `is_whole`, documents of other formats are counted. An empty path is the working folder. Unreadable
    folders are added to the problems.
    """

    def report(path: str, error: Exception) -> None:
        message = error.message if isinstance(error, SourceError) else explain_error(error)
        problems.append(source_of_problem(_key(path), "unreadable", message))

    start = folder or os.curdir
    git = GitIgnore(start, report) if search.ignore else None
    for content in walk(start, lambda error: report(str(error.filename), error)):
        folder_names = tuple(name for name in content.path[len(start) :].split(os.sep) if name)
        if git:
            git.enter(content.path)

        def is_skipped(name: str, is_folder: bool, folder_names: tuple[str, ...] = folder_names) -> bool:
            is_excluded = exclusion(search.exclude, (*folder_names, name), is_folder)
            return bool(is_excluded or (git and git.leaves_out(name, is_folder)))

        def is_left_out(name: str, is_folder: bool, folder_names: tuple[str, ...] = folder_names) -> bool:
            if is_out := is_skipped(name, is_folder):
                search.left_out.add(os.path.join(folder, *folder_names, name))
            return is_out

        content.folders[:] = [name for name in content.folders if search.shows(name) and not is_left_out(name, True)]
        if git:
            git.expect(content.path, content.folders)
        for name in content.files:
            if takes((*folder_names, name)):
                if not is_left_out(name, False):
                    yield os.path.join(folder, *folder_names, name)
            elif is_whole and search.is_other_format("/".join((*folder_names, name))) and not is_skipped(name, False):
                search.left_out.formats[suffix_of(name)] += 1


def read_local_file(
    path: str,
    maximum_bytes: int,
    maximum_seconds: float | None,
    searched: bool = False,
) -> Source:
    """Return the file as a source; an error becomes its problem."""
    return read_document_file(LocalFile(path, searched, spelling_of(path)), maximum_bytes, maximum_seconds)


def read_there(file: LocalFile, folder: str, maximum_bytes: int, maximum_seconds: float | None) -> Source:
    """Read a file as `read_local_file` does, but with its path relative to `folder` instead of the working folder."""
    path = os.path.join(folder, file.path)
    return replace(read_local_file(path, maximum_bytes, maximum_seconds, file.searched), key=file.key)


def find_document_file(file: File, maximum_bytes: int, maximum_seconds: float | None) -> Source:
    """Return the document in a file, unread if any process can read it and its size is known; else as
    `read_document_file` does."""
    if isinstance(file, LocalFile) and not is_compressed(file.name):
        try:
            status = os.stat(file.path)
        except (OSError, ValueError):
            pass
        else:
            if stat.S_ISREG(status.st_mode) and status.st_size:  # virtual files have no size
                path = os.path.join(os.getcwd(), file.path)
                return Source(
                    file.key, file=FileOnDisk(path, status.st_size, file.searched, maximum_bytes, maximum_seconds)
                )
    return read_document_file(file, maximum_bytes, maximum_seconds)


def read_source(source: Source) -> Source:
    """Return a source with its bytes, read now if it is a file that is not yet read."""
    file = source.file
    if file is None:
        return source
    read = read_document_file(LocalFile(file.path, file.searched), file.maximum_bytes, file.maximum_seconds)
    return replace(read, key=source.key)


def spelling_of(path: str, root: str | None = None) -> str | None:
    """Return the path as its key spells it, so that each file has one key; None if that is the path itself.

    With a root, the spelling is relative to the root. Without, `..` remains only at the beginning, if the path leads
    out of the working folder.

    Raises:
        UsageError: the path is outside the root.
    """
    clean_path = "/" + path.lstrip("/") if path.startswith("//") else path  # `os.path` keeps two leading slashes
    if root is not None:
        real_root = os.path.realpath(root)
        relative_path = _relative_to(_absolute_path(clean_path), _absolute_path(root)) or _relative_to(
            _resolve_folder(path), real_root
        )
        relative_path = relative_path or _relative_to(os.path.realpath(path), real_root)
        if relative_path is None:
            raise UsageError(
                f"is outside the root {root}; name sources inside it, or set another `root`", source=_key(path)
            )
        return relative_path
    if ".." not in path or ".." not in Path(path).parts:
        return None if clean_path == path else clean_path
    absolute_path = _absolute_path(clean_path)
    return absolute_path if os.path.isabs(path) else os.path.relpath(absolute_path, os.path.realpath(os.getcwd()))


def _relative_to(path: str, root: str) -> str | None:
    """Return the path relative to the root, None if the path is outside the root."""
    if path == root:
        return "."
    return path.removeprefix(folder) if path.startswith(folder := root.rstrip("/") + "/") else None


def _absolute_path(path: str) -> str:
    """Return the absolute path without `..`: the part up to the last `..` is resolved, because it may be a link."""
    parts = Path(path).parts
    if ".." not in parts:
        return os.path.abspath(path)
    end = len(parts) - parts[::-1].index("..")
    return os.path.join(os.path.realpath(os.path.join(*parts[:end])), *parts[end:])


def _resolve_folder(path: str) -> str:
    """Return the absolute path with the links of its folder resolved; a link to a file is a separate file."""
    folder, name = os.path.split(_absolute_path(path))
    return os.path.join(os.path.realpath(folder), name)


_UNTIDY = re.compile(r"//|(?:^|/)\.(?:/|$)|/$|^$")
"""What `pathlib` leaves out of a path; a path that is less than a name is a dot."""


def _key(path: str) -> str:
    """Return the path as records hold it: with slashes, and bytes that are not UTF-8 escaped."""
    text = Path(path).as_posix() if os.sep != "/" or _UNTIDY.search(path) else path
    if text.isascii() and "\\" not in text:
        return public(text)  # as below, in a fourth of the time
    try:
        return public(printable_name(os.fsencode(text)))
    except UnicodeEncodeError:  # no file can have this name
        return public(printable_name(text.encode("utf-8", "surrogatepass")))
