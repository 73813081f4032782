"""Options of the sources of documents, the same in every command that has them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from converter.cli.flags import Selecting
from converter.engine.process import free_documents
from converter.errors import UsageError
from converter.settings import names_in

if TYPE_CHECKING:
    from converter.config import Options, Selection
    from converter.destination import Destination
    from converter.document.document import Document

_of_tables = partial(typer.Option, rich_help_panel="Tables of documents")


def check_source_names(value: list[str] | str | None) -> list[str] | str | None:
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
    callback=check_source_names,
)
SourceNames = Annotated[list[str] | None, SOURCE]
SomeSources = Annotated[list[str], SOURCE]
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


def documents_of(
    sources: list[str], options: Options, selecting: Selecting, destination: Destination | None = None
) -> Iterator[Document]:
    """Yield the documents that the arguments name, read one at a time within the limits of the options.

    Raises:
        UsageError: the destination is one of them.
    """
    from converter.document.document import Document
    from converter.engine.conversion import read_document
    from converter.output import replaced_by

    replaced = None if destination is None else replaced_by(destination)
    for source in free_documents(selecting.selection().find(sources, options, replaced=replaced)):
        yield Document(read_document(source, options), options)


def selection_of(
    sources: list[str], selecting: Selecting, text_column: str | None, key_column: str | None, keep: str | None
) -> Selection:
    """Return which documents the options select.

    Raises:
        UsageError: no source is named, or an option lacks another that it requires.
    """
    from converter.sources import Columns

    columns = None if text_column is None else Columns(text_column, key_column, names_in(keep))
    selection = selecting.selection(columns=columns)
    if selection.root is not None and selection.query is not None:
        raise UsageError("--root is for paths; the keys of --query are those of its rows")
    if not sources and selection.files_from is None and selection.events is None and selection.query is None:
        raise UsageError("name a SOURCE, or --files-from, --events or --query")
    if selection.null_separated and selection.files_from is None:
        raise UsageError("--null goes with --files-from")
    if text_column is None and (key_column is not None or keep is not None):
        raise UsageError("--key-column and --keep go with --text-column")
    return selection
