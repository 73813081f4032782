"""A source: `env://NAME`, the text of an environment variable."""

from __future__ import annotations

import os
from collections.abc import Iterator

from converter.extension import Problem, Search, Source


def find(address: str, search: Search) -> Iterator[Source]:
    """Yield the one document of an address."""
    name = address.partition("://")[2]
    if name in os.environ:
        yield Source(address, os.environ[name])
    else:
        yield Source(address, problem=Problem("not_found", f"there is no variable {name}"), listed=False)
