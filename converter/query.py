"""SQL over documents: their records, and the data sets of their tables, as the tables of a DuckDB that can only read.

A query is one SELECT. It sees the records and nothing else: DuckDB's access to files, networks and extensions is
switched off and locked before the query runs, so that one that came from elsewhere can do no harm.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from converter.conversion import Options, Source
from converter.datasets import DATASETS
from converter.errors import OutputError, UsageError
from converter.output import Manifest, Output, find_target, read_manifest
from converter.output.manifest import MEND, check_files
from converter.output.tables import VIEWS, is_dataset, quoted, text
from converter.output.target import imported
from converter.records import RECORDS
from converter.report import Report
from converter.run import Settings, write_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SHUT = ("set enable_external_access = false", "set lock_configuration = true")
"""What makes a connection one that reaches nothing outside of it."""


LISTING = {"show", "information_schema", "query", "query_table"}
"""Words of queries that read tables without saying their names."""


SUM = pa.decimal128(38, 0)
"""The type of a sum of integers."""

MICROSECONDS_A_DAY = 86_400_000_000

STORABLE = (
    pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_string,
    pa.types.is_date, pa.types.is_timestamp, pa.types.is_time, pa.types.is_duration, pa.types.is_dictionary,
    pa.types.is_list, pa.types.is_struct, pa.types.is_map,
)  # fmt: skip
"""The types of columns that all formats can hold."""


def stands(source: str) -> bool:
    """Whether this is an output of a run, which need not be converted: a folder with a manifest, or a database."""
    return read_manifest(Path(source)) is not None if Path(source).is_dir() else source.endswith((".duckdb", ".ddb"))


def ask_documents(
    query: str, sources: Iterable[Source], options: Options, jobs: int = 1
) -> tuple[pa.Table | None, Report]:
    """Convert documents to the records that the query names, and ask them; None where no document could be read.

    Raises:
        UsageError: DuckDB is not installed, or refuses the query.
    """
    connection = _connection()
    _check(connection, query)
    with tempfile.TemporaryDirectory(prefix="parquetry-") as place:
        folder = Path(place, "out")
        report = write_folder(sources, folder, Output(records=needed(query)), options, Settings(jobs))
        return (_asked(connection, query, folder) if report.documents else None), report


def ask(query: str, out: Path) -> pa.Table:
    """Ask the output of a run that stands there.

    Raises:
        UsageError: DuckDB is not installed, or refuses the query.
        OutputError: there is no such output, or it is not Parquet.
    """
    if out.is_dir():
        return _asked(_connection(), query, out)
    target = find_target(str(out), "duckdb")
    if target is None or target.manifest() is None:
        raise OutputError("is no output of Parquetry; name documents, or what convert -o made", source=str(out))
    connection = _connection()
    connection.execute(f"attach {text(str(out))} as output (read_only)")
    connection.execute("use output")
    return _result(connection, query)


def needed(query: str) -> list[str]:
    """Return the records that a query may read, by their names in it; all of them where it names none, or lists all."""
    words = {word.casefold() for word in re.findall(r"\w+", query)}
    if words & LISTING:
        return [*RECORDS, DATASETS]
    named = {*(words & RECORDS.keys()), *(one for view in words & VIEWS.keys() for one in VIEWS[view][0])}
    found = [name for name in RECORDS if name in named] + ([DATASETS] if DATASETS in words else [])
    return found or [*RECORDS, DATASETS]


def _connection() -> DuckDBPyConnection:
    connection: DuckDBPyConnection = imported("duckdb", "duckdb").connect()
    return connection


def _asked(connection: DuckDBPyConnection, query: str, folder: Path) -> pa.Table:
    manifest = read_manifest(folder)
    if manifest is None or manifest.format != "parquet":
        raise OutputError("is no output as Parquet, which alone can be asked", source=str(folder))
    _register(connection, folder, manifest)
    return _result(connection, query)


def _register(connection: DuckDBPyConnection, folder: Path, manifest: Manifest) -> None:
    """Make a view of each record and data set, over Arrow, which keeps durations and reads only the columns asked."""
    import pyarrow.dataset as ds

    check_files(folder, manifest)
    connection.execute(f"create schema {DATASETS}")
    for record in [name for name in manifest.rows() if name and name[0] != "_"]:
        files = [str(folder / file.path) for file in manifest.files if file.record == record]
        try:
            connection.register(record, ds.dataset(files, format="parquet"))
        except (pa.ArrowException, OSError) as error:
            reason = " ".join(str(error).split())
            raise OutputError(
                f"{record} cannot be read: {reason}; {MEND}", source=str(folder), code="damaged"
            ) from error
        if is_dataset(record):
            name = quoted(record.removeprefix(f"{DATASETS}/"))
            connection.execute(f"create view {DATASETS}.{name} as select * from {quoted(record)}")
    for name, (records, select) in VIEWS.items():
        if manifest.schemas.keys() >= set(records):
            connection.execute(f"create temp view {name} as {select}")


def _check(connection: DuckDBPyConnection, query: str) -> None:
    duckdb = imported("duckdb", "duckdb")
    try:
        statements = connection.extract_statements(query)
    except duckdb.Error as error:
        raise UsageError(f"the query cannot be read: {error}") from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError("a query is one SELECT (or FROM, WITH, DESCRIBE, SUMMARIZE): it reads and changes nothing")


def _result(connection: DuckDBPyConnection, query: str) -> pa.Table:
    """Return what the query finds, in types that every format can hold."""
    _check(connection, query)
    duckdb = imported("duckdb", "duckdb")
    try:
        for statement in SHUT:
            connection.execute(statement)
        found = connection.sql(query).to_arrow_table()
    except duckdb.Error as error:
        raise UsageError(f"DuckDB refuses the query: {_placed(connection, query, error)}") from error
    columns = [_storable(column) for column in found.columns]
    return pa.Table.from_arrays(columns, _distinct(found.column_names))


def _distinct(names: list[str]) -> list[str]:
    """Return the names of columns, those that come again with a number."""
    distinct: list[str] = []
    for name in names:
        number, new = 1, name
        while new in distinct:
            number += 1
            new = f"{name}_{number}"
        distinct.append(new)
    return distinct


def _placed(connection: DuckDBPyConnection, query: str, error: Exception) -> str:
    """Return DuckDB's message for a query that it refused; with the place, which only `execute` says."""
    try:
        connection.execute(query)
    except type(error) as placed:
        return str(placed)
    return str(error)


def _storable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column in a type that every format has: sums as integers, intervals as durations, else as texts."""
    if column.type == SUM:
        with contextlib.suppress(pa.ArrowInvalid):  # too large
            return column.cast(pa.int64())
    if _has_a_place(column.type):
        return column
    values = column.to_pylist()
    if pa.types.is_interval(column.type) and not any(value and value.months for value in values):
        spans = [value and value.days * MICROSECONDS_A_DAY + value.nanoseconds // 1000 for value in values]
        return pa.chunked_array([pa.array(spans, pa.int64()).cast(pa.duration("us"))])
    texts = [value.hex() if isinstance(value, bytes) else value and str(value) for value in values]
    return pa.chunked_array([pa.array(texts, pa.string())])


def _has_a_place(type: pa.DataType) -> bool:
    """Whether every format can hold the type."""
    inner = [type.field(index).type for index in range(type.num_fields)]
    return any(matches(type) for matches in STORABLE) and all(map(_has_a_place, inner))
