"""The driver and the tasks of a run on Spark, without a cluster: `LocalSpark` runs the tasks in this process."""

from __future__ import annotations

import json
import pickle
import sys
import zipfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from converter.config import Options, Run
from converter.engine.run import write_folder
from converter.errors import SourceError, SparkError, TooManyProblems, UsageError, ViolationError
from converter.model.report import Report
from converter.model.source import Source
from converter.output import Output, read_manifest, verify
from converter.records import RECORDS
from converter.schema.load import load_schemas
from converter.sources import Columns, LocalFile, find_sources
from tests.support.documents import TEXTS
from tests.support.folders import folder_of, rows
from tests.support.local_spark import LocalSpark
from tests.support.spark_cases import CASES

pytestmark = [
    pytest.mark.slow,  # the environment of the fast tests lacks PySpark
    pytest.mark.skipif(find_spec("pyspark") is None, reason="PySpark is not installed: pip install -e '.[spark]'"),
]

DOCUMENTS = 9
COUNTS = ("sources", "documents", "failed", "skipped", "removed", "bytes", "errors", "rows", "datasets", "matched",
          "repairs", "problem_codes", "exit_code")  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Provide the working folder, with documents in `in`; each is a task."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("converter.spark.documents.LEAST_BYTES", 1)
    (tmp_path / "in").mkdir()
    for number in range(DOCUMENTS):
        (tmp_path / "in" / f"{number}.md").write_text(TEXTS[number % len(TEXTS)].replace("One", f"One {number}"))
    return tmp_path


@pytest.fixture
def spark(monkeypatch: pytest.MonkeyPatch) -> LocalSpark:
    """Provide a session."""
    return LocalSpark(monkeypatch)


def on_spark(spark: LocalSpark, source: Any = "in", out: str = "out", **values: Any) -> Report:
    from converter.spark import convert

    return convert(spark, source, out, **values)  # type: ignore[arg-type]


def counts(report: Report) -> dict[str, Any]:
    return {name: getattr(report, name) for name in COUNTS}


@pytest.mark.parametrize("case", CASES)
def test_a_run_has_the_rows_and_counts_of_a_local_one(folder: Path, spark: LocalSpark, case: str) -> None:
    output, options = CASES[case]
    paths = ["in", "nowhere.md"]
    report = on_spark(spark, paths, output=output, options=options)
    local = write_folder(find_sources(paths), folder / "local", output, options)
    assert rows(folder / "out") == rows(folder / "local") and verify(folder / "out") == []
    assert counts(report) == counts(local)
    assert folder_of(folder) == ["in", "local", "out"]
    assert spark.sizes[:DOCUMENTS] == [1] * DOCUMENTS
    setting = "spark.sql.execution.arrow.maxRecordsPerBatch"
    assert spark.settings[:2] == [(setting, 256), (setting, "10000")]
    is_one_file = case == "files"
    assert (folder / "out" / "problems.parquet").is_file() == is_one_file or case == "data sets"


def test_a_resumed_run_has_the_rows_and_counts_of_a_local_one(folder: Path, spark: LocalSpark) -> None:
    def run_twice(**values: Any) -> None:
        on_spark(spark, output=Output(**values))
        write_folder(find_sources(["in"]), folder / "local", Output(**values), Options())

    run_twice()
    (folder / "in" / "0.md").unlink()
    (folder / "in" / "1.md").write_text("# New\n\n| a | b |\n|---|---|\n| 1 | 2 |\n")
    for mode, paths in (("append", ["in", "none.md"]), ("incremental", ["in"]), ("incremental", ["in"])):
        output = Output(mode=mode)  # type: ignore[arg-type]
        report = on_spark(spark, paths, output=output)
        local = write_folder(find_sources(paths), folder / "local", output, Options())
        assert counts(report) == counts(local)
        assert rows(folder / "out") == rows(folder / "local") and verify(folder / "out") == []
    assert report.skipped > DOCUMENTS - 3
    other = Options(repair="off")
    report = on_spark(spark, output=Output(mode="incremental"), options=other)
    local = write_folder(find_sources(["in"]), folder / "local", Output(mode="incremental"), other)
    assert counts(report) == counts(local) and rows(folder / "out") == rows(folder / "local")


def test_a_task_refuses_another_output_than_the_drivers(folder: Path, spark: LocalSpark) -> None:
    from converter.output.attempts import SharedFolder
    from converter.sources import Listing
    from converter.spark.task import EarlierOutput, Task, write_documents

    on_spark(spark)
    manifest = read_manifest(folder / "out")
    assert manifest is not None
    (folder / "place").mkdir()
    for run_id, message in (("other", "is not the output that the driver sees"), (manifest.run_id, "")):
        earlier = EarlierOutput(run_id, False, Listing())
        task = Task(
            lambda batch: iter(()), SharedFolder(folder / "out", folder / "place"), Output(), Options(), earlier
        )
        result = write_documents([Source("in/0.md", (folder / "in" / "0.md").read_bytes())], task, 1)
        assert f"out: {message}" in str(result.error or "out: ") and bool(message) == (result.error is not None)
        assert (len(result.unchanged), result.report.skipped, result.files) == ((0, 0, []) if message else (1, 1, []))


def test_a_task_reports_some_problems_and_writes_all(folder: Path, spark: LocalSpark) -> None:
    (folder / "in" / "bad.md").write_text("| a | b |\n|---|---|\n" + "| 1 | 2 | 3 |\n" * 150)
    report = on_spark(spark, "in/bad.md", output=Output(records=["problems"]))
    assert (len(report.problems), report.rows["problems"]) == (100, 150)
    assert len(rows(folder / "out")["problems"]) == 150


UNIQUE = {"name": "u", "from": "items", "fields": [{"name": "a", "part": "text", "constraints": {"unique": True}}]}
STRICT = {"name": "s", "from": "items", "onViolation": "fail",
          "fields": [{"name": "a", "part": "text", "type": "date"}]}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "message", "values"),
    [
        (UsageError, "require a data frame", {"keep": ["a"]}),
        (UsageError, "require a data frame", {"text_column": "a"}),
        (UsageError, "require a data frame", {"key_column": "a"}),
        (UsageError, "nested JSON is one file", {"output": Output("json")}),
        (UsageError, "csv from several workers is several files", {"output": Output("csv", layout="files")}),
        (UsageError, "schema u uses `unique`", {"options": Options(schemas=tuple(load_schemas(UNIQUE)))}),
        (ViolationError, "date", {"options": Options(schemas=tuple(load_schemas(STRICT)))}),
        (TooManyProblems, "more than 0", {"run": Run(maximum_problems=0), "source": ["in", "nowhere.md"]}),
    ],
)
def test_what_several_workers_cannot_do_is_refused(
    folder: Path, spark: LocalSpark, kind: type[Exception], message: str, values: dict[str, Any]
) -> None:
    (folder / "in" / "list.md").write_text("- one\n- two\n")
    with pytest.raises(kind, match=message):
        on_spark(spark, **values)
    assert folder_of(folder) == ["in"]


def test_arguments_of_a_data_frame_are_checked(folder: Path, spark: LocalSpark) -> None:
    class Frame:
        columns = ("body", "key")

    with pytest.raises(UsageError, match="`root` applies only to paths"):
        on_spark(spark, Frame(), root="in")
    for names in ({}, {"text_column": "body"}, {"key_column": "key"}):
        with pytest.raises(UsageError, match="name the columns of the data frame"):
            on_spark(spark, Frame(), **names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Job aborted\n  at x\norg.apache.SparkException: Task lost \n  OSError: no space\n",
         "org.apache.SparkException: Task lost"),
        ("Job aborted\n  OSError: no space\n", "OSError: no space"),
        ("lost\nall", "lost\nall"),
    ],
)  # fmt: skip
def test_the_error_that_aborts_a_job_is_told(
    text: str, message: str, folder: Path, spark: LocalSpark, monkeypatch: pytest.MonkeyPatch
) -> None:
    def abort(frame: Any) -> None:
        raise RuntimeError(text)

    monkeypatch.setattr("tests.support.local_spark.LocalFrame.collect", abort)
    with pytest.raises(SparkError) as error:
        on_spark(spark)
    assert f"Spark aborted the job: {message}; nothing of this run was kept" in str(error.value)
    assert folder_of(folder) == ["in"] and spark.settings[-1][1] == "10000"


def test_the_problems_that_stop_a_run_are_told(folder: Path, spark: LocalSpark) -> None:
    with pytest.raises(TooManyProblems) as error:
        on_spark(spark, ["in", "nowhere.md"], run=Run(maximum_problems=0))
    assert "nowhere.md" in [problem["source"] for problem in error.value.problems]


# -- the reading of a task


def test_a_list_of_files_is_read_within_the_limits(folder: Path) -> None:
    from converter.spark.documents import FILES, read_lists

    problem = Source("gone.md")
    lists = [[LocalFile("in/0.md"), problem], [LocalFile("in/1.md")]]
    batch = pa.RecordBatch.from_arrays([pa.array([pickle.dumps(files) for files in lists], pa.binary())], [FILES])
    sources = [*read_lists(batch, str(folder), 10**6, None)]
    assert [source.key for source in sources] == ["in/0.md", "gone.md", "in/1.md"]
    assert [source.data for source in (sources[0], sources[2])] == [
        (folder / "in" / name).read_bytes() for name in ("0.md", "1.md")
    ]
    refused = next(read_lists(batch, str(folder), 3, None))
    assert refused.problem is not None and refused.problem.code == "too_large"


def test_files_are_divided_among_tasks_by_size() -> None:
    from converter.spark.documents import lists_of

    def lists(*sizes: int) -> list[int]:
        names = [f"{number}:{size}" for number, size in enumerate(sizes)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("os.path.getsize", lambda path: int(path.split(":")[1]))
            patch.setattr("converter.spark.documents.LEAST_BYTES", 10)
            tasks = [[file.path for file in task] for task in lists_of(map(LocalFile, names), "")]
        assert [name for task in tasks for name in task] == names
        return [len(task) for task in tasks]

    def sizes_of_tasks(*sizes: int) -> list[int]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("os.path.getsize", int)
            return [len(task) for task in lists_of([LocalFile(str(size)) for size in sizes], "")]

    mib = 1024 * 1024
    assert sizes_of_tasks(8 * mib - 1, 1, 1) == [2, 1] and sizes_of_tasks(8 * mib, 1) == [1, 1]

    assert lists() == [] and lists(0) == [1] and lists(50) == [1]
    assert lists(5, 5, 5, 5, 5) == [2, 2, 1] and lists(4, 100, 4, 4) == [1, 1, 2]


def test_rows_of_a_data_frame_are_documents_or_problems() -> None:
    from converter.spark.documents import read_rows

    batch = pa.RecordBatch.from_pylist([
        {"key": "a", "text": "# A", "number": 1, "kept lang": "en"},
        {"key": "a", "text": "# B", "number": 2, "kept lang": "de"},
        {"key": None, "text": "# C", "number": 1, "kept lang": None},
        {"key": "", "text": "# D", "number": 1, "kept lang": None},
        {"key": "e", "text": None, "number": 1, "kept lang": None},
    ])  # fmt: skip
    sources = [*read_rows(batch, Columns("body", "id", ("lang",)))]
    assert [(source.key, source.problem and source.problem.code, source.listed) for source in sources] == [
        ("a", None, True), ("a", "duplicate_key", True), ("", "null_key", False), ("", "null_key", False),
        ("e", "null_text", True),
    ]  # fmt: skip
    assert sources[0].attributes == {"lang": "en"} and sources[0].data == "# A"
    assert sources[4].problem is not None and "column body is null" in sources[4].problem.message


# -- streams


def test_a_stream_appends_each_document_once(folder: Path, spark: LocalSpark) -> None:
    from converter.spark import append_batch

    reports: list[Report] = []
    append = append_batch("out", on_report=reports.append)
    lists = [pickle.dumps([LocalFile("in/0.md")]), pickle.dumps([LocalFile("in/1.md"), LocalFile("in/2.md")])]
    for number in range(2):
        append(spark.createDataFrame(pa.table({"files": pa.array(lists, pa.binary())})), number)  # type: ignore[arg-type]
    assert [(report.documents, report.skipped) for report in reports] == [(3, 0), (0, 3)]
    assert len(rows(folder / "out")["documents"]) == 3


def test_a_stream_that_cannot_append_is_refused(folder: Path, spark: LocalSpark) -> None:
    from converter.spark import append_batch, stream

    for mode in ("create", "overwrite", "incremental"):
        with pytest.raises(UsageError, match=f"a stream appends to its output; the mode {mode} is not possible"):
            append_batch("out", output=Output(mode=mode))
    with pytest.raises(UsageError, match="schema u uses `unique`"):
        append_batch("out", options=Options(schemas=tuple(load_schemas(UNIQUE))))
    with pytest.raises(UsageError, match="a source has an empty name"):
        stream(spark, "", "out", "state")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("every", "trigger"), [(None, {"availableNow": True}), (0.5, {"processingTime": "0.5 seconds"})]
)
def test_a_stream_is_a_query_of_spark(
    every: float | None, trigger: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from converter.spark import stream

    calls: list[Any] = []

    class Query:
        def __getattr__(self, name: str) -> Any:
            def call(*arguments: Any, **named: Any) -> Query:
                calls.append((name, *arguments, named) if named else (name, *arguments))
                return self

            return call

    class Session:
        readStream = dataSource = writeStream = Query()

    monkeypatch.setattr(Query, "writeStream", Query(), raising=False)
    module = import_module("converter.spark.stream")
    monkeypatch.setattr(module, "append_batch", lambda out, **arguments: (out, sorted(arguments)))
    stream(Session(), "in", "out", "state", every=every)  # type: ignore[arg-type]
    assert calls[2:] == [
        ("format", "parquetry_files"), ("load", "in"),
        ("foreachBatch", ("out", ["on_report", "options", "output", "run"])),
        ("option", "checkpointLocation", str(folder / "state")), ("trigger", trigger), ("start",),
    ]  # fmt: skip
    assert [name for name, *_ in calls[:2]] == ["register", "register"]


# -- the data source


def test_the_data_source_converts_files_to_a_record(folder: Path) -> None:
    from converter.spark.source import RecordSource

    source = RecordSource({"path": "in", "record": "sections", "repair": "off"})
    assert source.schema().names == RECORDS["sections"].schema.names
    assert source.schema()["style"].metadata["comment"] and source.schema()["style"].dataType.simpleString() == "string"
    reader = source.reader(source.schema())
    partitions = reader.partitions()
    assert len(partitions) == DOCUMENTS
    tables = [pa.Table.from_batches([batch]) for partition in partitions for batch in reader.read(partition)]
    write_folder(find_sources(["in"]), folder / "local", Output(records=["sections"]), Options(repair="off"))
    read_rows = sorted(map(repr, pa.concat_tables(tables).to_pylist()))
    assert read_rows == rows(folder / "local")["sections"]
    schema = RecordSource({"path": "in", "record": "entry", "schema": "link-list"}).schema()
    assert schema.names[:1] == ["doc_id"]


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"record": "sections"}, UsageError, r"name the documents: \.load\(PATH\)"),
        ({"path": "in"}, UsageError, r'name a record: \.option\("record", "sections"\); the records are documents, '),
        ({"path": "in", "record": "x"}, UsageError, "unknown record x; the records are documents, sections"),
        ({"path": "none*.md", "record": "links"}, SourceError, r"none\*\.md: there is no document; check the path$"),
        ({"path": "none.md", "record": "links"}, SourceError, r"none\.md: there is no document; check the path$"),
        ({"path": "in", "record": "u", "schema": "unique.yaml"}, UsageError, "schema u uses `unique`"),
    ],
)
def test_options_of_the_data_source_are_checked(
    folder: Path, options: dict[str, str], kind: type[Exception], message: str
) -> None:
    from converter.spark.source import RecordSource

    (folder / "unique.yaml").write_text(json.dumps(UNIQUE))
    source = RecordSource(options)
    with pytest.raises(kind, match=message):
        source.reader(source.schema()).partitions()


@pytest.mark.parametrize(("attempt", "isolated"), [(0, False), (1, True), (None, False)])
def test_a_second_attempt_isolates_documents(
    folder: Path, attempt: int | None, isolated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from converter.spark import source as module

    context = None if attempt is None else SimpleNamespace(attemptNumber=lambda: attempt)
    monkeypatch.setattr(module, "TaskContext", SimpleNamespace(get=lambda: context))
    calls: list[dict[str, Any]] = []

    def note(*arguments: Any, **named: Any) -> tuple[()]:
        calls.append(named)
        return ()

    monkeypatch.setattr(module, "convert_batches", note)
    reader = module.RecordSource({"path": "in/0.md", "record": "links"}).reader(None)  # type: ignore[arg-type]
    assert [*reader.read(reader.partitions()[0])] == [] and calls == [{"isolated": isolated}]


def test_a_stream_takes_settled_files_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from converter.spark.source import FileSource

    source = FileSource({"path": "in/*.md"})
    reader: Any = source.streamReader(source.schema())
    begin = reader.initialOffset()
    assert (begin, reader.latestOffset(begin)) == ({"until": 0}, {"until": 0}), "no file has settled"
    monkeypatch.setattr("converter.spark.source.SETTLED_SECONDS", 0)
    end = reader.latestOffset(begin)
    assert end == {"until": max(path.stat().st_ctime_ns for path in (folder / "in").iterdir())}
    assert reader.latestOffset() == end == reader.latestOffset(end)
    partitions = reader.partitions(begin, end)
    (batch,) = reader.read(partitions[0])
    (file,) = pickle.loads(batch.column(0)[0].as_py())
    assert (len(partitions), file.path) == (DOCUMENTS, str(folder / "in" / "0.md"))
    assert reader.partitions(end, end) == []
    assert FileSource({"path": "in"}).schema().names == ["files"]


def test_the_archive_holds_the_packages_of_a_worker(folder: Path) -> None:
    from converter.spark import write_archive

    assert write_archive("p.zip") == Path("p.zip")
    with zipfile.ZipFile("p.zip") as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {"converter", "markdown_it", "mdit_py_plugins", "mdurl", "pebble"}
    assert "converter/repair/headings/weights.json" in names and not [name for name in names if "__pycache__" in name]


def test_a_missing_pyspark_names_the_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for name in [name for name in sys.modules if name.startswith("converter.spark")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(UsageError, match=r"parquetry\[spark\]"):
        import_module("converter.spark")
