"""The command of each example gives the output stored next to it."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

import pytest

from tests.support.commands import run
from tests.support.paths import PROJECT

EXAMPLES = sorted(path.parent for path in (PROJECT / "examples").glob("*/command.txt"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_each_command_gives_the_expected_output(example: Path, tmp_path: Path) -> None:
    folder = tmp_path / example.name
    shutil.copytree(example, folder)
    program, *arguments = shlex.split((example / "command.txt").read_text(encoding="utf-8"))
    assert program == "parquetry"
    run(*arguments, cwd=folder, code=0)
    expected = {path.name: path.read_bytes() for path in (example / "expected").iterdir()}
    files = {path.name: path.read_bytes() for path in (folder / "out").glob("[!_]*")}
    if os.environ.get("UPDATE_EXAMPLES"):
        shutil.copytree(folder / "out", example / "expected", dirs_exist_ok=True, ignore=shutil.ignore_patterns("_*"))
    assert files == expected


def test_there_are_examples() -> None:
    assert EXAMPLES
