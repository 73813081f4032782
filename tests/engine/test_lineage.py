"""OpenLineage events: the information about a run that a catalogue gets."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import run

pytest.importorskip("openlineage.client", reason="openlineage-python is not installed")


def events(folder: Path, *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    run("convert", *arguments, "--openlineage", "events.ndjson", cwd=folder, code=code)
    return [json.loads(line) for line in (folder / "events.ndjson").read_text().splitlines()]


def test_a_run_emits_a_start_and_a_complete_event(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# A\n\n| city | price |\n|---|---|\n| Rome | 5 |\n")
    start, complete = events(tmp_path, "a.md", "-o", "out")
    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    assert start["run"]["runId"] == complete["run"]["runId"]
    times = [datetime.fromisoformat(event["eventTime"]) for event in (start, complete)]
    assert times == sorted(times) and all(time.utcoffset() == timedelta(0) for time in times)
    assert (complete["job"]["namespace"], complete["job"]["name"]) == ("parquetry", "convert")
    assert [(dataset["namespace"], dataset["name"]) for dataset in complete["inputs"]] == [
        ("file", str(tmp_path / "a.md"))
    ]
    outputs = {dataset["name"].removeprefix(f"{tmp_path}/out/"): dataset for dataset in complete["outputs"]}
    assert {"sections", "problems", "datasets/city__price"} < set(outputs)
    statistics = outputs["cells"]["outputFacets"]["outputStatistics"]
    size = (tmp_path / "out" / "cells.parquet").stat().st_size
    assert (statistics["rowCount"], statistics["size"], statistics["fileCount"]) == (2, size, 1)
    fields = outputs["datasets/city__price"]["facets"]["schema"]["fields"]
    assert [(field["name"], field["type"]) for field in fields][-2:] == [("city", "string"), ("price", "int64")]
    assert [event["eventType"] for event in events(tmp_path, "a.md", "-o", "x.csv", "--records", "cells")] == [
        "START", "COMPLETE"] * 2  # fmt: skip


def test_a_failed_run_emits_its_reason(tmp_path: Path) -> None:
    _, fail = events(tmp_path, "gone.md", "-o", "out", "--max-problems", "0", code=1)
    assert fail["eventType"] == "FAIL"
    assert "`maximum_problems`" in fail["run"]["facets"]["errorMessage"]["message"]
    assert events(tmp_path, "gone.md", "-o", "out", code=1)[-1]["eventType"] == "FAIL"
