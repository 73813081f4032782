"""The command line: one file a verb. The only room that prints, prompts or exits.

Exit codes: 0 all read; 1 nothing usable could be done; 2 wrong usage; 3 done, with errors in `problems`;
130 stopped by Ctrl-C; 141 the reader of a pipe went away.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from converter.cli.check import check
from converter.cli.convert import convert
from converter.cli.infer import infer
from converter.cli.inspect import inspect
from converter.cli.messages import LISTED_PROBLEMS, discard_output, print_problems
from converter.cli.records import records
from converter.cli.schema import schema
from converter.cli.show import show
from converter.cli.spark import spark
from converter.cli.sql import sql
from converter.cli.tables import tables
from converter.errors import ParquetryError, TooManyProblems, UsageError
from converter.process import set_up
from converter.version import __version__

INTERRUPTED, BROKEN_PIPE = 130, 141


class Commands(TyperGroup):
    """Turns what a command raises into a message and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except ParquetryError as error:
            if isinstance(error, TooManyProblems):
                print_problems(error.problems[:LISTED_PROBLEMS])
            typer.echo(f"parquetry: {error}", err=True)
            raise typer.Exit(2 if isinstance(error, UsageError) else 1) from error
        except BrokenPipeError as error:
            discard_output()
            raise typer.Exit(BROKEN_PIPE) from error
        except KeyboardInterrupt as error:
            typer.echo("parquetry: stopped; nothing half-written was left", err=True)
            raise typer.Exit(INTERRUPTED) from error


app = typer.Typer(
    cls=Commands,
    name="parquetry",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Documents that were written for people, turned into typed tables for machines.",
    epilog="Exit codes: 0 all read, 1 nothing usable could be done, 2 wrong usage, 3 done with errors in `problems`.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(convert)
app.command()(show)
app.command()(inspect)
app.command()(tables)
app.command()(sql)
app.command()(check)
app.command()(infer)
app.add_typer(schema, name="schema")
app.add_typer(spark, name="spark")
app.command()(records)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"parquetry {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Documents that were written for people, turned into typed tables for machines."""


def main() -> None:
    """Run the command line."""
    set_up()
    app()
