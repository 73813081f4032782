"""Where documents come from: paths, globs, standard input, addresses of object stores, rows of tables, queries.

An argument becomes files by the first finder of `FINDERS` that takes it, and a file becomes documents: itself, unpacked
(`files.py`), or, where a text column is named, the rows of the table that it is (`tables.py`). Everything flows: what
is held is one document, one batch of rows, or one group of small remote objects.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Final

from converter.conversion import Source
from converter.errors import UsageError
from converter.limits import DEFAULT_MAXIMUM_BYTES
from converter.problems import Problem
from converter.source.files import TEXT_SUFFIXES, File, Find, Wanted, failed, read_document_file
from converter.source.listing import listed, open_list
from converter.source.paths import (
    STANDARD_INPUT,
    LocalFile,
    files_of_folder,
    files_of_pattern,
    is_pattern,
    is_standard_input,
    named_file,
    read_there,
    standard_input,
)
from converter.source.query import sources_of_query
from converter.source.seen import Seen
from converter.source.tables import TABLE_SUFFIXES, Columns, sources_of_table
from converter.source.urls import files_of_url, is_url, open_store

__all__ = ["Columns", "LocalFile", "find_files", "find_sources", "read_there"]

FINDERS: Final[tuple[tuple[Callable[[str], bool], Find], ...]] = (
    (is_standard_input, standard_input),
    (is_url, files_of_url),
    (os.path.isdir, files_of_folder),
    (is_pattern, files_of_pattern),
    (bool, named_file),
)
"""Which finder takes an argument: the first whose test it passes."""


def find_sources(
    arguments: Iterable[str | os.PathLike[str]] = (),
    *,
    files_from: str | None = None,
    null_separated: bool = False,
    include: Iterable[str] = (),
    columns: Columns | None = None,
    query: str | None = None,
    maximum_bytes: int = DEFAULT_MAXIMUM_BYTES,
) -> Iterator[Source]:
    """Yield the documents that the arguments name, each once, read when its turn comes.

    An argument is a file, a folder (searched for text files and for names that fit `include`; hidden ones are left
    out), a glob (`**` crosses folders), `-` for standard input, or an address of an object store or the web.
    `files_from` is a file with further arguments, one a line or separated by NUL. With `columns` each file is a table
    whose rows are documents; with `query` its rows come from the result, and the one argument is a DuckDB database.
    What cannot be found or read is yielded as a source with a problem.

    Raises:
        UsageError: before the first source: a package is missing, a list cannot be read, options exclude each
            other, or the first table has not the columns asked for.
    """
    named = [os.fspath(argument) for argument in arguments]
    if query is not None:
        if columns is None:
            raise UsageError("`query` needs `text_column`, which says where the result has the documents")
        if len(named) > 1 or files_from is not None:
            raise UsageError("`query` takes one DuckDB database at most, and no list of files")
        return _started(_keyed(sources_of_query(query, named[0] if named else None, columns)))
    if files_from == STANDARD_INPUT and STANDARD_INPUT in named:
        raise UsageError("standard input is a document or a list of files, not both")
    for argument in filter(is_url, named):
        open_store(argument)
    listing = () if files_from is None else listed(open_list(files_from), b"\0" if null_separated else b"\n")
    patterns = tuple(include)
    if columns is None:
        files = _files(chain(named, listing), Wanted(TEXT_SUFFIXES, patterns))
        return _keyed(file if isinstance(file, Source) else read_document_file(file, maximum_bytes) for file in files)
    # What Spark and others leave beside their tables begins with an underscore.
    files = _files(chain(named, listing), Wanted(TABLE_SUFFIXES, patterns, (".", "_")))
    return _started(_keyed(_rows(files, columns, maximum_bytes)))


def find_files(arguments: Iterable[str | os.PathLike[str]]) -> Iterator[LocalFile | Source]:
    """Yield the local files that the arguments name, each once, for other processes to read.

    Raises:
        UsageError: an argument is standard input or an address, which is read where it is found.
    """
    named = [os.fspath(argument) for argument in arguments]
    if elsewhere := [argument for argument in named if is_standard_input(argument) or is_url(argument)]:
        raise UsageError(f"{elsewhere[0]} is no file that other processes could read")
    for file in _files(named, Wanted(TEXT_SUFFIXES)):
        assert isinstance(file, LocalFile | Source)
        yield file


def _files(arguments: Iterable[str], wanted: Wanted) -> Iterator[File | Source]:
    """Find the files that the arguments name, each once."""
    seen = Seen()
    for argument in arguments:
        find = next(find for takes, find in FINDERS if takes(argument))
        for found in find(argument, wanted):
            if isinstance(found, Source) or seen.add(found.identity):
                yield found


def _rows(files: Iterable[File | Source], columns: Columns, maximum_bytes: int) -> Iterator[Source]:
    """Read tables. Columns that are not there are wrong usage in the first table, and a problem in a later one."""
    first = True
    for file in files:
        if isinstance(file, Source):
            yield file
            continue
        try:
            yield from sources_of_table(file, columns, maximum_bytes)
        except UsageError as error:
            if first:
                raise
            yield failed(file.key, "no_column", error.message)
        first = False


def _keyed(sources: Iterable[Source]) -> Iterator[Source]:
    """Put a problem in the place of a document whose key an earlier one has: their records would be one."""
    seen = Seen()
    for source in sources:
        if source.problem is None and not seen.add(source.key):
            message = "an earlier document has this key, and was kept; name another `key_column`"
            source = Source(source.key, problem=Problem("duplicate_key", message))
        yield source


def _started(sources: Iterator[Source]) -> Iterator[Source]:
    """Read the first source at once, so that wrong usage is told before anything is converted."""
    return chain([source for source in [next(sources, None)] if source], sources)
