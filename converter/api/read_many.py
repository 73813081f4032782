"""Read many documents, in bounded memory and without files: `read_many`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any, Unpack, overload

import pyarrow as pa

from converter.api.arguments import SourcePath, list_of, options_of, type_name_of
from converter.config import Options, ReadingArguments, Run
from converter.document.document import Document
from converter.engine.batches import group_sources, uniqueness_filter
from converter.engine.conversion import read_document
from converter.engine.pool import convert_batches, map_batches
from converter.errors import UsageError
from converter.model.events import BatchRows
from converter.model.source import Source
from converter.output import Output
from converter.records import ParsedDocument
from converter.schema.load import load_schemas
from converter.sources import Columns, find_sources, sources_in_memory

ArrowStream = Any
"""Anything with `__arrow_c_stream__`: a data frame of pandas or Polars, an Arrow table or reader, a DuckDB relation."""

TABLES_BY_CALL = {
    "pandas.Series": "series.to_frame('text')",
    "polars.Series": "series.to_frame('text')",
    "polars.LazyFrame": "frame.collect()",
}
"""Types that are no table yet, and what makes one of them."""


@overload
def read_many(
    sources: SourcePath | Source | ArrowStream | Iterable[SourcePath | Source],
    *,
    records: None = None,
    columns: Columns | None = None,
    query: str | None = None,
    root: SourcePath | None = None,
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    ignore: bool = True,
    jobs: int = 1,
    **reading: Unpack[ReadingArguments],
) -> Iterator[Document]: ...
@overload
def read_many(
    sources: SourcePath | Source | ArrowStream | Iterable[SourcePath | Source],
    *,
    records: str | Iterable[str],
    columns: Columns | None = None,
    query: str | None = None,
    root: SourcePath | None = None,
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    ignore: bool = True,
    jobs: int = 1,
    schemas: Iterable[SourcePath | Mapping[str, Any]] = (),
    **reading: Unpack[ReadingArguments],
) -> Iterator[pa.RecordBatch]: ...
def read_many(
    sources: SourcePath | Source | ArrowStream | Iterable[SourcePath | Source],
    *,
    records: str | Iterable[str] | None = None,
    columns: Columns | None = None,
    query: str | None = None,
    root: SourcePath | None = None,
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    ignore: bool = True,
    jobs: int = 1,
    schemas: Iterable[SourcePath | Mapping[str, Any]] = (),
    **reading: Unpack[ReadingArguments],
) -> Iterator[Document | pa.RecordBatch]:
    """Read many documents, one batch of them in memory at a time.

    `sources` are paths, folders, globs or addresses, as for `convert`; or `Source`s, each a key with a text or bytes
    and attributes; or a data frame or Arrow table whose rows are documents, with `columns`. `jobs` is the number of
    worker processes; with more than one, the calling script needs `if __name__ == "__main__":`. Other arguments are
    those of `convert`.

    Yields a `Document` for each source, in order. With `records`, yields their rows instead, in Arrow record batches
    of one record each, whose name is in the schema's metadata: `batch.schema.metadata[b"record"]`. No document raises
    an exception: one that could not be read has no `doc_id`, and a row in `problems`.

    Raises:
        UsageError: an argument is wrong; raised before the first document is read.
        ViolationError: a record does not fit a schema that sets `fail`.
    """
    record_schemas = tuple(schema for description in schemas for schema in load_schemas(description))
    options = options_of(reading, record_schemas, read_many)
    jobs = Run(jobs).jobs
    search: dict[str, Any] = {
        "maximum_bytes": options.maximum_bytes, "maximum_seconds": options.maximum_seconds,
        "query": query, "root": root, "include": include, "exclude": exclude, "ignore": ignore,
    }  # fmt: skip
    documents = _sources_of(sources, columns, search)
    if records is None:
        return _documents(documents, options, jobs)
    names = Output(records=[records] if isinstance(records, str) else list(records)).names(options)
    return _record_batches(documents, options, names, jobs)


def _sources_of(sources: Any, columns: Columns | None, search: Mapping[str, Any]) -> Iterator[Source]:
    if columns is not None and not isinstance(columns, Columns):
        raise UsageError(f"`columns` are `Columns(text, key)`, not {type_name_of(columns)}")
    kind = type_name_of(sources)
    if kind in TABLES_BY_CALL:
        raise UsageError(f"a {kind} has no rows with named columns; pass `{TABLES_BY_CALL[kind]}`")
    if hasattr(sources, "__arrow_c_stream__"):
        if columns is None:
            raise UsageError(f"rows of a {kind} are documents only with `columns`, which name the text")
        frame = _columns_of_pandas(sources, columns) if kind == "pandas.DataFrame" else sources
        try:
            stream = pa.RecordBatchReader.from_stream(frame)
        except (pa.ArrowException, ValueError, TypeError) as error:  # pandas: values of several types, names twice
            reason = " ".join("; ".join(map(str, error.args)).split())
            raise UsageError(f"the {kind} cannot be read as an Arrow table: {reason}") from error
        return sources_in_memory(stream, columns, **search)
    arguments = list_of(sources, Source)
    is_paths = isinstance(sources, str | os.PathLike) or (
        isinstance(sources, Sequence) and not any(isinstance(source, Source) for source in sources)
    )
    return iter((find_sources if is_paths else sources_in_memory)(arguments, columns=columns, **search))


def _columns_of_pandas(frame: Any, columns: Columns) -> Any:
    """Return the columns of a data frame that hold documents: other ones may hold values that Arrow does not know.

    A column of texts without any text has the type of numbers in pandas.
    """
    names = columns.names
    if sorted(name for name in frame.columns if name in names) != sorted(names):
        return frame  # a column is missing or named by a number, or two have a name
    selection = frame[names]
    return selection.astype({columns.text: object}) if selection[columns.text].isna().all() else selection


def _documents(sources: Iterator[Source], options: Options, jobs: int) -> Iterator[Document]:
    if jobs == 1:
        return (Document(read_document(source, options), options) for source in sources)
    read = partial(_read_all, options=options)
    groups = (start.sources for start in group_sources(sources))
    results = map_batches(groups, read, read, options.maximum_seconds, jobs)
    return (Document(context, options) for context in chain.from_iterable(results))


def _read_all(sources: Sequence[Source], options: Options) -> list[ParsedDocument]:
    return [read_document(source, options) for source in sources]


def _record_batches(
    sources: Iterator[Source], options: Options, names: Sequence[str], jobs: int
) -> Iterator[pa.RecordBatch]:
    keep_unique = uniqueness_filter(options)
    # The filter names the documents of its problems.
    needed_names = list(dict.fromkeys([*names, *(("documents", "problems") if options.schemas else ())]))
    for event in convert_batches(group_sources(sources), options, needed_names, jobs):
        if isinstance(event, BatchRows):
            for name, table in keep_unique(event).records.items():
                if name in names:
                    yield from table.to_batches()
