"""Type checkers know the library: mypy finds the mistakes of its users, and nothing in code without any."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import PROJECT

RIGHT = """\
import converter

document = converter.read_text("# A", chunks=64, chunk_overlap=8, tokenizer=len)
title: str | None = document.section("A").title
texts: list[str] = [chunk.text for chunk in document.chunks]
tokens: int = document.chunks[0].token_count
for each in converter.read_many("docs", chunks=64):
    print(each.source, each.to_markdown())
for batch in converter.read_many("docs", records="chunks"):
    print(batch.num_rows)
report = converter.convert("docs", "out", chunks=64, overwrite=True)
"""
WRONG = """\
import converter

document = converter.read_text("# A")
converter.read("a.md", chunk=64)
converter.read("a.md", chunks="64")
converter.read("a.md", tokenizer=lambda text: text)
document.chunks[0].txt
document.chunk
number: int = document.chunks[0].text
title: str = document.sections[0].title
document.section(1)
converter.convert("docs")
for each in converter.read_many("docs"):
    each.num_rows
"""
MISTAKES = 10


def errors_of(code: str, folder: Path) -> dict[int, str]:
    """Return what mypy, as strict as the project has it, says of each line; the project's cache makes that fast."""
    (folder / "user.py").write_text(code)
    command = [sys.executable, "-m", "mypy", str(folder / "user.py")]
    result = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    errors = re.findall(r"user\.py:(\d+): error: (.+)$", result.stdout, re.MULTILINE)
    assert errors or "Success" in result.stdout, result.stdout + result.stderr
    return {int(line): message for line, message in errors}


@pytest.mark.slow
def test_mypy_finds_every_mistake_of_a_user(tmp_path: Path) -> None:
    assert errors_of(RIGHT, tmp_path) == {}
    wrong = errors_of(WRONG, tmp_path)
    lines = WRONG.splitlines()
    mistakes = [number for number, line in enumerate(lines, 1) if number > 3 and line and not line.startswith("for ")]
    assert len(mistakes) == MISTAKES and sorted(wrong) == mistakes
