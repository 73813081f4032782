"""Train the heading model from folders of documents whose headings are known.

    python -m converter.training.train [--pages FOLDER] [--own FOLDER] [--extracts FOLDER]
                                       [--corpora FOLDER] [--documents 50] [--without VARIANT ...]
                                       [--leave-out] [--quick] [--write]

`examples.py` says what each folder holds, and what each kind of document counts. `--leave-out` trains without each
group of sources (sites or corpora; one in FOLDS) in turn, and prints for each extractor and layout how its unseen
documents are read: precision, recall and F1 of headings, the share with the true parent, and a reliability table.
`--quick` compares features and parameters in minutes: three groups, and a fifth of the texts of clean documents.
`--write` trains on everything and writes `headings/weights.json` and `headings/trees.py`.

The shipped weights come from all folders but `--own`, without variants of pages (`--without mixtures gaps`).
Training needs LightGBM, NumPy and markdown-it-py; using the model needs none of them.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from converter.repair.headings import model
from converter.repair.headings.model import read_forests
from converter.repair.headings.recover import choose_headings, confidence_of, levels_of, title_of
from converter.repair.headings.surroundings import Surroundings
from converter.training import trees
from converter.training.examples import (
    BOLD,
    EXTRACTS,
    OF_PAGES,
    VARIANTS,
    WEIGHTS,
    Example,
    corpus_examples,
    extract_examples,
    own_examples,
    page_examples,
)
from converter.training.folds import FOLDS, fold_of
from converter.training.outline import gains_of, parents_of

FILE = Path(model.__file__).with_name("weights.json")
ROUNDS, TITLE_ROUNDS = 190, 60
QUICK_FOLDS, QUICK_PART = 3, 5
"""Groups of sources of `--quick`, which divide FOLDS, and the part of the documents: one in five."""
STAKE = 0.15
"""What a title of a document counts in training if no parent of a heading depends on it; others count more."""
PARAMETERS = {
    "objective": "binary",
    "learning_rate": 0.07,
    "num_leaves": 31,
    "min_data_in_leaf": 30,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "max_bin": 63,
    "seed": 1,
    "deterministic": True,
    "num_threads": 1,
    "verbose": -1,
}
"""Small trees and few: they are read in Python, and what they say can be explained."""
DECIMALS = 4
"""Digits of thresholds and results in the file."""

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float32]


class Table:
    """The features of all examples as a matrix, a row per candidate and a column per feature."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = examples
        columns: dict[str, int] = {}
        chunks: list[tuple[list[int], list[float]]] = []
        truth, weight, fold, gain, self.starts = [], [], [], [], [0]
        for example in examples:
            surroundings = Surroundings(example.page)
            share = WEIGHTS[example.kind]
            # The title of a mixture does not stand above its own text.
            gains = {} if example.kind in VARIANTS else gains_of(example.levels)
            if example.kind in OF_PAGES:
                share = 1 / sqrt(max(1, len(example.page.candidates)))
            for at in example.page.candidates:
                features = model.all_features(example.page, surroundings, at)
                chunks.append(
                    ([columns.setdefault(name, len(columns)) for name in features], list(map(float, features.values())))
                )
                truth.append(example.truth.get(at, False))
                emphasis = BOLD if example.page.blocks[at].bold else 1.0
                weight.append(share * emphasis if at in example.truth else 0.0)
                gain.append(gains.get(at, np.nan))
            fold += [fold_of(example.source)] * len(example.page.candidates)
            self.starts.append(len(truth))
        self.names = list(columns)
        self.matrix: Matrix = np.zeros((len(chunks), len(columns)), dtype=np.float32)
        for row, (places, values) in enumerate(chunks):
            self.matrix[row, places] = values
        self.truth, self.weight, self.fold = np.array(truth, float), np.array(weight), np.array(fold)
        self.gain = np.array(gain)
        kinds = np.repeat([example.kind for example in examples], np.diff(self.starts))
        for kind in OF_PAGES:
            rows = kinds == kind
            if rows.any():
                self.weight[rows] *= WEIGHTS[kind] * rows.sum() / self.weight[rows].sum()

    def fit(self, rows: npt.NDArray[np.bool_]) -> Any:
        """Boosted trees, trained on `rows`."""
        import lightgbm

        rows = rows & (self.weight > 0)
        data = lightgbm.Dataset(self.matrix[rows], self.truth[rows], weight=self.weight[rows])
        return lightgbm.train(PARAMETERS, data, ROUNDS)

    def fit_titles(self, rows: npt.NDArray[np.bool_]) -> Any:
        """Boosted trees that tell the document's own title from its other headings: the one that others are below."""
        import lightgbm

        rows = rows & ~np.isnan(self.gain)
        weight = self.weight[rows] * (STAKE + np.abs(self.gain[rows]))
        data = lightgbm.Dataset(self.matrix[rows], self.gain[rows] > 0, weight=weight)
        return lightgbm.train({**PARAMETERS, "num_leaves": 5}, data, TITLE_ROUNDS)

    def chances_by_fold(self, folds: int = FOLDS) -> tuple[Vector, Vector]:
        """For each row, the probabilities of a heading and of a title, of models that have not seen its source."""
        chances, title_chances = np.zeros((2, len(self.truth)))
        for number in range(folds):
            rows = self.fold % folds == number
            if rows.any():
                chances[rows] = self.fit(~rows).predict(self.matrix[rows])
                title_chances[rows] = self.fit_titles(~rows).predict(self.matrix[rows])
        return chances, title_chances


FORESTS = {"headings": Table.fit, "titles": Table.fit_titles}
"""The trees of the model, and what fits them."""


def fields_of(forests: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The trees in the form that the model reads, with only the features that they ask for."""
    positions: dict[int, int] = {}

    def node(tree: Mapping[str, Any]) -> Any:
        if "leaf_value" in tree:
            return round(tree["leaf_value"], DECIMALS)
        index = positions.setdefault(tree["split_feature"], len(positions))
        branches = [node(tree["left_child"]), node(tree["right_child"])]
        return [index, float(f"{tree['threshold']:.5g}"), *branches, round(tree["internal_value"], DECIMALS)]

    trees = {
        name: [node(tree["tree_structure"]) for tree in booster.dump_model()["tree_info"]]
        for name, booster in forests.items()
    }
    return {"features": [names[index] for index in positions], **trees}


def with_earlier(fields: Mapping[str, Any], earlier: Mapping[str, Any]) -> dict[str, Any]:
    """The trees of `fields`, and of `earlier` those that are missing, with the features that both ask for."""
    features: dict[str, int] = {}

    def node(tree: Any, names: Sequence[str]) -> Any:
        if not isinstance(tree, list):
            return tree
        index, threshold, below, above, value = tree
        place = features.setdefault(names[index], len(features))
        return [place, threshold, node(below, names), node(above, names), value]

    trees: dict[str, Any] = {}
    for name in FORESTS:
        source = fields if name in fields else earlier
        trees[name] = [node(tree, source["features"]) for tree in source[name]]
    return {"features": list(features), **trees}


def write(fields: Mapping[str, Any], path: Path) -> None:
    """Write the names and the trees, a line each."""
    lists = [
        f"{json.dumps(name)}: [\n" + ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries) + "\n]"
        for name, entries in fields.items()
    ]
    path.write_text("{" + ",\n".join(lists) + "}\n", encoding="utf-8")


@dataclass(slots=True)
class Score:
    """How the headings of some documents are read."""

    right: int = 0
    wrong: int = 0
    missing: int = 0
    documents: int = 0
    parents: int = 0
    """Of the right ones, those below their true parent."""
    with_level: int = 0
    """Of the right ones, those whose level is known."""
    chances: list[tuple[float, bool]] = field(default_factory=list)

    def __str__(self) -> str:
        precision = self.right / max(1, self.right + self.wrong)
        recall = self.right / max(1, self.right + self.missing)
        f1 = 2 * self.right / max(1, 2 * self.right + self.wrong + self.missing)
        parents = f"{self.parents / self.with_level:8.3f}" if self.with_level else "       -"
        counts = f"{self.right:8}{self.wrong:7}{self.missing:8}"
        return f"{self.documents:6}{precision:8.3f}{recall:8.3f}{f1:8.3f}{parents}{counts}"


def print_report(examples: Sequence[Example], starts: Sequence[int], chances: Vector, title_chances: Vector) -> None:
    """Print how each kind of document is read by models that have not seen its source."""
    scores: dict[tuple[str, str], Score] = defaultdict(Score)
    for example, start in zip(examples, starts, strict=False):
        if example.kind in VARIANTS:
            continue
        score = scores[example.kind, example.name]
        all_chances = dict(zip(example.page.candidates, chances[start:].tolist(), strict=False))
        headings = choose_headings(example.page, all_chances)
        titles = dict(zip(example.page.candidates, title_chances[start:].tolist(), strict=False))
        titles = {at: chance for at, chance in titles.items() if at < model.EARLY}
        chance_of = {at: chance for at, chance in headings.items() if at in example.truth}
        right = sum(example.truth[at] for at in chance_of)
        score.documents += 1
        score.right += right
        score.wrong += len(chance_of) - right
        score.missing += sum(example.truth.values()) - right + example.missing_headings
        levels = dict(
            zip(headings, levels_of(example.page, headings, title_of(example.page, headings, titles)), strict=True)
        )
        hits = [at for at in chance_of if at in example.levels]
        parents, true_parents = (parents_of(hits, levels), parents_of(hits, example.levels))
        score.with_level += len(hits)
        score.parents += sum(parents[at] == true_parents[at] for at in hits)
        score.chances += [(confidence_of(chance), example.truth[at]) for at, chance in chance_of.items()]
    print(f"{'':40} texts       P       R      F1  parent   right  wrong  missed")
    for (kind, name), score in sorted(scores.items()):
        print(f"{kind:12}{name:28}{score}")
    for kind in WEIGHTS:
        print_reliability(kind, [pair for key, score in scores.items() if key[0] == kind for pair in score.chances])


def print_reliability(kind: str, pairs: Sequence[tuple[float, bool]]) -> None:
    """Print how many of the headings that were given a probability are right."""
    for low, high in pairwise((0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.01)):
        lines = [(chance, is_heading) for chance, is_heading in pairs if low <= chance < high]
        if lines:
            mean, share = (sum(column) / len(lines) for column in zip(*lines, strict=True))
            print(f"{kind:12}{low:4.2f} - {min(high, 1):4.2f}{len(lines):7}  given {mean:.3f}  right {share:.3f}")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, metavar="FOLDER", help="texts of real pages")
    parser.add_argument("--own", type=Path, metavar="FOLDER", help="texts of pages that were written for training")
    parser.add_argument("--extracts", type=Path, metavar="FOLDER", help="texts of clean documents as pages")
    parser.add_argument("--corpora", type=Path, metavar="FOLDER", help="clean Markdown, a folder for each source")
    parser.add_argument("--documents", type=int, default=50, help="number of documents of each source of --corpora")
    parser.add_argument("--without", nargs="*", default=[], choices=VARIANTS, metavar="VARIANT",
                        help=f"variants of pages to leave out: {', '.join(VARIANTS)}")  # fmt: skip
    parser.add_argument("--quick", action="store_true",
                        help="three groups of sources, and a fifth of the texts of clean documents")  # fmt: skip
    parser.add_argument("--leave-out", action="store_true", help="report on sources that the model has not seen")
    parser.add_argument("--write", nargs="*", choices=FORESTS, metavar="FOREST",
                        help="train on all sources and write `headings/weights.json`; both forests unless named: "
                             f"{', '.join(FORESTS)}")  # fmt: skip
    options = parser.parse_args()
    folds, part = (QUICK_FOLDS, QUICK_PART) if options.quick else (FOLDS, 1)
    examples: list[Example] = []
    if options.pages:
        examples += page_examples(options.pages, [kind for kind in VARIANTS if kind not in options.without])
    if options.extracts:
        examples += extract_examples(options.extracts, EXTRACTS // part)
    if options.corpora:
        for corpus in sorted(path for path in options.corpora.iterdir() if path.is_dir()):
            examples += corpus_examples(corpus, options.documents // part)
    if options.own:
        examples += own_examples(options.own)
    table = Table(examples)
    print(f"{len(examples)} documents, {len(table.truth)} candidates, {len(table.names)} features", flush=True)
    if options.write is not None:
        rows = table.weight > 0
        forests = {name: FORESTS[name](table, rows) for name in options.write or FORESTS}
        write(with_earlier(fields_of(forests, table.names), json.loads(FILE.read_text(encoding="utf-8"))), FILE)
        trees.FILE.write_text(trees.code_of(*read_forests(FILE.read_text(encoding="utf-8"))), encoding="utf-8")
    if options.leave_out:
        print_report(examples, table.starts, *table.chances_by_fold(folds))


if __name__ == "__main__":
    main()
