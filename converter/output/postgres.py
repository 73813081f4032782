"""A PostgreSQL database as a target: rows are loaded with COPY through ADBC, all tables in one transaction."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote

import pyarrow as pa

from converter.addresses import displayed_name, public
from converter.datasets import DATASETS, PARTS
from converter.errors import OutputError, UsageError
from converter.output.capacity import Capacity
from converter.output.manifest import Manifest, parse_manifest
from converter.output.postgres_values import decode, encode, encoded_type, fits_in_a_page, normalize_type, sql_type
from converter.output.staging_place import staging_place
from converter.output.tables import (
    MANIFEST_TABLE,
    VIEWS,
    DatabaseTarget,
    descriptions_of,
    is_comment,
    is_dataset,
    load_tables,
    references,
)
from converter.output.target import Load, import_extra
from converter.records import RECORDS
from converter.records.record import metadata_text
from converter.sql_text import quote_name, quote_text

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection, Cursor

DEFAULT_SCHEMA, SCHEMA = "parquetry", "schema="

KEYS = """
    select contype::text, c.relname, coalesce(t.relname, c.relname),
        array(select attname::text from unnest(conkey) with ordinality as keys (number, place)
              join pg_attribute on attrelid = conrelid and attnum = number order by place),
        conname, pg_get_constraintdef(k.oid),
        contype = 'f' and confrelid in ({relations}) or contype = 'p'
        and obj_description(k.oid, 'pg_constraint') is null and obj_description(conindid, 'pg_class') is null
        and not exists (select 1 from pg_index where indexrelid = conindid and (indisreplident or indisclustered))
        and not exists (
            select 1 from pg_depend d
            left join pg_constraint f on d.classid = 'pg_constraint'::regclass and f.oid = d.objid
            where d.deptype = 'n' and (d.refclassid = 'pg_constraint'::regclass and d.refobjid = k.oid
                or d.refclassid = 'pg_class'::regclass and d.refobjid = conindid)
            and (f.oid is null or f.conrelid not in ({relations})))
    from pg_constraint k join pg_class c on c.oid = conrelid left join pg_class t on t.oid = confrelid
    where contype in ('p', 'f') and conrelid in ({relations}) order by contype desc, conname"""
"""The keys of tables, primary keys first, with the columns of `_Key`."""

DEPENDENTS = """
    select distinct pg_describe_object(classid, objid, objsubid) from pg_depend
    where refclassid = 'pg_class'::regclass and refobjid = {relation} and deptype in ('n', 'a')
    and not (classid = 'pg_class'::regclass and (objid = {relation} or exists (
        select 1 from pg_class where pg_class.oid = objid and relname = {index})))
    and not (classid = 'pg_rewrite'::regclass and exists (
        select 1 from pg_rewrite where pg_rewrite.oid = objid and ev_class = {relation} and rulename = '_RETURN'))
    and not (classid = 'pg_constraint'::regclass and exists (
        select 1 from pg_constraint where pg_constraint.oid = objid and contype in ('p', 'n')))"""
"""What depends on a table or view, except Parquetry's keys and its index on tables without a key."""

KEEP_TYPES = ("pg_rewrite", "pg_policy", "pg_trigger", "pg_attrdef")
"""Catalogs of the objects that prevent a column they depend on from changing its type; indexes adapt."""

ATTACHMENTS = """
    select relacl is not null or exists (select 1 from pg_attribute where attrelid = {relation} and attacl is not null),
        relrowsecurity, obj_description(oid, 'pg_class') is not null and ({is_dataset} or relkind = 'v'),
        reloptions is not null
    from pg_class where oid = {relation}"""
ATTACHMENT_WORDS = ("the rights granted on it", "its row security", "its comment", "its options")
"""What else others may have attached to a table: a query, and the words for each of its columns."""


NAME_BYTES = 63


class Postgres(DatabaseTarget):
    """Tables in a schema of the database, `parquetry` unless the URL sets `?schema=name`.

    Data sets are in a second schema, `parquetry_datasets`. All other parameters of the URL go to libpq, which also
    reads the environment.
    """

    capacity: Capacity | None = Capacity(
        "PostgreSQL", columns=1600, name_bytes=NAME_BYTES, folds_case=False, fits=fits_in_a_page, sure_columns=320,
        reserved=frozenset({"ctid", "cmin", "cmax", "xmin", "xmax", "tableoid"}),
    )  # fmt: skip

    def __init__(self, out: str) -> None:
        if not re.match("postgres(ql)?://", out):
            raise UsageError(f"{displayed_name(out)} does not name a PostgreSQL database; use postgresql://HOST/NAME")
        address, _, query = out.partition("?")
        parameters = [parameter for parameter in query.split("&") if parameter]
        schemas = [unquote(parameter[len(SCHEMA) :]) for parameter in parameters if parameter.startswith(SCHEMA)]
        self._schema = next(filter(None, schemas), DEFAULT_SCHEMA)
        if (maximum := NAME_BYTES - len(f"_{DATASETS}")) < len(self._schema.encode()) or "\0" in self._schema:
            raise UsageError(
                f"schema={self._schema} is not a schema name of at most {maximum} bytes; use a shorter name"
            )
        self._url = f"{address}?{'&'.join(parameter for parameter in parameters if not parameter.startswith(SCHEMA))}"
        self.name = f"{public(address)}?{SCHEMA}{quote(self._schema)}"
        self.place = staging_place(self.name)
        self._adbc = import_extra("adbc_driver_postgresql.dbapi", "postgres")

    def manifest(self) -> Manifest | None:
        """Return the manifest of the schema, None if there is none."""
        with self._connect() as database:
            return database.manifest()

    def conflicts(self, names: Sequence[str]) -> list[str]:
        """Return the tables and views of other programs with these names, or those of `VIEWS`."""
        with self._connect() as database:
            manifest = database.manifest()
            own_tables = manifest.paths if manifest else set()
            return sorted(database.existing_names().intersection([*names, *VIEWS]) - own_tables)

    def read(self, record: str, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a record."""
        full_schema = RECORDS[record].schema if record in RECORDS else PARTS
        schema = pa.schema([full_schema.field(name) for name in columns or full_schema.names])
        with self._connect() as database:
            for batch in database.rows(record, schema.names):
                arrays = [decode(column, field.type) for column, field in zip(batch.columns, schema, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema.with_metadata(full_schema.metadata))

    def publish(self, load: Load) -> Manifest:
        """Bring the staged rows into the database, in one transaction.

        Raises:
            OutputError: a name is taken, another run wrote to it meanwhile, or the server refused.
        """
        with self._connect() as database:
            database.begin(load.stale or frozenset())
            manifest = load_tables(database, load, "select doc_id from pg_temp.stale_documents", self.name)
            database.commit()
        return manifest

    def locations(self, manifest: Manifest) -> list[Path | str]:
        """Return the name of the database and the schema."""
        return [self.name]

    @contextlib.contextmanager
    def _connect(self) -> Iterator[_Session]:
        try:
            with self._adbc.connect(self._url) as connection, connection.cursor() as cursor:
                yield _Session(connection, cursor, self._schema, self.name)
        except self._adbc.Error as error:
            message = " ".join(str(error).split())  # in one line
            raise OutputError(f"{message}; nothing of this run was kept", source=self.name) from None


class _Column(NamedTuple):
    """A column of an existing table."""

    number: int
    type: str
    required: bool
    comment: str | None


class _Key(NamedTuple):
    """A primary (p) or foreign (f) key of a table; `is_loose` if recreating it loses nothing of other programs."""

    kind: str
    table: str
    refers_to: str
    columns: list[str]
    name: str
    definition: str
    is_loose: bool


class _Session:
    """A `Database`: a connection with a transaction, which is rolled back unless it is committed."""

    def __init__(self, connection: Connection, cursor: Cursor, schema: str, name: str) -> None:
        self._connection, self._cursor, self._schema, self._name = connection, cursor, schema, name
        self._schemas = {False: schema, True: f"{schema}_{DATASETS}"}
        self._dropped_keys: list[_Key] = []  # recreated once the tables are full
        self._new_tables: set[str] = set()

    def begin(self, stale: frozenset[str]) -> None:
        """Let one run at a time load; create the schemas, and list the stale documents."""
        self.execute(f"select pg_advisory_xact_lock(hashtextextended({quote_text(self._schema)}, 0))")
        existing_schemas = {name for (name,) in self._fetch("select nspname from pg_namespace")}
        for schema in {*self._schemas.values()} - existing_schemas:  # even `if not exists` needs the right to create
            self.execute(f"create schema {quote_name(schema)}")
        self.execute(f"set local search_path to {quote_name(self._schema)}")
        ids = pa.table({"doc_id": pa.array(sorted(stale), pa.string())})
        self._cursor.adbc_ingest("stale_documents", ids, mode="create", temporary=True)

    def commit(self) -> None:
        self._connection.commit()

    def execute(self, statement: str) -> None:
        self._cursor.execute(statement.replace("\0", "\ufffd"))  # from a header in a comment, for example

    def manifest(self) -> Manifest | None:
        if MANIFEST_TABLE not in self.existing_names():
            return None
        rows = self._fetch(f"select manifest from {self.table(MANIFEST_TABLE)}")
        return parse_manifest(rows[0][0] if rows else "", f"{self._name}: {MANIFEST_TABLE}")

    def existing_names(self) -> set[str]:
        schemas = ", ".join(map(quote_text, self._schemas.values()))
        rows = self._fetch(
            f"""select nspname, relname from pg_class join pg_namespace on relnamespace = pg_namespace.oid
                where nspname in ({schemas}) and relkind in ('r', 'p', 'v', 'm', 'f', 'S')"""
        )
        return {name if schema == self._schema else f"{DATASETS}/{name}" for schema, name in rows}

    def table(self, name: str) -> str:
        return f"{quote_name(self._schemas[is_dataset(name)])}.{quote_name(name.removeprefix(f'{DATASETS}/'))}"

    def create(self, name: str, schema: pa.Schema) -> None:
        columns = [
            f"{quote_name(field.name)} {sql_type(field.type)}{'' if field.nullable else ' not null'}"
            for field in schema
        ]
        self.execute(f"create table {self.table(name)} ({', '.join(columns)})")
        description = metadata_text(schema, "description")
        self.execute(f"comment on table {self.table(name)} is {quote_text(description)}")
        self._describe(name, schema, schema.names)
        self._new_tables.add(name)

    def clear(self, names: Sequence[str], resumes: bool) -> None:
        """Delete the rows; if nothing prevents it, truncate all tables and drop their keys until `finish`."""
        relations = ", ".join(map(self._relation, names))
        foreign = f"select 1 from pg_constraint where contype = 'f' and confrelid in ({relations})"
        if resumes or self._fetch(f"{foreign} and conrelid not in ({relations})"):
            for name in names:
                self.execute(f"delete from {self.table(name)}")
            return
        self._dropped_keys = [
            key for key in self._keys([record for record in names if not is_dataset(record)]) if key.is_loose
        ]
        for key in reversed(self._dropped_keys):
            self.execute(f"alter table {self.table(key.table)} drop constraint {quote_name(key.name)}")
        self.execute(f"truncate {', '.join(map(self.table, names))}")

    def reshape(self, name: str, schema: pa.Schema, known_columns: Collection[str]) -> None:
        columns = self._columns(name)
        table = self.table(name)
        for column in schema:
            new_type = sql_type(column.type)
            alter = f"alter table {table} alter column {quote_name(column.name)}"
            old_column = columns.get(column.name)
            if old_column is None:
                required = "" if column.nullable else " not null"
                self.execute(f"alter table {table} add column {quote_name(column.name)} {new_type}{required}")
                self._describe(name, schema, [column.name])
                continue
            if normalize_type(new_type) != normalize_type(old_column.type):
                change = f"becomes {new_type.lower()} from {old_column.type}"
                self._check_free(name, column.name, old_column, change, KEEP_TYPES)
                self.execute(f"{alter} type {new_type} using null")
            if not column.nullable and not old_column.required:
                self.execute(f"{alter} set not null")
        for column_name in sorted(columns.keys() & {*known_columns} - {*schema.names}):
            self._check_free(name, column_name, columns[column_name], "is no longer written")
            self.execute(f"alter table {table} drop column {quote_name(column_name)}")
        descriptions = dict(descriptions_of(schema))
        comments = {key: old_column.comment for key, old_column in columns.items() if old_column.comment}
        own_comments = [
            key
            for key in comments
            if is_comment(comments[key], descriptions.get(key)) and comments[key] != descriptions[key]
        ]
        self._describe(name, schema, own_comments)

    def insert(self, name: str, rows: pa.RecordBatchReader) -> None:
        fields = [field.with_type(encoded_type(field.type)) for field in rows.schema]
        schema = pa.schema(fields)
        encoded_rows = (
            pa.RecordBatch.from_arrays([encode(column) for column in batch.columns], schema=schema) for batch in rows
        )
        reader = pa.RecordBatchReader.from_batches(schema, encoded_rows)
        self._cursor.adbc_ingest(
            name.removeprefix(f"{DATASETS}/"), reader, mode="append", db_schema_name=self._schemas[is_dataset(name)]
        )

    def count(self, name: str) -> int:
        ((count,),) = self._fetch(f"select count(*) from {self.table(name)}")
        return int(count)

    def rows(self, name: str, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a table as the server streams them."""
        self.execute(f"select {', '.join(map(quote_name, columns))} from {self.table(name)}")
        yield from self._cursor.fetch_record_batch()

    def finish(self, schemas: Mapping[str, pa.Schema]) -> None:
        """Create the keys once the rows are loaded, which is many times faster than row by row."""
        records = [name for name in schemas if not is_dataset(name)]
        for key in self._dropped_keys:  # primary keys first: foreign keys refer to them
            if {key.table, key.refers_to} <= {*records} and {*key.columns} <= {*schemas[key.table].names}:
                self.execute(
                    f"alter table {self.table(key.table)} add constraint {quote_name(key.name)} {key.definition}"
                )
        existing_keys = {(key.table, key.refers_to, tuple(key.columns)) for key in self._keys(records)}
        keyed_tables = {key.table for key in self._keys(records) if key.kind == "p"}
        for name in records:
            if key_columns := RECORDS[name].key if name in RECORDS else ():
                if name not in keyed_tables:
                    self.execute(f"alter table {self.table(name)} add primary key ({listing(key_columns)})")
            elif name in self._new_tables and "doc_id" in schemas[name].names:
                self.execute(f"create index on {self.table(name)} (doc_id)")
        for name in records:
            for columns, record, targets in references(name, records):
                if (name, record, columns) not in existing_keys:
                    self.execute(
                        f"alter table {self.table(name)} add foreign key ({listing(columns)})"
                        f" references {self.table(record)} ({listing(targets)})"
                    )

    def replace_view(self, name: str, select: str) -> None:
        relation = f"to_regclass({quote_text(self.table(name))})"
        options = self._fetch(f"select array_to_string(reloptions, ', ') from pg_class where oid = {relation}")
        clause = f" with ({options[0][0]})" if options and options[0][0] else ""
        self.execute(f"create or replace view {self.table(name)}{clause} as {select}")

    def remove(self, name: str) -> list[str]:
        reasons = self._dependents(name)
        if not reasons:
            self.execute(f"drop {'view' if name in VIEWS else 'table'} {self.table(name)}")
        return reasons

    def _describe(self, name: str, schema: pa.Schema, columns: Collection[str]) -> None:
        """Write the descriptions of some columns as comments."""
        for column, words in descriptions_of(schema):
            if column in columns:
                self.execute(f"comment on column {self.table(name)}.{quote_name(column)} is {quote_text(words)}")

    def _columns(self, name: str) -> dict[str, _Column]:
        rows = self._fetch(
            f"""select attname, attnum, format_type(atttypid, atttypmod), attnotnull,
                       col_description(attrelid, attnum) from pg_attribute
                where attrelid = {self._relation(name)} and attnum > 0 and not attisdropped"""
        )
        return {column: _Column(*values) for column, *values in rows}

    def _keys(self, records: Sequence[str]) -> list[_Key]:
        """Return the primary and foreign keys of records, primary keys first."""
        relations = ", ".join(map(self._relation, records)) or "0"
        return [_Key(*row) for row in self._fetch(KEYS.format(relations=relations))]

    def _dependents(self, name: str, column: _Column | None = None, kinds: Collection[str] = ()) -> list[str]:
        """Return what others attached to a table, view or column, in words; only of some `kinds`, or of all."""
        relation = self._relation(name)
        query = DEPENDENTS.format(relation=relation, index=quote_text(f"{name}_doc_id_idx"))
        if column is not None:
            query += f" and refobjsubid = {column.number}"
        if kinds:
            query += f" and classid in ({', '.join(f'{quote_text(kind)}::regclass' for kind in kinds)})"
        reasons = [words.removeprefix("rule _RETURN on ") for (words,) in self._fetch(query)]
        if column is None:
            (attachments,) = self._fetch(ATTACHMENTS.format(relation=relation, is_dataset=is_dataset(name)))
            reasons += [words for words, is_attached in zip(ATTACHMENT_WORDS, attachments, strict=True) if is_attached]
        return sorted(reasons)

    def _check_free(
        self, name: str, column: str, old_column: _Column, change: str, kinds: Collection[str] = ()
    ) -> None:
        if reasons := self._dependents(name, old_column, kinds):
            message = (
                f"column {column} of {name} {change}, but {', '.join(reasons)} depends on it: drop that before the run "
                "and recreate it afterwards, or name another schema with ?schema=; nothing of this run was kept"
            )
            raise OutputError(message, source=self._name)

    def _relation(self, name: str) -> str:
        return f"{quote_text(self.table(name))}::regclass"

    def _fetch(self, query: str) -> list[tuple[Any, ...]]:
        self.execute(query)
        return list(self._cursor.fetchall())


def listing(columns: Iterable[str]) -> str:
    """Return columns as a SQL list."""
    return ", ".join(map(quote_name, columns))
