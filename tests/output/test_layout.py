"""How files are arranged: one file or folder per record, partitions, and what other tools read (T20, T25, T26)."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

import converter
from converter.config import Options
from converter.config.partitions import LONGEST_NAME
from converter.datasets import PARTS_FILE
from converter.engine.query import ask
from converter.engine.run import write_folder
from converter.errors import UsageError
from converter.model.report import Report
from converter.model.source import NO_PARTITION, Source
from converter.output import MANIFEST, Output, read_manifest, verify
from converter.output.partition import partition_of
from converter.problems import Problem
from converter.records import RECORDS, default_records
from tests.support.commands import run

TABLE = "| a | b |\n|---|---|\n| {} | x |\n"
TEXTS = {"1": "# One\n\n- [x](y)\n\n" + TABLE.format(1), "2": TABLE.format(2), "3": TABLE.format("many"), "4": "text"}
LANGUAGES = {"1": "en", "2": "en", "3": "de", "4": "fr"}
GONE = Source("gone.md", problem=Problem("not_found", "is gone"))


def sources(*keys: str, **languages: str) -> list[Source]:
    attributes = LANGUAGES | languages
    return [
        Source(key, TEXTS[key], attributes={"lang": attributes[key]} if attributes[key] else {})
        for key in keys or TEXTS
    ]


def write(folder: Path, inputs: list[Source], **values: Any) -> Report:
    return write_folder(inputs, folder, Output(**values), Options())


def layout_of(folder: Path) -> str:
    """Return the layout; check that the manifest, every record and every data set agree on it."""
    manifest = read_manifest(folder)
    assert manifest is not None and verify(folder) == []
    depth = {file.path.count("/") - file.record.count("/") for file in manifest.files}
    assert depth in ({0}, {1})
    assert manifest.layout == ("folders" if depth == {1} else "files")
    assert {file.record for file in manifest.files} == {*default_records(has_chunks=False), PARTS_FILE, "datasets/a__b"}
    assert {path.name.startswith("part-") for path in folder.rglob("*.parquet")} == {depth == {1}}
    return manifest.layout


# -- one file or one folder per record (T26)


def test_a_large_record_stays_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("converter.output.parts.DEFAULT_FILE_BYTES", 1)
    write(tmp_path / "out", sources())
    assert layout_of(tmp_path / "out") == "files"
    write(tmp_path / "grown", sources(), mode="append")
    assert layout_of(tmp_path / "grown") == "folders"


@pytest.mark.parametrize(
    "options, layout",
    [
        ({}, "files"),
        ({"mode": "overwrite"}, "files"),
        ({"mode": "append"}, "folders"),
        ({"mode": "incremental"}, "folders"),
        ({"file_bytes": 10**9}, "folders"),
        ({"layout": "folders"}, "folders"),
        ({"mode": "incremental", "layout": "files"}, "files"),
    ],
)
@pytest.mark.parametrize("mode", ["append", "incremental"])
def test_later_runs_keep_the_layout_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], layout: str, mode: str
) -> None:
    write(tmp_path / "out", sources("1"), **options)
    assert layout_of(tmp_path / "out") == layout
    monkeypatch.setattr("converter.output.parts.DEFAULT_FILE_BYTES", 1)
    for keys in (("1", "2"), ("1", "2", "3", "4"), ("2", "3")):
        write(tmp_path / "out", sources(*keys), mode=mode)
        assert layout_of(tmp_path / "out") == layout
    texts = ask("select source from documents", tmp_path / "out")
    assert sorted(texts["source"].to_pylist()) == (["1", "2", "3", "4"] if mode == "append" else ["2", "3"])


def test_a_full_run_after_changed_options_keeps_the_layout(tmp_path: Path) -> None:
    """An incremental run that converts all again, since options or version changed, writes to the same paths."""
    write(tmp_path / "out", sources())
    write_folder(sources(), tmp_path / "out", Output(mode="incremental"), Options(repair="off"))
    assert layout_of(tmp_path / "out") == "files"


def test_a_layout_changes_only_on_request(tmp_path: Path) -> None:
    write(tmp_path / "out", sources())
    write(tmp_path / "out", sources("1", "2"), mode="incremental", layout="folders")
    assert layout_of(tmp_path / "out") == "folders"
    assert not list((tmp_path / "out").glob("*.parquet"))
    write(tmp_path / "out", sources("1", "2"), mode="append", layout="files")
    assert layout_of(tmp_path / "out") == "folders", "nothing has changed, so nothing is written"
    write(tmp_path / "out", sources("1", "2", "3"), mode="append", layout="files")
    assert layout_of(tmp_path / "out") == "files"
    assert not (tmp_path / "out" / "sections").exists()


def test_the_layout_of_an_older_manifest_is_derived_from_its_files(tmp_path: Path) -> None:
    for number, options in enumerate(({}, {"layout": "folders"})):
        out = tmp_path / str(number)
        write(out, sources("1"), **options)
        previous_layout = layout_of(out)
        manifest = json.loads((out / MANIFEST).read_text())
        del manifest["layout"]
        (out / MANIFEST).write_text(json.dumps(manifest))
        write(out, sources("1", "2"), mode="incremental")
        assert layout_of(out) == previous_layout


@pytest.mark.parametrize("format", ["csv", "ndjson", "json"])
def test_other_formats_have_both_layouts(tmp_path: Path, format: str) -> None:
    for layout in ("files", "folders"):
        report = write(tmp_path / layout, sources(), format=format, records=["sections", "footnotes"], layout=layout)
        assert report.rows == {"sections": 5, "footnotes": 0}
    folders = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob(f"*.{format}") if path.name != MANIFEST}
    assert folders == {
        f"{layout}/{name}{'/part-00000' * (layout == 'folders')}.{format}"
        for layout in ("files", "folders")
        for name in ("sections", "footnotes")
    }


@pytest.mark.slow
def test_the_command_line_takes_a_layout_and_refuses_conflicting_options(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(TEXTS["1"])
    run("convert", "a.md", "-o", "out", "--incremental", "--layout", "files", cwd=tmp_path, code=0)
    assert (tmp_path / "out" / "sections.parquet").is_file()
    assert (tmp_path / "out" / "datasets" / "a__b.parquet").is_file()
    for options, word in {
        ("-o", "x", "--layout", "tree"): b"files, folders",
        ("-o", "x", "--layout", "files", "--file-size", "9"): b"leave",
        ("-o", "x", "--layout", "files", "--partition-by", "lang"): b"leave",
        ("-o", "x.csv", "--records", "sections", "--layout", "folders"): b"folder",
        ("-o", "x.csv", "--records", "sections", "--partition-by", "lang"): b"use parquet",
        ("--records", "sections", "--to", "csv", "--file-size", "9"): b"folder",
        ("-o", "x", "--to", "json", "--layout", "folders"): b"nested",
        ("-o", "x.duckdb", "--layout", "folders"): b"folder",
        ("-o", "x.duckdb", "--file-size", "9"): b"folder",
    }.items():
        assert word in run("convert", "a.md", *options, cwd=tmp_path, code=2).stderr, options
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.md", "out"]


def test_the_library_takes_a_layout_and_refuses_an_unknown_one(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(TEXTS["1"])
    converter.convert(tmp_path / "a.md", tmp_path / "out", incremental=True, layout="files")
    assert layout_of(tmp_path / "out") == "files"
    with pytest.raises(UsageError, match="files, folders"):
        converter.convert(tmp_path / "a.md", tmp_path / "x", layout="file")  # type: ignore[arg-type]


# -- what other tools read (T25)


def of_pandas(folder: Path) -> pa.Table:
    return pa.Table.from_pandas(pd.read_parquet(folder), preserve_index=False)


def of_polars(folder: Path) -> pa.Table:
    return pl.read_parquet(folder).to_arrow()


def of_duckdb(folder: Path) -> pa.Table:
    files = f"{folder}/**/*.parquet" if folder.is_dir() else str(folder)
    query = f"from read_parquet('{files}', hive_partitioning = {folder.is_dir()})"
    return duckdb.connect().sql(query).to_arrow_table()


def of_pyarrow(folder: Path) -> pa.Table:
    return ds.dataset(folder, partitioning="hive").to_table()


READERS: dict[str, Callable[[Path], pa.Table]] = {
    "pandas": of_pandas,
    "polars": of_polars,
    "duckdb": of_duckdb,
    "pyarrow": of_pyarrow,
}
OUTPUTS: dict[str, dict[str, Any]] = {
    "files": {},
    "folders": {"file_bytes": 1},
    "partitions": {"partition_by": ("lang",)},
    "small partitions": {"partition_by": ("lang",), "file_bytes": 1},
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Outputs of each kind, with a missing source, with data sets whose types drift, without footnotes."""
    folder = tmp_path_factory.mktemp("outputs")
    for name, values in OUTPUTS.items():
        report = write(folder / name, [*sources(), GONE], **values)
        assert report.problem_codes == {"not_found": 1, "type_drift": 1}
    yield folder


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_every_reader_reads_every_record(outputs: Path, output: str, reader: str) -> None:
    manifest = read_manifest(outputs / output)
    assert manifest is not None
    for record, count in manifest.rows().items():
        if record == PARTS_FILE:
            continue
        place = outputs / output / record
        table = READERS[reader](place if place.is_dir() else place.with_name(f"{place.name}.parquet"))
        assert table.num_rows == count, record
        is_partitioned = "partitions" in output and record in RECORDS
        columns = [*manifest.schemas[record], *(["lang"] if is_partitioned else [])]
        assert sorted(table.column_names) == sorted(columns), record
        if is_partitioned:
            assert None not in table["lang"].to_pylist()
        if record in RECORDS:
            expected = pq.read_table(outputs / "files" / f"{record}.parquet")
            for column in ("doc_id", "text"):
                if column in expected.column_names:
                    assert Counter(table[column].to_pylist()) == Counter(expected[column].to_pylist()), record


@pytest.mark.slow
@pytest.mark.parametrize("output", OUTPUTS)
def test_spark_reads_every_record(spark: Any, outputs: Path, output: str) -> None:
    manifest = read_manifest(outputs / output)
    assert manifest is not None
    for record, count in manifest.rows().items():
        if record != PARTS_FILE:
            place = outputs / output / record
            frame = spark.read.parquet(str(place if place.is_dir() else place.with_name(f"{place.name}.parquet")))
            assert len(frame.collect()) == count, record
            assert ("lang" in frame.columns) == ("partitions" in output and record in RECORDS), record


def test_every_partition_has_rows(outputs: Path) -> None:
    """A data set's drift is in its document's partition; a problem without a document is in an existing partition."""
    folder = outputs / "partitions"
    manifest = read_manifest(folder)
    assert manifest is not None
    assert not [file.path for file in manifest.files if NO_PARTITION in file.path]
    rows = manifest.rows()
    empty = [file.record for file in manifest.files if not file.rows]
    assert sorted(empty) == sorted(
        name for name in default_records(has_chunks=False) if not rows[name]
    )  # one file each, for its columns
    problems = ds.dataset(folder / "problems", partitioning="hive").to_table().to_pylist()
    assert {row["code"]: row["lang"] for row in problems} == {"type_drift": "de", "not_found": "de"}


def test_a_document_without_a_partition_value_reads_as_null(tmp_path: Path) -> None:
    write(tmp_path / "out", [*sources("1", "2", "4", **{"4": ""}), GONE], partition_by=("lang",))
    documents = of_duckdb(tmp_path / "out" / "documents").to_pylist()
    assert sorted((row["source"], row["lang"]) for row in documents) == [("1", "en"), ("2", "en"), ("4", None)]
    for record in default_records(has_chunks=False):  # including those whose only rows are from that document
        table = of_pyarrow(tmp_path / "out" / record)
        assert "lang" in table.column_names
    problems = of_pyarrow(tmp_path / "out" / "problems").to_pylist()
    assert [(row["code"], row["lang"]) for row in problems] == [("not_found", None)]


def test_partitions_stay_consistent_over_several_runs(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, [*sources("1", "2"), GONE], partition_by=("lang",), mode="incremental")
    write(out, [*sources("1", "2", "3"), GONE], partition_by=("lang",), mode="incremental")
    problems = of_pyarrow(out / "problems").to_pylist()
    assert sorted((row["code"], row["lang"]) for row in problems) == [("not_found", "de"), ("type_drift", "de")]
    assert verify(out) == [] and not list(out.rglob(f"*{NO_PARTITION}*"))
    report = write(out, [*sources("1", "2", "3"), GONE], partition_by=("lang",), mode="incremental")
    assert (report.skipped, report.outputs) == (3, [])
    write(out, [*sources("4"), GONE], partition_by=("lang",), mode="incremental", maximum_removed="100%")
    for record in default_records(has_chunks=False):
        assert "lang" in of_pandas(out / record).column_names


# -- names and values of partitions (T20)


VALUES = [
    "en", "EN", "a/b", "a=b", "50%", "%41", "line\nbreak", ".", "..", "_x", " ", "~", "日本語", "é", "\0", "x" * 300,
    "y" * 251, "日" * 90, "日" * 90 + "x", "/" * 500, "",
]  # fmt: skip


def test_every_partition_value_has_its_own_folder(tmp_path: Path) -> None:
    inputs = [Source(f"{number}.md", "text", attributes={"v": value}) for number, value in enumerate(VALUES)]
    report = write(tmp_path / "out", inputs, partition_by=("v",))
    assert (report.documents, report.errors) == (len(VALUES), 0)
    documents = tmp_path / "out" / "documents"
    folders = [path.name for path in documents.iterdir()]
    assert len(folders) == len(VALUES)
    assert all(len(name.encode()) <= LONGEST_NAME for name in folders)
    values = {row["source"]: row["v"] for row in of_pyarrow(documents).to_pylist()}
    for number, value in enumerate(VALUES):
        (folder,) = (path for path in documents.glob("*") if partition_of(inputs[number], ("v",)) == path.name)
        folder_value = unquote(folder.name.removeprefix("v="), errors="strict")
        if "~" not in folder_value[:-1]:
            assert folder_value == (value or NO_PARTITION) and values[f"{number}.md"] == (value or None)
        else:
            start, _, checksum = folder_value.rpartition("~")
            assert value.startswith(start) and checksum == hashlib.sha256(value.encode()).hexdigest()[:16]
    attributes = ask("select source, attributes from documents", tmp_path / "out").to_pylist()
    assert {row["source"]: dict(row["attributes"])["v"] for row in attributes} == {
        source.key: source.attributes["v"] for source in inputs
    }


@pytest.mark.parametrize("length", range(240, 260))
def test_a_partition_value_of_up_to_253_bytes_stays_whole(length: int) -> None:
    value = "z" * length
    partition = partition_of(Source("a", attributes={"v": value}), ("v",))
    assert (partition == f"v={value}") == (length <= 253)
    assert len(partition) <= 255


def test_long_values_with_different_endings_have_different_folders() -> None:
    values = ["a" * 400 + end for end in "xyz"]
    assert len({partition_of(Source("a", attributes={"v": value}), ("v",)) for value in values}) == 3


def test_a_partition_name_that_no_document_has_is_reported(tmp_path: Path) -> None:
    for mode in ("create", "incremental"):
        report = write(tmp_path / "out", sources(), partition_by=("lang", "lnag"), mode=mode)
        (problem,) = (row for row in report.problems if row["code"] == "no_attribute")
        assert "lnag" in problem["message"] and "`keep`" in problem["message"] and report.exit_code == 0
        assert [*report.problem_codes.elements()].count("no_attribute") == 1
        if mode == "create":
            shutil.rmtree(tmp_path / "out")
    assert write(tmp_path / "out", sources(), partition_by=("lang", "lnag"), mode="incremental").outputs == []
    table = ask("select code, source from problems where code = 'no_attribute'", tmp_path / "out")
    assert table.to_pylist() == [{"code": "no_attribute", "source": "lnag"}]


@pytest.mark.parametrize(
    "names, message",
    [
        (("title",), "documents already has a column"),
        (("Language",), "blocks already has a column"),
        (("doc_id",), "column"),
        (("_lang",), "readers skip"),
        ((".lang",), "readers skip"),
        (("",), "readers skip"),
        (("lang", "LANG"), "twice"),
        (("x" * 240,), "too long"),
    ],
)
def test_partition_names_that_readers_cannot_use_are_refused(
    tmp_path: Path, names: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        write(tmp_path / "out", sources(), partition_by=names)
    assert list(tmp_path.iterdir()) == []


def test_a_partition_name_may_equal_a_column_of_an_unwritten_record(tmp_path: Path) -> None:
    inputs = [Source("a.md", "x", attributes={"language": "en"})]
    write(tmp_path / "out", inputs, partition_by=("language",), records=["documents", "sections"])
    assert of_pandas(tmp_path / "out" / "sections")["language"].to_pylist() == ["en"]
