"""Faults at each step of a run that writes to a database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def inject(step: Callable[[], None], patch: Callable[[Any, str, Any], None]) -> None:
    """Call `step` before each statement, load, commit and rename of a database."""
    import deltalake

    from converter.output import duckdb, postgres, stage

    def with_step(function: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            step()
            return function(*arguments, **options)

        return call

    places: list[tuple[Any, Sequence[str]]] = [
        (duckdb._Session, ("execute", "insert", "count")),
        (postgres._Session, ("execute", "insert", "commit", "begin")),
        (deltalake, ("write_deltalake",)),
        (deltalake.DeltaTable, ("delete", "merge")),
        (stage.Stage, ("publish_file",)),
    ]
    for owner, names in places:
        for name in names:
            patch(owner, name, with_step(getattr(owner, name)))
