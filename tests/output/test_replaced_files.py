"""A run replaces none of its sources, reads none of its own output, and keeps the permissions of what it replaces."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

import converter
from converter.errors import UsageError
from tests.support.commands import invoke

TEXT = "# A\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change into a folder with two documents."""
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    for name in ("a.md", "b.md"):
        Path("in", name).write_text(TEXT)
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        "tables in/a.md -o in/a.md --overwrite",
        "tables in -o in/a.md --overwrite",
        "tables in/*.md -o in/a.md --overwrite",
        "tables link.md -o in/a.md --overwrite",
        "inspect in/a.html -o in/a.html --overwrite",
        "infer in/a.yaml in/b.md -o in/a.yaml --overwrite",
        "convert in/a.csv --records blocks -o in/a.csv --overwrite",
        "convert in/a.csv in/b.md --records blocks -o ./in/../in/a.csv --overwrite",
        "convert in/a.csv -o in/a.sqlite --report in/a.csv",
        "convert in/a.csv -o out --report in/a.md",
        "convert in -o out --report in/a.txt",
        "convert in -o out --openlineage in/a.txt",
        "convert in/a.json -o out --report in/a.json",
        "convert in/a.xlsx -o in/a.xlsx --overwrite",
    ],
)
def test_no_source_is_replaced(arguments: str) -> None:
    Path("link.md").symlink_to("in/a.md")
    for name in ("a.html", "a.yaml", "a.csv", "a.txt", "a.json", "a.xlsx"):
        Path("in", name).write_text(TEXT)
    result = invoke(*arguments.split())
    assert result.exit_code == 2
    assert "name another" in result.stderr or "cannot be written; an output is" in result.stderr
    assert {path.read_text() for path in Path("in").iterdir()} == {TEXT}
    assert not Path("out").exists() and not Path("in/a.sqlite").exists()


def test_the_library_refuses_it_too() -> None:
    converter.convert("in", "out")
    Path("a.csv").write_text(TEXT)
    with pytest.raises(UsageError, match="name another output"):
        converter.convert("a.csv", "a.csv", records=["blocks"], overwrite=True)
    with pytest.raises(UsageError, match="name another output"):
        converter.convert(
            "out/sections.parquet", "out", columns=converter.Columns("text"), overwrite=True, records=["blocks"]
        )
    assert Path("a.csv").read_text() == TEXT


def test_another_file_may_be_replaced() -> None:
    Path("in/c.csv").write_text(TEXT)
    assert invoke("convert", "in/a.md", "--records", "blocks", "-o", "in/c.csv", "--overwrite").exit_code == 0
    assert invoke("tables", "in", "-o", "in/c.md").exit_code == 0
    result = invoke("tables", "in", "--exclude", "c.md", "-o", "in/c.md", "--overwrite")
    assert result.exit_code == 0
    assert {Path("in", name).read_text() for name in ("a.md", "b.md")} == {TEXT}


@pytest.mark.parametrize("out", ["in/out", "in"])
def test_a_run_does_not_read_its_own_output(out: str) -> None:
    """Each run once read the Markdown of the run before as well: two documents, four, six."""
    for _ in range(3):
        report = converter.convert("in", out, to="markdown", overwrite=True)
        assert report.documents == 2
    result = invoke("convert", "in", "-o", out, "--to", "markdown", "--overwrite", "--verbose")
    assert "left out by .gitignore or --exclude, or as files of the output: " in result.stderr
    assert invoke("convert", "in", "-o", "other", "--dry-run").exit_code == 0
    if out == "in/out":
        assert converter.convert("in", "other").documents == 4, "an output of another run may be a source"


@pytest.mark.parametrize(
    "report",
    ["out/_manifest.json", "out/blocks.json", "out/datasets/x.json", "out/datapackage.json", "in/../out/tables.json"],
)
def test_a_report_is_no_file_of_the_output(report: str) -> None:
    """The manifest was once replaced, and the output could no longer be read."""
    for option in ("--report", "--openlineage"):
        result = invoke("convert", "in", "-o", "out", "--records", "blocks,tables,datasets", option, report)
        assert result.exit_code == 2 and "is a file of the output" in result.stderr
    assert not Path("out").exists()
    assert invoke("convert", "in", "-o", "out", "--report", "out/report.json").exit_code == 0
    assert invoke("convert", "in", "-o", "out", "--report", "out/report.json", "--overwrite").exit_code == 0
    assert Path("out/report.json").exists()


def mode(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("is_alone", [True, False], ids=["exchange", "one by one"])
def test_what_was_closed_to_others_stays_closed(is_alone: bool) -> None:
    """A private output was once open to all after the next run."""
    arguments = ("convert", "in", "-o", "out")
    assert invoke(*arguments).exit_code == 0
    if not is_alone:
        Path("out/mine.txt").write_text("x")
    modes = {"out": 0o2750, "out/blocks.parquet": 0o640, "out/datasets": 0o700, "out/_manifest.json": 0o600}
    for path, value in modes.items():
        os.chmod(path, value)
    os.chmod("out/cells.parquet", 0o4755)
    assert invoke(*arguments, "--overwrite").exit_code == 0
    assert {path: mode(path) for path in modes} == modes
    assert mode("out/cells.parquet") == 0o755


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
@pytest.mark.parametrize("out", ["x.csv", "x.sqlite"])
def test_a_file_keeps_its_permissions(out: str) -> None:
    arguments = ["convert", "in", "-o", out, *(["--records", "blocks"] if out == "x.csv" else [])]
    assert invoke(*arguments).exit_code == 0
    os.chmod(out, 0o600)
    assert invoke(*arguments, "--overwrite").exit_code == 0
    assert mode(out) == 0o600


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_a_link_that_is_replaced_gives_no_permissions() -> None:
    Path("x.csv").symlink_to("nowhere")
    os.umask(0o022)
    assert invoke("convert", "in", "-o", "x.csv", "--records", "blocks", "--overwrite").exit_code == 0
    assert mode("x.csv") == 0o644


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """A shell leaves `--out=~/out` as it is: a folder called `~` was made, and `rm -r ~` is no way to remove it."""
    monkeypatch.setenv("HOME", str(folder / "home"))
    (folder / "home").mkdir()
    (folder / "home/a.md").write_text(TEXT)
    assert invoke("convert", "~/a.md", "--out=~/out").exit_code == 0
    assert converter.convert("~/a.md", "~/table.csv", records=["cells"]).outputs == [folder / "home/table.csv"]
    assert converter.read("~/a.md").title == converter.read_file("~/a.md").title == "A"
    assert sorted(path.name for path in folder.iterdir()) == ["home", "in"]
    Path("~").mkdir()
    Path("~a.md").write_text(TEXT)
    assert converter.convert("~a.md", "~").documents == 1
    assert Path("~/_manifest.json").exists()
