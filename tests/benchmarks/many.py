"""python -m tests.benchmarks.many [COUNT]: read_many over COUNT files (20,000), its memory and its rows.

The files are the generated documents of `round_trips`, damaged or not. `convert` writes them; then `read_many` yields
them as documents, and as Arrow record batches of all records. Prints the memory of this process after each tenth, and
each record whose rows are others than convert's. Linux only.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pyarrow import parquet

import converter
from converter.records import ON_REQUEST, RECORDS
from tests.benchmarks.round_trips import generate_texts

NAMES = [name for name in RECORDS if name not in ON_REQUEST]


class Rows:
    """The number of rows, and a hash of them in their order."""

    def __init__(self) -> None:
        self.count = 0
        self.hash = hashlib.sha256()

    def add(self, rows: Iterable[dict[str, Any]]) -> None:
        """Add rows."""
        for row in rows:
            self.count += 1
            self.hash.update(json.dumps(row, default=str).encode())


def memory() -> float:
    """Return the megabytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def rows_of_convert(folder: Path, output: Path) -> dict[str, Rows]:
    """Return the rows that `convert` writes, by record."""
    converter.convert(folder, output, records=NAMES, jobs=1)
    rows: dict[str, Rows] = defaultdict(Rows)
    for name in NAMES:
        for batch in parquet.ParquetFile(output / f"{name}.parquet").iter_batches(1000):
            rows[name].add(batch.to_pylist())
    return rows


def tenths(memories: list[float]) -> str:
    """Return the memory after each tenth of a run."""
    return " ".join(f"{memories[len(memories) * tenth // 10 - 1]:.0f}" for tenth in range(1, 11))


def main(count: int) -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "documents")
        for number, text in enumerate(generate_texts(count)):
            path = folder / f"{number // 1000:03}" / f"{number:06}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        memories = []
        for _ in converter.read_many(folder, jobs=1):
            memories.append(memory())
        print(f"{len(memories):,} documents: {tenths(memories)} MB after each tenth")
        rows: dict[str, Rows] = defaultdict(Rows)
        memories = []
        for batch in converter.read_many(folder, records=NAMES, jobs=1):
            rows[batch.schema.metadata[b"record"].decode()].add(batch.to_pylist())
            memories.append(memory())
        print(f"{len(memories):,} batches: {tenths(memories)} MB after each tenth")
        expected_rows = rows_of_convert(folder, Path(scratch, "out"))
        others = [name for name in NAMES if rows[name].hash.digest() != expected_rows[name].hash.digest()]
        total = sum(expected_rows[name].count for name in NAMES)
        print(f"{total:,} rows of {len(NAMES)} records, other rows than convert's in: {', '.join(others) or 'none'}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 20_000)
