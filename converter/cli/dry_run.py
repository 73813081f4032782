"""`parquetry convert --dry-run`: what a run would read and write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, NoReturn

import typer

from converter.cli.console import in_flags, one_safe_line, say, write_text
from converter.destination import FOLDER, Destination
from converter.printable import amount

if TYPE_CHECKING:
    from converter.config import Options, Output
    from converter.model.source import Source
    from converter.output import Target


def preview(
    sources: Iterable[Source],
    target: Target | None,
    destination: Destination,
    output: Output,
    options: Options,
    quiet: bool,
) -> NoReturn:
    """Print a line for each document and each output, and exit: 0 if all can be read, 3 if not all, 1 if none."""
    from converter.engine.plan import plan_of_stream, plan_of_target
    from converter.output import Folder

    if target is None and destination.place == FOLDER:
        target = Folder(destination.path, output.format)
    if target is not None:
        steps = plan_of_target(sources, target, output, options)
    else:
        steps = plan_of_stream(sources, destination, output, options)
    counts: Counter[str] = Counter()
    for step in steps:
        counts[step.action] += 1
        detail = f": {in_flags(step.detail)}" if step.detail else ""
        write_text(one_safe_line(f"{step.action:7} {step.name}{detail}") + "\n")
    if not quiet:
        parts = [
            f"{amount(counts['convert'], 'document')} to convert",
            *([f"{counts['keep']:,} unchanged"] if counts["keep"] else []),
            *([f"{counts['remove']:,} to remove"] if counts["remove"] else []),
            *([f"{counts['fail']:,} not readable"] if counts["fail"] else []),
        ]
        say(f"dry run: {', '.join(parts)}; nothing was written")
    is_something = counts["convert"] or counts["keep"] or counts["remove"]
    raise typer.Exit(1 if not is_something else 3 if counts["fail"] else 0)
