"""A SQLite database as a target: a table for each record and data set, made by one run."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa

from converter.errors import OutputError
from converter.output.capacity import Capacity
from converter.output.one_off import OneOff
from converter.output.tables import MANIFEST_TABLE, VIEWS
from converter.output.target import Load
from converter.records import RECORDS
from converter.sql_text import quote_name, quote_text
from converter.write.values import json_rows

TYPES = (
    (pa.types.is_boolean, "BOOLEAN"),
    (pa.types.is_integer, "INTEGER"),
    (pa.types.is_floating, "REAL"),
)
"""The declared type of a column, first match; every other one is TEXT: decimals keep their digits, times are ISO 8601,
lists, structs and maps are JSON."""

ARRAY_PATH = "array_to_string(s.path, ' > ')"
JSON_PATH = "(select group_concat(value, ' > ') from json_each(s.path))"
"""The expression for a section's path in the views of other databases, and in SQLite, which has no lists."""


class SQLite(OneOff):
    """A database file. The tables of data sets begin with `datasets_`, as SQLite has no schemas."""

    capacity = Capacity("SQLite", columns=2000)

    def conflicts(self, names: Sequence[str]) -> list[str]:
        """Return the file, if it exists.

        Raises:
            OutputError: it is not a database of Parquetry, so not even `overwrite` replaces it.
        """
        if self.place.exists() and not is_ours(self.place):
            message = "is a file that Parquetry did not make, or that others added tables to; name another output"
            raise OutputError(message, source=self.name, code="output_exists")
        return super().conflicts(names)

    def write(self, path: Path, load: Load, names: Sequence[str]) -> None:
        """Write the tables, their views and the manifest.

        Raises:
            OutputError: SQLite cannot hold a row, or the disk is full.
        """
        try:
            with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                connection.execute("pragma journal_mode = off")  # the file is in a stage until it is complete
                connection.execute("pragma synchronous = off")
                connection.execute("begin")
                tables = table_names(names)
                for name, table in tables.items():
                    connection.execute(create(table, load.schemas[name], RECORDS[name].key if name in RECORDS else ()))
                    marks = ", ".join("?" * len(load.schemas[name]))
                    connection.executemany(f"insert into {quote_name(table)} values ({marks})", rows(load, name))
                views = [view for view, (records, _) in VIEWS.items() if tables.keys() >= set(records)]
                for view in views:
                    connection.execute(f"create view {view} as {VIEWS[view][1].replace(ARRAY_PATH, JSON_PATH)}")
                own_names = json.dumps([*tables.values(), *views])
                connection.execute(
                    f"create table {MANIFEST_TABLE} as select {quote_text(load.manifest.text)} as manifest, "
                    f"{quote_text(own_names)} as tables"
                )
                connection.execute("commit")
        except (sqlite3.Error, OverflowError) as error:
            raise self.refuse(f"SQLite refuses the rows: {error}") from error


def is_ours(path: Path) -> bool:
    """Whether a file is a database made by a run, with exactly that run's tables and views."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            existing = {name for (name,) in connection.execute("select name from sqlite_master where sql is not null")}
            ((own_names,),) = connection.execute(f"select tables from {MANIFEST_TABLE}").fetchall()
            return existing == {*json.loads(own_names), MANIFEST_TABLE}
    except (sqlite3.Error, ValueError, TypeError):
        return False


def table_names(names: Iterable[str]) -> dict[str, str]:
    """Return the table of each record and data set. For a data set, the slash becomes `_`; all names are distinct."""
    tables: dict[str, str] = {}
    for name in sorted(names, key=lambda name: "/" in name):
        table = stem = name.replace("/", "_")
        number = 1
        while table.lower() in {other.lower() for other in tables.values()} | VIEWS.keys():
            number += 1
            table = f"{stem}_{number}"
        tables[name] = table
    return tables


def create(table: str, schema: pa.Schema, key: Sequence[str]) -> str:
    """Return the statement that creates a table."""
    columns = [
        f"{quote_name(field.name)} {type_of(field.type)}{'' if field.nullable else ' not null'}" for field in schema
    ]
    keys = [f"primary key ({', '.join(map(quote_name, key))})"] if key else []
    return f"create table {quote_name(table)} ({', '.join([*columns, *keys])})"


def type_of(type: pa.DataType) -> str:
    """Return SQLite's type for the values of an Arrow type."""
    return next((name for matches, name in TYPES if matches(type)), "TEXT")


def rows(load: Load, name: str) -> Iterator[list[Any]]:
    """Yield the rows of a record or data set, with values that SQLite takes."""
    for batch in load.reader(name):
        for row in json_rows(batch):
            yield [
                json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
                for value in row.values()
            ]
