"""A run whose output is one file or stream."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from converter.config import Options, Output, Run, schema_of
from converter.datasets import DATASETS
from converter.destination import FILE
from converter.engine.batches import convert_sources
from converter.engine.encoding import Encoder, encoding_sink
from converter.errors import OutputError, UsageError
from converter.model.events import BatchPieces, Event, whole_batches
from converter.model.report import Report, measure_seconds
from converter.model.source import MARKDOWN, Source
from converter.output import open_stage
from converter.write import FORMATS, NestedJsonWriter
from converter.write.markdown import MarkdownWriter
from converter.write.pieces import join


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
        with measure_seconds(report):
            convert_sources(sources, whole_batches(nested.write), output, options, report, run)
            nested.close()
        return report
    schema = schema_of(name, options)
    writer = FORMATS[output.format].open(stream, schema, output.file_layout)

    def write(event: Event) -> None:
        if isinstance(event, BatchPieces):
            for piece in event.pieces.get(name, ()):
                join(writer, piece, schema)
            for rows in event.records[name].to_batches() if name in event.records else ():
                writer.write(rows)

    report.written = True
    with measure_seconds(report):
        convert_sources(
            sources, encoding_sink(write, Encoder(output, options)), output, options, report, run, encodes=True
        )
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
