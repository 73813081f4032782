"""The examples for Airflow, Dagster and dbt, each run by the orchestrator itself.

They pin too many versions to share an environment: uv makes one for each, from its cache, in seconds.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from converter.records import RECORDS, default_records
from tests.support.paths import PROJECT

EXAMPLE = PROJECT / "examples" / "orchestrators"
PACKAGES = {
    "airflow": ["apache-airflow>=3.1,<4", "duckdb"],
    "dagster": ["dagster>=1.10,<2", "duckdb"],
    "dbt": ["dbt-core>=1.10.5,<1.12", "dbt-duckdb>=1.9"],  # dbt-core 1.12 fetches a part of itself from GitHub
}
AVERAGES = {"Celery": 2.1, "Leek": 1.325, "Quince": 3.25}
WITH_AN_ERROR = b"---\nbroken: [\n---\nA text that is read.\n"
UNREADABLE = b"\x7fELF\0\1\2\3" * 9


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(EXAMPLE, tmp_path / "orchestrators")


@cache
def environment(tool: str) -> Path:
    """Make the environment of a tool, with Parquetry in it; return its folder of commands.

    If the tool's packages cannot be installed, the test is skipped; that they install beside Parquetry is tested.
    """
    folder = Path(tempfile.mkdtemp(prefix=tool))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    commands = folder / "venv" / "bin"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--python", sys.executable, str(folder / "venv")], check=True, timeout=60)
    install = [*uv, "pip", "install", "--quiet", "--python", str(commands / "python"), *PACKAGES[tool]]
    result = subprocess.run(install, cwd=PROJECT, capture_output=True, text=True, timeout=600, check=False)
    if result.returncode:
        pytest.skip(f"{tool} could not be installed: {result.stderr.strip()[-300:]}")
    subprocess.run([*install, "--editable", str(PROJECT)], cwd=PROJECT, timeout=600, check=True)
    return commands


def run(tool: str, *command: str, cwd: Path, **variables: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command in an environment with the packages of a tool and Parquetry."""
    folder = environment(tool)
    values = os.environ | {"DO_NOT_TRACK": "1"} | {name: str(value) for name, value in variables.items()}
    return subprocess.run(
        [folder / command[0], *command[1:]],
        cwd=cwd,
        env=values | {"PATH": f"{folder}:{values['PATH']}", "VIRTUAL_ENV": str(folder.parent)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def rows(folder: Path) -> dict[str, int]:
    return {name: pq.read_table(folder / f"{name}.parquet").num_rows for name in default_records(has_chunks=False)}


@pytest.mark.slow
def test_airflow_runs_its_example_and_fails_at_an_unreadable_source(folder: Path, tmp_path: Path) -> None:
    home = {"AIRFLOW_HOME": tmp_path / "home", "AIRFLOW__CORE__DAGS_FOLDER": folder / "airflow"}
    command = ["airflow", "dags", "test", "documents", "--conf", json.dumps({"folder": str(folder)})]
    migration = run("airflow", "airflow", "db", "migrate", cwd=tmp_path, **home)
    assert migration.returncode == 0, migration.stderr

    (folder / "docs" / "error.md").write_bytes(WITH_AN_ERROR)
    result = run("airflow", *command, cwd=tmp_path, **home)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"Returned value was: {list(AVERAGES.items())}" in result.stdout + result.stderr
    assert "1 times front_matter" in result.stdout + result.stderr
    assert json.loads((folder / "report.json").read_text())["rows"] == rows(folder / "out")

    (folder / "docs" / "unreadable.md").write_bytes(UNREADABLE)
    result = run("airflow", *command, cwd=tmp_path, **home)
    assert result.returncode != 0
    assert "1 of 4 sources could not be read" in result.stdout + result.stderr
    assert "Returned value was: [" not in result.stdout + result.stderr  # no query runs on such an output


DAGSTER = """
import json
import dagster
import definitions

run = dagster.materialize(definitions.definitions.assets, raise_on_error=False)
assets = [event.materialization for event in run.get_asset_materialization_events()]
print(json.dumps({
    "success": run.success,
    "assets": {asset.asset_key.to_user_string(): {k: v.value for k, v in asset.metadata.items()} for asset in assets},
    "checks": [[check.passed, check.severity.value] for check in run.get_asset_check_evaluations()],
}))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("data", "check", "problems"),
    [
        (b"", [True, "WARN"], {"empty": 1}),
        (WITH_AN_ERROR, [False, "WARN"], {"front_matter": 1}),
        (UNREADABLE, [False, "ERROR"], {"binary": 1}),
    ],
    ids=["warning", "error", "unreadable"],
)
def test_dagster_reports_problems_and_stops_at_an_unreadable_source(
    folder: Path, data: bytes, check: list[object], problems: dict[str, int]
) -> None:
    (folder / "docs" / "another.md").write_bytes(data)
    result = run("dagster", "python", "-c", DAGSTER, cwd=folder, PYTHONPATH=folder / "dagster")
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assets = report["assets"]
    averages = assets.pop("average_prices", {"prices": None})["prices"]
    assert {name: metadata["dagster/row_count"] for name, metadata in assets.items()} == rows(folder / "out")
    assert {key: value for key, value in assets["problems"].items() if "/" not in key} == problems
    assert assets["documents"]["report"]["sources"] == 3
    assert report["checks"] == [check]
    is_stopped = check[1] == "ERROR"
    assert (report["success"], averages) == ((False, None) if is_stopped else (True, AVERAGES))


PRICES = """
import duckdb, json

prices = duckdb.connect("documents.duckdb").sql("select product, section, price_eur from prices order by sold_on")
print(json.dumps([[*row[:2], str(row[2])] for row in prices.fetchall()]))
"""


@pytest.mark.slow
def test_dbt_builds_the_prices_and_checks_the_records(folder: Path) -> None:
    project = folder / "dbt"

    def convert() -> int:
        return run("dbt", "parquetry", "convert", "../docs", "-o", "out", "--incremental", cwd=project).returncode

    def build() -> tuple[int, dict[str, str]]:
        """Return dbt's exit code, and the status of each model and test except `pass`."""
        process = run("dbt", "dbt", "build", cwd=project)
        results = json.loads((project / "target" / "run_results.json").read_text())["results"]
        statuses = {result["unique_id"].split(".")[2]: result["status"] for result in results}
        assert len(statuses) == 12, process.stdout
        return process.returncode, {name: status for name, status in statuses.items() if status != "pass"}

    assert (convert(), build()) == (0, (0, {"prices": "success"}))
    prices = run("dbt", "python", "-c", PRICES, cwd=project)
    assert json.loads(prices.stdout) == [
        ["Leek", "Vegetables", "1.40"],
        ["Celery", "Vegetables", "2.10"],
        ["Quince", "Fruit", "3.25"],
        ["Leek", "Vegetables", "1.25"],
    ]

    (folder / "docs" / "error.md").write_bytes(WITH_AN_ERROR)
    assert convert() == 3
    warnings = {"prices": "success", "source_accepted_values_records_problems_severity__warning": "warn"}
    assert build() == (0, warnings)

    file = project / "out" / "sections" / "part-00000.parquet"
    sections = pq.ParquetFile(file).read()
    pq.write_table(pa.concat_tables([sections, sections]), file)
    failures = {"prices": "skipped", "source_unique_records_sections_doc_id_section_id": "fail"}
    assert build() == (1, warnings | failures)


def test_dbt_tests_the_keys_of_the_contract() -> None:
    """The keys and relations in `sources.yml` are those of the records."""
    sources = yaml.safe_load((EXAMPLE / "dbt" / "models" / "sources.yml").read_text(encoding="utf-8"))["sources"]
    assert {table["name"] for table in sources[0]["tables"]} == {"documents", "sections", "tables", "problems"}
    for table in sources[0]["tables"]:
        record = RECORDS[table["name"]]
        tests = {name: test["arguments"] for entry in table["data_tests"] for name, test in entry.items()}
        keys = {
            tuple(tests[name]["column_name"].split(" || '/' || ")) for name in tests.keys() & {"unique", "not_null"}
        }
        assert keys == ({record.key} if record.key else set())
        if relation := tests.get("relationships"):
            (target,) = (name for name in RECORDS if relation["to"] == f"source('records', '{name}')")
            column, field = (relation[key].split(" || '/' || ")[-1] for key in ("column_name", "field"))
            assert (column, target, field) in record.foreign_keys
