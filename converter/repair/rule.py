"""The type of a repair rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from converter.repair.draft import GAPS, Draft

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
    signs: tuple[str, ...] = ()
    """Parts of `Draft.marks`: a text with none of them is not given to the rule. Empty: every text is."""
    kinds: tuple[str, ...] = ()
    """The same for `Draft.signature`: kinds of lines, or of adjacent lines."""
    trigger: int = GAPS
    """What must have been written in a pass over the whole text for the rule to get the repaired text too: TITLES if
    blank lines are no new evidence, LINES if marks of headings are none either."""

    def __post_init__(self) -> None:
        """Refuse a level that no option names."""
        if self.level not in (SAFE, FULL):
            raise ValueError(f"the level of the rule {self.name} is {self.level!r}, not {SAFE!r} or {FULL!r}")

    def may_change(self, draft: Draft) -> bool:
        """Whether the text has the evidence without which the rule changes nothing."""
        return (not self.kinds or bool(draft.insertions) or any(map(draft.signature.__contains__, self.kinds))) and (
            not self.signs or any(map(draft.marks.__contains__, self.signs))
        )

    def may_change_after(self, draft: Draft) -> bool:
        """Whether what was written in a pass over the whole text may be evidence that is new to the rule."""
        return draft.extent >= self.trigger

    @property
    def description(self) -> str:
        """What the rule does, in a sentence or two."""
        return (self.apply.__doc__ or "").strip()


def rule(
    name: str,
    level: str,
    *,
    reshapes: bool = False,
    before: str = "",
    version: str = "",
    signs: tuple[str, ...] = (),
    kinds: tuple[str, ...] = (),
    trigger: int = GAPS,
) -> Callable[[Callable[[Draft], None]], Rule]:
    """Turn a function that works on a draft into a rule; the arguments are the fields of `Rule`."""

    def decorate(apply: Callable[[Draft], None]) -> Rule:
        # Pickle finds a function by its name, which is now that of the rule: the function is its attribute `apply`,
        # and its own, should the name still be that of the function.
        if hasattr(apply, "__qualname__"):
            apply.__qualname__, apply.__dict__["apply"] = f"{apply.__qualname__}.apply", apply
        return Rule(name, level, apply, reshapes, before, version, signs, kinds, trigger)

    return decorate
