"""parquetry sql."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from converter.cli.messages import report_problems
from converter.cli.output_options import Jobs, OutFile, Overwrite, Quiet, Repair, TableFormat
from converter.cli.tables import RENDERED, format_of, serialized, write_out
from converter.errors import UsageError
from converter.limits import DEFAULT_MAXIMUM_SECONDS

if TYPE_CHECKING:
    import pyarrow as pa

EXAMPLES = """[bold]Examples[/bold]

  parquetry sql "select title, word_count from sections order by word_count desc limit 5" docs/

  parquetry sql "select d.source, label, value from list_items join documents d using (doc_id)" docs/ --to csv

  parquetry sql "from datasets.city__price" report.md

  parquetry sql "select code, count(*) from problems group by code" out/
"""


def sql(
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="A query in DuckDB's SQL, over the records and data sets.")
    ],
    source: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...", help="Documents, as for convert; or one output of convert, a folder or x.duckdb."
        ),
    ],
    to: TableFormat = None,
    out: OutFile = None,
    repair: Repair = "full",
    jobs: Jobs = None,
    max_seconds: Annotated[
        float,
        typer.Option("--max-seconds", metavar="SECONDS", min=0.001, help="Time for the query, and for each document."),
    ] = DEFAULT_MAXIMUM_SECONDS,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Ask documents in SQL: each record is a table, each data set one in the schema `datasets`."""
    from converter.conversion import Options
    from converter.process import processors
    from converter.query import ask, ask_documents, stands
    from converter.source import find_sources
    from converter.write import FORMATS

    to = to or format_of(out)
    if to not in (*RENDERED, *FORMATS):
        raise UsageError(f"unknown format {to}; there are {', '.join((*RENDERED, *FORMATS))}")
    if len(source) == 1 and stands(source[0]):
        show(ask(query, Path(source[0]), max_seconds), to, out, overwrite)
        return
    options = Options(repair=repair, maximum_seconds=max_seconds)
    found, report = ask_documents(query, find_sources(source), options, jobs or processors(), max_seconds)
    report_problems(report, quiet, verbose=False)
    if found is not None:
        show(found, to, out, overwrite)
    raise typer.Exit(report.exit_code)


sql.__doc__ = f"{sql.__doc__}\n\n{EXAMPLES}"


def show(found: pa.Table, to: str, out: Path | None, overwrite: bool) -> None:
    """Write what a query found as `to` has it."""
    from converter.show.grid import grid
    from converter.show.markdown import markdown_table

    if to == "text":
        write_out(out, overwrite, [grid(found)])
    elif to == "markdown":
        write_out(out, overwrite, markdown_table(found).encode())
    else:
        write_out(out, overwrite, serialized(found, to))
