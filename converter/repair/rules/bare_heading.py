"""Headings that lost their marks."""

from __future__ import annotations

from converter.repair.draft import Draft
from converter.repair.headings.recover import recover
from converter.repair.lines import HEADING, ORDERED, TEXT
from converter.repair.rule import FULL, rule

SURE = 0.95
"""Confidence in a title that a permalink shows."""


@rule("bare_heading", FULL)
def bare_heading(draft: Draft) -> None:
    """In a document without marked headings, or whose title alone is marked, the lines that the model classifies as
    headings become headings, and those that a table of contents names. In one without any, the titles that permalinks
    stood behind become headings too."""
    for at, level in draft.titles.items():
        if draft.kinds[at] in (TEXT, ORDERED):
            draft.replace("bare_heading", at, f"{'#' * level} {draft.lines[at].strip()}", SURE, HEADING)
    recover(draft, "bare_heading", bold=False)
