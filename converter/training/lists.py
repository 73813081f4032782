"""Train the weights that tell lists without marks from other runs of lines.

    python -m converter.training.lists --pages FOLDER --extracts FOLDER... [--write]

`examples.py` says what the folders hold; `reader_lists.json` names runs of lines on pages that a reader takes for a
list although the page's HTML has none there (dates, brands or contacts with line breaks between them). Sites and
sources, a group of FOLDS at a time, are left out in turn, and the report says how their runs are read: how many of the
lines of each extractor's runs are items, how many of those that the rule marks, how many of all items it marks, and how
often each range of confidence is right, which is corrected by what unseen sources show. Each line counts as much as any
other. `--write` trains on everything and writes `item_weights.json`. Training needs NumPy.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from converter.repair import draft_before, item_evidence
from converter.repair.item_evidence import BIAS, LEAST_CHANCE, Features, features_of
from converter.repair.rules.list_marks import runs_of
from converter.training.extracts import extracts_in, letters_of

FILE = Path(item_evidence.__file__).with_name("item_weights.json")
READER = Path(__file__).with_name("reader_lists.json")
FOLDS = 5
PENALTY = 10.0
"""What holds the weights down: sites and sources are few."""
STEPS = 12
"""Newton's steps; the sum has converged by then."""
MOSTLY = 0.3
"""A run with a larger share of items is left as the page's HTML has it, whatever a reader says."""

Vector = npt.NDArray[np.float64]
Truth = Callable[[int, str], bool | None]
"""Whether a block is an item, by its first line and its text; None where that is open."""


@dataclass(frozen=True, slots=True)
class Example:
    """A run of lines that the rule may take for a list."""

    source: str
    """The site or corpus: what is left out as a whole."""
    name: str
    """The extractor."""
    is_page: bool
    features: Features
    items: int
    others: int


def page_examples(folder: Path) -> Iterator[Example]:
    """The runs in the texts of real pages."""
    reader: Mapping[str, Mapping[str, Sequence[int]]] = json.loads(READER.read_text(encoding="utf-8"))
    for path in sorted(folder.glob("*.jsonl")):
        for fields in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            lines = (folder / path.stem / fields["file"]).read_text(encoding="utf-8").split("\n")
            answers: dict[int, bool | None] = {line - 1: None for line in fields["either"]}
            answers |= {line - 1: True for line in fields["items"]}
            lists = {line - 1 for line in reader.get(path.stem, {}).get(fields["file"], ())}
            yield from _examples(f"site {fields['site']}", path.stem, True, lines, partial(_on_page, answers), lists)


def extract_examples(folder: Path) -> Iterator[Example]:
    """The runs in the texts of clean documents rendered as pages."""
    for source, extractor, lines, units in extracts_in(folder):
        yield from _examples(source, extractor, False, lines, _truth(units), set())


def _on_page(answers: Mapping[int, bool | None], line: int, text: str) -> bool | None:
    return answers.get(line, False)


def _truth(fields: Mapping[str, Any]) -> Truth:
    """Which blocks have the letters of an item; open are those of the site's chrome, and those that are something else
    too."""
    items = set(map(letters_of, fields["items"]))
    others = {letters_of(text) for kind in ("paragraphs", "headings") for text in fields[kind]}
    others |= {letters_of(str(cell)) for row in fields["rows"] for cell in row}
    chrome = {letters_of(text) for kind in ("chrome", "neutral") for text in fields[kind]}

    def is_item(line: int, text: str) -> bool | None:
        letters = letters_of(text)
        return None if letters in chrome or letters in items & others else letters in items

    return is_item


def _examples(
    source: str, name: str, is_page: bool, lines: list[str], truth: Truth, lists: set[int]
) -> Iterator[Example]:
    """The runs of a text; `lists` are the first lines of those that a reader takes for lists."""
    draft = draft_before("list_marks", lines, range(len(lines)))
    blocks, runs = runs_of(draft)
    for run, features in zip(runs, features_of(blocks, runs) if runs else (), strict=True):
        answers = [truth(draft.numbers[block.start], block.text) for block in blocks[run.start : run.end]]
        items, others = answers.count(True), answers.count(False)
        if draft.numbers[blocks[run.start].start] in lists and items <= MOSTLY * len(answers):
            items, others = len(answers), 0
        if items + others:
            yield Example(source, name, is_page, features, items, others)


class Table:
    """The features of all examples as a matrix, a row each, and what is known of their lines."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.examples = examples
        self.names = list(examples[0].features)
        rows = [[float(value) for value in example.features.values()] + [1.0] for example in examples]
        self.matrix: Vector = np.array(rows)
        self.items = np.array([example.items for example in examples], float)
        self.lines = self.items + np.array([example.others for example in examples], float)
        self.is_page = np.array([example.is_page for example in examples])
        self.fold = np.array([zlib.crc32(example.source.encode()) % FOLDS for example in examples])

    def fit(self, rows: npt.NDArray[np.bool_]) -> Vector:
        """The weights that make the items of some rows most likely, the constant last."""
        scale = self.matrix.std(axis=0)
        scale[scale == 0] = 1.0
        weights: Vector = self._fit(self.matrix[rows] / scale, rows, PENALTY) / scale
        return weights

    def calibration(self, chances: Vector) -> Vector:
        """The factor of the sum, and what is added to it, that make the chances of unseen sources true."""
        return self._fit(np.column_stack([_sum_of(chances), np.ones(len(chances))]), chances > 0, 0.0)

    def _fit(self, matrix: Vector, rows: npt.NDArray[np.bool_], penalty: float) -> Vector:
        """The weights of the columns of a matrix, the constant last, by Newton's method."""
        lines, share = self.lines[rows], (self.items / self.lines)[rows]
        penalties = penalty * np.eye(matrix.shape[1])
        penalties[-1, -1] = 0
        result: Vector = np.zeros(matrix.shape[1])
        for _ in range(STEPS):
            chance = 1 / (1 + np.exp(-matrix @ result))
            slope = matrix.T @ (lines * (chance - share)) + penalties @ result
            curve = (matrix * (lines * chance * (1 - chance))[:, None]).T @ matrix + penalties
            result = result - np.linalg.solve(curve, slope)
        return result

    def chances(self, rows: npt.NDArray[np.bool_], weights: Vector) -> Vector:
        """The probability of a list for some rows."""
        result: Vector = 1 / (1 + np.exp(-self.matrix[rows] @ weights))
        return result

    def chances_by_fold(self) -> Vector:
        """The probability of a list for each row, from weights that have not seen its source."""
        chances = np.zeros(len(self.examples))
        for number in range(FOLDS):
            rows = self.fold == number
            if rows.any():
                chances[rows] = self.chances(rows, self.fit(~rows))
        return chances


def _sum_of(chances: Vector) -> Vector:
    """The sums that lead to some chances."""
    bounded = np.clip(chances, 1e-6, 1 - 1e-6)
    result: Vector = np.log(bounded / (1 - bounded))
    return result


def report(table: Table, chances: Vector) -> Iterator[str]:
    """Lines of tables: how the runs of each extractor are read, and how often each range of confidence is right."""
    yield f"{'':22}{'runs':>6}{'lines':>7}{'items':>7}{'taken':>7}{'right':>7}{'found':>7}"
    groups: dict[str, list[int]] = defaultdict(list)
    for row, example in enumerate(table.examples):
        kind = "page" if example.is_page else "extract"
        groups[f"{kind}s"].append(row)
        groups[f"{kind} {example.name}"].append(row)
    for group, places in sorted(groups.items()):
        rows = np.array(places)
        taken = rows[chances[rows] >= LEAST_CHANCE]
        lines, items, right = table.lines[rows].sum(), table.items[rows].sum(), table.items[taken].sum()
        yield (
            f"{group:22}{len(rows):6}{lines:7.0f}{items / lines:7.2f}{len(taken):7}"
            f"{right / max(1, table.lines[taken].sum()):7.2f}{right / max(1, items):7.2f}"
        )
    yield "confidence: right on pages, on extracts, on both (lines)"
    for least in (0.5, 0.6, 0.7, 0.8, 0.9):
        in_range = (chances >= least) & (chances < least + 0.1)
        cells = []
        for rows in (in_range & table.is_page, in_range & ~table.is_page, in_range):
            lines, items = table.lines[rows].sum(), table.items[rows].sum()
            cells.append(f"{items / max(1, lines):.2f} ({lines:.0f})")
        yield f"{least:.1f}: {', '.join(cells)}"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, required=True)
    parser.add_argument("--extracts", type=Path, nargs="+", required=True)
    parser.add_argument("--write", action="store_true", help="train on all sources and write `item_weights.json`")
    arguments = parser.parse_args()
    examples = list(page_examples(arguments.pages))
    for folder in arguments.extracts:
        examples += extract_examples(folder)
    table = Table(examples)
    chances = table.chances_by_fold()
    factor, constant = table.calibration(chances)
    print("\n".join(report(table, 1 / (1 + np.exp(-factor * _sum_of(chances) - constant)))))
    if arguments.write:
        weights = factor * table.fit(np.ones(len(examples), dtype=bool))
        weights[-1] += constant
        fields = {name: round(float(weight), 2) for name, weight in zip([*table.names, BIAS], weights, strict=True)}
        FILE.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
