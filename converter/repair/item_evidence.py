"""Whether the lines of a run are the items of a list: a learned, weighted sum over what a reader would look at.

`item_weights.json`, written by `python -m converter.training.lists`, has the weight of each feature.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import pairwise
from math import exp
from typing import NamedTuple

from converter.repair.item_runs import CHECK_BOXES, CLAUSE_WIDTH, LEAD_IN, has_label, is_narrative
from converter.repair.lines import ends_sentence, width_of
from converter.repair.paragraphs import Paragraph

BIAS = ""
"""The name under which the file has the constant of the sum."""

LEAST_CHANCE = 0.5
"""Minimum probability that the lines of a run are items."""

_VALUE = re.compile(r"[^\w\n]*\d[\d.,:%/ -]*(?:[^\W\d_]{1,3}\b\.?)?\W*$|\W+$")
"""A number or a date, perhaps with a unit, or marks alone."""
_NEXT_SENTENCE = re.compile(r"[^\W\d_]{3}[.!?][\"”“)]* [^\W\d_]")
_CODE = re.compile(r"[=;{}<>]\s|[{};]$|\w\(|->|^[#$>]")

Features = dict[str, float]


class ItemRun(NamedTuple):
    """Blocks that may be the items of a list: the first one, the one after the last, and what surrounds them."""

    start: int
    end: int
    is_introduced: bool
    """Whether a line above it ends with a colon."""
    is_copied: bool
    """Whether the text is a browser's copy."""


@cache
def weights() -> Mapping[str, float]:
    """Feature -> its weight."""
    text = resources.files(__package__).joinpath("item_weights.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def chances_of(blocks: Sequence[Paragraph], runs: Sequence[ItemRun]) -> list[float]:
    """The probability, for each run of a text, that its blocks are the items of a list."""
    return [chance_of(features, weights()) for features in features_of(blocks, runs)] if runs else []


def chance_of(features: Features, weights: Mapping[str, float]) -> float:
    """The probability that follows from the features of a run."""
    total = weights[BIAS] + sum(weights[name] * value for name, value in features.items())
    return 1 / (1 + exp(-max(-30.0, min(30.0, total))))


def features_of(blocks: Sequence[Paragraph], runs: Sequence[ItemRun]) -> list[Features]:
    """The features of each run of a text: name -> value, from 0 to 1 or a little more."""
    texts = [block.text for block in blocks]
    counts = Counter(texts)
    of_text = {
        "share of the text in runs": sum(run.end - run.start for run in runs) / len(texts),
        "share of runs with two lines": sum(run.end - run.start == 2 for run in runs) / len(runs),
    }
    touching = {above.end for above, below in pairwise(blocks) if above.end == below.start}
    return [
        of_text
        | _surroundings(texts, run, blocks[run.end - 1].end in touching)
        | _form(texts[run.start : run.end], counts)
        for run in runs
    ]


def _surroundings(texts: Sequence[str], run: ItemRun, touches_below: bool) -> Features:
    above = texts[run.start - 1] if run.start else ""
    is_pair = run.end - run.start == 2
    return {
        "below a clause with a colon": above.endswith(LEAD_IN) and len(above) > CLAUSE_WIDTH,
        "touches the line below": touches_below,
        "introduced in a copy": run.is_copied and run.is_introduced,
        "two lines in a copy": run.is_copied and is_pair,
        "two lines that nothing introduces": run.is_copied and is_pair and not run.is_introduced,
        "three lines": run.end - run.start == 3,
    }


def _form(lines: Sequence[str], counts: Counter[str]) -> Features:
    def share(test: Callable[[str], object]) -> float:
        return sum(1 for line in lines if test(line)) / len(lines)

    widths = [width_of(line) for line in lines]
    several_sentences = share(_NEXT_SENTENCE.search)
    lower = share(lambda line: line[:1].islower())
    is_plain = not several_sentences and all(ends_sentence(line) and not is_narrative(line) for line in lines)
    return {
        "spread of widths": min(2.0, (max(widths) - min(widths)) * len(widths) / (sum(widths) + 1)),
        "lines that recur in the text": share(lambda line: counts[line] > 1),
        "lines with several sentences": several_sentences,
        "lines that are values": share(_VALUE.match),
        "lines of one word": share(lambda line: " " not in line),
        "lines in lower case": lower,
        "lower and upper case": 0 < lower < 1,
        "lines that look like code": share(_CODE.search),
        "lines with a check box": share(lambda line: line.startswith(CHECK_BOXES)),
        "each line has a label": all(map(has_label, lines)),
        "each line is one sentence that opens no story": is_plain,
    }
