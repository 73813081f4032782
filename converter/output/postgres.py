"""A PostgreSQL database as a target: rows go in with COPY through ADBC, all tables in one transaction."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import pyarrow as pa
import pyarrow.compute as pc

from converter.addresses import public, shown
from converter.datasets import DATASETS, PARTS
from converter.errors import OutputError, UsageError
from converter.output.manifest import Manifest, parse_manifest
from converter.output.parts import Parts
from converter.output.stage import staging_place
from converter.output.tables import (
    MANIFEST_TABLE,
    VIEWS,
    described,
    is_dataset,
    kept_in_place,
    load_tables,
    quoted,
    references,
    text,
)
from converter.output.target import Load, imported
from converter.records import RECORDS
from converter.schema.export import SQL, Types, named

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection, Cursor

DEFAULT_SCHEMA, SCHEMA = "parquetry", "schema="

SQL_TYPES: Types = (
    (pa.types.is_float32, "REAL"),
    *SQL,
    (pa.types.is_binary, "BYTEA"),
    (lambda type: pa.types.is_list(type) and pa.types.is_string(type.value_type), "TEXT[]"),
    (pa.types.is_nested, "JSONB"),
)
"""Arrow type -> the type of a column, first match counts; decimals are `NUMERIC`, whatever else is `TEXT`."""


class Postgres:
    """Tables in a schema of the database, `parquetry` unless the URL says `?schema=name`; data sets in another one,
    `parquetry_datasets`. Every other parameter of the URL goes to libpq, which reads the environment too.
    """

    shared = True

    def __init__(self, out: str) -> None:
        if not re.match("postgres(ql)?://", out):
            raise UsageError(f"{shown(out)} names no PostgreSQL database; say postgresql://HOST/NAME")
        address, _, query = out.partition("?")
        parameters = [one for one in query.split("&") if one]
        schemas = [unquote(one[len(SCHEMA) :]) for one in parameters if one.startswith(SCHEMA)]
        self._schema = next(filter(None, schemas), DEFAULT_SCHEMA)
        self._url = f"{address}?{'&'.join(one for one in parameters if not one.startswith(SCHEMA))}"
        self.name = f"{public(address)}?{SCHEMA}{quote(self._schema)}"
        self.place = staging_place(self.name)
        self._adbc = imported("adbc_driver_postgresql.dbapi", "postgres")

    def manifest(self) -> Manifest | None:
        """Return the manifest of the schema, None where there is none."""
        with self._connected() as database:
            return database.manifest()

    def in_the_way(self, names: Sequence[str]) -> list[str]:
        """Return the tables and views of others that have such a name, or that of a view."""
        with self._connected() as database:
            manifest = database.manifest()
            ours = manifest.paths if manifest else set()
            return sorted(database.standing().intersection([*names, *VIEWS]) - ours)

    def read(self, record: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a record."""
        whole = RECORDS[record].schema if record in RECORDS else PARTS
        schema = pa.schema([whole.field(name) for name in columns or whole.names])
        with self._connected() as database:
            for batch in database.rows(record, schema.names):
                arrays = [decoded(column, field.type) for column, field in zip(batch.columns, schema, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema.with_metadata(whole.metadata))

    def keep(self, parts: Parts, stale: frozenset[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield the problems and parts of data sets that stay, which they do where they are."""
        return kept_in_place(self, self.manifest(), stale)

    def publish(self, load: Load) -> Manifest:
        """Bring the staged rows into the database, in one transaction.

        Raises:
            OutputError: a name is taken, another run wrote to it meanwhile, or the server refused.
        """
        with self._connected() as database:
            database.begin(load.stale or frozenset())
            manifest = load_tables(database, load, "select doc_id from pg_temp.stale_documents", self.name)
            database.commit()
        return manifest

    def written(self, manifest: Manifest) -> list[Path | str]:
        """Return the name of the database and the schema."""
        return [self.name]

    @contextlib.contextmanager
    def _connected(self) -> Iterator[_Connected]:
        try:
            with self._adbc.connect(self._url) as connection, connection.cursor() as cursor:
                yield _Connected(connection, cursor, self._schema, self.name)
        except self._adbc.Error as error:
            message = " ".join(str(error).split())  # in one line
            raise OutputError(f"{message}; nothing of this run was kept", source=self.name) from None


class _Connected:
    """A `Database`: a connection with a transaction, which is rolled back unless it is committed."""

    def __init__(self, connection: Connection, cursor: Cursor, schema: str, name: str) -> None:
        self._connection, self._cursor, self._schema, self._name = connection, cursor, schema, name
        self._schemas = {False: schema, True: f"{schema}_{DATASETS}"}

    def begin(self, stale: frozenset[str]) -> None:
        """Let one run at a time load, make the schemas, and name the documents that go."""
        self.execute(f"select pg_advisory_xact_lock(hashtextextended({text(self._schema)}, 0))")
        there = {name for (name,) in self._fetched("select nspname from pg_namespace")}
        for schema in {*self._schemas.values()} - there:  # `if not exists` asks for the right to make one all the same
            self.execute(f"create schema {quoted(schema)}")
        self.execute(f"set local search_path to {quoted(self._schema)}")
        ids = pa.table({"doc_id": pa.array(sorted(stale), pa.string())})
        self._cursor.adbc_ingest("stale_documents", ids, mode="create", temporary=True)

    def commit(self) -> None:
        self._connection.commit()

    def execute(self, statement: str) -> None:
        self._cursor.execute(statement)

    def manifest(self) -> Manifest | None:
        if MANIFEST_TABLE not in self.standing():
            return None
        rows = self._fetched(f"select manifest from {self.table(MANIFEST_TABLE)}")
        return parse_manifest(rows[0][0] if rows else "", f"{self._name}: {MANIFEST_TABLE}")

    def standing(self) -> set[str]:
        schemas = ", ".join(map(text, self._schemas.values()))
        found = self._fetched(
            f"""select nspname, relname from pg_class join pg_namespace on relnamespace = pg_namespace.oid
                where nspname in ({schemas}) and relkind in ('r', 'p', 'v', 'm', 'f', 'S')"""
        )
        return {name if schema == self._schema else f"{DATASETS}/{name}" for schema, name in found}

    def table(self, name: str) -> str:
        return f"{quoted(self._schemas[is_dataset(name)])}.{quoted(name.removeprefix(f'{DATASETS}/'))}"

    def create(self, name: str, schema: pa.Schema) -> None:
        columns = [f"{quoted(one.name)} {sql_type(one.type)}{'' if one.nullable else ' not null'}" for one in schema]
        self.execute(f"create table {self.table(name)} ({', '.join(columns)})")
        about = (schema.metadata or {}).get(b"description", b"").decode()
        self.execute(f"comment on table {self.table(name)} is {text(about)}")
        for column, words in described(schema):
            self.execute(f"comment on column {self.table(name)}.{quoted(column)} is {text(words)}")

    def insert(self, name: str, rows: pa.RecordBatchReader) -> None:
        fields = [field.with_type(encoded_type(field.type)) for field in rows.schema]
        schema = pa.schema(fields)
        encoded_rows = (
            pa.RecordBatch.from_arrays([encoded(column) for column in batch.columns], schema=schema) for batch in rows
        )
        reader = pa.RecordBatchReader.from_batches(schema, encoded_rows)
        self._cursor.adbc_ingest(
            name.removeprefix(f"{DATASETS}/"), reader, mode="append", db_schema_name=self._schemas[is_dataset(name)]
        )

    def count(self, name: str) -> int:
        ((count,),) = self._fetched(f"select count(*) from {self.table(name)}")
        return int(count)

    def rows(self, name: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a table as the server streams them."""
        self.execute(f"select {', '.join(map(quoted, columns))} from {self.table(name)}")
        yield from self._cursor.fetch_record_batch()

    def finish(self, schemas: Mapping[str, pa.Schema]) -> None:
        """Make the keys once the rows are in, which is many times faster than row by row."""
        records = [name for name in schemas if not is_dataset(name)]
        for name in records:
            if key := RECORDS[name].key if name in RECORDS else ():
                self.execute(f"alter table {self.table(name)} add primary key ({listing(key)})")
            elif "doc_id" in schemas[name].names:
                self.execute(f"create index on {self.table(name)} (doc_id)")
        for name in records:
            for columns, record, targets in references(name, records):
                self.execute(
                    f"alter table {self.table(name)} add foreign key ({listing(columns)})"
                    f" references {self.table(record)} ({listing(targets)})"
                )

    def _fetched(self, query: str) -> list[tuple[Any, ...]]:
        self.execute(query)
        return list(self._cursor.fetchall())


def listing(columns: Iterable[str]) -> str:
    """Return columns as SQL lists them."""
    return ", ".join(map(quoted, columns))


def sql_type(type: pa.DataType) -> str:
    """Return the type of a column that holds this one."""
    if pa.types.is_decimal(type):
        return f"NUMERIC({type.precision}, {type.scale})"
    return named(SQL_TYPES, type, "TEXT")


def encoded_type(type: pa.DataType) -> pa.DataType:
    """Return the Arrow type in which COPY takes a column."""
    if sql_type(type) == "JSONB":
        return pa.json_()
    return type.value_type if pa.types.is_dictionary(type) else type


def encoded(column: pa.Array) -> pa.Array:
    """Return a column as COPY takes it: nested values as JSON; NUL, which PostgreSQL cannot hold, as U+FFFD."""
    if sql_type(column.type) == "JSONB":
        objects = dict if pa.types.is_map(column.type) else lambda value: value
        texts = [None if value is None else json.dumps(_held(objects(value))) for value in column.to_pylist()]
        return pa.ExtensionArray.from_storage(pa.json_(), pa.array(texts, pa.string()))
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type):
        return pc.replace_substring(column, "\0", "\ufffd")
    if pa.types.is_list(column.type) and pa.types.is_string(column.type.value_type):
        found = pc.any(pc.match_substring(column.flatten(), "\0")).as_py()
        return pa.array([_held(row) for row in column.to_pylist()], column.type) if found else column
    return column


def _held(value: Any) -> Any:
    """Return a nested value without NUL."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {_held(key): _held(each) for key, each in value.items()}
    return [_held(each) for each in value] if isinstance(value, list) else value


def decoded(column: pa.Array, type: pa.DataType) -> pa.Array:
    """Return a column as it was before it was encoded."""
    if pa.types.is_map(type):
        return pa.array([None if row is None else list(json.loads(row).items()) for row in column.to_pylist()], type)
    return column.cast(type)
