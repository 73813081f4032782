"""What flows from a conversion to a writer: for each batch of documents its start, its rows, and its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import pyarrow as pa

from converter.model.report import Report
from converter.model.source import Source

Records: TypeAlias = Mapping[str, pa.Table]
"""Rows by the name of their record; `datasets` names the parts of data sets."""


@dataclass(frozen=True, slots=True)
class BatchStart:
    """The documents of a batch, all of one partition: `lang=en`, or the empty string."""

    sources: Sequence[Source]
    partition: str = ""


@dataclass(frozen=True, slots=True)
class BatchRows:
    """Rows of the documents of the batch; more rows of the same documents and records may follow.

    `matched` is the number of rows that matched each schema; matched rows that did not fit are in `problems`.
    """

    records: Records
    matched: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchEnd:
    """The batch is complete: a file may end here."""

    sources: Sequence[Source]


class Piece(NamedTuple):
    """Rows of a record on their way to a file: `encoded` in its format, or if few, as a `message` of Arrow IPC."""

    rows: int
    encoded: Any = None
    message: bytes | None = None


class SpooledParts(NamedTuple):
    """Parts of data sets as the spool holds them: names, sizes of their kinds and of their rows, and all bytes."""

    names: Sequence[str]
    sizes: Sequence[tuple[int, int]]
    data: bytes


@dataclass(frozen=True, slots=True)
class BatchPieces:
    """All rows of the batch, made ready for their files by the process that converted it.

    `rows` has the rows of records that are not made ready, `parts` the parts of data sets. `report` counts the rows,
    `doc_ids` are the documents; both are empty if rows were passed on before.
    """

    pieces: Mapping[str, Sequence[Piece]]
    records: Records
    parts: SpooledParts
    report: Report | None = None
    doc_ids: Sequence[str] = ()


Event: TypeAlias = BatchStart | BatchRows | BatchPieces | BatchEnd
Sink: TypeAlias = Callable[[Event], None]
"""Takes the events of a run, one after the other."""


def join_rows(pieces: Sequence[BatchRows]) -> BatchRows:
    """Return consecutive rows as one: of each record, all rows in order."""
    if len(pieces) == 1:
        return pieces[0]
    names = dict.fromkeys(name for piece in pieces for name in piece.records)
    schemas = dict.fromkeys(name for piece in pieces for name in piece.matched)
    return BatchRows(
        {name: pa.concat_tables([piece.records[name] for piece in pieces if name in piece.records]) for name in names},
        {name: sum(piece.matched.get(name, 0) for piece in pieces) for name in schemas},
    )


def whole_batches(write: Callable[[Records], None]) -> Sink:
    """Return a sink for formats that need a document whole: it passes on all rows of a batch at its end."""
    pieces: list[BatchRows] = []

    def take(event: Event) -> None:
        if isinstance(event, BatchRows):
            pieces.append(event)
        elif isinstance(event, BatchEnd):
            write(join_rows(pieces).records)
            pieces.clear()

    return take
