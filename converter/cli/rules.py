"""parquetry rules."""

from __future__ import annotations

from typing import Annotated

import typer

from converter.cli.completion import completing
from converter.cli.completion import rules as rule_names
from converter.cli.console import open_console, print_to
from converter.errors import UsageError


def rules(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="A rule. Default: all rules.", autocompletion=completing(rule_names)),
    ] = None,
) -> None:
    """List the repair rules in the order they run."""
    from rich.table import Table
    from rich.text import Text

    from converter.repair import RULES

    by_name = {rule.name: rule for rule in RULES}
    if name is not None and name not in by_name:
        raise UsageError(f"unknown repair rule {name}; choose from {', '.join(by_name)}")
    listing = Table("rule", "level", "description", box=None)
    for rule in RULES if name is None else [by_name[name]]:
        description = rule.description if name else rule.description.partition("\n\n")[0]
        listing.add_row(rule.name, rule.level, Text(" ".join(description.split())))
    print_to(open_console(), listing)
