"""Why a line is read as it is: the rules that touched it, and what speaks for and against a heading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from converter.repair import RULES, Repair, Rule, draft_before
from converter.repair.draft import Draft
from converter.repair.headings.block import Block
from converter.repair.headings.blocks import Page, blocks_of
from converter.repair.headings.candidates import reason_against
from converter.repair.headings.contents import titles_in_contents
from converter.repair.headings.model import evidence, probabilities
from converter.repair.headings.recover import agree, confidence_of, judge
from converter.repair.headings.words import words_of
from converter.repair.lines import BLANK, HEADING
from converter.repair.source_code import is_program

MOST = 6
"""Pieces of evidence named on each side."""
LEAST = 0.05
"""Minimum change of the log odds by a piece of evidence."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known about one line."""

    rules: Sequence[tuple[Repair, str]]
    """The repairs that touched it, each with what its rule does."""
    verdict: str
    """Whether the search for headings took it, and why not."""
    evidence_for: Sequence[str] = ()
    evidence_against: Sequence[str] = ()
    """What speaks for and against a heading, the strongest first."""


def explain(
    lines: list[str],
    numbers: Sequence[int],
    line: int,
    repairs: Sequence[Repair],
    level: str,
    off: frozenset[str],
    added: tuple[Rule, ...] = (),
) -> Explanation:
    """Explain a line of the source by its number; the other arguments are those of `repair`, and its ledger."""
    descriptions = {rule.name: " ".join(rule.description.split()) for rule in RULES.with_items(added)}
    rules = [(repair, descriptions[repair.rule]) for repair in repairs if repair.line_start <= line <= repair.line_end]
    if level != "full":
        return Explanation(rules, f"headings are not searched for at the repair level {level}")
    draft = draft_before("bare_heading", lines, numbers, level, off, added)
    heading = next((repair for repair, _ in rules if repair.rule in ("bare_heading", "bold_heading")), None)
    place = _place_of(draft, line)
    if place is None:
        return Explanation(rules, "the line is blank, or part of another one")
    if draft.kinds[place] == HEADING:
        is_recovered = any(repair.after.startswith("#") > repair.before.startswith("#") for repair, _ in rules)
        return Explanation(rules, f"{'a repair' if is_recovered else 'the source'} marks it as a heading")
    if place in draft.titles and heading is not None:
        return Explanation(rules, f"a permalink shows that it is a heading, with confidence {heading.confidence:.2g}")
    if is_program(lines):
        return Explanation(rules, "it is not searched: the text is a program or its configuration")
    page = Page(blocks_of(draft))
    at, block = next(
        ((at, block) for at, block in enumerate(page.blocks) if block.first_line <= place <= block.last_line), (0, None)
    )
    if block is None:
        return Explanation(rules, "it is not searched: it stands outside the article, or inside a block")
    if not block.candidate:
        return Explanation(rules, f"it cannot be a heading: it {_reason_against(draft, block)}")
    verdict = _verdict(page, at, heading)
    weights = evidence(page, at)
    words = {words_of(name, value): weight for (name, value), weight in weights.items() if abs(weight) >= LEAST}
    signs = ["a table of contents names it"] if at in titles_in_contents(page, probabilities(page)[0]) else []
    return Explanation(
        rules,
        verdict,
        [*signs, *(text for text, weight in words.items() if weight > 0)][:MOST],
        [text for text, weight in words.items() if weight < 0][:MOST],
    )


def _place_of(draft: Draft, line: int) -> int | None:
    """The index in the draft of a line of the source."""
    places = (at for at, number in enumerate(draft.numbers) if number == line and draft.kinds[at] != BLANK)
    return next(places, None)


def _reason_against(draft: Draft, block: Block) -> str:
    if block.last_line > block.first_line:
        return "is part of a paragraph"
    return reason_against(draft, block.first_line, block.text, block.width) or "is not a line of text"


def _verdict(page: Page, at: int, heading: Repair | None) -> str:
    """What the search concluded about a candidate."""
    if heading is not None:
        return f"it is read as a heading, with confidence {heading.confidence:.2g}"
    if not page.is_searched:
        return "it is not a heading: the text has too little prose, beside its short lines, to have lost its headings"
    chances = probabilities(page)[0]
    reason = judge(page, chances)[1].get(at)
    chance = confidence_of(agree(page, chances)[at])
    if reason is None:
        return "it is not a heading: the headings of this text are marked, or too few of its lines are likely ones"
    return f"it is not a heading: {reason} (probability {chance:.2g})"
