"""python -m tests.benchmarks.fuzz [INPUTS] [SEED]: hostile documents, 2 seconds and 512 MB for each.

Mutated documents, random bytes and adversarial Markdown go through the pool that runs use. Each must become a document
or a row of `problems`; nothing may end the run, and no document may exceed either limit by more than a tenth. Prints
the number of each kind, of hangs (the pool had to stop the worker) and of exceeded limits, the longest time and the
largest memory of a worker. 100,000 inputs take about two hours on two processors.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import random
import resource
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle, islice
from multiprocessing import forkserver
from pathlib import Path
from unittest.mock import patch

from converter.config import Options, Run
from converter.engine import pool
from converter.engine.batches import convert_sources
from converter.engine.conversion import convert_together
from converter.engine.process import processors
from converter.model.events import BatchRows, Event
from converter.model.report import Report
from converter.model.source import Source, document_id
from converter.output import Output
from converter.sources import find_sources
from tests.benchmarks.documents import CONSTRUCTS, generate_articles
from tests.support.expansions import EXPANDING
from tests.support.paths import CORPORA

SECONDS, MEGABYTES = 2.0, 512
TOLERANCE = 1.1
PIECES = [
    "> ", "- ", "1. ", "    ", "\t", "# ", "```", "~~~", "***", "___", "**", "*", "_", "`", "``", "[", "](", ")",
    "![", "]", "[a]: ", "[^a]", "[^a]: ", "|", "|---|", "\n", "\n\n", "<div>", "</div>", "<table><tr><td>", "<!--",
    "-->", "<?", "<![CDATA[", "&amp;", "&#0;", "&#x10ffff;", "\\", "$", "$$", "---\n", "+++\n", ": ", "~", "http://",
    "www.", "a@b.c", "\0", "\r", "\r\n", "\u2028", "\u200b", "\ufeff", "\U0001f468\u200d\U0001f469", "\u202e", "•",
    "①", "日本", "a", " ", "1", ".", "-", "=", ",", "'", '"',
]  # fmt: skip

HOSTILE: list[Callable[[int], str]] = [
    *CONSTRUCTS.values(),
    *((lambda n, make=make: make(10 * n)) for make in EXPANDING.values()),
    lambda n: "> " * n + "x",
    lambda n: "".join("  " * level + "- x\n" for level in range(min(n, 400))),
    lambda n: "- " * n + "x",
    lambda n: "[" * n + "x" + "](y)" * n,
    lambda n: "![" * n,
    lambda n: "*a **b " * n,
    lambda n: "a*" * n + "*b" * n,
    lambda n: "`" * n + "x" + "".join("`" * (k % 50) + " " for k in range(n // 10)),
    lambda n: "".join(f"[r{k}]: http://x.y/{k}\n" for k in range(n)) + "".join(f"[r{k}] " for k in range(n)),
    lambda n: "".join(f"[^{k}]: note\n\n" for k in range(n // 4)) + "".join(f"[^{k}]" for k in range(n // 4)),
    lambda n: "|" + "a|" * n + "\n|" + "-|" * n + "\n|" + "1|" * n,
    lambda n: "|a|\n|-|\n" + "|1|\n" * n,
    lambda n: "|a|\n|-|\n" + ("|" * 200 + "\n") * (n // 100),
    lambda n: "<" * n + "a" + ">" * n,
    lambda n: "<table>" * n,
    lambda n: f"<table><tr><td colspan={n} rowspan={n}>x</table>",
    lambda n: "<a href='" * n,
    lambda n: "<!-- " * n,
    lambda n: "---\nb0: &b0 x\n" + "".join(f"b{k}: &b{k} [{f'*b{k - 1},' * 6}]\n" for k in range(1, min(n, 30))),
    lambda n: "---\n" + "[" * min(n, 5000) + "\n---\n",
    lambda n: "---\na: " + "{b: " * min(n, 3000) + "\n---\n",
    lambda n: "+++\na = " + "[" * min(n, 3000) + "\n+++\n",
    lambda n: "---\nx: 0" + "_0" * n + "\ny: 1" + ":59" * n + "\n---\n",
    lambda n: '{"a": ' * n,
    lambda n: "|v|\n|-|\n" + "|" + "1," * n + "1|\n",
    lambda n: "|v|\n|-|\n|" + "9" * n + "|\n|1e" + "9" * min(n, 400) + "|\n",
    lambda n: "|v|\n|-|\n|" + "1 " * n + "x|\n",
    lambda n: "http://" * n,
    lambda n: "a@" * n + "b.c",
    lambda n: "www." + "a." * n,
    lambda n: "x" * n + "\n" + "=" * n,
    lambda n: " " * n + "x\n" + "\t" * n,
    lambda n: "\n" * n + "x",
    lambda n: "a\n" * n,
    lambda n: "Title\nword word word word.\n• one\n• two\n" * (n // 20),
    lambda n: "$" * n,
    lambda n: "\\" * n + "*",
    lambda n: "&" * n + "amp;" * n,
    lambda n: "a  \n" * n,
    lambda n: ": x\n" * n,
    lambda n: "t\n: x\n\n" * n,
    lambda n: "~~~\n" * n,
    lambda n: "1" * min(n, 2000) + ". x\n" + "1) " * n,
]  # fmt: skip


def inputs(seed: int) -> Iterator[bytes]:
    """Yield endless inputs: in turn mutated documents, random pieces of markup, random bytes and hostile documents, of
    which each kind comes as often."""
    kinds = cycle(HOSTILE)
    chance = random.Random(seed)
    contents = [source.data for source in find_sources([CORPORA])] if CORPORA.exists() else []
    documents = [data for data in contents if isinstance(data, bytes)] or [
        text.encode() for text in generate_articles(200)
    ]
    while True:
        yield mutate(chance.choice(documents), chance)
        yield "".join(chance.choices(PIECES, k=chance.randint(1, 300))).encode()
        yield chance.randbytes(chance.randint(0, 300))
        size = int(10 ** chance.uniform(0.5, 4.3))
        yield next(kinds)(size).encode("utf-8", "replace")


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Return about 3 KB of the document with a few parts cut, duplicated, moved or overwritten."""
    start = chance.randrange(max(len(data) - 3000, 0) + 1)
    data = data[start : start + 3000]
    for _ in range(chance.randint(1, 8)):
        place, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
        end = min(end, place + 200)
        piece = chance.choice(PIECES).encode() * chance.choice([1, 1, 2, 50])
        change = chance.choice([b"", piece, data[place:end] * 2, chance.randbytes(3), data[place:end][::-1]])
        data = data[:place] + change + data[end:]
    return data


def fuzz(count: int, seed: int, is_limited: bool, measurements: str) -> Counter[str]:
    """Convert this many inputs; return the number of documents, and of problems by code. Workers add lines to the file
    of measurements.

    Raises:
        AssertionError: an input is neither among the documents nor in `problems`.
    """
    counts: Counter[str] = Counter()
    report = Report()
    pending: set[str] = set()

    def sources() -> Iterator[Source]:
        for number, data in enumerate(islice(inputs(seed), count)):
            pending.add(str(number))
            yield Source(str(number), data)

    def sink(event: Event) -> None:
        records = event.records if isinstance(event, BatchRows) else {}
        if documents := records.get("documents"):
            assert documents["doc_id"].to_pylist() == [document_id(key) for key in documents["source"].to_pylist()]
            pending.difference_update(documents["source"].to_pylist())
            counts["documents"] += documents.num_rows
        if problems := records.get("problems"):
            pending.difference_update(problems["source"].to_pylist())
            counts["hung"] += sum("was stopped" in message for message in problems["message"].to_pylist())
            for problem in problems.to_pylist():
                if problem["code"] in ("failed", "crashed"):
                    print(problem["source"], problem["message"], file=sys.stderr)

    settings = Run(max(2, processors()))
    with (
        patch.object(pool, "convert_together", partial(measure_batch, measurements)),
        memory_limit() if is_limited else contextlib.nullcontext(),
    ):
        convert_sources(sources(), sink, Output(), Options(maximum_seconds=SECONDS), report, settings)
    assert not pending, f"{len(pending)} inputs are in no record, the first {min(pending, key=int)}"
    assert report.documents + report.failed == count
    return counts + report.problem_codes


@contextlib.contextmanager
def memory_limit() -> Iterator[None]:
    """Limit the memory of the workers to `MEGABYTES`, what they have before the first document included."""
    forkserver.set_forkserver_preload(["converter.engine.pool"])
    process = multiprocessing.get_context("forkserver").Process(target=int)
    process.start()  # after which the server, from which the workers are forked, has imported what it needs
    process.join()
    server = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]
    status = dict(line.split(":", 1) for line in Path(f"/proc/{server}/status").read_text().splitlines())
    files = sum(int(status[name].split()[0]) * 1024 for name in ("RssFile", "RssShmem"))
    previous_limit = resource.prlimit(server, resource.RLIMIT_DATA)
    resource.prlimit(server, resource.RLIMIT_DATA, (MEGABYTES * 1024 * 1024 - files, previous_limit[1]))
    try:
        yield
    finally:
        resource.prlimit(server, resource.RLIMIT_DATA, previous_limit)


def measure_batch(
    measurements: str, batch: Sequence[Source], options: Options, records: Sequence[str]
) -> Iterator[BatchRows]:
    """Convert a batch as a worker does; note its memory and, if the batch was slow, the time of each document."""
    start = time.monotonic()
    rows = [*convert_together(batch, options, records)]
    durations = [time.monotonic() - start]
    if durations[0] > SECONDS and len(batch) > 1:
        durations = []
        for source in batch:
            start = time.monotonic()
            deque(convert_together([source], options, records), 0)
            durations.append(time.monotonic() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    slow_keys = [source.key for source, seconds in zip(batch, durations, strict=False) if seconds > SECONDS * TOLERANCE]
    line = json.dumps({"slow_keys": slow_keys, "seconds": max(durations), "megabytes": peak}) + "\n"
    with open(measurements, "ab", buffering=0) as file:
        file.write(line.encode())
    return iter(rows)


def check_limits(count: int, seed: int = 0, is_limited: bool = True) -> tuple[Counter[str], dict[str, float]]:
    """Fuzz; return the results and how the limits held: the documents over each limit by more than a tenth, and the
    largest measurements."""
    with tempfile.NamedTemporaryFile() as file:
        counts = fuzz(count, seed, is_limited, file.name)
        lines = [json.loads(line) for line in file.read().splitlines()]
    slow_keys = {key for line in lines for key in line["slow_keys"]}
    megabytes = [line["megabytes"] for line in lines]
    return counts, {
        "hung": counts.pop("hung", 0),
        "over the time": len(slow_keys),
        "over the memory": sum(value > MEGABYTES * TOLERANCE for value in megabytes),
        "most seconds": max((line["seconds"] for line in lines), default=0.0),
        "most megabytes": max(megabytes, default=0.0),
    }


def main() -> None:
    """Fuzz and print the results."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    start = time.perf_counter()
    counts, measurements = check_limits(count, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    for name, value in measurements.items():
        print(f"{name:24} {value:8,.2f}")
    for code, number in counts.most_common():
        print(f"{code:24} {number:8,}")
    print(f"{count:,} inputs in {time.perf_counter() - start:.0f} s, none lost")


if __name__ == "__main__":
    main()
