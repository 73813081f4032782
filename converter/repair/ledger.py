"""What the repair room hands on: the repaired lines, where each came from, and the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from converter.repair.state import State


@dataclass(frozen=True, slots=True)
class Repair:
    """One thing in the text that is read otherwise than CommonMark reads it.

    `line_start` and `line_end` are 1-based lines of the original source, inclusive. `before` is what
    stood there, `after` what is read instead; `confidence` is the chance, 0 to 1, that it is right.
    """

    rule: str
    line_start: int
    line_end: int
    before: str
    after: str
    confidence: float


@dataclass(slots=True)
class Repaired:
    """Lines ready for a CommonMark parser, each with the number of the original line that it came from.

    An inserted blank line bears the number of the line above it. Where nothing was repaired, `lines`
    and `numbers` are the very lists that came in. `state` is the state the document was found in, with
    its evidence in words; None with repair off.
    """

    lines: list[str]
    numbers: Sequence[int]
    repairs: list[Repair] = field(default_factory=list)
    state: State | None = None
