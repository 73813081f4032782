"""The options that say where documents come from, the same in each command that has them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from converter.cli.output_options import names_in
from converter.errors import UsageError

if TYPE_CHECKING:
    from converter.conversion import Options, Source
    from converter.document import Document

_option = partial(typer.Option, rich_help_panel="Sources")

SOURCE = typer.Argument(
    metavar="SOURCE...", help="Files, folders, globs, addresses (s3://, https://, ...), or - for standard input."
)
Sources = Annotated[list[str] | None, SOURCE]
SomeSources = Annotated[list[str], SOURCE]
FilesFrom = Annotated[
    str | None,
    _option("--files-from", metavar="LIST", help="A file that names further sources, one a line; - is stdin."),
]
Null = Annotated[bool, _option("--null", help="NUL parts the names of --files-from, as of find -print0.")]
Include = Annotated[
    list[str] | None,
    _option("--include", metavar="GLOB", help="Further files to read in folders, for example '*.html'."),
]
TextColumn = Annotated[
    str | None,
    _option("--text-column", metavar="COLUMN", help="The sources are tables; this column holds the documents."),
]
KeyColumn = Annotated[
    str | None,
    _option("--key-column", metavar="COLUMN", help="The column with each document's key. Default: TABLE#ROW."),
]
Keep = Annotated[str | None, _option("--keep", metavar="A,B", help="Columns to pass through to documents.attributes.")]
Query = Annotated[
    str | None,
    _option("--query", metavar="SELECT", help="The rows come from this query; SOURCE is a DuckDB database, if any."),
]


def documents_of(sources: list[str], options: Options) -> Iterator[Document]:
    """Read the documents that the arguments name, one after the other, within the limits of the options."""
    from converter.conversion import read_document
    from converter.document import Document
    from converter.source import find_sources

    for source in find_sources(sources, maximum_bytes=options.maximum_bytes):
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
) -> Iterator[Source]:
    """Return the documents that the options name, read when their turn comes.

    Raises:
        UsageError: no source is named, an option lacks the one that it goes with, or as for `find_sources`.
    """
    from converter.source import Columns, find_sources

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
        columns=None if text_column is None else Columns(text_column, key_column, tuple(names_in(keep))),
        query=query,
        maximum_bytes=maximum_bytes,
    )
