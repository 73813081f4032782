"""The rows of an existing output, read from its files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from converter.errors import OutputError
from converter.output.verification import MEND
from converter.problems import OF_THE_RUN

ROWS_AT_ONCE = 1024
"""Rows of a file that are read at once: a row of `_parts` holds all rows of a document in a data set."""


def read_batches(
    path: Path | str, schema: pa.Schema, columns: Sequence[str] | None = None, stream: pa.NativeFile | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a Parquet file that Parquetry wrote with this schema, all columns or some.

    `stream` is the open file if it has no path but an address, for messages.

    Raises:
        OutputError: it is damaged, or has other columns.
    """
    with open_parquet(path, schema, stream) as file:
        if not file.metadata.num_rows:  # pyarrow 19 fails on a file without a row group
            return
        requested_schema = pa.schema([schema.field(name) for name in columns]) if columns else schema
        # Each thread would keep its own memory.
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=columns, use_threads=False):
            arrays = [batch.column(name) for name in requested_schema.names]
            yield pa.RecordBatch.from_arrays(arrays, schema=requested_schema)


@contextlib.contextmanager
def open_parquet(path: Path | str, schema: pa.Schema, stream: pa.NativeFile | None) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file that Parquetry wrote with this schema; `stream` as for `read_batches`.

    Raises:
        OutputError: it is damaged, or has other columns; also while it is read.
    """
    try:
        with pq.ParquetFile(path if stream is None else stream) as file:
            if not file.schema_arrow.equals(schema):
                raise OutputError(f"has columns that no run writes; {MEND}", source=str(path), code="damaged")
            yield file
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise OutputError(f"cannot be read: {reason}; {MEND}", source=str(path), code="damaged") from error


def rows_to_keep(batch: pa.RecordBatch, stale: frozenset[str]) -> pa.RecordBatch:
    """Return the rows that stay: those of documents that are not stale, without problems that every run finds again."""
    import pyarrow.compute as pc  # 25 ms, only for runs that resume an output

    doc_id = batch.column("doc_id")
    is_stale = pc.is_in(doc_id, value_set=pa.array(sorted(stale), pa.string()))
    is_kept = pc.and_(pc.is_valid(doc_id), pc.invert(is_stale))
    if "code" in batch.schema.names and batch.schema.metadata[b"record"] == b"problems":
        is_repeated = pc.is_in(batch.column("code"), value_set=pa.array(OF_THE_RUN))
        is_kept = pc.and_(is_kept, pc.invert(is_repeated))
    return batch.filter(is_kept)
