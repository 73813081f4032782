"""Headings written as a bold line."""

from __future__ import annotations

from converter.repair.draft import Draft
from converter.repair.headings.recover import recover
from converter.repair.rule import FULL, rule


@rule("bold_heading", FULL)
def bold_heading(draft: Draft) -> None:
    """In a document without marked headings, the bold lines that the model classifies as headings become headings.

    In one with marked headings, the bold titles that divide a section become headings below the section's own.
    """
    recover(draft, "bold_heading", bold=True)
