"""Train the heading model from folders of clean Markdown, one folder per source.

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
from converter.training.damage import LAYOUTS, UNDIVIDED, pieces_of, write_lines
from converter.training.undivided import AMBIGUOUS, undivided_texts

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
    features: dict[int, Features]
    truth: dict[int, bool]
    missing_headings: int
    """The number of headings that are not candidates."""
    weight: float = 1.0


def examples_of(corpus: Path, documents: int, seed: int = 0) -> Iterator[Example]:
    """Yield the damaged documents of one source."""
    files = sorted(path for path in corpus.rglob("*.md") if 500 < path.stat().st_size < 300_000)
    random.Random(seed).shuffle(files)
    count = 0
    for path in files:
        if count == documents:
            break
        pieces = pieces_of(path.read_text(encoding="utf-8", errors="replace"))
        kinds = [piece.kind for piece in pieces]
        if kinds.count("heading") < 2 or kinds.count("paragraph") < 3:
            continue
        count += 1
        for layout in LAYOUTS:
            if example := _example(corpus.name, layout.name, *write_lines(pieces, layout)):
                yield example
        chance = random.Random(path.name)
        for shape, text in undivided_texts(pieces, chance):
            layout = chance.choice(UNDIVIDED)
            if example := _example(corpus.name, f"{shape}, {layout.name}", *write_lines(text, layout)):
                yield replace(example, weight=AMBIGUOUS_WEIGHT if shape in AMBIGUOUS else UNDIVIDED_WEIGHT)


def _example(source: str, name: str, lines: list[str], headings: Sequence[bool]) -> Example | None:
    draft = Draft(lines, list(range(len(lines))))
    if not (draft.state.spaced or draft.state.one_line) or draft.state.headings == "marked":
        return None
    page = Page(blocks_of(draft))
    if not page.is_article:
        return None
    features = {at: features_of(page, at) for at in page.candidates}
    truth = {at: headings[page.blocks[at].first_line] for at in features}
    missing_headings = sum(headings) - sum(truth.values())
    return Example(source, name, page, features, truth, missing_headings)


class Training:
    """The examples as matrices, a row per candidate and a column per feature, to fit many models to parts of them."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = examples
        self.names, self.matrix = matrix_of(
            [features for example in examples for features in example.features.values()]
        )
        self.truth = np.array([is_heading for example in examples for is_heading in example.truth.values()], float)
        self.bold = np.array([example.page.blocks[at].bold for example in examples for at in example.features])
        self.source = np.array([example.source for example in examples for _ in example.features])
        self.sources, sizes = np.unique(self.source, return_counts=True)
        # Sources weigh by the square root of their size.
        scale = dict(zip(self.sources.tolist(), np.sqrt(sizes.mean() / sizes).tolist(), strict=True))
        self.weight = np.array(
            [example.weight * scale[example.source] for example in examples for _ in example.features]
        )
        self._starts: list[Vector | None] = [None, None]

    def fit_without(self, source: str | None = None) -> tuple[Stages, Vector]:
        """Both stages, fitted to all sources except `source`; and the probability for each candidate, of any source."""
        mask = self.source != source
        first_weights = self._fit(0, self.matrix, mask)
        chances = _chances(self.matrix, first_weights)
        sources = [name for name in self.sources if name != source]
        for fold in range(FOLDS):
            fold_rows = np.isin(self.source, sources[fold::FOLDS])
            if (mask & ~fold_rows).any():
                chances[fold_rows] = _chances(self.matrix[fold_rows], self._fit(0, self.matrix, mask & ~fold_rows))
        company_names, company = matrix_of(list(self._company_features(chances)))
        matrix = np.hstack([self.matrix, company])
        matrix = np.hstack([matrix, matrix * self.bold[:, None]])
        names = self.names + company_names
        second_weights = self._fit(1, matrix, mask)
        bold_names = [model.BOLD + name for name in names]
        stages = {
            model.STAGES[0]: dict(zip(self.names, first_weights.tolist(), strict=True)),
            model.STAGES[1]: dict(zip(names + bold_names, second_weights.tolist(), strict=True)),
        }
        return stages, _chances(matrix, second_weights)

    def _company_features(self, chances: Vector) -> Iterator[Features]:
        start = 0
        for example in self.examples:
            end = start + len(example.features)
            first_chances = dict(zip(example.features, chances[start:end].tolist(), strict=True))
            company = dict(model.company_of(example.page, first_chances))
            yield from (company[at] for at in example.features)
            start = end

    def _fit(self, stage: int, matrix: Matrix, mask: Mask) -> Vector:
        """Fit a stage to the rows that `mask` selects. All later fits of a stage start from its first fit."""
        start = self._starts[stage]
        if start is not None and len(start) != matrix.shape[1]:
            start = None
        weights = newton(matrix, self.truth, self.weight * mask, start)
        if self._starts[stage] is None:
            self._starts[stage] = weights
        return weights


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
        scaled_matrix = matrix * np.sqrt(weight * p * (1 - p)).astype(np.float32)[:, None]
        step = np.linalg.solve((scaled_matrix.T @ scaled_matrix).astype(float) + RIDGE * np.eye(len(beta)), slope)
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
    all_chances = np.zeros(len(training.truth))
    figures: list[float] = []
    for source in training.sources.tolist():
        stages, chances = training.fit_without(source)
        write(stages, folder / f"{source}.json")
        rows = training.source == source
        all_chances[rows] = chances[rows]
        guesses, truth = chances[rows] >= 0.5, training.truth[rows] == 1
        missed = sum(example.missing_headings for example in training.examples if example.source == source)
        right, wrong, missed = (guesses & truth).sum(), (guesses & ~truth).sum(), missed + (~guesses & truth).sum()
        figures.append(2 * right / max(1, 2 * right + wrong + missed))
        print(f"{source:28} F1 {figures[-1]:.4f}  right {right} wrong {wrong} missed {missed}", flush=True)
    print(f"{'mean':28} F1 {sum(figures) / len(figures):.4f}")
    print_reliability(list(zip(all_chances.tolist(), (training.truth == 1).tolist(), strict=True)))
    print_shapes(training, all_chances)


def print_reliability(pairs: Sequence[tuple[float, bool]]) -> None:
    """Print how many of the lines in each range of probabilities were headings."""
    bounds = (0.0, 0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.01)
    print("probability    lines         mean   were headings")
    for low, high in pairwise(bounds):
        lines = [(p, is_heading) for p, is_heading in pairs if low <= p < high]
        if lines:
            mean_chance, heading_share = (sum(column) / len(lines) for column in zip(*lines, strict=True))
            print(f"{low:4.2f} - {min(high, 1):4.2f}  {len(lines):7}   {mean_chance:10.3f}   {heading_share:13.3f}")


SHAPES: tuple[tuple[str, Callable[[Page, int], bool]], ...] = (
    ("line in bold", lambda page, at: page.blocks[at].bold),
    ("question", lambda page, at: page.blocks[at].text.endswith(("?", "？", "؟"))),
    ("line that ends a sentence", lambda page, at: page.blocks[at].ends_sentence),
    ("label with a colon", lambda page, at: page.blocks[at].text.endswith((":", "："))),
    ("item `1. ...`", lambda page, at: page.blocks[at].kind == ORDERED),
    ("repeated line", lambda page, at: page.texts[page.blocks[at].text] > 1),
    ("line with a link or code", lambda page, at: any(mark in page.blocks[at].text for mark in ("](", "://", "`"))),
    ("line over 60 columns", lambda page, at: page.blocks[at].width > 60),
    ("short line before another", lambda page, at: at + 1 in page.candidates and page.blocks[at + 1].width <= 60),
    ("other short line", lambda page, at: True),
)
"""Name -> test of a candidate's shape; the first test that holds decides."""


def print_shapes(training: Training, all_chances: Vector, layout: str = "bare") -> None:
    """Print, for the lines of each shape, how many are headings, others, missed headings and false headings."""
    counts = {name: [0, 0, 0, 0] for name, _ in SHAPES}
    start = 0
    for example in training.examples:
        chances = all_chances[start : start + len(example.features)].tolist()
        start += len(example.features)
        if example.layout != layout:
            continue
        for (at, is_heading), chance in zip(example.truth.items(), chances, strict=True):
            count = counts[next(name for name, has_shape in SHAPES if has_shape(example.page, at))]
            count[not is_heading] += 1
            count[3 - is_heading] += is_heading != (chance >= 0.5)
    print(f"{layout + ':':26} headings   others   missed    false")
    for name, count in counts.items():
        print(f"{name:26}" + "".join(f"{number:9}" for number in count))


def write(stages: Stages, path: Path) -> None:
    """Write the weights as readable JSON, without those that round to 0."""
    rounded_stages = {
        stage: {name: round(weight, 3) for name, weight in sorted(weights.items()) if abs(weight) >= 0.0005}
        for stage, weights in stages.items()
    }
    path.write_text(json.dumps(rounded_stages, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--documents", type=int, default=120, help="number of documents to use from each source")
    parser.add_argument(
        "--leave-out", type=Path, metavar="FOLDER", help="report on each source, with a model trained without it"
    )
    parser.add_argument("--write", action="store_true", help="train on all sources and write `headings/weights.json`")
    options = parser.parse_args()
    examples = [example for corpus in options.corpora for example in examples_of(corpus, options.documents)]
    training = Training(examples)
    print(f"{len(examples)} damaged documents, {len(training.truth)} candidates", flush=True)
    stages, _ = training.fit_without()
    if options.write:
        write(stages, WEIGHTS)
    if options.leave_out:
        leave_out(training, options.leave_out)


if __name__ == "__main__":
    main()
