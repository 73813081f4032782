"""The pages of docs/reference/, each made from the code by a function; `python -m tests.reference` writes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

NOTICE = "Written by `python -m tests.reference` from the package itself; a test fails when it is out of date."


def table(headers: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the lines of a Markdown table."""
    names = list(headers)
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    for row in rows:
        yield f"| {' | '.join(' '.join(cell.split()).replace('|', chr(92) + '|') for cell in row)} |"
