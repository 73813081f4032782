"""One Iceberg table: a run adds a snapshot that no reader sees, and later moves the main branch to it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO, NamedTuple
from typing import cast as cast_type
from uuid import uuid4

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.expressions import AlwaysTrue
from pyiceberg.io.pyarrow import ArrowScan, parquet_file_to_data_file, schema_to_pyarrow
from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema
from pyiceberg.table import FileScanTask, Table, TableProperties, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import MAIN_BRANCH, SnapshotRefType
from pyiceberg.table.update import (
    AddSchemaUpdate,
    AssertCurrentSchemaId,
    AssertLastAssignedFieldId,
    AssertRefSnapshotId,
    AssertTableUUID,
    SetCurrentSchemaUpdate,
    SetPropertiesUpdate,
    SetSnapshotRefUpdate,
    TableRequirement,
    TableUpdate,
    update_table_metadata,
)

from converter.output.rows import rows_to_keep
from converter.output.stored_types import Substitutes, cast_rows, stored_schema
from converter.output.tables import descriptions_of
from converter.write import FORMATS, Layout

FILE_BYTES = 512 * 1024 * 1024
"""Size in memory at which the next data file begins; on disk, rows take a fifth of that."""

SUBSTITUTES: Substitutes = (
    (lambda type: pa.types.is_integer(type) and type.bit_width < 32, lambda _: pa.int32()),
    (pa.types.is_uint32, lambda _: pa.int64()),
    (pa.types.is_uint64, lambda _: pa.decimal128(20, 0)),
    (pa.types.is_float16, lambda _: pa.float32()),
    (pa.types.is_date, lambda _: pa.date32()),
    (pa.types.is_time, lambda _: pa.time64("us")),
    (pa.types.is_timestamp, lambda type: pa.timestamp("us", "UTC" if type.tz else None)),
    (pa.types.is_duration, lambda _: pa.int64()),
    (lambda type: pa.types.is_decimal(type) and type.precision > 38, lambda _: pa.string()),
    (pa.types.is_decimal, lambda type: pa.decimal128(type.precision, type.scale)),
    (pa.types.is_null, lambda _: pa.string()),
    (lambda type: pa.types.is_large_string(type) or pa.types.is_string_view(type), lambda _: pa.string()),
    (lambda type: pa.types.is_large_binary(type) or pa.types.is_binary_view(type), lambda _: pa.binary()),
)  # fmt: skip
"""Types that Iceberg lacks: integers are signed and of 32 or 64 bits, times of day and instants have microseconds, a
duration is a number of microseconds. Also its large types, which are the same types in Iceberg."""

WIDER_TYPES = {pa.int32(): (pa.int64(),), pa.float32(): (pa.float64(),)}
"""Types to which a column can be widened in place, besides decimals with more digits."""


class Snapshot(NamedTuple):
    """The state of a table: a snapshot, None if it has none yet; and the number of rows."""

    table: Table
    snapshot_id: int | None

    @property
    def rows(self) -> int:
        """The number of rows."""
        if self.snapshot_id is None:
            return 0
        return self.table.scan(snapshot_id=self.snapshot_id).count()


def main_of(table: Table) -> int | None:
    """Return the snapshot that readers see, None if there is none."""
    snapshot = table.current_snapshot()
    return snapshot.snapshot_id if snapshot else None


def documented_schema(schema: pa.Schema) -> pa.Schema:
    """Return the schema in types of Iceberg, with the descriptions of columns where Iceberg looks for them."""
    words = dict(descriptions_of(schema))
    fields = [
        field.with_metadata({"doc": words[field.name]} if field.name in words else None)
        for field in stored_schema(schema, SUBSTITUTES)
    ]
    return pa.schema(fields)


def add_snapshot(
    table: Table,
    schema: pa.Schema | None,
    rows: Iterable[pa.RecordBatch],
    properties: Mapping[str, str],
    stale: frozenset[str] | None = None,
    known_columns: Iterable[str] = (),
    branch: str | None = None,
) -> Snapshot:
    """Write rows to a table in at most one new snapshot, which no reader sees unless `branch` is one that they read.

    Rows of `stale` documents are left out; without it, the rows replace all others, and the columns become those of the
    schema: Parquetry's others, `known_columns`, are dropped. Columns of other programs stay; without a schema, all do.

    Raises:
        CommitFailedException: another program changed the table meanwhile.
    """
    base = main_of(table)
    metadata = _with_schema(table, schema, known_columns if stale is None else ())
    has_new_columns = metadata.current_schema_id != table.metadata.current_schema_id
    table = Table(table.name(), metadata, table.metadata_location, table.io, table.catalog)
    if stale is None or schema is None:
        tasks, kept_rows = [*table.scan().plan_files()], iter(())
    else:
        tasks = [*_affected_tasks(table, schema, stale)]
        kept_rows = _kept_rows(table, schema, tasks, stale)
    files = _write_files(table, (batch for part in (kept_rows, rows) for batch in part))
    if not files and not tasks and not has_new_columns:
        return Snapshot(table, base)
    try:
        with table.transaction() as transaction:
            update = transaction.update_snapshot(dict(properties), branch)
            with update.overwrite() if tasks else update.fast_append() as snapshot:
                if tasks:
                    snapshot.delete_by_predicate(AlwaysTrue())
                for task in tasks:
                    snapshot.delete_data_file(task.file)
                for file in files:
                    snapshot.append_data_file(file)
    except CommitFailedException:  # after any other error, the snapshot may have been added even so
        _remove(table, [file.file_path for file in files])
        raise
    except ValueError as error:  # the catalog's answer if another snapshot came first
        current = table.catalog.load_table(table.name())
        if current.metadata_location == table.metadata_location or current.snapshot_by_id(snapshot.snapshot_id):
            raise
        _remove(table, [file.file_path for file in files])
        raise CommitFailedException("another program changed the table meanwhile") from error
    return Snapshot(table, snapshot.snapshot_id)


def move_main(table: Table, base: int | None, snapshot_id: int) -> None:
    """Let readers see a snapshot, and its columns, in one step.

    Raises:
        CommitFailedException: the main branch is not at the snapshot `base`.
    """
    snapshot = table.snapshot_by_id(snapshot_id)
    updates: list[TableUpdate] = []
    if snapshot is not None and snapshot.schema_id not in (None, table.metadata.current_schema_id):
        updates.append(_set_schema(snapshot.schema_id))
    main = {"ref-name": MAIN_BRANCH, "type": SnapshotRefType.BRANCH, "snapshot-id": snapshot_id}
    commit(table, [_main_is(base)], [*updates, SetSnapshotRefUpdate.model_validate(main)])


def set_properties(table: Table, base: int | None, properties: Mapping[str, str]) -> None:
    """Set properties of a table.

    Raises:
        CommitFailedException: the main branch is not at the snapshot `base`.
    """
    commit(table, [_main_is(base)], [SetPropertiesUpdate(updates=dict(properties))])


def commit(table: Table, requirements: Sequence[TableRequirement], updates: Sequence[TableUpdate]) -> TableMetadata:
    """Commit changes to a table once, without a retry; return its new metadata.

    Raises:
        CommitFailedException: a requirement does not hold.
    """
    is_same_table = AssertTableUUID(uuid=table.metadata.table_uuid)
    return table.catalog.commit_table(table, (is_same_table, *requirements), tuple(updates)).metadata


def _main_is(snapshot_id: int | None) -> TableRequirement:
    return AssertRefSnapshotId.model_validate({"ref": MAIN_BRANCH, "snapshot-id": snapshot_id})


def _set_schema(schema_id: int | None) -> TableUpdate:
    return SetCurrentSchemaUpdate.model_validate({"schema-id": schema_id})


# -- columns


def _with_schema(table: Table, schema: pa.Schema | None, known_columns: Iterable[str]) -> TableMetadata:
    """Return the metadata of a table as if its columns were those of this schema; readers still see the old columns."""
    metadata = table.metadata
    if schema is None or _arrow(table.schema()).equals(documented_schema(schema), check_metadata=True):
        new_schema = table.schema()
    else:
        new_schema = _reshape(table.transaction(), documented_schema(schema), known_columns)
    if new_schema not in metadata.schemas:
        requirements = (
            AssertCurrentSchemaId.model_validate({"current-schema-id": metadata.current_schema_id}),
            AssertLastAssignedFieldId.model_validate({"last-assigned-field-id": metadata.last_column_id}),
        )
        metadata = commit(table, requirements, [AddSchemaUpdate(schema=new_schema)])
    schema_id = next(known.schema_id for known in metadata.schemas if known == new_schema)
    # Without retries: they would start from the columns that readers see.
    settings = SetPropertiesUpdate(updates={TableProperties.COMMIT_NUM_RETRIES: "0"})
    return update_table_metadata(metadata, (_set_schema(schema_id), settings))


def _reshape(transaction: Transaction, schema: pa.Schema, known_columns: Iterable[str]) -> Schema:
    """Return the columns of a table, changed in a transaction to those of a schema.

    A column takes a wider type in place; one of another type is replaced by a new one of the same name.
    """
    columns = {field.name: field.type for field in _arrow(transaction.table_metadata.schema())}
    replaced_names = [
        field.name for field in schema if field.name in columns and not _holds(field.type, columns[field.name])
    ]
    dropped_names = columns.keys() & {*known_columns} - {*schema.names}
    with transaction.update_schema(allow_incompatible_changes=True) as update:
        for name in (*replaced_names, *dropped_names):
            update.delete_column((name,))
    with transaction.update_schema(allow_incompatible_changes=True) as update:
        update.union_by_name(schema)
    names = [field.name for field in transaction.table_metadata.schema().fields]
    order = [*schema.names, *(name for name in names if name not in schema.names)]
    with transaction.update_schema(allow_incompatible_changes=True) as update:
        for position, name in enumerate(order if names != order else ()):
            if position:
                update.move_after((name,), (order[position - 1],))
            else:
                update.move_first((name,))
    return transaction.table_metadata.schema()


def _arrow(schema: Schema) -> pa.Schema:
    return stored_schema(schema_to_pyarrow(schema, include_field_ids=False), SUBSTITUTES)


def _holds(type: pa.DataType, old_type: pa.DataType) -> bool:
    """Whether a column of the old type can take the type in place."""
    if pa.types.is_decimal(type) and pa.types.is_decimal(old_type):
        return bool(type.scale == old_type.scale and type.precision >= old_type.precision)
    return bool(type == old_type or type in WIDER_TYPES.get(old_type, ()))


# -- rows


def _affected_tasks(table: Table, schema: pa.Schema, stale: frozenset[str]) -> Iterator[FileScanTask]:
    """Yield the data files with rows to remove."""
    names = [name for name in ("doc_id", "code") if name in schema.names]
    for task in table.scan().plan_files():
        if any(rows_to_keep(batch, stale).num_rows < batch.num_rows for batch in _scan(table, schema, task, names)):
            yield task


def _kept_rows(
    table: Table, schema: pa.Schema, tasks: Iterable[FileScanTask], stale: frozenset[str]
) -> Iterator[pa.RecordBatch]:
    for task in tasks:
        for batch in _scan(table, schema, task):
            yield rows_to_keep(batch, stale)


def _scan(
    table: Table, schema: pa.Schema, task: FileScanTask, names: Sequence[str] = ("*",)
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a data file, without those that other programs deleted, with the metadata of a schema."""
    columns = table.scan(selected_fields=tuple(names)).projection()
    for batch in ArrowScan(table.metadata, table.io, columns, AlwaysTrue()).to_record_batches([task]):
        yield _without_large_types(batch).replace_schema_metadata(schema.metadata)


def _without_large_types(batch: pa.RecordBatch) -> pa.RecordBatch:
    return cast_rows(batch, stored_schema(batch.schema, SUBSTITUTES))


def _write_files(table: Table, batches: Iterable[pa.RecordBatch]) -> list[DataFile]:
    """Return new data files with these rows; if that fails, they are removed."""
    schema = schema_to_pyarrow(table.schema())
    rows = (batch for batch in (cast_rows(batch, schema) for batch in batches) if batch.num_rows)
    name = uuid4()
    paths: list[str] = []
    try:
        batch = next(rows, None)
        while batch is not None:
            paths.append(table.location_provider().new_data_location(f"{len(paths):05}-{name}.parquet"))
            batch = _write(table, paths[-1], schema, batch, rows)
        return [parquet_file_to_data_file(table.io, table.metadata, path) for path in paths]
    except BaseException:
        _remove(table, paths)
        raise


def _remove(table: Table, paths: Iterable[str]) -> None:
    for path in paths:
        with contextlib.suppress(Exception):
            table.io.delete(path)


def _write(
    table: Table, path: str, schema: pa.Schema, first: pa.RecordBatch, rows: Iterator[pa.RecordBatch]
) -> pa.RecordBatch | None:
    """Write one data file; return the first rows of the next file, None if there are no more rows."""
    size = 0
    batch: pa.RecordBatch | None = first
    with table.io.new_output(path).create() as stream:
        writer = FORMATS["parquet"].writer(cast_type(BinaryIO, stream), schema, Layout())
        while batch is not None and size < FILE_BYTES:
            writer.write(batch)
            size += batch.nbytes
            batch = next(rows, None)
        writer.close()
    return batch


def snapshot_rows(table: Table, snapshot_id: int | None, names: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a snapshot: all columns, or some in this order."""
    if snapshot_id is None:
        return
    rows = table.scan(selected_fields=tuple(names or ("*",)), snapshot_id=snapshot_id).to_arrow_batch_reader()
    for batch in rows:
        yield _without_large_types(batch.select(names) if names else batch)
