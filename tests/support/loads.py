"""Rows that go into a target without a conversion: a few, of records and of data sets, as a run stages them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from converter.output import Target
from converter.output.manifest import Manifest
from converter.output.stage import open_stage
from converter.output.target import Load
from converter.output.verification import verified_entry
from converter.records import RECORDS
from converter.version import __version__

Rows = Sequence[Mapping[str, Any]]


def table_of(name: str, rows: Rows) -> pa.Table:
    """Return rows of a record, with values for what may not be null; other tables have the types of their values."""
    if name not in RECORDS:
        return pa.Table.from_pylist([dict(row) for row in rows])
    schema = RECORDS[name].schema
    defaults = {field.name: default(field.type) for field in schema if not field.nullable}
    return pa.Table.from_pylist([{**defaults, **row} for row in rows], schema)


def default(type: pa.DataType) -> Any:
    """Return a value of this type."""
    if pa.types.is_list(type) or pa.types.is_map(type):
        return []
    if pa.types.is_boolean(type):
        return False
    return 0 if pa.types.is_integer(type) or pa.types.is_floating(type) else ""


def publish(
    target: Target,
    tables: Mapping[str, pa.Table | Rows],
    stale: Collection[str] | None = None,
    run_id: str | None = None,
    previous: Manifest | None = None,
    version: str = __version__,
) -> tuple[Manifest, list[str]]:
    """Publish the rows as a run does; return the manifest and the notes.

    `previous` is the manifest that the run began with, by default that of the target.
    """
    previous = previous or target.manifest()
    staged = {name: rows if isinstance(rows, pa.Table) else table_of(name, rows) for name, rows in tables.items()}
    with open_stage(target.place) as stage:
        for name, table in staged.items():
            path = stage.new / f"{name}.parquet"
            path.parent.mkdir(exist_ok=True)
            pq.write_table(table, path)
        files = [verified_entry(stage.new, f"{name}.parquet", name, table.num_rows) for name, table in staged.items()]
        schemas = {name: table.schema for name, table in staged.items()}
        types = {name: {field.name: str(field.type) for field in schema} for name, schema in schemas.items()}
        manifest = Manifest(
            run_id or uuid4().hex, "now", version, "parquet", "0" * 64, {"records": ["datasets"]}, 0, files, types
        )
        load = Load(stage, manifest, schemas, None if stale is None else frozenset(stale), previous)
        return target.publish(load), load.notes
