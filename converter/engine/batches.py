"""Sources -> batches -> the rows of each batch, counted in a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import pyarrow as pa

from converter.config import Options, Output, Run
from converter.engine.encoding import convert_encoded
from converter.engine.interruption import raise_if_stopped
from converter.engine.pool import convert_batches
from converter.errors import TooManyProblems
from converter.limits import LARGE_BYTES
from converter.model.events import BatchEnd, BatchPieces, BatchRows, BatchStart, Sink
from converter.model.report import Report
from converter.model.source import Source
from converter.output import partition_of
from converter.sources.evidence import Sources
from converter.values.names import column_name

# A batch ends at whichever limit comes first: enough to fill Arrow columns well, little enough to fit in memory.
BATCH_DOCUMENTS = 256
BATCH_BYTES = LARGE_BYTES
WAITING_PARTITIONS = 32  # with partitions, the number of batches filled in parallel
COUNTED_RECORDS = ("documents", "repairs", "problems")
"""The records that a report always counts, whatever is written."""


def group_sources(sources: Iterable[Source], partition_by: Sequence[str] = ()) -> Iterator[BatchStart]:
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
    names = [*output.requested_records(options), *schemas, *COUNTED_RECORDS, *(["tables"] if hinted_types else [])]
    names = [*dict.fromkeys(names)]
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
        group_sources(sources, output.partition_by), options, names, run.jobs, run.isolated, in_worker
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
                raise_if_stopped()
                sink(event)
                count_sources(report, batch, report.documents - documents)
                if run.maximum_problems is not None and report.errors > run.maximum_problems:
                    raise TooManyProblems(run.maximum_problems, report.problems)
                if run.progress is not None:
                    run.progress(report.sources, report.bytes)


def count_sources(report: Report, batch: Collection[Source], documents: int) -> None:
    """Count the sources of a batch in a report; `documents` of them were converted."""
    report.sources += len(batch)
    report.failed += len(batch) - documents
    report.listing_complete = report.listing_complete and all(source.listed for source in batch)
    report.bytes += sum(source.size for source in batch)


def count_rows(report: Report, rows: BatchRows, hinted_types: Collection[str]) -> None:
    """Count rows of a batch in a report."""
    report.add(rows.records)
    report.documents += rows.records["documents"].num_rows if "documents" in rows.records else 0
    if hinted_types and "tables" in rows.records:
        report.hinted = sorted({*report.hinted, *matching_types(hinted_types, rows.records["tables"])})
    for name, matched in rows.matched.items():
        report.matched[name] = report.matched.get(name, 0) + matched


def matching_types(names: Iterable[str], tables: pa.Table) -> Iterator[str]:
    """Yield the names with a requested type that match the header or name of a column in these tables."""
    columns = [column for row in tables.column("columns").to_pylist() for column in row]
    labels = {column[part] for column in columns for part in ("header", "name")}
    normalized_labels = {column_name(column["header"]) for column in columns}
    yield from (name for name in names if name in labels or column_name(name) in normalized_labels)


def has_unique(options: Options) -> bool:
    """Whether a schema demands that rows differ from all others of the run."""
    return any(field.bounds.get("unique") for schema in options.schemas for field in schema.fields)


def uniqueness_filter(options: Options) -> Callable[[BatchRows], BatchRows]:
    """Return a function that removes from a batch the rows that must be unique in the run, and are not."""
    if not options.schemas:
        return lambda rows: rows
    from converter.schema.unique import Uniques  # a tenth of the startup time; only runs with schemas need it

    uniques = Uniques()
    return lambda rows: replace(rows, records=uniques.filter(options.schemas, rows.records))
