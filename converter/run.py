"""A whole run: sources in, batches converted, outputs staged and then put in place together."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from converter.convert import Options, Source, convert_batch
from converter.errors import OutputError, UsageError
from converter.records import RECORDS
from converter.write import FORMATS, Layout, NestedJsonWriter, Writer

# A batch is closed at whichever comes first: enough to fill Arrow columns well, little enough to hold in memory.
BATCH_DOCUMENTS = 256
BATCH_BYTES = 4 * 1024 * 1024

Progress = Callable[[int, int], None]
"""Called after each batch with the number of documents and of bytes done so far."""


@dataclass(slots=True)
class Report:
    """What a run did. `problems` holds the rows of the record `problems`, `outputs` the files written."""

    documents: int = 0
    sources: int = 0
    bytes: int = 0
    seconds: float = 0.0
    rows: dict[str, int] = field(default_factory=dict)
    repairs: Counter[str] = field(default_factory=Counter)
    problems: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[Path] = field(default_factory=list)

    @property
    def errors(self) -> int:
        """How many problems are errors: something that could not be read."""
        return sum(problem["severity"] == "error" for problem in self.problems)

    @property
    def exit_code(self) -> int:
        """0 all read, 1 nothing usable could be done, 3 done with problems (warnings are none)."""
        if not self.documents:
            return 1
        return 3 if self.errors else 0


def batches(sources: Iterable[Source]) -> Iterator[list[Source]]:
    """Group sources into batches that memory can hold."""
    batch: list[Source] = []
    size = 0
    for source in sources:
        batch.append(source)
        size += len(source.data)
        if len(batch) >= BATCH_DOCUMENTS or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def check_records(records: Sequence[str] | None) -> list[str]:
    """Return the names of the records to write, all of them where none is named.

    Raises:
        UsageError: a record is unknown.
    """
    names = list(dict.fromkeys(records or RECORDS))
    if unknown := [name for name in names if name not in RECORDS]:
        raise UsageError(f"unknown record {', '.join(unknown)}; there are {', '.join(RECORDS)}")
    return names


def convert_sources(
    sources: Iterable[Source],
    sink: Callable[[dict[str, pa.RecordBatch]], None],
    options: Options,
    progress: Progress | None = None,
) -> Report:
    """Convert the sources batch by batch, hand each batch of all records to `sink`, and report."""
    started = time.perf_counter()
    report = Report(rows=dict.fromkeys(RECORDS, 0))
    for batch in batches(sources):
        converted = convert_batch(batch, options)
        sink(converted)
        report.sources += len(batch)
        report.bytes += sum(len(source.data) for source in batch)
        report.documents += converted["documents"].num_rows
        report.problems += converted["problems"].to_pylist()
        report.repairs.update(converted["repairs"].column("rule").to_pylist())
        for name, rows in converted.items():
            report.rows[name] += rows.num_rows
        if progress is not None:
            progress(report.sources, report.bytes)
    report.seconds = time.perf_counter() - started
    return report


def write_stream(
    sources: Iterable[Source],
    stream: BinaryIO,
    format: str,
    records: Sequence[str] | None,
    options: Options,
    layout: Layout,
    progress: Progress | None = None,
) -> Report:
    """Convert the sources to one stream: one record, or nested JSON with every record.

    Raises:
        UsageError: the format or record is unknown, or the format cannot hold several records in one stream.
    """
    if format not in FORMATS:
        raise UsageError(f"unknown format {format}; there are {', '.join(FORMATS)}")
    if not records and format == "json":
        nested = NestedJsonWriter(stream)
        report = convert_sources(sources, nested.write, options, progress)
        nested.close()
        return report
    names = check_records(records)
    if len(names) != 1:
        raise UsageError(
            f"{format} holds one record a file; name an output folder with -o or one record with --records"
        )
    writer = FORMATS[format].writer(stream, RECORDS[names[0]].schema, layout)
    report = convert_sources(sources, lambda batch: writer.write(batch[names[0]]), options, progress)
    writer.close()
    return report


def write_folder(
    sources: Iterable[Source],
    out: Path,
    format: str,
    records: Sequence[str] | None,
    options: Options,
    layout: Layout,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Convert the sources to a folder with a file a record (or `documents.json`, nested).

    The files are written beside the folder first and moved into place only when all are whole, so that a run
    that fails or is stopped leaves what stood there.

    Raises:
        UsageError: the format or a record is unknown.
        OutputError: the output exists already, or could not be written.
    """
    if format not in FORMATS:
        raise UsageError(f"unknown format {format}; there are {', '.join(FORMATS)}")
    names = check_records(records)
    files = {name: name + FORMATS[format].suffix for name in names}
    nested = format == "json" and not records
    targets = ["documents.json"] if nested else list(files.values())
    check_output(out, targets, overwrite)
    with staged(out) as stage, contextlib.ExitStack() as stack:
        if nested:
            document_writer = NestedJsonWriter(stack.enter_context(open(stage / "documents.json", "wb")))
            report = convert_sources(sources, document_writer.write, options, progress)
            document_writer.close()
        else:
            writers: dict[str, Writer] = {}
            for name, file in files.items():
                stream = stack.enter_context(open(stage / file, "wb"))
                writers[name] = FORMATS[format].writer(stream, RECORDS[name].schema, layout)

            def sink(batch: dict[str, pa.RecordBatch]) -> None:
                for name, writer in writers.items():
                    writer.write(batch[name])

            report = convert_sources(sources, sink, options, progress)
            for writer in writers.values():
                writer.close()
        stack.close()
        if report.documents:
            put_in_place(stage, out, targets)
            report.outputs = [out / target for target in targets]
    return report


def write_file(
    sources: Iterable[Source],
    out: Path,
    format: str,
    records: Sequence[str] | None,
    options: Options,
    layout: Layout,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Convert the sources to one file, as `write_stream` does; the file appears whole or not at all.

    Raises:
        UsageError: as for `write_stream`.
        OutputError: the output exists already, or could not be written.
    """
    if out.exists() and not overwrite:
        raise OutputError(
            "exists already; choose another name or say --overwrite", source=str(out), code="output_exists"
        )
    with staged(out) as stage:
        with open(stage / out.name, "wb") as stream:
            report = write_stream(sources, stream, format, records, options, layout, progress)
            stream.flush()
            os.fsync(stream.fileno())
        if report.documents:
            os.replace(stage / out.name, out)
            report.outputs = [out]
    return report


def check_output(out: Path, targets: Sequence[str], overwrite: bool) -> None:
    """Refuse an output that exists, unless told to overwrite it.

    Raises:
        OutputError: `out` is a file, or holds one of the targets and `overwrite` is false.
    """
    if out.exists() and not out.is_dir():
        raise OutputError("is a file, but the output is a folder; name another", source=str(out), code="output_exists")
    standing = [target for target in targets if (out / target).exists()]
    if standing and not overwrite:
        raise OutputError(
            f"holds {standing[0]} already; choose another folder or say --overwrite",
            source=str(out),
            code="output_exists",
        )


@contextlib.contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Give a new folder beside `out`, on the same file system, and remove it in the end.

    Raises:
        OutputError: writing failed, for example because the disk is full.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".staged", dir=out.parent))
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", source=str(out)) from error
    try:
        yield stage
    except OSError as error:
        message = f"cannot be written: {error.strerror or error}; nothing of this run was kept"
        raise OutputError(message, source=str(out)) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def put_in_place(stage: Path, out: Path, targets: Sequence[str]) -> None:
    """Move whole files into the output folder; each move is atomic."""
    for target in targets:
        with open(stage / target, "rb") as file:
            os.fsync(file.fileno())
    out.mkdir(exist_ok=True)
    for target in targets:
        os.replace(stage / target, out / target)
