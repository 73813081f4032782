"""Train the heading model from folders of clean Markdown, one folder a source.

    python -m converter.repair.train CORPUS [CORPUS ...] [--write] [--documents 120] [--leave-out]

Each document is damaged in every `damage.LAYOUTS`; the headings it had are the truth. Beside these stand texts that
never had headings (`undivided.py`). `--leave-out` trains
without each source in turn and reports F1 on it, and a reliability table over all of them; `--write` trains on
everything and writes `headings/weights.json`. Needs NumPy and markdown-it-py, which using the model does not.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from converter.repair.damage import LAYOUTS, UNDIVIDED, pieces_of, written
from converter.repair.draft import Draft
from converter.repair.headings import model
from converter.repair.headings.blocks import Page, blocks_of
from converter.repair.headings.features import Features, features_of
from converter.repair.undivided import AMBIGUOUS, undivided

WEIGHTS = Path(__file__).parent / "headings" / "weights.json"
UNDIVIDED_WEIGHT, AMBIGUOUS_WEIGHT = 0.8, 0.1
"""What a line of a text that was made to have no headings weighs beside one of a real document."""
RIDGE = 20.0
"""Strength of the penalty on the squared weights: keeps what was rarely seen near 0."""

Vector = npt.NDArray[np.float64]


@dataclass(slots=True)
class Example:
    """One damaged document: its candidates' features and whether each was a heading."""

    source: str
    layout: str
    page: Page
    seen: dict[int, Features]
    truth: dict[int, bool]
    missed: int
    """Headings that are no candidates at all."""
    weight: float = 1.0


def examples_of(corpus: Path, documents: int, seed: int = 0) -> Iterator[Example]:
    """The damaged documents of one source."""
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


def fit(rows: Sequence[Features], truth: Sequence[bool], weight: Sequence[float]) -> dict[str, float]:
    """Logistic regression by Newton's method."""
    names = sorted({name for row in rows for name in row})
    column = {name: at for at, name in enumerate(names)}
    matrix = np.zeros((len(rows), len(names)), dtype=np.float32)
    for at, row in enumerate(rows):
        for name, value in row.items():
            matrix[at, column[name]] = value
    return dict(zip(names, newton(matrix, np.asarray(truth, float), np.asarray(weight)).tolist(), strict=True))


def newton(matrix: npt.NDArray[np.float32], truth: Vector, weight: Vector) -> Vector:
    """The weights that make the truth most likely, held small by RIDGE."""
    beta = np.zeros(matrix.shape[1])
    for _ in range(12):
        p = 1 / (1 + np.exp(-np.clip(matrix @ beta.astype(np.float32), -30, 30).astype(float)))
        slope = matrix.T @ (weight * (truth - p)).astype(np.float32) - RIDGE * beta
        curve = (matrix * (weight * p * (1 - p) + 1e-9).astype(np.float32)[:, None]).T @ matrix
        step = np.linalg.solve(curve.astype(float) + RIDGE * np.eye(len(beta)), slope)
        beta += step
        if np.abs(step).max() < 1e-3:
            break
    return beta


def trained(examples: Sequence[Example]) -> dict[str, dict[str, float]]:
    """Both stages. Sources weigh by the square root of their size."""
    sizes: dict[str, int] = {}
    for example in examples:
        sizes[example.source] = sizes.get(example.source, 0) + len(example.seen)
    mean = sum(sizes.values()) / len(sizes)
    keys = [(example, at) for example in examples for at in example.seen]
    truth = [example.truth[at] for example, at in keys]
    weight = [example.weight * (mean / sizes[example.source]) ** 0.5 for example, _ in keys]
    alone = fit([example.seen[at] for example, at in keys], truth, weight)
    rows: list[Features] = []
    for example in examples:
        rows += (row for _, row in sorted(second_rows(example, alone).items()))
    return {model.STAGES[0]: alone, model.STAGES[1]: fit(rows, truth, weight)}


def second_rows(example: Example, alone: Mapping[str, float]) -> dict[int, Features]:
    """What the second stage looks at, for each candidate of an example."""
    first = {at: model.chance(alone, found) for at, found in example.seen.items()}
    company = model.company_of(example.page, first)
    return {at: {**found, **company[at]} for at, found in example.seen.items()}


def predicted(example: Example, stages: Mapping[str, Mapping[str, float]]) -> dict[int, float]:
    """The chance of each candidate."""
    rows = second_rows(example, stages[model.STAGES[0]])
    return {at: model.chance(stages[model.STAGES[1]], row) for at, row in rows.items()}


def leave_out(examples: Sequence[Example]) -> None:
    """Report on each source with a model that never saw it."""
    pairs: list[tuple[float, bool]] = []
    figures: list[float] = []
    for source in sorted({example.source for example in examples}):
        stages = trained([example for example in examples if example.source != source])
        right = wrong = missed = 0
        for example in examples:
            if example.source != source:
                continue
            missed += example.missed
            for at, p in predicted(example, stages).items():
                pairs.append((p, example.truth[at]))
                right += p >= 0.5 and example.truth[at]
                wrong += p >= 0.5 and not example.truth[at]
                missed += p < 0.5 and example.truth[at]
        figures.append(2 * right / max(1, 2 * right + wrong + missed))
        print(f"{source:28} F1 {figures[-1]:.4f}  right {right} wrong {wrong} missed {missed}", flush=True)
    print(f"{'mean':28} F1 {sum(figures) / len(figures):.4f}")
    reliability(pairs)


def reliability(pairs: Sequence[tuple[float, bool]]) -> None:
    """Of the lines given a chance, how many were headings?"""
    bounds = (0.0, 0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.01)
    print("chance given   lines   mean given   were headings")
    for low, high in pairwise(bounds):
        inside = [(p, is_heading) for p, is_heading in pairs if low <= p < high]
        if inside:
            given, were = (sum(column) / len(inside) for column in zip(*inside, strict=True))
            print(f"{low:4.2f} - {min(high, 1):4.2f}  {len(inside):7}   {given:10.3f}   {were:13.3f}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path)
    parser.add_argument("--documents", type=int, default=120, help="documents taken from each source")
    parser.add_argument("--leave-out", action="store_true", help="report on each source, trained without it")
    parser.add_argument("--write", action="store_true", help="write the weights")
    options = parser.parse_args()
    examples = [example for corpus in options.corpora for example in examples_of(corpus, options.documents)]
    print(f"{len(examples)} damaged documents, {sum(len(example.seen) for example in examples)} candidates", flush=True)
    if options.leave_out:
        leave_out(examples)
    if options.write:
        stages = trained(examples)
        rounded = {
            stage: {name: round(weight, 3) for name, weight in sorted(found.items())} for stage, found in stages.items()
        }
        WEIGHTS.write_text(json.dumps(rounded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
