"""Where things are."""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).parents[2]
"""The checkout."""
CASE_FOLDER = PROJECT / "tests" / "cases"
SHARED = PROJECT.parent / "shared"
"""Texts of other people, beside the checkout on developers' machines and in CI only."""
CORPORA = SHARED / "corpora"
