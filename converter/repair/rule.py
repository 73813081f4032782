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
    reshapes: bool = False
    """Whether the rule changes which lines are separate, so that a new pass starts after it."""
    before: str = ""
    """The rule before which an added rule runs; empty: after all others."""
    version: str = ""
    """The version of an added rule, for the fingerprint: another version converts every document again."""

    def __post_init__(self) -> None:
        """Refuse a level that no option names."""
        if self.level not in (SAFE, FULL):
            raise ValueError(f"the level of the rule {self.name} is {self.level!r}, not {SAFE!r} or {FULL!r}")

    @property
    def description(self) -> str:
        """What the rule does, in a sentence or two."""
        return (self.apply.__doc__ or "").strip()


def rule(
    name: str, level: str, *, reshapes: bool = False, before: str = "", version: str = ""
) -> Callable[[Callable[[Draft], None]], Rule]:
    """Turn a function that works on a draft into a rule; the arguments are the fields of `Rule`."""

    def decorate(apply: Callable[[Draft], None]) -> Rule:
        # Pickle finds a function by its name, which is now that of the rule: the function is its attribute `apply`,
        # and its own, should the name still be that of the function.
        if hasattr(apply, "__qualname__"):
            apply.__qualname__, apply.__dict__["apply"] = f"{apply.__qualname__}.apply", apply
        return Rule(name, level, apply, reshapes, before, version)

    return decorate
