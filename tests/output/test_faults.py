"""Runs that fail or are killed at file system calls: a part of the harness in `tests/benchmarks/faults.py`.

The harness runs in a separate process and forks it for each fault, so that no thread of the test process is copied.
"""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.support.combinations import ALL
from tests.support.commands import ENVIRONMENT


def check_faults(stride: int, *names: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.faults", str(stride), *names],
        env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=3000,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    counts = re.findall(r"(\d+) faults, (\d+) wrong", result.stdout)
    assert counts and all(int(faults) > 2 and errors == "0" for faults, errors in counts), result.stdout


def test_a_fault_leaves_a_file_intact() -> None:
    check_faults(7, "file overwrite")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["file", "folder new", "folder overwrite", "folder append", "folder incremental"])
def test_a_fault_leaves_files_and_folders_intact(name: str) -> None:
    """Faults at every hundred and twentieth call; with PARQUETRY_ALL=1 at every third."""
    check_faults(3 if ALL else 120, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["duckdb", "delta", "iceberg", "postgres"])
def test_a_fault_leaves_databases_intact(name: str) -> None:
    """Faults at every nine hundredth call; with PARQUETRY_ALL=1 at every fifth."""
    check_faults(5 if ALL else 900, name)
