"""The rows of a batch -> pieces of files, in the process that converts the batch: writing a run takes as long as
reading it, so the process that puts files in place only joins pieces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa

from converter.config import Options, Output
from converter.datasets import DATASETS, PARTS, PARTS_FILE, spooled_parts
from converter.model.events import BatchPieces, BatchRows, Event, Sink
from converter.model.report import Report
from converter.model.source import Source
from converter.output import file_format, stored_schemas
from converter.write.pieces import Pieces

Count = Callable[[Report, BatchRows], None]


class Encoder:
    """Collects the rows of a batch, and encodes them as the output stores them.

    Problems stay rows: those without a document go to a partition that is known at the end of the run.
    """

    def __init__(self, output: Output, options: Options) -> None:
        schemas = stored_schemas(output, options)
        formats = {name: file_format(name, output.format) for name in schemas}
        self._schemas = schemas
        self._pieces = Pieces(schemas, formats, output.file_layout)
        self._has_datasets = output.datasets(options)
        self._parts: list[pa.Table] = []
        self._problems: list[pa.Table] = []
        self._doc_ids: list[str] = []

    def add(self, rows: BatchRows) -> None:
        """Take more rows of the batch."""
        for name, table in rows.records.items():
            if name == "documents":
                self._doc_ids += table.column("doc_id").to_pylist()
            if name == DATASETS and self._has_datasets:
                self._parts.append(table)
                self._pieces.add({PARTS_FILE: table})
            elif name == "problems" and name in self._schemas:
                self._problems.append(table)
            else:
                self._pieces.add({name: table})

    def take(self, report: Report | None = None, is_complete: bool = True) -> BatchPieces:
        """Return the rows, which `report` counts: all of a batch, or those that need not wait for others."""
        pieces = BatchPieces(
            self._pieces.take(is_complete),
            {"problems": pa.concat_tables(self._problems)} if any(table.num_rows for table in self._problems) else {},
            spooled_parts(pa.concat_tables(self._parts) if self._parts else PARTS.empty_table()),
            report,
            self._doc_ids,
        )
        self._parts, self._problems, self._doc_ids = [], [], []
        return pieces


def encoding_sink(sink: Sink, encoder: Encoder) -> Sink:
    """Return a sink that encodes the rows of each batch, unless a worker already has; memory holds only part of a
    document."""
    is_filled = False

    def take(event: Event) -> None:
        nonlocal is_filled
        if isinstance(event, BatchRows):
            encoder.add(event)
            is_filled = True
            sink(encoder.take(is_complete=False))
            return
        if is_filled:
            sink(encoder.take())
            is_filled = False
        sink(event)

    return take


def convert_encoded(
    batch: Sequence[Source],
    options: Options,
    records: Sequence[str],
    output: Output,
    counted_names: Sequence[str],
    count: Count,
) -> Iterator[BatchPieces]:
    """Convert a batch as `convert_together` does; return its rows encoded, and counted by `count`.

    Raises:
        ViolationError, OutputError, MemoryError: as for `convert_together`.
    """
    from converter.engine.conversion import convert_together  # late: only workers need it

    encoder, report = Encoder(output, options), Report(rows=dict.fromkeys(counted_names, 0))
    for rows in convert_together(batch, options, records):
        count(report, rows)
        encoder.add(rows)
    yield encoder.take(report)
