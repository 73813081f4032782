"""Conversion on Spark to an object store: the rows of a local run in every mode, and nothing left by faults."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from converter.config import Options, Run
from converter.engine.run import write_folder, write_target
from converter.errors import OutputError, SparkError, TooManyProblems, UsageError
from converter.model.report import Report
from converter.model.source import Source
from converter.output import Mode, Output
from converter.output.store_client import ObjectStore
from converter.output.store_names import RUNS, stored_path
from converter.output.store_target import StoreTarget
from converter.output.stored import differences, open_stored
from converter.schema.load import load_schemas

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("pyspark") is None, reason="PySpark is not installed: pip install -e '.[spark]'"),
    pytest.mark.skipif(shutil.which("java") is None and "JAVA_HOME" not in os.environ, reason="Spark needs a Java"),
]

COLUMNS: dict[str, Any] = {"text_column": "body", "key_column": "key", "keep": ["lang"]}
TABLE = "# Prices {0}\n\n| item | price |\n|---|---|\n| nut {0} | {1} |\n"
TEXTS = {f"k{number}": TABLE.format(number, number) for number in range(9)} | {
    "list": "- a: b\n- c: [d](http://e.f)\n",
    "word": TABLE.format("x", "ten"),  # the type of price drifts
    "code": "```sql\nselect 1\n```\n\n![a](b.png)\n",
}
CHANGES = {**TEXTS, "k1": "# Changed\n", "new": TABLE.format("new", 2.5)}
del CHANGES["k2"]
numbers = count()


@pytest.fixture
def place(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of an output that does not exist, and stage in a folder of this test alone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return f"{bucket}/out{next(numbers)}"


def lang_of(key: str) -> str | None:
    return None if key == "code" else "en" if key < "k4" else "d/é"


def on_spark(spark: SparkSession, texts: dict[str, str], out: str | Path, **values: Any) -> Report:
    from converter.spark import convert

    lines = [(key, text, lang_of(key)) for key, text in texts.items()]
    frame = spark.createDataFrame(lines, "key string, body string, lang string").repartition(2, "key")
    return convert(spark, frame, out, **COLUMNS, **values)


def locally(texts: dict[str, str], out: Path, options: Options = Options(), **values: Any) -> Report:
    sources = [
        Source(key, text, attributes={"lang": lang} if (lang := lang_of(key)) else {}) for key, text in texts.items()
    ]
    return write_folder(sources, out, Output(**values), options)


def stored_rows(place: str | Path) -> dict[str, list[str]]:
    """Return every row of every record and data set as text, sorted."""
    stored = open_stored(place)
    assert stored is not None
    rows_by_name = {name: sorted(map(repr, stored.table(name).to_pylist())) for name in stored.names}
    return {name: lines for name, lines in rows_by_name.items() if lines}


def partitions(place: str | Path) -> Counter[tuple[str, str]]:
    """Return the number of rows of each record in each partition."""
    stored = open_stored(place)
    assert stored is not None
    counts = Counter[tuple[str, str]]()
    for file in stored.manifest.files:
        counts[file.record, file.path.removeprefix(file.record).rpartition("/")[0]] += file.rows
    return +counts


def keys_of(place: str) -> set[str]:
    return {entry.key for entry in ObjectStore(place).entries()}


def left_over(place: str) -> list[str]:
    """Return the objects that the manifest does not list, without the marks of runs."""
    stored = open_stored(place)
    listed = stored.manifest.paths | {"_manifest.json"} if stored else set()
    return sorted(key for key in keys_of(place) - listed if not key.startswith(RUNS))


@pytest.mark.parametrize("values", [{}, {"partition_by": ("lang",), "file_bytes": 1}], ids=str)
def test_the_rows_in_each_mode_equal_those_of_a_local_run(
    spark: SparkSession, place: str, tmp_path: Path, values: dict[str, Any]
) -> None:
    local_place = tmp_path / "local"
    steps: list[tuple[Mode, dict[str, str]]] = [
        ("create", TEXTS), ("incremental", CHANGES), ("incremental", CHANGES), ("append", {"late": TABLE.format(1, 2)}),
        ("overwrite", CHANGES),
    ]  # fmt: skip
    for mode, texts in steps:
        report = on_spark(spark, texts, place, output=Output(mode=mode, **values))
        local = locally(texts, local_place, mode=mode, **values)
        assert stored_rows(place) == stored_rows(local_place), mode
        assert partitions(place) == partitions(local_place)
        assert differences(place) == [] and left_over(place) == []
        names = ("sources", "documents", "skipped", "removed", "written", "errors", "rows", "datasets",
                 "problem_codes")  # fmt: skip
        assert {name: getattr(report, name) for name in names} == {name: getattr(local, name) for name in names}, mode
    assert len([key for key in keys_of(place) if key.startswith("documents/")]) > 1  # several tasks wrote


def test_formats_schemas_and_limits_are_those_of_a_local_run(spark: SparkSession, place: str, tmp_path: Path) -> None:
    schema = {"name": "pair", "from": "items", "fields": [{"name": part, "part": part} for part in ("label", "value")]}
    options = Options(schemas=tuple(load_schemas(schema)))
    numbers_only = {key: text for key, text in TEXTS.items() if key != "word"}
    on_spark(spark, numbers_only, place, output=Output(lock_types="null"), options=options)
    locally(numbers_only, tmp_path / "local", options, lock_types="null")
    values: dict[str, Any] = {"mode": "overwrite", "lock_types": "null"}
    on_spark(spark, CHANGES, place, output=Output(**values), options=options)
    locally(CHANGES, tmp_path / "local", options, **values)
    before = stored_rows(place)
    assert before == stored_rows(tmp_path / "local") and before["pair"] and "locked_type" in str(before["problems"])
    few: dict[str, Any] = {"list": CHANGES["list"]}
    not_yaml = {**few, "wrong": "---\na: [\n---\n\ntext\n"}
    cases: list[tuple[type[Exception], str, dict[str, str], dict[str, Any]]] = [
        (OutputError, "types are locked to fail", CHANGES, {"output": Output(mode="overwrite", lock_types="fail")}),
        (OutputError, "no longer among the sources", few, {"output": Output(mode="incremental")}),
        (OutputError, "already holds an output", few, {}),
        (TooManyProblems, "more than 0", not_yaml, {"output": Output(mode="append"), "run": Run(maximum_problems=0)}),
        (UsageError, "a folder of files", few, {"output": Output(mode="overwrite", layout="files")}),
        (UsageError, "datapackage", few, {"output": Output(mode="overwrite", datapackage=True)}),
    ]  # fmt: skip
    for kind, message, texts, arguments in cases:
        with pytest.raises(kind, match=message):
            on_spark(spark, texts, place, options=options, **arguments)
        assert stored_rows(place) == before and left_over(place) == [], message
    on_spark(spark, few, place, options=options, output=Output(mode="incremental", maximum_removed="100%"))
    assert len(stored_rows(place)["documents"]) == 1
    on_spark(spark, TEXTS, place + "csv", output=Output("csv", ["blocks", "datasets"]))
    locally(TEXTS, tmp_path / "csv", format="csv", records=["blocks", "datasets"])
    assert partitions(place + "csv") == partitions(tmp_path / "csv") and differences(place + "csv") == []


# -- faults


def convert_and_fail(batches: Iterable[pa.RecordBatch], task: Any) -> Iterator[pa.RecordBatch]:
    """Put the files of the task; the first attempt fails then."""
    from pyspark import TaskContext

    from converter.spark.task import DatasetTask, convert_rows, write_datasets

    yield from (write_datasets if isinstance(task, DatasetTask) else convert_rows)(batches, task)
    if TaskContext.get().attemptNumber() == 0:  # type: ignore[union-attr]
        raise OSError("failed after everything was put")


def convert_and_give_up(batches: Iterable[pa.RecordBatch], task: Any) -> Iterator[pa.RecordBatch]:
    """Put the files of the task, and fail in every attempt."""
    yield from convert_and_fail(batches, task)
    raise OSError("failed after everything was put")


def wait_for_tasks(spark: SparkSession, patience: float = 120) -> None:
    """Return when no task runs any more, of whatever job."""
    tracker = spark.sparkContext._jsc.sc().statusTracker()
    end = time.monotonic() + patience
    while any(executor.numRunningTasks() for executor in tracker.getExecutorInfos()):
        assert time.monotonic() < end, f"tasks still ran after {patience} s"
        time.sleep(0.1)


def test_the_files_of_failed_attempts_are_removed(
    spark: SparkSession, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("convert_rows", "write_datasets"):
        monkeypatch.setattr(f"converter.spark.work.{name}", convert_and_fail)
    on_spark(spark, TEXTS, place)
    locally(TEXTS, tmp_path / "local")
    expected = stored_rows(tmp_path / "local")
    assert stored_rows(place) == expected and differences(place) == [] and left_over(place) == []
    for name in ("write_datasets", "convert_rows"):
        monkeypatch.setattr(f"converter.spark.work.{name}", convert_and_give_up)
        with pytest.raises(SparkError, match="failed after everything was put"):
            on_spark(spark, CHANGES, place, output=Output(mode="overwrite"))
        assert stored_rows(place) == expected
    # Spark lets the other tasks of a job that failed run on; files that they put are removed by the run after them.
    wait_for_tasks(spark)
    locally_stored = [Source(key, text) for key, text in TEXTS.items()]
    write_target(locally_stored, StoreTarget(place), Output(mode="overwrite"), Options())
    assert left_over(place) == [] and differences(place) == []


def test_a_file_that_comes_after_the_commit_is_removed_by_the_next_run(
    spark: SparkSession, place: str, tmp_path: Path
) -> None:
    report = on_spark(spark, TEXTS, place)
    late = stored_path("sections/part-00000.parquet", report.run_id.replace("-", ""), 10**6)
    ObjectStore(place).put(late, b"of an attempt that was given up")
    assert left_over(place) == [late]
    assert not on_spark(spark, TEXTS, place, output=Output(mode="incremental")).written
    assert left_over(place) == [] and differences(place) == []


def test_of_a_run_on_spark_and_a_local_run_at_once_one_wins(
    spark: SparkSession, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from converter.spark.work import Work

    write_datasets = Work.write_datasets

    def write_late(work: Work, *arguments: Any) -> Iterator[Any]:
        monkeypatch.setattr(Work, "write_datasets", write_datasets)
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "other"))
        write_target([Source("a", "# A\n")], StoreTarget(place), Output(), Options())
        return write_datasets(work, *arguments)

    (tmp_path / "other").mkdir()
    monkeypatch.setattr(Work, "write_datasets", write_late)
    with pytest.raises(
        OutputError, match=r"another run wrote to it meanwhile, and nothing of this run was kept; run it again$"
    ) as error:
        on_spark(spark, TEXTS, place)
    assert error.value.code == "output_busy"
    assert len(stored_rows(place)["documents"]) == 1 and left_over(place) == []


def test_a_stream_appends_to_a_store_and_a_repeated_batch_changes_nothing(
    spark: SparkSession, place: str, tmp_path: Path
) -> None:
    from converter.spark import append_batch

    reports: list[Report] = []
    append = append_batch(place, **COLUMNS, on_report=reports.append)
    for texts in (TEXTS, TEXTS, CHANGES):
        lines = [(key, text, lang_of(key)) for key, text in texts.items()]
        append(spark.createDataFrame(lines, "key string, body string, lang string"), 0)
        locally(texts, tmp_path / "local", mode="append")
    assert stored_rows(place) == stored_rows(tmp_path / "local")
    assert [(report.documents, report.skipped, report.written) for report in reports] == [
        (12, 0, True), (0, 12, False), (2, 10, True)
    ]  # fmt: skip
