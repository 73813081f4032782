"""Text -> text and a ledger: what scrapers damaged is read as it was meant, and every departure noted.

    lines -> Draft (kinds, state) -> each rule in RULES -> Repaired (lines, numbers, repairs, state)

First the document's state is told from the whole of it (`state.py`): are there blank lines, is a paragraph one
line, are headings marked? Then each rule looks whether that state calls for it. A document that needs
no repair comes back as the very lists that went in.
"""

from __future__ import annotations

from collections.abc import Sequence

from converter.repair.draft import Draft
from converter.repair.headings.block import Answer
from converter.repair.ledger import Repair, Repaired
from converter.repair.rule import SAFE, Rule
from converter.repair.rules import (
    bare_heading,
    bold_heading,
    chrome,
    doubled_lines,
    entities,
    heading_space,
    invisible,
    list_break,
    list_start,
    odd_bullets,
    odd_letters,
    odd_numbers,
    paragraph_break,
    stray_rule,
    table_break,
    table_delimiter,
    table_gaps,
    table_pipes,
)
from converter.repair.state import State

__all__ = ["LEVELS", "RULES", "Repair", "Repaired", "Rule", "State", "repair"]

LEVELS = ("off", "safe", "full")

PASSES = 4
"""How often a text that was repaired is looked at again: what one repair makes plain, another may need to see.
The second look hardly ever finds anything, and none is taken where the first found nothing."""

RULES: tuple[Rule, ...] = (
    # which lines are parted at all: what it changes is looked at anew before any other rule runs
    doubled_lines.RULE,
    # characters and marks of a single line
    invisible.RULE,
    entities.RULE,
    odd_bullets.RULE,
    odd_numbers.RULE,
    odd_letters.RULE,
    heading_space.RULE,
    # tables
    table_gaps.RULE,
    table_delimiter.RULE,
    table_pipes.RULE,
    table_break.RULE,
    # what is no part of the article, then headings
    chrome.RULE,
    bare_heading.RULE,
    bold_heading.RULE,
    # where one block ends and the next begins
    stray_rule.RULE,
    list_start.RULE,
    list_break.RULE,
    paragraph_break.RULE,
)


def repair(
    lines: list[str], numbers: Sequence[int], level: str = "full", off: frozenset[str] = frozenset()
) -> Repaired:
    """Read a document's body as it was meant.

    `lines` are its lines without newline characters, `numbers` the original line number of each. `level` is one
    of LEVELS: `safe` runs the rules that can hardly be wrong, `full` all of them. `off` names rules to leave out.
    """
    if level not in LEVELS:
        raise ValueError(f"repair level must be one of {', '.join(LEVELS)}, not {level!r}")
    if level == "off" or not lines:
        return Repaired(lines, numbers)
    rules = [rule for rule in RULES if rule.name not in off and (level == "full" or rule.level == SAFE)]
    draft = _passed(rules, lines, numbers)
    result = draft.finish()
    state, repairs, before = result.state, result.repairs, lines
    for _ in range(PASSES):
        if result.lines is before:
            break
        before = result.lines
        draft = _passed(rules, result.lines, result.numbers, draft.answer)
        result = draft.finish()
        known = set(repairs)
        repairs = repairs + [found for found in result.repairs if found not in known]
    return Repaired(result.lines, result.numbers, repairs, state)


def _passed(rules: list[Rule], lines: list[str], numbers: Sequence[int], answer: Answer | None = None) -> Draft:
    draft = Draft(lines, numbers)
    draft.answer = answer
    for rule in rules:
        rule.apply(draft)
        if rule is doubled_lines.RULE and draft.repairs:
            break  # kinds and state were told from a text that is no longer there
    return draft
