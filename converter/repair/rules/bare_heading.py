"""Headings that lost their marks."""

from __future__ import annotations

from converter.repair.draft import Draft
from converter.repair.headings.recover import recover
from converter.repair.lines import HEADING, ORDERED, TEXT
from converter.repair.rule import FULL, rule

SURE = 0.95
"""Confidence in a title that has a permalink."""


@rule("bare_heading", FULL)
def bare_heading(draft: Draft) -> None:
    """In a document without marked headings, or with only its title marked, the lines that the model classifies as
    headings become headings, and so do the titles that a table of contents names. If no heading is marked, titles with
    permalinks become headings too."""
    for at, level in draft.titles.items():
        if draft.kinds[at] in (TEXT, ORDERED):
            draft.replace("bare_heading", at, f"{'#' * level} {draft.lines[at].strip()}", SURE, HEADING)
    recover(draft, "bare_heading", bold=False)
