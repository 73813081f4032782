"""Removal needs proof (T4): whatever fails at a source, no row of an output is lost, in any target or mode."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import converter
from converter.config import Options, Run
from converter.config.output import most_removed
from converter.engine.run import write_folder, write_target
from converter.errors import OutputError, ParquetryError, SparkError, UsageError
from converter.model.report import Report
from converter.model.source import Source
from converter.output import Folder, Mode, Output, find_target, read_manifest
from converter.sources import Columns, find_sources
from tests.support.combinations import sample
from tests.support.commands import run, without_privileges
from tests.support.folders import rows
from tests.support.places import Place, in_delta, in_duckdb, in_iceberg, in_postgres, texts_of

COUNT = 4
TEXTS = {f"{number}.md": f"# T {number}\n\n| a | b |\n|---|---|\n| {number} | x |\n" for number in range(COUNT)}
LARGE = "# Large\n\n" + "*words* of [it](b) and `more`\n\n" * 60_000
BODY = [{"url": f"u{number}", "body": text} for number, text in enumerate(TEXTS.values())]


def write_documents(folder: Path) -> None:
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text)


def write_lines(file: Path, rows: Iterable[dict[str, str]] = BODY) -> None:
    text = "".join(json.dumps(row) + "\n" for row in rows).encode()
    file.write_bytes(gzip.compress(text) if file.suffix == ".gz" else text)


def write_table(file: Path, rows: list[dict[str, str]] = BODY) -> None:
    pq.write_table(pa.Table.from_pylist(rows, pa.schema({"url": pa.string(), "body": pa.string()})), file)


def cut(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) * 2 // 3])


def empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


@dataclass(frozen=True)
class Outage:
    """The sources of a conversion, and what happens to them before the next conversion."""

    prepare: Callable[[Path], object]
    break_source: Callable[[Path], object]
    sources: tuple[str, ...] = ("docs",)
    is_table: bool = False
    options: Options = field(default_factory=Options)
    is_refused: bool = False
    """Whether the incremental run is refused, because the source was listed and held nothing."""
    new_document: str | None = None
    """A new document that must be converted in spite of the outage."""


def prepare_docs(folder: Path) -> None:
    write_documents(folder / "docs")


def write_packed(folder: Path) -> None:
    prepare_docs(folder)
    (folder / "docs" / "2.md.gz").write_bytes(gzip.compress(TEXTS["2.md"].encode()))


def write_two_folders(folder: Path) -> None:
    prepare_docs(folder)
    write_documents(folder / "more")


def remove_second(folder: Path) -> None:
    shutil.rmtree(folder / "more")
    (folder / "docs" / "new.md").write_text("# New\n")


def turn_link(folder: Path) -> None:
    (folder / "docs" / "2.md").unlink()
    (folder / "docs" / "2.md").symlink_to("nowhere.md")


def table(name: str) -> dict[str, Any]:
    return {"sources": (name,), "is_table": True}


OUTAGES: dict[str, Outage] = {
    "folder gone": Outage(prepare_docs, lambda folder: (folder / "docs").rename(folder / "away")),
    "folder empty": Outage(prepare_docs, lambda folder: empty(folder / "docs"), is_refused=True),
    "pattern without match": Outage(
        prepare_docs, lambda folder: empty(folder / "docs"), ("docs/**/*.md",), is_refused=True
    ),
    "one of two gone": Outage(write_two_folders, remove_second, ("docs", "more"), new_document="docs/new.md"),
    "one of two empty": Outage(
        write_two_folders, lambda folder: empty(folder / "more"), ("docs", "more"), is_refused=True
    ),
    "document cut": Outage(write_packed, lambda folder: cut(folder / "docs" / "2.md.gz")),
    "document binary": Outage(
        prepare_docs, lambda folder: (folder / "docs" / "2.md").write_bytes(bytes(range(256)) * 9)
    ),
    "link to nowhere": Outage(prepare_docs, turn_link),
    "too slow": Outage(
        prepare_docs, lambda folder: (folder / "docs" / "2.md").write_text(LARGE), options=Options(maximum_seconds=0.02)
    ),
    "other options, one of two gone": Outage(
        write_two_folders, remove_second, ("docs", "more"), options=Options(repair="safe"), is_refused=True
    ),
    "lines cut": Outage(
        lambda folder: write_lines(folder / "t.ndjson"), lambda folder: cut(folder / "t.ndjson"), **table("t.ndjson")
    ),
    "packed lines cut": Outage(
        lambda folder: write_lines(folder / "t.ndjson.gz"),
        lambda folder: cut(folder / "t.ndjson.gz"),
        **table("t.ndjson.gz"),
    ),
    "table cut": Outage(
        lambda folder: write_table(folder / "t.parquet"), lambda folder: cut(folder / "t.parquet"), **table("t.parquet")
    ),
    "table empty": Outage(
        lambda folder: write_table(folder / "t.parquet"),
        lambda folder: write_table(folder / "t.parquet", []),
        is_refused=True,
        **table("t.parquet"),
    ),
    "texts null": Outage(
        lambda folder: write_table(folder / "t.parquet"),
        lambda folder: write_table(folder / "t.parquet", [{"url": row["url"]} for row in BODY]),
        **table("t.parquet"),
    ),
}
MODES: tuple[Mode, ...] = ("incremental", "append")


def is_kept(previous: dict[str, list[str]], current: dict[str, list[str]]) -> bool:
    """Whether no row is lost; rows of `problems` do not count, as they belong to one run."""
    return all(set(lines) <= set(current.get(name, ())) for name, lines in previous.items() if name != "problems")


FAST_PLACES, SLOW_PLACES = ("folder", "duckdb"), ("delta", "postgres", "iceberg")


@pytest.fixture(params=[*FAST_PLACES, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW_PLACES)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Callable[[str], dict[str, list[str]]]]:
    """A new target of each kind, and the function that reads its rows."""
    readers: dict[str, tuple[str, Callable[[str], Any]]] = {
        "duckdb": (str(tmp_path / "out.duckdb"), in_duckdb),
        "delta": (f"delta://{tmp_path / 'root'}", in_delta),
    }
    if request.param == "folder":
        return str(tmp_path / "out"), lambda out: rows(Path(out))
    if request.param == "iceberg":
        return request.getfixturevalue("iceberg"), lambda out: texts_of(in_iceberg(out))
    if request.param == "postgres":
        name = f"{request.getfixturevalue('server')}&schema=s{os.urandom(5).hex()}"
        return name, lambda out: texts_of(in_postgres(out))
    out, read = readers[request.param]
    return out, lambda out: texts_of(read(out))


def in_places(outages: Iterable[Any]) -> list[Any]:
    """Return outages as parameters: each mode in a folder; the databases share them, unless PARQUETRY_ALL=1."""
    cases = [*outages]
    duckdb_cases = [("duckdb", case, MODES[number % 2]) for number, case in enumerate(cases)]
    shared = [(SLOW_PLACES[number % 3], case, MODES[number // 3 % 2]) for number, case in enumerate(cases)]
    slow_cases = sample(shared, product(SLOW_PLACES, cases, MODES))
    return [
        *product(["folder"], cases, MODES),
        *sample(duckdb_cases, product(["duckdb"], cases, MODES)),
        *(pytest.param(*parameters, marks=pytest.mark.slow) for parameters in slow_cases),
    ]


def convert(out: str, mode: Mode, outage: Outage, options: Options, maximum: str | None = None) -> Report:
    columns = Columns("body", "url") if outage.is_table else None
    target = find_target(out, None) or Folder(Path(out), "parquet")
    output = Output(mode=mode, maximum_removed=maximum)
    return write_target(find_sources(outage.sources, columns=columns), target, output, options)


def check(
    name: str, mode: Mode, run_again: Callable[[Outage, Mode, Options], Report], read: Callable[[], Any], folder: Path
) -> None:
    """Convert, break the source, convert again: no row may be lost, and the run must report what happened."""
    outage = OUTAGES[name]
    outage.prepare(folder)
    run_again(outage, "create", Options())
    previous_rows = read()
    assert previous_rows["documents"]
    outage.break_source(folder)
    try:
        report = run_again(outage, mode, outage.options)
    except (OutputError, SparkError) as error:
        assert outage.is_refused or isinstance(error, SparkError)
        assert mode == "incremental" or name.startswith("other options") or isinstance(error, SparkError)
        if isinstance(error, OutputError) and mode == "incremental":
            assert "`maximum_removed`" in str(error)
        assert read() == previous_rows
        return
    assert not outage.is_refused or mode == "append"
    current_rows = read()
    assert is_kept(previous_rows, current_rows)
    assert report.removed == 0
    assert report.kept > 0 or mode == "append"
    assert report.exit_code == (1 if not report.documents + report.skipped else 3 if report.errors else 0)
    assert report.written or current_rows == previous_rows
    if outage.new_document:
        assert any(outage.new_document in line for line in current_rows["documents"])


@pytest.mark.parametrize(("place", "name", "mode"), in_places(OUTAGES), indirect=["place"])
def test_no_row_is_lost(name: str, mode: Mode, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    out, read = place
    check(name, mode, lambda outage, mode, options: convert(out, mode, outage, options), lambda: read(out), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "jobs"), sample(zip(MODES, (1, 2), strict=True), product(MODES, (1, 2))))
def test_a_document_that_crashes_its_process_keeps_its_rows(
    place: Place, tmp_path: Path, mode: Mode, jobs: int
) -> None:
    out, read = place
    sources = [Source(name, text.encode()) for name, text in TEXTS.items()]
    target = find_target(out, None) or Folder(Path(out), "parquet")
    write_target(sources, target, Output(), Options())
    previous_rows = read(out)
    sources[2] = replace(sources[2], data=Fatal(b"x"))
    report = write_target(sources, target, Output(mode=mode), Options(), Run(jobs, isolated=True))
    assert (report.kept, report.problem_codes) == (1, {"crashed": 1})
    assert is_kept(previous_rows, read(out))


class Fatal(bytes):
    """Bytes that end the process when read, as a bug in a C library does; hashing them works."""

    def startswith(self, *_: Any) -> bool:
        os._exit(9)


CLOSED_PATHS = ("docs", "docs/sub", "docs/1.md", ".")
SPARK = ("spark", "convert", "--master", "local[1,2]")
SOME_CLOSED = [
    *(("folder", path, ("convert",)) for path in CLOSED_PATHS),
    ("duckdb", "docs/1.md", ("convert",)), ("delta", "docs/sub", ("convert",)), ("postgres", "docs", ("convert",)),
]  # fmt: skip
EACH_CLOSED = [
    *product((*FAST_PLACES, *SLOW_PLACES), CLOSED_PATHS, [("convert",)]),
    *(("folder", path, SPARK) for path in CLOSED_PATHS),  # Spark writes folders
]


@pytest.mark.slow
@pytest.mark.parametrize(("place", "closed_path", "command"), sample(SOME_CLOSED, EACH_CLOSED), indirect=["place"])
def test_missing_permissions_lose_no_row(
    command: tuple[str, ...], closed_path: str, place: Place, tmp_path: Path
) -> None:
    """PARQUETRY_ALL=1 closes each path with each target."""
    if command == SPARK and find_spec("pyspark") is None:
        pytest.skip("PySpark is not installed")
    privileges = without_privileges()
    out, read = place
    top = tmp_path / "top"
    top.mkdir()
    write_documents(top / "docs")
    write_documents(top / "docs" / "sub")
    arguments = [*command, str(top / "docs"), "-o", out, "-q"]
    run(*arguments, cwd=tmp_path, code=0)
    previous_rows = read(out)
    (top / closed_path).chmod(0)
    try:
        for mode in MODES:
            result = run(*arguments, f"--{mode}", cwd=tmp_path, prefix=privileges)
            assert result.returncode in (1, 3), result.stderr
            assert is_kept(previous_rows, read(out)), (mode, result.stderr)
    finally:
        (top / closed_path).chmod(0o755)


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["docs/**/*.md", "docs/*/*.md", "docs/s*/1.md", "*/sub/?.md"])
def test_an_unreadable_folder_below_a_glob_is_reported(pattern: str, tmp_path: Path) -> None:
    privileges = without_privileges()
    write_documents(tmp_path / "docs")
    for name in ("sub", "second", "other", ".hidden"):
        write_documents(tmp_path / "docs" / name)
    arguments = ["convert", pattern, "-o", "out", "-q"]

    def resume() -> int:
        return run(*arguments, "--incremental", cwd=tmp_path, prefix=privileges).returncode

    run(*arguments, cwd=tmp_path, code=0)
    previous_rows = rows(tmp_path / "out")
    closed_folders = [tmp_path / "docs" / name for name in ("sub", ".hidden")]
    for folder in closed_folders:
        folder.chmod(0)
    try:
        assert resume() in (1, 3)
        assert is_kept(previous_rows, rows(tmp_path / "out"))
        closed_folders[0].chmod(0o755)
        if pattern != "*/sub/?.md":
            (tmp_path / "docs" / "second" / "1.md").unlink()
            assert resume() == 0  # a closed hidden folder is not an error
            assert not is_kept(previous_rows, rows(tmp_path / "out")) or pattern == "docs/s*/1.md"
    finally:
        for folder in closed_folders:
            folder.chmod(0o755)


def test_a_glob_below_a_missing_folder_removes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing folder is not a glob without matches, which a permanent `maximum_removed` would allow."""
    monkeypatch.chdir(tmp_path)
    write_two_folders(tmp_path)
    converter.convert(["docs/*.md", "more/*.md"], "out")
    previous_rows = rows(Path("out"))
    shutil.rmtree("more")
    report = converter.convert(["docs/*.md", "more/*.md"], "out", incremental=True, maximum_removed="100%")
    assert (report.removed, report.kept, report.problem_codes) == (0, COUNT, {"not_found": 1})
    assert is_kept(previous_rows, rows(Path("out")))


# -- stores


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Any]]:
    """Documents on an S3-compatible server: their address, and the server, so that a test can stop it."""
    pytest.importorskip("s3fs", reason="the extra s3 is not installed")
    moto = pytest.importorskip("moto.server", reason="moto is not installed")
    from converter.sources.urls import open_store

    store_server = moto.ThreadedMotoServer(port=0, verbose=False)
    store_server.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{store_server.get_host_and_port()[1]}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr("s3fs.S3FileSystem.retries", 1)
    name = f"night-{os.urandom(5).hex()}"  # moto servers in one process share their buckets
    store, _ = open_store(f"s3://{name}")
    store.clear_instance_cache()
    store, _ = open_store(f"s3://{name}")
    store.mkdir(name)
    store.pipe({f"{name}/docs/{file}": text.encode() for file, text in TEXTS.items()})
    yield f"s3://{name}/docs/", store_server
    store.clear_instance_cache()
    store_server.stop()


STORE_OUTAGES = [
    ("server stopped", ""), ("credentials gone", ""), ("prefix empty", ""), ("bucket gone", ""),
    ("server stopped", "*.md"), ("credentials gone", "?.md"), ("bucket gone", "[0-9].md"), ("server stopped", "**"),
]  # fmt: skip


SOME_STORE_OUTAGES = [
    ((*FAST_PLACES, *SLOW_PLACES)[number % 4], outage, MODES[number % 2]) for number, outage in enumerate(STORE_OUTAGES)
]
EACH_STORE_OUTAGE = product((*FAST_PLACES, *SLOW_PLACES), STORE_OUTAGES, MODES)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "store_outage", "mode"), sample(SOME_STORE_OUTAGES, EACH_STORE_OUTAGE), indirect=["place"]
)
def test_no_row_is_lost_when_a_store_fails(
    store_outage: tuple[str, str], mode: Mode, place: Place, bucket: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from converter.sources.urls import open_store

    outage, pattern = store_outage
    out, read = place
    address, store_server = bucket
    case = Outage(prepare_docs, prepare_docs, (address + pattern,))
    assert convert(out, "create", case, Options()).documents == COUNT
    previous_rows = read(out)
    store, _ = open_store(address)
    if outage == "server stopped":
        store_server.stop()
    elif outage == "credentials gone":
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    else:
        docs = address.removeprefix("s3://").rstrip("/")
        store.rm(docs, recursive=True)
        store.pipe({f"{docs}/picture.png": b"x"} if outage == "prefix empty" else {})
        if outage == "bucket gone":
            store.rmdir(docs.removesuffix("/docs"))
    store.clear_instance_cache()
    try:
        report = convert(out, mode, case, Options())
    except OutputError as error:
        assert (outage, mode) == ("prefix empty", "incremental") and "`maximum_removed`" in str(error)
    else:
        assert (report.removed, report.exit_code) == (0, 1)
        assert report.kept == (COUNT if mode == "incremental" else 0)
    assert read(out) == previous_rows


# -- on Spark


ON_SPARK = [name for name in OUTAGES if name != "packed lines cut"]  # on Spark, the last suffix alone states the format


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "mode"),
    sample([(name, MODES[number % 3 // 2]) for number, name in enumerate(ON_SPARK)], product(ON_SPARK, MODES)),
)
def test_no_row_is_lost_on_spark(
    name: str, mode: Mode, spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PARQUETRY_ALL=1 runs each outage in each mode; without it, a third of them append, the others are incremental."""
    from converter.cli.spark import table
    from converter.spark import convert as convert_on_spark

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("converter.spark.documents.LEAST_BYTES", 50)

    def run_again(outage: Outage, mode: Mode, options: Options) -> Report:
        output = Output(mode=mode)
        if not outage.is_table:
            return convert_on_spark(spark, outage.sources, "out", output=output, options=options)
        try:
            frame = table(spark, [str(tmp_path / outage.sources[0])], None)
        except UsageError as error:  # Spark cannot read the table
            raise SparkError(str(error)) from error
        return convert_on_spark(
            spark, frame, "out", text_column="body", key_column="url", output=output, options=options
        )

    check(name, mode, run_again, lambda: rows(tmp_path / "out"), tmp_path)


def read_fatal_lists(batch: pa.RecordBatch, **options: Any) -> Iterator[Source]:
    from converter.spark.documents import read_lists

    for source in read_lists(batch, **options):
        yield Source(source.key, Fatal(b"x")) if source.key.endswith("2.md") else source


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_a_document_that_crashes_its_worker_keeps_its_rows(
    spark: Any, tmp_path: Path, mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    from converter.spark import convert as convert_on_spark

    prepare_docs(tmp_path)
    convert_on_spark(spark, tmp_path / "docs", tmp_path / "out")
    previous_rows = rows(tmp_path / "out")
    monkeypatch.setattr("converter.spark.job.read_lists", read_fatal_lists)
    report = convert_on_spark(spark, tmp_path / "docs", tmp_path / "out", output=Output(mode=mode))
    assert report.kept == 1
    assert is_kept(previous_rows, rows(tmp_path / "out"))


# -- what a complete listing proves


def test_missing_documents_are_removed_and_failed_ones_kept(tmp_path: Path) -> None:
    """A complete nightly run: one document gone, one changed, one new, one broken."""
    write_documents(tmp_path / "docs")
    (tmp_path / "docs" / "2.md.gz").write_bytes(gzip.compress(TEXTS["2.md"].encode()))
    run("convert", "docs", "-o", "out", "-q", cwd=tmp_path, code=0)
    previous_rows = rows(tmp_path / "out")
    (tmp_path / "docs" / "0.md").unlink()
    (tmp_path / "docs" / "1.md").write_text("# Changed\n")
    cut(tmp_path / "docs" / "2.md.gz")
    (tmp_path / "docs" / "new.md").write_text("# New\n")
    result = run("convert", "docs", "-o", "out", "--incremental", "--report", "report.json", cwd=tmp_path, code=3)
    report = json.loads((tmp_path / "report.json").read_text())
    figures = ("documents", "skipped", "removed", "kept", "failed", "listing_complete", "written", "exit_code")
    assert [report[name] for name in figures] == [2, 2, 1, 1, 1, True, True, 3]
    assert b"1 removed, 1 kept as before, 1 not read" in result.stderr and b"the output was written" in result.stderr
    keys = pq.read_table(tmp_path / "out" / "documents.parquet")["source"].to_pylist()
    assert sorted(keys) == [f"docs/{name}" for name in ("1.md", "2.md", "2.md.gz", "3.md", "new.md")]
    kept_lines = [line for lines in previous_rows.values() for line in lines if "docs/2.md.gz" in line]
    assert kept_lines and set(kept_lines) <= {line for lines in rows(tmp_path / "out").values() for line in lines}
    next_result = run("convert", "docs", "-o", "out", "--incremental", cwd=tmp_path, code=3)
    assert b"nothing has changed; the output is as it was" in next_result.stderr
    (tmp_path / "docs" / "2.md.gz").write_bytes(gzip.compress(TEXTS["2.md"].encode()))
    run("convert", "docs", "-o", "out", "--incremental", cwd=tmp_path, code=0)
    assert not pq.read_table(tmp_path / "out" / "problems.parquet").num_rows


@pytest.mark.parametrize(
    "count, missing_count, maximum, is_allowed",
    [
        (10, 9, None, True), (10, 10, None, False), (1, 1, None, False), (1, 1, "1", True), (1, 1, 0, False),
        (12, 6, None, True), (12, 7, None, False), (12, 7, "7", True), (12, 7, 6, False), (12, 12, "100%", True),
        (12, 4, "25%", False), (12, 3, "25%", True), (12, 1, "8%", False), (12, 1, "8.4%", True),
    ],
)  # fmt: skip
def test_removals_above_the_maximum_are_refused(
    tmp_path: Path, count: int, missing_count: int, maximum: int | str | None, is_allowed: bool
) -> None:
    sources = [Source(str(number), f"# T {number}\n") for number in range(count)]
    write_folder(sources, tmp_path / "out", Output(), Options())
    previous_rows = rows(tmp_path / "out")
    output = Output(mode="incremental", maximum_removed=maximum)
    if is_allowed:
        report = write_folder(sources[missing_count:], tmp_path / "out", output, Options())
        assert (report.removed, report.exit_code) == (missing_count, 0)
        assert len(rows(tmp_path / "out").get("documents", [])) == count - missing_count
    else:
        with pytest.raises(OutputError, match=f"`maximum_removed` {missing_count}$"):
            write_folder(sources[missing_count:], tmp_path / "out", output, Options())
        assert rows(tmp_path / "out") == previous_rows


@pytest.mark.parametrize("maximum", ["", "x", "-1", "1.5", "101%", "1e3", "٣"])
def test_an_invalid_maximum_is_refused(maximum: str) -> None:
    with pytest.raises(UsageError, match="`maximum_removed`"):
        Output(mode="incremental", maximum_removed=maximum)


@given(st.integers(0, 10**6), st.integers(0, 100))
def test_a_maximum_in_percent_is_rounded_down(documents: int, percent: int) -> None:
    assert (
        most_removed(f"{percent}%", documents) <= documents * percent / 100 < most_removed(f"{percent}%", documents) + 1
    )


def test_a_maximum_requires_incremental_mode() -> None:
    for mode in ("create", "overwrite", "append"):
        with pytest.raises(UsageError, match="`incremental`"):
            Output(mode=mode, maximum_removed=1)


def test_removing_all_documents_of_one_source_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another disk is mounted in place of one of two sources: listing works, but finds other documents."""
    monkeypatch.chdir(tmp_path)
    write_two_folders(tmp_path)
    converter.convert(["docs", "more"], "out")
    empty(Path("more"))
    Path("more/other.md").write_text("# Other\n")
    with pytest.raises(OutputError, match="all that more held"):
        converter.convert(["docs", "more"], "out", incremental=True)
    report = converter.convert(["docs", "more"], "out", incremental=True, maximum_removed="50%")
    assert (report.documents, report.removed) == (1, COUNT)


def test_an_empty_table_among_others_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No key shows which documents the table held."""
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        write_table(Path(f"{number}.parquet"), [{**row, "url": f"{number} {row['url']}"} for row in BODY])
    columns = Columns("body", "url")
    converter.convert(["1.parquet", "2.parquet"], "out", columns=columns)
    write_table(Path("2.parquet"), [])
    with pytest.raises(OutputError, match=r"2\.parquet"):
        converter.convert(["1.parquet", "2.parquet"], "out", columns=columns, incremental=True)
    report = converter.convert(["1.parquet", "2.parquet"], "out2", columns=columns)
    assert (report.exit_code, report.problem_codes) == (0, {"no_rows": 1})


def test_an_empty_part_of_a_table_is_not_a_problem(tmp_path: Path) -> None:
    (tmp_path / "t").mkdir()
    write_table(tmp_path / "t" / "part-0.parquet", [])
    write_table(tmp_path / "t" / "part-1.parquet")
    report = converter.convert(tmp_path / "t", tmp_path / "out", columns=Columns("body", "url"))
    assert (report.documents, report.problem_codes) == (COUNT, {})


def test_a_row_without_a_readable_key_prevents_removal(tmp_path: Path) -> None:
    file = tmp_path / "t.ndjson"
    write_lines(file)
    columns = Columns("body", "url")
    converter.convert(file, tmp_path / "out", columns=columns)
    lines = file.read_text().splitlines()
    file.write_text("\n".join([lines[0], "{broken", lines[3]]) + "\n")
    report = converter.convert(file, tmp_path / "out", columns=columns, incremental=True)
    assert (report.removed, report.kept, report.listing_complete) == (0, 2, False)


def test_a_list_of_sources_that_ends_early_reports_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    from converter.sources.listing import read_list

    class BrokenStream(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if chunk := super().read(6):
                return chunk
            raise OSError(5, "Input/output error")

    first_source, last_source = read_list(BrokenStream(b"a.md\nb"), b"\n", "list")
    assert isinstance(last_source, Source) and last_source.problem is not None
    assert (first_source, last_source.key, last_source.listed) == ("a.md", "list", False)


@pytest.mark.slow
def test_an_outage_leaves_every_file_unchanged(tmp_path: Path) -> None:
    write_documents(tmp_path / "docs")
    run("convert", "docs", "-o", "out", "-q", cwd=tmp_path, code=0)
    manifest = read_manifest(tmp_path / "out")
    shutil.rmtree(tmp_path / "docs")
    result = run("convert", "docs", "-o", "out", "--incremental", cwd=tmp_path, code=1)
    assert b"4 kept as before" in result.stderr and b"nothing was written" in result.stderr
    (tmp_path / "docs").mkdir()
    result = run("convert", "docs", "-o", "out", "--incremental", cwd=tmp_path, code=1)
    assert b"--max-removed 4" in result.stderr
    assert read_manifest(tmp_path / "out") == manifest
    result = run("convert", "docs", "-o", "out", "--incremental", "--max-removed", "4", cwd=tmp_path, code=3)
    assert b"4 removed" in result.stderr and b"the output was written" in result.stderr
    run("convert", "docs", "-o", "out", "--append", "--max-removed", "4", cwd=tmp_path, code=2)


def test_a_run_that_cannot_write_its_report_states_that_all_else_was_done(tmp_path: Path) -> None:
    write_documents(tmp_path / "docs")
    result = run("convert", "docs", "-o", "out", "--report", "docs/0.md/report.json", cwd=tmp_path, code=3)
    assert b"the report was not written; everything else was done" in result.stderr
    assert (tmp_path / "out" / "documents.parquet").exists()


def test_changed_options_remove_unread_documents_only_within_the_maximum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    prepare_docs(tmp_path)
    converter.convert("docs", "out")
    Path("docs/2.md").write_bytes(bytes(range(256)) * 9)
    with pytest.raises(OutputError, match="1 of its documents could not be read"):
        converter.convert("docs", "out", incremental=True, repair="safe")
    report = converter.convert("docs", "out", incremental=True, repair="safe", maximum_removed=1)
    assert (report.documents, report.removed, report.kept) == (COUNT - 1, 1, 0)
    Path("docs/3.md").unlink()
    report = converter.convert("docs", "out", incremental=True)
    assert (report.documents, report.removed) == (COUNT - 2, 1)
    assert issubclass(OutputError, ParquetryError)


def test_the_summary_mentions_an_incomplete_listing_only_if_it_prevents_removal(tmp_path: Path) -> None:
    """A wrong path matters if it prevents the removal of documents, but not in a first run."""
    (tmp_path / "docs").mkdir()
    for name in "ab":
        (tmp_path / "docs" / f"{name}.md").write_text(f"# {name}")
    line = b"so no document counts as removed"
    result = run("convert", "nowhere", "-o", "none", cwd=tmp_path, code=1)
    assert line not in result.stderr and b"nothing was written" in result.stderr and not (tmp_path / "none").exists()
    run("convert", "docs", "-o", "out", cwd=tmp_path, code=0)
    result = run("convert", "docs", "nowhere", "-o", "out", "--incremental", cwd=tmp_path, code=3)
    assert line not in result.stderr
    (tmp_path / "docs" / "a.md").unlink()
    result = run("convert", "docs", "nowhere", "-o", "out", "--incremental", cwd=tmp_path, code=3)
    assert line in result.stderr and b"1 kept as before" in result.stderr
