"""Many documents to files (`convert`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

from converter.api.arguments import ReadingArguments, SourcePath, list_of, options_of
from converter.datasets import Lock
from converter.destination import FILE, STREAM, destination_of
from converter.destination import RECORDS as OUTPUTS
from converter.engine.run import Progress, Settings, write_file, write_folder, write_target
from converter.errors import UsageError
from converter.model.report import Report
from converter.output import Arrangement, Output, mode_of, open_target
from converter.schema.load import load_schemas
from converter.sources import Columns, find_sources
from converter.write import Layout


def convert(
    sources: SourcePath | Iterable[SourcePath],
    out: SourcePath,
    *,
    to: str | None = None,
    records: str | Iterable[str] | None = None,
    overwrite: bool = False,
    append: bool = False,
    incremental: bool = False,
    maximum_removed: int | str | None = None,
    partition_by: Iterable[str] = (),
    file_bytes: int | None = None,
    layout: Arrangement | None = None,
    lock_types: Lock | None = None,
    spreadsheet_safe: bool = False,
    jobs: int = 1,
    maximum_problems: int | None = None,
    progress: Progress | None = None,
    columns: Columns | None = None,
    query: str | None = None,
    root: SourcePath | None = None,
    schemas: Iterable[SourcePath | Mapping[str, Any]] = (),
    datapackage: bool = False,
    exclude: Iterable[str] = (),
    ignore: bool = True,
    **reading: Unpack[ReadingArguments],
) -> Report:
    """Convert documents to a folder with a file a record and a file a data set, and report what was done.

    `sources` is a file, a folder, a glob, `-` for standard input, or a list of these; `out` is the folder, `to` its
    format (parquet, csv, json, ndjson); a file (`x.csv`) where one record is named; or a database (`x.duckdb`,
    `delta://folder`, `postgresql://host/name`). What a name means is what it means on the command line.
    `records` are the records to write (`datasets` for the data sets), all by default. `reading` says how documents are
    read, and within which limits (see `ReadingArguments`). A document that cannot be read costs only itself: see
    `problems` of the report.
    `schemas` are files, ready-made names or dictionaries, whose records come beside the others; `datapackage` adds a
    `datapackage.json` that describes the files.

    An output that exists is refused, unless one of `overwrite`, `append` and `incremental` says to replace it, to add
    documents to it, or to bring it up to date; see `converter.output.Output`, also for `partition_by`,
    `maximum_removed`, `layout` (`files` or `folders`) and `lock_types`; once a file of a folder has `file_bytes` the
    next one begins. Keys of local paths, and so ids, are relative to `root` where one is named. `jobs` worker
    processes convert; with more than one, the calling script needs its `if __name__ == "__main__":`. With more than
    `maximum_problems` errors the run fails. With `columns` the sources are tables whose rows are documents; with
    `query` the rows come from a query, of the DuckDB database named if any. Folders and `**` leave out what fits
    `exclude` and, with `ignore`, what git ignores.

    Raises:
        UsageError: there is no such format, record, repair level, rule or schema; the sources are no paths, or nothing
            can be written to `out`.
        ViolationError: a record does not fit a schema that says `fail`.
        TooManyProblems: there were more errors than `maximum_problems`.
        OutputError: the output exists already and is not to be replaced, or could not be written; or more of it would
            be removed than may be. It is as it was.
    """
    asked = tuple(schema for each in schemas for schema in load_schemas(each))
    options = options_of(reading, asked)
    named = list_of(sources)
    if out is None:
        raise UsageError("an output is a path or an address, not None")
    destination = destination_of(out, to, OUTPUTS)
    if destination.place == STREAM:
        raise UsageError(f"name an output: {OUTPUTS}; rows to look at come from `read` and `extract`")
    target = open_target(destination)
    output = Output(
        destination.format or "parquet",
        [records] if isinstance(records, str) else None if records is None else list(records),
        Layout(spreadsheet_safe=spreadsheet_safe, file_bytes=file_bytes),
        mode_of(overwrite=overwrite, append=append, incremental=incremental),
        tuple(partition_by),
        datapackage,
        maximum_removed,
        layout,
        lock_types,
    )
    settings = Settings(jobs, maximum_problems, progress)
    found = find_sources(
        named, columns=columns, query=query, maximum_bytes=options.maximum_bytes,
        maximum_seconds=options.maximum_seconds, exclude=exclude, ignore=ignore, root=root,
    )  # fmt: skip
    if target is not None:
        return write_target(found, target, output, options, settings)
    write = write_file if destination.place == FILE else write_folder
    return write(found, destination.path, output, options, settings)
