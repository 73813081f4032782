"""python -m tests.benchmarks [FOLDER]: measure conversion, start-up, growth and memory, and print the ratios.

FOLDER holds Markdown to convert; `../shared/corpora` where it is there, else documents that are generated here. The
unit is T0, the processor time that markdown-it-py takes just to parse the same documents (`commonmark` with tables).
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from markdown_it import MarkdownIt

from converter.conversion import Options, Source, convert_batch, read_document
from converter.repair import repair
from converter.source import find_sources
from converter.text import read_text
from tests.benchmarks.documents import CONSTRUCTS, generated

CORPORA = Path(__file__).parent.parent.parent.parent / "shared" / "corpora"
START_UP = (
    ("parquetry --version", ["--version"], "import typer", 1.5),
    ("parquetry convert of a small file", ["convert", "{file}", "-o", "{out}", "-q"],
     "import pyarrow.parquet, markdown_it, typer", 1.4),
)  # fmt: skip


def seconds(action: Callable[[], object], times: int = 1) -> float:
    """Return the least processor time of `times` calls."""
    best = math.inf
    for _ in range(times):
        started = time.process_time()
        action()
        best = min(best, time.process_time() - started)
    return best


def command_seconds(command: Sequence[str], times: int = 1) -> float:
    """Return the least processor time, its children's included, of `times` runs of a command."""
    best = math.inf
    for _ in range(times):
        before = os.times()
        subprocess.run(command, check=False, capture_output=True)
        after = os.times()
        best = min(best, after.children_user + after.children_system - before.children_user - before.children_system)
    return best


def conversion(folder: Path) -> None:
    """Print the cost of the whole command, and the shares of repair and typing, against T0."""
    sources = [source for source in find_sources([folder]) if isinstance(source.data, bytes)]
    decoded = [source.data.decode("utf-8", "replace") for source in sources if isinstance(source.data, bytes)]
    parser = MarkdownIt("commonmark").enable("table")
    unit = seconds(lambda: [parser.parse(text) for text in decoded])
    size = sum(len(source.data) for source in sources) / 1e6
    print(f"{len(sources):,} documents, {size:.1f} MB, T0 {unit:.2f} s, {size / unit:.1f} MB/s")
    with tempfile.TemporaryDirectory() as out:
        whole = command_seconds([sys.executable, "-m", "converter", "convert", str(folder), "-o", f"{out}/a", "-q"])
    print(f"parquetry convert          {whole / unit:6.2f} T0")
    texts = [read_text(source.data, source.key) for source in sources]
    repaired = seconds(lambda: [repair(text.lines, text.numbers) for text in texts])
    print(f"repair                     {repaired / unit:6.2f} T0, {repaired / whole:.0%} of the command")
    typed, untyped = Options(), Options(repair="off")
    print(f"read_document              {seconds(lambda: [read_document(s, typed) for s in sources]) / unit:6.2f} T0")
    print(f"  with repair off          {seconds(lambda: [read_document(s, untyped) for s in sources]) / unit:6.2f} T0")


def start_up(folder: Path) -> None:
    """Print what starting takes, against an interpreter that imports what it needs."""
    file = folder / "small.md"
    file.write_text("# Title\n\n- a: b\n", encoding="utf-8")
    for name, arguments, baseline, limit in START_UP:
        filled = [argument.format(file=file, out=folder / "start.out") for argument in arguments]
        taken = command_seconds([sys.executable, "-m", "converter", *filled], 5)
        least = command_seconds([sys.executable, "-c", baseline], 5)
        print(f"{name:34} {taken / least:5.2f} x python -c '{baseline}' (wanted: {limit})")


def growth() -> None:
    """Print the exponent of time against size for each construct, over three doublings."""
    for name, make in CONSTRUCTS.items():
        times = []
        for doubling in range(4):
            source = Source("x", make(4000 * 2**doubling))
            times.append(seconds(lambda source=source: convert_batch([source], Options()), 3))  # type: ignore[misc]
        exponent = math.log2(times[3] / times[0]) / 3
        print(f"{name:24} {exponent:5.2f}   {times[0] * 1e3:8.1f} ms -> {times[3] * 1e3:8.1f} ms")


def main() -> None:
    """Run all measurements."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else CORPORA
        if not folder.is_dir():
            folder = Path(made) / "generated"
            folder.mkdir()
            for number, text in enumerate(generated(300)):
                (folder / f"{number}.md").write_text(text, encoding="utf-8")
        conversion(folder)
        start_up(Path(made))
        growth()


if __name__ == "__main__":
    main()
