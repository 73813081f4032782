"""The learned model: boosted trees over the features of a line and of what surrounds it.

A tree asks one yes-or-no question after another (is a feature at most a threshold?) and ends with a number; the sum of
these numbers over all trees, through the logistic function, is the probability that the line is a heading. Each
inner node also holds the mean of what is below it, so that the steps of a line's way add up to what each feature
contributed (`evidence`).

A second, smaller forest tells the document's own title from its other headings.

The trees are in `weights.json`, written by `python -m converter.training.train`: `features` names the features, and
`headings` and `titles` hold nested lists, `[index of the feature, threshold, at most, more, mean]` or a number.
`trees.py` has the same trees as code.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import exp
from typing import Any

from converter.repair.headings.block import SENTENCES, Block
from converter.repair.headings.blocks import Page
from converter.repair.headings.features import Features, add_features, features_of
from converter.repair.headings.surroundings import NAMES, Surroundings

EARLY, POSSIBLE = 12, 0.3
"""The number of first blocks that may be the document's title, and the minimum probability of a title to be a heading
at all."""

ROWS = 200
"""Candidates whose features are kept at a time: all of them would take a hundred times the memory of their lines."""

Tree = Any
"""A number, or a list: the index of a feature, a threshold, two trees, and the mean of both."""


@dataclass(frozen=True, slots=True)
class Forest:
    """The trees, and the names of the features that they use."""

    features: Sequence[str]
    trees: Sequence[Tree]

    def contributions(self, features: Features) -> dict[str, float]:
        """Feature -> what it adds to the sum, the largest first."""
        contributions: Counter[str] = Counter()
        for tree in self.trees:
            while tree.__class__ is list:
                index, threshold, *branches, mean = tree
                name = self.features[index]
                tree = branches[features.get(name, 0.0) > threshold]
                contributions[name] += mean_of(tree) - mean
        return dict(sorted(contributions.items(), key=lambda entry: -abs(entry[1])))


def mean_of(tree: Tree) -> float:
    """The mean of a tree over the lines that it was trained on."""
    return float(tree[4] if tree.__class__ is list else tree)


@cache
def forests() -> tuple[Forest, Forest]:
    """The trees that the package ships, of headings and of titles."""
    return read_forests(resources.files(__package__).joinpath("weights.json").read_text(encoding="utf-8"))


def read_forests(text: str) -> tuple[Forest, Forest]:
    """The trees of a file that training wrote."""
    fields = json.loads(text)
    return Forest(fields["features"], fields["headings"]), Forest(fields["features"], fields["titles"])


def probabilities(page: Page) -> tuple[dict[int, float], dict[int, float]]:
    """Block -> the probability that it is a heading, for every candidate; and that it is the title, for early ones.

    No feature depends on blank lines between the blocks, so a text gets the same answers after its repair.
    """
    from converter.repair.headings import trees  # without Python's cache of compiled code it takes 60 ms

    surroundings = Surroundings(page)
    chances = dict.fromkeys(page.candidates, 0.0)
    title_chances: dict[int, float] = {}
    places = [at for at in page.candidates if not _is_certainly_prose(page.blocks[at])]
    for start in range(0, len(places), ROWS):
        part = places[start : start + ROWS]
        rows = rows_of(page, surroundings, part, trees.FEATURES)
        chances |= {at: _chance_of(trees.headings(*row)) for at, row in zip(part, rows, strict=True)}
        early = {at: row for at, row in zip(part, rows, strict=True) if at < EARLY and chances[at] >= POSSIBLE}
        title_chances |= {at: _chance_of(trees.titles(*row)) for at, row in early.items()}
    return chances, title_chances


def _chance_of(total: float) -> float:
    return 1 / (1 + exp(-max(-30.0, min(30.0, total))))


def rows_of(
    page: Page, surroundings: Surroundings, places: Sequence[int], names: Sequence[str]
) -> list[tuple[float, ...]]:
    """The values of features, in the order of their names, for the candidates at some blocks.

    The names begin with NAMES: values in the order in which they are made take a third of the time.
    """
    absent = dict.fromkeys(names[len(NAMES) :], 0.0) | page.habits
    rows = []
    for at in places:
        features = absent.copy()
        add_features(features, page, at)
        rows.append((*surroundings.values_of(at), *features.values())[: len(names)])
    return rows


def _is_certainly_prose(block: Block) -> bool:
    """Whether a block ends as no title of its length does: the model gives no such line a chance worth a tenth."""
    is_open = not block.ends_sentence and not block.text.endswith((":", "："))
    return not (is_open or block.bold) and block.width > SENTENCES


def evidence(page: Page, at: int) -> dict[tuple[str, float], float]:
    """(feature, its value) -> what it adds to the logarithm of the odds of a heading, the largest first."""
    features = all_features(page, Surroundings(page), at)
    contributions = forests()[0].contributions(features)
    return {(name, float(features.get(name, 0.0))): weight for name, weight in contributions.items()}


def all_features(page: Page, surroundings: Surroundings, at: int) -> Features:
    """The features of a line and of what surrounds it."""
    return features_of(page, at) | surroundings.features_of(at)
