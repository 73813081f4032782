"""Fixtures and settings shared by all tests."""

from __future__ import annotations

import compileall
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# A busy machine is no failure: no test asserts a duration (T31). Other settings are Hypothesis defaults, also in CI.
settings.register_profile("parquetry", parent=settings(), deadline=None)
settings.load_profile("parquetry")


def pytest_configure(config: pytest.Config) -> None:
    """Compile the package once if Python keeps no bytecode: otherwise hundreds of test processes would each do so.

    Each process that tests beside others has a folder for temporary files of its own, in which runs stage what goes to
    a store: two runs into one address, each on a server of its own, would lock each other out.
    """
    if hasattr(config, "workerinput"):
        os.environ["TMPDIR"] = folder = tempfile.mkdtemp(prefix="tests-")
        os.chmod(folder, 0o755)  # servers run as other users
        tempfile.tempdir = folder
    elif sys.dont_write_bytecode:
        compileall.compile_dir(Path(__file__).parent.parent / "converter", quiet=2)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder for temporary files of this process."""
    if hasattr(config, "workerinput"):
        shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests of one Spark session to one process (`--dist loadgroup`), and start with what takes longest."""
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("spark"))
    items.sort(key=lambda item: item.path.parent.name not in ("spark", "package"))


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """Start a small Spark for all tests of a process: a second session would inherit the settings of the first."""
    if find_spec("pyspark") is None or (shutil.which("java") is None and "JAVA_HOME" not in os.environ):
        pytest.skip("Spark needs PySpark and a Java: pip install -e '.[spark]'")
    from tests.benchmarks.spark import session

    session_of_tests = session("local[2,4]")
    yield session_of_tests
    session_of_tests.stop()
