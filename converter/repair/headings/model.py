"""The learned model: two logistic regressions, of which the second also sees the first's results for the neighbours.

The second has extra weights for bold lines, added to those of all lines: because their look counts so much, their
wording counts less.

The weights are in `weights.json`, feature name -> weight, written by `python -m converter.training.train`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from math import exp, log

from converter.repair.headings.blocks import Page
from converter.repair.headings.features import Features, features_of

Weights = Mapping[str, float]
Stages = Mapping[str, Weights]
Pairs = Mapping[str, tuple[float, float]]
"""Feature -> its weights in the first and the second stage."""
STAGES = ("alone", "together")
BOLD = "bold: "
"""Prefix of the names of weights for bold lines only."""


@cache
def weights() -> tuple[Pairs, Pairs]:
    """The weights of plain lines, and of bold lines."""
    text = resources.files(__package__).joinpath("weights.json").read_text(encoding="utf-8")
    return pair_weights(json.loads(text))


def pair_weights(stages: Stages) -> tuple[Pairs, Pairs]:
    """The weights of both stages in pairs: of plain lines, and of bold lines, which have extra ones in the second."""
    first_stage, second_stage = (stages[stage] for stage in STAGES)
    names = dict.fromkeys([*first_stage, *(name.removeprefix(BOLD) for name in second_stage)])
    plain = {name: (first_stage.get(name, 0.0), second_stage.get(name, 0.0)) for name in names}
    bold = {name: (first, second + second_stage.get(BOLD + name, 0.0)) for name, (first, second) in plain.items()}
    return plain, bold


def probabilities(page: Page) -> dict[int, float]:
    """Block -> the probability that it is a heading, for every candidate of the page.

    No feature depends on blank lines between the blocks, so a text gets the same answers after its repair.
    """
    plain, bold = weights()
    chances: dict[int, float] = {}
    sums: dict[int, float] = {}
    for at in page.candidates:  # keeping the features would take a hundred times the memory of their line
        total, sums[at] = weighted_sums(bold if page.blocks[at].bold else plain, features_of(page, at))
        chances[at] = chance(total)
    return {
        at: chance(sums[at] + weighted_sums(bold if page.blocks[at].bold else plain, features)[1])
        for at, features in company_of(page, chances)
    }


def weighted_sums(pairs: Pairs, features: Features) -> tuple[float, float]:
    """The weighted sum of features in each stage."""
    first_sum = second_sum = 0.0
    for name, value in features.items():
        if (pair := pairs.get(name)) is not None:
            first_sum += pair[0] * value
            second_sum += pair[1] * value
    return first_sum, second_sum


def chance(total: float) -> float:
    """The logistic function."""
    return 1 / (1 + exp(-max(-30.0, min(30.0, total))))


def company_of(page: Page, chances: Mapping[int, float]) -> Iterator[tuple[int, Features]]:
    """Yield features from the first stage's results: for each line itself, its neighbours and similar lines."""
    groups: dict[object, list[float]] = {}
    for at, p in chances.items():
        groups.setdefault(_looks(page, at), []).append(p)
    sums = {looks: (sum(group), len(group), sum(p > 0.5 for p in group)) for looks, group in groups.items()}
    chance_sum, count, likely = (sum(column) for column in zip(*sums.values(), strict=True)) if sums else (0.0, 0, 0)
    for at, own_chance in chances.items():
        total, alike, likely_alike = sums[_looks(page, at)]
        others = count - alike
        looks = "bold, " if page.blocks[at].bold else ""
        yield (
            at,
            {
                "own chance": _logit(own_chance),
                "chance before": chances.get(at - 1, 0.0),
                "chance after": chances.get(at + 1, 0.0),
                "chance two after": chances.get(at + 2, 0.0),
                "chance two before": chances.get(at - 2, 0.0),
                "chance of its like": (total - own_chance + 0.5 * own_chance) / (alike - 0.5),
                "many of its like": min(alike - 1, 10) / 10,
                "chance of the rest": (chance_sum - total) / others if others else 0.0,
                "headings in the rest": min(likely - likely_alike, 10) / 10,
                f"{looks}headings to prose": min(2.0, likely / max(1, page.prose[0])),
                f"{looks}chance of all": chance_sum / count,
                f"{looks}headings:{min(int(likely), 4)}": 1.0,
            },
        )


def _looks(page: Page, at: int) -> tuple[object, ...]:
    """The aspects of appearance that headings of one document share."""
    block = page.blocks[at]
    start, end = block.text.lstrip("*_ ")[:1], block.text.rstrip("*_ ")[-1:]
    return block.bold, end if end and not end.isalnum() else "", start.isdigit(), start.islower(), start.isalnum()


def _logit(p: float) -> float:
    p = min(1 - 1e-6, max(1e-6, p))
    return max(-8.0, min(8.0, log(p / (1 - p))))
