"""The lowest versions that pyproject.toml allows must work (T30): `.ci/run` runs this with them installed.

It needs only pytest besides the package and its extras, and takes seconds: every module is imported, and every room is
used once. It must also pass with the newest versions.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml

import converter
from tests.support.commands import ENVIRONMENT, in_terminal, run

TEXT = """---
title: Report
---

# Prices

| City | Price ($) | Since | |
|---|---:|---|---|
| Rome | 5.50 | 2024-04-03 | a |
| Oslo | n/a | 2023-12-25 | |

- **Label:** a [link](http://a.b) and http://c.d, ~~gone~~ `code`, $x^2$[^1]
- [x] done

[^1]: A note.

Term
: What it means.

<div>

```py
pass
```

</div>
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.md").write_text(TEXT)
    (tmp_path / "scraped.txt").write_text("Title\n• one\n• two\nA paragraph that goes on, and ends here.\n" * 5)
    return tmp_path


COUNTS = {
    "documents": 1, "list_items": 2, "tables": 1, "cells": 8, "links": 2, "images": 0, "code_blocks": 1, "footnotes": 1,
    "definitions": 1,
}  # fmt: skip
PACKAGE = Path(converter.__file__).parent
OF_OTHER_EXTRAS = {"spark", "office_pages", "slides", "workbook", "charts", "pdf", "word"}
"""Modules of the extras spark and office, which this environment lacks."""
MODULES = [path.relative_to(PACKAGE.parent).with_suffix("").parts for path in sorted(PACKAGE.rglob("*.py"))]


def test_every_module_can_be_imported() -> None:
    """In a separate process, because the command line hides pandas from pyarrow while it runs."""
    names = [".".join(parts) for parts in MODULES if OF_OTHER_EXTRAS.isdisjoint(parts) and "__" not in parts[-1]]
    code = f"from importlib import import_module; [import_module(name) for name in {names}]"
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, cwd=PACKAGE.parent)


def test_every_record_is_written_with_its_rows(folder: Path) -> None:
    report = converter.convert(folder, folder / "out", jobs=2)
    assert (report.documents, report.errors) == (2, 0)
    assert {name: pq.read_metadata(folder / "out" / f"{name}.parquet").num_rows for name in report.rows} == report.rows
    document = converter.read(folder / "a.md")
    counts = {name: document.to_arrow(name).num_rows for name in COUNTS}
    assert counts == COUNTS
    (frame,) = converter.read_tables(folder / "a.md")
    assert [str(type) for type in frame.dtypes][1:3] == ["decimal128(18, 2)[pyarrow]", "date32[day][pyarrow]"]


@pytest.mark.parametrize("format", ["csv", "json", "ndjson"])
def test_every_format_is_written(folder: Path, format: str) -> None:
    assert b"Rome" in run("convert", "a.md", "--records", "cells", "--to", format, cwd=folder, code=0).stdout


TARGETS = {"x.duckdb": "duckdb", "delta://lake": "deltalake", "iceberg://test/lake": "pyiceberg", "out": "pyarrow"}
"""An output, and the package that it needs."""


@pytest.mark.parametrize("out", TARGETS)
def test_every_target_takes_an_incremental_run(folder: Path, out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(TARGETS[out])
    monkeypatch.setitem(ENVIRONMENT, "PYICEBERG_CATALOG__TEST__URI", f"sqlite:///{folder}/catalog.db")
    monkeypatch.setitem(ENVIRONMENT, "PYICEBERG_CATALOG__TEST__WAREHOUSE", f"file://{folder}/warehouse")
    run("convert", "a.md", "-o", out, "--incremental", cwd=folder, code=0)
    run("convert", "a.md", "scraped.txt", "-o", out, "--incremental", cwd=folder, code=0)
    if "://" not in out and pytest.importorskip("duckdb"):
        query = "select count(*) as n from documents"
        assert run("sql", query, out, "--to", "csv", cwd=folder, code=0).stdout.split() == [b"n", b"2"]


def test_a_terminal_gets_text_but_no_binary_output(folder: Path) -> None:
    for command in (["convert", "a.md", "--records", "cells"], ["tables", "a.md", "--to", "parquet"]):
        code, out, err = in_terminal(*command, cwd=folder)
        assert (code, "PAR1" in out, "to a terminal" in err) == (2, False, True), err
    code, out, _ = in_terminal("show", "a.md", cwd=folder)
    assert code == 0 and "Prices" in out
    code, out, _ = in_terminal("--help", cwd=folder)
    assert code == 0 and "convert" in out
    assert run("inspect", "a.md", "-o", "a.html", cwd=folder, code=0).returncode == 0
    assert (folder / "a.html").read_bytes().startswith(b"<!doctype html>")


def test_a_drafted_schema_can_be_checked(folder: Path) -> None:
    draft = run("infer", "a.md", cwd=folder, code=0).stdout
    assert yaml.safe_load(draft)
    (folder / "s.yaml").write_bytes(draft)
    run("check", "a.md", "--schema", "s.yaml", cwd=folder, code=0)
