"""The type of a repair rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from converter.repair.draft import Draft

SAFE, FULL = "safe", "full"
"""A safe rule is almost never wrong; a full rule weighs evidence."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of scraper damage, and its repair."""

    name: str
    """The rule's name in the ledger, and in the option that disables the rule."""
    level: str
    """SAFE or FULL."""
    apply: Callable[[Draft], None]
    """Records the rule's changes in a draft; leaves the draft unchanged if nothing is wrong."""

    @property
    def description(self) -> str:
        """What the rule does, in a sentence or two."""
        return (self.apply.__doc__ or "").strip()


def rule(name: str, level: str) -> Callable[[Callable[[Draft], None]], Rule]:
    """Turn a function that works on a draft into a rule."""
    return lambda apply: Rule(name, level, apply)
