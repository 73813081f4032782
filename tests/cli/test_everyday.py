"""Everyday options of the command line: a dry run, completion of names, compression, tables of a folder as JSON."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from converter.cli.completion import completing
from converter.errors import PluginError
from converter.records import default_records
from converter.write.layout import COMPRESSIONS
from tests.support.commands import ENVIRONMENT, invoke
from tests.support.paths import PROJECT

TABLE = "| city | price |\n|---|---|\n| Oslo | 12 |\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text(f"# A\n\n{TABLE}")
    (tmp_path / "docs" / "b.md").write_text("text\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_table_of_documents_is_recognised(folder: Path) -> None:
    """A new user's CSV of scraped texts was read as one document, without a word."""
    (folder / "t.csv").write_text('id,body\n1,"# X\n\ntext"\n')
    hint = "t.csv is read as one document; if its rows are documents, pass --text-column COLUMN"
    assert hint in invoke("convert", "docs", "t.csv", "-o", "out", code=0).stderr
    assert hint not in invoke("convert", "t.csv", "-o", "out2", "--quiet", code=0).stderr
    assert "--text-column" not in invoke("convert", "t.csv", "--text-column", "body", "-o", "out3", code=0).stderr
    assert "--text-column" not in invoke("convert", "docs", "-o", "out4", code=0).stderr


# -- dry run


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")}


def test_a_dry_run_lists_what_is_read_and_written(folder: Path) -> None:
    before = state_of(folder)
    result = invoke("convert", "docs", "-o", "out", "--records", "documents,cells,datasets", "--dry-run", code=0)
    assert result.stdout.splitlines() == [
        "convert docs/a.md: 46 bytes",
        "convert docs/b.md: 5 bytes",
        "write   out/documents.parquet",
        "write   out/cells.parquet",
        "write   out/datasets/: one for each data set",
    ]
    assert result.stderr == "dry run: 2 documents to convert; nothing was written\n"
    assert state_of(folder) == before


def test_a_dry_run_over_an_output_lists_what_changes(folder: Path) -> None:
    run = ["convert", "docs", "-o", "out", "--incremental", "-j", "1"]
    invoke(*run, code=0)
    (folder / "docs" / "a.md").write_text("other\n")
    (folder / "docs" / "b.md").rename(folder / "docs" / "c.md")
    (folder / "docs" / "d.md").write_text("same\n")
    invoke(*run, code=0)
    (folder / "docs" / "a.md").write_text("changed\n")
    (folder / "docs" / "c.md").unlink()
    before = state_of(folder)
    steps = invoke(*run, "-n", code=0).stdout.splitlines()
    assert steps[:4] == [
        "convert docs/a.md: 8 bytes",
        "keep    docs/d.md",
        "remove  docs/c.md",
        "write   out/documents/",
    ]
    assert len(steps) == 3 + len(default_records(has_chunks=False)) + 1
    assert state_of(folder) == before


@pytest.mark.parametrize(
    "arguments, code, line",
    [
        (["docs/a.md", "missing.md", "-o", "out"], 3, "fail    missing.md: no such file or folder"),
        (["missing.md", "-o", "out"], 1, "fail    missing.md: no such file or folder"),
        (["docs", "-o", "out", "--max-bytes", "9"], 3, "fail    docs/a.md: is too large, the limit is 9 bytes"),
        (["docs", "--records", "cells", "--to", "csv"], 0, "write   -: cells"),
        (["docs", "-o", "x.json"], 0, "write   x.json: documents, nested"),
        (["docs", "-o", "x.duckdb", "--records", "cells"], 0, "write   x.duckdb: cells"),
        (["docs", "-o", "out", "--to", "csv", "--records", "cells"], 0, "write   out/cells.csv"),
        (["docs", "-o", "out", "--file-size", "9", "--records", "cells"], 0, "write   out/cells/"),
        (["docs", "-o", "out", "--to", "markdown"], 0, "write   out/: a file for each document"),
    ],
)  # fmt: skip
def test_a_dry_run_of_each_kind_of_output(folder: Path, arguments: list[str], code: int, line: str) -> None:
    result = invoke("convert", *arguments, "--dry-run", code=code)
    assert any(step.startswith(line) for step in result.stdout.splitlines()), result.stdout
    assert [path.name for path in folder.iterdir()] == ["docs"]


def test_a_dry_run_refuses_what_the_run_refuses(folder: Path) -> None:
    invoke("convert", "docs", "-o", "out", "-j", "1", code=0)
    invoke("convert", "docs", "-o", "cells.csv", "--records", "cells", "-j", "1", code=0)
    for arguments, message in (
        (["-o", "out"], "already holds an output; choose another output or pass --overwrite"),
        (["-o", "cells.csv", "--records", "cells"], "already exists; pass --overwrite"),
        (["-o", "x.csv"], "csv holds one record per file"),
        (["-o", "new", "--report", "r.json"], "--dry-run writes nothing; leave out --report and --openlineage"),
    ):
        result = invoke("convert", "docs", *arguments, "--dry-run")
        assert result.exit_code in (1, 2) and message in result.stderr
    assert invoke("convert", "docs", "-o", "out", "--overwrite", "-n", "-q", code=0).stderr == ""


# -- completion


def complete(*words: str) -> list[str]:
    """Return what bash would be given to complete the last word."""
    environment = {"_PARQUETRY_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words)}
    environment["COMP_CWORD"] = str(len(words) - 1)
    program = "import sys; sys.argv[0] = 'parquetry'; from converter.cli import app; app(prog_name='parquetry')"
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, env={**ENVIRONMENT, **environment}, capture_output=True, text=True, check=False)
    return result.stdout.split()


def test_names_are_completed() -> None:
    complete_name = completing(lambda: ["cells", "code_blocks", "links"])
    assert complete_name("c") == ["cells", "code_blocks"] and complete_name("x") == []
    complete_names = completing(lambda: ["cells", "code_blocks", "links"], separated=True)
    assert complete_names("cells,c") == ["cells,code_blocks"] and complete_names("cells,x,") == [
        "cells,x,code_blocks", "cells,x,links",
    ]  # fmt: skip


def test_a_broken_plugin_completes_nothing() -> None:
    def names() -> list[str]:
        raise PluginError("broken")

    assert completing(names)("c") == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "words, names",
    [
        (["convert", "--records", "documents,se"], ["documents,sections"]),
        (["convert", "--without-rule", "table_gr"], ["table_grid"]),
        (["convert", "--repair", ""], ["off", "safe", "full"]),
        (["convert", "--compression", "s"], ["snappy"]),
        (["convert", "--schema", "ch"], ["changelog"]),
        (["check", "-s", "ad"], ["adr"]),
        (["convert", "--to", "sq"], ["sqlite"]),
        (["tables", "--to", "m"], ["markdown"]),
        (["records", "li"], ["list_items", "links"]),
        (["rules", "marg"], ["margin"]),
        (["schema", "show", "ch"], ["changelog"]),
        (["convert", "nothing_that_exis"], []),
    ],
)
def test_each_command_completes_its_names(words: list[str], names: list[str]) -> None:
    assert complete("parquetry", *words) == names


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes_records(tmp_path: Path) -> None:
    program = tmp_path / "parquetry"
    program.write_text(f"#!{sys.executable}\nfrom converter.__main__ import main\nmain()\n")
    program.chmod(0o755)
    script = (
        'eval "$(parquetry --show-completion bash)"; COMP_WORDS=(parquetry convert --records documents,se); '
        'COMP_CWORD=3; _parquetry_completion parquetry; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    environment = {**ENVIRONMENT, "PATH": f"{tmp_path}:{ENVIRONMENT['PATH']}", "PYTHONPATH": str(PROJECT)}
    environment["_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"] = "1"
    result = subprocess.run(
        ["bash", "--norc", "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout == "documents,sections\n", result.stderr


# -- compression


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_parquet_files_have_the_requested_compression(folder: Path, compression: str) -> None:
    invoke("convert", "docs", "-o", "x.parquet", "--records", "cells", "--compression", compression, "-j", "1", code=0)
    column = pq.ParquetFile(folder / "x.parquet").metadata.row_group(0).column(0)
    assert column.compression == {"none": "UNCOMPRESSED"}.get(compression, compression.upper())


def test_other_outputs_have_no_compression(folder: Path) -> None:
    for arguments, message in (
        (["-o", "out", "--to", "csv"], "csv output is not compressed; leave out --compression, or use parquet"),
        (["-o", "x.duckdb"], "--compression needs an output file or folder"),
    ):
        assert message in invoke("convert", "docs", *arguments, "--compression", "gzip", code=2).stderr


# -- tables


def test_tables_of_a_folder_as_json(folder: Path) -> None:
    (folder / "docs" / "c.md").write_text(f"{TABLE}\n| day |\n|---|\n| 2024-05-01 |\n")
    tables = json.loads(invoke("tables", "docs", "--to", "json", code=0).stdout)
    assert [(table["source"], table["table_id"]) for table in tables] == [
        ("docs/a.md", 0), ("docs/c.md", 0), ("docs/c.md", 1),
    ]  # fmt: skip
    assert tables[0]["rows"] == [{"city": "Oslo", "price": 12}] and tables[0]["line_start"] == 3
    assert tables[2]["rows"] == [{"day": "2024-05-01"}] and tables[2]["columns"][0]["type"] == "date32[day]"


def test_json_is_a_list_of_tables_however_many_there_are(folder: Path) -> None:
    assert len(json.loads(invoke("tables", "docs/a.md", "--to", "json", code=0).stdout)) == 1
    assert invoke("tables", "docs/b.md", "--to", "json", code=0).stdout == "[]\n"
    selected = invoke("tables", "docs/a.md", "--to", "json", "--select", "0", code=0).stdout
    assert json.loads(selected) == [{"city": "Oslo", "price": 12}]


@pytest.mark.parametrize(
    "command",
    [["show"], ["inspect", "-o", "-"], ["tables"], ["infer"], ["check", "-s", "changelog"], ["fix", "--check"]],
    ids=lambda command: command[0],
)
def test_files_of_other_kinds_are_read_by_each_command(folder: Path, command: list[str]) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "a.rst").write_text(f"# A\n\n{TABLE}")
    verb, *arguments = command
    assert "no document" in invoke(verb, "other", *arguments).output
    result = invoke(verb, "other", *arguments, "--include", "*.rst")
    assert "no document" not in result.output and result.exit_code in (0, 1)
