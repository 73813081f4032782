"""Options of the sources of documents, the same in every command that has them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from converter.errors import UsageError
from converter.limits import DEFAULT_MAXIMUM_SECONDS
from converter.settings import names_in

if TYPE_CHECKING:
    from converter.config import Options
    from converter.document.document import Document
    from converter.model.source import Source
    from converter.sources import LeftOut
    from converter.sources import Sources as FoundSources

_option = partial(typer.Option, rich_help_panel="Sources")
_of_tables = partial(typer.Option, rich_help_panel="Tables of documents")


def check_names(value: list[str] | str | None) -> list[str] | str | None:
    """Return the value of an argument that names what is read, before anything is imported or started for it.

    Raises:
        UsageError: a name is empty.
    """
    if "" in ([value] if isinstance(value, str) else value or ()):
        raise UsageError("a source has an empty name; check for an unset shell variable")
    return value


SOURCE = typer.Argument(
    metavar="SOURCE...",
    help="Files, folders, globs, addresses (s3://, https://, ...), or - for standard input.",
    callback=check_names,
)
Sources = Annotated[list[str] | None, SOURCE]
SomeSources = Annotated[list[str], SOURCE]
FilesFrom = Annotated[
    str | None,
    _option("--files-from", metavar="LIST", help="A file that names further sources, one per line; - is stdin."),
]
Null = Annotated[bool, _option("--null", help="NUL separates the names of --files-from, as in find -print0.")]
Include = Annotated[
    list[str] | None,
    _option("--include", metavar="GLOB", help="Further files to read in folders, for example '*.html'."),
]
Exclude = Annotated[
    list[str] | None,
    _option(
        "--exclude", metavar="GLOB", help="Leave matching files out of folders and globs; same syntax as .gitignore."
    ),
]
NoIgnore = Annotated[bool, _option("--no-ignore", help="In folders and globs, also read files that git ignores.")]
TextColumn = Annotated[
    str | None,
    _of_tables("--text-column", metavar="COLUMN", help="The sources are tables; this column holds the documents."),
]
KeyColumn = Annotated[
    str | None,
    _of_tables("--key-column", metavar="COLUMN", help="The column with each document's key. Default: TABLE#ROW."),
]
Keep = Annotated[
    str | None, _of_tables("--keep", metavar="A,B", help="Columns to pass through to documents.attributes.")
]
Query = Annotated[
    str | None,
    _of_tables("--query", metavar="SELECT", help="Read the rows of this query; SOURCE, if any, is a DuckDB database."),
]

Root = Annotated[
    str | None,
    _option(
        "--root",
        metavar="DIR",
        help="Keys, and so ids, are paths relative to this folder, wherever it is. Default: paths as written.",
    ),
]


def found_sources(
    sources: list[str], options: Options, exclude: list[str] | None = None, no_ignore: bool = False
) -> FoundSources:
    """Return the sources that the arguments name, read lazily within the limits of the options."""
    from converter.sources import find_sources

    return find_sources(
        sources,
        maximum_bytes=options.maximum_bytes,
        maximum_seconds=options.maximum_seconds,
        exclude=exclude or (),
        ignore=not no_ignore,
    )


def documents_of(
    sources: list[str], options: Options, exclude: list[str] | None = None, no_ignore: bool = False
) -> Iterator[Document]:
    """Yield the documents that the arguments name, read one at a time within the limits of the options."""
    from converter.document.document import Document
    from converter.engine.conversion import read_document

    for source in found_sources(sources, options, exclude, no_ignore):
        yield Document(read_document(source, options), options)


def sources_of(
    sources: list[str] | None,
    files_from: str | None,
    null: bool,
    include: list[str] | None,
    text_column: str | None,
    key_column: str | None,
    keep: str | None,
    query: str | None,
    maximum_bytes: int,
    maximum_seconds: float | None = DEFAULT_MAXIMUM_SECONDS,
    exclude: list[str] | None = None,
    no_ignore: bool = False,
    left_out: LeftOut | None = None,
    root: str | None = None,
) -> Iterator[Source]:
    """Return the sources that the options name, read lazily.

    Raises:
        UsageError: no source is named, an option lacks another that it requires, or as for `find_sources`.
    """
    from converter.sources import Columns, find_sources

    if root is not None and query is not None:
        raise UsageError("--root is for paths; the keys of --query are those of its rows")
    if not sources and files_from is None and query is None:
        raise UsageError("name a SOURCE, or --files-from, or --query")
    if null and files_from is None:
        raise UsageError("--null goes with --files-from")
    if text_column is None and (key_column is not None or keep is not None):
        raise UsageError("--key-column and --keep go with --text-column")
    return find_sources(
        sources or (),
        files_from=files_from,
        null_separated=null,
        include=include or (),
        columns=None if text_column is None else Columns(text_column, key_column, names_in(keep)),
        query=query,
        maximum_bytes=maximum_bytes,
        root=root,
        maximum_seconds=maximum_seconds,
        exclude=exclude or (),
        ignore=not no_ignore,
        left_out=left_out,
    )
