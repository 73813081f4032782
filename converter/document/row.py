"""A row of a record as an object: columns as attributes and as keys."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from converter.values import Column

_SHORT = reprlib.Repr()
_SHORT.maxstring, _SHORT.maxother, _SHORT.maxlist, _SHORT.maxlevel = 48, 48, 4, 1


def short(value: Any) -> str:
    """Return the `repr` of a value, with long strings and lists cut."""
    record = getattr(value, "record", None)  # of `Rows`
    return f"<{len(value)} {record}>" if isinstance(record, str) else _SHORT.repr(value)


class Owner(Protocol):
    """What a row needs from its document."""

    @property
    def source(self) -> str:
        """The document's key."""

    @property
    def sections(self) -> Sequence[Row]:
        """The document's sections, indexed by `section_id`."""

    def cells_of(self, table_id: int) -> Sequence[Row]:
        """Return the body cells of a table, row by row."""

    def columns_of(self, table_id: int) -> Sequence[Column]:
        """Return the typed columns of a table."""


class Row:
    """A row of a record: each column is an attribute and a key, `row.text`, `row["text"]`, `dict(row)`."""

    __slots__ = ("_document", "_record", "_values")

    def __init__(self, document: Owner, record: str, values: dict[str, Any]) -> None:
        self._document, self._record, self._values = document, record, values

    def keys(self) -> Iterable[str]:
        """Return the names of the columns."""
        return self._values.keys()

    def __getitem__(self, column: str) -> Any:
        return self._values[column]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __contains__(self, column: object) -> bool:
        return column in self._values

    if not TYPE_CHECKING:  # type checkers know the columns of each record from `typed_rows`, and no others

        def __getattr__(self, column: str) -> Any:
            # `copy` looks up the slots before they are set; without this check that would recurse.
            if column.startswith("_") or column not in self._values:
                raise AttributeError(f"{type(self).__name__} has no column {column!r}")
            return self._values[column]

    def __dir__(self) -> Iterable[str]:
        return [*super().__dir__(), *self._values]

    def __repr__(self) -> str:
        parts = (f"{name}={short(value)}" for name, value in self._values.items() if value is not None)
        return f"{self._record}({', '.join(part for part in parts if not part.startswith('doc_id='))})"
