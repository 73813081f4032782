"""The report of a run, in numbers."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

KEPT_PROBLEMS = 1000
"""A report holds at most this many rows of `problems`; the record holds all, and the report counts all."""


@dataclass(slots=True)
class Report:
    """The result of a run.

    `sources` is the number of sources found: `documents` were converted, `skipped` were unchanged in the output,
    `failed` could not be read. `removed` documents are no longer in the output; `kept` documents keep their earlier
    rows, because they could not be read this time, or because a source could not be listed completely: then
    `listing_complete` is false. `events` is the number of events that named the sources, None without events. If
    `written` is false, the output is unchanged. `rows` and `datasets` are the current numbers of rows of each requested
    record and each data set; `matched` is the number of rows that matched each schema: `rows` counts the accepted ones,
    `problems` holds the others. `problems` holds the first rows of that record; `problem_codes` and `repairs` count all
    rows by code and rule, `errors` those of severity error. `hinted`
    are the names with a requested type for which a column exists. `outputs` are the files and folders written, or the
    name of a database; `notes` are further remarks for the user.
    """

    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    sources: int = 0
    documents: int = 0
    skipped: int = 0
    failed: int = 0
    removed: int = 0
    kept: int = 0
    listing_complete: bool = True
    events: int | None = None
    written: bool = False
    bytes: int = 0
    seconds: float = 0.0
    errors: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    datasets: dict[str, int] = field(default_factory=dict)
    matched: dict[str, int] = field(default_factory=dict)
    repairs: Counter[str] = field(default_factory=Counter)
    problem_codes: Counter[str] = field(default_factory=Counter)
    problems: list[dict[str, Any]] = field(default_factory=list)
    hinted: list[str] = field(default_factory=list)
    outputs: list[Path | str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, records: Mapping[str, pa.Table | pa.RecordBatch]) -> None:
        """Count the rows of a batch: of records named in `rows`, of repairs by rule, of problems by code."""
        for name in self.rows.keys() & records.keys():
            self.rows[name] += records[name].num_rows
        if "repairs" in records:
            self.repairs.update(records["repairs"].column("rule").to_pylist())
        if "problems" in records:
            problems = records["problems"]
            self.problem_codes.update(problems.column("code").to_pylist())
            self.errors += problems.column("severity").to_pylist().count("error")
            self.problems += problems.slice(0, KEPT_PROBLEMS - len(self.problems)).to_pylist()

    def join(self, report: Report) -> None:
        """Add the counts of another process of this run."""
        for name in ("sources", "documents", "skipped", "failed", "bytes", "errors"):
            setattr(self, name, getattr(self, name) + getattr(report, name))
        for totals, counts in ((self.rows, report.rows), (self.matched, report.matched)):
            totals |= {name: totals.get(name, 0) + count for name, count in counts.items()}
        self.hinted = sorted({*self.hinted, *report.hinted})
        self.repairs += report.repairs
        self.listing_complete = self.listing_complete and report.listing_complete
        self.problem_codes += report.problem_codes
        self.problems += report.problems[: KEPT_PROBLEMS - len(self.problems)]

    @property
    def exit_code(self) -> int:
        """0: everything was read; 3: done, with errors in `problems` (warnings do not count); 1: nothing could be read,
        and the output is unchanged. Events that name no document to read are not a failure."""
        if not self.documents and not self.skipped and not self.removed and (self.events is None or self.errors):
            return 1
        return 3 if self.errors else 0

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON values, with exit code and bytes per second, without the rows of `problems`."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name != "problems"}
        return values | {
            "started": self.started.isoformat(),
            "outputs": [str(path) for path in self.outputs],
            "bytes_per_second": round(self.bytes / self.seconds) if self.seconds else None,
            "exit_code": self.exit_code,
        }


@contextmanager
def measure_seconds(report: Report) -> Iterator[None]:
    """Measure the seconds that the block takes, for the report."""
    start = time.perf_counter()
    try:
        yield
    finally:
        report.seconds = time.perf_counter() - start
