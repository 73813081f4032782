"""Progress of a run on stderr: a bar on a terminal, an occasional line elsewhere."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from converter.cli.console import say

if TYPE_CHECKING:
    from converter.config import Progress

SECONDS_BETWEEN_LINES = 30.0


@contextlib.contextmanager
def progress_shown(quiet: bool, sources: Sequence[str]) -> Iterator[Progress | None]:
    """Yield a function that shows how many documents and bytes are done; None if quiet."""
    if quiet:
        yield None
    elif sys.stderr is not None and sys.stderr.isatty():
        with _bar(sources) as progress:
            yield progress
    else:
        yield _lines()


def _lines() -> Progress:
    start = last_line = time.monotonic()

    def show(documents: int, size: int) -> None:
        nonlocal last_line
        moment = time.monotonic()
        if moment - last_line >= SECONDS_BETWEEN_LINES:
            last_line = moment
            rate = documents / (moment - start)
            say(f"{documents:,} documents, {size / 1e6:,.1f} MB, {rate:,.0f} documents/s")

    return show


@contextlib.contextmanager
def _bar(sources: Sequence[str]) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    text = "{task.completed:,.0f} documents, {task.fields[size]}, {task.fields[rate]}"
    columns = (SpinnerColumn(), BarColumn(), TextColumn(text), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, size="0 MB", rate="")
        # Counting millions of files takes a while: the run does not wait for it.
        threading.Thread(target=lambda: bar.update(task, total=_count(sources)), daemon=True).start()
        start = time.monotonic()

        def show(documents: int, size: int) -> None:
            rate = documents / max(time.monotonic() - start, 0.001)
            bar.update(task, completed=documents, size=f"{size / 1e6:,.1f} MB", rate=f"{rate:,.0f}/s")

        yield show


def _count(sources: Sequence[str]) -> int | None:
    """Return how many documents the sources hold; None if this is known only after reading them."""
    from converter.sources.files import TEXT_SUFFIXES
    from converter.sources.folders import walk

    count = 0
    for source in sources:
        if os.path.isdir(source):
            count += sum(
                os.path.splitext(name)[1].lower() in TEXT_SUFFIXES for folder in walk(source) for name in folder.files
            )
        elif os.path.isfile(source):
            count += 1
        else:
            return None
    return count
