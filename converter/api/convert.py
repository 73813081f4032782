"""Convert many documents to files or a database (`convert`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Unpack

from converter.api.arguments import ConvertArguments, SourcePath, check_argument_names, list_of
from converter.config import Options, Output, Run, Selection
from converter.destination import FILE, STREAM, destination_of
from converter.destination import RECORD_OUTPUTS as OUTPUTS
from converter.engine.one_file import write_file
from converter.engine.run import write_folder, write_target
from converter.errors import NothingRead, UsageError
from converter.model.report import Report
from converter.output import open_target, replaced_by
from converter.schema.load import load_schemas
from converter.settings import values_of


def convert(
    sources: SourcePath | Iterable[SourcePath],
    out: SourcePath,
    *,
    to: str | None = None,
    schemas: Iterable[SourcePath | Mapping[str, Any]] = (),
    **arguments: Unpack[ConvertArguments],
) -> Report:
    """Convert documents to a folder with one file per record and per data set, and return a report.

    `sources` is a file, a folder, a glob, `-` for standard input, or a list of these. `out` is a folder, and `to` its
    format (parquet, csv, json, ndjson, or markdown: a file for each document); or a single file (`x.csv`) if one
    record is named; or a database (`x.duckdb`, `delta://folder`, `iceberg://catalog/namespace`,
    `postgresql://host/name`). Names mean the same as on the command line.
    `schemas` are files, names of ready-made schemas or dictionaries; their records are written beside the others.

    The other arguments are the fields of `Selection`, `Options`, `Output` and `Run`, which describe them, by name:

    - `events` (notifications of changed documents) stands for the sources, which are then `[]`. `files_from` (a list of
      further sources) and `include` (further files in folders) add to the sources. Folders and `**` leave out what
      matches `exclude` and, with `ignore`, what git ignores. Keys of local paths, and so ids, are relative to `root` if
      set. With `columns` the sources are tables whose rows are documents; with `query` the rows come from a query, of
      the DuckDB database named if any.
    - `repair`, `rules_off`, `hints`, `encoding`, `parser` and the limits set how documents are read. A document that
      cannot be read does not stop the run: see `problems` of the report.
    - `records` are the records to write (`datasets` for the data sets), all by default. An existing output is refused,
      unless `overwrite` replaces it, `append` adds documents to it, or `incremental` brings it up to date, within
      `maximum_removed`. `partition_by`, `file_bytes`, `layout`, `lock_types`, `spreadsheet_safe` and `datapackage`
      shape it.
    - `jobs` is the number of worker processes; with more than one, the calling script needs
      `if __name__ == "__main__":`. With more than `maximum_problems` errors the run fails. `progress` is called after
      each batch.

    Raises:
        UsageError: a format, record, repair level, rule or schema is unknown; the sources are not paths, or `out`
            cannot be written to.
        ViolationError: a record does not fit a schema that sets `fail`.
        TooManyProblems: there were more errors than `maximum_problems`.
        NothingRead: no document could be read; the output is unchanged.
        OutputError: the output exists and may not be replaced, or could not be written, or the run would remove more
            of it than allowed. The output is unchanged.
    """
    check_argument_names(convert, arguments, ConvertArguments)
    record_schemas = tuple(schema for description in schemas for schema in load_schemas(description))
    options = Options(schemas=record_schemas, **values_of(Options, arguments))
    source_list = list_of(sources)
    if out is None:
        raise UsageError("an output is a path or an address, not None")
    destination = destination_of(out, to, OUTPUTS)
    if destination.place == STREAM:
        raise UsageError(f"name an output: {OUTPUTS}; `read` and `extract` return rows")
    target = open_target(destination)
    output = Output(destination.format or "parquet", **values_of(Output, arguments))
    run = Run(**values_of(Run, arguments))
    documents = Selection(**values_of(Selection, arguments)).find(
        source_list, options, replaced=replaced_by(destination)
    )
    if target is not None:
        report = write_target(documents, target, output, options, run)
    else:
        write = write_file if destination.place == FILE else write_folder
        report = write(documents, destination.path, output, options, run)
    if report.exit_code == 1:
        raise NothingRead(report.problems)
    return report
