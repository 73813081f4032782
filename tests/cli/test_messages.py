"""What each command prints, word for word, and its exit code."""

from __future__ import annotations

import errno
import json
import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from converter.cli import messages
from converter.cli.console import in_flags
from converter.cli.diff import lines_of
from converter.cli.progress import _count
from converter.cli.show import parse_lines
from converter.engine.compare import RecordChange
from converter.errors import UsageError
from converter.model.report import Report
from converter.plugins import Plugin
from converter.records import RECORDS
from converter.show.outline import Lines
from tests.support.commands import invoke
from tests.support.local_spark import LocalSpark

SCHEMA = """name: town
from: rows
onViolation: reject
fields:
  - {name: city}
  - {name: size, type: integer}
"""
TOWNS = "# T\n\n| city | size |\n|---|---|\n| Rome | 3 |\n| Bern | x |\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Provide the working folder."""
    (tmp_path / "a.md").write_text(TOWNS)
    (tmp_path / "b.md").write_text("text\n")
    (tmp_path / "s.yaml").write_text(SCHEMA)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def stderr_of(*arguments: str, code: int = 0) -> list[str]:
    """Return the messages of a command, without times."""
    lines = invoke(*arguments, code=code).stderr.splitlines()
    return [re.sub(r"\d+\.\d s(, [\d.]+ MB/s)?", "TIME", line) for line in lines]


def test_a_run_ends_with_a_summary(folder: Path) -> None:
    assert stderr_of("convert", "a.md", "b.md", "-o", "out", "--records", "sections,cells", "--schema", "s.yaml") == [
        'a.md:6: warning: size: "x" is not a valid integer [rejected_record]',
        "2 documents, 8 rows, 0 repairs, 1 problem, TIME",
        "town: 2 matched, 1 accepted, 1 rejected",
        "written to out: cells.parquet sections.parquet",
    ]


def report(**values: Any) -> Report:
    return Report(**{"documents": 3, "seconds": 1.0, "written": True, "rows": {"sections": 7}, **values})


@pytest.mark.parametrize(
    ("values", "verbose", "lines"),
    [
        ({"documents": 1, "rows": {"sections": 1}}, False, ["1 document, 1 row, 0 repairs, 0 problems, 1.0 s"]),
        ({"skipped": 1000, "removed": 2, "kept": 1, "failed": 4}, False, [
            "3 documents, 1,000 unchanged, 2 removed, 1 kept as before, 4 not read, 7 rows, 0 repairs, 0 problems, "
            "1.0 s",
        ]),
        ({"kept": 1, "listing_complete": False}, False, [
            "3 documents, 1 kept as before, 7 rows, 0 repairs, 0 problems, 1.0 s",
            "not all sources could be listed, so no document counts as removed",
        ]),
        ({"documents": 0, "failed": 1, "written": False, "sources": 1, "errors": 1}, False, [
            "0 documents, 1 not read, 7 rows, 0 repairs, 0 problems, 1.0 s",
            "nothing could be read; nothing was written",
        ]),
        ({"documents": 0, "skipped": 2, "written": False}, False, [
            "0 documents, 2 unchanged, 7 rows, 0 repairs, 0 problems, 1.0 s",
            "nothing has changed; the output is as it was",
        ]),
        ({"failed": 1, "errors": 1}, False, [
            "3 documents, 1 not read, 7 rows, 0 repairs, 0 problems, 1.0 s",
            "the output was written; see problems for what could not be read",
        ]),
        ({"bytes": 2_500_000, "matched": {"sections": 1009}}, False, [
            "3 documents, 7 rows, 0 repairs, 0 problems, 1.0 s, 2.5 MB/s",
            "sections: 1,009 matched, 7 accepted, 1,002 rejected",
        ]),
        ({"outputs": [Path("out/a"), Path("x/c"), Path("out/b"), "db.duckdb"]}, False, [
            "3 documents, 7 rows, 0 repairs, 0 problems, 1.0 s",
            "written to out: a b", "written to x: c", "written to db.duckdb",
        ]),
        ({"datasets": {"city": 2000}, "repairs": {"margin": 2, "chrome": 1000}, "problem_codes": {"empty": 1}}, True, [
            "3 documents, 7 rows, 1 data set, 1,002 repairs, 1 problem, 1.0 s",
            "  sections              7 rows", "  datasets/city 2,000 rows",
            "  repaired 1,000 x chrome", "  repaired 2 x margin", "  problem 1 x empty",
        ]),
    ],
)  # fmt: skip
def test_a_summary_says_what_was_done(
    values: dict[str, Any], verbose: bool, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("repairs", "problem_codes"):
        if name in values:
            values = {**values, name: Counter(values[name])}
    messages.report_run(report(**values), verbose)
    assert capsys.readouterr().err.splitlines() == lines


def test_problems_are_listed_up_to_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"source": "a", "line_start": number or None, "severity": "error" if number % 2 else "warning", "message": "m",
         "code": "c"} for number in range(50)
    ]  # fmt: skip
    result = report(problems=rows, problem_codes=Counter(c=60), errors=30)

    def listed(quiet: bool, verbose: bool) -> list[str]:
        messages.report_problems(result, quiet, verbose)
        return capsys.readouterr().err.splitlines()

    assert listed(False, False)[:2] == ["a: warning: m [c]", "a:1: error: m [c]"]
    assert (len(listed(False, False)), listed(False, False)[-1]) == (
        21,
        "... and 40 more problems; --verbose lists them",
    )
    assert (len(listed(False, True)), listed(False, True)[-1]) == (
        51,
        "... and 10 more problems; see the record problems",
    )
    assert (len(listed(True, False)), listed(True, False)[-1]) == (21, "... and 10 more problems; --verbose lists them")
    assert (len(listed(True, True)), listed(True, True)[-1]) == (26, "... and 5 more problems; see the record problems")


def test_a_report_is_a_file_or_on_stderr(folder: Path) -> None:
    quiet = ("convert", "b.md", "-o", "out", "--overwrite", "--quiet", "--report")
    assert stderr_of(*quiet, "r.json") == []
    text = (folder / "r.json").read_text()
    assert json.loads(text)["documents"] == 1 and text.endswith("\n}\n") and '\n  "documents": 1,' in text
    assert json.loads("\n".join(stderr_of(*quiet, "-")))["documents"] == 1
    assert stderr_of(*quiet, "a.md/r.json", code=3)[0].startswith(
        "parquetry: the report was not written; everything else was done: "
    )


def test_a_difference_is_told_by_record_column_and_document(folder: Path) -> None:
    arguments = ("--records", "documents,cells,datasets", "-o")
    invoke("convert", "a.md", "b.md", *arguments, "old", code=0)
    (folder / "a.md").write_text(TOWNS.replace("| x |", "| 4 |"))
    (folder / "b.md").write_text("| tree |\n|---|\n| oak |\n")
    invoke("convert", "a.md", "b.md", *arguments, "new", code=0)
    result = invoke("diff", "old", "new", code=1)
    lines = result.stdout.splitlines()
    assert "datasets/city__size: column size: string, now int64" in lines
    assert "datasets/tree: only in new" in lines and "cells: b.md: 1 added" in lines
    assert "cells: a.md: 1 removed, 1 added" in lines
    assert re.fullmatch(r"2 documents and \d records differ\n", result.stderr)
    assert invoke("diff", "old", "old", code=0).stderr == "equal\n"
    assert invoke("diff", "old", "new", "--quiet", code=1).stderr == ""
    rows = invoke("diff", "old", "new", "--rows", code=1).stdout
    assert re.search(r'^  - \{.*"text": "x"', rows, re.M) and re.search(r'^  \+ \{.*"text": "4"', rows, re.M)
    assert json.loads(invoke("diff", "old", "new", "--to", "json", code=1).stdout)["datasets/tree"]["only_in"] == "new"
    assert "unknown format yaml; choose from text, json" in invoke("diff", "old", "new", "--to", "yaml", code=2).stderr


def test_a_column_that_only_one_output_has_is_absent_from_the_other() -> None:
    change = RecordChange("", {"a": (None, "string"), "b": ("int64", None)}, [])
    assert [*lines_of({"cells": change, "links": RecordChange("old")}, "x", "y")] == [
        "cells: column a: absent, now string", "cells: column b: int64, now absent", "links: only in x",
    ]  # fmt: skip


def test_plugins_are_listed_with_their_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Plugin("rules", "stars", "kit", "1.2", "kit:stars"), Plugin("formats", "x", "kit", "1.2", "kit.none:x")]
    for function in ("converter.cli.plugins.installed_plugins", "converter.plugins.plugins"):
        monkeypatch.setattr(function, lambda: found)
    rows = json.loads(invoke("plugins", "--to", "json", code=1).stdout)
    assert [[row[name] for name in ("kind", "name", "distribution", "version", "place")] for row in rows] == [
        ["repair rule", "stars", "kit", "1.2", "kit:stars"], ["format", "x", "kit", "1.2", "kit.none:x"],
    ]  # fmt: skip
    assert list(rows[0]) == ["kind", "name", "distribution", "version", "place", "fault"]
    assert all("cannot be imported" in row["fault"] for row in rows)
    listing = invoke("plugins", code=1).stdout
    assert re.match(r" *kind +name +distribution +version +place +fault", listing)
    assert re.search(r"repair rule +stars +kit +1\.2 +kit:stars", listing)


def test_a_page_is_written_with_its_size(folder: Path) -> None:
    (line,) = stderr_of("inspect", "a.md", "b.md", "-o", "page.html")
    assert line == f"written to page.html: 2 documents, {(folder / 'page.html').stat().st_size:,} bytes"


def test_records_are_listed_and_shown() -> None:
    listing = invoke("records", code=0).stdout
    assert re.match(r" *record +key +description", listing) and re.search(r"^ *problems +none ", listing, re.M)
    shown = invoke("records", "cells", code=0).stdout
    assert shown.startswith(f"cells: {RECORDS['cells'].description}\nkey: doc_id, ")
    assert "(doc_id, table_id) -> tables (doc_id, table_id)\n" in shown


def test_schemas_are_listed_shown_and_tried_again(folder: Path) -> None:
    listing = invoke("schema", "list", code=0).stdout
    assert listing.startswith("adr                document     One architecture decision, with its status, ")
    assert invoke("schema", "show", "s.yaml", code=0).stdout == SCHEMA
    assert json.loads(invoke("schema", "format", code=0).stdout)["$schema"]
    invoke("convert", "a.md", "-o", "out", "--schema", "s.yaml", "--quiet", code=0)
    replay = ("schema", "replay", "out/problems.parquet", "-o", "again.parquet", "--overwrite", "-s")
    assert stderr_of(*replay, "s.yaml", code=1) == [
        'line 6: town: size: "x" is not a valid integer', "town: 0 accepted, 1 still rejected",
    ]  # fmt: skip
    (folder / "s.yaml").write_text(SCHEMA.replace("integer", "string"))
    assert stderr_of(*replay, "s.yaml") == ["town: 1 accepted, 0 still rejected"]
    assert pq.read_table(folder / "again.parquet")["city"].to_pylist() == ["Bern"]


def test_a_document_that_is_fixed_is_named(folder: Path) -> None:
    (folder / "c.md").write_text("a &amp;amp; b\n")
    assert stderr_of("fix", "b.md", "c.md", "--in-place") == ["changed c.md", "1 of 2 documents changed"]
    assert (folder / "c.md").read_text() == "a &amp; b\n"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (None, Lines()), ("10-40", Lines(10, 40)), ("10-", Lines(10)), (" 10 ", Lines(10, 10)), ("7-7", Lines(7, 7)),
        ("7-6", "ends before it begins"), ("x", "is not a range of lines"), ("-3", "is not a range of lines"),
        ("1-2-3", "is not a range of lines"),
    ],
)  # fmt: skip
def test_a_range_of_lines(text: str | None, lines: Lines | str) -> None:
    if isinstance(lines, str):
        with pytest.raises(UsageError, match=lines):
            parse_lines(text)
    else:
        assert parse_lines(text) == lines


def test_only_the_lines_of_a_range_are_shown(folder: Path) -> None:
    (folder / "c.md").write_text("# One\n\nfirst\n\n# Two\n\nsecond\n")
    assert "first" in invoke("show", "c.md", code=0).stdout
    shown = invoke("show", "c.md", "--lines", "5-7", code=0).stdout
    assert "second" in shown and "first" not in shown


def test_documents_are_counted_by_their_names(folder: Path) -> None:
    (folder / "d").mkdir()
    for name in ("a.md", "b.MD", "c.txt", "d.png"):
        (folder / "d" / name).touch()
    assert [_count(sources) for sources in (["d"], ["d", "a.md"], ["a.md", "none.md"], ["*.md"], [])] == [
        3,
        4,
        None,
        None,
        0,
    ]


@pytest.mark.parametrize(
    ("argument", "flag"),
    [
        ("out", "-o"), ("text_column", "--text-column"), ("key_column", "--key-column"), ("keep", "--keep"),
        ("to", "--to"), ("ignore=False", "--no-ignore"), ("maximum_bytes", "--max-bytes"), ("nothing", "`nothing`"),
    ],
)  # fmt: skip
def test_a_message_names_the_flag_of_an_argument(argument: str, flag: str) -> None:
    assert in_flags(f"pass `{argument}` to go on") == f"pass {flag} to go on"


def test_a_dry_run_says_what_would_be_done(folder: Path) -> None:
    run = ("convert", "a.md", "b.md", "-o", "out", "--incremental", "--max-removed", "100%")
    stderr_of(*run)
    (folder / "b.md").unlink()
    steps = invoke(*run, "--dry-run", code=3)
    assert steps.stderr == "dry run: 0 documents to convert, 1 unchanged, 1 not readable; nothing was written\n"
    assert invoke("convert", "a.md", *run[3:], "--dry-run", code=0).stderr == (
        "dry run: 0 documents to convert, 1 unchanged, 1 to remove; nothing was written\n"
    )


def test_a_command_needs_a_source(folder: Path) -> None:
    message = "name a SOURCE, or --files-from, --events or --query"
    assert message in invoke("convert", "-o", "out", code=2).stderr
    (folder / "list.txt").write_text("b.md\n")
    assert stderr_of("convert", "--files-from", "list.txt", "-o", "out", "-q") == []
    refusal = invoke("convert", "--query", "select 'x' as body, 'k' as key", "-o", "out2", code=2).stderr
    assert message not in refusal


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (OSError(errno.ENOSPC, "No space left"), 1, "standard output: cannot be written: No space left"),
        (OSError(errno.EACCES, "Permission denied", "x"), 1, "x: cannot be written: Permission denied"),
        (OSError(errno.EPERM, "Not permitted"), 1, "Not permitted"),
        (MemoryError(), 1, "memory ran out; give the process more memory, or split large documents"),
        (ValueError("odd"), 1, r"this is a bug in Parquetry, please report it: ValueError: odd \(\w+\.py:\d+\)"),
        (BrokenPipeError(), 141, None),
    ],
)  # fmt: skip
def test_an_error_is_one_line_and_an_exit_code(
    error: BaseException, code: int, message: str | None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any) -> None:
        raise error

    monkeypatch.setattr("converter.cli.discard_output", lambda: None)
    monkeypatch.setattr("converter.cli.rules.open_console", fail)
    result = invoke("rules", code=code)
    assert re.fullmatch(f"parquetry: {message}\n" if message else "", result.stderr), result.stderr


# -- Spark


@pytest.fixture
def spark(folder: Path, monkeypatch: pytest.MonkeyPatch) -> LocalSpark:
    """Provide a session that the command joins."""
    pytest.importorskip("pyspark", reason="PySpark is not installed: pip install -e '.[spark]'")
    session = LocalSpark(monkeypatch)
    monkeypatch.setattr("converter.cli.spark.start_session", lambda *arguments: session)
    monkeypatch.setattr("converter.cli.spark.show_frames", lambda: None)
    return session


@pytest.mark.slow  # needs PySpark
@pytest.mark.usefixtures("spark")
def test_a_run_on_spark_ends_with_a_summary(folder: Path) -> None:
    arguments = ("spark", "convert", "a.md", "b.md", "-o", "out", "--records", "sections", "--report", "r.json")
    lines = stderr_of(*arguments)
    assert lines == ["2 documents, 3 rows, 0 repairs, 0 problems, TIME", "written to out: sections"]
    assert json.loads((folder / "r.json").read_text())["documents"] == 2
    lines = stderr_of("spark", "convert", "a.md", "-o", "out2", "--schema", "s.yaml", "--only-schema")
    assert lines[2:] == ["town: 2 matched, 1 accepted, 1 rejected", "written to out2: problems town"]


@pytest.mark.slow  # needs PySpark
@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name a SOURCE or a --query"),
        (("a.md", "--query", "select 1", "--text-column", "a", "--key-column", "b"), "name a SOURCE or a --query"),
        (("--query", "select 1"), "--text-column and --key-column go together; --keep and --query go with them"),
        (("a.md", "--text-column", "a"), "--text-column and --key-column go together"),
        (("a.md", "--key-column", "a"), "--text-column and --key-column go together"),
        (("a.md", "--keep", "a"), "--text-column and --key-column go together"),
        (("a.md", "--to", "json", "--layout", "files"), "nested JSON is one file"),
    ],
)
def test_arguments_that_do_not_go_together_on_spark_are_refused(arguments: tuple[str, ...], message: str) -> None:
    assert message in invoke("spark", "convert", *arguments, "-o", "out", code=2).stderr


@pytest.mark.slow  # needs PySpark
@pytest.mark.usefixtures("spark")
@pytest.mark.parametrize("error", [None, RuntimeError("lost")])
def test_a_stream_on_spark_prints_each_batch(
    error: Exception | None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[dict[str, Any]] = []

    class Query:
        def awaitTermination(self) -> None:
            if error is not None:
                raise error

    def stream(*arguments: Any, **values: Any) -> Query:
        calls.append({"arguments": arguments[1:], **values})
        values["on_report"](report(documents=1))
        return Query()

    monkeypatch.setattr("converter.spark.stream", stream)
    arguments = ("in", "-o", "out", "--checkpoint", "state", "--every", "5", "--schema", "s.yaml", "--max-bytes", "99")
    lines = stderr_of("spark", "stream", *arguments, code=0 if error is None else 1)
    assert lines[0] == "1 document, 7 rows, 0 repairs, 0 problems, TIME"
    assert lines[1:] == ([] if error is None else [
        "parquetry: the stream stopped: lost; restart it to continue where it stopped",
    ])  # fmt: skip
    (call,) = calls
    assert (call["arguments"], call["every"]) == (("in", "out", Path("state")), 5.0)
    assert [schema.name for schema in call["options"].schemas] == ["town"] and call["options"].maximum_bytes == 99
    assert (call["output"].mode, call["output"].format) == ("append", "parquet")


@pytest.mark.slow  # needs PySpark
@pytest.mark.parametrize(
    ("master", "environment", "calls"),
    [
        (None, {}, [("master", "local[*]")]),
        ("local[2]", {}, [("master", "local[2]")]),
        ("sc://host", {}, [("remote", "sc://host")]),
        (None, {"SPARK_REMOTE": "sc://x"}, []),
        (None, {"MASTER": "local"}, []),
    ],
)
def test_a_session_is_started_or_joined(
    master: str | None, environment: dict[str, str], calls: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = pytest.importorskip("pyspark.sql", reason="PySpark is not installed: pip install -e '.[spark]'")
    from converter.cli import spark as module

    made: list[Any] = []

    class Builder:
        def __getattr__(self, name: str) -> Any:
            def call(*arguments: str) -> Any:
                made.append((name, *arguments))
                return self

            return call

        def getOrCreate(self) -> str:
            return "session"

    for name in ("PYSPARK_GATEWAY_PORT", "SPARK_REMOTE", "MASTER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYSPARK_PYTHON", os.environ.get("PYSPARK_PYTHON", ""))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sql.SparkSession, "builder", Builder())
    assert str(module.start_session(master, ["spark.x=1=2"])) == "session"
    settings = [
        ("appName", "parquetry"),
        ("config", "spark.ui.showConsoleProgress", "false"),
        ("config", "spark.x", "1=2"),
    ]
    default = [("master", module.DEFAULT_MASTER)] if calls == [("master", "local[*]")] else calls
    assert made == [*settings, *default]
    with pytest.raises(UsageError, match="'x' is not KEY=VALUE"):
        module.start_session(master, ["x"])
