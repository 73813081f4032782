"""The command line: one module per command. Only this room prints, prompts or exits.

Exit codes: 0 everything read; 1 nothing done, the output is unchanged; 2 wrong usage; 3 done, with errors in
`problems`; 130 stopped by Ctrl-C, 143 by SIGTERM, 129 by SIGHUP; 141 the reader closed the pipe.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from importlib import import_module
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperGroup

from converter.addresses import redact
from converter.cli.console import discard_output, one_safe_line, say, write_text
from converter.cli.messages import LISTED_PROBLEMS, print_problems
from converter.engine.interruption import (
    Interruption,
    end_tidily,
    ignore,
    raise_if_stopped,
    signal_number,
    stop_message,
)
from converter.engine.process import fill_standard_streams, set_up
from converter.errors import ParquetryError, TooManyProblems, UsageError
from converter.plugins import plugin_at_fault
from converter.version import __version__

COMMANDS = (
    "convert", "show", "inspect", "tables", "fix", "sql", "check", "infer", "diff", "records", "rules", "plugins",
    "schema", "outputs", "spark",
)  # fmt: skip
"""All commands, in the order of the help; each has a module of the same name."""

ClickError: type[Exception] = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
BROKEN_PIPE = 141
UNWRITABLE = (errno.ENOSPC, errno.EBADF, errno.EIO, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def _report_errors() -> Iterator[None]:
    """Turn exceptions into a message and an exit code."""
    try:
        try:
            yield
        except (Exception, SystemExit) as error:
            raise_if_stopped(error)
            raise
    except ParquetryError as error:
        if isinstance(error, TooManyProblems):
            print_problems(error.problems[:LISTED_PROBLEMS])
        place = str(error).removesuffix(error.message)
        say(f"parquetry: {one_safe_line(place)}{error.message}")
        raise typer.Exit(2 if isinstance(error, UsageError) else 1) from error
    except ClickError as error:  # typer prints it, including the caller's input
        for name, value in vars(error).items():
            if isinstance(value, str):
                setattr(error, name, one_safe_line(redact(value)))
        raise
    except BrokenPipeError as error:
        discard_output()
        raise typer.Exit(BROKEN_PIPE) from error
    except OSError as error:
        # Sources and outputs raise ParquetryError; what remains is standard output, for example on a full disk.
        discard_output()
        target = error.filename or ("standard output" if error.errno in UNWRITABLE else None)
        prefix = f"{target}: cannot be written: " if target else ""
        say(f"parquetry: {prefix}{error.strerror or error}")
        raise typer.Exit(1) from error
    except MemoryError as error:
        say("parquetry: memory ran out; give the process more memory, or split large documents")
        raise typer.Exit(1) from error
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        fault = f"{type(error).__name__}: {error} ({os.path.basename(frame.filename)}:{frame.lineno})"
        say(f"parquetry: this is a bug in Parquetry, please report it: {fault}")
        raise typer.Exit(1) from error
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):
            discard_output()  # Rich itself exits when the reader closes the pipe
            raise typer.Exit(BROKEN_PIPE) from error
        culprit = plugin_at_fault(error)
        if culprit is None:  # typer, after an option such as --show-completion
            raise
        # Whatever code the plug-in ends with, the command has not done what it should.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        say(f"parquetry: {culprit} ended the command ({os.path.basename(frame.filename)}:{frame.lineno})")
        raise typer.Exit(1) from error


class Commands(TyperGroup):
    """The commands, each imported on first use; errors are printed as one line."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands: dict[str, Any] = dict.fromkeys(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of this name; None if there is none."""
        if cmd_name in self.commands and self.commands[cmd_name] is None:
            member = getattr(import_module(f"converter.cli.{cmd_name}"), cmd_name)
            if isinstance(member, typer.Typer):
                command: Any = typer.main.get_group(member)
            else:
                application = typer.Typer(add_completion=False)
                application.command()(member)
                command = typer.main.get_command(application)
            command.name = cmd_name
            self.commands[cmd_name] = command
        return self.commands.get(cmd_name)

    def make_context(self, *arguments: Any, **settings: Any) -> Any:
        """Read the command line; `--help` prints here."""
        with _report_errors():
            return super().make_context(*arguments, **settings)

    def invoke(self, ctx: Any) -> Any:
        """Run the named command."""
        with _report_errors():
            return super().invoke(ctx)


app = typer.Typer(
    cls=Commands,
    name="parquetry",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Documents that were written for people, turned into typed tables for machines.",
    epilog="Exit codes: 0 all read, 1 nothing done (the output is unchanged), 2 wrong usage, 3 done with errors in "
    "`problems`, 130 Ctrl-C, 143 SIGTERM, 129 SIGHUP, 141 the reader closed the pipe.",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(value: bool) -> None:
    if value:
        write_text(f"parquetry {__version__}\n")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Documents that were written for people, turned into typed tables for machines."""


def _forget_script() -> None:
    """Keep worker processes from running the script `parquetry`, in which this process started.

    `multiprocessing` prepares each worker with what a caller's script defines, and finds the script by this name. Here
    it defines nothing, and would handle signals as the command does instead of as a worker. There is no other way to
    say so: a script has no `__spec__`, by which Python recognizes `python -m converter`.
    """
    vars(sys.modules["__main__"]).pop("__file__", None)


def main() -> None:
    """Run the command line."""
    fill_standard_streams()
    set_up()
    _forget_script()
    if sys.stdout is None:  # the caller closed it: writing then fails as for any unwritable file
        sys.stdout = os.fdopen(1, "w")
    try:
        try:
            end_tidily()
            app()
        finally:
            ignore()  # or the first signal arrives here
    except BaseException as error:
        number = error.number if isinstance(error, Interruption) else signal_number()
        if isinstance(error, KeyboardInterrupt):  # a library has replaced the handler
            number = signal.SIGINT
        ignore()
        if number is None:
            raise
        with contextlib.suppress(OSError, ValueError):  # the terminal may be gone
            say(stop_message(*getattr(error, "__notes__", ())))  # notes of `open_stage` on the output
        with contextlib.suppress(OSError, ValueError):
            discard_output()
        sys.exit(128 + number)
