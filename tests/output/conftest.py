"""Databases for the tests of this room."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import ENVIRONMENT
from tests.support.places import (
    KINDS,
    Client,
    Place,
    iceberg_environment,
    in_delta,
    in_duckdb,
    in_iceberg,
    in_postgres,
    postgres_server,
)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with postgres_server() as url:
        yield url


@pytest.fixture
def iceberg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a namespace of a new catalog, for this process and for commands."""
    (tmp_path / "iceberg").mkdir()
    for name, value in iceberg_environment(tmp_path / "iceberg").items():
        monkeypatch.setenv(name, value)
        monkeypatch.setitem(ENVIRONMENT, name, value)
    return "iceberg://test/notes"


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return a new target of each kind and its reader."""
    if request.param == "duckdb":
        return str(tmp_path / "datasets.duckdb"), in_duckdb  # a name that makes `datasets.x` ambiguous
    if request.param == "delta":
        return f"delta://{tmp_path / 'root'}", in_delta
    if request.param == "iceberg":
        return request.getfixturevalue("iceberg"), in_iceberg
    return f"{request.getfixturevalue('server')}&schema=s{random.getrandbits(40):x}", in_postgres


@pytest.fixture
def client(server: str) -> Iterator[Client]:
    client = Client(server)
    yield client
    client.close()
