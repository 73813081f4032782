"""Killed runs and hostile documents: nothing is lost, nothing is left half-written. More cases are in `benchmarks/`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of Linux")]


def test_a_killed_run_leaves_the_previous_or_the_new_output(tmp_path: Path) -> None:
    from tests.benchmarks.kills import KINDS, kill_runs

    found = kill_runs(len(KINDS), tmp_path, documents=100)
    assert all(sum(count.values()) == 1 for count in found.values())


def test_every_hostile_document_is_read_or_reported() -> None:
    from tests.benchmarks.fuzz import limits_held

    found, held = limits_held(2000)
    assert (held["hung"], held["over the memory"]) == (0, 0)
    assert found["documents"] > 1000
    assert found["crashed"] == found["failed"] == 0
