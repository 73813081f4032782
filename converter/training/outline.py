"""Which heading of a document is below which, and what its title decides of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from converter.repair.headings.model import EARLY


def parents_of(places: Sequence[int], levels: Mapping[int, int]) -> dict[int, int | None]:
    """Heading -> the heading that it is below."""
    parents: dict[int, int | None] = {}
    above: list[int] = []
    for at in places:
        while above and levels[above[-1]] >= levels[at]:
            above.pop()
        parents[at] = above[-1] if above else None
        above.append(at)
    return parents


def gains_of(levels: Mapping[int, int]) -> dict[int, float]:
    """Early heading -> the share of headings that get their true parent if it alone is above the others, less the share
    that has it if all are alike."""
    true_parents = parents_of(list(levels), levels)

    def right_parents(title: int | None) -> int:
        parents = parents_of(list(levels), {at: int(at != title) for at in levels})
        return sum(parents[at] == true_parents[at] for at in levels)

    early = [at for at in levels if at < EARLY and len(levels) > 1]
    return {at: (right_parents(at) - right_parents(None)) / len(levels) for at in early}
