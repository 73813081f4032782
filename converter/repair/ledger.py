"""Output of the repair room: the repaired lines, the origin of each, and the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from converter.repair.state import State


@dataclass(frozen=True, slots=True)
class Repair:
    """One place in the text that Parquetry reads differently from CommonMark.

    `line_start` and `line_end` are 1-based lines of the original source, inclusive. `before` is the
    text before the repair, `after` the text after it; `confidence` is the chance, 0 to 1, that the repair is right.
    """

    rule: str
    line_start: int
    line_end: int
    before: str
    after: str
    confidence: float

    @property
    def is_mark(self) -> bool:
        """Whether it only marks lines, as `chrome` does, and changes no text."""
        return self.before == self.after


@dataclass(slots=True)
class RepairedLines:
    """Lines ready for a CommonMark parser, each with its line number in the original source.

    An inserted blank line has the number of the line above it. If nothing was repaired, `lines` and
    `numbers` are the same list objects as the input. `state` is the document's state before repair, with
    its evidence in words; None with repair off.
    """

    lines: list[str]
    numbers: Sequence[int]
    repairs: list[Repair] = field(default_factory=list)
    state: State | None = None
    ends: dict[int, int] = field(default_factory=dict)
    """Number of a line -> that of the last line of the source that was joined to it."""
