"""Fixtures and settings shared by all tests."""

from __future__ import annotations

import compileall
import gc
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

from tests.support.java import JAVA_OPTIONS

# A busy machine is no failure: no test asserts a duration (T31). Other settings are Hypothesis defaults, also in CI.
settings.register_profile("parquetry", parent=settings(), deadline=None)
settings.load_profile("parquetry")

OWN_FOLDER = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """Compile the package once if Python keeps no bytecode: otherwise hundreds of test processes would each do so.

    Each process that tests has a folder for temporary files of its own, in which runs stage what goes to a store: two
    runs into one address, each on a server of its own, would lock each other out.

    Each Spark that a test starts has a small Java.
    """
    for variable in ("SPARK_LAUNCHER_OPTS", "SPARK_SUBMIT_OPTS"):
        os.environ.setdefault(variable, JAVA_OPTIONS)
    is_worker = hasattr(config, "workerinput")
    if is_worker or not config.getoption("numprocesses", None):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())  # what tests leave stays where it is
        os.environ["TMPDIR"] = config.stash[OWN_FOLDER] = folder = tempfile.mkdtemp(prefix="tests-")
        os.chmod(folder, 0o755)  # servers run as other users
        tempfile.tempdir = folder
    if sys.dont_write_bytecode and not is_worker:
        compileall.compile_dir(Path(__file__).parent.parent / "converter", quiet=2)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder for temporary files of this process, at its very end: `multiprocessing` has files there."""
    if hasattr(config, "workerinput"):
        shutil.rmtree(config.stash[OWN_FOLDER], ignore_errors=True)
    elif OWN_FOLDER in config.stash:
        import multiprocessing.util  # which removes its own with priority -100

        multiprocessing.util.Finalize(None, shutil.rmtree, (config.stash[OWN_FOLDER], True), exitpriority=-1000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests of one Spark session to one process (`--dist loadgroup`), and start with what takes longest."""
    for item in items:
        if "spark" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("spark"))
    items.sort(key=lambda item: item.path.parent.name not in ("spark", "package"))


def pytest_collection_finish() -> None:
    """Leave what was collected out of each later search for garbage: ten thousand tests, of which none is freed."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """Start a small Spark for all tests of a process: a second session would inherit the settings of the first."""
    if find_spec("pyspark") is None or (shutil.which("java") is None and "JAVA_HOME" not in os.environ):
        pytest.skip("Spark needs PySpark and a Java: pip install -e '.[spark]'")
    from tests.benchmarks.spark import session

    session_of_tests = session("local[2,4]")
    yield session_of_tests
    session_of_tests.stop()
