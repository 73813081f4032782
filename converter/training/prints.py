"""Train the weights that say what each line is, in text that a PDF reader took from pages.

    python -m converter.training.prints --extracts FOLDER... [--write]

`examples.py` says what the folders hold; the texts of `pdftotext` are read. A unit of a document is where its letters
are, line by line and in the order of the document. Lines between rows that are found nowhere are cells too, as those
of rows are whose cells the reader mixed; all other lines are the site's. The report is that of `nodes.py`, whose
training this is. `--write` trains on everything and writes `print_weights.json`.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from converter.repair import node_roles
from converter.repair.draft import Draft
from converter.repair.node_roles import PRINT, may_follow, may_start
from converter.repair.print_evidence import features_of, places_of
from converter.repair.rules.print_lines import margin_of
from converter.training.extracts import extracts_in, letters_of
from converter.training.nodes import Page, Table, fields_of, fit, report

FILE = Path(node_roles.__file__).with_name(PRINT)
EXTRACTOR = "pdftotext"
LEAST_PLACED = 0.6
"""Minimum share of the units of a document that are found in its text."""
MOST_AMID = 12
"""Maximum lines of others amid a unit."""
LEAST_ANCHOR = 25
"""Minimum letters of a unit that is placed first; others stand between those."""
LEAST_LETTERS = 6
"""Letters by which the lines that may begin a unit are found."""
CANDIDATES, REACH = 6, 150
"""Maximum places of a unit that are considered, and of places before it."""
LONGEST_REGION = 200
"""Maximum lines between two rows that are cells."""

_NUMBER = re.compile(r"\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,8})[.)]\s++")
_ROLES = {"heading": "Hh", "paragraph": "Pp", "item": "Ii"}
_STARTS = dict(zip("pihbcBCR", "PIHACAAA", strict=True))
"""Role -> that of the same line with another one above it."""


class Unit(NamedTuple):
    """A unit of a document: its kind, and its letters, for a row those of its cells."""

    kind: str
    parts: list[str]


class Part(NamedTuple):
    """A line of a unit: its number, the part of the unit that it is of, and whether it begins that part."""

    line: int
    part: int
    is_first: bool


Places = dict[int, list[Part]]
"""Number of a unit -> its lines."""


class Text:
    """The letters of the lines of a text, and where lines begin with some letters."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.lines = [letters_of(text) for text in texts]
        self.bare = [letters_of(_NUMBER.sub("", text, count=1)) for text in texts]
        self._places: dict[str, list[int]] = defaultdict(list)
        for at, pair in enumerate(zip(self.lines, self.bare, strict=True)):
            for letters in {*pair} - {""}:
                self._places[letters[:LEAST_LETTERS]].append(at)

    def occurrences(self, unit: Unit, start: int, end: int) -> Iterator[list[Part]]:
        """Yield where the lines from `start` up to `end` hold a unit."""
        if not unit.parts:
            return
        first = unit.parts[0]
        heads = {first[:size] for size in range(1, LEAST_LETTERS + 1)}
        for at in sorted({at for head in heads for at in self._places.get(head, ()) if start <= at < end}):
            if parts := self._occurrence(unit, at, end):
                yield parts

    def _occurrence(self, unit: Unit, start: int, end: int) -> list[Part]:
        parts: list[Part] = []
        part = position = amid = 0
        for at in range(start, end):
            if not self.lines[at]:
                continue
            letters = [self.lines[at], *([self.bare[at]] if unit.kind == "item" and not parts else [])]
            match = next((each for each in letters if each and unit.parts[part].startswith(each, position)), None)
            if match is None:
                amid += 1
                if not parts or amid > MOST_AMID:
                    return []
                continue
            parts.append(Part(at, part, position == 0))
            position += len(match)
            if position == len(unit.parts[part]):
                part, position = part + 1, 0
                if part == len(unit.parts):
                    return parts
        return []


def units_of(fields: Mapping[str, Any]) -> list[Unit]:
    """The units of a document, in order."""
    units = {kind: iter(fields[f"{kind}s"]) for kind in ("heading", "paragraph", "item", "row")}
    texts = [(kind, next(units[kind])) for kind in fields["order"]]
    return [Unit(kind, list(filter(None, map(letters_of, text if kind == "row" else [text])))) for kind, text in texts]


def places_in(text: Text, units: Sequence[Unit]) -> Places:
    """Where the units are: the long ones first, as many as are in order, then those between them."""
    places = _anchors(text, units)
    limits = [len(text.lines)] * (len(units) + 1)
    for number in reversed(range(len(units))):
        limits[number] = places[number][0].line if number in places else limits[number + 1]
    start = 0
    for number, unit in enumerate(units):
        if number not in places:
            occurrences = list(text.occurrences(unit, start, limits[number + 1]))
            if occurrences:
                places[number] = min(occurrences, key=lambda parts: parts[-1].line - parts[0].line - len(parts))
        if number in places:
            start = places[number][-1].line + 1
    return places


def _anchors(text: Text, units: Sequence[Unit]) -> Places:
    """The heaviest choice of at most one place for each long unit, in order."""
    nodes = [
        (number, parts)
        for number, unit in enumerate(units)
        if sum(map(len, unit.parts)) >= LEAST_ANCHOR
        for parts in list(text.occurrences(unit, 0, len(text.lines)))[CANDIDATES - 1 :: -1]
    ]
    best: list[float] = []
    back: list[int] = []
    for at, (number, parts) in enumerate(nodes):
        before = [
            (best[other], other)
            for other in range(max(0, at - REACH), at)
            if nodes[other][0] < number and nodes[other][1][-1].line < parts[0].line
        ]
        total, above = max(before, default=(0.0, -1))
        best.append(total + len(parts) + sum(map(len, units[number].parts)) / 40)
        back.append(above)
    places: Places = {}
    at = max(range(len(best)), key=best.__getitem__, default=-1)
    while at >= 0:
        number, parts = nodes[at]
        places[number] = parts
        at = back[at]
    return places


def roles_of(text: Text, gaps: Sequence[int], units: Sequence[Unit], places: Places) -> str:
    """The role of each line; `gaps` are the blank lines above each."""
    roles = [""] * len(text.lines)
    for number, parts in sorted(places.items()):
        kind = units[number].kind
        if kind == "row":
            is_header = not number or units[number - 1].kind != "row"
            for line, part, is_first in parts:
                start = ("AB" if is_header else "RC")[part > 0]
                roles[line] = start if is_first else "b" if is_header else "c"
            continue
        for above, (line, _, is_first) in zip([None, *parts], parts, strict=False):
            if above and any(text.lines[above.line + 1 : line]):
                break  # others stand amid the unit
            roles[line] = _ROLES[kind][not is_first]
    _fill_regions(roles, gaps, units, places)
    for at in range(len(roles) - 1):
        if not text.lines[at] and roles[at + 1] == "I":
            roles[at : at + 2] = "I", "i"  # a bullet alone
    return _followed(_with_sides(roles))


def _fill_regions(roles: list[str], gaps: Sequence[int], units: Sequence[Unit], places: Places) -> None:
    """Let lines between placed units be cells where only rows are between them."""
    for above, below in pairwise(sorted(places)):
        start, end = places[above][-1].line + 1, places[below][0].line
        kinds = {unit.kind for unit in units[above + 1 : below]} or {units[above].kind, units[below].kind}
        if kinds == {"row"} and end - start < LONGEST_REGION:
            for at in range(start, end):
                roles[at] = roles[at] or ("C" if gaps[at] else "c")


def _with_sides(roles: Sequence[str]) -> list[str]:
    body = [at for at, role in enumerate(roles) if role] or [len(roles)]
    return [role or ("X" if at < body[0] else "Z" if at > body[-1] else "Y") for at, role in enumerate(roles)]


def _followed(roles: Sequence[str]) -> str:
    """The roles with each that may not follow the one above it changed to one that may."""
    result = ""
    for role in roles:
        choices = (role, _STARTS.get(role, "P"), "A" if role in "cC" else "P")
        may = [each for each in choices if (may_follow(result[-1], each) if result else may_start(each))]
        result += may[0]
    return result


def pages_in(folders: Sequence[Path]) -> Iterator[Page]:
    """The texts of folders as pages: those in which most of their document is found."""
    for folder in folders:
        for source, extractor, lines, fields in extracts_in(folder):
            margin = margin_of(Draft(lines, range(len(lines)))) if extractor == EXTRACTOR else 0.0
            if not margin:
                continue
            numbers, spots = places_of(lines)
            texts = [lines[at].strip() for at in numbers]
            text, units = Text(texts), units_of(fields)
            places = places_in(text, units)
            if len(places) >= LEAST_PLACED * len(units):
                roles = roles_of(text, [spot.gap for spot in spots], units, places)
                yield Page(source, list(features_of(texts, spots, margin)), roles)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extracts", type=Path, nargs="+", required=True)
    parser.add_argument("--write", action="store_true", help="train on all sources and write `print_weights.json`")
    arguments = parser.parse_args()
    table = Table(pages_in(arguments.extracts))
    print("\n".join(report(table)))
    if arguments.write:
        FILE.write_text(json.dumps(fields_of(table, fit(table)), separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
