"""What each line of a text is, in view of all others: a conditional random field over its lines.

`node_weights.json`, written by `python -m converter.training.nodes`, is for text that is a line each text node, and
`print_weights.json`, written by `python -m converter.training.prints`, for text from a PDF. A file has the weights of
each feature in tenths, one for each role, and those of each role at the start and below each other role.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import islice
from math import exp
from typing import NamedTuple

NODES, PRINT = "node_weights.json", "print_weights.json"
"""Files of models: of text that is a line each text node, and of a PDF's text."""

PARAGRAPH, ITEM, TITLE, HEADER, ROW, CODE, ABOVE, AMID, BELOW = "PIHARKXYZ"
ROLES = "PpIiHhABbRCcKXYZ"
"""Roles of lines. A paragraph, an item, a title and a cell begin with a capital letter, and their further lines have
the small one. A header begins with `A`, a row with `R`, and their other cells are `B` and `C`. The site's own text
stands above the article, amid it or below it."""

CONTINUED = frozenset("pihbc")
"""Roles of lines that continue the block of the line above."""

_CONTINUED_PLACES = [at for at, role in enumerate(ROLES) if role in CONTINUED]

CELLS = frozenset("ABRC")

_STARTS = "PIHAKX"
_FOLLOWS = {
    **dict.fromkeys("PIHAKY", ROLES.replace("X", "").replace("Z", "") + "X"),
    **{"p": "Pp", "i": "Ii", "h": "Hh", "b": "ABb", "c": "RCc", "B": "ABb", "R": "ABbRCc", "C": "RCc", "X": "X"},
    "Y": ROLES.replace("X", "").replace("Z", ""),
    "Z": ROLES,
}
"""Role -> the roles of the line above that it may follow."""

NEVER = -1e4
"""Weight of a role that may not follow another one."""

LEAST = 1e-150
"""Minimum share of a role in view of the lines above, or below: the product of two is no zero, after any text."""

LINES_AT_ONCE = 4096
"""Lines that are read together: those of a long text take a hundred times its size in memory."""


class Reading(NamedTuple):
    """The role of each line, and the probability of each; of a line that continues a block, that it continues any."""

    roles: str
    chances: Sequence[float]


def may_follow(above: str, role: str) -> bool:
    """Whether a line may have a role below a line with another one."""
    return above in _FOLLOWS[role]


def may_start(role: str) -> bool:
    """Whether the first line may have a role."""
    return role in _STARTS


class Model:
    """The weights of features, of the first role, and of pairs of roles."""

    def __init__(self, features: Mapping[str, Sequence[float]], starts: Sequence[float], follows: Sequence[object]):
        self._features = features
        self._starts = [weight / 10 if may_start(role) else NEVER for role, weight in zip(ROLES, starts, strict=True)]
        rows = [list(map(float, row)) for row in follows]  # type: ignore[call-overload]
        self._follows = [
            [weight / 10 if may_follow(above, role) else NEVER for role, weight in zip(ROLES, row, strict=True)]
            for above, row in zip(ROLES, rows, strict=True)
        ]

    def read(self, features: Iterable[Sequence[str]]) -> Reading:
        """The likeliest roles of lines with these features, and how likely each is; those of a long text in parts."""
        roles: list[int] = []
        chances: list[float] = []
        lines = map(self._sums, features)
        starts: Sequence[float] = self._starts
        while part := list(islice(lines, LINES_AT_ONCE)):
            best = self._best_roles(starts, part)
            chances += self._chances(starts, part, best)
            roles += best
            starts = [0.0] * len(ROLES)
        return Reading("".join(ROLES[role] for role in roles), chances)

    def _sums(self, names: Sequence[str]) -> list[float]:
        rows = [self._features[name] for name in names if name in self._features]
        return [sum(weights) / 10 for weights in zip(*rows, strict=True)] if rows else [0.0] * len(ROLES)

    def _best_roles(self, starts: Sequence[float], sums: Sequence[Sequence[float]]) -> list[int]:
        """The roles with the highest sum of weights; `starts` are those of the first line's roles."""
        totals = [total + weight for total, weight in zip(starts, sums[0], strict=True)]
        columns = list(zip(*self._follows, strict=True))
        back: list[list[int]] = []
        for line in sums[1:]:
            best = [max(range(len(ROLES)), key=[*map(float.__add__, totals, column)].__getitem__) for column in columns]
            back.append(best)
            totals = [
                totals[above] + column[above] + weight
                for above, column, weight in zip(best, columns, line, strict=True)
            ]
        roles = [max(range(len(ROLES)), key=totals.__getitem__)]
        for best in reversed(back):
            roles.append(best[roles[-1]])
        return roles[::-1]

    def _chances(self, starts: Sequence[float], sums: Sequence[Sequence[float]], roles: Sequence[int]) -> list[float]:
        """The probability of the role of each line, given all lines."""
        signs = [[exp(weight - max(line)) for weight in line] for line in sums]
        rows = [[exp(weight) for weight in row] for row in self._follows]
        columns = list(zip(*rows, strict=True))
        ahead = [_scaled([exp(weight) * sign for weight, sign in zip(starts, signs[0], strict=True)])]
        for line in signs[1:]:
            totals = [
                sign * sum(map(float.__mul__, ahead[-1], column)) for sign, column in zip(line, columns, strict=True)
            ]
            ahead.append(_scaled(totals))
        behind = [[1.0] * len(ROLES)]
        for line in reversed(signs[1:]):
            below = [*map(float.__mul__, line, behind[-1])]
            behind.append(_scaled([sum(map(float.__mul__, below, row)) for row in rows]))
        chances = []
        for role, upper, lower in zip(roles, ahead, reversed(behind), strict=True):
            totals = [*map(float.__mul__, upper, lower)]
            likely = sum(totals[each] for each in _CONTINUED_PLACES) if ROLES[role] in CONTINUED else totals[role]
            chances.append(likely / sum(totals))
        return chances


def _scaled(totals: Sequence[float]) -> list[float]:
    total = sum(totals)
    return [max(each / total, LEAST) for each in totals]


@cache
def model(file: str) -> Model:
    """The shipped model of a file."""
    text = resources.files(__package__).joinpath(file).read_text(encoding="utf-8")
    return Model(**json.loads(text))
