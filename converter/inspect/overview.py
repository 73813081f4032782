"""The overview of a run, before any document is opened: documents, confidences, types, data sets with drift."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from typing import BinaryIO

import pyarrow as pa

from converter.config import Options
from converter.datasets import Datasets, parts_of
from converter.datasets.part import TABLE_PLACE
from converter.inspect.lines import LINE_KINDS
from converter.inspect.reading import DocumentView
from converter.records.record import metadata_text

BOUNDS = (0.5, 0.8, 0.9, 0.95, 0.99)
BINS = ("below 0.5", "0.5 to 0.8", "0.8 to 0.9", "0.9 to 0.95", "0.95 to 0.99", "0.99 and more")
"""Most confidences are high, so the bins are narrow there."""


@dataclass(slots=True)
class Entry:
    """A document in the overview; `confidence` is that of its least certain repair, None without repairs."""

    number: int
    source: str
    title: str | None
    read: bool
    lines: int
    sections: int
    tables: int
    repairs: int
    errors: int
    warnings: int
    unread: int
    confidence: float | None

    @property
    def urgency(self) -> tuple[int, int, float, int]:
        """The sort key of documents: those that need attention come first."""
        return (-self.errors, -self.warnings, 1.0 if self.confidence is None else self.confidence, -self.repairs)


@dataclass(slots=True)
class DataSet:
    """A data set of the run: its columns as `name: type [unit]`, and its type drift."""

    name: str
    tables: int
    rows: int
    columns: list[tuple[str, str]]
    drift: list[str]


@dataclass(slots=True)
class Overview:
    """Collects the content of the overview, one document at a time; `spool` buffers the rows of data sets."""

    spool: BinaryIO
    options: Options
    documents: list[Entry] = field(default_factory=list)
    confidences: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    data_sets: list[DataSet] = field(default_factory=list)
    _tables: Counter[str] = field(default_factory=Counter)
    _datasets: Datasets = field(init=False)

    def __post_init__(self) -> None:
        """Open the data sets."""
        self._datasets = Datasets(self.spool)

    def add(self, reading: DocumentView) -> None:
        """Count a document."""
        document = reading.document
        severities = Counter(row["severity"] for row in document.problems)
        confidences = [row["confidence"] for row in document.repairs]
        self.documents.append(
            Entry(
                number=len(self.documents),
                source=document.source,
                title=document.title,
                read=document.doc_id is not None,
                lines=document.line_count,
                sections=sum(row["level"] > 0 for row in document.sections),
                tables=len(document.tables),
                repairs=len(document.repairs),
                errors=severities["error"],
                warnings=severities["warning"],
                unread=reading.kinds.get("unread", 0),
                confidence=min(confidences, default=None),
            )
        )
        self.confidences.update(BINS[bisect_right(BOUNDS, round(confidence, 6))] for confidence in confidences)
        self.types.update(column["type"].partition("(")[0] for row in document.tables for column in row["columns"])
        self.kinds.update(reading.kinds)
        self._tables.update(row["dataset"] for row in document.tables if row["dataset"])
        for parts in parts_of([document.context], self.options.hints):
            self._datasets.add(parts)

    def close(self) -> None:
        """Unify the data sets over the run, and collect their drift."""
        data_sets = {
            name: DataSet(
                name,
                self._tables[name],
                sum(batch.num_rows for batch in batches),
                [(column.name, _type_text(column)) for column in list(schema)[len(TABLE_PLACE) :]],
                [],
            )
            for name, schema, batches in self._datasets.tables()
        }
        for row in self._datasets.problems().to_pylist():
            data_sets[row["record"]].drift.append(f"{row['source']}:{row['line_start']}: {row['message']}")
        self.data_sets = sorted(data_sets.values(), key=lambda data_set: (-len(data_set.drift), -data_set.rows))

    @property
    def charts(self) -> list[tuple[str, str, list[tuple[str, int]]]]:
        """The histograms: title, unit of the counts, and bars."""
        return [
            ("Confidence", "repairs", [(name, self.confidences[name]) for name in BINS]),
            ("Types", "columns", self.types.most_common(8)),
            (
                "Readings",
                "lines",
                [(name, self.kinds[name]) for name in LINE_KINDS if self.kinds[name] and name != "blank"],
            ),
        ]

    @property
    def by_urgency(self) -> list[Entry]:
        """The documents, those that need attention first."""
        return sorted(self.documents, key=lambda entry: entry.urgency)

    def total(self, name: str) -> int:
        """Return the sum of a field over the documents."""
        return sum(getattr(entry, name) for entry in self.documents)


def _type_text(column: pa.Field) -> str:
    """Return the type of a column, with its unit in brackets."""
    unit = metadata_text(column, "unit")
    return f"{column.type} [{unit}]" if unit else str(column.type)
