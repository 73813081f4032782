"""What all tests share."""

from __future__ import annotations

import compileall
import os
import shutil
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# A busy machine is no failure: nothing is asserted by the clock (T31). The rest is as Hypothesis has it, in CI too.
settings.register_profile("parquetry", parent=settings(), deadline=None)
settings.load_profile("parquetry")


def pytest_configure(config: pytest.Config) -> None:
    """Compile the package once where Python keeps no bytecode: hundreds of tests start a process, which all would."""
    if sys.dont_write_bytecode and not hasattr(config, "workerinput"):
        compileall.compile_dir(Path(__file__).parent.parent / "converter", quiet=2)


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A small Spark, one for all tests of a process: a second one would get the settings of the first."""
    if find_spec("pyspark") is None or (shutil.which("java") is None and "JAVA_HOME" not in os.environ):
        pytest.skip("Spark needs PySpark and a Java: pip install -e '.[spark]'")
    from tests.benchmarks.spark import session

    started = session("local[2,4]")
    yield started
    started.stop()
