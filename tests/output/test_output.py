"""Outputs that a pipeline can trust: put in place whole, resumed, partitioned, the same for any number of jobs."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.cli import progress
from converter.config import Options, Run
from converter.datasets import DATASETS
from converter.engine import conversion, pool
from converter.engine.batches import BATCH_BYTES, group_sources
from converter.engine.run import write_folder
from converter.errors import OutputError, TooManyProblems, UsageError
from converter.limits import LARGE_BYTES
from converter.model.report import Report
from converter.model.source import Source
from converter.output import MANIFEST, Mode, Output, read_manifest, verify
from converter.output.stage import open_stage
from converter.problems import Problem
from converter.records import RECORDS, ParsedDocument
from converter.sources import find_sources
from converter.write import Layout
from tests.support.combinations import ALL
from tests.support.commands import run
from tests.support.documents import EDITS, TEXTS
from tests.support.endless import Deadly, Endless, Fat, Slow
from tests.support.folders import rows


def sources(texts: dict[str, str], lang: str = "en") -> list[Source]:
    return [Source(key, text, attributes={"lang": lang if len(text) % 2 else "de"}) for key, text in texts.items()]


def convert(texts: dict[str, str], out: Path, mode: Mode = "create", **values: Any) -> Report:
    settings = values.pop("settings", Run())
    return write_folder(sources(texts), out, Output(mode=mode, **values), Options(), settings)


@given(EDITS, st.sampled_from([1, 4000, 10**9]), st.sampled_from([(), ("lang",)]))
@settings(max_examples=60 if ALL else 12, deadline=None)
def test_incremental_equals_a_full_run(
    tmp_path_factory: pytest.TempPathFactory,
    states: list[dict[str, str]],
    file_bytes: int,
    partition_by: tuple[str, ...],
) -> None:
    folder = tmp_path_factory.mktemp("run")
    for number, texts in enumerate(states):
        previous_manifest = read_manifest(folder / "out")
        report = convert(
            texts,
            folder / "out",
            "incremental",
            file_bytes=file_bytes,
            partition_by=partition_by,
            maximum_removed="100%",
        )
        full_report = convert(texts, folder / f"full{number}", file_bytes=file_bytes, partition_by=partition_by)
        if full_report.documents or previous_manifest:
            assert rows(folder / "out") == rows(folder / f"full{number}")
            assert verify(folder / "out") == []
            assert (report.rows, report.datasets) == (full_report.rows, full_report.datasets)
            assert (report.errors, report.problem_codes) == (full_report.errors, full_report.problem_codes)
        assert report.documents + report.skipped + report.failed == len(texts)


def test_an_incremental_run_without_changes_writes_nothing(tmp_path: Path) -> None:
    texts = {str(number): text for number, text in enumerate(TEXTS)}
    missing_source = Source("gone", b"", problem=Problem("not_found", "is gone"))
    first_report = write_folder([*sources(texts), missing_source], tmp_path / "out", Output(), Options())

    def stamps() -> dict[Path, tuple[int, int]]:
        return {path: ((status := path.stat()).st_ino, status.st_mtime_ns) for path in (tmp_path / "out").rglob("*")}

    previous_stamps = stamps()
    report = write_folder([*sources(texts), missing_source], tmp_path / "out", Output(mode="incremental"), Options())
    assert (report.documents, report.skipped, report.failed) == (0, 8, 1)
    assert (report.rows, report.errors, report.problem_codes) == (
        first_report.rows,
        first_report.errors,
        first_report.problem_codes,
    )
    assert stamps() == previous_stamps
    assert report.outputs == []


@pytest.mark.parametrize("name", [*RECORDS, DATASETS])
def test_a_record_written_alone_equals_that_of_a_full_run(tmp_path: Path, name: str) -> None:
    texts = {str(number): text for number, text in enumerate(TEXTS)}
    full_report = convert(texts, tmp_path / "full", records=[*RECORDS, DATASETS])
    report = convert(texts, tmp_path / "out", records=[name])
    expected = {record: lines for record, lines in rows(tmp_path / "full").items() if record.split("/")[0] == name}
    if name == "problems":  # types drift in data sets, which are not made here
        expected["problems"] = [line for line in expected["problems"] if "type_drift" not in line]
    assert rows(tmp_path / "out") == expected
    assert report.rows == ({} if name == DATASETS else {name: len(expected.get(name, []))})
    assert (report.documents, report.repairs, report.errors) == (
        full_report.documents,
        full_report.repairs,
        full_report.errors,
    )
    assert (report.documents, report.errors, len(report.repairs)) == (8, 1, 1)


def test_changed_options_refuse_append_and_make_incremental_runs_full(tmp_path: Path) -> None:
    texts = {"a": TEXTS[7]}
    convert(texts, tmp_path / "out")
    output = Output(mode="append")
    with pytest.raises(OutputError, match=r"other options \(repair\)"):
        write_folder(sources(texts), tmp_path / "out", output, Options(repair="off"))
    report = write_folder(sources(texts), tmp_path / "out", Output(mode="incremental"), Options(repair="off"))
    assert (report.documents, report.skipped, report.repairs) == (1, 0, {})


def test_append_adds_and_replaces_but_removes_nothing(tmp_path: Path) -> None:
    convert({"a": TEXTS[0], "b": TEXTS[1]}, tmp_path / "out", "append")
    report = convert({"b": TEXTS[2], "c": TEXTS[3]}, tmp_path / "out", "append")
    convert({"a": TEXTS[0], "b": TEXTS[2], "c": TEXTS[3]}, tmp_path / "full")
    assert rows(tmp_path / "out") == rows(tmp_path / "full")
    assert (report.documents, report.skipped, report.removed) == (2, 0, 0)
    for records in (["sections"], ["problems", "datasets"]):
        with pytest.raises(UsageError, match="documents"):
            Output(mode="append", records=records)
    with pytest.raises(UsageError, match="csv"):
        Output("csv", mode="incremental")


def test_large_files_are_hard_linked_and_small_files_are_merged(tmp_path: Path) -> None:
    convert({"a": TEXTS[0]}, tmp_path / "out", file_bytes=1)
    inode = (tmp_path / "out" / "blocks" / "part-00000.parquet").stat().st_ino
    convert({"a": TEXTS[0], "b": TEXTS[1]}, tmp_path / "out", "incremental", file_bytes=1)
    parts = sorted((tmp_path / "out" / "blocks").iterdir())
    assert inode in [part.stat().st_ino for part in parts] and len(parts) == 2
    convert({"a": TEXTS[0], "b": TEXTS[1]}, tmp_path / "small")
    convert({"a": TEXTS[0], "b": TEXTS[1], "c": TEXTS[0]}, tmp_path / "small", "incremental")
    assert (tmp_path / "small" / "blocks.parquet").is_file()


def test_partitions_follow_the_hive_layout(tmp_path: Path) -> None:
    inputs = [Source(str(n), TEXTS[n % 4], attributes={"lang": lang} if lang else {})
             for n, lang in enumerate(["en", "de", "", "a/b =", "en"] * 4)]  # fmt: skip
    write_folder(inputs, tmp_path / "out", Output(partition_by=("lang",)), Options())
    write_folder(inputs, tmp_path / "plain", Output(), Options())
    language_rows = duckdb.execute(
        f"""
        select cast(d.source as int) as number, d.lang
        from read_parquet('{tmp_path}/out/blocks/*/*.parquet', hive_partitioning=true)
        join read_parquet('{tmp_path}/out/documents/*/*.parquet', hive_partitioning=true) d using (doc_id)
        group by all order by number"""
    ).fetchall()
    assert [row[1] for row in language_rows] == [source.attributes.get("lang") for source in inputs]
    assert {name.split("/")[0] for name in rows(tmp_path / "out")} == {
        name.split("/")[0] for name in rows(tmp_path / "plain")
    }
    tables = pq.read_table(tmp_path / "out" / "documents")
    assert tables.num_rows == 20 and "lang" in tables.schema.names


def test_batches_hold_one_partition_and_little_memory() -> None:
    inputs = [Source(str(n), "x" * 700_000, attributes={"n": str(n % 20 if n < 100 else n)}) for n in range(160)]
    groups = [start.sources for start in group_sources(iter(inputs), ["n"])]
    for batch in groups:
        assert len({source.attributes["n"] for source in batch}) == 1
    assert sorted(source.key for batch in groups for source in batch) == sorted(source.key for source in inputs)
    assert max(len(batch) for batch in groups) == 2
    pending: set[int] = set()
    iterator = iter(inputs)

    def tracked_sources() -> Iterator[Source]:
        for source in iterator:
            pending.add(int(source.key))
            yield source

    for start in group_sources(tracked_sources(), ["n"]):
        pending -= {int(source.key) for source in start.sources}
        assert len(pending) <= 33


# -- put in place


def test_another_run_is_refused_while_one_writes(tmp_path: Path) -> None:
    with open_stage(tmp_path / "out"), pytest.raises(OutputError, match="another run"):
        convert({"a": "x"}, tmp_path / "out")
    convert({"a": "x"}, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def in_place(folder: Path) -> None:
    """Add a foreign file, so that files must be put in place one by one."""
    (folder / "mine.txt").write_text("mine")


def test_other_files_in_the_folder_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"
    convert({"a": TEXTS[1]}, out)
    in_place(out)
    convert({"a": TEXTS[0]}, out, "overwrite")
    assert not (out / "datasets").exists()
    assert (out / "mine.txt").read_text() == "mine"
    assert verify(out) == []
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_working_folder_can_be_the_output(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(TEXTS[1])
    for _ in range(2):
        run("convert", "a.md", "-o", ".", "--overwrite", cwd=tmp_path, code=0)
    assert (tmp_path / "a.md").exists() and verify(tmp_path) == []
    assert not [path for path in tmp_path.iterdir() if "stage" in path.name]


def test_the_manifest_describes_the_files_of_the_output(tmp_path: Path) -> None:
    convert({"a": TEXTS[1]}, tmp_path / "out")
    manifest = read_manifest(tmp_path / "out")
    assert manifest is not None and manifest.documents == 1
    assert {file.path: file.rows for file in manifest.files}["datasets/a__b.parquet"] == 1
    assert manifest.schemas["cells"]["row"] == "int32" and manifest.schemas["datasets/a__b"]["a"] == "int64"
    files = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.*")}
    assert manifest.paths == files - {MANIFEST}
    (tmp_path / "out" / "cells.parquet").write_text("damaged")
    (tmp_path / "out" / "links.parquet").unlink()
    assert [line.split(":")[0] for line in verify(tmp_path / "out")] == ["cells.parquet", "links.parquet"]
    (tmp_path / "out" / MANIFEST).write_text("{}")
    with pytest.raises(OutputError, match="not a manifest"):
        convert({"a": "x"}, tmp_path / "out", "incremental")


# -- jobs and limits


def numbered_sources(*texts: str, count: int = 600) -> Iterator[Source]:
    for number in range(count):
        yield Source(f"{number}.md", texts[number // 100] if number % 100 == 50 and texts else TEXTS[number % 4])


@pytest.mark.slow
def test_any_number_of_jobs_gives_the_same_bytes(tmp_path: Path) -> None:
    """One job and three, which is more than this machine may have processors; PARQUETRY_ALL=1 also takes two."""
    numbers = (1, 2, 3) if ALL else (1, 3)
    large_source = Source("large.md", ("# Title\n\n- a: b\n\n| n |\n|---|\n| 1 |\n\n" * 30_000).encode())
    assert len(large_source.data) > LARGE_BYTES
    for jobs in numbers:
        inputs = [*numbered_sources(count=300), large_source, *numbered_sources(count=300)]
        write_folder(inputs, tmp_path / str(jobs), Output(), Options(), Run(jobs))
    hashes = [
        {(file.path, file.sha256) for file in manifest.files}
        for jobs in numbers
        if (manifest := read_manifest(tmp_path / str(jobs)))
    ]
    assert all(hashes[0] == other_hashes for other_hashes in hashes[1:]) and len(hashes) == len(numbers)


def test_workers_read_the_files_that_the_main_process_lists(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(600):
        (folder / f"{number}.md").write_text(TEXTS[number % 4])
    (folder / "binary.md").write_bytes(b"\x00\x01" * 100)
    (folder / "packed.md.gz").write_bytes(gzip.compress(b"# Packed\n"))
    (folder / "link.md").symlink_to("gone.md")
    for jobs in (1, 2):
        sources = find_sources([folder], root=folder)
        report = write_folder(sources, tmp_path / str(jobs), Output(), Options(), Run(jobs))
        assert (report.sources, report.documents, report.failed) == (603, 602, 1)
    manifests = [read_manifest(tmp_path / str(jobs)) for jobs in (1, 2)]
    (one, two) = [{file.path: file.sha256 for file in manifest.files} for manifest in manifests if manifest]
    assert one == two


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_large_document_is_one_file_of_several_row_groups(
    tmp_path: Path, jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    large_source = Source("large.md", f"# Title\n\n{'word ' * 20}.\n\n" * 15_000)
    sources = [Source("a.md", "a"), large_source, Source("z.md", "z")]
    monkeypatch.setattr(Output, "file_layout", Layout(file_bytes=1, row_group_bytes=1 << 30))
    output = Output(file_bytes=1)
    write_folder(sources, tmp_path / "out", output, Options(), Run(jobs))
    files = [pq.ParquetFile(path) for path in sorted((tmp_path / "out" / "blocks").iterdir())]
    assert [file.metadata.num_rows for file in files] == [1, 30_000, 1]
    assert [file.num_row_groups > 1 for file in files] == [False, True, False]


@pytest.mark.parametrize(("fault", "code"), [(MemoryError(), "too_large"), (ValueError("ours"), "failed")])
@pytest.mark.parametrize("batches_before", [0, 1])
@pytest.mark.parametrize("size", [
    pytest.param(1, id="in a batch"), pytest.param(6_000, id="in pieces", marks=pytest.mark.slow),
])  # fmt: skip
def test_a_document_whose_rows_cannot_be_made_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batches_before: int, fault: Exception, code: str, size: int
) -> None:
    """T35: also if some of its rows are already made."""
    rows = conversion._rows

    def rows_or_fault(name: str, contexts: Sequence[ParsedDocument], options: Options) -> Iterator[pa.RecordBatch]:
        is_bad = any(context.source == "bad.md" and context.text for context in contexts)
        yield from islice(rows(name, contexts, options), batches_before if is_bad else None)
        if is_bad:
            raise fault

    monkeypatch.setattr(conversion, "_rows", rows_or_fault)
    inputs = [Source("a.md", b"a"), Source("bad.md", (b"word " * 40 + b"\n\n") * size), Source("b.md", b"b")]
    report = write_folder(inputs, tmp_path / "out", Output(), Options())
    assert (report.documents, [problem["code"] for problem in report.problems]) == (2, [code])
    assert pq.read_table(tmp_path / "out" / "documents.parquet").column("source").to_pylist() == ["a.md", "b.md"]


def test_a_large_document_is_a_batch_of_its_own() -> None:
    sizes = [10, 2_000_000, 20, 30, BATCH_BYTES, 40]
    inputs = [Source(str(size), "x" * size) for size in sizes]
    batch_sizes = [[len(source.data) for source in start.sources] for start in group_sources(inputs)]
    assert batch_sizes == [[10], [2_000_000], [20, 30], [BATCH_BYTES], [40]]


@pytest.mark.slow
def test_a_document_that_crashes_or_hangs_its_worker_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "SLACK_SECONDS", 2.0)
    monkeypatch.setattr(pool, "SLACK_ALONE", 2.0)
    texts = (Deadly("x"), Endless("x"), Slow("x"), Fat("x"), Deadly("y"), "x\n")
    options = Options(maximum_seconds=1.0)
    report = write_folder(numbered_sources(*texts), tmp_path / "out", Output(), options, Run(2))
    assert (report.documents, report.failed) == (595, 5)
    codes = {problem["source"]: problem["code"] for problem in report.problems if problem["severity"] == "error"}
    assert codes == {"50.md": "crashed", "150.md": "too_slow", "250.md": "too_slow", "350.md": "too_large",
                     "450.md": "crashed"}  # fmt: skip
    assert report.exit_code == 3
    local_report = write_folder(
        (source for source in numbered_sources(*texts) if not isinstance(source.data, Deadly | Endless)),
        tmp_path / "here", Output(), options,
    )  # fmt: skip
    assert (local_report.documents, local_report.failed) == (595, 2)
    columns = [pq.read_table(tmp_path / name / "documents.parquet").column("source") for name in ("out", "here")]
    assert columns[0].equals(columns[1])


def test_a_run_fails_at_more_than_the_maximum_of_problems(tmp_path: Path) -> None:
    bad_sources = [Source(f"{n}.md", problem=Problem("not_found", "gone")) for n in range(3)]
    good_sources = [Source("good.md", "x")]
    assert (
        write_folder(
            [*bad_sources, *good_sources], tmp_path / "out", Output(), Options(), Run(maximum_problems=3)
        ).failed
        == 3
    )
    with pytest.raises(TooManyProblems) as error:
        write_folder([*bad_sources, *good_sources], tmp_path / "none", Output(), Options(), Run(maximum_problems=2))
    assert len(error.value.problems) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


# -- on the command line


def test_convert_options_control_the_output_and_the_report(tmp_path: Path) -> None:
    def run_command(*arguments: str, code: int = 0) -> str:
        return run(*arguments, cwd=tmp_path, code=code).stderr.decode()

    (tmp_path / "in").mkdir()
    for number, text in enumerate(TEXTS[:4]):
        (tmp_path / "in" / f"{number}.md").write_text(text)
    run_command("convert", "in", "-o", "out", "--file-size", "1", "--jobs", "2")
    assert "--incremental" in run_command("convert", "in", "-o", "out", code=1)
    (tmp_path / "in" / "0.md").unlink()
    err = run_command("convert", "in", "-o", "out", "--file-size", "1", "--incremental", "--report", "-")
    report = json.loads(err[err.index("{") :])
    assert (report["skipped"], report["removed"], report["exit_code"]) == (3, 1, 0)
    shutil.rmtree(tmp_path / "in")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "0.md").write_text(TEXTS[4])
    err = run_command("convert", "in", "-o", "out", "--append", "--report", "new/report.json", code=3)
    assert "1 document, " in err and "front_matter" in err
    report = json.loads((tmp_path / "new" / "report.json").read_text())
    assert report["problem_codes"] == {"front_matter": 1, "type_drift": 2}
    shutil.rmtree(tmp_path / "new")
    assert "exclude" in run_command("convert", "in", "-o", "out", "--append", "--overwrite", code=2)
    assert "nothing was written" in run_command("convert", "in", "-o", "new", "--max-problems", "0", code=1)
    assert not (tmp_path / "new").exists()
    (tmp_path / "in" / "0.md").write_text("a *paragraph* of [it](b)\n\n" * 50_000)
    assert "[too_slow]" in run_command("convert", "in", "-o", "new", "--max-seconds", "0.01", code=1)
    run_command("convert", "in", "-o", "new", "--partition-by", "lang")
    assert [path.name for path in (tmp_path / "new" / "blocks").iterdir()] == ["lang=__HIVE_DEFAULT_PARTITION__"]


def test_progress_outside_a_terminal_is_an_occasional_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for seconds, lines in ((1000.0, 0), (0.0, 2)):
        monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", seconds)
        with progress.progress_shown(False, []) as show:
            assert show is not None
            show(1200, 5_000_000)
            show(2400, 9_000_000)
        error = capsys.readouterr().err
        assert error.count("\n") == lines
    assert "2,400 documents, 9.0 MB, " in error
