"""The command line, as a shell runs it: real processes, pipes, terminals and signals."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from converter.destination import DATABASES
from converter.records import RECORDS, default_records
from converter.repair import RULES
from converter.version import __version__
from converter.write import FORMATS
from tests.support.commands import ENVIRONMENT, in_terminal, run, start, wait_for_handlers
from tests.support.documents import TEXT
from tests.support.folders import folder_of
from tests.support.paths import PROJECT

RAGGED = "| a |\n|---|\n| 1 | 2 |\n"
BROKEN = "---\ntitle: [1\n---\ntext\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.md").write_text(TEXT)
    return tmp_path


# -- destinations of the output


def test_standard_output_gets_one_record_and_nothing_else(folder: Path) -> None:
    result = run("convert", "a.md", "--records", "list_items", "--to", "csv", cwd=folder, code=0)
    rows = list(csv.DictReader(io.StringIO(result.stdout.decode(), newline="")))
    assert [(row["label"], row["value"]) for row in rows] == [("a", "1"), ("b", "2")]
    assert re.match(rb"1 document, \d+ rows, 0 repairs, 0 problems, ", result.stderr)
    assert folder_of(folder) == ["a.md"]


def test_standard_input_converts_to_nested_json(folder: Path) -> None:
    result = run("convert", "-", "--to", "json", cwd=folder, stdin=TEXT.encode(), code=0)
    (document,) = json.loads(result.stdout)
    assert (document["source"], document["title"]) == ("-", "Title")


def test_parquet_is_written_to_a_pipe(folder: Path) -> None:
    result = run("convert", "a.md", "--records", "cells", cwd=folder, code=0)
    assert pq.read_table(io.BytesIO(result.stdout)).column("text").to_pylist() == ["1", "2"]


@pytest.mark.parametrize("format", FORMATS)
def test_a_folder_holds_every_record_in_each_format(folder: Path, format: str) -> None:
    result = run("convert", "a.md", "-o", "out", "--to", format, cwd=folder, code=0)
    assert result.stdout == b""
    names = [path.name for path in (folder / "out").iterdir() if path.is_file()]
    suffix = FORMATS[format].suffix
    records = {"documents.json"} if format == "json" else {name + suffix for name in default_records(has_chunks=False)}
    assert {name for name in names if not name.startswith("_")} == records
    assert not [name for name in folder_of(folder) if name.startswith(".")]


@pytest.mark.parametrize("format", FORMATS)
def test_the_suffix_of_a_file_decides_its_format(folder: Path, format: str) -> None:
    name = "x" + FORMATS[format].suffix
    run("convert", "a.md", "--out", name, "--records", "cells", cwd=folder, code=0)
    data = (folder / name).read_bytes()
    result = run("convert", "a.md", "--records", "cells", "--to", format, cwd=folder, code=0)
    assert data == result.stdout
    assert folder_of(folder) == sorted(["a.md", name])


def test_only_the_named_records_are_written(folder: Path) -> None:
    run("convert", "a.md", "-o", "out", "--records", " cells , sections,cells", "--to", "ndjson", cwd=folder, code=0)
    assert folder_of(folder / "out") == ["_manifest.json", "cells.ndjson", "sections.ndjson"]


# -- every option


def test_quiet_prints_errors_only(folder: Path) -> None:
    (folder / "ragged.md").write_text(RAGGED)
    for option in ("-q", "--quiet"):
        result = run("convert", "ragged.md", "--records", "cells", "--to", "csv", option, cwd=folder, code=0)
        assert result.stderr == b""
    result = run("convert", "a.md", "gone.md", "--records", "cells", "--to", "csv", "-q", cwd=folder, code=3)
    assert result.stderr == b"gone.md: error: no such file or folder; check the path [not_found]\n"


def test_verbose_lists_every_problem_and_all_rows(folder: Path) -> None:
    (folder / "ragged.md").write_text("| a |\n|---|\n" + "| 1 | 2 |\n" * 30)
    command = ["convert", "ragged.md", "--records", "cells", "--to", "csv"]
    log = run(*command, cwd=folder, code=0).stderr.decode()
    assert log.count("[ragged_row]") == 20
    assert "... and 10 more problems; --verbose lists them" in log
    for option in ("-v", "--verbose"):
        verbose_log = run(*command, option, cwd=folder, code=0).stderr.decode()
        assert verbose_log.count("[ragged_row]") == 30
        assert re.search(r"^  cells +60 rows$", verbose_log, re.MULTILINE)
    assert "ragged.md:3: warning: " in log


def test_existing_output_is_replaced_only_with_overwrite(folder: Path) -> None:
    command = ["convert", "a.md", "-o", "out", "--to", "csv", "--records", "cells"]
    run(*command, cwd=folder, code=0)
    (folder / "out" / "mine.txt").write_text("kept")
    (folder / "out" / "cells.csv").write_text("old")
    assert b"--overwrite" in run(*command, cwd=folder, code=1).stderr
    assert (folder / "out" / "cells.csv").read_text() == "old"
    run(*command, "--overwrite", cwd=folder, code=0)
    assert (folder / "out" / "cells.csv").read_text() != "old"
    assert folder_of(folder / "out") == ["_manifest.json", "cells.csv", "mine.txt"]


def test_spreadsheet_safe_escapes_formulas(folder: Path) -> None:
    (folder / "f.md").write_text("| a |\n|---|\n| =1+1 |\n| -5 |\n")
    command = ["convert", "f.md", "--records", "cells", "--to", "csv"]
    assert b",'=1+1," in run(*command, "--spreadsheet-safe", cwd=folder, code=0).stdout
    assert b",-5," in run(*command, "--spreadsheet-safe", cwd=folder, code=0).stdout
    assert b",=1+1," in run(*command, cwd=folder, code=0).stdout


def test_max_bytes_limits_the_size_of_documents(folder: Path) -> None:
    result = run("convert", "a.md", "--max-bytes", "10", "--records", "cells", "--to", "csv", cwd=folder, code=1)
    assert b"[too_large]" in result.stderr
    assert run("convert", "a.md", "--max-bytes", "0", cwd=folder, code=2).stdout == b""


def test_running_out_of_memory_is_reported(folder: Path) -> None:
    """Running out of memory in a document is a problem; elsewhere, such as while writing files, it ends the run."""
    program = """
import converter.cli, converter.output.parts
def fail(*arguments): raise MemoryError
converter.output.parts.Parts.join = fail
converter.cli.main()
"""
    result = subprocess.run(
        [sys.executable, "-c", program, "convert", "a.md", "-o", "out"],
        cwd=folder, env=ENVIRONMENT, capture_output=True, check=False,
    )  # fmt: skip
    assert (result.returncode, result.stderr.decode()) == (
        1,
        "parquetry: memory ran out; give the process more memory, or split large documents\n",
    )
    assert folder_of(folder) == ["a.md"]


def test_repair_and_without_rule_choose_the_rules(folder: Path) -> None:
    (folder / "d.md").write_text("A paragraph.\n\n• one\n• two\n")
    command = ["convert", "d.md", "--records", "repairs", "--to", "ndjson"]

    def rules(*options: str) -> set[str]:
        out = run(*command, *options, cwd=folder, code=0).stdout.decode()
        return {json.loads(line)["rule"] for line in out.splitlines()}

    assert "odd_bullet" in rules()
    assert rules() == rules("--repair", "full")
    assert rules("--repair", "off") == set()
    assert "odd_bullet" not in rules("--without-rule", "odd_bullet")
    assert rules(*(part for rule in RULES for part in ("--without-rule", rule.name))) == set()


TYPED = "| a | b | day |\n|---|---|---|\n| 1,234 | n.v. | 01/02/2024 |\n| 2,345 | 3 | 03/02/2024 |\n"


@pytest.mark.parametrize(
    "options, types",
    [
        ([], ["int64", "string", "string"]),
        (["--no-types"], ["string", "string", "string"]),
        (["--type", "a=string"], ["string", "string", "string"]),
        (["--null-value", "n.v."], ["int64", "int64", "string"]),
        (["--decimal", ","], ["double", "string", "string"]),
        (["--date-order", "dmy"], ["int64", "string", "date32[day]"]),
        (["--tolerance", "0.5"], ["int64", "int64", "string"]),
    ],
)
def test_options_decide_column_types(folder: Path, options: list[str], types: list[str]) -> None:
    (folder / "t.md").write_text(TYPED)
    out = run("convert", "t.md", "--records", "tables", "--to", "ndjson", *options, cwd=folder, code=0).stdout
    assert [column["type"] for column in json.loads(out)["columns"]] == types


@pytest.mark.parametrize(
    "code",
    ["converter.cli.main()", "import converter.engine.fork_server, converter.engine.conversion"],
    ids=["command", "worker"],
)
def test_conversion_imports_no_heavy_packages(folder: Path, code: str) -> None:
    (folder / "a.md").write_text("# No table\n\n- a: 1")
    program = f"import sys, atexit, converter.cli\natexit.register(lambda: print(*sys.modules))\n{code}"
    arguments = [sys.executable, "-c", program, "convert", "a.md", "-o", "out"]
    result = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=True)
    modules = set(result.stdout.split())
    assert {"pyarrow", "markdown_it"} <= modules
    assert not modules & {"numpy", "pandas", "duckdb", "pyspark", "converter.repair.cues", "converter.values.inference"}


def test_a_run_without_changes_imports_neither_repair_nor_parser(folder: Path) -> None:
    program = "import sys, atexit, converter.cli\natexit.register(lambda: print(*sys.modules))\nconverter.cli.main()"
    arguments = [sys.executable, "-c", program, "convert", ".", "-o", "out", "--jobs", "1", "--incremental", "-q"]
    modules_of_runs = [
        set(subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=True).stdout.split())
        for _ in range(2)
    ]
    conversion = {"converter.engine.conversion", "converter.repair", "converter.parse.document"}
    assert [modules & conversion for modules in modules_of_runs] == [conversion, set()]


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_help_and_version_import_no_reader(tmp_path: Path, option: str) -> None:
    program = "import sys, atexit, converter.cli\natexit.register(lambda: print(*sys.modules))\nconverter.cli.main()"
    arguments = [sys.executable, "-c", program, option]
    result = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=True)
    modules = set(result.stdout.splitlines()[-1].split())
    assert "converter.cli" in modules
    assert not modules & {"pyarrow", "converter.sources", "converter.records", "converter.repair", "converter.output"}


def test_version_is_printed(tmp_path: Path) -> None:
    assert run("--version", cwd=tmp_path, code=0).stdout.decode() == f"parquetry {__version__}\n"


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_shows_examples(tmp_path: Path, option: str) -> None:
    out = run("convert", option, cwd=tmp_path, code=0, NO_COLOR="1").stdout.decode()
    assert "Examples" in out
    assert "parquetry convert a.md --records list_items --to csv | head" in out
    assert "Exit codes" in run(option, cwd=tmp_path, code=0).stdout.decode()


def test_options_are_grouped_under_headings(tmp_path: Path) -> None:
    text = run("convert", "--help", cwd=tmp_path, code=0, NO_COLOR="1").stdout.decode()
    panels = re.findall(r"^╭─ ([\w ]+) ─+╮\n(.*?)^╰", text, re.MULTILINE | re.DOTALL)
    counts = {name: len(re.findall(r"^│ {1,8}--", options, re.MULTILINE)) for name, options in panels}
    assert list(counts)[2:] == [
        "Sources",
        "Tables of documents",
        "Reading",
        "Types of tables",
        "Schemas",
        "Chunks",
        "Output",
        "Files",
        "The run",
    ]
    assert max(counts.values()) < 10, "so many options need another heading"


def test_both_parsers_give_the_same_rows(folder: Path) -> None:
    for parser in ("fast", "reference"):
        run("convert", "a.md", "-o", parser, "--to", "ndjson", "--parser", parser, cwd=folder, code=0)
    paths = sorted(path.name for path in (folder / "fast").glob("*.ndjson"))
    assert paths
    for name in paths:
        assert (folder / "fast" / name).read_bytes() == (folder / "reference" / name).read_bytes()
    result = run("convert", "a.md", "-o", "out", "--parser", "quick", cwd=folder, code=2)
    assert b"unknown parser quick; choose from fast, reference" in result.stderr


def test_events_on_standard_input_name_what_changed(folder: Path) -> None:
    (folder / "b.md").write_text("# B")
    run("convert", "a.md", "b.md", "-o", "out", code=0, cwd=folder)
    (folder / "a.md").unlink()
    (folder / "b.md").write_text("# New")
    events = b'{"path": "b.md"}\n{"path": "a.md", "removed": true}\n'
    run("convert", "--events", "-", "-o", "out", "--append", cwd=folder, code=0, stdin=events)
    assert pq.read_table(folder / "out" / "documents.parquet").column("title").to_pylist() == ["New"]
    result = run("convert", "--events", "-", "-o", "new", cwd=folder, code=2, stdin=events)
    assert b"--append" in result.stderr


def test_small_data_sets_are_one_file(folder: Path) -> None:
    (folder / "t.md").write_text(TYPED)
    run("convert", "t.md", "-o", "out", "--small-datasets", "100", cwd=folder, code=0)
    assert [path.name for path in (folder / "out" / "datasets").iterdir()] == ["_small.parquet"]


def test_every_option_of_convert_is_tested(tmp_path: Path) -> None:
    """Every documented option occurs in some test."""
    text = run("convert", "--help", cwd=tmp_path, code=0, NO_COLOR="1").stdout.decode()
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
    assert options >= {"--out", "--to", "--records", "--overwrite", "--quiet"}
    source = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "tests").rglob("test_*.py"))
    assert {option for option in options if f'"{option}"' not in source} == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion_is_printed(tmp_path: Path, shell: str) -> None:
    result = run("--show-completion", shell, cwd=tmp_path, code=0, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert b"COMPLETE" in result.stdout


def test_records_are_listed_and_described(tmp_path: Path) -> None:
    out = run("records", cwd=tmp_path, code=0).stdout.decode()
    assert [name for name in RECORDS if not re.search(rf"^ ?{name}\b", out, re.MULTILINE)] == []
    out = run("records", "cells", cwd=tmp_path, code=0).stdout.decode()
    assert [field for field in RECORDS["cells"].schema if field.metadata[b"description"].decode() not in out] == []


def test_rules_are_listed_and_described(tmp_path: Path) -> None:
    out = run("rules", cwd=tmp_path, code=0).stdout.decode()
    assert [rule.name for rule in RULES if not re.search(rf"^ ?{rule.name} +{rule.level} ", out, re.MULTILINE)] == []
    out = run("rules", "list_break", cwd=tmp_path, code=0).stdout.decode()
    assert "so does the rest of an item" in out and "bare_heading" not in out


# -- exit codes


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["convert", "a.md", "--records", "nonsense"], [*RECORDS, "datasets", "nonsense"]),
        (["convert", "a.md", "--records", " , ", "-o", "out"], [*RECORDS, "datasets", "no record"]),
        (["convert", "a.md", "--records", "", "--to", "json"], ["no record"]),
        (["convert", "a.md", "--to", "ods", "-o", "out"], [*FORMATS, *DATABASES, "ods"]),
        (["convert", "a.md", "--to", "ods", "--records", "cells"], [*FORMATS, "ods"]),
        (["convert", "a.md", "--without-rule", "nonsense"], [RULES[0].name, RULES[-1].name, "nonsense"]),
        (["convert", "a.md", "--repair", "perhaps"], ["off", "safe", "full", "perhaps"]),
        (["convert", "a.md", "--to", "csv"], ["-o", "--records"]),
        (["convert", "a.md", "--to", "csv", "-o", "x.csv"], ["-o", "--records"]),
        (["convert", "a.md", "--nonsense"], ["--nonsense"]),
        (["convert"], ["SOURCE"]),
        (["nonsense"], ["nonsense"]),
        (["records", "nonsense"], [*RECORDS]),
        (["rules", "nonsense"], [rule.name for rule in RULES]),
    ],
)
def test_usage_errors_explain_correct_usage(folder: Path, arguments: list[str], words: list[str]) -> None:
    result = run(*arguments, cwd=folder, code=2)
    assert result.stdout == b""
    assert [word for word in words if word not in result.stderr.decode()] == []
    assert folder_of(folder) == ["a.md"]


@pytest.mark.parametrize(
    "sources, code",
    [(["a.md"], 0), (["ragged.md"], 0), (["gone.md"], 1), (["void"], 1), (["a.md", "gone.md"], 3), (["broken.md"], 3),
     (["no*.md", "a.md"], 3), (["png.md"], 1)],
)  # fmt: skip
def test_exit_codes_reflect_failed_sources(folder: Path, sources: list[str], code: int) -> None:
    (folder / "ragged.md").write_text(RAGGED)
    (folder / "broken.md").write_text(BROKEN)
    (folder / "png.md").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)))
    (folder / "void").mkdir()
    previous_entries = folder_of(folder)
    run("convert", *sources, "-o", "out", cwd=folder, code=code)
    assert folder_of(folder) == (previous_entries if code == 1 else sorted([*previous_entries, "out"]))
    stream = run("convert", *sources, "--records", "problems", "--to", "ndjson", cwd=folder, code=code)
    problems = [json.loads(line)["severity"] for line in stream.stdout.splitlines()]
    assert ("error" in problems) == (code in (1, 3))


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGPIPE there")
def test_a_closed_pipe_ends_the_run_silently(folder: Path) -> None:
    (folder / "big.md").write_text("- item of a list\n" * 20_000)
    process = start("convert", "big.md", "--records", "list_items", "--to", "csv", cwd=folder)
    assert process.stdout is not None and process.stderr is not None and process.stdin is not None
    assert process.stdout.readline().startswith(b"doc_id,")
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(60) == 141
    assert err == b""
    process.stdin.close()
    process.stderr.close()


def interrupt(process: subprocess.Popen[bytes], seconds: float) -> tuple[int, bytes]:
    """Send Ctrl-C this many seconds after the command has begun; return the exit code and stderr."""
    wait_for_handlers(process.pid)
    time.sleep(seconds)
    assert process.poll() is None, "the run ended before it could be stopped"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    return process.returncode, err


@pytest.mark.parametrize("options", [["-o", "out"], ["-o", "x.csv", "--records", "blocks"]], ids=["folder", "file"])
def test_ctrl_c_leaves_no_output(folder: Path, options: list[str]) -> None:
    (folder / "big.md").write_text("A *paragraph* with `code` and [a link](http://x.y) in it.\n\n" * 60_000)
    process = start("convert", "big.md", *options, cwd=folder)
    deadline = time.monotonic() + 30
    while not [name for name in folder_of(folder) if name.endswith("-stage")] and time.monotonic() < deadline:
        time.sleep(0.05)
    code, err = interrupt(process, 1)
    assert (code, b"Traceback" in err) == (130, False)
    assert b"stopped" in err
    assert folder_of(folder) == ["a.md", "big.md"]


@pytest.mark.parametrize("number, exit_code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["INT", "TERM"])
def test_a_stopped_run_leaves_neither_files_nor_workers(folder: Path, number: int, exit_code: int) -> None:
    (folder / "in").mkdir()
    for name in range(40):
        (folder / "in" / f"{name}.md").write_text(
            "A *paragraph* with `code` and [a link](http://x.y) in it.\n\n" * 2000
        )
    process = start("convert", "in", "-o", "out", "--jobs", "2", cwd=folder, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 30
    while len(session(process.pid)) < 4 and time.monotonic() < deadline:  # the command, the fork server, two workers
        time.sleep(0.05)
    assert process.poll() is None, "the run ended before it could be stopped"
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == exit_code
    assert folder_of(folder) == ["a.md", "in"]
    deadline = time.monotonic() + 30
    while (processes := session(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes == []


def test_a_run_blocked_on_its_output_can_be_stopped(folder: Path) -> None:
    for name in range(600):
        (folder / f"{name}.md").write_text("- item of a list\n" * 200)
    process = start("convert", ".", "--records", "list_items", "--to", "csv", "-q", cwd=folder)
    assert process.stdout is not None
    process.stdout.read(1)
    time.sleep(1)  # the pipe is full by then
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 143
    process.communicate()


def session(leader: int) -> list[str]:
    """Return the processes of a session, as `ps` lists them."""
    return subprocess.run(
        ["ps", "-o", "pid=,args=", "-s", str(leader)], capture_output=True, text=True
    ).stdout.splitlines()


def test_ctrl_c_stops_a_run_waiting_for_input(folder: Path) -> None:
    process = start("convert", "-", "-o", "out", cwd=folder)
    code, err = interrupt(process, 1)
    assert (code, b"Traceback" in err) == (130, False)
    assert folder_of(folder) == ["a.md"]


# -- terminals


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals there")
class TestTerminal:
    def test_parquet_is_refused(self, folder: Path) -> None:
        code, out, err = in_terminal("convert", "a.md", "--records", "cells", cwd=folder)
        assert (code, out) == (2, "")
        assert "terminal" in err

    def test_progress_is_shown_in_terminals_only(self, folder: Path) -> None:
        _, out, err = in_terminal("convert", "a.md", "--records", "cells", "--to", "csv", cwd=folder)
        assert "1 documents, 0.0 MB" in err
        assert "\x1b" not in out
        _, _, err = in_terminal("convert", "a.md", "-q", "--records", "cells", "--to", "csv", cwd=folder)
        assert err == ""
        result = run("convert", "a.md", "--records", "cells", "--to", "csv", cwd=folder, code=0)
        assert b"1 documents" not in result.stderr and b"\x1b" not in result.stderr

    def test_no_color_turns_colors_off(self, folder: Path) -> None:
        color_code = re.compile(r"\x1b\[[0-9;]*(?:3[0-7]|9[0-7])m")
        assert color_code.search(in_terminal("convert", "--help", cwd=folder)[1])
        assert not color_code.search(in_terminal("convert", "--help", cwd=folder, NO_COLOR="1")[1])


def test_a_document_cannot_control_the_terminal(folder: Path) -> None:
    (folder / "\x1b[31mred.md").write_text(RAGGED)
    result = run("convert", "\x1b[31mred.md", "--records", "cells", "--to", "csv", cwd=folder, code=0)
    assert b"\x1b" not in result.stderr


def test_slow_input_is_read_to_its_end(folder: Path) -> None:
    process = start("convert", "-", "--records", "list_items", "--to", "csv", cwd=folder)
    stdin = process.stdin
    assert stdin is not None
    timer = threading.Timer(1, lambda: (stdin.write(b"- two\n"), stdin.close()))
    stdin.write(b"- one\n")
    stdin.flush()
    timer.start()
    assert process.stdout is not None and process.stderr is not None
    out = process.stdout.read()
    assert process.wait(60) == 0
    assert out.count(b"\r\n") == 3
    process.stdout.close()
    process.stderr.close()
