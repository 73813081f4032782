"""Headings that lost their marks."""

from __future__ import annotations

from converter.repair.draft import Draft
from converter.repair.headings.recover import recover
from converter.repair.rule import FULL, rule


@rule("bare_heading", FULL)
def bare_heading(draft: Draft) -> None:
    """In a document without marked headings, the lines that the model classifies as headings become headings, and those
    that a table of contents names."""
    recover(draft, "bare_heading", bold=False)
