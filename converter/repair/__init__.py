"""Text -> text and a ledger: repair what scrapers damaged and record every change.

    lines -> Draft (kinds, state) -> each rule in RULES -> Repaired (lines, numbers, repairs, state)

The document's state is determined first, from its whole text (`state.py`): are there blank lines, is a paragraph
one line, are headings marked? Each rule then checks whether that state calls for it. A document that needs no
repair is returned as the same list objects.
"""

from __future__ import annotations

from collections.abc import Sequence

from converter.repair.draft import Draft
from converter.repair.headings.block import Answer
from converter.repair.ledger import Repair, Repaired
from converter.repair.rule import SAFE, Rule
from converter.repair.rules.bare_heading import bare_heading
from converter.repair.rules.block_break import block_break
from converter.repair.rules.bold_heading import bold_heading
from converter.repair.rules.chrome import chrome
from converter.repair.rules.doubled_lines import doubled_lines
from converter.repair.rules.entities import entities
from converter.repair.rules.heading_space import heading_space
from converter.repair.rules.invisible import invisible
from converter.repair.rules.label_break import label_break
from converter.repair.rules.link_gaps import link_gaps
from converter.repair.rules.list_break import list_break
from converter.repair.rules.list_marks import list_marks
from converter.repair.rules.list_start import list_start
from converter.repair.rules.margin import margin
from converter.repair.rules.numbered_links import numbered_links
from converter.repair.rules.odd_bullets import odd_bullets
from converter.repair.rules.odd_letters import odd_letters
from converter.repair.rules.odd_numbers import odd_numbers
from converter.repair.rules.page_lines import page_lines
from converter.repair.rules.paragraph_break import paragraph_break
from converter.repair.rules.permalink import permalink
from converter.repair.rules.stray_rule import stray_rule
from converter.repair.rules.table_break import table_break
from converter.repair.rules.table_broken import table_broken
from converter.repair.rules.table_code import table_code
from converter.repair.rules.table_columns import table_columns
from converter.repair.rules.table_delimited import table_delimited
from converter.repair.rules.table_delimiter import table_delimiter
from converter.repair.rules.table_gaps import table_gaps
from converter.repair.rules.table_grid import table_grid
from converter.repair.rules.table_header import table_header
from converter.repair.rules.table_pipes import table_pipes
from converter.repair.rules.table_ruler import table_ruler
from converter.repair.rules.whole_fence import whole_fence
from converter.repair.state import State

__all__ = ["LEVELS", "RULES", "Repair", "Repaired", "Rule", "State", "draft_for_headings", "repair"]

LEVELS = ("off", "safe", "full")

PASSES = 12
"""Maximum number of further passes over a repaired text: one repair may expose a case for another rule, and each
reshaping rule that changes the text takes a pass of its own. A pass runs only if the one before changed something."""

RESHAPING: tuple[Rule, ...] = (
    whole_fence,
    margin,
    doubled_lines,
    table_grid,
    table_ruler,
    table_broken,
    table_delimited,
    table_columns,
    block_break,
)
"""What the document is, and which lines are separate at all: if one of these rules changes the text, a new pass starts
before any other rule runs."""

RULES: tuple[Rule, ...] = (
    page_lines,  # before any rule that removes the ends of pages with the white space around lines
    *RESHAPING,
    # characters and marks of a single line
    invisible,
    entities,
    odd_bullets,
    odd_numbers,
    odd_letters,
    heading_space,
    # links
    link_gaps,
    permalink,
    numbered_links,
    # tables
    table_gaps,
    table_code,
    table_delimiter,
    table_pipes,
    table_header,
    table_break,
    # lists
    list_marks,
    # text outside the article, then headings
    chrome,
    bare_heading,
    bold_heading,
    # where one block ends and the next begins
    stray_rule,
    label_break,
    list_start,
    list_break,
    paragraph_break,
)


def repair(
    lines: list[str], numbers: Sequence[int], level: str = "full", off: frozenset[str] = frozenset()
) -> Repaired:
    """Repair a document's body.

    `lines` are its lines without newline characters, `numbers` the original line number of each. `level` is one
    of LEVELS: `safe` runs the rules that are almost never wrong, `full` runs all rules. `off` names rules to skip.
    """
    if level not in LEVELS:
        raise ValueError(f"repair level must be one of {', '.join(LEVELS)}, not {level!r}")
    if level == "off" or not lines:
        return Repaired(lines, numbers)
    rules = [rule for rule in RULES if rule.name not in off and (level == "full" or rule.level == SAFE)]
    draft = _run_rules(rules, lines, numbers)
    result = draft.finish()
    state, repairs, ends, previous_lines = result.state, result.repairs, result.ends, lines
    for _ in range(PASSES):
        if result.lines is previous_lines:
            break
        previous_lines = result.lines
        draft = _run_rules(rules, result.lines, result.numbers, draft.answer)
        result = draft.finish()
        ends.update({number: ends.get(end, end) for number, end in result.ends.items()})
        known_repairs = set(repairs)
        repairs = repairs + [entry for entry in result.repairs if entry not in known_repairs]
    return Repaired(result.lines, result.numbers, repairs, state, ends)


def draft_for_headings(
    lines: list[str], numbers: Sequence[int], level: str = "full", off: frozenset[str] = frozenset()
) -> Draft:
    """The draft that is searched for headings: after all rules that run before."""
    names = [rule.name for rule in RULES]
    rules = [
        rule for rule in RULES[: names.index("bare_heading")] if rule.name not in off and level in (rule.level, "full")
    ]
    draft = _run_rules(rules, lines, numbers)
    for _ in range(PASSES):
        if not draft.is_reshaped:
            break
        result = draft.finish()
        draft = _run_rules(rules, result.lines, result.numbers)
    return draft


def _run_rules(rules: list[Rule], lines: list[str], numbers: Sequence[int], answer: Answer | None = None) -> Draft:
    draft = Draft(lines, numbers)
    draft.answer = answer
    for rule in rules:
        count = len(draft.repairs)
        rule.apply(draft)
        if len(draft.repairs) > count and rule in RESHAPING:
            draft.is_reshaped = True  # kinds and state describe the text before this rule
            break
    return draft
