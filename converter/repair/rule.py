"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from converter.repair.draft import Draft

SAFE, FULL = "safe", "full"
"""A safe rule can hardly be wrong; a full one weighs evidence."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that scrapers do to a text, and how it is undone."""

    name: str
    """As it stands in the ledger, and as users switch it off."""
    level: str
    """SAFE or FULL."""
    apply: Callable[[Draft], None]
    """Notes in the draft what is to be read otherwise; calls where nothing is wrong leave the draft as it is."""

    @property
    def description(self) -> str:
        """What the rule does, in a sentence or two."""
        return (self.apply.__doc__ or "").strip()


def rule(name: str, level: str) -> Callable[[Callable[[Draft], None]], Rule]:
    """Make a function that works on a draft a rule."""
    return lambda apply: Rule(name, level, apply)
