"""parquetry tables."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from converter.cli.console import open_console, print_to, standard_output
from converter.cli.flags import NAMED_ONLY, ReadingFlags, Selecting, with_flags
from converter.cli.messages import print_problems
from converter.cli.output_options import OutFile, Overwrite, TableFormat
from converter.cli.source_options import SomeSources, documents_of
from converter.destination import FILE, TABLE_OUTPUTS, TEXTS, Destination, destination_of
from converter.errors import OutputError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

    from converter.document.rows import Table

EXAMPLES = """[bold]Examples[/bold]

  parquetry tables report.md                            every table, typed

  parquetry tables report.md --describe                 each column: type, unit, nulls, evidence, range

  parquetry tables report.md --select 2 --to csv        the table with table_id 2, as a file would hold it

  parquetry tables report.md --select city__price -o prices.parquet

  parquetry tables docs/ --to json                      every table of a folder: its source, columns and rows
"""


@with_flags(*NAMED_ONLY)
def tables(
    source: SomeSources,
    reading: ReadingFlags,
    selecting: Selecting,
    select: Annotated[
        str | None,
        typer.Option("--select", metavar="N|NAME", help="Only the table with this table_id, data set or caption."),
    ] = None,
    to: TableFormat = None,
    out: OutFile = None,
    describe: Annotated[
        bool, typer.Option("--describe", help="The columns instead of the rows: type, unit, nulls, range, evidence.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Print the tables of documents, with a type for each column."""
    from converter.show.describe import SHOWN, description

    destination = destination_of(out, to, TABLE_OUTPUTS)
    to = table_format(destination)
    options = reading.options()
    selection: list[Table] = []
    document_count = errors = 0
    for document in documents_of(source, options, selecting, destination):
        problems = [problem for problem in document.rows("problems") if problem["severity"] == "error"]
        print_problems(problems)
        errors += len(problems)
        document_count += document.doc_id is not None
        selection += [table for table in document.tables if is_selected(table, select)]
    if select is not None and document_count and not selection:
        raise UsageError(f"no table matches --select {select!r}; `parquetry tables SOURCE` lists the tables")
    if to in TEXTS:
        headed_tables = [
            (heading(table), description([table]).select(SHOWN) if describe else table.to_arrow(headers=True))
            for table in selection
        ]
        write_out(destination, overwrite, render(headed_tables, to, bare=select is not None))
    elif describe:
        write_out(destination, overwrite, serialize(description(selection), to))
    elif to == "json" and select is None:
        write_out(destination, overwrite, nested_json(selection))
    elif len(selection) == 1:
        write_out(destination, overwrite, serialize(selection[0].to_arrow(), to))
    elif selection:
        listing = "".join(f"\n  {heading(table)}" for table in selection[:20])
        raise UsageError(f"{to} holds one table; choose one with --select, or use convert --records datasets:{listing}")
    raise typer.Exit(1 if not document_count else 3 if errors else 0)


tables.__doc__ = f"{tables.__doc__}\n\n{EXAMPLES}"


def table_format(destination: Destination) -> str:
    """Return the format of an output of tables; the default is text on a terminal, else Markdown.

    Raises:
        UsageError: the output is a file whose name states no format.
    """
    if destination.format is not None:
        return destination.format
    if destination.place == FILE:
        raise UsageError("names no format; choose one with `to`", source=destination.name)
    return "text" if sys.stdout.isatty() else "markdown"


def is_selected(table: Table, name: str | None) -> bool:
    """Whether a table is the requested one, by its number, data set or caption."""
    if name is None:
        return True
    if name.isdigit():
        return bool(table["table_id"] == int(name))
    return name == table["dataset"] or name.casefold() in (table["caption"] or "").casefold()


def heading(table: Table) -> str:
    """Return a line that identifies the table: source, number, lines, data set and caption."""
    caption = f": {table['caption']}" if table["caption"] else ""
    dataset = f" ({table['dataset']})" if table["dataset"] else ""
    lines = f"{table['line_start']}-{table['line_end']}"
    return f"{table.source} table {table['table_id']}, lines {lines}{dataset}{caption}"


def nested_json(tables: list[Table]) -> bytes:
    """Return an array of tables, each with its source, columns and rows."""
    import json

    from converter.write.values import json_rows

    texts = [
        json.dumps(
            {
                "source": table.source,
                **{
                    name: table[name]
                    for name in ("table_id", "caption", "dataset", "line_start", "line_end", "columns")
                },
                "rows": json_rows(table.to_arrow()),
            },
            ensure_ascii=False,
        )
        for table in tables
    ]
    return ("[\n" + ",\n".join(texts) + "\n]\n" if texts else "[]\n").encode()


def render(headed_tables: list[tuple[str, pa.Table]], to: str, bare: bool) -> bytes | list[Any]:
    """Return the tables for a human reader, under headings unless `bare`: Markdown, or a list of Rich renderables."""
    from rich.text import Text

    from converter.printable import one_line
    from converter.show.grid import grid
    from converter.show.markdown import markdown_table

    if to == "markdown":
        parts = [f"{'' if bare else comment(name)}{markdown_table(table)}" for name, table in headed_tables]
        return "\n".join(parts).encode()
    return [part for name, table in headed_tables for part in (Text(one_line(name), style="bold"), grid(table))]


def comment(text: str) -> str:
    """Return the text as a comment and a blank line, which keep the Markdown table after them intact."""
    from converter.printable import one_line

    return f"<!-- {one_line(text).replace('--', '- -')} -->\n\n"


def serialize(table: pa.Table, to: str) -> bytes:
    """Return the table as the bytes of a file in this format."""
    from io import BytesIO

    from converter.write import FORMATS, Layout

    stream = BytesIO()
    writer = FORMATS[to].open(stream, table.schema, Layout())
    for batch in table.combine_chunks().to_batches():
        writer.write(batch)
    writer.close()
    return stream.getvalue()


def write_out(destination: Destination, overwrite: bool, content: bytes | list[Any]) -> None:
    """Write to the file or to standard output; a list of renderables goes through Rich.

    Raises:
        UsageError: the content is Parquet and the output is a terminal.
        OutputError: the file already exists, or could not be written.
    """
    out = destination.path if destination.place == FILE else None
    if isinstance(content, list):
        console = open_console()
        if out is not None:
            with console.capture() as capture:
                console.print(*content, sep="\n")
            content = capture.get().encode()
        else:
            for part in content:
                print_to(console, part)
            return
    if out is None:
        if content.startswith(b"PAR1") and sys.stdout.isatty():
            raise UsageError("cannot write Parquet to a terminal; name an output with -o, or pass --to csv")
        stream = standard_output()
        stream.write(content)
        stream.flush()
        return
    from converter.output import open_stage

    if out.exists() and not overwrite:
        raise OutputError(
            "already exists; pass `overwrite` to replace it, or choose another name",
            source=str(out),
            code="output_exists",
        )
    with open_stage(out) as stage:
        (stage.new / out.name).write_bytes(content)
        stage.publish_file(stage.new / out.name, overwrite)
