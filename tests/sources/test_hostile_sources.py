"""Sources that wait, never end, loop, lie or are damaged: each fails alone, and its neighbours are read."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from converter.errors import UsageError
from converter.model.source import Source
from converter.sources import Columns, find_sources
from converter.sources.clock import Clock
from converter.sources.delimited import Records, cells_of
from converter.sources.files import printable_name
from converter.sources.opening import open_path
from tests.support.commands import COMMAND, ENVIRONMENT, run

BODY = Columns("body")


def outcomes(*arguments: str | Path, **options: Any) -> list[tuple[str, bytes | str | None]]:
    """Return each source's key with its data, or with the code of its problem."""
    sources = find_sources(arguments, **options)
    return [(source.key, source.problem.code if source.problem else source.data) for source in sources]


def texts(sources: list[Source]) -> list[bytes | str]:
    return [source.data for source in sources if source.problem is None]


# T12: pipes, devices, sockets


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    Path("docs/good.md").write_bytes(b"good\n")
    return tmp_path


def bind(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)


@pytest.mark.parametrize("make", [os.mkfifo, bind, lambda path: os.symlink("/dev/zero", path)])
@pytest.mark.parametrize("argument", ["docs", "docs/*", "docs/**", "**/*.md"])
def test_a_search_opens_regular_files_only(folder: Path, make: Callable[[str], None], argument: str) -> None:
    """T12: files that would wait or never end are problems at once, without a time limit."""
    make("docs/x.md")
    assert outcomes(argument, maximum_seconds=None) == [("docs/good.md", b"good\n"), ("docs/x.md", "unreadable")]


def test_an_explicitly_named_pipe_is_read_within_the_time_limit(folder: Path) -> None:
    """T12: a writer is read; if none appears or it stops, the time limit ends the wait."""
    os.mkfifo("pipe")
    writer = threading.Thread(target=Path("pipe").write_bytes, args=[b"text"])
    writer.start()
    assert outcomes("pipe", "docs", maximum_seconds=30) == [("pipe", b"text"), ("docs/good.md", b"good\n")]
    writer.join()
    assert outcomes("pipe", "docs", maximum_seconds=1) == [("pipe", "too_slow"), ("docs/good.md", b"good\n")]
    holder = os.open("pipe", os.O_RDWR)
    os.write(holder, b"begun")
    assert outcomes("pipe", maximum_seconds=0.05) == [("pipe", "too_slow")]
    os.close(holder)


def test_an_explicitly_named_device_is_read_up_to_the_limit() -> None:
    """T12"""
    assert outcomes("/dev/zero", "/dev/null", maximum_bytes=1000) == [("/dev/zero", "too_large"), ("/dev/null", b"")]


@pytest.mark.slow
def test_process_substitution_and_dev_stdin_are_read(folder: Path) -> None:
    """T12: pipes that a shell connects work, including empty ones and those whose writer has exited."""
    script = 'exec "$@" convert <(echo one) <(true) /dev/stdin --records documents --to csv'
    result = subprocess.run(
        ["bash", "-c", script, "bash", *COMMAND], input=b"two\n", env=ENVIRONMENT, capture_output=True, timeout=60,
        check=False,
    )  # fmt: skip
    sizes = [row["size_bytes"] for row in csv.DictReader(io.StringIO(result.stdout.decode()))]
    assert (result.returncode, sizes) == (0, ["4", "0", "4"]), result.stderr


# T17: folders, links, empty arguments, closed streams


@pytest.fixture
def deep_folder() -> Iterator[str]:
    """Make a folder and remove it with `rm`, which, unlike pytest, does not recurse."""
    folder = tempfile.mkdtemp()
    yield folder
    subprocess.run(["rm", "-rf", folder], check=True)


@pytest.mark.slow
def test_folders_nested_beyond_the_recursion_limit_are_walked(deep_folder: str) -> None:
    """T17: a folder and a glob search 1,200 levels; a path too deep for the system is a problem."""
    place = os.open(deep_folder, os.O_RDONLY)
    for depth in range(2200):
        os.mkdir("d", dir_fd=place)
        subfolder = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = subfolder
        if depth == 1200:
            with open(os.open("x.md", os.O_WRONLY | os.O_CREAT, dir_fd=place), "wb") as file:
                file.write(b"deep")
    os.close(place)
    for argument in (deep_folder, f"{deep_folder}/**/*.md"):
        (key, data), (_, problem) = outcomes(argument)
        assert (key.endswith("d/x.md"), data, problem) == (True, b"deep", "unreadable")


def test_a_recursive_glob_follows_no_links(folder: Path) -> None:
    """T17: two links to a parent would produce an astronomical number of paths if followed."""
    for name in ("one", "two"):
        os.symlink(folder, f"docs/{name}", target_is_directory=True)
    assert outcomes("**/*.md") == outcomes("docs/**") == outcomes("**") == [("docs/good.md", b"good\n")]


GLOBS = ["**/*.md", "**", "a/**", "**/b/*.md", "a/**/*.md", "**/b/**/*.md", "*/**/x.*", "**/.h/*.md",
         "**/[ab]*/**/y.md", "a/*/**", "**/**/x.md", "./**/x.md", "a/b/**/*.md"]  # fmt: skip


@pytest.mark.parametrize("pattern", GLOBS)
def test_a_recursive_glob_matches_like_pythons_glob(folder: Path, pattern: str) -> None:
    """T17: without links, our search matches the same files as `glob`."""
    import glob

    for name in (
        "a/b/x.md",
        "a/x.md",
        "x.md",
        "a/b/c/y.md",
        "b/y.md",
        ".h/z.md",
        "a/.h/z.md",
        "a/b/.x.md",
        "a/ab/y.md",
    ):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    expected = sorted(name for name in set(glob.glob(pattern, recursive=True)) if not os.path.isdir(name))
    keys = [source.key for source in find_sources([pattern]) if source.problem is None]
    assert keys == [name.removeprefix("./") for name in expected]


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", ["convert", "show", "tables", "check", "inspect", "infer", "spark convert", "spark stream"]
)
def test_an_empty_argument_is_wrong_usage(folder: Path, command: str) -> None:
    """T17"""
    options = {
        "check": ["-s", "adr"],
        "spark convert": ["-o", "out"],
        "spark stream": ["-o", "out", "--checkpoint", "state"],
    }
    arguments = *command.split(), "", *options.get(command, ())
    assert b"a source has an empty name" in run(*arguments, cwd=folder, code=2).stderr


@pytest.mark.slow
@pytest.mark.parametrize("argument", ["-", "docs/good.md"])
def test_closed_standard_streams_are_reported_and_never_reused(folder: Path, argument: str) -> None:
    """T17: a closed stream is reported, and no file opened later takes its descriptor."""
    shell = 'exec "$@" convert "$SOURCE" docs -o out --overwrite --jobs 2 <&- 2>log'
    result = subprocess.run(["bash", "-c", shell, "bash", *COMMAND], env=ENVIRONMENT | {"SOURCE": argument}, timeout=60)
    log = Path("log").read_text()
    assert "Traceback" not in log
    assert result.returncode == (3 if argument == "-" else 0), log
    assert ("standard input is closed" in log) == (argument == "-")
    shell = 'exec "$@" convert docs -o out --overwrite <&- >&- 2>&-'
    assert subprocess.run(["bash", "-c", shell, "bash", *COMMAND], env=ENVIRONMENT, timeout=60).returncode == 0
    assert pq.read_table("out/documents.parquet").num_rows == 1


def test_a_list_from_closed_standard_input_is_wrong_usage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """T17"""
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UsageError, match="standard input is closed"):
        find_sources(files_from="-")
    assert outcomes("-") == [("-", "unreadable")]


# T43: any failure of one source


@pytest.mark.parametrize(
    "argument",
    ["http://[", "zip://x::file:///etc/hostname", "s3://", "a\0b.md", "\ud800.md", "http://[::1", "zip://::/none",
     "file://\0", "x" * 300 + "/**", "github://", "data:,", "[", "**\0", "memory://nowhere/x.md"],
)  # fmt: skip
@pytest.mark.parametrize("in_list", [False, True])
def test_an_odd_name_fails_alone(folder: Path, argument: str, in_list: bool) -> None:
    """T43: as an argument or in a list, before and after other sources."""
    if in_list:
        Path("list").write_bytes(
            b"\n".join([b"docs", os.fsencode(argument.replace("\ud800", "\udcff")), b"docs/good.md"])
        )
        sources = list(find_sources(files_from="list"))
    else:
        sources = list(find_sources(["docs", argument]))
    assert sources[0].data == b"good\n"
    assert [source.problem is None for source in sources] == [True, False]
    (sources[1].key + str(sources[1].problem)).encode()


@pytest.mark.slow
def test_a_moment_outside_the_utc_calendar_stays_text(folder: Path) -> None:
    """T43: a moment that UTC cannot represent stays text in every format."""
    rows = "".join(f"| {moment} |\n" for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"))
    Path("a.md").write_text(f"| when |\n|---|\n{rows}")
    for to in ("csv", "ndjson", "json", "parquet"):
        run("convert", "a.md", "-o", f"out-{to}", "--to", to, cwd=folder, code=0)
    assert "0001-01-01T00:00:00+14:00" in Path("out-csv/cells.csv").read_text()


# T22: keys


names = st.binary(min_size=1, max_size=8).filter(lambda name: b"\0" not in name and b"/" not in name)
odd_names = st.lists(
    st.sampled_from([b"\\", b"x", b"e9", b"\xe9", b"\xc3\xa9", b"\\xe9", b"%", b"#", b"\n"]), max_size=5
)


@given(st.lists(odd_names.map(b"".join) | names, min_size=2, max_size=2, unique=True))
@settings(max_examples=500)
def test_names_map_one_to_one_to_keys(pair: list[bytes]) -> None:
    """T22: no two names share a key, and a plain UTF-8 name is its own key."""
    assert len(set(map(printable_name, pair))) == 2
    assert all(printable_name(name) == name.decode() for name in pair if b"\\" not in name and not _is_broken(name))


def _is_broken(name: bytes) -> bool:
    return "\ufffd" in name.decode(errors="replace")


def test_each_file_with_an_odd_name_has_its_own_key(folder: Path) -> None:
    """T22: bytes that are not UTF-8, and the text that escapes them."""
    for name in (b"\xe9.md", b"\\xe9.md", b"\\\\xe9.md", b"\xc3\xa9.md", b"e\xcc\x81.md", b"a\nb.md", b"100%#1.md"):
        Path(os.fsdecode(b"docs/" + name)).write_bytes(name)
    sources = list(find_sources(["docs"]))
    assert len({source.key for source in sources}) == len(sources) == 8
    assert all(source.problem is None for source in sources)


def test_a_link_retargeted_between_runs_is_resolved_again(folder: Path) -> None:
    """The real folder of a link is looked up in each run."""
    Path("other").mkdir()
    Path("other/good.md").write_bytes(b"other\n")
    os.symlink("docs", "link")
    assert outcomes("docs/good.md", "link/good.md") == [("docs/good.md", b"good\n")]
    os.remove("link")
    os.symlink("other", "link")
    assert [data for _, data in outcomes("docs/good.md", "link/good.md")] == [b"good\n", b"other\n"]


# T18: damaged rows


BATCH = 200
BAD = 70


def bad_text(path: Path) -> None:
    bodies = [b"text %d" % row for row in range(BATCH)]
    bodies[BAD - 1] = b"bad \xff\xfe"
    column = pa.array(bodies, pa.binary()).view(pa.string())
    write_table(path, pa.table({"body": column, "day": pa.array([date(2024, 1, 1)] * BATCH)}))


def bad_date(path: Path) -> None:
    days = [19_000] * BATCH
    days[BAD - 1] = 10_000_000
    bodies = [f"text {row}" for row in range(BATCH)]
    write_table(path, pa.table({"body": bodies, "day": pa.array(days, pa.int32()).cast(pa.date32())}))


def bad_time(path: Path) -> None:
    moments = pa.array([0] * (BAD - 1) + [2**62] + [0] * (BATCH - BAD), pa.int64()).cast(pa.timestamp("us", "UTC"))
    write_table(path, pa.table({"body": [f"text {row}" for row in range(BATCH)], "day": moments}))


def bad_nested(path: Path) -> None:
    tags = [[{"when": 19_000}]] * BATCH
    tags[BAD - 1] = [{"when": 2_000_000_000}]
    type = pa.list_(pa.struct([("when", pa.int32())]))
    column = pa.array(tags, type).cast(pa.list_(pa.struct([("when", pa.date32())])))
    write_table(path, pa.table({"body": [f"text {row}" for row in range(BATCH)], "day": column}))


def write_table(path: Path, table: pa.Table) -> None:
    if path.suffix == ".parquet":
        pq.write_table(table, path)
    elif path.suffix == ".feather":
        feather.write_feather(table, path)
    else:
        with pa.ipc.new_stream(path, table.schema) as writer:
            writer.write_table(table)


@pytest.mark.parametrize("write", [bad_text, bad_date, bad_time, bad_nested])
@pytest.mark.parametrize("name", ["t.parquet", "t.feather", "t.arrows"])
def test_a_bad_row_fails_alone(folder: Path, name: str, write: Callable[[Path], None]) -> None:
    """T18: the row is a problem that states its number; every other row is read."""
    write(Path(name))
    sources = list(find_sources([name], columns=Columns("body", keep=("day",))))
    bad_sources = [source for source in sources if source.problem is not None]
    assert [(source.key, source.problem.code) for source in bad_sources if source.problem] == [
        (f"{name}#{BAD}", "unreadable")
    ]
    assert f"row {BAD}" in str(bad_sources[0].problem)
    assert texts(sources) == [f"text {row}" for row in range(BATCH) if row != BAD - 1]


def test_nanoseconds_are_kept_as_iso_8601(folder: Path) -> None:
    """T18: Python has no type for them; the attribute is the time in ISO 8601."""
    moments = pa.array([1_700_000_000_123_456_789], pa.int64()).cast(pa.timestamp("ns", "UTC"))
    write_table(Path("t.parquet"), pa.table({"body": ["x"], "day": moments}))
    (source,) = find_sources(["t.parquet"], columns=Columns("body", keep=("day",)))
    assert source.attributes == {"day": "2023-11-14T22:13:20.123456789+00:00"}


@pytest.mark.parametrize(
    "rows, bad_row",
    [
        ('2,"open\n3,c\n4,d\n', 2),
        ('2,"open\n3,"c"\n4,"d"\n', 2),  # a quote that closes in the wrong place
        ('2,"' + "x" * 3000 + '"\n3,c\n4,d\n', 2),
        ('2,"' + "x\n" * 1500 + '"\n3,c\n4,d\n', 2),
        ("2," + "x" * 3000 + "\n3,c\n4,d\n", 2),
    ],
)  # fmt: skip
def test_a_broken_csv_row_fails_alone(folder: Path, rows: str, bad_row: int) -> None:
    """T18: a row with an open quote or a cell over the limit is a problem; the rows after it are read."""
    Path("t.csv").write_text(f"n,body\n1,a\n{rows}")
    sources = list(find_sources(["t.csv"], columns=Columns("body", "n"), maximum_bytes=1000))
    assert [(source.key, source.data) for source in sources if not source.problem] == [
        ("1", "a"),
        ("3", "c"),
        ("4", "d"),
    ]
    assert [source.key for source in sources if source.problem] == [f"t.csv#{bad_row}"]


def test_reading_csv_leaves_the_process_wide_field_limit_unchanged(folder: Path) -> None:
    """A cell over the limit of `csv` is read, and that limit stays unchanged.

    The test sets the limit: frictionless, if another test imported it, raises it to many gigabytes.
    """
    limit = 131_072
    previous_limit = csv.field_size_limit(limit)
    try:
        Path("t.csv").write_text('n,body\n1,"' + 'a ""b"",\n' * limit + '"\n2,b\n')
        sources = list(find_sources(["t.csv"], columns=BODY))
        assert csv.field_size_limit() == limit
    finally:
        csv.field_size_limit(previous_limit)
    assert texts(sources) == ['a "b",\n' * limit, "b"]


lines = st.text(alphabet='ab",\n\r;', max_size=40)


@given(lines)
@settings(max_examples=300)
def test_records_equal_those_of_the_csv_module(text: str) -> None:
    """T18: without errors, the rows equal those of `csv`; large records are split alike."""
    records = list(Records(io.StringIO(text, newline=""), 1000))
    if all(record.problem is None for record in records):
        expected = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
        assert [record.cells for record in records] == expected
    line = text.replace("\n", "").replace("\r", "") or "a"
    previous_limit = csv.field_size_limit(0)
    try:
        cells = cells_of(line, ",")
    finally:
        csv.field_size_limit(previous_limit)
    assert cells == next(csv.reader([line]))


@pytest.mark.parametrize("line", ['x","b\n', 'a,"b\n', ',"a","b\n', '"\n'])
@pytest.mark.parametrize("end", ["", 'y"z\n'])
def test_broken_quotes_are_read_in_linear_time(line: str, end: str) -> None:
    """T18: measured in lines examined, not in time."""
    import converter.sources.delimited as delimited

    examinations: list[int] = []
    counts = []
    original = delimited.is_quote_open

    def count_call(text: str, delimiter: str, is_open: bool) -> bool | None:
        examinations.append(1)
        return original(text, delimiter, is_open)

    for number in (100, 400):
        examinations.clear()
        delimited.is_quote_open = count_call
        try:
            list(Records(io.StringIO(line * number + end, newline=""), 10**6))
        finally:
            delimited.is_quote_open = original
        counts.append(len(examinations))
    assert counts[1] <= 4.5 * counts[0]


# T19: tables that unpack to far more than their size


LIMIT = 700 * 1024 * 1024


def measure(*arguments: str) -> tuple[int, str, int]:
    """Run the command in a process with limited memory; return its exit code, its errors and its peak memory."""
    script = (
        "import resource, subprocess, sys\n"
        "result = subprocess.run(sys.argv[1:], capture_output=True, text=True, timeout=100)\n"
        "print(result.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)\n"
        "print(result.stderr)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, *COMMAND, *arguments], env=ENVIRONMENT, capture_output=True, text=True,
        timeout=120, check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30)),
    )  # fmt: skip
    figures, _, errors = result.stdout.partition("\n")
    code, peak = map(int, figures.split())
    return code, errors, peak


def dictionary_bomb(path: Path) -> None:
    """64 equal rows of 90 MB each."""
    values = pa.DictionaryArray.from_arrays(pa.array([0] * 64, pa.int32()), pa.array(["a" * 90_000_000]))
    if path.suffix == ".parquet":
        pq.write_table(pa.table({"body": values}), path, compression="zstd")
    else:
        with pa.ipc.new_file(path, pa.schema([("body", values.type)]), options=ZSTD) as writer:
            writer.write(pa.record_batch({"body": values}))


ZSTD = pa.ipc.IpcWriteOptions(compression="zstd")


def buffer_bomb(path: Path) -> None:
    """A batch that unpacks to 800 MB."""
    column = pa.array(["a" * 1_000_000]).take(pa.array([0] * 800))
    if path.suffix == ".parquet":
        pq.write_table(pa.table({"body": column}), path, compression="zstd", use_dictionary=False)
    else:
        with pa.ipc.new_stream(path, pa.schema([("body", pa.string())]), options=ZSTD) as writer:
            writer.write(pa.record_batch({"body": column}))


def line_bomb(path: Path) -> None:
    """One line of 800 MB."""
    with gzip.open(path, "wb", 1) as file:
        file.write(b'{"body": "' if "json" in path.name else b'body\n"')
        for _ in range(800):
            file.write(b"a" * 1_000_000)
        file.write(b'"}\n{"body": "good"}\n' if "json" in path.name else b'"\ngood\n')


@pytest.mark.slow
@pytest.mark.parametrize(
    "name, write",
    [("t.parquet", dictionary_bomb), ("t.feather", dictionary_bomb), ("t.parquet", buffer_bomb),
     ("t.arrows", buffer_bomb), ("t.ndjson.gz", line_bomb), ("t.csv.gz", line_bomb)],
)  # fmt: skip
def test_decompression_bombs_in_tables_use_bounded_memory(
    folder: Path, name: str, write: Callable[[Path], None]
) -> None:
    """T19: a table that unpacks to too much is reported, and memory stays small."""
    write(Path(name))
    limit = ["--max-bytes", "20000000", "--records", "documents"]
    code, errors, peak = measure("convert", name, "--text-column", "body", "-o", "out", "--jobs", "1", *limit)
    assert code in (1, 3), errors
    assert "too_large" in errors
    assert "Traceback" not in errors
    assert peak < LIMIT


def test_the_size_of_a_row_includes_its_attributes(folder: Path) -> None:
    """T19: attributes count towards the size."""
    write_table(Path("t.parquet"), pa.table({"body": ["x", "y"], "tag": ["a" * 2000, "b"]}))
    results = outcomes("t.parquet", columns=Columns("body", keep=("tag",)), maximum_bytes=1000)
    assert results == [("t.parquet#1", "too_large"), ("t.parquet#2", "y")]


# Damage of any kind


ROWS = [{"body": f"text {row} " + "é" * (row % 7), "n": row} for row in range(150)]


def table_bytes(name: str, tmp_path: Path) -> bytes:
    path = tmp_path / name
    if name.endswith("ndjson"):
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    elif name.endswith("csv"):
        with open(path, "w", newline="") as file:
            writer = csv.DictWriter(file, ["body", "n"])
            writer.writeheader()
            writer.writerows(ROWS)
    elif name == "t.parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path, row_group_size=40)
    else:
        table = pa.Table.from_pylist(ROWS)
        open_writer = pa.ipc.new_file if name == "t.feather" else pa.ipc.new_stream
        with open_writer(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=40)
    return path.read_bytes()


@pytest.mark.parametrize("name", ["t.parquet", "t.feather", "t.arrows", "t.ndjson", "t.csv"])
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_damaged_table_never_crashes_the_run(tmp_path: Path, name: str, data: st.DataObject) -> None:
    """T18, T43: bytes changed or cut off anywhere yield rows, problems or a usage error."""
    content = bytearray(table_bytes(name, tmp_path))
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / name).write_bytes(bytes(content[: data.draw(st.integers(0, len(content)))]))
    try:
        sources = list(find_sources([tmp_path / name], columns=BODY, maximum_bytes=10**6))
    except UsageError:
        return
    for source in sources:
        source.key.encode()
        assert source.problem is None or source.problem.message.encode()


@pytest.mark.parametrize("name, minimum", [("t.feather", 80), ("t.arrows", 80), ("t.ndjson", 100), ("t.csv", 100)])
def test_rows_before_a_truncation_are_read(tmp_path: Path, name: str, minimum: int) -> None:
    """T18: the table is cut off at four fifths and has no index at its end."""
    content = table_bytes(name, tmp_path)
    (tmp_path / name).write_bytes(content[: len(content) * 4 // 5])
    sources = list(find_sources([tmp_path / name], columns=BODY))
    bodies = texts(sources)
    assert len(bodies) >= minimum
    if name in ("t.feather", "t.arrows"):
        (problem,) = [source.problem for source in sources if source.problem is not None]
        reason, _, remainder = problem.message.partition("; ")
        assert len(reason) > 10 and remainder == f"is the file complete?; nothing after row {len(bodies)} was read"
    assert bodies[:minimum] == [row["body"] for row in ROWS][:minimum]


def test_a_damaged_row_group_fails_alone(tmp_path: Path) -> None:
    """T18: row groups before and after it are read, and the problem states which rows are not."""
    content = bytearray(table_bytes("t.parquet", tmp_path))
    chunk = pq.ParquetFile(tmp_path / "t.parquet").metadata.row_group(1).column(0)
    start = chunk.dictionary_page_offset
    content[start : start + chunk.total_compressed_size] = b"\xff" * chunk.total_compressed_size
    (tmp_path / "t.parquet").write_bytes(content)
    sources = list(find_sources([tmp_path / "t.parquet"], columns=BODY))
    bodies = [row["body"] for row in ROWS]
    assert texts(sources) == bodies[:40] + bodies[80:]
    (problem,) = [source.problem for source in sources if source.problem is not None]
    assert "rows 41 to 80" in problem.message


# T37: servers


class SlowHandler(BaseHTTPRequestHandler):
    """Answers as the path requests."""

    def do_GET(self) -> None:
        release: threading.Event = self.server.released  # type: ignore[attr-defined]
        if self.path == "/good.md":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"good\n")
        elif self.path == "/loop.md":
            self.send_response(302)
            self.send_header("Location", "/loop.md")
            self.end_headers()
        elif self.path == "/silent.md":
            release.wait(60)
        elif self.path == "/drip.md":
            self.send_response(200)
            self.send_header("Content-Length", "1000000")
            self.end_headers()
            while not release.wait(0.05):
                self.wfile.write(b"x")
                self.wfile.flush()
        elif self.path == "/endless.md":
            self.send_response(200)
            self.end_headers()
            while not release.is_set():
                self.wfile.write(b"x" * 65536)

    do_HEAD = do_GET

    def log_message(self, *arguments: Any) -> None:
        """Log nothing."""

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().handle()


@pytest.fixture
def server() -> Iterator[str]:
    pytest.importorskip("aiohttp")
    http_server = ThreadingHTTPServer(("127.0.0.1", 0), SlowHandler)
    http_server.daemon_threads = True
    http_server.released = threading.Event()  # type: ignore[attr-defined]
    threading.Thread(target=http_server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{http_server.server_port}"
    http_server.released.set()  # type: ignore[attr-defined]
    http_server.shutdown()
    http_server.server_close()


@pytest.mark.parametrize(
    "name, code",
    [("silent.md", "too_slow"), ("drip.md", "too_slow"), ("endless.md", "too_large"), ("loop.md", "unreadable")],
)
def test_a_page_of_a_misbehaving_server_fails_alone(server: str, name: str, code: str) -> None:
    """T37: no wait exceeds the limit, and the next page is read."""
    seconds = 2 if code == "too_slow" else 30  # within which a busy machine reads the next page, too
    results = outcomes(f"{server}/{name}", f"{server}/good.md", maximum_seconds=seconds, maximum_bytes=10**6)
    assert results == [(f"{server}/{name}", code), (f"{server}/good.md", b"good\n")]


def test_a_signal_while_a_file_is_being_opened_is_raised(tmp_path: Path) -> None:
    """T17: at any moment. A signal between two owners of the descriptor once made both close it: a second error."""

    class Stop(BaseException):
        pass

    def stop(*_: object) -> None:
        raise Stop

    path = tmp_path / "a.md"
    path.write_text("a")
    chance = random.Random(15)
    stop_count = 0
    descriptors = set(os.listdir("/proc/self/fd"))
    previous_handler = signal.signal(signal.SIGALRM, stop)
    try:
        for _ in range(2000):
            try:
                signal.setitimer(signal.ITIMER_REAL, chance.uniform(1e-6, 60e-6))
                open_path(str(path), Clock(None), False).close()
                signal.setitimer(signal.ITIMER_REAL, 0)
            except Stop:
                stop_count += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous_handler)
        for descriptor in set(os.listdir("/proc/self/fd")) - descriptors:  # the signal left it without an owner
            with contextlib.suppress(OSError):
                os.close(int(descriptor))
    assert stop_count > 100
