"""A DuckDB database as a target: a table for each record, data sets in a schema of their own, one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from converter.datasets import DATASETS
from converter.errors import OutputError
from converter.output.manifest import Manifest, parse_manifest
from converter.output.parts import Parts
from converter.output.tables import (
    MANIFEST_TABLE,
    VIEWS,
    described,
    in_contract,
    is_dataset,
    kept_in_place,
    load_tables,
    quoted,
    text,
)
from converter.output.target import Load, imported
from converter.records import RECORDS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class DuckDB:
    """A database file. One that is not there yet is made beside its place, and appears when it is whole."""

    shared = True

    def __init__(self, out: str) -> None:
        self.name, self.place = out, Path(out)
        self._duckdb = imported("duckdb", "duckdb")

    def manifest(self) -> Manifest | None:
        """Return the manifest of the database, None where there is none."""
        if not self.place.exists():
            return None
        with self._opened(self.place, read_only=True) as connection:
            return _Connected(connection, self.name).manifest()

    def in_the_way(self, names: Sequence[str]) -> list[str]:
        """Return the tables and views of others that have such a name, or that of a view."""
        if not self.place.exists():
            return []
        manifest = self.manifest()
        with self._opened(self.place, read_only=True) as connection:
            standing = _Connected(connection, self.name).standing()
        return sorted(standing.intersection([*names, *VIEWS]) - (manifest.paths if manifest else set()))

    def read(self, record: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a record."""
        selected = ", ".join(map(quoted, columns)) if columns else "*"
        with self._opened(self.place, read_only=True) as connection:
            table = _Connected(connection, self.name).table(record)
            rows = pa.RecordBatchReader.from_stream(connection.sql(f"select {selected} from {table}"))
            yield from in_contract(rows, record, columns)

    def keep(self, parts: Parts, stale: frozenset[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield the problems and parts of data sets that stay, which they do where they are."""
        return kept_in_place(self, self.manifest(), stale)

    def publish(self, load: Load) -> Manifest:
        """Bring the staged rows into the database, in one transaction.

        Raises:
            OutputError: a name is taken, another process has the database open, or the disk is full.
        """
        is_new = not self.place.exists()
        path = load.stage.place / "new.duckdb" if is_new else self.place
        with self._opened(path) as connection:
            connection.execute("begin")
            stale = pa.table({"doc_id": pa.array(sorted(load.stale or ()), pa.string())})
            connection.register("stale_documents", stale)
            manifest = load_tables(
                _Connected(connection, self.name), load, "select doc_id from stale_documents", self.name
            )
            connection.execute("commit")
            if is_new:
                connection.execute("checkpoint")
        if is_new:
            load.stage.publish_file(path)
        return manifest

    def written(self, manifest: Manifest) -> list[Path | str]:
        """Return the file."""
        return [self.place]

    @contextlib.contextmanager
    def _opened(self, path: Path, read_only: bool = False) -> Iterator[DuckDBPyConnection]:
        try:
            with self._duckdb.connect(str(path), read_only=read_only) as connection:
                yield connection
        except self._duckdb.Error as error:
            raise OutputError(f"{error}; nothing of this run was kept", source=self.name) from error


class _Connected:
    """A `Database`: a connection with a transaction."""

    def __init__(self, connection: DuckDBPyConnection, name: str) -> None:
        self._connection, self._name = connection, name
        ((self._catalog,),) = connection.execute("select current_database()").fetchall()

    def execute(self, statement: str) -> None:
        self._connection.execute(statement)

    def manifest(self) -> Manifest | None:
        if MANIFEST_TABLE not in self.standing():
            return None
        rows = self._connection.execute(f"select manifest from {self.table(MANIFEST_TABLE)}").fetchall()
        return parse_manifest(rows[0][0] if rows else "", f"{self._name}: {MANIFEST_TABLE}")

    def standing(self) -> set[str]:
        found = self._connection.execute(
            "select table_schema, table_name from information_schema.tables where table_catalog = current_database()"
        ).fetchall()
        return {name if schema == "main" else f"{schema}/{name}" for schema, name in found}

    def table(self, name: str) -> str:
        # With its database, for one called datasets.duckdb makes `datasets.x` ambiguous.
        schema = DATASETS if is_dataset(name) else "main"
        return ".".join(map(quoted, (self._catalog, schema, name.removeprefix(f"{DATASETS}/"))))

    def create(self, name: str, schema: pa.Schema) -> None:
        if is_dataset(name):
            self.execute(f"create schema if not exists {quoted(self._catalog)}.{DATASETS}")
        self._connection.register("example", schema.empty_table())
        types = {row[0]: row[1] for row in self._connection.execute("describe example").fetchall()}
        columns = [f"{quoted(one.name)} {types[one.name]}{'' if one.nullable else ' not null'}" for one in schema]
        # A primary key is held in memory as an index, and a foreign key would keep documents from being replaced.
        key = RECORDS[name].key if name in RECORDS else ()
        keys = [f"primary key ({', '.join(map(quoted, key))})"] if key else []
        self.execute(f"create table {self.table(name)} ({', '.join([*columns, *keys])})")
        about = (schema.metadata or {}).get(b"description", b"").decode()
        self.execute(f"comment on table {self.table(name)} is {text(about)}")
        for column, words in described(schema):
            self.execute(f"comment on column {self.table(name)}.{quoted(column)} is {text(words)}")

    def insert(self, name: str, rows: pa.RecordBatchReader) -> None:
        self._connection.register("staged", rows)
        self.execute(f"insert into {self.table(name)} select * from staged")
        self._connection.unregister("staged")

    def count(self, name: str) -> int:
        ((count,),) = self._connection.execute(f"select count(*) from {self.table(name)}").fetchall()
        return int(count)

    def finish(self, schemas: Mapping[str, pa.Schema]) -> None:
        """Nothing is left to do: DuckDB takes primary keys with the table alone."""
