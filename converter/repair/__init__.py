"""Text -> text and a ledger: repair what scrapers damaged and record every change.

    lines -> Draft (kinds, state) -> each rule in RULES -> RepairedLines (lines, numbers, repairs, state)

The document's state is determined first, from its whole text (`state.py`): are there blank lines, is a paragraph
one line, are headings marked? Each rule then checks whether that state calls for it. A document that needs no
repair is returned as the same list objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from converter.errors import PluginError
from converter.plugins import Registry, Series, instance_of
from converter.repair.draft import Draft
from converter.repair.ledger import Repair, RepairedLines
from converter.repair.rule import SAFE, Rule
from converter.repair.rules.bare_heading import bare_heading
from converter.repair.rules.block_break import block_break
from converter.repair.rules.bold_heading import bold_heading
from converter.repair.rules.bracketed_links import bracketed_links
from converter.repair.rules.chrome import chrome
from converter.repair.rules.cut_sentence import cut_sentence
from converter.repair.rules.doubled_lines import doubled_lines
from converter.repair.rules.entities import entities
from converter.repair.rules.heading_signs import heading_signs
from converter.repair.rules.heading_space import heading_space
from converter.repair.rules.invisible import invisible
from converter.repair.rules.label_break import label_break
from converter.repair.rules.line_gaps import line_gaps
from converter.repair.rules.link_gaps import link_gaps
from converter.repair.rules.list_break import list_break
from converter.repair.rules.list_indent import list_indent
from converter.repair.rules.list_inset import list_inset
from converter.repair.rules.list_marks import list_marks
from converter.repair.rules.list_markup import list_markup
from converter.repair.rules.list_start import list_start
from converter.repair.rules.margin import margin
from converter.repair.rules.numbered_links import numbered_links
from converter.repair.rules.odd_bullets import odd_bullets
from converter.repair.rules.odd_letters import odd_letters
from converter.repair.rules.odd_numbers import odd_numbers
from converter.repair.rules.page_lines import page_lines
from converter.repair.rules.paragraph_break import paragraph_break
from converter.repair.rules.permalink import permalink
from converter.repair.rules.print_lines import print_lines
from converter.repair.rules.stray_rule import stray_rule
from converter.repair.rules.table_break import table_break
from converter.repair.rules.table_broken import table_broken
from converter.repair.rules.table_cells import table_cells
from converter.repair.rules.table_code import table_code
from converter.repair.rules.table_columns import table_columns
from converter.repair.rules.table_delimited import table_delimited
from converter.repair.rules.table_delimiter import table_delimiter
from converter.repair.rules.table_gaps import table_gaps
from converter.repair.rules.table_grid import table_grid
from converter.repair.rules.table_header import table_header
from converter.repair.rules.table_markup import table_markup
from converter.repair.rules.table_numbers import table_numbers
from converter.repair.rules.table_pipes import table_pipes
from converter.repair.rules.table_ruler import table_ruler
from converter.repair.rules.table_spaced import table_spaced
from converter.repair.rules.text_nodes import text_nodes
from converter.repair.rules.whole_fence import whole_fence
from converter.repair.source_code import is_program
from converter.repair.state import State

__all__ = ["LEVELS", "RULES", "Repair", "RepairedLines", "Rule", "State", "draft_before", "repair"]

LEVELS = ("off", "safe", "full")

PASSES = 12
"""Maximum number of further passes over a repaired text: one repair may expose a case for another rule, and each
reshaping rule that changes the text takes a pass of its own. A pass runs only if the one before changed something."""


def _reshaping(*rules: Rule) -> tuple[Rule, ...]:
    return tuple(replace(rule, reshapes=True) for rule in rules)


TABLES = _reshaping(
    table_grid,
    table_ruler,
    table_broken,
    table_delimited,
    table_spaced,
    table_columns,
    table_numbers,
    table_markup,
    table_cells,
)
"""Tables in other notations: written as pipe tables, they are the only change, so the document's state stays."""

RESHAPING = _reshaping(
    whole_fence,
    margin,
    doubled_lines,
    text_nodes,  # before tables, so that rows are read from whole cells
    print_lines,
    *TABLES,
    heading_signs,
    cut_sentence,
    list_indent,
    line_gaps,
    block_break,
)
"""What the document is, and which lines are separate at all: if one of these rules changes the text, a new pass starts
before any other rule runs."""

BUILT_IN: tuple[Rule, ...] = (
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
    bracketed_links,
    # tables
    table_gaps,
    table_code,
    table_delimiter,
    table_pipes,
    table_header,
    table_break,
    # lists
    list_markup,
    list_inset,
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

BUILT_IN_NAMES = frozenset(rule.name for rule in BUILT_IN)

RULES = Series(Registry("rules", {rule.name: rule for rule in BUILT_IN}, instance_of(Rule)))
"""All rules, those of plug-ins among them, in the order in which they run."""


def repair(
    lines: list[str],
    numbers: Sequence[int],
    level: str = "full",
    off: frozenset[str] = frozenset(),
    added: tuple[Rule, ...] = (),
) -> RepairedLines:
    """Repair a document's body.

    `lines` are its lines without newline characters, `numbers` the original line number of each. `level` is one
    of LEVELS: `safe` runs the rules that are almost never wrong, `full` runs all rules. `off` names rules to skip,
    `added` are further rules.
    """
    if level not in LEVELS:
        raise ValueError(f"repair level must be one of {', '.join(LEVELS)}, not {level!r}")
    if level == "off" or not lines:
        return RepairedLines(lines, numbers)
    all_rules = RULES.with_items(added) if added else RULES
    rules = [rule for rule in all_rules if rule.name not in off and (level == "full" or rule.level == SAFE)]
    draft = Draft(lines, numbers)
    last_rule = _run_rules(rules, draft)
    if draft.repairs and is_program(lines):  # asked late: most texts need no repair
        rules = [rule for rule in rules if rule.name not in BUILT_IN_NAMES]
        state_of_program = replace(draft.state, program=True)
        draft = Draft(lines, numbers)
        draft.state = state_of_program
        last_rule = _run_rules(rules, draft)
    result = draft.finish()
    state, repairs, ends, previous_lines = result.state, result.repairs, result.ends, lines
    is_unread = True
    for _ in range(PASSES):
        is_settled = result.lines is previous_lines
        if is_settled and (is_unread or not draft.is_informed):
            break
        is_unread = is_settled
        next_draft = _unread_draft(draft, result) if is_settled else _next_draft(draft, result, last_rule)
        if is_settled and next_draft.state == draft.state:
            break  # else the text looks different to whoever reads it again: their repairs are made now
        is_whole = last_rule is None and not (is_settled or draft.has_earlier_state)
        rules_of_pass = [rule for rule in rules if rule.may_change_after(draft)] if is_whole else rules
        previous_lines, draft = result.lines, next_draft
        last_rule = _run_rules(rules_of_pass, draft)
        result = draft.finish()
        ends.update({number: ends.get(end, end) for number, end in result.ends.items()})
        changes = [entry for entry in repairs if not entry.is_mark]
        known_repairs = set(changes)
        repairs = changes + [entry for entry in result.repairs if entry not in known_repairs]
    if ends:  # a mark of a line is one of all source lines that were joined to it
        repairs = [
            replace(entry, line_end=ends.get(entry.line_end, entry.line_end)) if entry.is_mark else entry
            for entry in repairs
        ]
    return RepairedLines(result.lines, result.numbers, repairs, state, ends)


def draft_before(
    name: str,
    lines: list[str],
    numbers: Sequence[int],
    level: str = "full",
    off: frozenset[str] = frozenset(),
    added: tuple[Rule, ...] = (),
) -> Draft:
    """Return the draft that a rule sees: after all rules that run before."""
    all_rules = RULES.with_items(added)
    end = [rule.name for rule in all_rules].index(name)
    rules = [rule for rule in all_rules[:end] if rule.name not in off and level in (rule.level, "full")]
    draft = Draft(lines, numbers)
    last_rule = _run_rules(rules, draft)
    for _ in range(PASSES):
        if last_rule is None:
            break
        draft = _next_draft(draft, draft.finish(), last_rule)
        last_rule = _run_rules(rules, draft)
    return draft


def _run_rules(rules: list[Rule], draft: Draft) -> Rule | None:
    """Run rules up to the first one that reshapes the text, and return that rule."""
    for rule in rules:
        if not rule.may_change(draft):
            continue
        repair_count = len(draft.repairs)
        rule.apply(draft)
        if rule.name not in BUILT_IN_NAMES:
            _check(rule, draft)
        if rule.reshapes and len(draft.repairs) > repair_count:
            return rule  # kinds and state describe the text before this rule
    return None


def _check(rule: Rule, draft: Draft) -> None:
    """Check that an added rule has changed the text by the methods of a draft alone: another change loses lines.

    Raises:
        PluginError: it has not, or a line is not a text, or several lines.
    """
    if not len(draft.lines) == len(draft.kinds) == len(draft.numbers):
        message = "added or removed lines of the draft; a rule calls `insert_after`, `drop` or `rewrite`"
        raise PluginError(f"the rule {rule.name} {message}")
    lines = draft.written_lines
    try:
        text = "\n".join(lines)
        text.encode()
    except (TypeError, UnicodeError) as error:
        raise PluginError(f"the rule {rule.name} wrote a line that is not a text: {error}") from error
    if text.count("\n") >= len(lines) > 0 or "\r" in text:
        raise PluginError(f"the rule {rule.name} wrote a line with a line end in it; `rewrite` takes several lines")


def _unread_draft(draft: Draft, result: RepairedLines) -> Draft:
    """Return the text after all repairs as whoever reads it again sees it: earlier passes have left no knowledge."""
    next_draft = Draft(result.lines, result.numbers)
    next_draft.answers, next_draft.signs = draft.answers, draft.signs
    return next_draft


def _next_draft(draft: Draft, result: RepairedLines, last_rule: Rule | None) -> Draft:
    """Return the text after a pass as the next draft. Tables that were written say nothing about the text's layout."""
    state = draft.state if last_rule in TABLES else None
    is_joined = last_rule is not None and last_rule.name == print_lines.name  # the lines of a block are one now
    margin = 0.0 if is_joined else draft.state.print_margin
    next_draft = Draft(result.lines, result.numbers, state, margin, draft.state.is_narrowed)
    next_draft.answers, next_draft.signs = draft.answers, draft.signs
    return next_draft
