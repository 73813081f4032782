"""What tests of Spark share: an object store that its workers reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.stores import s3_server


@pytest.fixture(scope="module")
def bucket(spark: Any) -> Iterator[str]:
    """Start an S3 server; return the address of its bucket, to which the environment of driver and workers leads."""
    pytest.importorskip("obstore", reason="the extra stores is not installed")
    with s3_server() as (place, environment), pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
            patch.setitem(spark.sparkContext.environment, name, value)
        yield place
