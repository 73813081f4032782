"""A whole run: take sources, convert batches, stage the output, and put all files in place together."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

from converter.config import Options, Output, Run, schema_of
from converter.datasets import DATASETS, Share
from converter.destination import DATABASE, FILE, STORE
from converter.engine.conversion import LARGE_BYTES
from converter.engine.encoding import Encoder, convert_encoded, encoded
from converter.engine.pool import convert_batches, map_items
from converter.errors import OutputError, TooManyProblems, UsageError
from converter.model.events import BatchEnd, BatchPieces, BatchRows, BatchStart, Event, Sink, whole_batches
from converter.model.report import Report
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
    partition_of,
    previous_output,
)
from converter.output.datapackage import write_datapackage
from converter.output.dataset_files import DatasetFiles, Spread, WrittenDatasets, in_threads
from converter.output.markdown_files import MarkdownFiles
from converter.sources.events import check_mode
from converter.sources.evidence import Listing, Sources
from converter.values.names import column_name
from converter.write import FORMATS, NestedJsonWriter
from converter.write.markdown import MarkdownWriter
from converter.write.pieces import join

if TYPE_CHECKING:
    from converter.output.capacity import Capacity
    from converter.schema.model import Schema

# A batch ends at whichever limit comes first: enough to fill Arrow columns well, little enough to fit in memory.
BATCH_DOCUMENTS = 256
BATCH_BYTES = LARGE_BYTES
WAITING_PARTITIONS = 32  # with partitions, the number of batches filled in parallel
COUNTED_RECORDS = ("documents", "repairs", "problems")
"""The records that a report always counts, whatever is written."""
Files = RecordFiles | NestedFile | MarkdownFiles
Fill = Callable[[Files, Stage, PreviousOutput | None, Report], None]
"""Converts documents that the earlier output does not hold into the files of the stage; counts them in the report."""


def batches(sources: Iterable[Source], partition_by: Sequence[str] = ()) -> Iterator[BatchStart]:
    """Group sources into batches that fit in memory, each of one partition; a large document is a batch of its own."""
    open_batches: dict[str, list[Source]] = {}
    sizes: Counter[str] = Counter()
    for source in sources:
        partition = partition_of(source, partition_by)
        if source.size >= BATCH_BYTES and partition in open_batches:
            del sizes[partition]
            yield BatchStart(open_batches.pop(partition), partition)
        batch = open_batches.setdefault(partition, [])
        batch.append(source)
        sizes[partition] += source.size
        if len(batch) >= BATCH_DOCUMENTS or sizes[partition] >= BATCH_BYTES:
            del sizes[partition]
            yield BatchStart(open_batches.pop(partition), partition)
        elif len(open_batches) > WAITING_PARTITIONS:
            ((largest, _),) = sizes.most_common(1)
            del sizes[largest]
            yield BatchStart(open_batches.pop(largest), largest)
    for partition, batch in open_batches.items():
        yield BatchStart(batch, partition)


def convert_sources(
    sources: Iterable[Source],
    sink: Sink,
    output: Output,
    options: Options,
    report: Report,
    run: Run,
    encodes: bool = False,
) -> None:
    """Convert the sources batch by batch to the records that the output needs and a report counts; pass each batch with
    its partition to `sink`, and count its rows. With `encodes`, workers encode the rows as the output stores them.

    Raises:
        UsageError: a record is unknown.
        ViolationError: a record does not fit a schema that sets `fail`.
        TooManyProblems: there are more errors in `problems` than the run allows.
    """
    schemas = [schema.name for schema in options.schemas]
    requested_names = [*output.names(options), *schemas]
    report.rows |= dict.fromkeys(requested_names, 0)
    report.matched |= dict.fromkeys(schemas, 0)
    keep_unique = uniqueness_filter(options)
    hinted_types = options.hints.types.keys() - {"*"}
    names = list(
        dict.fromkeys(
            [*output.requested_records(options), *schemas, *COUNTED_RECORDS, *(["tables"] if hinted_types else [])]
        )
    )
    count = partial(count_rows, hinted_types=hinted_types)
    # Only this process can tell which rows are unique.
    in_worker = (
        partial(
            convert_encoded, options=options, records=names, output=output, counted_names=requested_names, count=count
        )
        if encodes and not has_unique(options)
        else None
    )
    if run.jobs > 1 and isinstance(sources, Sources):
        sources = sources.unread
    documents = 0
    for event in convert_batches(
        batches(sources, output.partition_by), options, names, run.jobs, run.isolated, in_worker
    ):
        match event:
            case BatchStart():
                documents = report.documents
                sink(event)
            case BatchRows():
                rows = keep_unique(event)
                sink(rows)
                count(report, rows)
            case BatchPieces():
                sink(event)
                report.join(event.report or Report())
            case BatchEnd(batch):
                sink(event)
                report.sources += len(batch)
                report.failed += len(batch) - (report.documents - documents)
                report.listing_complete = report.listing_complete and all(source.listed for source in batch)
                report.bytes += sum(source.size for source in batch)
                if run.maximum_problems is not None and report.errors > run.maximum_problems:
                    raise TooManyProblems(run.maximum_problems, report.problems)
                if run.progress is not None:
                    run.progress(report.sources, report.bytes)


def count_rows(report: Report, rows: BatchRows, hinted_types: Collection[str]) -> None:
    """Count rows of a batch in a report."""
    report.add(rows.records)
    report.documents += rows.records["documents"].num_rows if "documents" in rows.records else 0
    if hinted_types and "tables" in rows.records:
        report.hinted = sorted({*report.hinted, *matching_types(hinted_types, rows.records["tables"])})
    for name, matched in rows.matched.items():
        report.matched[name] = report.matched.get(name, 0) + matched


def has_unique(options: Options) -> bool:
    """Whether a schema demands that rows differ from all others of the run."""
    return any(field.bounds.get("unique") for schema in options.schemas for field in schema.fields)


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


def uniqueness_filter(options: Options) -> Callable[[BatchRows], BatchRows]:
    """Return a function that removes from a batch the rows that must be unique in the run, and are not."""
    if not options.schemas:
        return lambda rows: rows
    from converter.schema.unique import Uniques  # a tenth of the startup time; only runs with schemas need it

    uniques = Uniques()
    return lambda rows: replace(rows, records=uniques.filter(options.schemas, rows.records))


def write_stream(
    sources: Iterable[Source],
    stream: BinaryIO,
    output: Output,
    options: Options,
    run: Run = Run(),
) -> Report:
    """Convert the sources to one stream: one record, nested JSON with all records, or a document as Markdown.

    Raises:
        UsageError: a record is unknown, or the format cannot hold several records in one stream.
    """
    name = record_of_stream(output, options)
    report = Report()
    if name is None:
        nested = MarkdownWriter(stream) if output.format == MARKDOWN else NestedJsonWriter(stream)
        report.written = True
        with timed(report):
            convert_sources(sources, whole_batches(nested.write), output, options, report, run)
            nested.close()
        return report
    schema = schema_of(name, options)
    writer = FORMATS[output.format].writer(stream, schema, output.file_layout)

    def write(event: Event) -> None:
        if isinstance(event, BatchPieces):
            for piece in event.pieces.get(name, ()):
                join(writer, piece, schema)
            for rows in event.records[name].to_batches() if name in event.records else ():
                writer.write(rows)

    report.written = True
    with timed(report):
        convert_sources(sources, encoded(write, Encoder(output, options)), output, options, report, run, encodes=True)
        writer.close()
    return report


def record_of_stream(output: Output, options: Options) -> str | None:
    """Return the record that an output in one stream holds, None if it holds all, nested.

    Raises:
        UsageError: a record is unknown, or the format cannot hold several records in one stream.
    """
    output.check(options, FILE)
    if output.nested(options):
        return None
    if output.records and DATASETS in output.records:
        raise UsageError("data sets are one file each; name an output folder with `out`")
    names = output.names(options)
    if len(names) != 1:
        raise UsageError(
            f"{output.format} holds one record per file; name an output folder with `out`, or one record with `records`"
        )
    return names[0]


def check_file_output(out: Path, output: Output) -> None:
    """Refuse a file that exists, unless it is to be overwritten.

    Raises:
        UsageError: the mode is not for files.
        OutputError: the output already exists.
    """
    if output.mode in ("append", "incremental"):
        raise UsageError("a single file can be neither appended to nor brought up to date; name an output folder")
    if out.exists() and output.mode != "overwrite":
        raise OutputError(
            "already exists; pass `overwrite` to replace it, or choose another name",
            source=str(out),
            code="output_exists",
        )


def write_file(
    sources: Iterable[Source],
    out: Path,
    output: Output,
    options: Options,
    run: Run = Run(),
) -> Report:
    """Convert the sources to one file, as `write_stream` does; the file is published whole or not at all.

    Raises:
        UsageError: as for `write_stream`.
        OutputError: the output already exists, or could not be written.
    """
    check_file_output(out, output)
    with open_stage(out) as stage:
        with open(stage.new / out.name, "wb") as stream:
            report = write_stream(sources, stream, output, options, run)
        report.written = report.documents > 0
        if report.written:
            stage.publish_file(stage.new / out.name, output.mode == "overwrite")
            report.outputs = [out]
    return report


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
        new_sources = sources if previous is None else not_held(sources, previous, report)
        sink = files.write if previous is None else skip_unchanged(files.write, previous)
        encodes = isinstance(files, RecordFiles)
        with _write_behind(encoded(sink, Encoder(output, options)) if encodes else sink) as write:
            convert_sources(new_sources, write, output, options, report, run, encodes)

    listing = sources.listing if isinstance(sources, Sources) else None
    return write_output(target, output, options, fill, listing, partial(spread, jobs=run.jobs))


def spread(files: DatasetFiles, shares: Iterable[Share], jobs: int) -> Iterable[WrittenDatasets]:
    """Write data sets, in other processes if there are several jobs and several shares."""
    shares = [*shares]
    return map_items(files, shares, jobs) if jobs > 1 and len(shares) > 1 else in_threads(files, shares)


def files_of_documents(folder: Path, format: str, out: Path, root: str) -> NestedFile | MarkdownFiles:
    """Return the files of whole documents in this format."""
    return MarkdownFiles(folder, out, root) if format == MARKDOWN else NestedFile(folder)


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
    output.check(options, target.kind)
    check_mode(listing, output.mode)
    if target.kind == STORE and not output.nested(options):
        output = replace(output, layout="folders")
    if target.capacity is not None:
        check_schemas(options.schemas, target.capacity)
    fingerprint = output.fingerprint_options(options)
    with timed(report), _named(target), open_stage(target.place) as stage:
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
            layout = None if target.kind == DATABASE else output.arranged(previous_layout)
            manifest = Manifest.of(report, output.format, fingerprint, written_files, files.schemas, layout)
            if listing is not None and listing.is_local:
                manifest = replace(manifest, root=listing.root, folder=listing.folder)
            elif previous_manifest is not None:
                manifest = replace(manifest, root=previous_manifest.root, folder=previous_manifest.folder)
            load = Load(
                stage,
                manifest,
                files.stored,
                stale,
                previous_manifest,
                output.mode == "overwrite",
                output.seconds_kept,
            )
            published = target.publish(load)
            report.notes = load.notes
            report.rows |= {name: rows for name, rows in published.rows().items() if name in report.rows}
            report.outputs, report.written = target.locations(published), True
    return report


@contextlib.contextmanager
def _named(target: Target) -> Iterator[None]:
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


def not_held(sources: Iterable[Source], previous: PreviousOutput, report: Report) -> Iterator[Source]:
    """Yield new and changed sources; count those that an earlier output holds unchanged."""
    for source in sources:
        if previous.holds(source):
            report.sources += 1
            report.skipped += 1
        else:
            yield source


def matching_types(names: Iterable[str], tables: pa.Table) -> Iterator[str]:
    """Yield the names with a requested type that match the header or name of a column in these tables."""
    columns = [column for row in tables.column("columns").to_pylist() for column in row]
    labels = {column[part] for column in columns for part in ("header", "name")}
    normalized_labels = {column_name(column["header"]) for column in columns}
    yield from (name for name in names if name in labels or column_name(name) in normalized_labels)


def skip_unchanged(sink: Sink, previous: PreviousOutput) -> Sink:
    """Return a sink that also records which documents of an earlier output were converted."""

    def write(event: Event) -> None:
        if isinstance(event, BatchPieces):
            previous.take(event.doc_ids)
        elif isinstance(event, BatchRows) and "documents" in event.records:
            previous.take(event.records["documents"].column("doc_id").to_pylist())
        sink(event)

    return write


@contextlib.contextmanager
def timed(report: Report) -> Iterator[None]:
    """Set the duration of the block in the report."""
    start = time.perf_counter()
    try:
        yield
    finally:
        report.seconds = time.perf_counter() - start
