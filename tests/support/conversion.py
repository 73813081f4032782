"""Documents -> records, without files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

from converter.config import Options
from converter.engine.conversion import convert_batch
from converter.model.events import BatchRows, join_rows
from converter.model.source import Source


def rows_of_batch(sources: Iterable[Source], options: Options, records: Sequence[str] | None = None) -> BatchRows:
    """Return all rows of a batch, however many pieces they come in."""
    return join_rows([*convert_batch(sources, options, records)])


def records_of(
    sources: Iterable[Source], options: Options, records: Sequence[str] | None = None
) -> dict[str, pa.Table]:
    """Return the records of a batch."""
    return dict(rows_of_batch(sources, options, records).records)
