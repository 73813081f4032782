"""What a reader sees of each line of a PDF's text: its width beside the margin, and gaps and pages around it."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from converter.repair.joint_evidence import Line, line_of
from converter.repair.lines import ends_sentence
from converter.repair.node_evidence import features_of as features_of_texts
from converter.repair.print_margin import with_next_word
from converter.repair.print_width import print_width_of

WIDTHS = (0.15, 0.3, 0.5, 0.7, 0.8, 0.88, 0.94, 0.98, 1.03)
"""Limits of the classes of widths, as shares of the margin."""

SIZES = (1, 2, 3, 5, 9)
"""Limits of the classes of lines between two gaps."""

FROM_EDGE = (0, 1, 2, 4)
"""Limits of the classes of lines between a line and an end of its page."""

NEAR = 3
"""Lines above and below whose widths show that a list or a column is set in."""

_MARKS = ("•", "◦", "▪", "○", "●", "■", "–", "-", "*", "·", "o")
"""Marks of items; some PDF readers write a hollow bullet as the letter `o`."""


class Place(NamedTuple):
    """Where a line stands: the blank lines above it, two at most, and whether a page begins with it, as one does with
    the first line."""

    gap: int
    begins_page: bool


def places_of(lines: Sequence[str]) -> tuple[list[int], list[Place]]:
    """The numbers of the lines that are not blank, and where each of them stands."""
    numbers: list[int] = []
    places: list[Place] = []
    gap, begins_page = 0, True
    for at, line in enumerate(lines):
        begins_page = begins_page or line.startswith("\f")
        if line.strip():
            numbers.append(at)
            places.append(Place(min(gap, 2), begins_page))
            gap, begins_page = 0, False
        else:
            gap += 1
    return numbers, places


def features_of(texts: Sequence[str], places: Sequence[Place], margin: float) -> Iterator[list[str]]:
    """Yield the names of the features of each line; none of `texts` is blank."""
    shares = [print_width_of(text) / margin for text in texts]
    classes = [bisect(WIDTHS, share) for share in shares]
    rooms = ["^", *(bisect(WIDTHS, print_width_of(with_next_word(*pair)) / margin) for pair in pairwise(texts)), "$"]
    looks = {text: line_of(text) for text in set(texts)}
    lines = [looks[text] for text in texts]
    gaps = ["^", *(f"{place.gap}{'p' if place.begins_page else ''}" for place in places[1:]), "$", "$"]
    blocks = _blocks_of(places)
    edges = _edges_of(places)
    for at, names in enumerate(features_of_texts(texts)):
        line, above = lines[at], lines[at - 1] if at else None
        start, end = blocks[at]
        gap, gap_below, room, room_below = gaps[at], gaps[at + 1], rooms[at], rooms[at + 1]
        width = classes[at]
        width_above = classes[at - 1] if at else "^"
        case = _case_of(line)
        end_above = _end_of(above)
        size = bisect(SIZES, end - start)
        place = "first" if at == start else "last" if at == end - 1 else "amid"
        widest = max(shares[max(start, at - NEAR) : min(end, at + NEAR + 1)])
        inner = max(shares[max(start, at - NEAR) : at], default=0)
        names += (
            f"gap {gap} {case} {end_above}",
            f"room {room} {case} {end_above}",
            f"gap room {gap} {room} {case}",
            f"gaps {gap} {gap_below} {width} {room_below}",
            f"gaps ends {gap} {gap_below} {line.end} {width}",
            f"width {width} {room_below} {line.end}",
            f"widths {width_above} {width} {gap}",
            f"rooms {room} {room_below} {gap} {gap_below}",
            f"block {size} {place} {width}",
            f"block {size} {place} {case} {end_above}",
            f"widest {bisect(WIDTHS, widest)} {size} {place}",
            f"inner {bisect(WIDTHS, inner)} {room} {case}",
            f"above {above.whole if above else '^'} {gap} {case}",
            f"gap whole {gap} {gap_below} {line.shape} {line.start}",
            f"gaps {gaps[at - 1] if at else '^'} {gap} {gap_below} {gaps[at + 2]}",
            f"edge {edges[at][0]} {case}",
            f"edge below {edges[at][1]} {line.end}",
            f"mark {_mark_of(line.text)} {gap}",
        )
        yield names


def _blocks_of(places: Sequence[Place]) -> list[tuple[int, int]]:
    """For each line the first line, and the line after the last one, between the gaps around it."""
    starts = [at for at, place in enumerate(places) if place.gap or place.begins_page]
    blocks: list[tuple[int, int]] = []
    for start, end in pairwise([*starts, len(places)]):
        blocks += [(start, end)] * (end - start)
    return blocks


def _edges_of(places: Sequence[Place]) -> list[tuple[int, int]]:
    """For each line the classes of its distances from the beginning and the end of its page."""
    starts = [at for at, place in enumerate(places) if place.begins_page]
    edges: list[tuple[int, int]] = []
    for start, end in pairwise([*starts, len(places)]):
        edges += [(bisect(FROM_EDGE, at - start), bisect(FROM_EDGE, end - 1 - at)) for at in range(start, end)]
    return edges


def _case_of(line: Line) -> str:
    """How a line begins: with a small letter or another one, a digit, or a sign."""
    first = line.text[0]
    if first.isalpha():
        return "a" if first.islower() else "A"
    return "0" if first.isdigit() else "."


def _end_of(line: Line | None) -> str:
    """How the line above ends; `^` if there is none."""
    if line is None:
        return "^"
    return "." if ends_sentence(line.text) else line.end


def _mark_of(text: str) -> str:
    """The mark of an item with which a line begins, and whether the line has nothing else."""
    head, _, rest = text.partition(" ")
    if head in _MARKS:
        return f"bullet{'' if rest else ' alone'}"
    if head[:-1].isdigit() and head[-1] in ".)" and len(head) <= 4:
        return f"number{'' if rest else ' alone'}"
    return "none"
