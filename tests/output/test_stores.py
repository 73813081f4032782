"""Outputs in an object store: the rows of a local folder, one winner of two runs, nothing lost or left at any fault."""

from __future__ import annotations

import json
import random
import signal
import string
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from converter.config import Options
from converter.destination import STORE
from converter.engine.plan import plan_of_target
from converter.engine.run import write_folder, write_target
from converter.errors import OutputError, UsageError
from converter.model.report import Report
from converter.model.source import Source
from converter.output import MANIFEST, Output
from converter.output.kept import SMALL_GROUPS
from converter.output.manifest import Manifest, parse_manifest, read_manifest, run_of
from converter.output.stage import IN_PLACE
from converter.output.store import STORE_CODE, StoredFile
from converter.output.store_names import RUNS
from converter.output.store_target import StoreTarget, UnknownOutcomeError
from converter.output.stored import differences, open_stored
from converter.schema.load import load_schemas
from tests.support.stores import MemoryStore

BEFORE = {"a": "# One\n\n| a | b |\n|---|---|\n| 1 | x |\n", "b": "- x: y\n", "c": "text [l](http://a.b)\n"}
AFTER = {"a": BEFORE["a"], "b": "# Changed\n", "d": "| n |\n|---|\n| 2 |\n"}
PLACE = "s3://bucket/out"
SCHEMA = {"name": "pair", "from": "items", "fields": [{"name": part, "part": part} for part in ("label", "value")]}
FEW: dict[str, Any] = {"records": ["documents", "problems", "datasets"]}


@pytest.fixture(autouse=True)
def temporary_files(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stage in a folder of this test alone: a stage belongs to one run at a time."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))


def sources(texts: dict[str, str]) -> list[Source]:
    return [Source(key, text, attributes={"lang": "en x" if len(text) % 2 else "d/é"}) for key, text in texts.items()]


def convert(
    store: MemoryStore, texts: dict[str, str], options: Options = Options(), stage: Path | None = None, **values: Any
) -> Report:
    target = StoreTarget(PLACE, store)
    target.place = stage or target.place
    return write_target(sources(texts), target, Output(**values), options)


def manifest_in(store: MemoryStore) -> Manifest:
    return parse_manifest(store.objects[MANIFEST][0], PLACE, in_folder=True)


def rows_of(manifest: Manifest, read: Any) -> dict[str, list[str]]:
    """Return the rows of each record, sorted as text, whatever its files are called."""
    rows: dict[str, list[str]] = {}
    for file in manifest.files:
        data = read(file.path)
        if file.path.endswith(".parquet"):
            lines = [repr(row) for row in pq.ParquetFile(BytesIO(data)).read().to_pylist()]
        else:
            lines = data.decode().splitlines()
        rows.setdefault(file.record, []).extend(lines)
    return {record: sorted(lines) for record, lines in rows.items() if lines}


def rows_in(store: MemoryStore) -> dict[str, list[str]]:
    return rows_of(manifest_in(store), lambda path: store.objects[path][0])


def content(store: MemoryStore) -> str:
    """Return the documents and numbers of rows of the output, which must be whole; an empty text if there is none."""
    if MANIFEST not in store.objects:
        return ""
    stray = [line for line in differences(PLACE, store.copy()) if not line.endswith("is not in the manifest")]
    assert not stray
    manifest = manifest_in(store)
    stored = open_stored(PLACE, store.copy())
    assert stored is not None
    keys = sorted(zip(*stored.table("documents", ["source", "sha256"]).to_pydict().values(), strict=True))
    assert {name: stored.table(name).num_rows for name in stored.names} == {
        name: rows for name, rows in manifest.rows().items() if name[0] != "_"
    }
    assert manifest.documents == len(keys)
    return json.dumps([keys, sorted((name, rows) for name, rows in manifest.rows().items() if rows)])


def left_over(store: MemoryStore) -> list[str]:
    return sorted(store.objects.keys() - manifest_in(store).paths - {MANIFEST})


# -- the same rows as in a folder


@pytest.mark.parametrize(
    "values",
    [
        {}, {"partition_by": ("lang",)}, {"file_bytes": 1}, {"format": "csv"}, {"format": "ndjson"}, {"format": "json"},
        {"format": "json", "records": ["sections"]}, {"records": ["documents", "pair"]}, {"lock_types": "null"},
    ],
    ids=str,
)  # fmt: skip
def test_a_new_and_a_replaced_output_have_the_rows_of_a_folder(values: dict[str, Any], tmp_path: Path) -> None:
    options = Options(schemas=tuple(load_schemas(SCHEMA)))
    store = MemoryStore()
    for texts, mode in ((BEFORE, "create"), (AFTER, "overwrite")):
        report = convert(store, texts, options, mode=mode, **values)
        local = write_folder(sources(texts), tmp_path, Output(mode=mode, **values), options)  # type: ignore[arg-type]
        manifest = read_manifest(tmp_path)
        assert manifest is not None
        assert rows_in(store) == rows_of(manifest, lambda path: (tmp_path / path).read_bytes())
        assert (report.rows, report.datasets, report.documents) == (local.rows, local.datasets, local.documents)
        assert report.outputs == [PLACE] and not left_over(store)
        assert all(run_of(file.path) for file in manifest_in(store).files)


@pytest.mark.parametrize("mode", ["append", "incremental"])
@pytest.mark.parametrize("partition_by", [(), ("lang",)])
def test_an_output_that_grows_has_the_rows_of_a_folder(mode: Any, partition_by: Any, tmp_path: Path) -> None:
    store = MemoryStore()
    for texts in (BEFORE, AFTER, AFTER, {**AFTER, "e": "# New\n"}):
        values: dict[str, Any] = {"mode": mode, "partition_by": partition_by, "records": [*FEW["records"], "sections"]}
        report = convert(store, texts, **values)
        local = write_folder(sources(texts), tmp_path, Output(**values), Options())
        manifest = read_manifest(tmp_path)
        assert manifest is not None
        assert rows_in(store) == rows_of(manifest, lambda path: (tmp_path / path).read_bytes())
        assert report.as_json()["rows"] == local.as_json()["rows"]
        assert (report.skipped, report.removed, report.written) == (local.skipped, local.removed, local.written)
        assert not left_over(store) and content(store)


def test_files_without_changes_stay_and_only_a_new_document_is_sent() -> None:
    store = MemoryStore()
    texts = {f"{number}": f"# Title {number}\n\n| a |\n|---|\n| {number} |\n" for number in range(200)}
    convert(store, texts, **FEW)
    existing, sent = manifest_in(store).paths, store.bytes_sent
    store.bytes_sent = 0
    convert(store, {**texts, "new": "# New\n"}, mode="incremental", **FEW)
    documents = [file.path for file in manifest_in(store).files if file.record == "documents"]
    assert len(documents) == 2 and len({*documents} & existing) == 1
    assert {path for path in existing if path.startswith("datasets/")} <= manifest_in(store).paths  # the same bytes
    assert store.bytes_sent < sent / 2
    store.calls.clear()
    assert not convert(store, {**texts, "new": "# New\n"}, mode="incremental", **FEW).written
    assert store.calls.keys() == {"get", "read", "entries"}


def test_many_small_files_are_merged() -> None:
    store, texts = MemoryStore(), {"a": "# A\n"}
    counts = []
    for number in range(SMALL_GROUPS + 3):
        convert(store, texts, mode="append", **FEW)
        counts.append(sum(file.record == "documents" for file in manifest_in(store).files))
        texts[f"{number}"] = f"# {number}\n"
    assert counts == [*range(1, SMALL_GROUPS + 2), 1, 2]
    assert len(json.loads(content(store))[0]) == len(texts) - 1


def test_large_files_are_not_counted_among_small_ones() -> None:
    store, chance, texts = MemoryStore(), random.Random(1), {}
    counts = []
    for number in range(SMALL_GROUPS + 4):
        size = 20_000 if number <= SMALL_GROUPS else 10
        texts[f"{number}"] = "".join(chance.choices(string.ascii_letters, k=size))
        convert(store, texts, mode="append", records=["documents", "blocks"], file_bytes=20_000)
        counts.append(sum(file.record == "documents" for file in manifest_in(store).files))
    assert counts == [*range(1, SMALL_GROUPS + 5)]


# -- what is in the way


def test_what_others_put_there_is_neither_replaced_nor_removed() -> None:
    foreign = {"documents/mine.parquet": b"x", "notes.txt": b"y"}
    for mode in ("create", "overwrite", "append"):
        store = MemoryStore()
        for key, data in foreign.items():
            store.put(key, data)
        with pytest.raises(OutputError, match=r"already holds documents/mine\.parquet") as error:
            convert(store, BEFORE, mode=mode)
        assert error.value.code == "output_exists" and store.objects.keys() == foreign.keys()
    store.delete(["documents/mine.parquet"])
    convert(store, BEFORE)
    store.put("documents/mine.parquet", b"x")
    convert(store, AFTER, mode="overwrite")
    assert left_over(store) == sorted(foreign)


def test_an_existing_output_is_refused_in_a_new_run() -> None:
    store = MemoryStore()
    convert(store, BEFORE)
    with pytest.raises(OutputError, match="already holds an output"):
        convert(store, AFTER)


def test_files_that_are_kept_must_be_there() -> None:
    store = MemoryStore()
    convert(store, BEFORE, **FEW)
    path = next(file.path for file in manifest_in(store).files if file.record == "datasets/a__b")
    del store.objects[path]
    assert differences(PLACE, store) == [f"{path}: is missing"]
    convert(store, {**BEFORE, "e": "# E\n"}, mode="append", **FEW)  # a data set is made anew
    assert differences(PLACE, store) == []
    path = next(file.path for file in manifest_in(store).files if file.record == "documents")
    store.objects[path] = (b"short", 0, datetime.now(UTC))
    with pytest.raises(OutputError):
        convert(store, {**BEFORE, "f": "# F\n"}, mode="append", **FEW)
    assert differences(PLACE, store) == [
        f"{path}: 5 bytes, not {next(file.bytes for file in manifest_in(store).files if file.path == path)}; "
        "differs from the manifest"
    ]


@pytest.mark.parametrize("values", [{"layout": "files"}, {"datapackage": True}])
def test_settings_without_meaning_in_a_store_are_refused(values: dict[str, Any]) -> None:
    store = MemoryStore()
    with pytest.raises(UsageError):
        convert(store, BEFORE, **values)
    assert not store.calls


@pytest.mark.parametrize("time", ["", "x", "-1", "5 years", "1e3", "nan"])
def test_a_wrong_time_is_refused(time: str) -> None:
    with pytest.raises(UsageError, match="keep_previous"):
        Output(keep_previous=time)


@pytest.mark.parametrize(
    "time, seconds", [(0, 0), ("90", 90), (1.5, 1.5), ("30m", 1800), ("2 h", 7200), ("7d", 604800)]
)
def test_a_time_has_a_unit(time: Any, seconds: float) -> None:
    assert Output(keep_previous=time).seconds_kept == seconds


def test_a_second_run_on_the_same_machine_waits_for_nothing() -> None:
    store = MemoryStore()

    def meet(call: str, key: str) -> None:
        store.before = lambda call, key: None
        with pytest.raises(OutputError, match=f"^{PLACE}: another run is writing to it") as error:
            convert(store, AFTER, **FEW)
        assert error.value.code == "output_busy"

    store.before = meet
    convert(store, BEFORE, **FEW)
    assert content(store)


# -- the files before


def test_replaced_files_stay_for_a_time_and_a_later_run_removes_them() -> None:
    store = MemoryStore()
    convert(store, BEFORE, **FEW)
    first = manifest_in(store)
    convert(store, AFTER, mode="incremental", keep_previous="1h", **FEW)
    replaced = first.paths - manifest_in(store).paths
    assert replaced and replaced <= store.objects.keys() and manifest_in(store).superseded is not None
    assert rows_of(first, lambda path: store.objects[path][0])  # a reader that began before
    assert differences(PLACE, store) == []
    convert(store, AFTER, mode="incremental", keep_previous="1h", **FEW)  # unchanged, and too early
    assert replaced <= store.objects.keys()
    age(store, timedelta(hours=2))
    convert(store, AFTER, mode="incremental", keep_previous="3h", **FEW)
    assert replaced <= store.objects.keys()
    convert(store, AFTER, mode="incremental", keep_previous="1h", **FEW)
    assert not replaced & store.objects.keys() and not left_over(store)


def age(store: MemoryStore, time: timedelta) -> None:
    """Make everything in the store older."""
    values = json.loads(store.objects[MANIFEST][0])
    values["superseded"] = {
        path: (datetime.fromisoformat(since) - time).isoformat() for path, since in values["superseded"].items()
    }
    for key, (data, version, modified) in store.objects.items():
        store.objects[key] = (json.dumps(values).encode() if key == MANIFEST else data, version, modified - time)


# -- two runs, killed runs


def test_of_two_runs_one_wins_and_the_other_says_so(tmp_path: Path) -> None:
    for existing in (False, True):
        store = MemoryStore()
        if existing:
            convert(store, BEFORE, **FEW)

        def meet(call: str, key: str, store: MemoryStore = store) -> None:
            if call.startswith("put_if"):
                store.before = lambda call, key: None
                convert(store, {"other": "# Other\n"}, stage=tmp_path / "stage", mode="overwrite", **FEW)

        store.before = meet
        with pytest.raises(OutputError, match="another run wrote to it meanwhile, and nothing") as error:
            convert(store, AFTER, mode="overwrite", **FEW)
        assert error.value.code == "output_busy"
        assert [key for key, _ in json.loads(content(store))[0]] == ["other"] and not left_over(store)


class Kill(BaseException):
    """The end of a process: nothing that follows is done."""


def killed_before(number: int, store: MemoryStore) -> MemoryStore:
    """Return a store whose calls from this number on do not happen, as if the process were dead."""
    count = 0

    def count_calls(call: str, key: str) -> None:
        nonlocal count
        count += 1
        if count >= number:
            raise Kill

    return store.copy(before=count_calls)


MODES: list[Any] = [
    ("incremental", BEFORE, 5),
    *(
        pytest.param(mode, before, 1, marks=pytest.mark.slow)
        for mode, before in (("create", {}), ("overwrite", BEFORE), ("append", BEFORE), ("incremental", BEFORE))
    ),
]
"""How a run writes, over which output, and at which of its calls something happens: at every fifth, or at each."""


@pytest.mark.parametrize("mode, before, step", MODES)
def test_a_run_killed_at_any_call_leaves_the_old_or_the_new_output(
    mode: Any, before: dict[str, str], step: int
) -> None:
    base = MemoryStore()
    if before:
        convert(base, before, **FEW)
    whole = base.copy()
    convert(whole, AFTER, mode=mode, **FEW)
    states = {content(base), content(whole)}
    number, outcomes = 1 - step, set()
    while True:
        number += step
        store = killed_before(number, base)
        try:
            convert(store, AFTER, mode=mode, **FEW)
            break
        except Kill:
            store = store.copy()
        state = content(store)
        assert state in states
        outcomes.add(state)
        next_mode = "incremental" if mode == "create" else mode
        convert(store, AFTER, mode=next_mode, **FEW)
        assert content(store) == content(whole)
        assert [key for key in left_over(store) if not key.startswith(f"{RUNS}/")] == []
        assert differences(PLACE, store) == []
        marks = [key for key in store.objects if key.startswith(f"{RUNS}/")]
        for key in marks:
            store.objects[key] = (b"", 0, datetime.now(UTC) - timedelta(days=2))
        convert(store, AFTER, mode=next_mode, **FEW)
        assert not left_over(store)
    assert number > 5 and content(base) in outcomes and (outcomes == states or step > 1)


def test_a_run_that_only_seems_to_be_killed_cannot_commit_after_its_files_are_removed(tmp_path: Path) -> None:
    """A run stands still before its commit, while a run without changes removes what it wrote."""
    store = MemoryStore()
    convert(store, BEFORE, **FEW)

    def wait(call: str, key: str) -> None:
        if call == "put_if_unchanged":
            store.before = lambda call, key: None
            report = convert(store, BEFORE, stage=tmp_path / "stage", mode="incremental", **FEW)
            assert not report.written and not [key for key in left_over(store) if not key.startswith(RUNS)]

    store.before = wait
    with pytest.raises(OutputError, match="another run"):
        convert(store, AFTER, mode="overwrite", **FEW)
    assert len(json.loads(content(store))[0]) == 3 and not left_over(store)


# -- a store that fails


@pytest.mark.parametrize("mode, before, step", MODES)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_call_that_fails_costs_nothing(mode: Any, before: dict[str, str], step: int, moment: str) -> None:
    """Each call fails once, before it happens or after it (the answer is lost): the message tells what is there."""
    base = MemoryStore()
    if before:
        convert(base, before, **FEW)
    whole = base.copy()
    convert(whole, AFTER, mode=mode, **FEW)
    old, new = content(base), content(whole)
    number, messages = 1 - step, set()
    while True:
        number, count = number + step, 0

        def fail(call: str, key: str, number: int = number) -> None:
            nonlocal count
            count += 1
            if count == number:
                raise OutputError("the store did not answer", source=PLACE, code=STORE_CODE)

        store = base.copy(**{moment: fail})
        try:
            convert(store, AFTER, mode=mode, **FEW)
            assert content(store) == new
            if count < number:
                break
        except OutputError as error:
            messages.add(error.message)
            assert "the store did not answer" in error.message
            assert content(store) == old
        store = store.copy()
        convert(store, AFTER, mode="incremental" if mode == "create" else mode, **FEW)
        assert content(store) == new
        assert [key for key in left_over(store) if not key.startswith(f"{RUNS}/")] == []
    assert messages and number > 5


def test_a_signal_at_the_commit_comes_after_it() -> None:
    """The files of a committed output are not taken for those of a run that failed."""
    store = MemoryStore()
    convert(store, BEFORE, **FEW)

    def interrupt(call: str, key: str) -> None:
        if call == "put_if_unchanged":
            signal.raise_signal(signal.SIGINT)

    store.after = interrupt
    previous_handler = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    try:
        with pytest.raises(KeyboardInterrupt) as error:
            convert(store, AFTER, mode="overwrite", **FEW)
    finally:
        signal.signal(signal.SIGINT, previous_handler)
    assert error.value.__notes__ == [IN_PLACE]
    assert {key for key, _ in json.loads(content(store.copy()))[0]} == {"a", "b", "d"}


def test_a_store_that_is_gone_at_the_commit_leaves_an_unknown_outcome() -> None:
    store = MemoryStore()
    convert(store, BEFORE, **FEW)

    def fail(call: str, key: str) -> None:
        if key == MANIFEST and failing:
            raise OutputError("the store did not answer", source=f"{PLACE}/{MANIFEST}", code=STORE_CODE)

    failing: list[int] = []
    store.after = lambda call, key: failing.append(1) if call == "entries" else fail(call, key)
    with pytest.raises(UnknownOutcomeError, match="it is unknown whether the output of this run is in place"):
        convert(store, AFTER, mode="overwrite", **FEW)
    assert {key for key, _ in json.loads(content(store.copy()))[0]} == {"a", "b", "d"}  # it is, and it is whole


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_run_that_is_too_late_fails_at_the_first_attempt(is_answered: bool) -> None:
    """The manifest is another object than before, or another run's though the answer to the attempt was lost."""
    store = MemoryStore()
    convert(store, BEFORE, **FEW)
    before = manifest_in(store)

    def interfere(call: str, key: str) -> None:
        if call != "put_if_unchanged":
            return
        manifest = before if is_answered else replace(before, run_id="other")
        store.objects[MANIFEST] = (manifest.text.encode(), -1, datetime.now(UTC))
        if not is_answered:
            raise OutputError("the store did not answer", source=PLACE, code=STORE_CODE)

    store.before = interfere
    with pytest.raises(
        OutputError, match="another run wrote to it meanwhile, and nothing of this run was kept"
    ) as error:
        convert(store, AFTER, mode="overwrite", **FEW)
    assert error.value.code == "output_busy" and store.calls["put_if_unchanged"] == 1
    assert left_over(store) == []


# -- reading


def test_an_output_is_read_by_its_manifest() -> None:
    store = MemoryStore()
    convert(store, BEFORE)
    for key in [key for key in store.objects if key.startswith("sections/")]:
        store.put(key.replace("part-00000", "part-00007"), store.objects[key][0])  # of another run, not committed
    stored = open_stored(PLACE, store)
    assert stored is not None
    assert stored.table("documents", ["source"]).column("source").to_pylist() == ["a", "b", "c"]
    assert {"sections", "datasets/a__b"} <= {*stored.names} and "_parts" not in stored.names
    assert stored.files("sections")[0].startswith(f"{PLACE}/sections/part-00000-")
    with duckdb.connect() as connection:
        connection.register("sections", stored.dataset("sections"))
        assert connection.sql("select count(*) from sections").fetchall() == [(manifest_in(store).rows()["sections"],)]
    assert [line.endswith("is not in the manifest") for line in differences(PLACE, store)] == [True]
    with pytest.raises(UsageError, match="has no nothing"):
        stored.table("nothing")
    assert open_stored(PLACE, MemoryStore()) is None
    with pytest.raises(OutputError, match=r"has no _manifest\.json"):
        differences(PLACE, MemoryStore())


def test_a_damaged_file_is_found_by_its_hash() -> None:
    store = MemoryStore()
    convert(store, BEFORE, **FEW)
    path = next(file.path for file in manifest_in(store).files if file.record == "documents")
    data = store.objects[path][0]
    store.objects[path] = (data[:9] + b"~" + data[10:], 0, datetime.now(UTC))
    (line,) = differences(PLACE, store)
    assert line.startswith(f"{path}: ") and line.endswith("; differs from the manifest")


@pytest.mark.parametrize("columns", [None, ["a"]])
def test_a_large_file_is_read_in_ranges(columns: list[str] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("converter.output.store.WHOLE_BYTES", 1000)
    table = pa.table({"a": range(9000), "b": [str(number) * 50 for number in range(9000)]})
    buffer, store = BytesIO(), MemoryStore()
    pq.write_table(table, buffer)
    store.put("x", buffer.getvalue())
    with pq.ParquetFile(pa.PythonFile(StoredFile(store, "x", len(buffer.getvalue())), "r")) as file:
        assert file.read(columns) == (table if columns is None else table.select(columns))
    assert store.calls["read"] > 1 and (columns is None or store.bytes_received < len(buffer.getvalue()))


def test_the_target_is_that_of_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    from converter.output import TARGETS, find_target

    monkeypatch.setattr("converter.output.store_target.StoreTarget.__init__.__defaults__", (MemoryStore(),))
    target = find_target("s3://bucket/out", None)
    assert isinstance(target, StoreTarget) and target.kind in TARGETS and target.kind == STORE


def test_a_dry_run_takes_the_settings_of_a_store() -> None:
    output = Output(partition_by=("lang",), keep_previous="1h")
    target = StoreTarget(PLACE, MemoryStore())
    steps = [step.action for step in plan_of_target(sources(BEFORE), target, output, Options())]
    assert steps == [*["convert"] * len(BEFORE), "write"]
    with pytest.raises(UsageError, match="leave out the layout"):
        plan_of_target(sources(BEFORE), target, Output(layout="files"), Options())


def test_a_run_that_fails_removes_what_it_has_put() -> None:
    store = MemoryStore()
    convert(store, BEFORE)

    def refuse(call: str, key: str) -> None:
        if call == "put" and key.startswith("sections/"):
            raise OutputError("does not answer", code=STORE_CODE)

    store.before = refuse
    with pytest.raises(OutputError, match="nothing of this run was kept"):
        convert(store, AFTER, mode="overwrite")
    (mark,) = left_over(store)
    assert mark.startswith(RUNS)  # the put may still happen: the next run removes it
