"""parquetry plugins."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from converter.cli.console import open_console, print_to, say, write_text
from converter.errors import PluginError, UsageError
from converter.plugins import KINDS, Plugin, Registry
from converter.plugins import plugins as installed_plugins

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS = ("kind", "name", "distribution", "version", "place", "fault")


def plugins(
    to: Annotated[str, typer.Option("--to", metavar="FORM", help="text or json.")] = "text",
) -> None:
    """List the installed plug-ins, and check each of them.

    Exit codes: 0 all can be used, 1 one is broken, 2 wrong usage.
    """
    if to not in ("text", "json"):
        raise UsageError(f"unknown format {to}; choose from text, json")
    by_kind = registries() if installed_plugins() else {}
    rows = [row_of(plugin, by_kind[plugin.kind]) for plugin in installed_plugins()]
    if to == "json":
        write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")
    elif rows:
        from rich.table import Table
        from rich.text import Text

        listing = Table(*COLUMNS, box=None)
        for row in rows:
            listing.add_row(*(Text(row[name] or "none") for name in COLUMNS))
        print_to(open_console(), listing)
    else:
        say("no plug-in is installed")
    raise typer.Exit(1 if any(row["fault"] for row in rows) else 0)


def registries() -> Mapping[str, Registry[Any]]:
    """Return the registry of each kind of plug-in."""
    from converter.output import TARGETS
    from converter.records import RECORDS
    from converter.repair import RULES
    from converter.sources import SOURCES
    from converter.text.office_reader import READERS
    from converter.values import TYPES
    from converter.write import FORMATS

    all_registries = (RULES.registry, TYPES.registry, RECORDS, FORMATS, TARGETS, SOURCES, READERS)
    return {registry.kind: registry for registry in all_registries}


def row_of(plugin: Plugin, registry: Registry[Any]) -> dict[str, str | None]:
    """Return what is known of a plug-in; `fault` is why it cannot be used, None if it can."""
    fault = None
    try:
        registry.load(plugin)
    except PluginError as error:
        fault = error.message
    return {
        "kind": KINDS[plugin.kind],
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "place": plugin.value,
        "fault": fault,
    }
