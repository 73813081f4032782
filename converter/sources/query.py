"""The result of a query -> sources, through DuckDB, which reads its own databases and many file formats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from converter.addresses import displayed_name, redact
from converter.errors import UsageError, first_line, install_command
from converter.model.source import Source
from converter.sources.files import source_of_problem
from converter.sources.table_rows import BATCH_ROWS, Columns, check_schema, rows_of_batches
from converter.sources.tables import source_of_row

IN_MEMORY = ":memory:"


def sources_of_query(query: str, database: str | None, columns: Columns, maximum_bytes: int) -> Iterator[Source]:
    """Yield the documents in the rows of a query's result. A database is opened read-only.

    Without a key column, a row's key is `database#row`, or `query#row`: the key is stable across runs only if the query
    has an `order by`.

    Raises:
        UsageError: before the first row: duckdb is not installed, the database cannot be opened, the query is not a
            single SELECT or is invalid, or a requested column is missing.
    """
    try:
        import duckdb
    except ImportError as error:
        raise UsageError(f"a query needs DuckDB, which is not installed; {install_command('duckdb')}") from error
    try:
        connection = duckdb.connect(database or IN_MEMORY, read_only=database is not None)
    except duckdb.Error as error:
        raise UsageError(f"is not a database that DuckDB can open: {first_line(error)}", source=database) from None
    with connection:
        try:
            statements = duckdb.extract_statements(query)
            if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
                raise UsageError("`query` must be one SELECT statement")
            reader = connection.sql(query).to_arrow_reader(BATCH_ROWS)
        except duckdb.Error as error:
            raise UsageError(f"`query`: {first_line(error)}") from None
        check_schema(columns, reader.schema)
        table = displayed_name(database) if database else "query"
        try:
            for row in rows_of_batches(reader, columns, maximum_bytes):
                yield source_of_row(row, table, columns, maximum_bytes)
        except (duckdb.Error, OSError, ValueError) as error:  # pyarrow passes on what DuckDB raised
            message = f"the query stopped: {redact(first_line(error))}"
            yield replace(source_of_problem(table, "unreadable", message), listed=False)
