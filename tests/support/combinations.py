"""The combinations that slow tests run: some of each kind, or all with PARQUETRY_ALL=1 in the environment."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")

ALL = bool(os.environ.get("PARQUETRY_ALL"))
"""Whether everything is run, which takes an hour; without it the slow tests take some minutes."""


def sample(part: Iterable[T], everything: Iterable[T]) -> list[T]:
    """Return a sample: each value of each parameter, but not every combination."""
    return [*everything] if ALL else [*part]
