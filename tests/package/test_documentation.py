"""README.md and docs/: what they show runs and gives what stands below it, and their links lead somewhere.

A fence with a title is a file that the commands of its page find; `sh` and `python` are run, page by page, from top to
bottom; `output` is what the fence above prints: `UPDATE_DOCUMENTATION=1` writes it anew. `py` is Python that needs
packages of others, and is run in an environment that has them. `tests/cases/documentation/` holds further files, and
what is not run.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from converter.cli import COMMANDS
from tests.support.commands import ENVIRONMENT, invoke
from tests.support.pages import (
    CASES,
    LINKED,
    NOT_RUN,
    PAGES,
    broken_links,
    commands_of,
    fences_of,
    indented_code_of,
    reason_not_to_run,
)
from tests.support.paths import PROJECT

FAST = ("README.md", "tutorial.md")
"""The first pages that a newcomer reads; the others take half a minute together."""
OTHERS = ("langchain-text-splitters", "llama-index-core", "markitdown", "dlt[duckdb]", "pandas")
"""The packages that the pages compare with, and that can be installed and run without a network of their own."""
SHELL = re.compile(r"[|<>&;$`]|^(?!parquetry )")
"""What only a shell understands, outside quotes."""
EXIT_CODE = re.compile(r"# exit code (\d+)")


def needs_shell(command: str) -> bool:
    """Tell whether a command is more than the words of one call of `parquetry`."""
    return SHELL.search(re.sub(r"'[^']*'|\"[^\"$]*\"|#.*", "", command)) is not None


def run_command(command: str) -> str:
    """Run a command of a page in the working folder; return what it prints."""
    code = int(match[1]) if (match := EXIT_CODE.search(command)) else 0
    if not needs_shell(command):
        return invoke(*shlex.split(command, comments=True)[1:], code=code).stdout
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        ["bash", "-c", command], env={**ENVIRONMENT, "PATH": path}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == code, (command, result.stderr)
    return result.stdout


def run_python(text: str, names: dict[str, Any]) -> str:
    """Run a fence of Python; return what it prints."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(text, "<page>", "exec", dont_inherit=True), names)
    return output.getvalue()


def furnish(folder: Path) -> None:
    """Put the files into a folder that the pages speak of."""
    shutil.copytree(CASES / "files", folder, dirs_exist_ok=True)
    texts = [path.read_text(encoding="utf-8") for path in sorted((CASES / "files" / "notes").glob("*.*"))]
    columns = {
        "url": [f"https://example.org/{number}" for number in range(len(texts))],
        "body": texts,
        "lang": ["en"] * len(texts),
        "date": ["2026-05-01"] * len(texts),
    }
    pq.write_table(pa.table(columns), folder / "pages.parquet")


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=str(page.relative_to(PROJECT)), marks=[] if page.name in FAST else [pytest.mark.slow])
        for page in PAGES
        if any(language in ("sh", "python") for language, *_ in fences_of(page))
    ],
)
def test_what_a_page_shows_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    furnish(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", ENVIRONMENT["COLUMNS"])
    names: dict[str, Any] = {"__name__": "__main__"}
    output = ""
    for language, title, text in fences_of(page):
        if title:
            (tmp_path / title).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / title).write_text(text, encoding="utf-8")
        elif language == "sh":
            for command in commands_of(text):
                if reason_not_to_run(command) is None:
                    output = run_command(command)
        elif language == "python" and reason_not_to_run(text) is None:
            output = run_python(text, names)
        elif language == "output":
            expected = re.sub(r" +$", "", output.rstrip(), flags=re.MULTILINE) + "\n"
            if os.environ.get("UPDATE_DOCUMENTATION"):
                source = page.read_text(encoding="utf-8")
                page.write_text(source.replace(f"```output\n{text}```", f"```output\n{expected}```", 1), "utf-8")
            else:
                assert text == expected


@pytest.mark.slow  # installs the packages
def test_what_a_page_shows_of_other_packages_runs(tmp_path: Path) -> None:
    furnish(tmp_path)
    python = tmp_path / "environment" / "bin" / "python"
    uv = [str(Path(sys.executable).with_name("uv"))]
    subprocess.run([*uv, "venv", "-q", str(python.parent.parent), "--python", sys.executable], check=True, timeout=60)
    command = [*uv, "pip", "install", "-q", "--python", str(python), f"parquetry[html] @ {PROJECT.as_uri()}", *OTHERS]
    environment = {name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"}
    install = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, env=environment)
    if install.returncode:
        pytest.skip(f"packages of others cannot be installed: {install.stderr.strip().splitlines()[-1]}")
    texts = [text for page in PAGES for language, _, text in fences_of(page) if language == "py"]
    for text in texts:
        if reason_not_to_run(text) is None:
            result = subprocess.run(
                [python, "-c", text], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
                env={
                    **environment, "HF_HUB_OFFLINE": "1", "RUNTIME__DLTHUB_TELEMETRY": "false",
                    "DLT_DATA_DIR": str(tmp_path / "dlt"),  # else the state of an earlier run is found
                },
            )  # fmt: skip
            assert result.returncode == 0, (text, result.stderr)


def test_everything_that_is_not_run_has_its_reason() -> None:
    texts = [text for page in PAGES for language, _, text in fences_of(page) if language in ("sh", "python", "py")]
    assert not [part for part in NOT_RUN if not any(part in text for text in texts)]
    assert all(len(reason) > 10 for reason in NOT_RUN.values())


@pytest.mark.parametrize("language", ["console", "bash", "shell", "text"])
def test_commands_stand_in_fences_that_are_run(language: str) -> None:
    pages = [page for page in PAGES if page.parent.name != "reference"]  # those are made from the code
    fences = [(page.name, text) for page in pages for name, _, text in fences_of(page) if name == language]
    fences += [(page.name, text) for page in pages for text in indented_code_of(page)]
    assert not [(page, text) for page, text in fences if re.search(r"^(\$ )?(parquetry|pip) ", text, re.MULTILINE)]


@pytest.mark.parametrize("page", LINKED, ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert not broken_links(page)


def test_every_command_and_extra_is_in_its_table() -> None:
    page = (PROJECT / "docs" / "command-line.md").read_text("utf-8")
    assert not [name for name in COMMANDS if not re.search(rf"^\|.*`parquetry {name}\b.*\|.*\|$", page, re.MULTILINE)]
    installation = (PROJECT / "docs" / "installation.md").read_text("utf-8").partition("## Extras")[2]
    extras_in_table = ", ".join(re.findall(r"^\| ([\w, ]+) \|", installation, re.MULTILINE)).split(", ")
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    assert sorted(extras_in_table) == sorted(["extra", *project["optional-dependencies"]])


def test_every_page_is_in_the_contents_of_the_site() -> None:
    text = (PROJECT / "mkdocs.yml").read_text(encoding="utf-8")
    pages_in_navigation = set(re.findall(r"[\w/-]+\.md", text.partition("\nnav:")[2]))
    assert pages_in_navigation == {path.relative_to(PROJECT / "docs").as_posix() for path in PAGES[1:]}
