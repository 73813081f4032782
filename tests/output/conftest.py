"""Databases for the tests of this room."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.places import (
    KINDS,
    Client,
    Place,
    in_delta,
    in_duckdb,
    in_postgres,
    postgres_server,
)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return a new target of each kind and its reader."""
    if request.param == "duckdb":
        return str(tmp_path / "datasets.duckdb"), in_duckdb  # a name that makes `datasets.x` ambiguous
    if request.param == "delta":
        return f"delta://{tmp_path / 'root'}", in_delta
    return f"{request.getfixturevalue('server')}&schema=s{random.getrandbits(40):x}", in_postgres


@pytest.fixture
def client(server: str) -> Iterator[Client]:
    client = Client(server)
    yield client
    client.close()
