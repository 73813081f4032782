"""python -m tests.benchmarks.scraped [CORPORA]: how well damaged documents are read.

CORPORA holds a folder of clean Markdown a source (`../shared/corpora` by default). `../shared/bench/scrapebench.py`
damages 100 documents of each in nine ways and scores what was read; here the figures are averaged over the sources and
the worst one is named, beside plain markdown-it-py. The table is Markdown.

The heading model has learned from these sources too; `python -m converter.training.train --leave-out` says how it reads
sources that it has not seen.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import sys
import tempfile
from pathlib import Path
from types import ModuleType

from converter.config import Options
from converter.engine.run import write_folder
from converter.output import Output
from converter.sources import find_sources
from tests.support.paths import SHARED

DOCUMENTS = 100
RECORDS = ("documents", "blocks", "sections", "list_items", "tables", "cells")
FIGURES = ("headings", "paragraphs", "items", "rows", "all", "kept")

Scores = dict[str, dict[str, float | None]]
"""Profile -> figure -> F1 (or share kept), None where a source holds nothing of the kind."""


def bench() -> ModuleType:
    """Return the benchmark script as a module."""
    spec = importlib.util.spec_from_file_location("scrapebench", SHARED / "bench" / "scrapebench.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def scores(corpora: Path, folder: Path) -> tuple[dict[str, Scores], dict[str, Scores]]:
    """Return what Parquetry and plain markdown-it-py score on each source."""
    scrapebench = bench()
    parquetry_scores: dict[str, Scores] = {}
    plain_scores: dict[str, Scores] = {}
    for source in sorted(path for path in corpora.iterdir() if path.is_dir()):
        work = folder / source.name
        with contextlib.redirect_stdout(io.StringIO()):
            scrapebench.make(source, work / "documents", DOCUMENTS, 0, list(scrapebench.PROFILES))
        for profile in scrapebench.PROFILES:
            damaged = find_sources([work / "documents" / profile])
            write_folder(damaged, work / "ours" / profile, Output(records=RECORDS), Options())
        scrapebench.naive(work / "documents", work / "plain")
        parquetry_scores[source.name] = scrapebench.score(work / "documents", work / "ours")
        plain_scores[source.name] = scrapebench.score(work / "documents", work / "plain")
        print(source.name, file=sys.stderr)
    return parquetry_scores, plain_scores


def mean(by_source: dict[str, Scores], profile: str, figure: str) -> float:
    """Return the macro-average of a figure, over the sources that have it."""
    values = [value for score in by_source.values() if (value := score[profile][figure]) is not None]
    return sum(values) / len(values)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="?", type=Path, default=SHARED / "corpora")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        parquetry_scores, plain_scores = scores(options.corpora, Path(folder))
    print(f"| profile | {' | '.join(FIGURES)} | worst source | plain markdown-it-py, all |")
    print("|---|" + "---:|" * len(FIGURES) + "---|---:|")
    for profile in next(iter(parquetry_scores.values())):
        figures = " | ".join(f"{mean(parquetry_scores, profile, figure):.4f}" for figure in FIGURES)
        worst_source = min(parquetry_scores, key=lambda name: parquetry_scores[name][profile]["all"] or 0.0)
        worst_score = parquetry_scores[worst_source][profile]["all"]
        print(
            f"| {profile} | {figures} | {worst_source} {worst_score:.4f} | {mean(plain_scores, profile, 'all'):.4f} |"
        )


if __name__ == "__main__":
    main()
