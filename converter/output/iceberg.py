"""Iceberg tables as a target: one for each record and data set, in a namespace of a catalog."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from converter.addresses import displayed_name, redact
from converter.datasets import DATASETS
from converter.errors import OutputError, ParquetryError, UsageError, first_line
from converter.output.capacity import Capacity
from converter.output.manifest import Manifest, parse_manifest
from converter.output.stage import IN_PLACE
from converter.output.staging_place import staging_place
from converter.output.stored_types import cast_rows
from converter.output.tables import (
    MANIFEST_TABLE,
    DatabaseTarget,
    busy_error,
    check_unchanged,
    in_order,
    is_dataset,
    manifest_of,
    tables_of,
)
from converter.output.target import Load, conflict_error, import_extra
from converter.records import RECORDS

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

    from converter.output.iceberg_table import Snapshot

RUN = "parquetry.run"
"""The property of Parquetry's tables and snapshots that holds the run that made them."""

PUBLISHED = "parquetry.published"
"""The property of `_manifest` that holds the last run whose snapshots are in the main branches of all tables."""

RESERVED = frozenset(
    {"_file", "_pos", "_deleted", "_spec_id", "_partition", "_row_id", "_last_updated_sequence_number"}
)
"""Columns that Iceberg adds to each table, in Spark and Trino."""

ADDRESS = re.compile(r"iceberg://([\w.-]+)/([\w-]+(?:\.[\w-]+)*)/?")


class Commit(NamedTuple):
    """The manifest and the snapshots that belong to it: one for each table, None if the table has none.

    `snapshot_id` is the snapshot of `_manifest` that holds the manifest. `is_published` says that the main branches
    have been moved to the snapshots, even if other programs have moved them on since.
    """

    manifest: Manifest | None
    snapshots: Mapping[str, int | None]
    table: Table | None = None
    snapshot_id: int | None = None
    is_published: bool = True


def _location_of(settings: Mapping[str, Any]) -> str:
    """Return the location of a catalog, which distinguishes catalogs of the same name; a relative one starts at the
    working folder."""
    uri = str(settings.get("uri"))
    folder = os.getcwd() if uri.startswith("sqlite") else ""
    return f"{uri} {settings.get('warehouse')} {folder}"


class Iceberg(DatabaseTarget):
    """Tables in `iceberg://CATALOG/NAMESPACE`, and data sets in `NAMESPACE_datasets`; pyiceberg's configuration defines
    the catalog.

    An Iceberg commit covers one table. So a run adds a snapshot to each table that no reader sees, and commits
    `_manifest`, on the condition that it is still the one that the run began with. Then it moves the main branches to
    the snapshots; if it is killed before it has moved all, the next run moves the others.
    """

    capacity: Capacity | None = Capacity("Apache Iceberg", columns=10_000, reserved=RESERVED, forbidden="\0.")

    def __init__(self, out: str) -> None:
        address = ADDRESS.fullmatch(out)
        self.name = displayed_name(out)
        if address is None:
            raise UsageError(f"{self.name} does not name an Iceberg namespace; use iceberg://CATALOG/NAMESPACE")
        self._catalog_name, self._namespace = address.groups()
        import_extra("pyiceberg.catalog", "iceberg")
        from pyiceberg.utils.config import Config

        settings = Config().get_catalog_config(self._catalog_name)
        if settings is None:
            variable = f"PYICEBERG_CATALOG__{self._catalog_name.upper().replace('-', '_')}__URI"
            raise UsageError(
                f"{self.name}: pyiceberg knows no catalog {self._catalog_name}; define it in .pyiceberg.yaml, or set "
                f"{variable}"
            )
        self._settings: dict[str, Any] = settings
        self.place = staging_place(f"{self.name} {_location_of(settings)}")

    def manifest(self) -> Manifest | None:
        """Return the manifest; None if there is none."""
        with self._convert_errors():
            return self._last_commit().manifest

    def conflicts(self, names: Sequence[str]) -> list[str]:
        """Return the tables with these names that Parquetry did not make."""
        with self._convert_errors():
            manifest = self._last_commit().manifest
            other_names = {*names} & self._existing_names() - (manifest.paths if manifest else set())
            return sorted(name for name in other_names if self._is_foreign(name))

    def read(self, record: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a record, as of the last completed run."""
        from converter.output.iceberg_table import main_of, snapshot_rows

        with self._convert_errors():
            committed, table = self._last_commit(), self._open(record)
            contract = RECORDS[record].schema if record in RECORDS else None
            snapshot_id = main_of(table) if committed.is_published else committed.snapshots[record]
            for batch in snapshot_rows(table, snapshot_id, columns or (contract and contract.names)):
                yield batch if columns or contract is None else cast_rows(batch, contract)

    def publish(self, load: Load) -> Manifest:
        """Write the staged rows to the tables, then `_manifest`, then let readers see them.

        Raises:
            OutputError: a name is taken, another run wrote meanwhile, or a commit failed.
        """
        with self._convert_errors():
            self._complete()
            previous = self._last_commit()
            check_unchanged(previous.manifest, load, self.name)
            existing_names = self._existing_names()
            own_tables = tables_of(previous.manifest, existing_names, lambda name: self._open(name).scan().count())
            for name in sorted(existing_names & load.schemas.keys() - own_tables):
                self._check_own(name, self._open(name))
            bases, snapshots = self._add_snapshots(load, previous.manifest, own_tables, existing_names)
            rows = {name: snapshots[name].rows for name in in_order(load.schemas)}
            manifest = manifest_of(load, rows, sorted(snapshots.keys() - rows.keys()))
            if any(bases[name] != self._main(name) for name in bases):
                raise busy_error(self.name)
            self._commit(manifest, {name: snapshot.snapshot_id for name, snapshot in snapshots.items()}, previous)
        with self._convert_errors(f"{IN_PLACE} by {MANIFEST_TABLE}; the next run lets readers of the tables see it"):
            committed = self._last_commit()
            if committed.manifest and committed.manifest.run_id == manifest.run_id:  # else a later run has done it
                self._move(committed, bases)
        return manifest

    def tidy(self, run_id: str, seconds_kept: float) -> None:
        """Let readers see the last run, if it was killed before it could."""
        with self._convert_errors():
            self._complete()

    def locations(self, manifest: Manifest) -> list[Path | str]:
        """Return the address."""
        return [self.name]

    def _add_snapshots(
        self, load: Load, previous: Manifest | None, own_tables: set[str], existing_names: set[str]
    ) -> tuple[dict[str, int | None], dict[str, Snapshot]]:
        """Add a snapshot to each table of a load; return the snapshots that they replace, and the new ones."""
        from converter.output.iceberg_table import add_snapshot, main_of

        properties = {RUN: load.manifest.run_id}
        bases: dict[str, int | None] = {}
        snapshots: dict[str, Snapshot] = {}
        for name in (*in_order(load.schemas), *sorted(own_tables - load.schemas.keys())):
            schema = load.schemas.get(name)
            if schema is None:  # a table no longer written keeps its columns and its history
                table, rows = self._open(name), iter(())
            else:
                table = self._open(name) if name in existing_names else self._create(name, schema, load.manifest.run_id)
                rows = load.reader(name)
            is_changed = load.stale is not None and name in own_tables & load.schemas.keys() and not is_dataset(name)
            known_columns = previous.schemas.get(name, {}) if previous else {}
            bases[name] = main_of(table)
            snapshots[name] = add_snapshot(
                table, schema, rows, properties, load.stale if is_changed else None, known_columns
            )
        return bases, snapshots

    def _commit(self, manifest: Manifest, snapshots: Mapping[str, int | None], previous: Commit) -> None:
        """Write `_manifest`, unless another run did since `previous`.

        Raises:
            OutputError: another run did.
        """
        from pyiceberg.exceptions import CommitFailedException

        from converter.output.iceberg_table import add_snapshot, main_of

        row = pa.table({"manifest": [manifest.text], "snapshots": [json.dumps(snapshots)]})
        table = previous.table or self._create(MANIFEST_TABLE, row.schema, manifest.run_id)
        if main_of(table) != previous.snapshot_id:  # another first run created it, and has finished
            raise busy_error(self.name)
        try:
            add_snapshot(table, row.schema, row.to_batches(), {RUN: manifest.run_id}, branch="main")
        except CommitFailedException:
            raise
        except Exception as error:  # the commit may have succeeded even so: perhaps only the answer was lost
            try:
                current_manifest = self._last_commit().manifest
            except Exception:
                message = (
                    f"{_reason(error)}; it is unknown whether the output of this run is in place: it is if "
                    f"{MANIFEST_TABLE} names the run {manifest.run_id}. Either way the output is complete; run it "
                    "again to bring it up to date"
                )
                raise OutputError(message, source=self.name) from error
            if current_manifest is None or current_manifest.run_id != manifest.run_id:
                raise

    def _complete(self) -> None:
        """Move the main branches to the snapshots of the last run, if that run was killed before it could."""
        committed = self._last_commit()
        if committed.is_published:
            return
        bases = {name: self._main(name) for name in committed.snapshots.keys() & self._existing_names()}
        if self._last_commit().snapshot_id == committed.snapshot_id:  # no later run can have moved what was just read
            self._move(committed, bases)

    def _move(self, committed: Commit, bases: Mapping[str, int | None]) -> None:
        """Move the main branch of each table from the snapshot in `bases` to the committed one."""
        from pyiceberg.exceptions import CommitFailedException

        from converter.output.iceberg_table import move_main, set_properties

        try:
            for name, base in bases.items():
                snapshot_id = committed.snapshots[name]
                if snapshot_id not in (None, base):
                    move_main(self._open(name), base, snapshot_id)
            if committed.manifest and committed.table:
                set_properties(committed.table, committed.snapshot_id, {PUBLISHED: committed.manifest.run_id})
        except CommitFailedException:
            if self._last_commit().snapshot_id == committed.snapshot_id and not self._last_commit().is_published:
                raise

    def _last_commit(self) -> Commit:
        """Return the manifest and the snapshots that belong to it."""
        from converter.output.iceberg_table import main_of, snapshot_rows

        if MANIFEST_TABLE not in self._existing_names():
            return Commit(None, {})
        table = self._open(MANIFEST_TABLE)
        self._check_own(MANIFEST_TABLE, table)
        rows = [row for batch in snapshot_rows(table, main_of(table), None) for row in batch.to_pylist()]
        if not rows:  # the first run was killed before it was done
            return Commit(None, {}, table)
        manifest = parse_manifest(rows[0]["manifest"], f"{self.name}: {MANIFEST_TABLE}")
        is_published = table.properties.get(PUBLISHED) == manifest.run_id
        return Commit(manifest, json.loads(rows[0]["snapshots"]), table, main_of(table), is_published)

    # -- the catalog

    @cached_property
    def _catalog(self) -> Catalog:
        from pyiceberg.catalog import load_catalog

        return load_catalog(self._catalog_name, **self._settings)

    def _identifier(self, name: str) -> tuple[str, ...]:
        namespace = f"{self._namespace}_{DATASETS}" if is_dataset(name) else self._namespace
        return (*namespace.split("."), name.removeprefix(f"{DATASETS}/"))

    def _existing_names(self) -> set[str]:
        """Return the names of all tables in the two namespaces, whoever made them."""
        names = set()
        for prefix in ("", f"{DATASETS}/"):
            namespace = self._identifier(prefix)[:-1]
            if self._catalog.namespace_exists(namespace):
                names |= {f"{prefix}{identifier[-1]}" for identifier in self._catalog.list_tables(namespace)}
        return names

    def _open(self, name: str) -> Table:
        return self._catalog.load_table(self._identifier(name))

    def _create(self, name: str, schema: pa.Schema, run_id: str) -> Table:
        """Create an empty table, unless another run did in the meantime."""
        from converter.output.iceberg_table import documented_schema

        identifier = self._identifier(name)
        self._catalog.create_namespace_if_not_exists(identifier[:-1])
        table = self._catalog.create_table_if_not_exists(
            identifier, documented_schema(schema), properties={RUN: run_id}
        )
        self._check_own(name, table)
        return table

    def _main(self, name: str) -> int | None:
        from converter.output.iceberg_table import main_of

        return main_of(self._open(name))

    def _is_foreign(self, name: str) -> bool:
        """Whether no run of Parquetry made this table."""
        return RUN not in self._open(name).properties

    def _check_own(self, name: str, table: Table) -> None:
        """Refuse a table that no run of Parquetry made.

        Raises:
            OutputError: the message names it.
        """
        if RUN not in table.properties:
            raise conflict_error(self.name, name)

    @contextlib.contextmanager
    def _convert_errors(self, outcome: str = "nothing of this run was kept") -> Iterator[None]:
        """Convert pyiceberg's errors, and those of its catalogs and stores, to OutputError."""
        from pyiceberg.exceptions import CommitFailedException

        try:
            yield
        except CommitFailedException as error:
            if outcome.startswith(IN_PLACE):
                raise OutputError(f"another program wrote to it meanwhile; {outcome}", source=self.name) from error
            raise busy_error(self.name) from error
        except ParquetryError:
            raise
        except Exception as error:
            raise OutputError(f"{_reason(error)}; {outcome}", source=self.name) from error


def _reason(error: BaseException) -> str:
    """Return the first line of an error of pyiceberg, a catalog or a store, without credentials."""
    return redact(first_line(error))
