"""Bad input and outputs give a message or a row in `problems`; the rest converts, and no partial output remains."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from converter.config import Options
from converter.engine.conversion import read_document
from converter.engine.one_file import write_file
from converter.engine.run import write_folder
from converter.errors import OutputError
from converter.model.source import Source
from converter.output import Output
from converter.parse.blocks import MAXIMUM_INLINE_LENGTH
from converter.write import FORMATS
from tests.support.accounting import lost_parts, rows_of
from tests.support.combinations import ALL, sample
from tests.support.commands import COMMAND, ENVIRONMENT, run
from tests.support.documents import CHOKING
from tests.support.folders import folder_of
from tests.support.growth import steep

GOOD = "# Good\n\n- one\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 4
FORMAT_NAMES = sorted(FORMATS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.md").write_text(GOOD)
    return tmp_path


# -- bad sources, each next to a good one


BAD_SOURCES: dict[str, tuple[bytes | None, str, int | None, int]] = {
    # name: content (None: no such file), problem code, line, exit code of a run that also has a good source
    "gone.md": (None, "not_found", None, 3),
    "void*": (None, "no_documents", None, 3),
    "/proc/self/mem": (None, "unreadable", None, 3),
    "empty.md": (b"", "empty", None, 0),
    "blank.md": (b" \n\r\n\t\n", "empty", None, 0),
    "image.md": (PNG, "binary", None, 3),
    "program.md": (b"\x7fELF\x02\x01\x01" + bytes(100), "binary", None, 3),
    "archive.md": (b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(range(256)) * 2, "binary", None, 3),
    "noise.md": (bytes((i * 7919 + i // 3) % 256 for i in range(4096)), "binary", None, 3),
    "nul.md": (b"some text\nwith a \0 in it\n", "nul_character", 2, 0),
    "damaged.md": (("Größe\n" * 30).encode() + b"bad \xff byte\n", "undecodable", 31, 0),
    "quote.md": (b">" * 5000 + b" deep", "nesting", 1, 0),
    "matter.md": (b"---\ntitle: A\ntags: [1, 2\n---\ntext\n", "front_matter", None, 3),
    "unclosed.md": (b"---\ntitle: A\n\ntext\n", "front_matter_unclosed", 1, 0),
    "ragged.md": (b"| a |\n|---|\n| 1 | 2 |\n", "ragged_row", 3, 0),
}


@pytest.mark.parametrize("name", BAD_SOURCES)
def test_a_bad_source_affects_no_other_source(folder: Path, name: str) -> None:
    if name.startswith("/proc") and not Path(name).exists():
        pytest.skip("there is no /proc")
    content, code, line, exit_code = BAD_SOURCES[name]
    if content is not None:
        (folder / name).write_bytes(content)
    result = run("convert", name, "good.md", "-o", "out", "--to", "ndjson", cwd=folder, code=exit_code)
    problems = read_rows(folder / "out" / "problems.ndjson")
    assert [(row["source"], row["code"]) for row in problems] == [(name, code)]
    assert line is None or problems[0]["line_start"] == line
    place = name + ("" if problems[0]["line_start"] is None else f":{problems[0]['line_start']}")
    assert f"{place}: {problems[0]['severity']}: {problems[0]['message']} [{code}]\n" in result.stderr.decode()
    assert [row["text"] for row in read_rows(folder / "out" / "list_items.ndjson") if row["text"] == "one"] == ["one"]
    assert "good.md" in [row["source"] for row in read_rows(folder / "out" / "documents.ndjson")]


def read_rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_bug_in_parquetry_fails_one_document_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(*arguments: object) -> None:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(sys.modules["converter.engine.conversion"], "read_text", fault)
    (problem,) = read_document(Source("a.md", b"x"), Options()).problems
    assert (problem.code, problem.severity) == ("failed", "error")
    assert "ZeroDivisionError: a fault" in problem.message


# -- constructs that are hard on parsers


@pytest.mark.slow
@pytest.mark.parametrize("piece", CHOKING)
def test_repeated_constructs_take_linear_time(piece: str) -> None:
    """By default with half the length; with PARQUETRY_ALL=1 with all of it."""
    length = CHOKING[piece] if ALL else CHOKING[piece] // 2
    assert steep(lambda count: rows_of(piece * count, Options(repair="off")), length) is None
    source = piece * length
    rows = rows_of(source, Options(repair="off"))
    assert "failed" not in [problem["code"] for problem in rows["problems"]]
    if source.count("\n") < 100:  # the accounting itself is slow for blocks of many lines
        assert lost_parts(source, rows) == []


@pytest.mark.parametrize("depth", [10, 31, 33, 500, 3000])
@pytest.mark.parametrize(
    "opening, closing", [("[", "](u)"), ("![", "](u)"), ("*", "*"), ("**a ", "**"), ("[^", "]"), ("`", "`")]
)
def test_nested_marks_keep_their_words(opening: str, closing: str, depth: int) -> None:
    source = f"before {opening * depth}inside{closing * depth} after"
    rows = rows_of(source, Options(repair="off"))
    assert rows["problems"] == []
    assert lost_parts(source, rows) == []
    assert rows["blocks"][0]["text"].startswith("before ") and "inside" in rows["blocks"][0]["text"]


@pytest.mark.parametrize("count", [1000, 10_000])
def test_a_word_among_many_asterisks_is_kept(count: int) -> None:
    """Nested emphasis: each starts the content of the outer one."""
    row = "*" * count
    rows = rows_of(f"{row}word{row}", Options(repair="off"))
    assert rows["problems"] == []
    assert [block["text"] for block in rows["blocks"]] == ["word"]


def test_a_paragraph_too_long_for_inline_marks_is_kept_as_text() -> None:
    word = "[a](b) *c* "
    source = "short *one*\n\n" + word * (MAXIMUM_INLINE_LENGTH // len(word) + 2)
    rows = rows_of(source, Options(repair="off"))
    assert [(row["code"], row["line_start"]) for row in rows["problems"]] == [("long_inline", 3)]
    assert [row["text"] for row in rows["blocks"]] == ["short one", source.partition("\n\n")[2].rstrip()]
    shorter_source = "[a](b) *c* " * (MAXIMUM_INLINE_LENGTH // len(word) - 1)
    assert len(rows_of(shorter_source, Options(repair="off"))["links"]) == MAXIMUM_INLINE_LENGTH // len(word) - 1


@pytest.mark.slow  # about 10 s: 50 MB; PARQUETRY_ALL=1 also reads them without repair
@pytest.mark.parametrize("repair", sample(["full"], ["off", "full"]))
def test_fifty_megabytes_on_one_line_are_kept(repair: str) -> None:
    source = "word " * 10_000_000
    rows = rows_of(source.encode(), Options(repair=repair))
    assert [row["code"] for row in rows["problems"]] == ["long_inline"]
    assert [row["text"].split() == source.split() for row in rows["blocks"]] == [True]


# -- outputs


@pytest.mark.parametrize("format", FORMAT_NAMES)
def test_an_existing_output_is_left_unchanged(folder: Path, format: str) -> None:
    suffix = FORMATS[format].suffix
    file, out = folder / f"cells{suffix}", folder / "out"
    file.write_text("mine")
    out.mkdir()
    name = "documents.json" if format == "json" else f"links{suffix}"
    (out / name).write_text("mine too")
    previous_entries = folder_of(folder)
    for arguments in (["-o", str(file), "--records", "cells"], ["-o", str(out), "--to", format]):
        result = run("convert", "good.md", *arguments, cwd=folder, code=1)
        assert b"exist" in result.stderr or b"already" in result.stderr
        assert b"--overwrite" in result.stderr and arguments[1].encode() in result.stderr
    assert (file.read_text(), (out / name).read_text()) == ("mine", "mine too")
    assert (folder_of(folder), folder_of(out)) == (previous_entries, [name])


def test_a_file_in_place_of_an_output_folder_is_refused(folder: Path) -> None:
    (folder / "out").write_text("mine")
    for option in ("--to=csv", "--overwrite"):
        result = run("convert", "good.md", "-o", "out", option, cwd=folder, code=1)
        assert b"out: is a file, but the output is a folder" in result.stderr
    result = run("convert", "good.md", "-o", "out/deeper", cwd=folder, code=1)
    assert b"out/deeper: cannot be written" in result.stderr and b"out is not a folder" in result.stderr
    assert (folder / "out").read_text() == "mine"


def test_an_output_that_cannot_be_created_is_reported(folder: Path) -> None:
    for out in ("/proc/nowhere/out", "/dev/null/out"):
        result = run("convert", "good.md", "-o", out, cwd=folder, code=1)
        assert f"{out}: cannot be written".encode() in result.stderr
    assert folder_of(folder) == ["good.md"]


def test_a_failed_overwrite_keeps_the_old_output(folder: Path) -> None:
    run("convert", "good.md", "-o", "out", "--to", "ndjson", cwd=folder, code=0)
    previous_files = {path.name: path.read_bytes() for path in (folder / "out").iterdir() if path.is_file()}
    result = run("convert", "gone.md", "-o", "out", "--to", "ndjson", "--overwrite", cwd=folder, code=1)
    assert b"gone.md: error: " in result.stderr
    assert {path.name: path.read_bytes() for path in (folder / "out").iterdir() if path.is_file()} == previous_files


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of 128 KB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "none", str(disk)], capture_output=True, check=False
    )
    if mount.returncode:
        pytest.skip(f"a small file system can be mounted by root on Linux only: {mount.stderr.decode().strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# Words that compress badly, so that the Parquet files are large too.
LARGE = "".join(f"- {i * 2654435761 % 2**32:x}{i * 40503 % 65536:x}: {i * 69069 % 2**32:x}\n" for i in range(8_000))


@pytest.mark.parametrize("format", FORMAT_NAMES)
def test_a_full_disk_is_reported_and_leaves_no_output(folder: Path, small_disk: Path, format: str) -> None:
    (folder / "large.md").write_text(LARGE)
    out = small_disk / "out"
    result = run("convert", "large.md", "-o", out, "--to", format, cwd=folder, code=1)
    assert f"parquetry: {out}: cannot be written: {os.strerror(errno.ENOSPC)}" in result.stderr.decode()
    assert folder_of(small_disk) == []


@pytest.mark.parametrize("format", FORMAT_NAMES)
def test_a_file_size_limit_is_reported_and_leaves_no_output(folder: Path, format: str) -> None:
    """The same as a full disk, for systems where the test cannot mount a file system."""
    (folder / "large.md").write_text(LARGE)
    (folder / "out").mkdir()
    (folder / "out" / "mine.txt").write_text("mine")

    for arguments in (["-o", "out", "--to", format], ["-o", "x" + FORMATS[format].suffix, "--records", "list_items"]):
        result = run("convert", "large.md", *arguments, cwd=folder, file_size=50_000, code=1)
        assert f"cannot be written: {os.strerror(errno.EFBIG)}" in result.stderr.decode()
    assert folder_of(folder) == ["good.md", "large.md", "out"]
    assert folder_of(folder / "out") == ["mine.txt"]


PRINTING = [
    *(["convert", "good.md", "--records", "list_items", "--to", format] for format in FORMAT_NAMES),
    ["show", "good.md"],
    ["inspect", "good.md"],
    ["tables", "table.md"],
    ["tables", "table.md", "--to", "csv"],
    ["sql", "select 1", "good.md"],
    ["check", "good.md", "--schema", "adr"],
    ["infer", "good.md"],
    ["records"],
    ["schema", "show", "adr"],
    ["--help"],
]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("arguments", PRINTING, ids=" ".join)
def test_full_standard_output_is_reported(folder: Path, arguments: list[str]) -> None:
    (folder / "table.md").write_text("| a |\n|---|\n| 1 |\n")
    with open("/dev/full", "wb") as stream:
        result = run(*arguments, cwd=folder, stdout=stream.fileno(), code=1)
    assert b"Exception ignored" not in result.stderr
    assert os.strerror(errno.ENOSPC).encode() in result.stderr


@pytest.mark.parametrize("arguments, code", [(["show", "good.md"], 1), (["convert", "good.md", "-o", "out"], 0)])
def test_closed_standard_output_fails_only_commands_that_print(folder: Path, arguments: list[str], code: int) -> None:
    result = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *COMMAND, *arguments],
        cwd=folder, env=ENVIRONMENT, stderr=subprocess.PIPE, check=False, timeout=60,
    )  # fmt: skip
    assert (result.returncode, b"Traceback" in result.stderr) == (code, False), result.stderr.decode()
    assert (os.strerror(errno.EBADF).encode() in result.stderr) == bool(code)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="there is no /proc")
def test_unreadable_standard_input_is_reported(folder: Path) -> None:
    descriptor = os.open("/proc/self/mem", os.O_RDONLY)
    result = subprocess.run(
        [*COMMAND, "convert", "-", "good.md", "--records", "documents", "--to", "ndjson"],
        cwd=folder, env=ENVIRONMENT, stdin=descriptor, capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    os.close(descriptor)
    assert (result.returncode, result.stdout.count(b"\n")) == (3, 1), result.stderr.decode()
    assert result.stderr.startswith(b"-: error: ") and b"[unreadable]" in result.stderr


def test_library_errors_carry_code_and_source(folder: Path) -> None:
    source = [Source("a.md", GOOD.encode())]
    out = folder / "cells.csv"
    out.write_text("mine")
    with pytest.raises(OutputError) as error:
        write_file(source, out, Output("csv", ["cells"]), Options())
    assert (error.value.code, error.value.source) == ("output_exists", str(out))
    with pytest.raises(OutputError) as error:
        write_folder(source, out, Output("csv"), Options())
    assert (error.value.code, error.value.source) == ("output_exists", str(out))


def test_a_run_that_fails_midway_leaves_nothing(folder: Path) -> None:
    def sources() -> Iterator[Source]:
        for number in range(600):
            yield Source(f"{number}.md", GOOD.encode())
        raise RuntimeError("the source broke")

    for format in FORMAT_NAMES:
        with pytest.raises(RuntimeError, match="the source broke"):
            write_folder(sources(), folder / "out", Output(format), Options())
    assert folder_of(folder) == ["good.md"]
