"""The command line in the process of a test: a hundredth of the time that a process of its own takes."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner, Result

from converter.cli import app


def invoke(*arguments: str | Path, stdin: str = "", code: int | None = None) -> Result:
    """Run `parquetry` with these arguments, and check its exit code if one is given."""
    result = CliRunner().invoke(app, list(map(str, arguments)), input=stdin)
    assert code is None or result.exit_code == code, result.output
    return result
