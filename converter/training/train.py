"""Train the heading model from folders of clean Markdown, one folder a source.

    python -m converter.training.train CORPUS [CORPUS ...] [--write] [--documents 120] [--leave-out FOLDER]

Each document is damaged in every layout of `damage.LAYOUTS`; its original headings are the truth. Texts that never
had headings (`undivided.py`) are added. `--leave-out` trains without each source in turn, reports F1 on it and a
reliability table over all sources, and saves those weights in FOLDER (for `tests.benchmarks.scraped --weights`);
`--write` trains on everything and writes `headings/weights.json`. Training needs NumPy and markdown-it-py; using the
model does not.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from converter.repair.draft import Draft
from converter.repair.headings import model
from converter.repair.headings.blocks import Page, blocks_of
from converter.repair.headings.features import Features, features_of
from converter.repair.headings.model import Stages
from converter.repair.lines import ORDERED
from converter.training.damage import LAYOUTS, UNDIVIDED, pieces_of, written
from converter.training.undivided import AMBIGUOUS, undivided

WEIGHTS = Path(model.__file__).with_name("weights.json")
UNDIVIDED_WEIGHT, AMBIGUOUS_WEIGHT = 0.8, 0.1
"""Weights of a line from a text generated without headings, relative to a line of a real document."""
RIDGE = 20.0
"""Strength of the penalty on the squared weights: keeps the weights of rare features near 0."""
FOLDS = 4
"""Groups of sources: the second stage learns from the results of a first stage on sources it has not seen."""

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Example:
    """One damaged document: its candidates' features and whether each was a heading."""

    source: str
    layout: str
    page: Page
    seen: dict[int, Features]
    truth: dict[int, bool]
    missed: int
    """The number of headings that are not candidates."""
    weight: float = 1.0


def examples_of(corpus: Path, documents: int, seed: int = 0) -> Iterator[Example]:
    """Yield the damaged documents of one source."""
    files = sorted(path for path in corpus.rglob("*.md") if 500 < path.stat().st_size < 300_000)
    random.Random(seed).shuffle(files)
    taken = 0
    for path in files:
        if taken == documents:
            break
        pieces = pieces_of(path.read_text(encoding="utf-8", errors="replace"))
        kinds = [piece.kind for piece in pieces]
        if kinds.count("heading") < 2 or kinds.count("paragraph") < 3:
            continue
        taken += 1
        for layout in LAYOUTS:
            if example := _example(corpus.name, layout.name, *written(pieces, layout)):
                yield example
        chance = random.Random(path.name)
        for shape, text in undivided(pieces, chance):
            layout = chance.choice(UNDIVIDED)
            if example := _example(corpus.name, f"{shape}, {layout.name}", *written(text, layout)):
                yield replace(example, weight=AMBIGUOUS_WEIGHT if shape in AMBIGUOUS else UNDIVIDED_WEIGHT)


def _example(source: str, name: str, lines: list[str], headings: Sequence[bool]) -> Example | None:
    draft = Draft(lines, list(range(len(lines))))
    if not (draft.state.spaced or draft.state.one_line) or draft.state.headings == "marked":
        return None
    page = Page(blocks_of(draft))
    if not page.divided:
        return None
    seen = {at: features_of(page, at) for at in page.candidates}
    truth = {at: headings[page.blocks[at].first] for at in seen}
    missed = sum(headings) - sum(truth.values())
    return Example(source, name, page, seen, truth, missed)


class Training:
    """The examples as matrices, a row per candidate and a column per feature, to fit many models to parts of them."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = examples
        self.names, self.alone = matrix_of([found for example in examples for found in example.seen.values()])
        self.truth = np.array([is_heading for example in examples for is_heading in example.truth.values()], float)
        self.bold = np.array([example.page.blocks[at].bold for example in examples for at in example.seen])
        self.source = np.array([example.source for example in examples for _ in example.seen])
        self.sources, sizes = np.unique(self.source, return_counts=True)
        # Sources weigh by the square root of their size.
        scale = dict(zip(self.sources.tolist(), np.sqrt(sizes.mean() / sizes).tolist(), strict=True))
        self.weight = np.array([example.weight * scale[example.source] for example in examples for _ in example.seen])
        self._starts: list[Vector | None] = [None, None]

    def without(self, source: str | None = None) -> tuple[Stages, Vector]:
        """Both stages, fitted to all sources except `source`; and the probability for each candidate, of any source."""
        kept = self.source != source
        alone = self._fit(0, self.alone, kept)
        chances = _chances(self.alone, alone)
        sources = [name for name in self.sources if name != source]
        for fold in range(FOLDS):
            inside = np.isin(self.source, sources[fold::FOLDS])
            if (kept & ~inside).any():
                chances[inside] = _chances(self.alone[inside], self._fit(0, self.alone, kept & ~inside))
        company_names, company = matrix_of(list(self._company(chances)))
        both = np.hstack([self.alone, company])
        both = np.hstack([both, both * self.bold[:, None]])
        names = self.names + company_names
        together = self._fit(1, both, kept)
        bold_names = [model.BOLD + name for name in names]
        stages = {
            model.STAGES[0]: dict(zip(self.names, alone.tolist(), strict=True)),
            model.STAGES[1]: dict(zip(names + bold_names, together.tolist(), strict=True)),
        }
        return stages, _chances(both, together)

    def _company(self, chances: Vector) -> Iterator[Features]:
        start = 0
        for example in self.examples:
            end = start + len(example.seen)
            first = dict(zip(example.seen, chances[start:end].tolist(), strict=True))
            company = dict(model.company_of(example.page, first))
            yield from (company[at] for at in example.seen)
            start = end

    def _fit(self, stage: int, matrix: Matrix, kept: Mask) -> Vector:
        """Fit a stage to the kept rows. All later fits of a stage start from its first fit."""
        start = self._starts[stage]
        if start is not None and len(start) != matrix.shape[1]:
            start = None
        found = newton(matrix, self.truth, self.weight * kept, start)
        if self._starts[stage] is None:
            self._starts[stage] = found
        return found


def matrix_of(rows: Sequence[Features]) -> tuple[list[str], Matrix]:
    """The names of the features, and a row for each of `rows`."""
    names = sorted({name for row in rows for name in row})
    column = {name: at for at, name in enumerate(names)}
    matrix = np.zeros((len(rows), len(names)), dtype=np.float32)
    for at, row in enumerate(rows):
        for name, value in row.items():
            matrix[at, column[name]] = value
    return names, matrix


def newton(matrix: Matrix, truth: Vector, weight: Vector, start: Vector | None = None) -> Vector:
    """The weights of a logistic regression with the L2 penalty RIDGE, fitted by Newton's method."""
    beta = np.zeros(matrix.shape[1]) if start is None else start.copy()
    for _ in range(12):
        p = _chances(matrix, beta)
        slope = matrix.T @ (weight * (truth - p)).astype(np.float32) - RIDGE * beta
        scaled = matrix * np.sqrt(weight * p * (1 - p)).astype(np.float32)[:, None]
        step = np.linalg.solve((scaled.T @ scaled).astype(float) + RIDGE * np.eye(len(beta)), slope)
        beta += step
        if np.abs(step).max() < 1e-2:  # the next step would be about the square of this one
            break
    return beta


def _chances(matrix: Matrix, beta: Vector) -> Vector:
    chances: Vector = 1 / (1 + np.exp(-np.clip(matrix @ beta.astype(np.float32), -30, 30).astype(float)))
    return chances


def leave_out(training: Training, folder: Path) -> None:
    """Report on each source with a model that never saw it, and save the model in FOLDER/SOURCE.json."""
    folder.mkdir(parents=True, exist_ok=True)
    given = np.zeros(len(training.truth))
    figures: list[float] = []
    for source in training.sources.tolist():
        stages, chances = training.without(source)
        write(stages, folder / f"{source}.json")
        inside = training.source == source
        given[inside] = chances[inside]
        taken, true = chances[inside] >= 0.5, training.truth[inside] == 1
        missed = sum(example.missed for example in training.examples if example.source == source)
        right, wrong, missed = (taken & true).sum(), (taken & ~true).sum(), missed + (~taken & true).sum()
        figures.append(2 * right / max(1, 2 * right + wrong + missed))
        print(f"{source:28} F1 {figures[-1]:.4f}  right {right} wrong {wrong} missed {missed}", flush=True)
    print(f"{'mean':28} F1 {sum(figures) / len(figures):.4f}")
    reliability(list(zip(given.tolist(), (training.truth == 1).tolist(), strict=True)))
    shapes(training, given)


def reliability(pairs: Sequence[tuple[float, bool]]) -> None:
    """Print how many of the lines in each range of probabilities were headings."""
    bounds = (0.0, 0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.01)
    print("chance given   lines   mean given   were headings")
    for low, high in pairwise(bounds):
        inside = [(p, is_heading) for p, is_heading in pairs if low <= p < high]
        if inside:
            given, were = (sum(column) / len(inside) for column in zip(*inside, strict=True))
            print(f"{low:4.2f} - {min(high, 1):4.2f}  {len(inside):7}   {given:10.3f}   {were:13.3f}")


SHAPES: tuple[tuple[str, Callable[[Page, int], bool]], ...] = (
    ("line in bold", lambda page, at: page.blocks[at].bold),
    ("question", lambda page, at: page.blocks[at].text.endswith(("?", "？", "؟"))),
    ("sentence with its stop", lambda page, at: page.blocks[at].closed),
    ("label with its colon", lambda page, at: page.blocks[at].text.endswith((":", "："))),
    ("item `1. ...`", lambda page, at: page.blocks[at].kind == ORDERED),
    ("line that recurs", lambda page, at: page.texts[page.blocks[at].text] > 1),
    ("line with a link or code", lambda page, at: any(mark in page.blocks[at].text for mark in ("](", "://", "`"))),
    ("line over 60 columns", lambda page, at: page.blocks[at].width > 60),
    ("short line before another", lambda page, at: at + 1 in page.candidates and page.blocks[at + 1].width <= 60),
    ("other short line", lambda page, at: True),
)
"""Name -> test of a candidate's shape; the first test that holds decides."""


def shapes(training: Training, given: Vector, layout: str = "bare") -> None:
    """Print, for the lines of each shape, how many are headings, others, missed headings and false headings."""
    counts = {name: [0, 0, 0, 0] for name, _ in SHAPES}
    start = 0
    for example in training.examples:
        chances = given[start : start + len(example.seen)].tolist()
        start += len(example.seen)
        if example.layout != layout:
            continue
        for (at, true), chance in zip(example.truth.items(), chances, strict=True):
            count = counts[next(name for name, fits in SHAPES if fits(example.page, at))]
            count[not true] += 1
            count[3 - true] += true != (chance >= 0.5)
    print(f"{layout + ':':26} headings   others   missed    false")
    for name, count in counts.items():
        print(f"{name:26}" + "".join(f"{number:9}" for number in count))


def write(stages: Stages, path: Path) -> None:
    """Write the weights as readable JSON, without those that round to 0."""
    rounded = {
        stage: {name: round(weight, 3) for name, weight in sorted(found.items()) if abs(weight) >= 0.0005}
        for stage, found in stages.items()
    }
    path.write_text(json.dumps(rounded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--documents", type=int, default=120, help="documents taken from each source")
    parser.add_argument("--leave-out", type=Path, metavar="FOLDER", help="report on each source, trained without it")
    parser.add_argument("--write", action="store_true", help="write the weights")
    options = parser.parse_args()
    examples = [example for corpus in options.corpora for example in examples_of(corpus, options.documents)]
    training = Training(examples)
    print(f"{len(examples)} damaged documents, {len(training.truth)} candidates", flush=True)
    stages, _ = training.without()
    if options.write:
        write(stages, WEIGHTS)
    if options.leave_out:
        leave_out(training, options.leave_out)


if __name__ == "__main__":
    main()
