"""The README alone takes a newcomer from a clone to the first file of their own; a release has its changes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from converter.version import __version__
from tests.support.paths import PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow  # makes an environment and installs the package with its dependencies
def test_the_first_command_of_the_readme_sets_everything_up(tmp_path: Path) -> None:
    names = ("converter", "schemas", "examples", "pyproject.toml", "README.md", "LICENSE")
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in names:
        copy = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy
        copy(PROJECT / name, clone / name)
    (clone / "mine.md").write_text("# Mine\n\n- a: b\n", encoding="utf-8")
    first = next(line for line in README.splitlines() if line.startswith("python3 -m venv"))
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    mine = ".venv/bin/parquetry sql 'select label, value from list_items' mine.md --to csv"
    for command in (first, mine):
        result = subprocess.run(
            ["bash", "-c", command],
            cwd=clone,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert result.returncode == 0, result.stderr
    assert result.stdout == "label,value\na,b\n"
    assert (clone / "out" / "sections.parquet").exists()


def test_the_command_that_ci_takes_from_the_readme_is_the_one_that_runs_the_tests() -> None:
    lines = [line for line in README.splitlines() if "venv/bin/pytest" in line]
    assert lines == ["python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' && .venv/bin/pytest -q"]


def test_the_changelog_begins_with_the_version() -> None:
    changelog = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    first = re.search(r"^## \[(.+)\] - (Unreleased|\d{4}-\d\d-\d\d)$", changelog, re.MULTILINE)
    assert first is not None and first[1] == __version__


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 150


def test_no_page_installs_from_an_index_that_does_not_have_the_package() -> None:
    """`docs/installation.md` alone says how, once it is on PyPI."""
    pages = [PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md"), *(PROJECT / "examples").rglob("*.md")]
    installs = re.compile(r"pip install[^\n`]*[' ]parquetry\b")
    assert [page.name for page in pages if installs.search(page.read_text(encoding="utf-8"))] == ["installation.md"]
