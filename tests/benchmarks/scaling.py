"""python -m tests.benchmarks.scaling [FOLDER] [COPIES]: the share of the main process, and what many jobs gain.

Converts COPIES (12 by default) of the Markdown in FOLDER, `../shared/corpora` by default, with two jobs, and prints the
processor time of the main process beside that of its workers. From these shares, the time of each batch and the bytes
of its messages, it simulates runs with more jobs than this machine has processors. Linux only.

The simulation has one main process and N workers. The main process hands out batches, with at most `most_unfinished`
unfinished; a free worker takes the oldest; the main process joins the results in the order of the batches. Then the
workers write the data sets, and the main process finishes alone.
"""

from __future__ import annotations

import ctypes
import heapq
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from converter.config import Options, Output
from converter.engine.batches import count_rows, group_sources
from converter.engine.encoding import convert_encoded
from converter.engine.pool import most_unfinished
from converter.records import RECORDS
from converter.sources import find_sources
from tests.support.paths import CORPORA

PR_SET_CHILD_SUBREAPER = 36
PIPE_BYTES_PER_SECOND = 1e9
"""Measured on this project's machine: 1.2 GB/s with messages of 1 MB, between two busy processes."""


@dataclass(frozen=True, slots=True)
class Work:
    """The work of a run, in seconds.

    `start` and `end` are the main process's own, `hand_out` and `join` those for each batch, `messages` the time that
    the messages of a batch take in the pipe. `batches` has the time of each batch in a worker, `shares` that of each
    share of the data sets; `worker_start` passes before a worker takes its first batch.
    """

    start: float
    end: float
    hand_out: float
    join: float
    messages: float
    batches: Sequence[float]
    shares: Sequence[float]
    worker_start: float = 0.05

    @property
    def total(self) -> float:
        """The time that one process would take for everything."""
        per_batch = (self.hand_out + self.join) * len(self.batches)
        return self.start + self.end + per_batch + sum(self.batches) + sum(self.shares)


def simulated_seconds(work: Work, jobs: int, limit: int) -> float:
    """Return the elapsed time of a run with this many workers and at most `limit` unfinished batches."""
    main = work.start
    workers = [main + work.worker_start] * jobs
    finished: list[float] = []
    for number, batch in enumerate(work.batches):
        if number >= limit:
            main = max(main, finished[number - limit]) + work.join
        main += work.hand_out
        free = heapq.heappop(workers)
        finished.append(max(free, main + work.messages) + batch + work.messages)
        heapq.heappush(workers, finished[-1])
    for moment in finished[-limit:]:
        main = max(main, moment) + work.join
    workers = [main] * jobs
    for share in work.shares:
        heapq.heappush(workers, heapq.heappop(workers) + share)
    return max([main, *workers]) + work.end


def processor_seconds(command: Sequence[str]) -> tuple[float, float]:
    """Run a command; return the processor time of its own process, and that of all processes that it started."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # so that this process inherits them, and their times
    process = subprocess.Popen(command)
    main = others = 0.0
    while True:
        try:
            pid, _, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return main, others
        seconds = usage.ru_utime + usage.ru_stime
        main, others = (main + seconds, others) if pid == process.pid else (main, others + seconds)


def convert(source: Path, out: Path, jobs: int) -> tuple[float, float]:
    """Return the processor times of a conversion."""
    command = [sys.executable, "-m", "converter", "convert", str(source), "-o", str(out), "--jobs", str(jobs), "-q"]
    return processor_seconds(command)


def seconds(action: Callable[[], Any]) -> tuple[float, Any]:
    """Return the processor time of a call, and its result."""
    start = time.process_time()
    result = action()
    return time.process_time() - start, result


def measure(folder: Path) -> tuple[list[float], float]:
    """Return the time of each batch of a folder in a worker, and the mean bytes of its messages."""
    options, output = Options(), Output()
    names = output.requested_records(options)
    work = partial(
        convert_encoded, options=options, records=names, output=output, counted_names=[*RECORDS],
        count=partial(count_rows, hinted_types=()),
    )  # fmt: skip
    times, size = [], 0
    for start in group_sources(find_sources([str(folder)]).unread):
        spent, answer = seconds(lambda sources=start.sources: pickle.dumps([*work(sources)]))  # type: ignore[misc]
        times.append(spent)
        size += len(answer) + len(pickle.dumps(start.sources))
    return times, size / len(times)


def main() -> None:
    """Measure, simulate, and print."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPORA
    copies = int(sys.argv[2]) if len(sys.argv) > 2 else 12
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number in range(copies):
            subprocess.run(["cp", "-r", source, folder / f"in-{number}"], check=True)
        (folder / "small.md").write_text("# Small\n")
        start, _ = convert(folder / "small.md", folder / "small", 1)
        single, _ = convert(folder / "in-0", folder / "one", 2)
        command_seconds = [convert(folder, folder / "all", 2)]
        main_seconds, other_seconds = command_seconds[0]
        times, message_bytes = measure(folder / "in-0")
    share = main_seconds / (main_seconds + other_seconds)
    print(f"main process {main_seconds:.2f} s, workers {other_seconds:.2f} s: share {share:.1%}")
    all_times = times * copies
    # What one copy takes beyond the start is mostly data sets, the same for any number of copies.
    per_batch = (main_seconds - single) / (len(all_times) - len(times))
    end = max(single - start - per_batch * len(times), 0.0)
    scale = other_seconds / sum(all_times)
    work = Work(
        start, end, per_batch / 2, per_batch / 2, message_bytes / 2 / PIPE_BYTES_PER_SECOND,
        [spent * scale for spent in all_times], (),
    )  # fmt: skip
    print(f"{len(all_times)} batches, {per_batch * 1e3:.1f} ms each in the main process, {message_bytes / 1e6:.2f} MB")
    for jobs in (2, 4, 8, 16, 32):
        elapsed = simulated_seconds(work, jobs, most_unfinished(jobs, 0))
        print(f"{jobs:3} jobs: {work.total / elapsed:5.1f} times one process")


if __name__ == "__main__":
    main()
