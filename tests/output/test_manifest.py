"""Manifests and the other files of an earlier run are input, and are read as strictly as documents.

T2, T3 and T21 of the findings. Whatever the output holds, a run either resumes it or says what is wrong and how to
repair it; it changes nothing outside the output, and never shows a traceback.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.config import Options
from converter.engine.query import ask
from converter.engine.run import write_folder, write_target
from converter.errors import OutputError
from converter.model.source import Source
from converter.output import MANIFEST, File, Mode, Output, find_target, read_manifest, verify
from converter.output.folder import RecordFiles
from converter.output.manifest import check_file, parse_manifest
from converter.output.stage import move_in_stage, open_stage
from tests.support.commands import run
from tests.support.folders import listing
from tests.support.stages import FIRST, LATER, convert

OUTSIDE = [
    "../victim/key", "/tmp/key", "sections/../../victim/key", "..", ".", "", "sections.parquet/../../victim/key",
    "a\\b.parquet", "C:\\key.parquet", "C:key.parquet", "a\0b.parquet", "//host/key.parquet", "./sections.parquet",
    "sections//part-00000.parquet", "sections/part-00000.parquet/", ".ssh/config", "key", "key.txt", "~/key.parquet",
    "sections/lang=en/../part-00000.parquet", "sections/lang=../../part-00000.parquet", "datasets/../key.parquet",
    "sections/part-0.parquet", "sections.parquet\n", "mine.parquet/x", "_manifest.json", "a.b.parquet",
]  # fmt: skip
"""Paths that no run writes; most lead out of the folder."""


def change_manifest(out: Path, change: Callable[[dict[str, Any]], None]) -> None:
    values = json.loads((out / MANIFEST).read_text())
    change(values)
    (out / MANIFEST).write_text(json.dumps(values))


def refusal(out: Path) -> OutputError:
    """Return the error with which every mode refuses a manifest; queries refuse it too, and no file changes."""
    previous_files = listing(out.parent)
    for mode in get_args(Mode):
        with pytest.raises(OutputError) as error:
            convert(LATER, out, mode)
        assert error.value.code == "manifest"
        assert "remove the output, or name another" in str(error.value)
    with pytest.raises(OutputError, match="not a manifest of Parquetry"):
        ask("select 1", out)
    with pytest.raises(OutputError, match="not a manifest of Parquetry"):
        verify(out)
    assert listing(out.parent) == previous_files
    return error.value


@pytest.mark.parametrize("path", OUTSIDE, ids=repr)
@pytest.mark.parametrize("has_other_files", [False, True], ids=["alone", "beside other files"])
def test_a_path_that_no_run_writes_is_refused(tmp_path: Path, path: str, has_other_files: bool) -> None:
    """T2: also in a folder with other files, where files are removed one by one."""
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "key").write_text("precious")
    convert(FIRST, tmp_path / "out")
    if has_other_files:
        (tmp_path / "out" / "key").write_text("mine")
    change_manifest(tmp_path / "out", lambda values: values["files"].append({**values["files"][0], "path": path}))
    refusal(tmp_path / "out")


VALUES: list[Any] = [None, True, -1, 1.5, "x", "../x", [], {}, [1], {"a": 1}, 1 << 70]
FIELDS = ["run_id", "finished", "converter_version", "format", "fingerprint", "options", "documents", "files",
          "schemas", "version"]  # fmt: skip
ACCEPTED_VALUES = {("finished", "x"), ("finished", "../x"), ("converter_version", "x"), ("converter_version", "../x"),
         ("run_id", "x"), ("schemas", "{}"), ("options", "{}"), ("options", "{'a': 1}")}  # fmt: skip


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    out = tmp_path_factory.mktemp("manifest") / "out"
    convert(FIRST, out)
    values: dict[str, Any] = json.loads((out / MANIFEST).read_text())
    return values


def parse(values: Any) -> None:
    parse_manifest(json.dumps(values), "here", in_folder=True)


@pytest.mark.parametrize("name", FIELDS)
def test_each_field_has_its_type(manifest: dict[str, Any], name: str) -> None:
    parse(manifest)
    for value in VALUES:
        if (name, str(value)) in ACCEPTED_VALUES or (name, value) == ("files", []):
            continue
        with pytest.raises(OutputError, match="not a manifest"):
            parse({**manifest, name: value})
    if name not in ("version", "schemas"):  # those have a default
        with pytest.raises(OutputError, match="not a manifest"):
            parse({key: value for key, value in manifest.items() if key != name})


@pytest.mark.parametrize("name", ["path", "record", "rows", "bytes", "sha256"])
def test_each_field_of_a_file_has_its_type(manifest: dict[str, Any], name: str) -> None:
    first_file = manifest["files"][0]
    for value in [*VALUES, 0 if isinstance(first_file[name], str) else "0"]:
        with pytest.raises(OutputError, match="not a manifest"):
            parse({**manifest, "files": [{**first_file, name: value}]})
    with pytest.raises(OutputError, match="not a manifest"):
        parse({**manifest, "files": [{key: field for key, field in first_file.items() if key != name}]})
    with pytest.raises(OutputError, match="comes twice"):
        parse({**manifest, "files": [first_file, first_file]})
    with pytest.raises(OutputError, match="record 'accounts' was not requested"):
        parse({**manifest, "files": [{**first_file, "record": "accounts", "path": "accounts.parquet"}]})


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "{}", "[" * 100_000, '{"files": []}', "\0", "9" * 5000])
def test_an_invalid_manifest_is_refused(tmp_path: Path, text: str) -> None:
    """T21: the error names the empty or damaged file and says what to do."""
    convert(FIRST, tmp_path / "out")
    (tmp_path / "out" / MANIFEST).write_text(text)
    assert MANIFEST in str(refusal(tmp_path / "out"))


def test_a_manifest_that_is_a_pipe_does_not_block(tmp_path: Path) -> None:
    convert(FIRST, tmp_path / "out")
    (tmp_path / "out" / MANIFEST).unlink()
    os.mkfifo(tmp_path / "out" / MANIFEST)
    with pytest.raises(OutputError, match="is not a regular file"):
        read_manifest(tmp_path / "out")


@given(st.text() | st.sampled_from(OUTSIDE), st.sampled_from(["sections", "datasets/x", "", "documents"]))
@settings(max_examples=500, deadline=None)
def test_an_accepted_path_stays_in_the_folder(path: str, record: str) -> None:
    try:
        check_file(File(path, record, 0, 0, "0" * 64), in_folder=True)
    except ValueError:
        return
    parts = path.split("/")
    assert not {"", ".", ".."} & {*parts} and "\\" not in path and "\0" not in path and ":" not in path
    assert Path("/folder", path).resolve().is_relative_to("/folder")


@pytest.mark.parametrize("name", ["accounts", "datasets/../x", "documents; drop table x", 'a"b', "main.x", "", "_x"])
def test_foreign_table_names_in_a_database_manifest_are_refused(tmp_path: Path, name: str) -> None:
    """T2: a run drops or empties a table only under a name that a run could have given it."""
    out = tmp_path / "out.duckdb"

    def write(mode: Mode) -> None:
        target = find_target(str(out), None)
        assert target is not None
        write_target([Source(key, text) for key, text in FIRST.items()], target, Output(mode=mode), Options())

    write("create")
    with duckdb.connect(str(out)) as connection:
        connection.execute("create table accounts as select 1 as x")
        ((text,),) = connection.execute("from _manifest").fetchall()
        values = json.loads(text)
        values["files"].append({"path": name, "record": name, "rows": 1, "bytes": 0, "sha256": ""})
        connection.execute("update _manifest set manifest = ?", [json.dumps(values)])
    with pytest.raises(OutputError, match="not a manifest of Parquetry"):
        write("overwrite")
    with duckdb.connect(str(out)) as connection:
        assert connection.execute("from accounts").fetchall() == [(1,)]


@pytest.mark.parametrize("kind", ["duckdb", "delta"])
def test_a_table_with_rows_is_kept_although_the_manifest_lists_it_as_empty(tmp_path: Path, kind: str) -> None:
    """T2: an entry without a record is a view by Parquetry or an empty table, whatever table it names."""
    out = str(tmp_path / "out.duckdb") if kind == "duckdb" else f"delta://{tmp_path / 'root'}"

    def write(mode: Mode) -> None:
        target = find_target(out, None)
        assert target is not None
        write_target([Source(key, text) for key, text in FIRST.items()], target, Output(mode=mode), Options())

    def add_accounts(text: str) -> str:
        values = json.loads(text)
        values["files"].append({"path": "accounts", "record": "", "rows": 0, "bytes": 0, "sha256": ""})
        return json.dumps(values)

    write("create")
    if kind == "duckdb":
        with duckdb.connect(out) as connection:
            connection.execute("create table accounts as select 1 as x")
            ((text,),) = connection.execute("from _manifest").fetchall()
            connection.execute("update _manifest set manifest = ?", [add_accounts(text)])
        write("overwrite")
        with duckdb.connect(out) as connection:
            assert connection.execute("from accounts").fetchall() == [(1,)]
    else:
        accounts, manifest = str(tmp_path / "root" / "accounts"), str(tmp_path / "root" / "_manifest")
        write_deltalake(accounts, pa.table({"x": [1]}))
        (row,) = DeltaTable(manifest).to_pyarrow_table().to_pylist()
        versions = json.dumps(json.loads(row["versions"]) | {"accounts": 0})
        rows = pa.table({"manifest": [add_accounts(row["manifest"])], "versions": [versions]})
        write_deltalake(manifest, rows, mode="overwrite")
        write("overwrite")
        assert DeltaTable(accounts).to_pyarrow_table().to_pylist() == [{"x": 1}]


# -- files (T3, T21)


@pytest.mark.parametrize("damage", ["empty", "missing", "cut", "folder", "link", "linked folder"])
@pytest.mark.parametrize("name", ["documents.parquet", "_parts.parquet", "problems.parquet", "datasets/a__b.parquet"])
def test_the_error_for_a_damaged_file_names_the_file_and_the_remedy(tmp_path: Path, damage: str, name: str) -> None:
    out, moved_path = tmp_path / "out", tmp_path / "outside"
    convert(FIRST, out)
    path = out / name
    if damage == "linked folder":
        shutil.move(path.parent, moved_path)
        path.parent.symlink_to(moved_path)
    else:
        shutil.copy(path, moved_path)
        data = path.read_bytes()
        path.unlink()
        if damage == "empty":
            path.touch()
        elif damage == "cut":
            path.write_bytes(data[:-10])
        elif damage == "folder":
            path.mkdir()
        elif damage == "link":
            path.symlink_to(moved_path)
    if damage == "linked folder" and "/" not in name:
        return
    for mode in ("append", "incremental"):
        previous_files = listing(tmp_path)
        with pytest.raises(OutputError) as error:
            convert(LATER, out, mode)
        assert error.value.code == "damaged" and name in str(error.value)
        assert "`overwrite`" in str(error.value) or "remove it" in str(error.value)
        assert listing(tmp_path) == previous_files
    with pytest.raises(OutputError) as error:
        ask("select 1", out)
    assert error.value.code == "damaged"
    if damage == "missing" or (damage in ("empty", "cut") and "/" not in name):
        convert(LATER, out, "overwrite")
        assert verify(out) == []


@pytest.mark.slow
def test_sql_reads_nothing_outside_of_the_output(tmp_path: Path) -> None:
    """T3: neither by a path nor by a link; the command reports this in one line."""
    convert(FIRST, tmp_path / "out")
    pq.write_table(pa.table({"secret": ["precious"]}), tmp_path / "key.parquet")
    shutil.copytree(tmp_path / "out", tmp_path / "linked")
    (tmp_path / "linked" / "sections.parquet").unlink()
    (tmp_path / "linked" / "sections.parquet").symlink_to(tmp_path / "key.parquet")
    change_manifest(
        tmp_path / "out",
        lambda values: values["files"].append(
            {**values["files"][0], "path": str(tmp_path / "key.parquet"), "record": "key"}
        ),
    )
    for out, query in (("out", "select * from key"), ("linked", "select * from sections")):
        result = run("sql", query, out, cwd=tmp_path, code=1)
        assert b"precious" not in result.stdout and b"Traceback" not in result.stderr and out.encode() in result.stderr


@pytest.mark.parametrize("name", ["documents.parquet", "_parts.parquet", "problems.parquet"])
def test_a_file_with_unknown_columns_is_refused(tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    convert(FIRST, out)
    replace_file(out, name, pa.table({"x": [1]}))
    previous_files = listing(tmp_path)
    with pytest.raises(OutputError, match="has columns that no run writes") as error:
        convert(LATER, out, "incremental")
    assert name in str(error.value) and listing(tmp_path) == previous_files


def replace_file(out: Path, name: str, table: pa.Table) -> None:
    """Write another table to a file, and change the manifest to match."""
    pq.write_table(table, out / name)

    def change(values: dict[str, Any]) -> None:
        for file in values["files"]:
            if file["path"] == name:
                file["bytes"] = (out / name).stat().st_size

    change_manifest(out, change)


@pytest.mark.parametrize(
    "column, value", [("dataset", "../../x"), ("dataset", "/tmp/x"), ("kinds", b"x"), ("rows", b"x"), ("rows", b"")]
)
def test_parts_that_no_run_wrote_are_refused(tmp_path: Path, column: str, value: object) -> None:
    """The name of a data set becomes a file name, even if it is read from an earlier output."""
    out = tmp_path / "out"
    convert(FIRST, out)
    parts = pq.read_table(out / "_parts.parquet")
    index = parts.schema.get_field_index(column)
    array = pa.array([value] * parts.num_rows, parts.schema.types[index])
    replace_file(out, "_parts.parquet", parts.set_column(index, parts.schema.field(index), array))
    previous_files = listing(tmp_path)
    with pytest.raises(OutputError, match="recreate it with `overwrite`") as error:
        convert({**FIRST, "d": "\n\n".join(FIRST.values())}, out, "append")  # data sets without new tables are kept
    assert error.value.code == "damaged" and listing(tmp_path) == previous_files


def test_ids_that_no_run_wrote_are_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    convert(FIRST, out)
    table = pq.read_table(out / "documents.parquet")
    index = table.schema.get_field_index("doc_id")
    ids = pa.array(["no id"] * table.num_rows, pa.string())
    replace_file(out, "documents.parquet", table.set_column(index, table.schema.field(index), ids))
    with pytest.raises(OutputError, match="recreate it with `overwrite`"):
        convert(LATER, out, "incremental")


# -- files of other processes


@pytest.mark.parametrize("path", ["../../victim.parquet", "/tmp/victim.parquet", "sections/../../../x.parquet"])
def test_files_named_by_a_worker_are_checked(tmp_path: Path, path: str) -> None:
    (tmp_path / "victim.parquet").write_text("precious")
    with open_stage(tmp_path / "out") as stage, RecordFiles(stage, Output(), Options()) as files:
        (stage.place / "attempts").mkdir()
        with pytest.raises(OutputError, match="no run writes"):
            files.adopt(stage.place / "attempts", [File(path, "sections", 1, 1, "0" * 64)])
        with pytest.raises(OutputError, match="not in a stage"):
            move_in_stage(tmp_path / "victim.parquet", stage.new / "sections.parquet")
        with pytest.raises(OutputError, match="not in a stage"):
            move_in_stage(stage.new / ".." / ".." / "victim.parquet", stage.new / "sections.parquet")
    assert os.listdir(tmp_path) == ["victim.parquet"]


def test_no_file_is_moved_from_a_foreign_stage(tmp_path: Path) -> None:
    place = tmp_path / ".out.parquetry-stage"
    (place / "new").mkdir(parents=True)
    for name in ("lock", "proof", "x.parquet"):
        (place / name).write_text("1")
    with pytest.raises(OutputError, match="did not make it"):
        move_in_stage(place / "x.parquet", place / "new" / "sections.parquet")
    assert (place / "x.parquet").exists()


def test_the_manifest_of_a_partitioned_output_is_accepted(tmp_path: Path) -> None:
    values = ["en", "", "a/b", "..", "ä ö", "x" * 80, "=", "\\", "%2F"]
    sources = [Source(str(n), "# x\n", attributes={"a key": value}) for n, value in enumerate(values)]
    output = Output(partition_by=("a key",), datapackage=True)
    write_folder(sources, tmp_path / "out", output, Options())
    assert verify(tmp_path / "out") == []
    output = Output(partition_by=("a key",), datapackage=True, mode="incremental")
    assert write_folder(sources, tmp_path / "out", output, Options()).skipped == len(values)
