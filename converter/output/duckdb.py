"""A DuckDB database as a target: a table for each record, data sets in a separate schema, one transaction."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from converter.datasets import DATASETS
from converter.errors import OutputError
from converter.output.capacity import Capacity
from converter.output.manifest import Manifest, parse_manifest
from converter.output.tables import (
    MANIFEST_TABLE,
    VIEWS,
    DatabaseTarget,
    descriptions_of,
    in_contract,
    is_comment,
    is_dataset,
    load_tables,
)
from converter.output.target import Load, import_extra
from converter.records import RECORDS
from converter.records.record import metadata_text
from converter.sql_text import quote_name, quote_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


OLDEST_STORAGE = {"storage_compatibility_version": "v1.0.0"}
"""The oldest file version that can hold Parquetry's tables; by default, only the newest DuckDB can read a file."""

COMMENTED_COLUMNS = 300
"""Tables with more columns get no column comments."""


class DuckDB(DatabaseTarget):
    """A database file. A new file is made in the stage and put in place when complete."""

    capacity: Capacity | None = Capacity("DuckDB", columns=10_000)

    def __init__(self, out: str) -> None:
        self.name, self.place = out, Path(out)
        self._duckdb = import_extra("duckdb", "duckdb")

    def manifest(self) -> Manifest | None:
        """Return the manifest of the database, None if there is none."""
        if not self.place.exists():
            return None
        with self._connect(self.place, read_only=True) as connection:
            return _Session(connection, self.name).manifest()

    def conflicts(self, names: Sequence[str]) -> list[str]:
        """Return the tables and views of other programs with these names, or those of `VIEWS`."""
        if not self.place.exists():
            return []
        manifest = self.manifest()
        with self._connect(self.place, read_only=True) as connection:
            existing_names = _Session(connection, self.name).existing_names()
        return sorted(existing_names.intersection([*names, *VIEWS]) - (manifest.paths if manifest else set()))

    def read(self, record: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a record."""
        selected = ", ".join(map(quote_name, columns)) if columns else "*"
        with self._connect(self.place, read_only=True) as connection:
            table = _Session(connection, self.name).table(record)
            rows = pa.RecordBatchReader.from_stream(connection.sql(f"select {selected} from {table}"))
            yield from in_contract(rows, record, columns)

    def publish(self, load: Load) -> Manifest:
        """Write the staged rows to the database, in one transaction.

        Raises:
            OutputError: a name is taken, another process has the database open, or the disk is full.
        """
        is_new = not self.place.exists()
        path = load.stage.place / "new.duckdb" if is_new else self.place
        with self._connect(path, settings=OLDEST_STORAGE if is_new else {}) as connection:
            connection.execute("begin")
            stale = pa.table({"doc_id": pa.array(sorted(load.stale or ()), pa.string())})
            connection.register("stale_documents", stale)
            manifest = load_tables(
                _Session(connection, self.name), load, "select doc_id from stale_documents", self.name
            )
            connection.execute("commit")
            if is_new:
                connection.execute("checkpoint")
        if is_new:
            load.stage.publish_file(path)
        return manifest

    def locations(self, manifest: Manifest) -> list[Path | str]:
        """Return the file."""
        return [self.place]

    @contextlib.contextmanager
    def _connect(
        self, path: Path, read_only: bool = False, settings: Mapping[str, str] = {}
    ) -> Iterator[DuckDBPyConnection]:
        try:
            with self._duckdb.connect(str(path), read_only=read_only, config=dict(settings)) as connection:
                yield connection
        except self._duckdb.Error as error:
            raise OutputError(f"{error}; nothing of this run was kept", source=self.name) from error


class _Session:
    """A `Database`: a connection with a transaction."""

    def __init__(self, connection: DuckDBPyConnection, name: str) -> None:
        self._connection, self._name = connection, name
        self._indexes: list[str] = []  # of other programs, recreated once their tables are full
        self._entries_cache: dict[tuple[str, str], dict[str, list[tuple[Any, ...]]]] = {}
        self._referenced_tables: set[str] | None = None
        ((self._catalog,),) = connection.execute("select current_database()").fetchall()

    def execute(self, statement: str) -> None:
        self._connection.execute(statement)

    def manifest(self) -> Manifest | None:
        if MANIFEST_TABLE not in self.existing_names():
            return None
        rows = self._connection.execute(f"select manifest from {self.table(MANIFEST_TABLE)}").fetchall()
        return parse_manifest(rows[0][0] if rows else "", f"{self._name}: {MANIFEST_TABLE}")

    def existing_names(self) -> set[str]:
        rows = self._connection.execute(
            "select table_schema, table_name from information_schema.tables where table_catalog = current_database()"
        ).fetchall()
        return {name if schema == "main" else f"{schema}/{name}" for schema, name in rows}

    def table(self, name: str) -> str:
        # Qualified with the database: in a file named datasets.duckdb, `datasets.x` is ambiguous.
        schema = DATASETS if is_dataset(name) else "main"
        return ".".join(map(quote_name, (self._catalog, schema, name.removeprefix(f"{DATASETS}/"))))

    def create(self, name: str, schema: pa.Schema) -> None:
        if is_dataset(name):
            self.execute(f"create schema if not exists {quote_name(self._catalog)}.{DATASETS}")
        types = self._types(schema)
        columns = [
            f"{quote_name(field.name)} {types[field.name]}{'' if field.nullable else ' not null'}" for field in schema
        ]
        # DuckDB holds a primary key in memory as an index. A foreign key would prevent replacing documents.
        key = RECORDS[name].key if name in RECORDS else ()
        keys = [f"primary key ({', '.join(map(quote_name, key))})"] if key else []
        self.execute(f"create table {self.table(name)} ({', '.join([*columns, *keys])})")
        description = metadata_text(schema, "description")
        # Each comment adds an entry for the whole table: comments on 5,000 columns would take 7 GB.
        self._comment(
            {"": description, **(dict(descriptions_of(schema)) if len(schema) <= COMMENTED_COLUMNS else {})}, name
        )

    def clear(self, names: Sequence[str], resumes: bool) -> None:
        """Do nothing: `reshape` and `remove` clear the tables. Deleted rows make a table with a key slow to fill."""

    def reshape(self, name: str, schema: pa.Schema, known_columns: Collection[str]) -> None:
        """Recreate the table, many times faster than deleting its rows; keep comments and indexes of other programs.

        A table to which others added columns or foreign keys is kept, and its rows are deleted.
        """
        types = self._types(schema)
        columns = self._columns(name)
        if columns.keys() <= {*types, *known_columns} and not self._is_referred_to(name):
            statements = [sql for (sql,) in self._catalog_entries(name, "sql", "indexes")]
            # Without the database, `datasets.x` is ambiguous in a file named datasets.duckdb; see `table`.
            place = f" ON {quote_name(self._catalog)}.{DATASETS}."
            self._indexes += [sql.replace(f" ON {DATASETS}.", place, 1) for sql in statements]
            comments = self._comments(name)
            self.execute(f"drop table {self.table(name)}")
            self.create(name, schema)
            descriptions = dict(descriptions_of(schema))
            foreign_comments = {
                key: words for key, words in comments.items() if not is_comment(words, descriptions.get(key))
            }
            self._comment({key: foreign_comments[key] for key in foreign_comments if key in {"", *types}}, name)
            return
        self.execute(f"delete from {self.table(name)}")
        for column in schema:
            if column.name not in columns:
                self.execute(
                    f"alter table {self.table(name)} add column {quote_name(column.name)} {types[column.name]}"
                )
            elif columns[column.name] != types[column.name]:
                change = f"alter column {quote_name(column.name)} set data type {types[column.name]}"
                self.execute(f"alter table {self.table(name)} {change}")
        for column_name in columns.keys() & set(known_columns) - types.keys():
            self.execute(f"alter table {self.table(name)} drop column {quote_name(column_name)}")

    def insert(self, name: str, rows: pa.RecordBatchReader) -> None:
        self._connection.register("staged", rows)
        self.execute(f"insert into {self.table(name)} by name select * from staged")
        self._connection.unregister("staged")

    def count(self, name: str) -> int:
        ((count,),) = self._connection.execute(f"select count(*) from {self.table(name)}").fetchall()
        return int(count)

    def finish(self, schemas: Mapping[str, pa.Schema]) -> None:
        """Recreate the indexes of other programs; primary keys can only be created with the table."""
        for sql in self._indexes:
            self.execute(sql)

    def replace_view(self, name: str, select: str) -> None:
        self.execute(f"create or replace view {self.table(name)} as {select}")

    def remove(self, name: str) -> list[str]:
        """Drop a view, or a table without other programs' indexes, comments and references; else delete its rows."""
        if name in VIEWS:
            self.execute(f"drop view {self.table(name)}")
            return []
        reasons = [f"index {index}" for (index,) in self._catalog_entries(name, "index_name", "indexes")]
        reasons += ["its comment"] if is_dataset(name) and self._comments(name).get("") else []
        reasons += ["a foreign key"] if self._is_referred_to(name) else []
        self.execute(f"{'delete from' if reasons else 'drop table'} {self.table(name)}")
        return reasons

    def _catalog_entries(self, name: str, columns: str, kind: str) -> list[tuple[Any, ...]]:
        """Return DuckDB's catalog entries for a table: `tables`, `columns`, `indexes` or `constraints`."""
        if (columns, kind) not in self._entries_cache:  # once for all tables: DuckDB scans the catalog each time
            query = f"select schema_name, table_name, {columns} from duckdb_{kind}()"
            rows = self._connection.execute(f"{query} where database_name = current_database()").fetchall()
            tables = self._entries_cache[columns, kind] = defaultdict(list)
            for schema, table, *values in rows:
                tables[table if schema == "main" else f"{schema}/{table}"].append(tuple(values))
        return self._entries_cache[columns, kind].get(name, [])

    def _columns(self, name: str) -> dict[str, str]:
        return dict(self._catalog_entries(name, "column_name, data_type", "columns"))

    def _comments(self, name: str) -> dict[str, str]:
        """Return the comments on a table's columns, and on the table itself under an empty name."""
        entries = [
            *self._catalog_entries(name, "'', comment", "tables"),
            *self._catalog_entries(name, "column_name, comment", "columns"),
        ]
        return {column: words for column, words in entries if words}

    def _comment(self, comments: Mapping[str, str], name: str) -> None:
        for column, words in comments.items():
            target = f"column {self.table(name)}.{quote_name(column)}" if column else f"table {self.table(name)}"
            self.execute(f"comment on {target} is {quote_text(words)}")

    def _is_referred_to(self, name: str) -> bool:
        if self._referenced_tables is None:
            keys = "select referenced_table from duckdb_constraints() where constraint_type = 'FOREIGN KEY'"
            self._referenced_tables = {table for (table,) in self._connection.execute(keys).fetchall()}
        return name.removeprefix(f"{DATASETS}/") in self._referenced_tables

    def _types(self, schema: pa.Schema) -> dict[str, str]:
        """Return DuckDB's type for each column of a schema."""
        self._connection.register("example", schema.empty_table())
        types = {row[0]: row[1] for row in self._connection.execute("describe example").fetchall()}
        self._connection.unregister("example")
        return types
