"""python -m tests.benchmarks.scale [DOCUMENTS...]: memory and throughput as the number of documents grows.

Converts a Parquet file of this many generated documents, 2,000 and 20,000 by default, with one job and with two. Prints
the peak memory of all processes together (PSS, so that shared memory counts once), documents per second, and the time
of the same run with `--incremental` when nothing has changed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.benchmarks.documents import generate_articles

ROWS = 1000


def write_documents(path: Path, count: int) -> int:
    """Write a Parquet file of this many documents of about 1 KB; return the size of all texts in bytes."""
    schema = pa.schema([("key", pa.string()), ("body", pa.string())])
    pieces = (piece for text in generate_articles(count) for piece in text.split("\n## ") if "\n" in piece)
    size = 0
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, count, ROWS):
            texts = [f"## {piece} {start}\n" for piece in islice(pieces, min(ROWS, count - start))]
            size += sum(map(len, texts))
            keys = [f"document-{number}" for number in range(start, start + len(texts))]
            writer.write_batch(pa.record_batch([pa.array(keys), pa.array(texts)], schema=schema))
    return size


def run(source: Path, out: Path, *options: str) -> tuple[float, float]:
    """Convert the file; return the seconds and the peak megabytes of all its processes together."""
    command = [sys.executable, "-m", "converter", "convert", str(source), "--text-column", "body", "--key-column",
               "key", "-o", str(out), "-q", *options]  # fmt: skip
    start = time.perf_counter()
    process = subprocess.Popen(command)
    peak = 0
    while process.poll() is None:
        peak = max(peak, memory(process.pid))
        time.sleep(0.2)
    assert process.returncode == 0
    return time.perf_counter() - start, peak / 1e3


def memory(pid: int) -> int:
    """Return the kilobytes that a process and its children hold."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # the process has ended
        return 0
    kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes + sum(memory(int(child)) for child in children)


def main() -> None:
    """Run each size and print the table."""
    print(f"{'documents':>9} {'MB':>6} {'jobs':>4} {'seconds':>8} {'documents/s':>11} {'peak MB':>8} {'again':>6}")
    for count in [int(argument) for argument in sys.argv[1:]] or [2000, 20_000]:
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "documents.parquet"
            size = write_documents(source, count)
            for jobs in ("1", "2"):
                out = Path(folder) / jobs
                seconds, peak = run(source, out, "--jobs", jobs)
                repeat_seconds, _ = run(source, out, "--jobs", jobs, "--incremental")
                print(f"{count:9,} {size / 1e6:6.1f} {jobs:>4} {seconds:8.1f} {count / seconds:11,.0f} {peak:8.0f} "
                      f"{repeat_seconds / seconds:6.1%}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
