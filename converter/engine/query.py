"""SQL over documents: their records and data sets are the tables of a read-only DuckDB connection.

A query is one SELECT. It sees the records and nothing else: DuckDB's access to files, networks and extensions is
disabled and locked before the query runs, so that an untrusted query can do no harm. It runs in its own thread, so
that a signal or its time limit can stop it.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from converter.config import Options, Run
from converter.datasets import DATASETS
from converter.destination import RECORD_OUTPUTS, STORE, destination_of
from converter.engine.run import write_folder
from converter.errors import OutputError, QueryError, UsageError
from converter.model.report import Report
from converter.model.source import Source
from converter.output import Output, find_target, read_manifest
from converter.output.stored import StoredOutput, open_stored
from converter.output.tables import VIEWS, is_dataset
from converter.output.target import import_extra
from converter.records import RECORDS
from converter.sql_text import quote_name, quote_text

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CONFINEMENT = (
    "set enable_progress_bar = false",
    "set temp_directory = ''",  # a query could read the folder that DuckDB spills to
    "set enable_external_access = false",
    "set disabled_filesystems = 'LocalFileSystem'",  # else a query can read the database file, and some beside it
    "set lock_configuration = true",
)
"""The statements that confine a connection to its own data and to memory."""

SECONDS_TO_STOP = 10.0
"""The time to wait for a stopped query; after it, the process ends with the query still running."""


LISTING = {"show", "information_schema", "query", "query_table"}
"""Words of queries that read tables without naming them."""


SUM = pa.decimal128(38, 0)
"""The type of a sum of integers."""

MICROSECONDS_A_DAY = 86_400_000_000

STORABLE = (
    pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_string,
    pa.types.is_date, pa.types.is_timestamp, pa.types.is_time, pa.types.is_duration, pa.types.is_dictionary,
    pa.types.is_list, pa.types.is_struct, pa.types.is_map,
)  # fmt: skip
"""The types of columns that all formats can hold."""


ARROW_TYPES = re.compile(
    r"(BOOLEAN|U?(TINY|SMALL|BIG)?INT|U?INTEGER|HUGEINT|FLOAT|DOUBLE|DECIMAL\(.*|VARCHAR|BLOB|DATE|TIME|TIMESTAMP.*|UUID"
    r"|INTERVAL|ENUM\(.*|NULL|\"NULL\")"
)
"""The DuckDB types whose values Arrow transfers unchanged; DuckDB converts all others to text."""

TIME = pa.time64("us")
END_OF_DAY = pa.scalar(86_400_000_000, pa.int64()).cast(TIME)

NESTED = ("list", "array", "struct", "map")


def is_output(source: str) -> bool:
    """Whether the source is the output of a run, and needs no conversion: a folder with a manifest, or a database."""
    if is_store(source):
        return open_stored(source) is not None
    return read_manifest(Path(source)) is not None if Path(source).is_dir() else source.endswith((".duckdb", ".ddb"))


def is_store(source: str) -> bool:
    """Whether the source may be an output in an object store: not if it is a file or a pattern."""
    try:
        return destination_of(source, None, RECORD_OUTPUTS).place == STORE and find_spec("obstore") is not None
    except UsageError:
        return False


def ask_documents(
    query: str, sources: Iterable[Source], options: Options, run: Run = Run(), maximum_seconds: float | None = None
) -> tuple[pa.Table | None, Report]:
    """Convert documents to the records that the query names, and query them; None if no document could be read.

    Raises:
        UsageError: DuckDB is not installed, or refuses the query.
        QueryError: the query exceeded its time limit or the memory.
    """
    connection = _connection()
    _check(connection, query)
    with tempfile.TemporaryDirectory(prefix="parquetry-") as place:
        folder = Path(place, "out")
        report = write_folder(sources, folder, Output(records=records_of_query(query)), options, run)
        return (_query_folder(connection, query, folder, maximum_seconds) if report.documents else None), report


def ask(query: str, out: Path | str, maximum_seconds: float | None = None) -> pa.Table:
    """Query the existing output of a run.

    Raises:
        UsageError: DuckDB is not installed, or refuses the query.
        OutputError: there is no such output, or it is not Parquet.
        QueryError: the query exceeded its time limit or the memory.
    """
    if is_store(str(out)) or Path(out).is_dir():
        return _query_folder(_connection(), query, out, maximum_seconds)
    target = find_target(str(out), "duckdb")
    if target is None or target.manifest() is None:
        raise OutputError(
            "is not an output of Parquetry; name documents, or an output of `parquetry convert`", source=str(out)
        )
    connection = _connection()
    try:
        connection.execute(f"attach {quote_text(str(out))} as output (read_only)")
        connection.execute("use output")
    except import_extra("duckdb", "duckdb").Error as error:
        raise OutputError(f"cannot be read: {_message(error)}", source=str(out)) from error
    return _result(connection, query, maximum_seconds)


def records_of_query(query: str) -> list[str]:
    """Return the records that a query may read, by the names in its text; all if it names none, or lists tables."""
    words = {word.casefold() for word in re.findall(r"\w+", query)}
    if words & LISTING:
        return [*RECORDS, DATASETS]
    names = {*(words & RECORDS.keys()), *(record for view in words & VIEWS.keys() for record in VIEWS[view][0])}
    records = [name for name in RECORDS if name in names] + ([DATASETS] if DATASETS in words else [])
    return records or [*RECORDS, DATASETS]


def _connection() -> DuckDBPyConnection:
    connection: DuckDBPyConnection = import_extra("duckdb", "duckdb").connect()
    return connection


def _query_folder(
    connection: DuckDBPyConnection, query: str, place: Path | str, maximum_seconds: float | None
) -> pa.Table:
    stored = open_stored(place)
    if stored is None or stored.manifest.format != "parquet":
        raise OutputError(
            "is not an output in Parquet, the only format of folders that can be queried", source=str(place)
        )
    _register(connection, stored)
    return _result(connection, query, maximum_seconds)


def _register(connection: DuckDBPyConnection, stored: StoredOutput) -> None:
    """Make a view of each record and data set, over Arrow: it keeps durations and reads only the columns needed."""
    connection.execute(f"create schema {DATASETS}")
    for record in stored.names:
        connection.register(record, stored.dataset(record))
        if is_dataset(record):
            name = quote_name(record.removeprefix(f"{DATASETS}/"))
            connection.execute(f"create view {DATASETS}.{name} as select * from {quote_name(record)}")
    for name, (records, select) in VIEWS.items():
        if stored.manifest.schemas.keys() >= set(records):
            connection.execute(f"create temp view {name} as {select}")


def _check(connection: DuckDBPyConnection, query: str) -> None:
    duckdb = import_extra("duckdb", "duckdb")
    try:
        statements = connection.extract_statements(query)
    except duckdb.Error as error:
        raise UsageError(f"the query cannot be read: {_message(error)}") from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise UsageError("a query is one SELECT (or FROM, WITH, DESCRIBE, SUMMARIZE): it reads and changes nothing")


def _result(connection: DuckDBPyConnection, query: str, maximum_seconds: float | None) -> pa.Table:
    """Return the result of the query, in types that every format can hold."""
    _check(connection, query)
    duckdb = import_extra("duckdb", "duckdb")
    for statement in CONFINEMENT:
        connection.execute(statement)
    try:
        return _run_within(maximum_seconds, connection, lambda: _fetch(connection, query))
    except duckdb.OutOfMemoryException as error:
        raise QueryError(f"the query needs more memory than is available: {_message(error)}") from error
    except duckdb.Error as error:
        raise UsageError(f"DuckDB refuses the query: {_message(error)}") from error


def _run_within(seconds: float | None, connection: DuckDBPyConnection, work: Callable[[], pa.Table]) -> pa.Table:
    """Run the work, which uses the connection, in another thread and return its result; stop it if this one is stopped.

    Raises:
        QueryError: the work exceeded its time limit.
    """
    future: Future[pa.Table] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    thread = threading.Thread(target=run, daemon=True)  # daemon: if it cannot be stopped, the process can still end
    thread.start()
    try:
        return future.result(seconds)
    except TimeoutError as error:
        if future.done():
            raise
        message = f"the query took longer than {seconds:g} seconds and was stopped; raise `maximum_seconds`"
        raise QueryError(message, code="too_slow") from error
    finally:
        deadline = time.monotonic() + SECONDS_TO_STOP
        while not future.done() and time.monotonic() < deadline:
            connection.interrupt()  # repeatedly: a query that has not begun yet ignores it
            thread.join(0.02)


def _fetch(connection: DuckDBPyConnection, query: str) -> pa.Table:
    """Return the result of the query; values that only DuckDB has become its texts."""
    try:
        relation = connection.sql(query)
        names = list(relation.columns)
        transfers = [_is_unchanged(type) for type in relation.types]
        if not all(transfers):
            places = (
                f"#{number}{'' if is_unchanged else '::varchar'}"
                for number, is_unchanged in enumerate(transfers, start=1)
            )
            relation = relation.project(", ".join(f"{place} as c{number}" for number, place in enumerate(places)))
        result = relation.to_arrow_table()
    except import_extra("duckdb", "duckdb").ParserException:
        raise
    except import_extra("duckdb", "duckdb").Error as error:
        raise _with_position(connection, query, error) from error
    columns = [_to_storable(column) if _is_in_time(column) else _texts(connection, column) for column in result.columns]
    return pa.Table.from_arrays(columns, _make_distinct(names))


def _is_unchanged(type: Any) -> bool:
    """Whether Arrow transfers values of a DuckDB type, and of the types within it, unchanged."""
    if type.id in NESTED:
        return bool(type.children) and all(
            _is_unchanged(inner) for _, inner in type.children if not isinstance(inner, int)
        )
    return ARROW_TYPES.fullmatch(str(type)) is not None


def _is_in_time(column: pa.ChunkedArray) -> bool:
    """Whether Python can hold all dates and times of a column: it supports only the years 1 to 9999, and no 24:00."""
    if not _holds_time(column.type):
        return True
    import pyarrow.compute as pc

    if pa.types.is_time(column.type):
        return bool(pc.min(pc.not_equal(column, END_OF_DAY)).as_py() is not False)
    try:
        if pa.types.is_nested(column.type):
            column.to_pylist()
        else:
            pc.min_max(column).as_py()
    except (ValueError, OverflowError):  # ArrowInvalid is a ValueError
        return False
    return True


def _holds_time(type: pa.DataType) -> bool:
    inner = [type.field(index).type for index in range(type.num_fields)]
    is_time = pa.types.is_date(type) or pa.types.is_timestamp(type) or type == TIME
    return is_time or any(map(_holds_time, inner))


def _texts(connection: DuckDBPyConnection, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return values as DuckDB prints them."""
    connection.register("values_found", pa.table({"value": column}))
    texts = connection.sql("select value::varchar as value from values_found").to_arrow_table()
    return texts.column(0)


def _make_distinct(names: list[str]) -> list[str]:
    """Return the column names, with a number added to repeated ones."""
    distinct: list[str] = []
    for name in names:
        number, label = 1, name
        while label in distinct:
            number += 1
            label = f"{name}_{number}"
        distinct.append(label)
    return distinct


def _with_position(connection: DuckDBPyConnection, query: str, error: Exception) -> Exception:
    """Return DuckDB's error for a query that it refused, with the position, which only `execute` reports."""
    interrupt_error = import_extra("duckdb", "duckdb").InterruptException
    try:
        if type(error) is not interrupt_error:
            connection.execute(query)
    except Exception as detailed_error:
        return detailed_error if type(detailed_error) is type(error) else error
    return error


def _message(error: Exception) -> str:
    """Return DuckDB's message without terminal control codes: it may quote the text of a document."""
    return "".join(letter if letter.isprintable() or letter == "\n" else "\ufffd" for letter in str(error))


def _to_storable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column in a type that every format has: sums as integers, intervals as durations, others as text."""
    if column.type == SUM:
        with contextlib.suppress(pa.ArrowInvalid):  # too large
            return column.cast(pa.int64())
    if _is_storable(column.type):
        return column
    values = column.to_pylist()
    if pa.types.is_interval(column.type) and not any(value and value.months for value in values):
        spans = [value and value.days * MICROSECONDS_A_DAY + value.nanoseconds // 1000 for value in values]
        return pa.chunked_array([pa.array(spans, pa.duration("us"))])
    texts = [value.hex() if isinstance(value, bytes) else value and str(value) for value in values]
    return pa.chunked_array([pa.array(texts, pa.string())])


def _is_storable(type: pa.DataType) -> bool:
    """Whether every format can hold the type."""
    inner = [type.field(index).type for index in range(type.num_fields)]
    return any(matches(type) for matches in STORABLE) and all(map(_is_storable, inner))
