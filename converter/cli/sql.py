"""parquetry sql."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from converter.cli.flags import NAMED_ONLY, ReadingFlags, Running, Selecting, with_flags
from converter.cli.messages import report_problems
from converter.cli.output_options import (
    OutFile,
    Overwrite,
    Quiet,
    TableFormat,
)
from converter.cli.tables import serialize, table_format, write_out
from converter.destination import TABLE_OUTPUTS, Destination, destination_of

if TYPE_CHECKING:
    import pyarrow as pa

EXAMPLES = """[bold]Examples[/bold]

  parquetry sql "select title, word_count from sections order by word_count desc limit 5" docs/

  parquetry sql "select d.source, label, value from list_items join documents d using (doc_id)" docs/ --to csv

  parquetry sql "from datasets.city__price" report.md

  parquetry sql "select code, count(*) from problems group by code" out/
"""


@with_flags(*NAMED_ONLY)
def sql(
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="A query in DuckDB's SQL, over the records and data sets.")
    ],
    source: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Documents, as for convert; or one output of convert: a folder, here or in a store, or x.duckdb.",
        ),
    ],
    reading: ReadingFlags,
    selecting: Selecting,
    running: Running,
    to: TableFormat = None,
    out: OutFile = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Query documents with SQL: each record is a table, and each data set is a table in the schema `datasets`."""
    from converter.engine.query import ask, ask_documents, is_output

    destination = destination_of(out, to, TABLE_OUTPUTS)
    to = table_format(destination)
    if len(source) == 1 and is_output(source[0]):
        show(ask(query, source[0], reading.maximum_seconds), to, destination, overwrite)
        return
    options = reading.options()
    sources = selecting.selection().find(source, options)
    result, report = ask_documents(query, sources, options, running.run(), options.maximum_seconds)
    report_problems(report, quiet, verbose=False)
    if result is not None:
        show(result, to, destination, overwrite)
    raise typer.Exit(report.exit_code)


sql.__doc__ = f"{sql.__doc__}\n\n{EXAMPLES}"


def show(result: pa.Table, to: str, out: Destination, overwrite: bool) -> None:
    """Write the result of a query in the format `to`."""
    from converter.show.grid import grid
    from converter.show.markdown import markdown_table

    if to == "text":
        write_out(out, overwrite, [grid(result)])
    elif to == "markdown":
        write_out(out, overwrite, markdown_table(result).encode())
    else:
        write_out(out, overwrite, serialize(result, to))
