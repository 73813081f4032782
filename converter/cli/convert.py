"""parquetry convert."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from converter.cli.check import SchemaOption, schemas_of
from converter.cli.console import standard_output
from converter.cli.dry_run import preview
from converter.cli.flags import ReadingFlags, Running, Selecting, Writing, with_flags
from converter.cli.messages import conclude, report_left_out, report_other_formats, report_tables, report_unused_types
from converter.cli.output_options import OnlySchema, Out, Quiet, ReportFile, To, Verbose, of_run
from converter.cli.progress import progress_shown
from converter.cli.source_options import Keep, KeyColumn, SourceNames, TextColumn, selection_of
from converter.destination import (
    EVENTS_FILE,
    FILE,
    FOLDER,
    JSON_FILE,
    RECORD_OUTPUTS,
    STREAM,
    Destination,
    check_writable,
    destination_of,
)
from converter.engine.process import start_fork_server
from converter.errors import UsageError

if TYPE_CHECKING:
    from converter.config import Options, Output, Run
    from converter.model.report import Report
    from converter.model.source import Source
    from converter.output import Target

MANY_FILES = 512
FILES_OF_RUNS = ("_manifest", "_parts", "datapackage")
"""Files of an output besides its records, without their suffix."""
EXAMPLES = """[bold]Examples[/bold]

  parquetry convert article.md -o out

  parquetry convert docs/ 'notes/**/*.txt' -o out --to csv

  parquetry convert a.md --records list_items --to csv | head

  parquetry convert reports/ -o out --type zip=string --date-order dmy

  parquetry convert docs/ -o out --schema changelog --schema mine.yaml --only-schema

  parquetry convert pages/ -o clean --to markdown

  parquetry convert docs/ -o out --incremental --dry-run

  curl -s https://example.org/a.md | parquetry convert - --to json
"""


@with_flags()
def convert(
    *,
    source: SourceNames = None,
    out: Out = None,
    to: To = None,
    writing: Writing,
    reading: ReadingFlags,
    running: Running,
    selecting: Selecting,
    text_column: TextColumn = None,
    key_column: KeyColumn = None,
    keep: Keep = None,
    schema: SchemaOption = None,
    only_schema: OnlySchema = False,
    dry_run: Annotated[
        bool, of_run("--dry-run", "-n", help="Print what would be read and written, and write nothing.")
    ] = False,
    report_file: ReportFile = None,
    openlineage: Annotated[
        Path | None, of_run("--openlineage", metavar="FILE", help="Add OpenLineage events of the run to a file.")
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Read documents and write their records."""
    if running.jobs > 1 and any(map(_holds_many, source or [])):
        start_fork_server()
    from converter.engine.lineage import lineage
    from converter.output import open_target, replaced_by
    from converter.sources import LeftOut

    destination = destination_of(out, to, RECORD_OUTPUTS)
    target = open_target(destination)
    for file, writes in ((report_file, JSON_FILE), (openlineage, EVENTS_FILE)):
        if file is not None:
            check_writable(file, writes)
    to = destination.format or "parquet"
    options = reading.options(schemas_of(schema))
    is_folder = target is not None or destination.place == FOLDER
    output = writing.output(to, options, only_schema, is_folder)
    _check_reports([file for file in (report_file, openlineage) if file is not None], destination, output, options)
    # Before the progress bar: Rich before version 15 hides the terminal from later checks.
    if destination.place == STREAM and to == "parquet" and sys.stdout.isatty():
        raise UsageError("cannot write Parquet to a terminal; name an output with -o, or pass --to csv")
    arguments = source or []
    left_out = LeftOut()
    selection = selection_of(arguments, selecting, text_column, key_column, keep)
    sources = selection.find(arguments, options, left_out, replaced_by(destination, (report_file, openlineage)))
    if dry_run:
        if report_file is not None or openlineage is not None:
            raise UsageError("--dry-run writes nothing; leave out --report and --openlineage")
        preview(sources, target, destination, output, options, quiet)
    countable = (
        arguments if text_column is None and selection.files_from is None and selection.events is None else ["-"]
    )
    with lineage(openlineage, arguments) as events, progress_shown(quiet, countable) as progress:
        report = _write(sources, target, destination, output, options, running.run(progress))
        if events is not None:
            events.complete(report)
    if not quiet:
        report_unused_types(options.hints.types, report)
        if left_out.formats:
            report_other_formats(left_out)
        if text_column is None:
            report_tables(arguments)
    if verbose and left_out.count:
        report_left_out(left_out)
    conclude(report, quiet, verbose, report_file)


def _write(
    sources: Iterable[Source],
    target: Target | None,
    destination: Destination,
    output: Output,
    options: Options,
    run: Run,
) -> Report:
    from converter.engine.one_file import write_file, write_stream
    from converter.engine.run import write_folder, write_target

    if target is not None:
        return write_target(sources, target, output, options, run)
    if destination.place != STREAM:
        write = write_folder if destination.place == FOLDER else write_file
        return write(sources, destination.path, output, options, run)
    stream = standard_output()
    report = write_stream(sources, stream, output, options, run)
    stream.flush()
    return report


def _check_reports(files: list[Path], destination: Destination, output: Output, options: Options) -> None:
    """Refuse a report that would replace a file of the output.

    Raises:
        UsageError: it would.
    """
    if destination.place not in (FOLDER, FILE):
        return
    names = {*output.files(options), *FILES_OF_RUNS}
    out = destination.path.resolve()
    for file in files:
        path = file.resolve()
        is_inside = destination.place == FOLDER and out in path.parents
        if path == out or (is_inside and Path(path.relative_to(out).parts[0]).stem in names):
            raise UsageError("is a file of the output; name another file for the report", source=str(file))


def _holds_many(source: str) -> bool:
    """Whether a source is a folder with so many files that the run certainly uses worker processes."""
    from converter.sources.folders import walk  # late: the help has no need of sources

    files = (name for content in walk(source) for name in content.files)
    return sum(1 for _ in islice(files, MANY_FILES)) == MANY_FILES


convert.__doc__ = f"{convert.__doc__}\n\n{EXAMPLES}"
