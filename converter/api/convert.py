"""Convert many documents to files or a database (`convert`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

from converter.api.arguments import ReadingArguments, SourcePath, list_of, options_of
from converter.datasets import Lock
from converter.destination import FILE, STREAM, destination_of
from converter.destination import RECORDS as OUTPUTS
from converter.engine.run import Progress, Settings, write_file, write_folder, write_target
from converter.errors import NothingRead, UsageError
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
    """Convert documents to a folder with one file per record and per data set, and return a report.

    `sources` is a file, a folder, a glob, `-` for standard input, or a list of these. `out` is a folder, and `to` its
    format (parquet, csv, json, ndjson); or a single file (`x.csv`) if one record is named; or a database (`x.duckdb`,
    `delta://folder`, `postgresql://host/name`). Names mean the same as on the command line.
    `records` are the records to write (`datasets` for the data sets), all by default. `reading` sets how documents are
    read, and their limits (see `ReadingArguments`). A document that cannot be read does not stop the run: see
    `problems` of the report.
    `schemas` are files, names of ready-made schemas or dictionaries; their records are written beside the others.
    `datapackage` adds a `datapackage.json` that describes the files.

    An existing output is refused, unless `overwrite` replaces it, `append` adds documents to it, or `incremental`
    brings it up to date; see `converter.output.Output`, also for `partition_by`, `maximum_removed`, `layout` (`files`
    or `folders`) and `lock_types`. In a folder of files, a new file begins once the current one has `file_bytes`. Keys
    of local paths, and so ids, are relative to `root` if set. `jobs` is the number of worker processes; with more than
    one, the calling script needs `if __name__ == "__main__":`. With more than `maximum_problems` errors the run fails.
    With `columns` the sources are tables whose rows are documents; with `query` the rows come from a query, of the
    DuckDB database named if any. Folders and `**` leave out what matches `exclude` and, with `ignore`, what git
    ignores.

    Raises:
        UsageError: a format, record, repair level, rule or schema is unknown; the sources are not paths, or `out`
            cannot be written to.
        ViolationError: a record does not fit a schema that sets `fail`.
        TooManyProblems: there were more errors than `maximum_problems`.
        NothingRead: no document could be read; the output is unchanged.
        OutputError: the output exists and may not be replaced, or could not be written, or the run would remove more
            of it than allowed. The output is unchanged.
    """
    record_schemas = tuple(schema for description in schemas for schema in load_schemas(description))
    options = options_of(reading, record_schemas)
    source_list = list_of(sources)
    if out is None:
        raise UsageError("an output is a path or an address, not None")
    destination = destination_of(out, to, OUTPUTS)
    if destination.place == STREAM:
        raise UsageError(f"name an output: {OUTPUTS}; `read` and `extract` return rows")
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
    documents = find_sources(
        source_list, columns=columns, query=query, maximum_bytes=options.maximum_bytes,
        maximum_seconds=options.maximum_seconds, exclude=exclude, ignore=ignore, root=root,
    )  # fmt: skip
    if target is not None:
        report = write_target(documents, target, output, options, settings)
    else:
        write = write_file if destination.place == FILE else write_folder
        report = write(documents, destination.path, output, options, settings)
    if report.exit_code == 1:
        raise NothingRead(report.problems)
    return report
