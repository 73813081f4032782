"""A whole run: sources in, batches converted, outputs staged and then put in place together."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from converter.conversion import Batch, Options, Source, convert_batch, schema_of
from converter.datasets import DATASETS, Datasets
from converter.errors import OutputError, UsageError
from converter.records import RECORDS
from converter.schema.datapackage import FILE_NAME, write_datapackage
from converter.schema.unique import Uniques
from converter.write import FORMATS, Layout, NestedJsonWriter, Writer

# A batch is closed at whichever comes first: enough to fill Arrow columns well, little enough to hold in memory.
BATCH_DOCUMENTS = 256
BATCH_BYTES = 4 * 1024 * 1024

Progress = Callable[[int, int], None]
"""Called after each batch with the number of documents and of bytes done so far."""


@dataclass(slots=True)
class Report:
    """What a run did. `problems` holds the rows of the record `problems`, `rows` and `datasets` how many rows
    each record and data set has, `matched` how many rows matched each schema, of which `rows` has those that were
    accepted and `problems` the others; `outputs` the files and folders written."""

    documents: int = 0
    sources: int = 0
    bytes: int = 0
    seconds: float = 0.0
    rows: dict[str, int] = field(default_factory=dict)
    datasets: dict[str, int] = field(default_factory=dict)
    matched: dict[str, int] = field(default_factory=dict)
    repairs: Counter[str] = field(default_factory=Counter)
    problems: list[dict[str, Any]] = field(default_factory=list)
    outputs: list[Path] = field(default_factory=list)

    def add_problems(self, rows: pa.RecordBatch) -> None:
        """Count rows of `problems` that no document gave."""
        self.problems += rows.to_pylist()
        self.rows["problems"] += rows.num_rows

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


def check_records(records: Sequence[str] | None, options: Options | None = None) -> list[str]:
    """Return the names of the records to write, all of them where none is named. Data sets are not among them.

    The options may hold schemas, whose records come after the built-in ones.

    Raises:
        UsageError: a record is unknown.
    """
    known = [*RECORDS, *(schema.name for schema in options.schemas)] if options else [*RECORDS]
    names = list(dict.fromkeys(records or known))
    if unknown := [name for name in names if name not in known]:
        raise UsageError(f"unknown record {', '.join(unknown)}; there are {', '.join(known)}")
    return names


def convert_sources(
    sources: Iterable[Source],
    sink: Callable[[Batch], None],
    options: Options,
    progress: Progress | None = None,
    datasets: bool = False,
) -> Report:
    """Convert the sources batch by batch, hand each with all records, and data sets if wanted, to `sink`; report."""
    started = time.perf_counter()
    names = check_records(None, options)
    report = Report(rows=dict.fromkeys(names, 0), matched={schema.name: 0 for schema in options.schemas})
    uniques = Uniques()
    for batch in batches(sources):
        made = convert_batch(batch, options, [*names, DATASETS] if datasets else names)
        made = replace(made, records=uniques.filter(options.schemas, made.records))
        sink(made)
        converted = made.records
        for name, matched in made.matched.items():
            report.matched[name] += matched
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
    if not records and format == "json" and not options.schemas:
        nested = NestedJsonWriter(stream)
        report = convert_sources(sources, lambda batch: nested.write(batch.records), options, progress)
        nested.close()
        return report
    if records and DATASETS in records:
        raise UsageError("data sets are a file each; name an output folder with -o")
    names = check_records(records, options)
    if len(names) != 1:
        raise UsageError(
            f"{format} holds one record a file; name an output folder with -o or one record with --records"
        )
    writer = FORMATS[format].writer(stream, schema_of(names[0], options), layout)
    report = convert_sources(sources, lambda batch: writer.write(batch.records[names[0]]), options, progress)
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
    datapackage: bool = False,
) -> Report:
    """Convert the sources to a folder with a file a record (or `documents.json`, nested).

    The files are written beside the folder first and moved into place only when all are whole, so that a run
    that fails or is stopped leaves what stood there. `datapackage` adds a `datapackage.json` that describes them.

    Raises:
        UsageError: the format or a record is unknown.
        ViolationError: a record does not fit a schema that says `fail`.
        OutputError: the output exists already, or could not be written.
    """
    if format not in FORMATS:
        raise UsageError(f"unknown format {format}; there are {', '.join(FORMATS)}")
    nested = format == "json" and not records and not options.schemas
    with_datasets = not nested and (not records or DATASETS in records)
    named = [name for name in records or check_records(None, options) if name != DATASETS]
    files = {name: name + FORMATS[format].suffix for name in (check_records(named, options) if named else [])}
    targets = ["documents.json"] if nested else list(files.values())
    if with_datasets:
        targets.append(DATASETS)
    if datapackage:
        targets.append(FILE_NAME)
    check_output(out, targets, overwrite)
    with staged(out) as stage, contextlib.ExitStack() as stack:
        if nested:
            document_writer = NestedJsonWriter(stack.enter_context(open(stage / "documents.json", "wb")))
            report = convert_sources(sources, lambda batch: document_writer.write(batch.records), options, progress)
            document_writer.close()
        else:
            writers: dict[str, Writer] = {}
            for name, file in files.items():
                stream = stack.enter_context(open(stage / file, "wb"))
                writers[name] = FORMATS[format].writer(stream, schema_of(name, options), layout)

            spool = stack.enter_context(tempfile.TemporaryFile(dir=stage))
            datasets = Datasets(spool)

            def sink(batch: Batch) -> None:
                for name, writer in writers.items():
                    writer.write(batch.records[name])
                datasets.add(batch.datasets)

            report = convert_sources(sources, sink, options, progress, with_datasets)
            if with_datasets:
                drift = datasets.write(stage / DATASETS, format, layout)
                report.add_problems(drift)
                report.datasets = datasets.rows
                if "problems" in writers:
                    writers["problems"].write(drift)
            for writer in writers.values():
                writer.close()
        stack.close()
        if datapackage:
            described = {file: schema_of(name, options) for name, file in files.items()}
            if with_datasets:
                suffix = FORMATS[format].suffix
                described |= {f"{DATASETS}/{name}{suffix}": schema for name, schema in datasets.schemas.items()}
            write_datapackage(stage, format, {"documents.json": pa.schema([])} if nested else described)
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
    """Move whole files into the output folder, each in one step; a folder takes the place of the one that stood there.

    What stood in that folder goes to the stage, and is removed with it.
    """
    for target in targets:
        whole = stage / target
        for path in sorted(whole.iterdir()) if whole.is_dir() else [whole]:
            with open(path, "rb") as file:
                os.fsync(file.fileno())
    out.mkdir(exist_ok=True)
    for target in targets:
        before = stage / f"{target}.before"
        if (stage / target).is_dir() and (out / target).exists():
            os.replace(out / target, before)
        try:
            os.replace(stage / target, out / target)
        except OSError:
            if before.exists():
                os.replace(before, out / target)
            raise
