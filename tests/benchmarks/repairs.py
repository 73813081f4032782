"""python -m tests.benchmarks.repairs COUNT DOCUMENTS FOLDER...: a sample of each rule's repairs, to be read.

Of each folder, at most DOCUMENTS Markdown and text files are read, drawn by chance. For each rule, print how many
documents it touched and COUNT of its repairs, at most one of a document: where it stands, the line above, the text
before and after, the line below. Whoever reads them writes the number of right ones to `precision.yaml` in
`tests/support/reference/`, from which the reference is made.
"""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from multiprocessing import Pool
from pathlib import Path

import converter
from converter.repair import RULES

WIDTH = 100
LINES = 5


def repairs_of(path: Path) -> list[tuple[str, str]]:
    """Return a repair of each rule that touched a document, and the text around it."""
    document = converter.read_text(path.read_text("utf-8", "replace"))
    lines = document.source_lines
    entries = defaultdict(list)
    for repair in document.repairs:
        entries[repair.rule].append(repair)
    samples = []
    for rule, repairs in entries.items():
        repair = random.Random(f"{path}{rule}").choice(repairs)
        above = lines[max(0, repair.line_start - 3) : repair.line_start - 1]
        below = lines[repair.line_end : repair.line_end + 2]
        parts = [
            f"{path}:{repair.line_start} {repair.confidence:.2f}",
            *(f"  ^ {line[:WIDTH]}" for line in above),
            *(f"  - {line[:WIDTH]}" for line in _short(repair.before)),
            *(f"  + {line[:WIDTH]}" for line in _short(repair.after) if repair.before != repair.after),
            *(f"  v {line[:WIDTH]}" for line in below),
        ]
        samples.append((rule, "\n".join(parts)))
    return samples


def _short(text: str) -> Iterator[str]:
    lines = text.split("\n")
    yield from lines[:LINES]
    if len(lines) > LINES:
        yield f"... {len(lines) - LINES} more lines"


def main(count: int, documents: int, folders: Iterable[str]) -> None:
    """Print the samples."""
    chance = random.Random(0)
    paths = []
    for folder in folders:
        files = sorted(path for path in Path(folder).rglob("*") if path.suffix in (".md", ".txt"))
        paths += chance.sample(files, min(documents, len(files)))
    samples: dict[str, list[str]] = defaultdict(list)
    with Pool() as pool:
        for entries in pool.imap(repairs_of, paths, 8):
            for name, sample in entries:
                samples[name].append(sample)
    print(f"{len(paths)} documents")
    for rule in RULES:
        rule_samples = samples[rule.name]
        print(f"\n## {rule.name}: {len(rule_samples)} documents\n")
        print("\n".join(chance.sample(rule_samples, min(count, len(rule_samples)))))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
