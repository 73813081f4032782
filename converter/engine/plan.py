"""What a run would do, without doing it: sources are read, but neither converted nor written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from converter.config import Options, Output
from converter.destination import FILE, Destination
from converter.engine.one_file import check_file_output, record_of_stream
from converter.engine.run import check_schemas
from converter.model.report import Report
from converter.model.source import MARKDOWN, Source, document_id
from converter.output import Folder, PreviousOutput, Target, previous_output
from converter.printable import amount
from converter.sources.events import check_mode
from converter.sources.evidence import Sources
from converter.write import FORMATS


class Step(NamedTuple):
    """One step of a run: `convert`, `keep`, `remove` or `fail` a document, or `write` an output."""

    action: str
    name: str
    detail: str = ""


def plan_of_stream(
    sources: Iterable[Source], destination: Destination, output: Output, options: Options
) -> Iterator[Step]:
    """Return the steps of a run to a file or to standard output.

    Raises:
        UsageError, OutputError: as for the run.
    """
    record = record_of_stream(output, options) or "documents, nested"
    is_file = destination.place == FILE
    if is_file:
        check_file_output(destination.path, output)
    return _steps_of_stream(sources, options, Step("write", destination.name if is_file else "-", record))


def _steps_of_stream(sources: Iterable[Source], options: Options, output: Step) -> Iterator[Step]:
    for source in sources:
        yield step_of(source, options)
    yield output


def plan_of_target(sources: Iterable[Source], target: Target, output: Output, options: Options) -> Iterator[Step]:
    """Return the steps of a run to a folder or a database.

    Raises:
        UsageError, OutputError: as for the run; also later, where documents may not be removed.
    """
    output.check(options, target.kind)
    check_mode(sources.listing if isinstance(sources, Sources) else None, output.mode)
    if target.capacity is not None:
        check_schemas(options.schemas, target.capacity)
    manifest = target.manifest()
    previous = previous_output(target, manifest, output, options)
    if previous is not None and isinstance(sources, Sources):
        previous.listing = sources.listing
    return _steps_of_target(sources, target, output, options, previous)


def _steps_of_target(
    sources: Iterable[Source], target: Target, output: Output, options: Options, previous: PreviousOutput | None
) -> Iterator[Step]:
    report = Report()
    for source in sources:
        report.listing_complete = report.listing_complete and source.listed
        if previous is not None and previous.holds(source):
            report.skipped += 1
            yield Step("keep", source.key)
            continue
        step = step_of(source, options)
        if step.action == "convert":
            report.documents += 1
            doc_id = bytes.fromhex(document_id(source.key))
            if previous is not None and doc_id in previous.left:
                previous.converted.add(doc_id)
        yield step
    if previous is not None:
        removals = {bytes.fromhex(doc_id) for doc_id in previous.settle(output.mode, output.maximum_removed, report)}
        yield from _removals(target, removals - previous.converted)
    if report.documents or previous is not None:
        yield from _outputs(target, output, options, previous)


def _removals(target: Target, ids: set[bytes]) -> Iterator[Step]:
    for batch in target.read("documents", ["doc_id", "source"]) if ids else ():
        for doc_id, source in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            if bytes.fromhex(doc_id) in ids:
                yield Step("remove", source)


def _outputs(target: Target, output: Output, options: Options, previous: PreviousOutput | None) -> Iterator[Step]:
    """Yield what the run would write: the files and folders of a folder, or the tables of a database."""
    if not isinstance(target, Folder):
        detail = ", ".join(output.requested_records(options))
        yield Step("write", target.name, detail)
        return
    if output.format == MARKDOWN:
        yield Step("write", f"{target.place}/", "a file for each document")
        return
    arrangement = output.arrangement(previous.manifest.arrangement if previous else None)
    ending = FORMATS[output.format].suffix if arrangement == "files" or output.nested(options) else "/"
    for name in ["documents"] if output.nested(options) else output.names(options):
        yield Step("write", str(target.place / name) + ending)
    if output.datasets(options):
        yield Step("write", f"{target.place / 'datasets'}/", "one for each data set")


def step_of(source: Source, options: Options) -> Step:
    """Return what a run would do with a source that it reads: convert it, or report why not."""
    if source.problem is not None:
        return Step("fail", source.key, source.problem.message)
    format = options.input_format or source.format
    kind = "" if format == MARKDOWN else f"{format}, "
    return Step("convert", source.key, f"{kind}{amount(len(source.data), 'byte')}")
