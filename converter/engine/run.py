"""A whole run: take sources, convert batches, stage the output, and put all files in place together."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from converter.config import Options, Output, Run
from converter.datasets import Share
from converter.destination import DATABASE, STORE
from converter.engine.batches import convert_sources
from converter.engine.encoding import Encoder, encoding_sink
from converter.engine.pool import map_items
from converter.errors import OutputError, UsageError
from converter.model.events import BatchPieces, BatchRows, Event, Sink
from converter.model.report import Report, measure_seconds
from converter.model.source import MARKDOWN, Source
from converter.output import (
    Folder,
    Load,
    Manifest,
    NestedFile,
    PreviousOutput,
    RecordFiles,
    Stage,
    Target,
    open_stage,
    previous_output,
)
from converter.output.datapackage import write_datapackage
from converter.output.dataset_files import DatasetFiles, Spread, WrittenDatasets, in_threads
from converter.output.markdown_files import MarkdownFiles
from converter.sources.events import check_mode
from converter.sources.evidence import Listing, Sources

if TYPE_CHECKING:
    from converter.output.capacity import Capacity
    from converter.schema.model import Schema

Files = RecordFiles | NestedFile | MarkdownFiles
Fill = Callable[[Files, Stage, PreviousOutput | None, Report], None]
"""Converts documents that the earlier output does not hold into the files of the stage; counts them in the report."""


def write_folder(
    sources: Iterable[Source],
    out: Path,
    output: Output,
    options: Options,
    run: Run = Run(),
) -> Report:
    """Convert the sources to a folder with files for each record and data set (or nested, or Markdown).

    Raises:
        UsageError, ViolationError, OutputError: as for `write_target`.
    """
    return write_target(sources, Folder(out, output.format), output, options, run)


def write_target(
    sources: Iterable[Source],
    target: Target,
    output: Output,
    options: Options,
    run: Run = Run(),
) -> Report:
    """Convert the sources to a target: a folder, or the tables of a database.

    All rows are written to files in a stage, and put in place together with a manifest once they are complete: a run
    that fails or is killed leaves the existing output as it was; see `Target.publish`.

    Raises:
        UsageError: a record is unknown, or the mode needs records that are not written.
        ViolationError: a record does not fit a schema that sets `fail`.
        OutputError: the output already exists, cannot be resumed in this mode, or could not be written; or the run
            would remove more of it than allowed.
    """

    def fill(files: Files, stage: Stage, previous: PreviousOutput | None, report: Report) -> None:
        new_sources = sources if previous is None else changed_sources(sources, previous, report)
        sink = files.write if previous is None else record_converted(files.write, previous)
        encodes = isinstance(files, RecordFiles)
        with _write_behind(encoding_sink(sink, Encoder(output, options)) if encodes else sink) as write:
            convert_sources(new_sources, write, output, options, report, run, encodes)

    listing = sources.listing if isinstance(sources, Sources) else None
    return write_output(target, output, options, fill, listing, partial(spread, jobs=run.jobs))


def write_output(
    target: Target,
    output: Output,
    options: Options,
    fill: Fill,
    listing: Listing | None = None,
    write_datasets: Spread = in_threads,
) -> Report:
    """Call `fill` to convert documents into the files of an output, and put the files in place together.

    `listing` is what else is known about the sources; it is complete once `fill` has consumed them.
    `write_datasets` writes the data sets.

    Raises:
        UsageError, OutputError: as for `write_target`; and what `fill` raises: then the output is unchanged.
    """
    report = Report()
    output = output_for(target, output, options)
    check_mode(listing, output.mode)
    fingerprint = output.fingerprint_options(options)
    with measure_seconds(report), _name_in_errors(target), open_stage(target.place) as stage:
        previous_manifest = stage.pending or target.manifest()
        previous = previous_output(target, previous_manifest, output, options, stage.resume)
        if previous is not None and listing is not None:
            previous.listing = listing
        stale = None
        with (
            files_of_documents(stage.new, output.format, target.place, listing.folder if listing else "")
            if output.nested(options)
            else RecordFiles(stage, output, options, previous_manifest, target.capacity) as files
        ):
            fill(files, stage, previous, report)
            report.events = None if listing is None else listing.events
            if previous is not None and isinstance(files, RecordFiles):
                removals = previous.settle(output.mode, output.maximum_removed, report)
                if report.exit_code == 1:
                    previous.count(report)
                    return report  # nothing could be read
                if not previous.remade:
                    if not files.go_on(previous, removals, report):
                        target.tidy(report.run_id, output.seconds_kept)
                        return report  # nothing has changed
                    stale = removals
            written_files = files.finish(report, write_datasets)
        if report.documents or previous is not None:
            if output.datapackage:
                written_files.append(write_datapackage(stage.new, output.format, written_files, files.schemas))
            previous_layout = previous_manifest.arrangement if previous_manifest else None
            layout = None if target.kind == DATABASE else output.arrangement(previous_layout)
            manifest = Manifest.of(report, output.format, fingerprint, written_files, files.schemas, layout)
            manifest = with_root(manifest, listing, previous_manifest)
            is_overwrite = output.mode == "overwrite"
            load = Load(
                stage, manifest, files.stored_schemas, stale, previous_manifest, is_overwrite, output.seconds_kept
            )
            publish(target, load, report)
    return report


def output_for(target: Target, output: Output, options: Options) -> Output:
    """Return the output as this kind of target holds it.

    Raises:
        UsageError: the target cannot hold it.
    """
    output.check(options, target.kind)
    if target.capacity is not None:
        check_schemas(options.schemas, target.capacity)
    return replace(output, layout="folders") if target.kind == STORE and not output.nested(options) else output


def with_root(manifest: Manifest, listing: Listing | None, previous: Manifest | None) -> Manifest:
    """Return a manifest with the folder of the sources, or of those before if this run has none."""
    if listing is not None and listing.is_local:
        return replace(manifest, root=listing.root, folder=listing.folder)
    return manifest if previous is None else replace(manifest, root=previous.root, folder=previous.folder)


def publish(target: Target, load: Load, report: Report) -> None:
    """Put the files of the stage in place; report what the output now holds."""
    published = target.publish(load)
    report.notes = load.notes
    report.rows |= {name: rows for name, rows in published.rows().items() if name in report.rows}
    report.outputs, report.written = target.locations(published), True


@contextlib.contextmanager
def _name_in_errors(target: Target) -> Iterator[None]:
    """Let errors of the stage name the target: if that is on another machine, its stage is among temporary files."""
    try:
        yield
    except OutputError as error:
        if error.source is None or Path(error.source).name != target.place.name or error.source == target.name:
            raise
        raise OutputError(error.message, source=target.name, code=error.code) from error


def check_schemas(schemas: Iterable[Schema], capacity: Capacity) -> None:
    """Refuse schemas whose records the target cannot hold, before the run starts.

    Raises:
        UsageError: the target does not accept a name or the number of columns.
    """
    for schema in schemas:
        if excess := capacity.excess(schema.arrow, lambda: ()):
            raise UsageError(f"schema {schema.name}: {excess}; remove some, or write to a folder")
        names = [schema.name, *schema.arrow.names]
        fitting = [*capacity.names([schema.name]), *capacity.names(schema.arrow.names)]
        for name, accepted_name in zip(names, fitting, strict=True):
            if name != accepted_name:
                raise UsageError(
                    f"schema {schema.name}: {capacity.system} does not accept {name!r} as a name; use {accepted_name}"
                )


def files_of_documents(folder: Path, format: str, out: Path, root: str) -> NestedFile | MarkdownFiles:
    """Return the files of whole documents in this format."""
    return MarkdownFiles(folder, out, root) if format == MARKDOWN else NestedFile(folder)


def spread(files: DatasetFiles, shares: Iterable[Share], jobs: int) -> Iterable[WrittenDatasets]:
    """Write data sets, in other processes if there are several jobs and several shares."""
    shares = [*shares]
    return map_items(files, shares, jobs) if jobs > 1 and len(shares) > 1 else in_threads(files, shares)


@contextlib.contextmanager
def _write_behind(sink: Sink) -> Iterator[Sink]:
    """Yield a sink that writes rows while the next are made: compression runs without the interpreter lock.

    Only for files: a pipe that nobody reads would block the thread, and so the run, forever.
    """
    with ThreadPoolExecutor(1) as thread:
        pending: Future[None] | None = None

        def write(event: Event) -> None:
            nonlocal pending
            if pending is not None:
                pending.result()
            pending = thread.submit(sink, event)

        yield write
        if pending is not None:
            pending.result()


def changed_sources(sources: Iterable[Source], previous: PreviousOutput, report: Report) -> Iterator[Source]:
    """Yield new and changed sources; count those that an earlier output holds unchanged."""
    for source in sources:
        if previous.holds(source):
            report.sources += 1
            report.skipped += 1
        else:
            yield source


def record_converted(sink: Sink, previous: PreviousOutput) -> Sink:
    """Return a sink that also records which documents of an earlier output were converted."""

    def write(event: Event) -> None:
        if isinstance(event, BatchPieces):
            previous.take(event.doc_ids)
        elif isinstance(event, BatchRows) and "documents" in event.records:
            previous.take(event.records["documents"].column("doc_id").to_pylist())
        sink(event)

    return write
