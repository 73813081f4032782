"""The files of an output folder: what is stored for a later run, what a worker made, and where problems go."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from converter.config import Options
from converter.datasets import DATASETS, PARTS, PARTS_FILE
from converter.engine.run import write_folder
from converter.errors import OutputError
from converter.model.events import BatchEnd, BatchRows, BatchStart
from converter.model.report import Report
from converter.model.source import NO_PARTITION, Source
from converter.output import Output, RecordFiles, read_manifest, stored_schemas
from converter.output.folder import SPOOL, by_file, split_problems
from converter.output.manifest import File
from converter.output.parts import Parts
from converter.output.stage import open_stage
from converter.problems import Problem
from converter.records import RECORDS
from tests.support.conversion import records_of

NONE = NO_PARTITION
PRICES = "| item | price |\n|---|---|\n| nut | {} |\n| bolt | {} |\n"


def write(folder: Path, *sources: Source, **values: Any) -> Report:
    return write_folder(sources, folder, Output(**values), Options())


def rows(folder: Path, record: str, *columns: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of each file of a record, by its path in the folder."""
    paths = [folder / f"{record}.parquet", *sorted((folder / record).rglob("*.parquet"))]
    return {
        path.relative_to(folder).as_posix(): [tuple(row.values()) for row in table.select(columns).to_pylist()]
        for path in paths
        if path.exists() and (table := pq.ParquetFile(path).read()) is not None
    }


@pytest.mark.parametrize(
    ("values", "is_resumable"),
    [
        ({}, True), ({"records": ["documents", DATASETS]}, True), ({"records": [DATASETS, "sections"]}, False),
        ({"records": ["documents", "sections"]}, False), ({"format": "csv"}, False), ({"format": "ndjson"}, False),
    ],
)  # fmt: skip
def test_the_parts_of_data_sets_are_stored_where_a_run_can_resume(values: dict[str, Any], is_resumable: bool) -> None:
    output = Output(**values)
    schemas = stored_schemas(output, Options())
    assert schemas.get(PARTS_FILE) == (PARTS if is_resumable else None)
    assert [name for name in schemas if name != PARTS_FILE] == list(output.names(Options()))
    assert all(schemas[name].equals(RECORDS[name].schema) for name in schemas if name != PARTS_FILE)


def test_rows_of_data_sets_are_named_after_their_file() -> None:
    tables = {name: pa.table({name: [1]}) for name in (DATASETS, "cells")}
    event = by_file(BatchRows(tables, {"a": 7}))
    assert event.records == {PARTS_FILE: tables[DATASETS], "cells": tables["cells"]} and event.matched == {"a": 7}


def test_the_files_are_listed_by_path(tmp_path: Path) -> None:
    sources = [Source("b", PRICES.format(1, 2)), Source("a", "| z |\n|---|\n| 1 |\n", attributes={"lang": "en"})]
    cases: list[dict[str, Any]] = [{}, {"partition_by": ("lang",)}, {"format": "csv"}, {"format": "json"}]
    for values in cases:
        folder = tmp_path / str(len(values)) / values.get("format", "parquet")
        write(folder, *sources, **values)
        manifest = read_manifest(folder)
        assert manifest is not None
        paths = [file.path for file in manifest.files]
        assert (
            paths
            == sorted(paths)
            == sorted(
                path.relative_to(folder).as_posix() for path in folder.rglob("*.*") if path.name != "_manifest.json"
            )
        )


def test_nested_documents_are_one_file_with_the_number_of_documents(tmp_path: Path) -> None:
    report = write(tmp_path / "out", Source("a", "# A\n"), Source("b", "# B\n"), format="json")
    manifest = read_manifest(tmp_path / "out")
    assert manifest is not None and report.written
    assert [(file.path, file.record, file.rows) for file in manifest.files] == [("documents.json", "documents", 2)]


# -- the types of data sets


@pytest.mark.parametrize(
    ("cells", "words"),
    [(("x", 2), "'x'"), (("x", "y"), "'x', and 1 more cells do not fit")],
)
def test_locked_types_refuse_a_cell_and_count_the_others(tmp_path: Path, cells: tuple[Any, ...], words: str) -> None:
    """The first cell that does not fit is shown with its place."""
    write(tmp_path / "out", Source("a", PRICES.format(1, 2)))
    changed = Source("b", "# Prices\n\n" + PRICES.format(*cells))
    with pytest.raises(OutputError) as error:
        write(tmp_path / "out", changed, mode="append", lock_types="fail")
    message = str(error.value)
    assert message.startswith("b:") and message.endswith(f": {words}; types are locked to fail, so nothing was written")
    assert ";" not in message.split(words)[0] and error.value.code == "locked_type"
    assert rows(tmp_path / "out", "documents", "source") == {"documents.parquet": [("a",)]}
    report = write(tmp_path / "out", changed, mode="append", lock_types="null")
    assert report.problem_codes["locked_type"] == cells.count("x") + cells.count("y")
    assert ("locked_type",) in rows(tmp_path / "out", "problems", "code")["problems.parquet"]
    (prices,) = rows(tmp_path / "out" / DATASETS, "item__price", "price").values()
    assert prices == [*((None if isinstance(cell, str) else cell,) for cell in cells), (1,), (2,)]


@pytest.mark.parametrize(("values", "type"), [({}, "string"), ({"lock_types": "null"}, "int64")])
def test_types_follow_the_rows_unless_they_are_locked(tmp_path: Path, values: dict[str, Any], type: str) -> None:
    write(tmp_path / "out", Source("a", PRICES.format(1, 2)), **values)  # there are no types yet
    write(tmp_path / "out", Source("a", PRICES.format("x", 2)), mode="overwrite", **values)
    schema = pq.read_schema(tmp_path / "out" / DATASETS / "item__price.parquet")
    assert str(schema.field("price").type) == type


# -- an output that goes on


def test_problems_of_documents_that_stay_are_counted_again(tmp_path: Path) -> None:
    empty, other = Source("empty", ""), Source("gone", problem=Problem("not_found", "gone"))
    write(tmp_path / "out", Source("a", "# A\n"), empty, mode="append")
    report = write(tmp_path / "out", Source("b", "# B\n"), mode="append")
    assert report.problem_codes == {"empty": 1} and report.rows["problems"] == 1
    report = write(tmp_path / "out", Source("b", "# B\n"), other, mode="append")
    assert report.written and report.problem_codes == {"empty": 1, "not_found": 1}
    report = write(tmp_path / "out", Source("b", "# B\n"), other, mode="append")
    assert not report.written and report.problem_codes == {"empty": 1, "not_found": 1}
    report = write(tmp_path / "out", Source("b", "# B\n"), mode="append")
    assert report.written and report.problem_codes == {"empty": 1}


def test_several_problems_without_a_document_are_compared_in_any_order(tmp_path: Path) -> None:
    document = Source("a", "# A\n")
    missing = [Source(name, problem=Problem("not_found", "gone", line)) for name, line in (("y", None), ("x", 3))]
    write(tmp_path / "out", document, *missing, mode="append")
    assert not write(tmp_path / "out", document, *missing[::-1], mode="append").written


# -- problems in partitions


def test_a_problem_is_in_the_partition_of_its_document_or_in_one_that_exists(tmp_path: Path) -> None:
    """Only a partition without a value, or the first one with a value, holds problems without a document."""
    missing = Source("gone", problem=Problem("not_found", "gone"))
    documents = [
        Source("b", PRICES.format("yes", 1), attributes={"lang": "it"}),
        Source("c", PRICES.format(1, 2), attributes={"lang": "de"}),
        Source("d", PRICES.format(1, 2) + "\n| item | price |\n|---|---|\n| x | 1.5 |\n", attributes={"lang": "de"}),
    ]
    write(tmp_path / "out", missing, *documents, partition_by=("lang",))
    problems = rows(tmp_path / "out", "problems", "source", "code")
    assert {path.split("/")[1]: sorted(lines) for path, lines in problems.items() if lines} == {
        "lang=de": [("d", "type_drift"), ("gone", "not_found")], "lang=it": [("b", "type_drift")],
    }  # fmt: skip
    write(tmp_path / "none", missing, *documents, Source("e", "# E\n"), partition_by=("lang",))
    problems = rows(tmp_path / "none", "problems", "source", "code")
    assert {path.split("/")[1]: lines for path, lines in problems.items() if ("gone", "not_found") in lines} == {
        f"lang={NONE}": [("gone", "not_found")]
    }


def test_an_attribute_that_no_document_has_is_a_problem_in_an_existing_partition(tmp_path: Path) -> None:
    documents = [Source("a", "# A\n", attributes={"lang": "de"}), Source("b", "# B\n", attributes={"lang": "en"})]
    report = write(tmp_path / "out", *documents, partition_by=("lang", "site"))
    assert report.problem_codes == {"no_attribute": 1}
    problems = rows(tmp_path / "out", "problems", "source", "code")
    assert {path.rpartition("/")[0]: lines for path, lines in problems.items() if lines} == {
        f"problems/lang=de/site={NONE}": [("site", "no_attribute")]
    }


def test_problems_without_a_document_prefer_a_partition_with_all_values(tmp_path: Path) -> None:
    documents = [
        Source("a", "# A\n", attributes={"site": "a"}), Source("b", "# B\n", attributes={"lang": "de"}),
        Source("c", "# C\n", attributes={"lang": "it", "site": "c"}),
        Source("d", "# D\n", attributes={"lang": "it", "site": "d"}),
    ]  # fmt: skip
    missing = Source("gone", problem=Problem("not_found", "gone"))
    write(tmp_path / "out", *documents, missing, partition_by=("lang", "site"))
    problems = rows(tmp_path / "out", "problems", "source")
    assert [path.rpartition("/")[0] for path, lines in problems.items() if lines] == ["problems/lang=it/site=c"]


def test_an_attribute_that_is_still_missing_is_not_a_change(tmp_path: Path) -> None:
    document = Source("a", "# A\n", attributes={"lang": "de"})
    assert write(tmp_path / "out", document, mode="append", partition_by=("lang", "site")).written
    assert not write(tmp_path / "out", document, mode="append", partition_by=("lang", "site")).written


def test_a_run_that_fails_leaves_no_file_open(tmp_path: Path) -> None:
    with open_stage(tmp_path / "out") as stage:
        with pytest.raises(ZeroDivisionError), RecordFiles(stage, Output(), Options()) as files:
            files.write(BatchStart((), ""))
            files.write(BatchRows({"problems": problem_rows(("d1", "a"))}))
            raise ZeroDivisionError
        assert not [path for path in [stage.place / SPOOL, *stage.new.rglob("*")] if str(path) in open_files()]


def open_files() -> list[str]:
    """Return the paths of the open files of this process."""
    return [os.readlink(entry) for entry in Path("/proc/self/fd").iterdir() if entry.exists()]


# -- files of workers


def problem_rows(*problems: tuple[str | None, str]) -> pa.Table:
    rows = [
        {"doc_id": doc_id, "source": source, "severity": "error", "code": "empty", "message": "m"}
        for doc_id, source in problems
    ]
    return pa.Table.from_pylist(rows, RECORDS["problems"].schema)


def made_by_a_worker(
    folder: Path, batches: dict[str, dict[str, pa.Table]], schemas: dict[str, pa.Schema]
) -> tuple[list[File], list[pa.Table]]:
    """Write batches as a task does; return the files, and the problems that it leaves out."""
    folder.mkdir()
    run_problems: list[pa.Table] = []
    with Parts(folder, schemas, "parquet", Output().file_layout, in_folders=True) as parts:
        for partition, records in batches.items():
            kept_records, problems = split_problems(records, partition)
            run_problems += problems
            parts.write(BatchStart((), partition))
            parts.write(BatchRows(kept_records))
            parts.write(BatchEnd(()))
        parts.close()
        return parts.files(), run_problems


@pytest.mark.parametrize("file_bytes", [None, 1])
def test_files_of_workers_are_adopted_and_their_problems_placed(tmp_path: Path, file_bytes: int | None) -> None:
    output = Output(partition_by=("lang",), records=["problems", "links", DATASETS], file_bytes=file_bytes)
    schemas = stored_schemas(output, Options()) | {PARTS_FILE: PARTS}
    parts = records_of([Source("a", PRICES.format(1, 2))], Options(), [DATASETS])[DATASETS]
    batches = {
        "lang=de": {"problems": problem_rows(("d1", "a"), (None, "kept here"))},
        f"lang={NONE}": {"problems": problem_rows((None, "gone"), ("d2", "b")), PARTS_FILE: parts},
    }
    with open_stage(tmp_path / "out") as stage, RecordFiles(stage, output, Options()) as files:
        for name in ("first", "second"):
            place = stage.place / name
            files.adopt(place, *made_by_a_worker(place, batches, schemas))
            files.add_parts(parts.to_batches())
        report = Report()
        written = files.finish(report)
        problems = rows(stage.new, "problems", "doc_id", "source")
        assert [file.path for file in written] == sorted(file.path for file in written)
        assert (stage.place / SPOOL).stat().st_size and report.datasets == {"item__price": 4}
    by_partition: dict[str, list[tuple[Any, ...]]] = {}
    for path, lines in problems.items():
        by_partition.setdefault(path.split("/")[1], []).extend(lines)
    assert {name: sorted(lines, key=str) for name, lines in by_partition.items()} == {
        "lang=de": [("d1", "a"), ("d1", "a"), (None, "kept here"), (None, "kept here")],
        f"lang={NONE}": [("d2", "b"), ("d2", "b"), (None, "gone"), (None, "gone")],
    }
    assert len([path for path in problems if NONE in path]) == 3  # the last has those of the run


def test_a_file_with_a_foreign_name_is_not_adopted(tmp_path: Path) -> None:
    output = Output(records=["links"])
    with open_stage(tmp_path / "out") as stage, RecordFiles(stage, output, Options()) as files:
        for path in ("../links.parquet", "links/part-0.parquet", "mine/part-00000.parquet"):
            with pytest.raises(OutputError) as error:
                files.adopt(tmp_path / "worker", [File(path, "links", 1, 4, "0" * 64)])
            assert error.value.code == "manifest" and error.value.source == str(stage.new)
            assert path in str(error.value)
