"""Train the weights that say what each line is, in text that is a line each text node.

    python -m converter.training.nodes --own FOLDER --pages FOLDER... [--write]

`--own` is the folder of pages written for training (`render.py` says what is in it); each of `--pages` has a folder of
HTML pages for each source. The lines are the text nodes of a page, and its elements say what they are: the elements of
the article have the attribute `data-body`, or stand in one that has it, and all others but level-1 headings are the
site's. Sources, a group of FOLDS at a time, are left out in turn, and the report says how many lines of each role are
found and right. `--write` trains on everything and writes `node_weights.json`. Training needs NumPy, SciPy and lxml.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from converter.repair import node_roles
from converter.repair.node_evidence import features_of
from converter.repair.node_roles import CELLS, NEVER, ROLES, may_follow, may_start
from converter.training.joints import INLINE, SKIPPED
from converter.training.render import Article, pages_of

FILE = Path(node_roles.__file__).with_name("node_weights.json")
FOLDS = 4
LEAST, FAINT = 40, 0.15
"""Minimum lines with a feature, for it to have weights, and the least weight that counts."""
PENALTY, SHARED_PENALTY = 20.0, 6.0
STEPS = 80
SHARED = ("pihbc", "Pp", "Ii", "Hh", "ABbRCc", "XYZ", "RA", "BC")
"""Roles that have a part of the weights of a feature in common."""
LINES = range(8, 1500)
"""Numbers of lines of a page."""

_HEADINGS = frozenset(f"h{level}" for level in range(1, 7))
_BREAKS = frozenset(("br", "hr", "input", "button"))
_VOID = frozenset(("br", "hr", "img", "input"))
_CONTINUED = dict(zip("PIHABRC", "pihbbcc", strict=True))

Matrix = npt.NDArray[np.float64]


@dataclass(slots=True)
class _Place:
    """Where a text node stands: the number of its block, its role, and whether it is part of the article."""

    block: int
    role: str
    is_body: bool


def lines_of(page: str) -> list[tuple[str, str]]:
    """The lines of the text nodes of a page, and their roles."""
    lxml_html: Any = import_module("lxml.html")
    root = lxml_html.fromstring(page)
    cells = dict(_cells_of(root))
    numbers = count()
    lines: list[tuple[str, int, str]] = []

    def append(text: str | None, place: _Place) -> None:
        for line in (text or "").split("\n"):
            if line.strip():
                lines.append((line.strip(), next(numbers) if place.role == "K" else place.block, place.role))

    def walk(element: Any, place: _Place) -> None:
        if not isinstance(element.tag, str) or element.tag in SKIPPED:
            return
        if element.tag in _BREAKS and place.role not in CELLS:
            place.block = next(numbers)
        if element.tag in _VOID:
            return
        is_marked = element.get("data-body") is not None
        inner = place
        if element.tag not in INLINE or is_marked:
            is_body = place.is_body or is_marked
            role = "P" if is_body and not place.is_body else place.role
            inner = _Place(next(numbers), role, is_body)
            if role in CELLS:
                inner.block = place.block
            else:
                inner.role = _role_of(element, role, is_body, cells)
        append(element.text, inner)
        for child in element:
            walk(child, inner)
            append(child.tail, inner)
        if inner is not place and place.role not in CELLS:
            place.block = next(numbers)

    walk(root, _Place(next(numbers), "X", False))
    roles = [
        _CONTINUED.get(role, role) if at and lines[at - 1][1] == block else role
        for at, (_, block, role) in enumerate(lines)
    ]
    return list(zip([text for text, _, _ in lines], _with_sides("".join(roles)), strict=True))


def _cells_of(root: Any) -> Iterator[tuple[Any, str]]:
    """Yield the cells of the tables of a page that have text, and their roles; a single column is no table."""
    for table in root.iter("table"):
        rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in table.iter("tr")]
        is_table = max(map(len, rows), default=0) > 1
        for at, row in enumerate(rows):
            cells = [cell for cell in row if cell.text_content().strip()]
            for place, cell in enumerate(cells):
                yield cell, ("RC" if at else "AB")[place > 0] if is_table else "P"


def _role_of(element: Any, role: str, is_body: bool, cells: dict[Any, str]) -> str:
    if not is_body:
        return "H" if element.tag == "h1" else role
    if element.tag in _HEADINGS:
        return "H"
    if element.tag in ("td", "th"):
        return cells.get(element, "P")
    return {"pre": "K", "li": "I", "figcaption": "X", "caption": "X"}.get(element.tag, role)


def _with_sides(roles: str) -> str:
    """Roles with the site's own text told apart by its side of the article."""
    body = [at for at, role in enumerate(roles) if role != "X"]
    if not body:
        return roles
    amid = roles[body[0] : body[-1] + 1].replace("X", "Y")
    return roles[: body[0]] + amid + "Z" * (len(roles) - body[-1] - 1)


class Page(NamedTuple):
    """A page: its source, and the features and the role of each line."""

    source: str
    features: list[list[str]]
    roles: str


class Table:
    """The lines of all pages: their features, roles and sources."""

    def __init__(self, pages: Iterator[Page]) -> None:
        sparse: Any = import_module("scipy.sparse")
        rows: list[list[str]] = []
        roles: list[int] = []
        self.sources: list[str] = []
        sizes: list[int] = []
        for page in pages:
            if len(page.roles) in LINES:
                rows += page.features
                roles += map(ROLES.index, page.roles)
                self.sources.append(page.source)
                sizes.append(len(page.roles))
        counts = Counter(name for row in rows for name in row)
        self.names = sorted(name for name, number in counts.items() if number >= LEAST)
        place_of = {name: place for place, name in enumerate(self.names)}
        columns = [[place_of[name] for name in row if name in place_of] for row in rows]
        ends = np.cumsum([0, *map(len, columns)])
        cells = np.array([place for row in columns for place in row], np.int32)
        self.matrix = sparse.csr_matrix((np.ones(len(cells), np.float32), cells, ends), (len(rows), len(self.names)))
        self.roles = np.array(roles)
        self.sizes = np.array(sizes)
        self.starts = np.cumsum([0, *sizes])

    def part(self, pages: Sequence[int]) -> Table:
        """The table of some pages."""
        part = object.__new__(Table)
        lines = np.concatenate([np.arange(self.starts[page], self.starts[page + 1]) for page in pages])
        part.names, part.matrix, part.roles = self.names, self.matrix[lines], self.roles[lines]
        part.sizes = self.sizes[list(pages)]
        part.starts = np.cumsum([0, *part.sizes])
        part.sources = [self.sources[page] for page in pages]
        return part

    def fold_of(self, page: int) -> int:
        """The group of sources that a page is of."""
        return zlib.crc32(self.sources[page].encode()) % FOLDS


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of features for each role, of the first role, and of each role below each other one."""

    features: Matrix
    starts: Matrix
    follows: Matrix


def fit(table: Table) -> Weights:
    """The weights that make the roles of the lines most likely: Adam on all pages."""
    roles, first = table.roles, table.starts[:-1]
    later = np.setdiff1d(np.arange(len(roles)), first)
    truth = np.zeros((len(roles), len(ROLES)), np.float32)
    truth[np.arange(len(roles)), roles] = 1
    pairs = np.zeros((len(ROLES), len(ROLES)))
    np.add.at(pairs, (roles[later - 1], roles[later]), 1)
    may = np.array([[may_follow(above, role) for role in ROLES] for above in ROLES])
    may_be_first = np.array([may_start(role) for role in ROLES])
    groups = np.array([[role in group for role in ROLES] for group in SHARED], float)
    size = len(table.names)
    own, shared = np.zeros((size, len(ROLES))), np.zeros((size, len(SHARED)))
    starts, follows = np.zeros(len(ROLES)), np.zeros((len(ROLES), len(ROLES)))
    parts = (own, shared, starts, follows)
    means, squares = [np.zeros_like(part) for part in parts], [np.zeros_like(part) for part in parts]
    transposed = table.matrix.T.tocsr()

    def weights() -> Weights:
        return Weights(own + shared @ groups, np.where(may_be_first, starts, NEVER), np.where(may, follows, NEVER))

    for step in range(1, STEPS + 1):
        current = weights()
        chances, expected = _expect(table, current)
        error = np.asarray(transposed @ (chances - truth).astype(np.float32), float)
        slopes = (
            error + PENALTY * own,
            error @ groups.T + SHARED_PENALTY * shared,
            (chances[first].sum(0) - truth[first].sum(0) + starts) * may_be_first,
            (expected - pairs + follows) * may,
        )
        rate = 0.12 * (1 - step / (STEPS + 1))
        for part, slope, mean, square in zip(parts, slopes, means, squares, strict=True):
            mean += 0.1 * (slope - mean)
            square += 0.01 * (slope**2 - square)
            part -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
    return weights()


def _expect(table: Table, weights: Weights) -> tuple[Matrix, Matrix]:
    """The probability of each role of each line, and how often each role is expected below each other one."""
    sums = np.asarray(table.matrix @ weights.features.astype(np.float32), float)
    signs = np.exp(sums - sums.max(1, keepdims=True))
    follows = np.exp(weights.follows)
    order = np.argsort(-table.sizes, kind="stable")
    sizes, starts = table.sizes[order], table.starts[:-1][order]
    ahead, behind, totals = np.zeros_like(signs), np.ones_like(signs), np.ones(len(signs))
    expected = np.zeros_like(follows)
    places = [starts[: np.searchsorted(-sizes, -at, side="left")] + at for at in range(sizes[0])]
    for at, rows in enumerate(places):
        upper = signs[rows] * (ahead[rows - 1] @ follows if at else np.exp(weights.starts))
        totals[rows] = np.maximum(upper.sum(1), 1e-300)
        ahead[rows] = upper / totals[rows, None]
    for rows in reversed(places[1:]):
        lower = signs[rows] * behind[rows] / totals[rows, None]
        behind[rows - 1] = lower @ follows.T
        expected += (ahead[rows - 1].T @ lower) * follows
    chances = ahead * behind
    return chances / chances.sum(1, keepdims=True), expected


def fields_of(table: Table, weights: Weights) -> dict[str, Any]:
    """The weights as the file has them: in tenths, without features that hardly count."""
    tenths = np.rint(weights.features * 10).astype(int)
    features = {
        name: row.tolist()
        for name, row, values in zip(table.names, tenths, weights.features, strict=True)
        if np.abs(values).max() >= FAINT
    }
    starts = np.maximum(np.rint(weights.starts * 10), 10 * NEVER).astype(int).tolist()
    follows = np.rint(np.where(weights.follows == NEVER, 0, weights.follows) * 10).astype(int).tolist()
    return {"features": features, "starts": starts, "follows": follows}


def report(table: Table) -> Iterator[str]:
    """Lines: for each role, how many lines of sources that were left out are right and found, and how sure that is."""
    known: list[Matrix] = []
    truth: list[npt.NDArray[np.int64]] = []
    for number in range(FOLDS):
        pages = [page for page in range(len(table.sources)) if table.fold_of(page) == number]
        others = [page for page in range(len(table.sources)) if table.fold_of(page) != number]
        if pages and others:
            part = table.part(pages)
            known.append(_expect(part, fit(table.part(others)))[0])
            truth.append(part.roles)
    chances, roles = np.concatenate(known), np.concatenate(truth)
    judged = chances.argmax(1)
    yield f"{len(roles)} lines, right {(judged == roles).mean():.3f}"
    for place, role in enumerate(ROLES):
        right = ((judged == place) & (roles == place)).sum()
        stated, known_lines = max(1, (judged == place).sum()), max(1, (roles == place).sum())
        yield f"{role}: right {right / stated:.3f}, found {right / known_lines:.3f}"
    best = chances.max(1)
    for least in np.arange(0.3, 1, 0.1):
        in_range = (best >= least) & (best < least + 0.1)
        if in_range.any():
            yield f"{least:.1f}: {(judged == roles)[in_range].mean():.2f} ({in_range.sum()})"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--own", type=Path, required=True)
    parser.add_argument("--pages", type=Path, nargs="+", required=True)
    parser.add_argument("--write", action="store_true", help="train on all sources and write `node_weights.json`")
    arguments = parser.parse_args()
    table = Table(_pages(arguments.own, arguments.pages))
    print("\n".join(report(table)))
    if arguments.write:
        FILE.write_text(json.dumps(fields_of(table, fit(table)), separators=(",", ":")) + "\n", encoding="utf-8")


def _pages(own: Path, folders: Sequence[Path]) -> Iterator[Page]:
    for theme, page in pages_of(own, _mark_body):
        yield page_of(f"own {theme}", page)
    for folder in folders:
        for path in sorted(folder.glob("*/**/*.html")):
            yield page_of(path.relative_to(folder).parts[0], path.read_text(encoding="utf-8"))


def page_of(source: str, html: str) -> Page:
    """The text nodes of an HTML page."""
    lines = lines_of(html)
    return Page(source, list(features_of([text for text, _ in lines])), "".join(role for _, role in lines))


def _mark_body(article: Article) -> Article:
    return replace(article, body=f"<div data-body>{article.body}</div>")
