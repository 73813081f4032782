"""Killed runs and hostile documents: nothing is lost, nothing is left half-written. More cases are in `benchmarks/`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.combinations import ALL

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of Linux")]


def test_a_killed_run_leaves_the_previous_or_the_new_output(tmp_path: Path) -> None:
    from tests.benchmarks.kills import KINDS, kill_runs

    outcomes = kill_runs(len(KINDS), tmp_path, documents=50)
    assert all(sum(count.values()) == 1 for count in outcomes.values())


def test_every_hostile_document_is_read_or_reported() -> None:
    """Four hundred of them, of which each kind of hostile document is one; 2,000 with PARQUETRY_ALL=1."""
    from tests.benchmarks.fuzz import check_limits

    count = 2000 if ALL else 400
    counts, measurements = check_limits(count)
    assert (measurements["hung"], measurements["over the memory"]) == (0, 0)
    assert counts["documents"] > count // 2
    assert counts["crashed"] == counts["failed"] == 0
