"""Runs that fail, or are killed, at calls to the file system: the harness of `tests/benchmarks/faults.py`, in part.

It runs in a process of its own, which forks one for each fault, so that no thread of this one is copied.
"""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.combinations import ALL
from tests.test_cli import ENVIRONMENT


def checked(stride: int, *names: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.faults", str(stride), *names],
        env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=3000,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = re.findall(r"(\d+) faults, (\d+) wrong", done.stdout)
    assert found and all(int(faults) > 5 and wrong == "0" for faults, wrong in found), done.stdout


def test_a_file() -> None:
    checked(7, "file overwrite")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["file", "folder new", "folder overwrite", "folder append", "folder incremental"])
def test_files_and_folders(name: str) -> None:
    """At every fortieth call; with PARQUETRY_ALL=1 at every third."""
    checked(3 if ALL else 40, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["duckdb", "delta", "postgres"])
def test_databases(name: str) -> None:
    """At every hundredth call; with PARQUETRY_ALL=1 at every fifth."""
    checked(5 if ALL else 100, name)
