"""The features of lines, which the heading model was trained on: their sums over the documents of the cases.

After a change that is meant, `UPDATE_EXAMPLES=1` writes them anew; the model must be trained again then.
"""

from __future__ import annotations

import os
from collections import Counter
from math import fsum

import yaml

from converter.repair.draft import Draft
from converter.repair.headings.blocks import pages_of
from converter.repair.headings.model import all_features
from converter.repair.headings.surroundings import Surroundings
from tests.support.paths import CASE_FOLDER

CASES = CASE_FOLDER / "repair"
TOTALS = CASES / "documents" / "features.yaml"


def texts() -> list[str]:
    """Return the texts of the cases of whole documents and of the rules for headings."""
    paths = [CASES / "documents" / f"{name}.yaml" for name in ("damaged", "untouched")]
    documents = [case["text"] for path in paths for case in yaml.safe_load(path.read_text(encoding="utf-8"))]
    for name in ("bare_heading", "bold_heading"):
        cases = yaml.safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8"))
        documents += [case["damaged"] for case in cases["fires"]] + [case["text"] for case in cases["stays"]]
    return documents


def test_the_features_of_lines_are_those_that_the_model_was_trained_on() -> None:
    values: dict[str, list[float]] = {}
    counts: Counter[str] = Counter()
    for text in texts():
        for page in pages_of(Draft(lines := text.split("\n"), range(1, len(lines) + 1))):
            surroundings = Surroundings(page)
            for at in page.candidates:
                for name, value in all_features(page, surroundings, at).items():
                    values.setdefault(name, []).append(float(value))
                    counts[name] += value != 0
    # The order of the lines counts too: a feature of the line above is not that of the line below.
    totals = {
        name: [counts[name], round(fsum(value * (place + 1) for place, value in enumerate(values[name])), 3)]
        for name in sorted(values)
    }
    if os.environ.get("UPDATE_EXAMPLES"):
        lines = [f"{yaml.safe_dump(name).splitlines()[0]}: {total}" for name, total in totals.items()]
        TOTALS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert totals == yaml.safe_load(TOTALS.read_text(encoding="utf-8"))
