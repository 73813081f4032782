"""Sources of documents: paths, globs, standard input, object-store addresses, table rows, query results.

The first finder in `FINDERS` that accepts an argument turns it into files. A file becomes one document, decompressed
(`files.py`), or, if a text column is named, the rows of a table (`tables.py`). Everything streams: memory holds one
document, one batch of rows, or one group of small remote objects.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache, partial
from itertools import chain, groupby
from typing import Any, Final

import pyarrow as pa

from converter.addresses import expand_home, public
from converter.errors import FAULTS, PluginError, UsageError
from converter.limits import DEFAULT_MAXIMUM_BYTES, DEFAULT_MAXIMUM_SECONDS
from converter.model.source import Source
from converter.plugins import Registry, callable_with
from converter.problems import Problem
from converter.sources.events import changed_files, read_events
from converter.sources.evidence import Listing, Sources
from converter.sources.files import (
    TEXT_SUFFIXES,
    File,
    Find,
    Search,
    read_document_file,
    source_of_error,
    source_of_problem,
)
from converter.sources.ignore import LeftOut, patterns_of
from converter.sources.listing import open_listing, read_list
from converter.sources.name_set import NameSet
from converter.sources.paths import (
    STANDARD_INPUT,
    LocalFile,
    files_of_folder,
    files_of_pattern,
    find_document_file,
    is_pattern,
    is_standard_input,
    named_file,
    read_source,
    read_there,
    spelling_of,
    standard_input,
)
from converter.sources.query import sources_of_query
from converter.sources.replaced_files import ReplacedFiles
from converter.sources.table_formats import TABLE_SUFFIXES
from converter.sources.table_rows import Columns
from converter.sources.tables import sources_of_batches, sources_of_table
from converter.sources.urls import check_store, files_of_url, is_url

__all__ = [
    "SOURCES",
    "Columns",
    "LeftOut",
    "Listing",
    "LocalFile",
    "ReplacedFiles",
    "Sources",
    "find_files",
    "find_sources",
    "read_source",
    "read_there",
    "sources_in_memory",
]

SOURCES: Final[Registry[Find]] = Registry("sources", {}, callable_with())
"""The finders of plug-ins by the scheme of the addresses that they take: `imap` takes `imap://...`."""


def is_of_plugin(argument: str) -> bool:
    """Whether a plug-in takes an argument: an address with its scheme."""
    scheme, colon, _ = argument.partition("://")
    return bool(colon) and scheme.lower() in SOURCES


def sources_of_plugin(argument: str, search: Search) -> Iterator[File | Source]:
    """Yield what the finder of a plug-in finds; an error of it becomes a problem of the argument."""
    name = argument.partition("://")[0].lower()
    try:
        for source in SOURCES[name](argument, search):
            if not isinstance(source, Source) and not hasattr(source, "open"):
                raise TypeError(f"it yields {type(source).__name__}, not Source")
            yield source
    except PluginError:
        raise
    except FAULTS as error:
        message = f"{SOURCES.plugins[name]} raised {type(error).__name__}: {' '.join(str(error).split())}"
        yield source_of_problem(public(argument), "plugin_failed", message)


FINDERS: Final[tuple[tuple[Callable[[str], bool], Find], ...]] = (
    (is_standard_input, standard_input),
    (is_of_plugin, sources_of_plugin),
    (is_url, files_of_url),
    (os.path.isdir, files_of_folder),
    (is_pattern, files_of_pattern),
    (bool, named_file),
)
"""The finders with their tests. The first finder whose test accepts an argument handles it."""

EMPTY_CODES: Final = frozenset({"no_documents"})
"""Problem codes of a finder that listed everything and found nothing. Any other code may hide documents."""


def find_sources(
    arguments: Iterable[str | os.PathLike[str]] = (),
    *,
    files_from: str | None = None,
    events: str | None = None,
    null_separated: bool = False,
    include: Iterable[str] = (),
    columns: Columns | None = None,
    query: str | None = None,
    maximum_bytes: int = DEFAULT_MAXIMUM_BYTES,
    maximum_seconds: float | None = DEFAULT_MAXIMUM_SECONDS,
    exclude: Iterable[str] = (),
    ignore: bool = True,
    left_out: LeftOut | None = None,
    root: str | os.PathLike[str] | None = None,
    replaced: ReplacedFiles | None = None,
) -> Sources:
    """Return the documents that the arguments name, each once, read lazily.

    An argument is a file, a folder (searched for text files and for names that match `include`; hidden ones are
    skipped), a glob (`**` crosses folders), `-` for standard input, or an address of an object store or the web.
    `files_from` is a file with further arguments, one per line or separated by NUL. `events` is a file with
    notifications of changed documents (`events.py`), which are the only sources then. With `columns`, each file is a
    table whose rows are documents; with `query`, the rows come from the query result, and the one argument is a DuckDB
    database.

    A search of a folder or `**` skips paths that match a pattern of `exclude` (a line of a `.gitignore`) and, with
    `ignore`, paths that git ignores; `left_out` counts them. A document that a web server or the writer of a pipe does
    not deliver within `maximum_seconds` is abandoned. Files that the run replaces (`replaced`) are not read. Anything
    that cannot be found or read becomes a source with a problem. If `root` is set, keys of local paths are relative to
    that folder, wherever it is.

    Raises:
        UsageError: before the first source: an argument is empty, a package is missing, a list cannot be read, options
            exclude each other, a path is outside the root, or the first table lacks a requested column. Later:
            the run would replace a source.
    """
    names = [_argument_of(argument) for argument in arguments]
    listing = Listing(None if root is None else os.fspath(root))
    if query is not None:
        if columns is None:
            raise UsageError("`query` needs `text_column`, the column of the result that holds the documents")
        if len(names) > 1 or files_from is not None:
            raise UsageError("`query` takes one DuckDB database at most, and no list of files")
        rows = sources_of_query(query, names[0] if names else None, columns, maximum_bytes)
        return Sources(_start(_without_duplicate_keys(rows)), listing)
    if events is not None and (names or files_from is not None or columns is not None):
        raise UsageError("`events` name all the documents that are read; leave out other sources and `text_column`")
    if files_from == STANDARD_INPUT and STANDARD_INPUT in names:
        raise UsageError("standard input is a document or a list of files, not both")
    _check_places(names, listing.root, replaced or ReplacedFiles())
    list_arguments = (
        ()
        if files_from is None
        else read_list(open_listing(files_from), b"\0" if null_separated else b"\n", files_from)
    )
    is_table = columns is not None
    search = Search(
        TABLE_SUFFIXES if is_table else TEXT_SUFFIXES,
        tuple(include),
        # Spark and other writers leave files beside their tables whose names begin with an underscore.
        (".", "_") if is_table else (".",),
        tuple(patterns_of(exclude)),
        ignore,
        LeftOut() if left_out is None else left_out,
        maximum_seconds,
    )
    files = _files(chain(names, list_arguments), search, listing, is_table)
    if events is not None:
        listing.events = 0
        changes = read_events(open_listing(events, "events"), events)
        files = changed_files(changes, partial(_files, search=search, listing=listing), search, listing)
    if replaced is not None and not replaced.is_empty:
        files = replaced.leave_out(files, search.left_out)
    if columns is not None:
        rows = _rows(files, columns, maximum_bytes, maximum_seconds, listing)
        return Sources(_start(_without_duplicate_keys(rows)), listing)

    def documents(open_file: Callable[[File, int, float | None], Source]) -> Iterator[Source]:
        return _without_duplicate_keys(
            file if isinstance(file, Source) else open_file(file, maximum_bytes, maximum_seconds) for file in files
        )

    return Sources(documents(read_document_file), listing, documents(find_document_file))


def sources_in_memory(
    sources: pa.RecordBatchReader | Iterable[str | os.PathLike[str] | Source],
    columns: Columns | None = None,
    maximum_bytes: int = DEFAULT_MAXIMUM_BYTES,
    **search: Any,
) -> Iterator[Source]:
    """Yield documents that are already in memory, lazily: the rows of a table, or sources and paths in any order.

    `search` are further arguments of `find_sources`, for the paths.

    Raises:
        UsageError: before the first source: a requested column is missing.
    """
    if isinstance(sources, pa.RecordBatchReader):
        assert columns is not None
        return _without_duplicate_keys(sources_of_batches(sources, columns, maximum_bytes))
    results = (
        [source]
        if isinstance(source, Source)
        else find_sources([source], columns=columns, maximum_bytes=maximum_bytes, **search)
        for source in sources
    )
    return _without_duplicate_keys(chain.from_iterable(results))


def _argument_of(argument: str | os.PathLike[str]) -> str:
    path = os.fsdecode(argument)
    if not path:
        raise UsageError("a source has an empty name; check for an unset shell variable")
    return expand_home(path)


def _check_places(arguments: Iterable[str], root: str | None, replaced: ReplacedFiles) -> None:
    """Refuse an address that nothing installed can read, a path outside the root if there is one, and a file that the
    run replaces.

    Raises:
        UsageError: a package is missing, a path is outside the root, or the run would replace it.
    """
    for argument in arguments:
        if is_of_plugin(argument):
            SOURCES[argument.partition("://")[0].lower()]
        elif is_url(argument):
            check_store(argument)
        elif not is_standard_input(argument) and not is_pattern(argument):
            replaced.check(argument)
            if root is not None:
                spelling_of(argument, root)


def find_files(
    arguments: Iterable[str | os.PathLike[str]],
    listing: Listing | None = None,
    *,
    exclude: Iterable[str] = (),
    ignore: bool = True,
) -> Iterator[LocalFile | Source]:
    """Yield the local files that the arguments name, each once, for other processes to read. See `find_sources`.

    Keys are relative to the root of `listing`, which also records what the search reveals about the sources.

    Raises:
        UsageError: an argument is standard input or an address, which is read in the process that finds it.
    """
    names = [_argument_of(argument) for argument in arguments]
    if non_files := [argument for argument in names if is_standard_input(argument) or is_url(argument)]:
        raise UsageError(f"{non_files[0]} is not a file that other processes can read")
    for file in _files(names, Search(exclude=tuple(patterns_of(exclude)), ignore=ignore), listing or Listing()):
        assert isinstance(file, LocalFile | Source)
        yield file


def _files(
    arguments: Iterable[str | Source], search: Search, listing: Listing, are_tables: bool = False
) -> Iterator[File | Source]:
    """Find the files that the arguments name, each once; record in the listing which arguments were searched.

    An error in one argument becomes a problem of that argument.
    """
    identities = NameSet()
    real_folder = lru_cache(maxsize=64)(os.path.realpath)  # for this run only: links may change
    for argument in arguments:
        if isinstance(argument, Source):
            yield argument
            continue
        try:
            find = next(find for takes, find in FINDERS if takes(argument))
            is_container = are_tables or find not in (standard_input, named_file)
            listing.searched = _container(argument, listing.root) if is_container else ""
            if is_container:
                listing.containers.add(listing.searched)
            for result in find(argument, search):
                listing.is_local = listing.is_local or isinstance(result, LocalFile)
                file = _with_key(result, listing.root)
                if isinstance(file, Source) or identities.add(file.identity(real_folder)):
                    yield file
        except Exception as error:  # a NUL in a name, an address that no library can parse
            key = public(argument) if is_url(argument) else argument
            problem = source_of_problem(
                key, "unreadable", f"cannot be read ({type(error).__name__}); check its spelling"
            )
            yield replace(problem, listed=False)


def _with_key(file: File | Source, root: str | None) -> File | Source:
    """Return a finder's result under its final key; a source that was not found may hold any number of documents."""
    if isinstance(file, LocalFile):
        try:
            spelling = spelling_of(file.path, root)
        except UsageError as error:
            return Source(file.key, problem=Problem("outside_root", error.message), listed=False)
        return file if spelling is None else replace(file, spelling=spelling)
    if isinstance(file, Source):
        listed = file.problem is not None and file.problem.code in EMPTY_CODES
        return replace(file, key=_place(file.key, root), listed=listed)
    return file


def _place(key: str, root: str | None) -> str:
    """Return the key of a searched place, relative to the root if the place is inside the root."""
    if is_standard_input(key) or is_url(key):
        return key
    try:
        return LocalFile(key, spelling=spelling_of(key, root)).key
    except UsageError:
        return key


def _container(argument: str, root: str | None) -> str:
    """Return the key of the place that an argument searches; for a pattern, the folder before its wildcards."""
    if glob.has_magic(argument) and not os.path.lexists(argument):
        argument = os.path.dirname(argument[: re.search(r"[*?\[]", argument).start()])  # type: ignore[union-attr]
    return public(argument).rstrip("/") if is_url(argument) else _place(argument or ".", root)


def _rows(
    files: Iterable[File | Source],
    columns: Columns,
    maximum_bytes: int,
    maximum_seconds: float | None,
    listing: Listing,
) -> Iterator[Source]:
    """Read tables; report an argument without rows. A missing column is a usage error in the first table, and a problem
    in later ones."""
    is_first_table = True
    for place, tables in groupby(files, lambda _: listing.searched):
        is_empty = True
        for file in tables:
            if isinstance(file, Source):
                is_empty = False
                yield file
                continue
            try:
                for row in sources_of_table(file, columns, maximum_bytes, maximum_seconds):
                    is_empty = False
                    # A problem of the whole table hides rows.
                    yield replace(row, listed=False) if row.problem is not None and row.key == file.key else row
            except UsageError as error:
                if is_first_table:
                    raise
                is_empty = False
                yield replace(source_of_problem(file.key, "no_column", error.message), listed=False)
            except Exception as error:  # an address that no library can parse
                is_empty = False
                yield replace(source_of_error(file, error), listed=False)
            is_first_table = False
        if is_empty:
            yield source_of_problem(
                place, "no_rows", "there are no rows, and so no documents; check that the table is complete"
            )


def _without_duplicate_keys(sources: Iterable[Source]) -> Iterator[Source]:
    """Replace a document by a problem if an earlier document has the same key: their records would merge."""
    keys = NameSet()
    for source in sources:
        if source.problem is None and not keys.add(source.key):
            message = "an earlier document has this key, and was kept; name another `key_column`"
            source = Source(source.key, problem=Problem("duplicate_key", message))
        yield source


def _start(sources: Iterator[Source]) -> Iterator[Source]:
    """Read the first source immediately, so that usage errors appear before any conversion."""
    return chain([source for source in [next(sources, None)] if source], sources)
