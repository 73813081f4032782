"""docs/reference/commands.md: every command with its arguments and options, as `--help` has them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer.main

from converter.cli import COMMANDS, app
from tests.support.reference import NOTICE, table


def commands_page() -> Iterator[str]:
    """Yield the lines of the page."""
    yield from ("# Commands", "", NOTICE, "")
    yield "[Command line](../command-line.md) says what sources, outputs and exit codes mean."
    yield ""
    for name, command in commands():
        yield from command_section(name, command)


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command that can be called, with its full name."""
    group: Any = typer.main.get_group(app)
    for name in COMMANDS:
        yield from commands_in(name, group.get_command(None, name))


def commands_in(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Yield a command that can be called without a further one, and those below it."""
    inner = getattr(command, "commands", {})
    if not inner or getattr(command, "invoke_without_command", False):
        yield name, command
    for child, below in inner.items():
        yield from commands_in(f"{name} {child}", below)


def options(command: Any) -> list[Any]:
    """Return the arguments and options of a command, without `--help`."""
    return [parameter for parameter in command.params if parameter.name != "help" and not parameter.hidden]


def command_section(name: str, command: Any) -> Iterator[str]:
    """Yield the lines about one command."""
    text, _, examples = re.sub(r"^ {4}", "", command.help or "", flags=re.MULTILINE).partition("[bold]Examples[/bold]")
    arguments = [parameter.metavar for parameter in options(command) if parameter.param_type_name == "argument"]
    yield from (f"## parquetry {name}", "", re.sub(r"\[/?\w+\]", "", text).strip(), "")
    yield from ("```text", " ".join(["parquetry", name, *map(str, arguments)]), "```", "")
    if lines := [line.strip() for line in examples.splitlines() if line.strip()]:
        yield from ("```text", *lines, "```", "")
    rows = ((flags(parameter), default(parameter), parameter.help or "") for parameter in options(command))
    yield from (*table(("argument or option", "default", "what it does"), rows), "")


def flags(parameter: Any) -> str:
    """Return how a parameter is given."""
    if parameter.param_type_name == "argument":
        return f"`{parameter.metavar}`"
    names = ", ".join([*parameter.opts, *parameter.secondary_opts])
    return f"`{names}{'' if parameter.is_flag else ' ' + (parameter.metavar or 'VALUE')}`"


def default(parameter: Any) -> str:
    """Return the default of a parameter, unless it is nothing or the help says it."""
    value = parameter.default
    return "" if callable(value) or value in (None, False, (), [], "") else f"`{value}`"
