"""Completion in a shell: names of records, rules, schemas and the like, looked up when the user asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from converter.destination import Writes
from converter.errors import ParquetryError

Complete = Callable[[str], list[str]]


def completing(names: Callable[[], Iterable[str]], separated: bool = False) -> Complete:
    """Return a function that completes one of these names or, if `separated` by commas, the last of several."""

    def complete(incomplete: str) -> list[str]:
        typed_names, comma, beginning = incomplete.rpartition(",") if separated else ("", "", incomplete)
        try:
            known_names = [name for name in names() if name.startswith(beginning)]
        except ParquetryError:  # a broken plug-in: the command itself reports it
            return []
        return [f"{typed_names}{comma}{name}" for name in known_names if name not in typed_names.split(",")]

    return complete


def formats(writes: Writes) -> Complete:
    """Return a function that completes the formats and databases that a command writes."""
    return completing(lambda: writes.names)


def records() -> Iterable[str]:
    """Return the names of all records."""
    from converter.records import RECORDS

    return RECORDS


def rules() -> Iterable[str]:
    """Return the names of all repair rules."""
    from converter.repair import RULES

    return [rule.name for rule in RULES]


def schemas() -> Iterable[str]:
    """Return the names of the ready-made schemas."""
    from converter.schema.load import ready_made

    return ready_made()
