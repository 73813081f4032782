"""Conversion on Spark: the rows of a local run, faults, the data source, streams, deployment."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.config import Options, Run
from converter.engine.run import write_folder
from converter.errors import OutputError, SparkError, TooManyProblems, UsageError, ViolationError
from converter.model.report import Report
from converter.model.source import Source
from converter.output import Mode, Output, read_manifest, verify
from converter.problems import Problem
from converter.records import RECORDS
from converter.schema.load import load_schemas
from converter.sources import find_sources
from tests.support.combinations import ALL
from tests.support.documents import TEXTS
from tests.support.endless import Deadly, Slow
from tests.support.folders import rows
from tests.support.paths import PROJECT
from tests.support.plugins import EXAMPLE as PLUGIN
from tests.support.plugins import example as plugin_example
from tests.support.spark_cases import CASES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


pytestmark = [
    pytest.mark.slow,  # Spark takes 15 s to start
    pytest.mark.skipif(find_spec("pyspark") is None, reason="PySpark is not installed: pip install -e '.[spark]'"),
    pytest.mark.skipif(shutil.which("java") is None and "JAVA_HOME" not in os.environ, reason="Spark needs a Java"),
]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    for number in range(40):
        (folder / f"{number}.md").write_text(TEXTS[number % len(TEXTS)].replace("One", f"One {number}"))
    (folder / "latin.txt").write_bytes("Grüße aus Köln, schöne Grüße".encode("latin-1"))
    return folder


@pytest.fixture(autouse=True)
def many_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("converter.spark.documents.LEAST_BYTES", 200)


def on_spark(spark: SparkSession, source: Any, out: Path, **values: Any) -> Report:
    from converter.spark import convert

    return convert(spark, source, out, **values)


@pytest.mark.parametrize("case", CASES)
def test_the_rows_equal_those_of_a_local_run(
    spark: SparkSession, documents: Path, tmp_path: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, options = CASES[case]
    monkeypatch.chdir(documents.parent)  # workers resolve a relative path alike
    paths = [documents.name, "nowhere.md", f"{documents.name}/1.md"]
    report = on_spark(spark, paths, tmp_path / "out", output=output, options=options)
    local = write_folder(find_sources(paths), tmp_path / "local", output, options)
    assert rows(tmp_path / "out") == rows(tmp_path / "local")
    assert verify(tmp_path / "out") == []
    names = ("sources", "documents", "failed", "bytes", "errors", "rows", "datasets", "matched", "repairs",
            "problem_codes", "exit_code")  # fmt: skip
    assert {name: getattr(report, name) for name in names} == {name: getattr(local, name) for name in names}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["local", "out"]
    if case == "all":
        assert len(list((tmp_path / "out" / "documents").iterdir())) > 3  # the job ran as several tasks


@pytest.mark.parametrize("format", ["csv", "ndjson", "json"])
def test_other_formats_hold_the_rows_of_a_local_run(
    spark: SparkSession, documents: Path, tmp_path: Path, format: str
) -> None:
    output = Output(format, ["blocks", "datasets", "footnotes"])
    on_spark(spark, documents, tmp_path / "out", output=output)
    local = write_folder(find_sources([documents]), tmp_path / "local", output, Options())
    manifest = read_manifest(tmp_path / "out")
    assert manifest is not None
    counts: Counter[str] = Counter()
    for file in manifest.files:
        counts[file.record] += file.rows
    expected = {name: local.rows[name] for name in ("blocks", "footnotes")}
    assert counts == Counter(expected | {f"datasets/{name}": count for name, count in local.datasets.items()})
    assert not list((tmp_path / "out").rglob("*.parquet"))


def frame(spark: SparkSession, *rows: tuple[Any, ...]) -> DataFrame:
    return spark.createDataFrame(list(rows), "`the.key` string, body string, lang string, n int").repartition(3)


def test_a_data_frame_of_documents_is_converted(spark: SparkSession, tmp_path: Path) -> None:
    texts = {str(number): TEXTS[number % 4] for number in range(12)}
    data_frame = frame(
        spark, *((key, text, "en" if int(key) % 2 else "a/b", int(key)) for key, text in texts.items()),
        ("null", None, "en", 1), (None, "x", "en", 1), ("0", TEXTS[0] + "more", None, 5),
    )  # fmt: skip
    columns = {"text_column": "body", "key_column": "the.key", "keep": ["lang", "n"]}
    output = Output(partition_by=("lang",))
    report = on_spark(spark, data_frame, tmp_path / "out", output=output, **columns)
    expected = [
        Source(key, text, attributes={"lang": "en" if int(key) % 2 else "a/b", "n": key}) for key, text in texts.items()
    ] + [
        Source("null", problem=Problem("null_text", "column body is null in row 1 of the data frame")),
        Source("", problem=Problem("null_key", "a row has no key; give every row a key")),
        Source(
            "0", problem=Problem("duplicate_key", "another row has this key, and was kept; name another key column")
        ),
    ]
    write_folder(expected, tmp_path / "local", output, Options())
    assert rows(tmp_path / "out") == rows(tmp_path / "local")
    assert (report.documents, report.failed, report.exit_code) == (12, 3, 3)
    with pytest.raises(UsageError, match=r"no column url; the columns are the\.key \(string\)"):
        on_spark(spark, data_frame, tmp_path / "none", text_column="body", key_column="url")
    with pytest.raises(UsageError, match="n is int, not text"):
        on_spark(spark, data_frame, tmp_path / "none", text_column="n", key_column="lang")
    with pytest.raises(UsageError, match="name the columns"):
        on_spark(spark, data_frame, tmp_path / "none")


EDITS = st.lists(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(TEXTS), max_size=6), min_size=2, max_size=3)


@given(EDITS, st.sampled_from([1, 10**9]), st.sampled_from(["incremental", "append"]))
@settings(max_examples=8 if ALL else 4, deadline=None)
def test_a_resumed_run_equals_a_local_run(
    spark: SparkSession,
    tmp_path_factory: pytest.TempPathFactory,
    states: list[dict[str, str]],
    file_bytes: int,
    mode: Mode,
) -> None:
    folder = tmp_path_factory.mktemp("run")
    maximum = "100%" if mode == "incremental" else None
    output = Output(mode=mode, file_bytes=file_bytes, maximum_removed=maximum)
    for number, texts in enumerate(states):
        data_frame = spark.createDataFrame([*texts.items()], "key string, body string").repartition(2)
        report = on_spark(spark, data_frame, folder / "out", text_column="body", key_column="key", output=output)
        local = write_folder([Source(*item) for item in texts.items()], folder / "local", output, Options())
        assert rows(folder / "out") == rows(folder / "local"), number
        assert (report.documents, report.skipped, report.removed) == (local.documents, local.skipped, local.removed)


def test_output_that_several_workers_cannot_produce_is_refused(
    spark: SparkSession, documents: Path, tmp_path: Path
) -> None:
    unique_schema = {
        "name": "u",
        "from": "items",
        "fields": [{"name": "a", "part": "text", "constraints": {"unique": True}}],
    }
    strict_schema = {"name": "s", "from": "items", "onViolation": "fail",
              "fields": [{"name": "a", "part": "text", "type": "date"}]}  # fmt: skip
    cases: list[tuple[type[Exception], str, dict[str, Any]]] = [
        (UsageError, "require a data frame", {"keep": ["a"]}),
        (UsageError, "nested JSON", {"output": Output("json")}),
        (UsageError, "unique", {"options": Options(schemas=tuple(load_schemas(unique_schema)))}),
        (ViolationError, "date", {"options": Options(schemas=tuple(load_schemas(strict_schema)))}),
        (TooManyProblems, "more than 0", {"run": Run(maximum_problems=0)}),
    ]
    for kind, message, values in cases:
        with pytest.raises(kind, match=message):
            on_spark(spark, documents, tmp_path / "out", **values)
    for source in ("-", "https://example.org/a.md"):
        with pytest.raises(UsageError, match="not a file that other processes"):
            on_spark(spark, [source], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    on_spark(spark, documents, tmp_path / "out")
    with pytest.raises(OutputError, match="holds"):
        on_spark(spark, documents, tmp_path / "out")


# -- faults


def read_hostile_lists(batch: pa.RecordBatch, **options: Any) -> Iterator[Source]:
    """Read the documents of a task; two of all documents crash or hang their worker."""
    from converter.spark.documents import read_lists

    for source in read_lists(batch, **options):
        kind = {"7.md": Deadly, "8.md": Slow}.get(Path(source.key).name)
        yield source if kind is None else Source(source.key, kind("x"))


def test_a_document_that_crashes_or_hangs_its_worker_is_a_problem(
    spark: SparkSession, documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("converter.spark.job.read_lists", read_hostile_lists)
    report = on_spark(spark, documents, tmp_path / "out", options=Options(maximum_seconds=5.0))
    local = write_folder(find_sources([documents]), tmp_path / "local", Output(), Options())
    assert (report.documents, report.failed) == (local.documents - 2, local.failed + 2)
    codes = {Path(row["source"]).name: row["code"] for row in report.problems}
    assert (codes["7.md"], codes["8.md"]) == ("crashed", "too_slow")


def fail_to_read(batch: pa.RecordBatch, **options: Any) -> Iterator[Source]:
    raise OSError(28, "No space left on device")


def test_a_failed_job_leaves_the_existing_output_unchanged(
    spark: SparkSession, documents: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_spark(spark, documents, tmp_path / "out")
    previous_rows = rows(tmp_path / "out")
    monkeypatch.setattr("converter.spark.job.read_lists", fail_to_read)
    with pytest.raises(SparkError, match="No space left"):
        on_spark(spark, documents, tmp_path / "out", output=Output(mode="overwrite"))
    assert rows(tmp_path / "out") == previous_rows and verify(tmp_path / "out") == []
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_killed_processes_lose_and_duplicate_no_rows() -> None:
    """A worker and the driver are killed with an output in a folder; with one in an object store, an executor is killed
    and a task that straggles repeated. With PARQUETRY_ALL=1 four times each, with both outputs in turn."""
    pytest.importorskip("obstore", reason="the extra stores is not installed")
    pytest.importorskip("moto.server", reason="moto is not installed")
    count = 4 if ALL else 1
    command = [sys.executable, "-m", "tests.benchmarks.spark", "kills", str(count), "60"]
    result = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=900, check=True)
    lines = [line for line in result.stdout.splitlines() if f" in {count} runs" in line]
    assert len(lines) == 4 and all(line.endswith(" 0 rows lost or doubled") for line in lines), result.stdout
    hits = [(int(line.split(": ")[1].split()[0]), "straggler" in line) for line in lines]
    assert sum(hit for hit, straggles in hits if not straggles) >= count, result.stdout
    assert all(hit == count for hit, straggles in hits if straggles), result.stdout


# -- the data source


def test_the_data_source_offers_every_record(spark: SparkSession, documents: Path, tmp_path: Path) -> None:
    from converter.spark import register

    register(spark)
    write_folder(find_sources([documents]), tmp_path / "local", Output(records=[*RECORDS]), Options())
    for record in RECORDS:
        data_frame = spark.read.format("parquetry").option("record", record).load(str(documents))
        table = pq.read_table(tmp_path / "local" / f"{record}.parquet")
        assert [field.name for field in data_frame.schema] == table.schema.names
        # `type_drift` problems come from data sets, which the data source does not build.
        expected = sorted(repr(row) for row in table.to_pylist() if row.get("code") != "type_drift")
        assert sorted(repr(row.asDict(recursive=True)) for row in data_frame.collect()) == [
            line.replace("'attributes': []", "'attributes': {}") for line in expected
        ]
    spark.sql(f"create temporary view s using parquetry options (path '{documents}', record 'sections')")
    assert spark.sql("select count(*) from s where title like 'One %'").collect()[0][0] == 5
    links = spark.read.format("parquetry").option("schema", "link-list").option("record", "entry")
    assert links.load(str(documents)).schema.names[0] == "doc_id"
    for options, message in (
        ({"record": "nope"}, "unknown record nope"), ({}, "name a record"),
        ({"record": "sections", "repair": "much"}, "unknown repair level"),
        ({"record": "sections", "maximum_bytes": "many"}, "`maximum_bytes` must be a whole number"),
    ):  # fmt: skip
        with pytest.raises(Exception, match=message):
            spark.read.format("parquetry").options(**options).load(str(documents)).collect()
    with pytest.raises(Exception, match="no document"):
        spark.read.format("parquetry").option("record", "sections").load("/nowhere").collect()


def test_the_data_source_streams_the_rows_of_a_batch_read(spark: SparkSession, documents: Path, tmp_path: Path) -> None:
    from converter.spark import register

    register(spark)
    time.sleep(2.1)
    data_frame = spark.readStream.format("parquetry").option("record", "sections").load(str(documents))
    writer = data_frame.writeStream.format("memory").queryName("arrived").option("checkpointLocation", str(tmp_path))
    writer.trigger(availableNow=True).start().awaitTermination()
    batch = spark.read.format("parquetry").option("record", "sections").load(str(documents))
    assert spark.table("arrived").exceptAll(batch).count() == batch.exceptAll(spark.table("arrived")).count() == 0


# -- streams of documents


def run_stream(spark: SparkSession, folder: Path, **values: Any) -> list[Report]:
    from converter.spark import stream

    time.sleep(2.1)  # documents must have settled
    reports: list[Report] = []
    values.setdefault("on_report", reports.append)
    stream(spark, str(folder / "in"), folder / "out", folder / "state", **values).awaitTermination()
    return reports


def add_documents(folder: Path, *names: str) -> None:
    (folder / "in").mkdir(exist_ok=True)
    for name in names:
        (folder / "in" / name).write_text(f"# {name}\n\n| a | b |\n|---|---|\n| 1 | {name} |\n")


def test_a_stream_converts_each_document_once(spark: SparkSession, tmp_path: Path) -> None:
    old_file = tmp_path / "old.md"
    old_file.write_text("# old\n")
    os.utime(old_file, (0, 0))
    add_documents(tmp_path, "a.md", "b.md")
    assert [report.documents for report in run_stream(spark, tmp_path)] == [2]
    assert run_stream(spark, tmp_path) == []
    old_file.rename(tmp_path / "in" / "old.md")  # its timestamps are older than those of the converted documents
    add_documents(tmp_path, "c.md")

    def die(report: Report) -> None:
        raise RuntimeError("after the publishing, before the checkpoint")

    with pytest.raises(Exception, match="before the checkpoint"):
        run_stream(spark, tmp_path, on_report=die)
    assert verify(tmp_path / "out") == []
    assert [(report.documents, report.skipped) for report in run_stream(spark, tmp_path)] == [(0, 2)]
    local = write_folder(find_sources([tmp_path / "in"]), tmp_path / "local", Output(), Options())
    assert rows(tmp_path / "out") == rows(tmp_path / "local") and local.documents == 4
    with pytest.raises(UsageError, match="appends"):
        run_stream(spark, tmp_path, output=Output(mode="overwrite"))


def test_a_stream_resumes_after_its_driver_is_killed(spark: SparkSession, tmp_path: Path) -> None:
    add_documents(tmp_path, "a.md", "b.md")
    time.sleep(2.1)
    script = (
        "import os\nfrom tests.benchmarks.spark import session\nfrom converter.spark import stream\n"
        f"stream(session('local[2,4]'), {str(tmp_path / 'in')!r}, {str(tmp_path / 'out')!r}, "
        f"{str(tmp_path / 'state')!r}, on_report=lambda report: os.kill(os.getpid(), 9)).awaitTermination()\n"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, timeout=300, check=False)
    assert result.returncode == -signal.SIGKILL, result.stderr
    run_stream(spark, tmp_path)
    write_folder(find_sources([tmp_path / "in"]), tmp_path / "local", Output(), Options())
    assert rows(tmp_path / "out") == rows(tmp_path / "local")


# -- deployment


def command(*arguments: str, code: int = 0) -> str:
    command_line = [sys.executable, "-m", "converter", "spark", *arguments]
    result = subprocess.run(command_line, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == code, result.stderr
    return result.stderr


def test_the_command_produces_the_rows_of_a_local_run(documents: Path, tmp_path: Path) -> None:
    texts = {f"k{number}": TEXTS[number % 4] for number in range(8)}
    pq.write_table(pa.table({"key": list(texts), "body": list(texts.values())}), tmp_path / "pages.parquet")
    columns = ("--text-column", "body", "--key-column", "key")
    log = command("convert", str(tmp_path / "pages.parquet"), *columns, "-o", str(tmp_path / "out"), "--master",
                  "local[2,4]", "--conf", "spark.ui.enabled=false", "--report", "-")  # fmt: skip
    assert "8 documents" in log and '"documents": 8' in log
    write_folder([Source(*item) for item in texts.items()], tmp_path / "local", Output(), Options())
    assert rows(tmp_path / "out") == rows(tmp_path / "local")
    out = ("-o", str(tmp_path / "none"))
    for arguments, message in (
        (("convert", *out), "name a SOURCE or a --query"),
        (("convert", "x", "--text-column", "a", *out), "go together"),
        (("convert", "x", "--to", "json", *out), "nested JSON"),
        (("convert", "x", "--conf", "a", *out), "KEY=VALUE"),
    ):
        assert message in command(*arguments, code=2)


def test_tasks_find_the_plugins_of_the_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = (plugin_example(tmp_path / "site"), PLUGIN / "src", PROJECT)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, path)))
    (tmp_path / "a.md").write_text("~> one\n~> two\n\nTODO: write more\n")
    options = ("--master", "local[1,4]", "--conf", "spark.ui.enabled=false")
    command("convert", str(tmp_path / "a.md"), "-o", str(tmp_path / "out"), *options)
    (table,) = (pq.read_table(path) for path in (tmp_path / "out" / "todos").glob("*.parquet"))
    assert table.num_rows == 1
    (table,) = (pq.read_table(path) for path in (tmp_path / "out" / "repairs").glob("*.parquet"))
    assert set(table["rule"].to_pylist()) == {"arrow_lists"}


def test_the_archive_is_all_that_a_worker_needs(documents: Path, tmp_path: Path) -> None:
    command("--archive", str(tmp_path / "parquetry.zip"))
    assert (tmp_path / "parquetry.zip").stat().st_size < 2_000_000
    script = (
        "import pyarrow as pa\nfrom tests.benchmarks.spark import session\nfrom converter.spark import convert\n"
        "def where(batches):\n"
        "    import converter.repair.headings.model as model, markdown_it\n"
        "    for _ in batches:\n"
        "        yield pa.RecordBatch.from_pydict({'file': [model.__file__, markdown_it.__file__]})\n"
        "spark = session('local[2,4]')\n"
        "spark.sparkContext.addPyFile('parquetry.zip')\n"
        "print(*(row.file for row in spark.range(0, 1, 1, 1).mapInArrow(where, 'file string').collect()))\n"
        f"convert(spark, {str(documents)!r}, 'out')\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("parquetry.zip/") == 2, result.stdout
    write_folder(find_sources([documents]), tmp_path / "local", Output(), Options())
    assert rows(tmp_path / "out") == rows(tmp_path / "local")


@pytest.mark.skipif(find_spec("grpc") is None, reason="Spark Connect is not installed: pip install 'pyspark[connect]'")
def test_spark_connect_produces_the_rows_of_a_local_run(documents: Path, tmp_path: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom pyspark.sql import SparkSession\n"
        "from converter.spark import convert, documents, register\n"
        "if __name__ == '__main__':\n"
        "    documents.LEAST_BYTES = 200\n"
        "    spark = SparkSession.builder.remote('local[2,4]').getOrCreate()\n"
        f"    convert(spark, {str(documents)!r}, {str(tmp_path / 'out')!r})\n"
        f"    texts = [(path.name, path.read_bytes()) for path in Path({str(documents)!r}).iterdir()]\n"
        "    frame = spark.createDataFrame(texts, 'key string, body binary')\n"
        f"    convert(spark, frame, {str(tmp_path / 'frame')!r}, text_column='body', key_column='key')\n"
        "    register(spark)\n"
        f"    frame = spark.read.format('parquetry').option('record', 'sections').load({str(documents)!r})\n"
        "    print(frame.count())\n"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    local = write_folder(find_sources([documents]), tmp_path / "local", Output(), Options())
    assert rows(tmp_path / "out") == rows(tmp_path / "local")
    assert int(result.stdout) == local.rows["sections"] == pq.read_table(tmp_path / "frame" / "sections").num_rows
