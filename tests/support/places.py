"""Databases and folders as places of an output: conversion into them, and their content read by their own client."""

from __future__ import annotations

import contextlib
import glob
import json
import os
import pwd
import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as postgres
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from converter.config import Options
from converter.engine.run import write_folder, write_target
from converter.model.report import Report
from converter.model.source import Source
from converter.output import Mode, Output, find_target
from converter.problems import Problem

Rows = dict[str, list[str]]
"""The rows of each table as text, sorted."""


def sources(texts: dict[str, str]) -> list[Source]:
    documents = [Source(key, text, attributes={"lang": "en", "key's": 'a"\\b'} if len(text) % 2 else {})
             for key, text in texts.items()]  # fmt: skip
    return [*documents, Source("gone", problem=Problem("not_found", "gone"))] if len(texts) % 3 == 1 else documents


def plain(value: Any) -> Any:
    """Return a value in the same form for every client."""
    if isinstance(value, pa.MonthDayNano):
        assert not value.months
        return plain(timedelta(days=value.days, microseconds=value.nanoseconds / 1000))
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, list) and value and all(isinstance(pair, tuple) for pair in value):
        return plain(dict(value))
    if isinstance(value, dict):
        return {key: plain(value[key]) for key in sorted(value)} or []
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    return value


def texts_of(tables: dict[str, pa.Table]) -> Rows:
    return {
        name: sorted(repr([(key, plain(value)) for key, value in row.items()]) for row in table.to_pylist())
        for name, table in tables.items()
        if table.num_rows
    }


def in_folder(folder: Path) -> dict[str, pa.Table]:
    paths = [path for path in folder.rglob("*.parquet") if not path.name.startswith("_")]
    return {path.relative_to(folder).as_posix().removesuffix(".parquet"): pq.read_table(path) for path in paths}


def in_duckdb(out: str) -> dict[str, pa.Table]:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{out}' as output (read_only)")
        names = connection.execute(
            "select schema_name, table_name from duckdb_tables() where table_name[1] != '_'"
        ).fetchall()
        return {
            name if schema == "main" else f"{schema}/{name}": connection.sql(
                f'select * from output."{schema}"."{name}"'
            ).to_arrow_table()
            for schema, name in names
        }


def in_delta(out: str) -> dict[str, pa.Table]:
    root = Path(out.removeprefix("delta://"))
    names = [path.parent.relative_to(root).as_posix() for path in root.rglob("_delta_log")]
    return {name: DeltaTable(root / name).to_pyarrow_table() for name in names if not name.startswith("_")}


def iceberg_environment(folder: Path) -> dict[str, str]:
    """Return the environment in which pyiceberg has a catalog `test` in a folder, which exists."""
    return {
        "PYICEBERG_CATALOG__TEST__URI": f"sqlite:///{folder}/catalog.db",
        "PYICEBERG_CATALOG__TEST__WAREHOUSE": f"file://{folder}/warehouse",
    }


def iceberg_catalog(name: str = "test") -> Any:
    """Return a catalog as a new process sees it."""
    from pyiceberg.catalog import load_catalog
    from pyiceberg.utils.config import Config

    settings: Any = Config().get_catalog_config(name)
    return load_catalog(name, **settings)


def iceberg_tables(out: str) -> dict[str, Any]:
    """Return the tables of a namespace and of its data sets, `_manifest` too."""
    name, namespace = out.removeprefix("iceberg://").split("/")
    catalog = iceberg_catalog(name)
    return {
        f"{prefix}{identifier[-1]}": catalog.load_table(identifier)
        for prefix, place in (("", namespace), ("datasets/", f"{namespace}_datasets"))
        if catalog.namespace_exists(place)
        for identifier in catalog.list_tables(place)
    }


def in_iceberg(out: str) -> dict[str, pa.Table]:
    """Return what a reader of the tables sees, who knows nothing of `_manifest`."""
    return {name: table.scan().to_arrow() for name, table in iceberg_tables(out).items() if not name.startswith("_")}


def in_iceberg_by_manifest(out: str) -> dict[str, pa.Table]:
    """Return the snapshots that `_manifest` names."""
    tables = iceberg_tables(out)
    rows = tables["_manifest"].scan().to_arrow().to_pylist() if "_manifest" in tables else []
    snapshots = json.loads(rows[0]["snapshots"]) if rows else {}
    return {
        name: tables[name].scan(snapshot_id=snapshot_id).to_arrow()
        for name, snapshot_id in snapshots.items()
        if snapshot_id is not None and not name.startswith("_")
    }


CLIENT_TEXTS: dict[str, Callable[[Any], Any]] = {
    "numeric": Decimal,
    "jsonb": json.loads,
    "arrow.json": json.loads,
}


def in_postgres(out: str) -> dict[str, pa.Table]:
    """Return the tables of the schema; numbers and JSON, which the client returns as text, are parsed."""
    schema = out.rpartition("schema=")[2]
    tables = {}
    with postgres.connect(out.partition("?")[0] + "?" + out.partition("?")[2].rpartition("&")[0]) as connection:
        cursor = connection.cursor()
        cursor.execute(f"select schemaname, tablename from pg_tables where schemaname like '{schema}%'")
        for place, name in cursor.fetchall():
            cursor.execute(f'select * from "{place}"."{name}"')
            table = cursor.fetch_arrow_table()
            columns = []
            for column in table.columns:
                kind = getattr(column.type, "type_name", None) or getattr(column.type, "extension_name", "")
                values = column.to_pylist()
                read = CLIENT_TEXTS.get(str(kind), lambda value: value)
                columns.append([None if value is None else read(value) for value in values])
            if name[0] != "_":
                tables[name if place == schema else f"datasets/{name}"] = Plain(table.column_names, columns)
    return tables


class Plain:
    """Rows with values that Arrow has no type for."""

    def __init__(self, names: list[str], columns: list[list[Any]]) -> None:
        self._rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
        self.num_rows = len(self._rows)

    def to_pylist(self) -> list[dict[str, Any]]:
        return self._rows


@contextlib.contextmanager
def postgres_server() -> Iterator[str]:
    """Start a PostgreSQL server on a socket; yield its URL, to which `&schema=` can be added."""
    initdb = shutil.which("initdb") or max(glob.glob("/usr/lib/postgresql/*/bin/initdb"), default=None)
    if initdb is None:
        pytest.skip("no PostgreSQL server is installed (apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    # PostgreSQL refuses to run as root.
    user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    shutil.chown(folder, user)

    def command(name: str, *arguments: str) -> None:
        subprocess.run(
            [str(Path(initdb).parent / name), "-D", str(folder / "data"), *arguments],
            check=True, capture_output=True, cwd=folder, user=user if os.getuid() == 0 else None, timeout=300,
        )  # fmt: skip

    command("initdb", "-U", "test", "--auth=trust", "--no-sync")
    options = f"-c listen_addresses= -k {folder} -c fsync=off"
    # The server would keep inherited pipes open.
    command("pg_ctl", "-w", "-t", "240", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql:///postgres?host={folder}&user=test"
    finally:
        command("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


Place = tuple[str, Callable[[str], dict[str, pa.Table]]]
KINDS = ["duckdb", "delta", "iceberg", pytest.param("postgres", marks=pytest.mark.slow)]


def full_tables(texts: dict[str, str], folder: Path) -> dict[str, pa.Table]:
    write_folder(sources(texts), folder, Output(), Options())
    return in_folder(folder)


def as_delta(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Return the tables with text for times of day, a type that Delta lacks."""
    texts = {
        name: [(field.name, pa.string() if pa.types.is_time(field.type) else field.type) for field in table.schema]
        for name, table in tables.items()
    }
    return {name: table.cast(pa.schema(texts[name])) for name, table in tables.items()}


def in_views(out: str) -> list[Rows]:
    """Return what readers of Iceberg tables and readers by the manifest see."""
    return [texts_of(in_iceberg(out)), texts_of(in_iceberg_by_manifest(out))]


def expected_rows(texts: dict[str, str], folder: Path) -> list[Rows]:
    """Return what both should see."""
    return [texts_of(full_tables(texts, folder))] * 2


PRICES = "# Prices\n\n| item | price |\n|------|-------|\n| nut | {} |\n| bolt | 2 |\n"
OTHER = "# Other\n\n- label: value\n\n| city | area |\n|------|------|\n| Rome | 1,285 |\n"
DOCUMENTS = {"a": PRICES.format(1), "b": OTHER}
FLOATS = {"a": PRICES.format("1.5"), "b": OTHER}
AFTER = {**FLOATS, "c": "# New\n\n| x | y |\n|---|---|\n| 1 | z |\n"}
"""The documents of a later run: one has changed, one is new."""


def convert(texts: dict[str, str], out: str, mode: Mode = "create", repair: str = "full", **values: Any) -> Report:
    place = find_target(out, None)
    assert place is not None
    return write_target(sources(texts), place, Output(mode=mode, **values), Options(repair=repair))


class Client:
    """Another user of the same PostgreSQL schema."""

    def __init__(self, server: str) -> None:
        self.schema = f"s{random.getrandbits(40):x}"
        self.out = f"{server}&schema={self.schema}"
        self.role = f"r{self.schema}"
        self._connection = postgres.connect(server, autocommit=True)
        self._cursor = self._connection.cursor()

    def __call__(self, statement: str) -> list[tuple[Any, ...]]:
        self._cursor.execute(statement.format(s=self.schema, d=f"{self.schema}_datasets", role=self.role))
        return list(self._cursor.fetchall()) if self._cursor.description else []

    def close(self) -> None:
        self._cursor.close()
        self._connection.close()
