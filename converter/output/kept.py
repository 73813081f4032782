"""The parts of an existing output's files that a run keeps: whole files, whole row groups, and single rows.

Few documents change from run to run. A file without rows of changed documents stays as it is; of other files, row
groups without such rows are copied as they are, because decoding and encoding rows takes ten times as long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from converter.datasets import PARTS_FILE
from converter.model.events import Piece
from converter.output.manifest import File, group_files
from converter.output.rows import open_parquet, rows_to_keep
from converter.write import FORMATS
from converter.write.parquet import StoredRowGroups

SMALL_GROUPS = 8
"""With more small groups of files than this in a partition, a run that changes the output merges them."""
READ_RECORDS = ("problems", PARTS_FILE)
"""The records whose rows are read, whatever is kept: each run finds some problems again, and types the data sets."""


class Group(NamedTuple):
    """Files with rows of the same documents, and whether they stay as they are."""

    partition: str
    files: list[File]
    stays: bool


def groups_to_keep(
    files: Iterable[File], file_bytes: int, stale: frozenset[str], doc_ids: Callable[[File], Iterator[pa.RecordBatch]]
) -> list[Group]:
    """Return the groups of files, in the order of writing. A group stays if it holds no stale document, unless there
    are many small ones, which are merged.

    `doc_ids` reads the only column needed of a file of the record `documents`.
    """

    def holds_any(group: Iterable[File]) -> bool:
        documents = [file for file in group if file.record == "documents"]
        return not documents or any(
            not stale.isdisjoint(batch.column(0).to_pylist()) for file in documents for batch in doc_ids(file)
        )

    def is_small(group: Group) -> bool:
        return max(file.bytes for file in group.files) < file_bytes // 2

    groups = [Group(partition, group, not holds_any(group)) for partition, group in group_files(files)]
    small_groups = Counter(group.partition for group in groups if group.stays and is_small(group))
    crowded = {partition for partition, count in small_groups.items() if count > SMALL_GROUPS}
    return [
        group._replace(stays=group.stays and not (group.partition in crowded and is_small(group))) for group in groups
    ]


def pieces_to_keep(
    path: Path | str, schema: pa.Schema, stale: frozenset[str], stream: pa.NativeFile | None = None
) -> Iterator[Piece | pa.RecordBatch]:
    """Yield the rows of a file that stay: row groups without stale rows as stored, and the remaining rows of the
    others.

    Small row groups are yielded as rows, so that they can be merged. `stream` is the open file if it has an address
    instead of a path.

    Raises:
        OutputError: the file is damaged, or has other columns.
    """
    stale_ids = pa.array(sorted(stale), pa.string())
    with (
        open_parquet(path, schema, stream) as file,
        open(path, "rb") if stream is None else nullcontext(stream) as stored_file,
    ):
        stored_groups, others = StoredRowGroups(stored_file, schema), []
        for number in range(file.num_row_groups):
            group = file.metadata.row_group(number)
            is_small = group.total_byte_size < FORMATS["parquet"].small_bytes
            encoded = None if is_small or _holds_any(file, number, stale_ids) else stored_groups.encoded_group(number)
            if encoded is None:
                others.append(number)
            else:
                yield Piece(group.num_rows, encoded)
        for number in others:
            for batch in file.read_row_group(number, use_threads=False).to_batches():
                arrays = [batch.column(name) for name in schema.names]
                yield rows_to_keep(pa.RecordBatch.from_arrays(arrays, schema=schema), stale)


def _holds_any(file: pq.ParquetFile, number: int, doc_ids: pa.Array) -> bool:
    """Whether a row group holds rows of any of these documents."""
    import pyarrow.compute as pc  # 25 ms, only for runs that resume an output

    if not len(doc_ids):
        return False
    column = file.read_row_group(number, ["doc_id"], use_threads=False).column(0)
    return bool(pc.any(pc.is_in(column, value_set=doc_ids)).as_py())
