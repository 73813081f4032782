"""Files that other machines write for a run, in an object store: adopted under their names, or removed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from converter.config import Options
from converter.datasets import PARTS_FILE
from converter.engine.run import write_output, write_target
from converter.errors import OutputError
from converter.model.report import Report
from converter.model.source import Source
from converter.output import MANIFEST, File, Output
from converter.output.attempts import PlacedFile, SharedStore
from converter.output.folder import RecordFiles, split_problems
from converter.output.manifest import parse_manifest, run_of
from converter.output.store_names import RUNS, name_of, stored_path
from converter.output.store_target import StoreTarget
from converter.output.stored import differences, open_stored
from converter.output.verification import verified_entry
from converter.records import RECORDS
from tests.support.stores import MemoryStore

PLACE = "s3://bucket/out"
SCHEMA = RECORDS["documents"].schema


@pytest.fixture(autouse=True)
def temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def attempt(workplace: SharedStore, number: int, key: str) -> list[File]:
    """Put a file with a document, as an attempt at a task does."""
    row = dict.fromkeys(SCHEMA.names) | {
        "doc_id": f"{number:032x}", "source": key, "sha256": "0", "attributes": [], "encoding": "utf-8",
        "size_bytes": 1, "line_count": 1, "converter_version": "1",
    }  # fmt: skip
    with workplace.folder() as folder:
        (folder / "documents").mkdir()
        pq.write_table(pa.Table.from_pylist([row], SCHEMA), folder / "documents" / "part-00000.parquet")
        files = workplace.put(folder, [verified_entry(folder, "documents/part-00000.parquet", "documents", 1)], number)
    assert not folder.exists()
    return files


Fill = Callable[[StoreTarget, SharedStore, RecordFiles], None]


def adopt_document(key: str) -> Fill:
    """Return a function that adopts the file of one task, with one document."""

    def fill(target: StoreTarget, workplace: SharedStore, files: RecordFiles) -> None:
        files.adopt(target.open, attempt(workplace, 0, key))

    return fill


def run(store: MemoryStore, fill: Fill, **values: Any) -> Report:
    """Run with tasks that write, as on Spark."""
    target = StoreTarget(PLACE, store)

    def fill_files(files: Any, stage: Any, previous: Any, report: Report) -> None:
        target.share(report.run_id)
        report.documents = 1
        fill(target, SharedStore(PLACE, report.run_id, store), files)

    try:
        return write_output(target, Output(records=["documents", "problems"], **values), Options(), fill_files)
    except BaseException:
        target.abandon()
        raise


def sources(store: MemoryStore) -> list[str]:
    stored = open_stored(PLACE, store)
    return sorted(stored.table("documents")["source"].to_pylist()) if stored else []


def strays(store: MemoryStore) -> list[str]:
    """Return the objects that the manifest does not list, without marks."""
    manifest = store.objects.get(MANIFEST)
    listed = parse_manifest(manifest[0], PLACE, in_folder=True).paths | {MANIFEST} if manifest else set()
    return sorted(key for key in store.objects.keys() - listed if not key.startswith(RUNS))


def marks(store: MemoryStore) -> list[str]:
    return [key for key in store.objects if key.startswith(RUNS)]


def test_adopted_files_keep_their_names_and_those_of_other_attempts_go() -> None:
    store = MemoryStore()

    def fill(target: StoreTarget, workplace: SharedStore, files: RecordFiles) -> None:
        assert f"{RUNS}/{name_of(workplace.run_id)}" in marks(store)
        results = [attempt(workplace, number, f"{number % 2}") for number in range(3)]
        for result in results[1:]:
            files.adopt(target.open, result)
        assert files.adopt(target.open, []) == {}

    report = run(store, fill)
    assert sources(store) == ["0", "1"] and not strays(store) and not differences(PLACE, store)
    assert len(marks(store)) == 1  # an attempt that was given up may still write
    late = stored_path("documents/part-00000.parquet", name_of(report.run_id), 7)
    store.put(late, b"late")
    run(store, fill, mode="overwrite")
    assert sources(store) == ["0", "1"] and not strays(store)


def test_a_failed_run_leaves_only_its_mark_and_the_output_before() -> None:
    store = MemoryStore()
    run(store, adopt_document("old"))

    def fail(target: StoreTarget, workplace: SharedStore, files: RecordFiles) -> None:
        files.adopt(target.open, attempt(workplace, 0, "new"))
        raise RuntimeError("a task failed")

    with pytest.raises(RuntimeError, match="a task failed"):
        run(store, fail, mode="overwrite")
    assert sources(store) == ["old"] and not strays(store) and len(marks(store)) == 2

    def refuse(call: str, key: str) -> None:
        if call == "entries":
            raise OutputError("does not answer", code="store")

    store.before = refuse
    with pytest.raises(RuntimeError, match="a task failed"):
        run(store, fail, mode="overwrite")
    store.before = lambda call, key: None
    assert sources(store) == ["old"] and len(strays(store)) == 1  # the next run removes it
    run(store, adopt_document("new"), mode="overwrite")
    assert sources(store) == ["new"] and not strays(store)


@pytest.mark.parametrize("failure", ["put", "put_if_unchanged"])
def test_a_failed_commit_removes_adopted_files_unless_they_may_be_part_of_the_output(failure: str) -> None:
    store = MemoryStore()

    def fill(target: StoreTarget, workplace: SharedStore, files: RecordFiles) -> None:
        files.adopt(target.open, attempt(workplace, len(store.objects), "x"))
        store.before = refuse

    def refuse(call: str, key: str) -> None:
        if call == failure or (call == "get" and failure != "put"):
            raise OutputError("does not answer", code="store")

    run(store, adopt_document("old"))
    with pytest.raises(OutputError, match="does not answer"):
        run(store, fill, mode="overwrite")
    store.before = lambda call, key: None
    assert len(strays(store)) == (0 if failure == "put" else 2) and len(marks(store)) == 2
    assert sources(store) == ["old"]


def test_of_two_runs_one_wins_also_if_it_removed_files_of_the_other(tmp_path_factory: pytest.TempPathFactory) -> None:
    store = MemoryStore()

    def fill(target: StoreTarget, workplace: SharedStore, files: RecordFiles) -> None:
        files.adopt(target.open, attempt(workplace, 1, "this"))
        target.check_unchanged()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("other machine")))
            write_target([Source("other", "# A")], StoreTarget(PLACE, store), Output(records=["documents"]), Options())
        with pytest.raises(OutputError, match="another run wrote to it meanwhile"):
            target.check_unchanged()

    message = f"^{PLACE}: another run wrote to it meanwhile, and nothing of this run was kept; run it again$"
    with pytest.raises(OutputError, match=message) as error:
        run(store, fill)
    assert error.value.code == "output_busy"
    assert sources(store) == ["other"] and not strays(store)


def test_a_run_whose_files_are_gone_does_not_commit() -> None:
    store = MemoryStore()

    def fill(target: StoreTarget, workplace: SharedStore, files: RecordFiles) -> None:
        adopted = attempt(workplace, 1, "a")
        files.adopt(target.open, adopted)
        store.delete([adopted[0].path])

    with pytest.raises(OutputError, match=r"nothing of this run was kept; run it again$"):
        run(store, fill)
    assert sources(store) == [] and not strays(store)


def test_problems_that_a_task_left_out_are_written(tmp_path: Path) -> None:
    store = MemoryStore()
    row = dict.fromkeys(RECORDS["problems"].schema.names) | {
        "source": "x",
        "severity": "error",
        "code": "too_large",
        "message": "m",
    }
    problems = pa.Table.from_pylist([row], RECORDS["problems"].schema)

    def fill(target: StoreTarget, workplace: SharedStore, files: RecordFiles) -> None:
        files.adopt(target.open, attempt(workplace, 1, "a"), [problems])

    run(store, fill, partition_by=("lang",))
    stored = open_stored(PLACE, store)
    assert stored is not None
    assert [row["source"] for row in stored.table("problems").to_pylist() if row["code"] == "too_large"] == ["x"]


def test_names_of_attempts_and_of_the_driver_differ() -> None:
    run_name = name_of("0" * 32)
    paths = ["sections/part-00000.parquet", "sections/part-00001.parquet", "sections/part-1234567.parquet"]
    names = [stored_path(path, run_name, number) for path in paths for number in (None, 0, 1, 10, 11, 1_000)]
    assert len({*names}) == len(names) and all(map(run_of, names))
    assert stored_path("a/lang=en/part-00001.csv", run_name, 4) == f"a/lang=en/part-50000001-{run_name}.csv"


def test_rows_of_placed_files_are_read_back(tmp_path: Path) -> None:
    store = MemoryStore()
    workplace = SharedStore(PLACE, "0" * 32, store)
    (file,) = attempt(workplace, 3, "a")
    (batch,) = workplace.rows(PlacedFile(file.path, file.bytes), SCHEMA)
    assert batch.column("source").to_pylist() == ["a"]
    assert workplace.target().name == PLACE and PARTS_FILE not in file.path


def test_problems_without_a_document_wait_only_in_a_partition_without_a_value() -> None:
    problems = pa.Table.from_pylist([{"doc_id": None, "code": "a"}, {"doc_id": "1", "code": "b"}])
    records = {"problems": problems, "blocks": problems}
    for partition in ("", "lang=en"):
        assert split_problems(records, partition) == (records, [])
    assert split_problems({"blocks": problems}, "lang=__HIVE_DEFAULT_PARTITION__") == ({"blocks": problems}, [])
    kept, (waiting,) = split_problems(records, "lang=__HIVE_DEFAULT_PARTITION__")
    assert kept["problems"]["code"].to_pylist() == ["b"] and kept["blocks"] == problems
    assert waiting["code"].to_pylist() == ["a"]
