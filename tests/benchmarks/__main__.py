"""python -m tests.benchmarks [FOLDER]: measure conversion, start-up, growth and memory, and print the ratios.

FOLDER holds Markdown to convert: by default `../shared/corpora` if it exists, else generated documents. `scraped` are
documents of that folder as a scraper damages them, as rows of Parquet; `pages` are the texts of real pages in
`../shared/bench`, also as rows. The unit is
T0, the processor time that markdown-it-py takes to parse the same documents (`commonmark` with tables), the tokens of
each freed before the next. Every figure is the minimum of several runs, in processor time including child processes,
unless it says elapsed.
"""

from __future__ import annotations

import contextlib
import gc
import io
import math
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from markdown_it import MarkdownIt
from pyarrow import parquet

from converter.config import Options
from converter.engine.conversion import convert_batch, read_document
from converter.model.source import Source
from converter.parse import parse
from converter.repair import repair
from converter.sources import find_sources
from converter.text.reading import read_text
from tests.benchmarks.documents import CONSTRUCTS, generate_articles, paragraphs
from tests.benchmarks.scraped import bench
from tests.support.paths import CORPORA, SHARED

PARQUETRY = [sys.executable, "-m", "converter"]
TWO_COMMANDS = """
import typer
app = typer.Typer()
@app.command()
def one() -> None:
    pass
@app.command()
def two() -> None:
    pass
app()
"""
# The command, its baseline, and the required ratio.
START_UP = (
    (["--version"], ["import typer"], 1.5),
    (["--help"], [TWO_COMMANDS, "--help"], 1.3),
    (["convert", "{file}", "-o", "{out}", "-q", "--overwrite"], ["import pyarrow.parquet, markdown_it, typer"], 1.4),
)
SCRAPED_DOCUMENTS = 100
"""Documents of each source that are damaged."""
ARCHIVES = ("pages-dev.tar.xz", "extract-dev.tar.xz")
DAMAGED = 0.9
"""Maximum ratio of the whole command with one job."""
LARGE = 4_000_000
GROWTH, MEMORY, ONE_JOB, TWO_JOBS = 1.15, 12, 0.6, 0.35
SMALLEST = 12_000  # characters; three doublings stay below the length above which inline marks are not read
# Linux's own figure: the `ru_maxrss` of a child process starts at its parent's.
PEAK = """
import pathlib
from converter.cli import main
try:
    main()
except SystemExit:
    status = pathlib.Path("/proc/self/status").read_text()
    print(status.partition("VmHWM:")[2].split()[0])
"""


def seconds(action: Callable[[], object], repeats: int = 1) -> float:
    """Return the minimum processor time of `repeats` calls."""
    minimum = math.inf
    for _ in range(repeats):
        start = time.process_time()
        action()
        minimum = min(minimum, time.process_time() - start)
    return minimum


def command_seconds(command: Sequence[str], repeats: int = 1) -> float:
    """Return the minimum processor time, including child processes, of `repeats` runs of a command."""
    minimum = math.inf
    for _ in range(repeats):
        start = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=False, capture_output=True)
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        minimum = min(minimum, end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime)
    return minimum


def elapsed_seconds(command: Sequence[str], repeats: int) -> float:
    """Return the minimum elapsed time of `repeats` runs of a command."""
    minimum = math.inf
    for _ in range(repeats):
        start = time.perf_counter()
        subprocess.run(command, check=False, capture_output=True)
        minimum = min(minimum, time.perf_counter() - start)
    return minimum


def for_each(action: Callable[..., object], arguments: Sequence[tuple[object, ...]]) -> Callable[[], None]:
    """Return a function that calls `action` with each tuple of arguments and discards the results."""

    def call_all() -> None:
        for values in arguments:
            action(*values)

    return call_all


def conversion(folder: Path) -> None:
    """Print the cost of the whole command, and of its stages, against T0."""
    sources = [source for source in find_sources([folder]) if isinstance(source.data, bytes)]
    raw_texts = [source.data.decode("utf-8", "replace") for source in sources if isinstance(source.data, bytes)]
    parser = MarkdownIt("commonmark").enable("table")
    unit = seconds(for_each(parser.parse, [(text,) for text in raw_texts]), 3)
    size = sum(len(source.data) for source in sources) / 1e6
    print(f"{len(sources):,} documents, {size:.1f} MB, T0 {unit:.2f} s, {size / unit:.1f} MB/s")
    parse_seconds = seconds(lambda: [parser.parse(text) for text in raw_texts])
    print(f"where all tokens are kept           {parse_seconds / unit:5.2f} T0, {size / parse_seconds:.1f} MB/s")
    with tempfile.TemporaryDirectory() as out:
        command = [*PARQUETRY, "convert", str(folder), "-o", f"{out}/a", "-q", "--overwrite", "--jobs"]
        for jobs, limit in (("1", ONE_JOB), ("2", TWO_JOBS)):
            elapsed = elapsed_seconds([*command, jobs], 3)
            print(f"parquetry convert --jobs {jobs}, elapsed {elapsed / unit:5.2f} T0, "
                  f"{elapsed / parse_seconds:.2f} of the latter (limit: {limit})")  # fmt: skip
    texts = [read_text(source.data, source.key) for source in sources]
    repaired_texts = [repair(text.lines, text.numbers) for text in texts]
    stages = {
        "read_text": for_each(read_text, [(source.data, source.key) for source in sources]),
        "repair": for_each(repair, [(text.lines, text.numbers) for text in texts]),
        "parse": for_each(parse, [(text.lines, text.numbers, []) for text in repaired_texts]),
        "read_document": for_each(read_document, [(source, Options()) for source in sources]),
        "read_document with repair off": for_each(
            read_document, [(source, Options(repair="off")) for source in sources]
        ),
    }
    for name, stage in stages.items():
        print(f"  {name:33} {seconds(stage, 2) / unit:5.2f} T0")


def damaged_texts() -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each corpus of texts that need repair, and its texts; those that are not there are skipped."""
    if CORPORA.is_dir() and (SHARED / "bench" / "scrapebench.py").is_file():
        with tempfile.TemporaryDirectory() as scratch, contextlib.redirect_stdout(io.StringIO()):
            for source in sorted(path for path in CORPORA.iterdir() if path.is_dir()):
                bench().make(source, Path(scratch) / source.name, SCRAPED_DOCUMENTS, 0, ["scraped"])
            texts = [path.read_text(encoding="utf-8") for path in sorted(Path(scratch).rglob("*.md"))]
        yield "scraped", texts
    else:
        print(f"scraped: skipped, {SHARED / 'bench'} or {CORPORA} does not exist")
    archives = [SHARED / "bench" / name for name in ARCHIVES]
    if all(archive.is_file() for archive in archives):
        yield "pages", [text for archive in archives for text in texts_in(archive)]
    else:
        print(f"pages: skipped, {' or '.join(map(str, archives))} does not exist")


def texts_in(archive: Path) -> Iterator[str]:
    """Yield the texts in an archive of pages, in order."""
    with tarfile.open(archive) as members:
        for member in members:
            file = members.extractfile(member) if member.name.endswith((".md", ".txt")) else None
            if file is not None:
                yield file.read().decode("utf-8", "replace")


def measure_damaged(folder: Path) -> None:
    """Print the cost of the whole command for texts that need repair, against T0."""
    parser = MarkdownIt("commonmark").enable("table")
    for name, texts in damaged_texts():
        file = folder / f"{name}.parquet"
        keys = [f"{number}.md" for number in range(len(texts))]
        parquet.write_table(pa.table({"id": keys, "text": texts}), file)
        command = [*PARQUETRY, "convert", str(file), "-o", str(folder / name), "-q", "--overwrite", "--jobs", "1"]
        command += ["--text-column", "text", "--key-column", "id"]
        unit = seconds(for_each(parser.parse, [(text,) for text in texts]))
        duration = command_seconds(command)
        size = sum(map(len, texts)) / 1e6
        print(f"{name}: {len(texts):,} texts, {size:.1f} MB, T0 {unit:.2f} s, "
              f"parquetry convert --jobs 1 {duration / unit:5.2f} T0 (limit: {DAMAGED})")  # fmt: skip


def start_up(folder: Path) -> None:
    """Print the start-up time against that of an interpreter that imports the same modules."""
    file = small_file(folder)
    for arguments, baseline, limit in START_UP:
        command = [argument.format(file=file, out=folder / "start.out") for argument in arguments]
        duration = command_seconds([*PARQUETRY, *command], 9)
        baseline_duration = command_seconds([sys.executable, "-c", *baseline], 9)
        baseline_name = baseline[0] if len(baseline) == 1 else "the help of an empty app with two commands"
        print(f"parquetry {arguments[0]:9} {duration / baseline_duration:5.2f} x {baseline_name} (limit: {limit})")


def growth() -> None:
    """Print each construct's exponent of time against size, over three doublings, beside that of markdown-it-py."""
    parser = MarkdownIt("commonmark").enable("table")
    for name, make in CONSTRUCTS.items():
        documents = [make(SMALLEST * 2**doubling) for doubling in range(4)]
        durations = [seconds(for_each(convert_text, [(text,)]), 3) for text in documents]
        baseline_durations = [seconds(for_each(parser.parse, [(text,)]), 2) for text in documents]
        print(f"{name:16} {exponent(durations):5.2f} (limit: {GROWTH}; "
              f"markdown-it-py: {exponent(baseline_durations):.2f})   "
              f"{durations[0] * 1e3:6.1f} ms -> {durations[3] * 1e3:6.1f} ms")  # fmt: skip


def convert_text(text: str) -> None:
    """Convert a document, and discard its rows."""
    for _ in convert_batch([Source("x", text)], Options()):
        pass


def exponent(durations: Sequence[float]) -> float:
    """Return the exponent of time against size over three doublings."""
    return math.log2(durations[-1] / durations[0]) / 3


def memory(folder: Path) -> None:
    """Print the peak memory of one document of 4 MB, above that of a small one, as a multiple of its size.

    The documents of each source in `../shared/corpora`, if it exists, are joined repeatedly into one.
    """
    base = peak_bytes(small_file(folder), folder)
    sources = sorted(path for path in CORPORA.iterdir() if path.is_dir()) if CORPORA.is_dir() else []
    documents = {path.name: join_documents(path) for path in sources} | {
        "articles": "\n".join(generate_articles(1000)),
        "prose": paragraphs(80, LARGE),
        "short lines": paragraphs(5, LARGE),
        "long table": CONSTRUCTS["long table"](LARGE),
    }
    for name, text in documents.items():
        file = folder / "large.md"
        file.write_text(text.encode()[:LARGE].decode("utf-8", "ignore"), encoding="utf-8")
        excess = peak_bytes(file, folder) - base
        print(f"peak memory, {name:25} {excess / file.stat().st_size:6.1f} x the document's size (limit: {MEMORY})")


def join_documents(source: Path) -> str:
    """Return the documents of a folder as one of at least LARGE bytes."""
    text = "\n".join(path.read_text(encoding="utf-8-sig") for path in sorted(source.rglob("*.md")))
    return text * (LARGE // len(text.encode()) + 1)


def peak_bytes(file: Path, folder: Path) -> int:
    """Return the peak memory of a conversion."""
    command = [sys.executable, "-c", PEAK, "convert", str(file), "-o", str(folder / "memory.out"), "-q", "--overwrite"]
    return 1024 * int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def small_file(folder: Path) -> Path:
    """Write a small document for measurements that do not depend on size."""
    file = folder / "small.md"
    file.write_text("# Title\n\n- a: b\n", encoding="utf-8")
    return file


def main() -> None:
    """Run all measurements."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # users have compiled modules
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPORA
        if not folder.is_dir():
            folder = Path(scratch) / "generated"
            folder.mkdir()
            for number, text in enumerate(generate_articles(300)):
                (folder / f"{number}.md").write_text(text, encoding="utf-8")
        conversion(folder)
        measure_damaged(Path(scratch))
        start_up(Path(scratch))
        if sys.platform == "linux":
            memory(Path(scratch))
        gc.set_threshold(1_000_000, 50, 50)  # as in the command
        growth()


if __name__ == "__main__":
    main()
