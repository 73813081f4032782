"""Train the weights that tell whether a line continues the sentence above it, in text that is a line each text node.

    python -m converter.training.joints --own FOLDER --pages FOLDER... [--write]

`--own` is the folder of pages written for training (`render.py` says what is in it); each of `--pages` has a folder of
HTML pages for each source, such as `extractbench.py make --keep-pages` leaves. The lines are the text nodes of a page;
two belong together if both stand in the same block of the page. Sources, a group of FOLDS at a time, are left out in
turn, and the report says how many joints of their pages are found and right, and how often each range of confidence
is. `--write` trains on everything and writes `joint_weights.json`. Training needs NumPy and lxml.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from converter.repair import joint_evidence
from converter.repair.joint_evidence import BIAS, features_of
from converter.training.render import pages_of

FILE = Path(joint_evidence.__file__).with_name("joint_weights.json")
FOLDS = 4
LEAST = 40
"""Minimum joints with a feature, for it to have a weight."""
PENALTY = 2.0
STEPS = 150
OWN_WEIGHT = 0.4
"""Weight of a joint of an own page: half of these are of menus, bylines and footers."""
FEWEST_LINES = 8
"""Minimum text nodes of a page."""

_INLINE_TAGS = (
    "a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd label mark q s samp small span strike strong sub"
    " sup time tt u var"
)
INLINE = frozenset(_INLINE_TAGS.split())
SKIPPED = frozenset(("script", "style", "noscript", "template"))
_BLOCK_TAGS = "p li h1 h2 h3 h4 h5 h6 td th blockquote dt dd figcaption caption"
_BLOCKS = frozenset(_BLOCK_TAGS.split())
"""Blocks whose text is one: of others, a reader takes the parts for blocks."""

Vector = npt.NDArray[np.float64]
Places = npt.NDArray[np.int32]


@dataclass(slots=True)
class Node:
    """A text node: its text, the number of its block and the tag of that block."""

    text: str
    block: int
    tag: str


def nodes_of(page: str) -> list[Node]:
    """The text nodes of a page, without white space around them."""
    lxml_html: Any = import_module("lxml.html")
    nodes: list[Node] = []
    blocks = iter(range(1 << 30))

    def walk(element: Any, block: list[int], tag: str) -> None:
        """Append the nodes of an element; `block` holds the number of the block around it, which a child ends."""
        if not isinstance(element.tag, str) or element.tag in SKIPPED or element.tag == "img":
            return
        if element.tag in INLINE:
            inner, inner_tag = block, tag
        else:
            inner, inner_tag = [next(blocks)], tag if element.tag == "p" and tag in _BLOCKS else element.tag
        append(element.text, inner[0], inner_tag)
        for child in element:
            walk(child, inner, inner_tag)
            append(child.tail, inner[0], inner_tag)
        if inner is not block:
            block[0] = next(blocks)

    def append(text: str | None, block: int, tag: str) -> None:
        if text and text.strip():
            nodes.append(Node(text.strip(), block, tag))

    walk(lxml_html.fromstring(page), [next(blocks)], "")
    return nodes


def joints_of(nodes: Sequence[Node]) -> list[bool | None]:
    """Whether each node but the first continues the block of the one before; None where that is open."""
    return [
        (True if node.tag in _BLOCKS else None) if node.block == above.block else False
        for above, node in pairwise(nodes)
    ]


class Table:
    """The joints of all pages: their features, and what is known of them."""

    def __init__(self, pages: Iterator[tuple[str, str]]) -> None:
        rows: list[list[str]] = []
        answers: list[bool | None] = []
        sources: list[str] = []
        for source, page in pages:
            nodes = nodes_of(page)
            if len(nodes) >= FEWEST_LINES:
                rows += features_of([node.text for node in nodes])
                answers += joints_of(nodes)
                sources += [source] * (len(nodes) - 1)
        counts = Counter(name for row in rows for name in row)
        self.names = sorted(name for name, count in counts.items() if count >= LEAST)
        place_of = {name: place for place, name in enumerate(self.names)}
        cells = [(row, place_of[name]) for row, names in enumerate(rows) for name in names if name in place_of]
        self.rows: Places = np.array([row for row, _ in cells], np.int32)
        self.columns: Places = np.array([column for _, column in cells], np.int32)
        self.joined = np.array([answer is True for answer in answers], float)
        own = np.array([source.startswith("own") for source in sources])
        known = np.array([answer is not None for answer in answers], float)
        self.weights = known * np.where(own, OWN_WEIGHT, 1.0)
        self.fold = np.array([zlib.crc32(source.encode()) % FOLDS for source in sources])

    def fit(self, weights: Vector) -> Vector:
        """The weights of the features, the constant last, that make the joints most likely: Adam on all of them."""
        result = np.zeros(len(self.names) + 1)
        mean, square = result.copy(), result.copy()
        for step in range(1, STEPS + 1):
            error = weights * (self.chances(result) - self.joined)
            slope = np.append(np.bincount(self.columns, error[self.rows], len(self.names)), error.sum())
            slope[:-1] += PENALTY * result[:-1]
            mean = 0.9 * mean + 0.1 * slope
            square = 0.99 * square + 0.01 * slope**2
            rate = 0.15 * (1 - step / (STEPS + 1))
            result -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-9)
        return result

    def chances(self, weights: Vector) -> Vector:
        """The probability of each joint."""
        sums = np.bincount(self.rows, weights[self.columns], len(self.joined)) + weights[-1]
        result: Vector = 1 / (1 + np.exp(-np.clip(sums, -30, 30)))
        return result

    def chances_by_fold(self) -> Vector:
        """The probability of each joint, from weights that have not seen its source."""
        chances = np.zeros(len(self.joined))
        for number in range(FOLDS):
            is_left_out = self.fold == number
            chances[is_left_out] = self.chances(self.fit(self.weights * ~is_left_out))[is_left_out]
        return chances


def report(table: Table, chances: Vector) -> Iterator[str]:
    """Lines: how many joints are right and found, and how often each range of confidence is right."""
    known = table.weights > 0
    joined, judged = (table.joined > 0) & known, (chances >= 0.5) & known
    right = (joined & judged).sum()
    yield f"{known.sum()} joints, right {right / judged.sum():.3f}, found {right / joined.sum():.3f}"
    for least in np.arange(0, 1, 0.1):
        in_range = known & (chances >= least) & (chances < least + 0.1)
        yield f"{least:.1f}: {table.joined[in_range].mean():.2f} ({in_range.sum()})"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--own", type=Path, required=True)
    parser.add_argument("--pages", type=Path, nargs="+", required=True)
    parser.add_argument("--write", action="store_true", help="train on all sources and write `joint_weights.json`")
    arguments = parser.parse_args()
    table = Table(_pages(arguments.own, arguments.pages))
    print("\n".join(report(table, table.chances_by_fold())))
    if arguments.write:
        weights = table.fit(table.weights)
        fields = {name: round(float(weight), 2) for name, weight in zip([*table.names, BIAS], weights, strict=True)}
        FILE.write_text(json.dumps({k: v for k, v in fields.items() if v}, indent=0) + "\n", encoding="utf-8")


def _pages(own: Path, folders: Sequence[Path]) -> Iterator[tuple[str, str]]:
    for theme, page in pages_of(own):
        yield f"own {theme}", page
    for folder in folders:
        for path in sorted(folder.glob("*/**/*.html")):
            yield path.relative_to(folder).parts[0], path.read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
