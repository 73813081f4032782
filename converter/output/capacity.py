"""Limits of a target's tables, as data, so that they can be checked before a load."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from zlib import crc32

import pyarrow as pa

from converter.problems import Problem

LONGEST_LIST = 10
"""A message names at most this many renamed columns."""


def fits_always(rows: pa.RecordBatch) -> bool:
    """Return True: the system takes rows of any size."""
    return True


@dataclass(frozen=True, slots=True)
class Capacity:
    """Limits on the number and the names of columns in a system's tables.

    `reserved` holds the names that the system keeps for itself, `forbidden` the characters that no name may contain,
    `name_bytes` the maximum length of a name in UTF-8. If it `folds_case`, names that differ only in case are the same.
    `fits` reports whether the system can hold every row of a batch.
    """

    system: str
    columns: int
    name_bytes: int = 255
    reserved: frozenset[str] = frozenset()
    forbidden: str = "\0"
    folds_case: bool = True
    fits: Callable[[pa.RecordBatch], bool] = fits_always
    sure_columns: int | None = None
    """Up to this many columns, rows fit whatever they hold."""

    def names(self, names: Sequence[str]) -> list[str]:
        """Return distinct column names that the system accepts; acceptable names stay the same."""
        new_names: list[str] = []
        fit_names = {self._fold(name) for name in names if self._is_fit(name)}
        used_names: set[str] = set()
        for position, name in enumerate(names, start=1):
            new_name = name
            if not self._is_fit(name) or self._fold(name) in used_names:
                stem = re.sub(f"[{re.escape(self.forbidden)}]", "_", name) or f"column_{position}"
                stem = f"{stem}_" if self._fold(stem) in self.reserved else stem
                new_name, number = self._cut(stem, ""), 1
                while self._fold(new_name) in fit_names | used_names or self._fold(new_name) in self.reserved:
                    number += 1
                    new_name = self._cut(stem, f"_{number}")
            used_names.add(self._fold(new_name))
            new_names.append(new_name)
        return new_names

    def fit(self, schema: pa.Schema) -> pa.Schema:
        """Return the schema with names that the system accepts."""
        fields = [field.with_name(name) for field, name in zip(schema, self.names(schema.names), strict=True)]
        return pa.schema(fields, schema.metadata)

    def excess(self, schema: pa.Schema, rows: Callable[[], Iterable[pa.RecordBatch]]) -> str | None:
        """Return why the system cannot hold a table, in words; None if it can."""
        if len(schema) > self.columns:
            return f"it has {len(schema):,} columns, and {self.system} takes {self.columns:,}"
        is_sure = self.sure_columns is None or len(schema) <= self.sure_columns
        if not is_sure and not all(map(self.fits, rows())):
            return f"a row of its {len(schema):,} columns is longer than {self.system} takes"
        return None

    def _is_fit(self, name: str) -> bool:
        fits = 0 < len(name.encode()) <= self.name_bytes and self._fold(name) not in self.reserved
        return fits and not any(character in self.forbidden for character in name)

    def _fold(self, name: str) -> str:
        return name.lower() if self.folds_case else name

    def _cut(self, name: str, end: str) -> str:
        """Return the name with this end; a name that is too long is cut and distinguished by a checksum."""
        if len(f"{name}{end}".encode()) <= self.name_bytes:
            return f"{name}{end}"
        end = f"_{crc32(name.encode()):08x}{end}"
        return name.encode()[: self.name_bytes - len(end)].decode(errors="ignore") + end


def renaming_problem(
    dataset: str, old_names: Sequence[str], new_names: Sequence[str], system: str, line: int
) -> Problem:
    """Return the problem that lists the renamed columns of a data set."""
    pairs = [f"{old or 'an empty name'} as {new}" for old, new in zip(old_names, new_names, strict=True) if old != new]
    remainder = f" and {len(pairs) - LONGEST_LIST:,} more" if len(pairs) > LONGEST_LIST else ""
    message = f"data set {dataset}: {system} has column {', '.join(pairs[:LONGEST_LIST])}{remainder}"
    return Problem("renamed_column", message, line, line, dataset)


def omission_problem(dataset: str, reason: str, line: int) -> Problem:
    """Return the problem of a data set that a target cannot hold."""
    message = f"data set {dataset} is left out: {reason}; its rows are in the record cells"
    return Problem("dataset_left_out", message, line, line, dataset)
