"""Outputs in object stores, on real servers of loopback: rows, commands, readers, kills, races and lost requests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import converter
from tests.support.commands import ENVIRONMENT
from tests.support.commands import run as run_command
from tests.support.stores import SECRET, SERVERS

pytest.importorskip("obstore", reason="the extra stores is not installed")
pytestmark = pytest.mark.slow

PAGE = "# Prices\n\n| item | price |\n|------|-------|\n| nut | {} |\n"


@pytest.fixture(scope="module", params=SERVERS)
def bucket(request: pytest.FixtureRequest) -> Iterator[str]:
    """Start a server of each kind; return the address of its bucket, to which the environment leads."""
    with SERVERS[request.param]() as (place, environment), pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield place


def write_pages(folder: Path, *numbers: int) -> None:
    folder.mkdir(exist_ok=True)
    for number in numbers:
        (folder / f"{number}.md").write_text(PAGE.format(number))


@pytest.mark.parametrize("values", [{}, {"partition_by": "site"}], ids=str)
def test_rows_are_those_of_a_folder(
    values: dict[str, Any], bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = '{{"site": "s {0}/é", "text": "# T {0}\\n\\n| a |\\n|---|\\n| {0} |\\n"}}\n'
    place = f"{bucket}/rows{len(values)}"
    for mode, numbers in (("overwrite", (1, 2, 3)), ("incremental", (2, 3, 4)), ("append", (5,))):
        Path("pages.ndjson").write_text("".join(map(rows.format, numbers)))
        for out in ("out", place):
            columns = converter.Columns("text")
            arguments: dict[str, Any] = {mode: True, **values}
            converter.convert("pages.ndjson", out, columns=columns, **arguments)
        local, stored = converter.open_output("out"), converter.open_output(place)
        assert local.names == stored.names and len(local.names) > 10
        for name in local.names:
            expected, actual = (output.table(name).to_pylist() for output in (local, stored))
            assert sorted(map(repr, actual)) == sorted(map(repr, expected))


def test_commands_write_read_and_verify(bucket: str, tmp_path: Path) -> None:
    environment: dict[str, Any] = {
        name: value for name, value in os.environ.items() if name.startswith(("AWS_", "AZUR", "GOOGLE_"))
    }
    run = partial(run_command, **environment)
    write_pages(tmp_path / "docs", 1, 2)
    place = f"{bucket}/commands"
    result = run("convert", "docs", "-o", place, cwd=tmp_path, code=0)
    assert f"written to {place}".encode() in result.stderr
    assert run("convert", "docs", "-o", place, cwd=tmp_path, code=1).stderr.count(b"already holds an output") == 1
    write_pages(tmp_path / "docs", 3)
    result = run("convert", "docs", "-o", place, "--incremental", "--keep-previous", "1h", cwd=tmp_path, code=0)
    assert b"2 unchanged" in result.stderr
    query = "select sum(price) as total from datasets.item__price"
    assert run("sql", query, place, "--to", "csv", cwd=tmp_path, code=0).stdout.split() == [b"total", b"6"]
    assert b"as the manifest says" in run("outputs", "verify", place, cwd=tmp_path, code=0).stderr
    run("outputs", "verify", f"{bucket}/nothing", cwd=tmp_path, code=1)
    missing = run("convert", "docs", "-o", f"{bucket}-missing/out", cwd=tmp_path, code=1)
    assert b"there is no such bucket or container; check the address" in missing.stderr
    (tmp_path / "docs" / "1.md").unlink()
    for format in ("csv", "ndjson", "json"):
        run("convert", "docs", "-o", f"{bucket}/{format}", "--to", format, cwd=tmp_path, code=0)
        run("outputs", "verify", f"{bucket}/{format}", cwd=tmp_path, code=0)


def test_other_programs_read_a_folder(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not bucket.startswith("s3:"):
        pytest.skip("pandas and Polars are tested with S3")
    monkeypatch.chdir(tmp_path)
    write_pages(Path("docs"), 1, 2)
    converter.convert("docs", f"{bucket}/readers")
    import pandas
    import polars

    files = converter.open_output(f"{bucket}/readers").files("sections")
    options = {
        "aws_endpoint_url": os.environ["AWS_ENDPOINT_URL"], "aws_access_key_id": "key", "aws_region": "us-east-1",
        "aws_secret_access_key": SECRET, "aws_allow_http": "true",
    }  # fmt: skip
    assert polars.scan_parquet(files, storage_options=options).collect().height == 4
    assert polars.read_parquet(f"{bucket}/readers/sections/*.parquet", storage_options=options).height == 4
    assert len(pandas.read_parquet(f"{bucket}/readers/sections/")) == 4


def test_wrong_credentials_and_a_stopped_server_are_reported_without_secrets(tmp_path: Path) -> None:
    with SERVERS["s3"]() as (place, settings):
        environment: dict[str, Any] = {**settings}
    write_pages(tmp_path / "docs", 1)
    result = run_command("convert", "docs", "-o", f"{place}/out", cwd=tmp_path, code=1, **environment)
    assert b"s3://bucket/out/_manifest.json: the store did not answer" in result.stderr
    assert SECRET.encode() not in result.stderr


@pytest.mark.parametrize("kind", SERVERS)
def test_kills_races_and_lost_requests_cost_nothing(kind: str) -> None:
    with SERVERS[kind]():
        pass  # skipped if it is not installed
    result = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.stores", kind, "3", "2", "2"],
        env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert result.returncode == 0 and " 0 wrong" in result.stdout, result.stdout + result.stderr
